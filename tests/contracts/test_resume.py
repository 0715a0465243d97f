"""A run that was interrupted equals one that was not, bit for bit, dropout included."""

import keras
import numpy as np

from tests.contracts import table


@table.rows("resume", "model")
def test_resumed_run_equals_the_unbroken_one(row):
    unbroken = table.trained(row)
    keras.utils.set_random_seed(99)  # Nothing may come from the new process's own randomness.
    gan = table.compiled(row, dropout=0.4)
    table.restore(gan, unbroken.after_first_epoch)
    data = table.dataset(row, 2 * table.STEPS_PER_EPOCH).skip(table.STEPS_PER_EPOCH)
    gan.fit(data, epochs=2, initial_epoch=1, steps_per_epoch=table.STEPS_PER_EPOCH, verbose=0)
    for (name, variable), expected in zip(gan.state.items(), unbroken.after_second_epoch, strict=True):
        np.testing.assert_array_equal(variable, expected, err_msg=name)


@table.rows("resume", "model")
def test_the_unbroken_run_moves_what_must_be_carried(row):
    """Weights, averages, slots, dropout's seeds and the step all change, so each must be part of the state."""
    shared = table.trained(row)
    values = zip(shared.gan.state.items(), shared.after_first_epoch, shared.after_second_epoch, strict=True)
    moved = {id(variable): name for (name, variable), old, new in values if not np.array_equal(old, new)}
    for network in shared.gan.networks.values():
        assert all(id(variable) in moved for variable in network.trainable_variables)
    assert id(shared.gan.step_counter) in moved
    assert any("seed_generator" in name for name in moved.values())
    for group in ("metrics", *(f"{player}_optimizer" for player in shared.gan.players)):
        assert any(name.startswith(f"{group}/") for name in moved.values()), group
