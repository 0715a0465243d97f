"""One replica and two, on the same global batches, end at the same weights and report the same numbers."""

import numpy as np

from tests.contracts import table

STEPS = 5
LEARNING_RATE = 0.05
# Relative to the largest weight of a tensor. A tensor whose true gradient is zero (a bias in front of a difference of
# logits) holds float32 rounding noise alone, of the order of LEARNING_RATE * 1e-7 per step: below this floor two such
# tensors count as equal.
RELATIVE, SMALLEST_SCALE = 1e-5, 1e-2


def relative_difference(one, two):
    scale = max(np.abs(one).max(), SMALLEST_SCALE)
    return np.abs(one - two).max() / scale


@table.rows("replicas", "model")
def test_two_replicas_equal_one(row, two_replicas):
    data = table.dataset(row, STEPS)
    one = table.compiled(row, sgd=LEARNING_RATE)
    # Biases that begin at zero put units on the kink of their activation, where rounding decides which way they go.
    for part in one.networks.values():
        table.enliven(part)
    initial = table.state(one)
    with two_replicas.scope():
        two = table.compiled(row, sgd=LEARNING_RATE)
        table.restore(two, initial)
    histories = [gan.fit(data, verbose=0).history for gan in (one, two)]
    moved = 0
    for (name, mine), theirs, start in zip(one.state.items(), two.state.values(), initial, strict=True):
        if not name.startswith("metrics/"):  # Each replica holds its share of a mean; the results are compared below.
            assert relative_difference(mine.numpy(), theirs.numpy()) <= RELATIVE, name
            moved += not np.array_equal(mine.numpy(), start)
    assert moved > len(initial) / 2
    for name, values in histories[0].items():
        np.testing.assert_allclose(histories[1][name], values, rtol=1e-5, atol=1e-6, err_msg=name)
