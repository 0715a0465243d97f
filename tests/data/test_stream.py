"""The order of batches is a pure function of the seed and the batch's number."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.data.stream import Stream, to_dataset


def _indices(stream, numbers):
    return [stream.batch(number).indices.tolist() for number in numbers]


def _dataset(stream, **options):
    """Datasets of the indices themselves; returns it and the list of batches fetched."""
    fetched = []

    def fetch(batch):
        fetched.append((batch.epoch, batch.rows.start))
        return (batch.indices,)

    size = stream.batch_size if stream.drop_remainder else None
    return to_dataset(stream, fetch, lambda x: x, (tf.TensorSpec((size,), tf.int64),), **options), fetched


def _lists(dataset):
    return [batch.tolist() for batch in dataset.as_numpy_iterator()]


def test_every_epoch_is_a_new_permutation():
    stream = Stream(12, 4, seed=3)
    epochs = [sum(_indices(stream, range(3 * e, 3 * e + 3)), []) for e in range(4)]
    assert all(sorted(epoch) == list(range(12)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 4


def test_numbers_are_those_of_earlier_versions():
    # Pinned: a changed order would break the exact resume of runs begun before the change.
    stream = Stream(6, 3, seed=1)
    assert _indices(stream, range(4)) == [[4, 1, 2], [3, 0, 5], [3, 2, 4], [1, 5, 0]]
    np.testing.assert_allclose(stream.uniform(stream.batch(3), "flip"), [0.27840186, 0.77466629, 0.07202064], atol=1e-6)


def test_order_depends_on_the_seed_not_on_the_batch_size():
    assert sum(_indices(Stream(12, 4), range(3)), []) == sum(_indices(Stream(12, 6), range(2)), [])
    assert _indices(Stream(12, 12, seed=0), [0]) != _indices(Stream(12, 12, seed=1), [0])


def test_without_shuffle_the_order_is_that_of_the_source():
    assert _indices(Stream(5, 2, shuffle=False), range(4)) == [[0, 1], [2, 3], [0, 1], [2, 3]]


def test_remainder():
    kept = Stream(5, 2, shuffle=False, drop_remainder=False)
    assert (kept.batches_per_epoch, Stream(5, 2).batches_per_epoch) == (3, 2)
    assert _indices(kept, range(4)) == [[0, 1], [2, 3], [4], [0, 1]]
    assert Stream(6, 2, drop_remainder=False).batches_per_epoch == 3


def test_dropped_images_change_from_epoch_to_epoch():
    stream = Stream(5, 4)
    seen = set(sum(_indices(stream, range(10)), []))
    assert seen == set(range(5))


def test_draws_belong_to_the_place_in_the_epoch():
    draws = [
        np.concatenate([stream.uniform(stream.batch(n), "flip") for n in range(stream.batches_per_epoch)])
        for stream in (Stream(24, 4), Stream(24, 8))
    ]
    np.testing.assert_array_equal(*draws)


def test_draws_are_uniform_and_independent():
    stream = Stream(40_000, 40_000, seed=5)
    draws = [
        stream.uniform(stream.batch(number), purpose) for number, purpose in [(0, "flip"), (1, "flip"), (0, "crop")]
    ]
    assert all(abs(draw.mean() - 0.5) < 0.01 and abs(draw.var() - 1 / 12) < 0.002 for draw in draws)
    assert np.abs(np.corrcoef(draws) - np.eye(3)).max() < 0.02


def test_fewer_images_than_a_batch():
    with pytest.raises(ValueError, match=r"at least `batch_size`.*Received: 3 images, `batch_size=4`"):
        Stream(3, 4)
    assert Stream(3, 4, drop_remainder=False).batch(1).indices.shape == (3,)


@pytest.mark.parametrize("drop_remainder", [True, False])
@pytest.mark.parametrize("skip", [1, 3, 7])
def test_skipping_equals_reading(drop_remainder, skip):
    stream = Stream(11, 4, drop_remainder=drop_remainder)
    whole = _lists(_dataset(stream, repeat=True)[0].take(16))
    assert _lists(_dataset(stream, repeat=True, skip_batches=skip)[0].take(16 - skip)) == whole[skip:]


def test_skipped_batches_are_not_fetched():
    dataset, fetched = _dataset(Stream(8, 2), repeat=True, skip_batches=4_000_001)
    _lists(dataset.take(2))
    assert min(fetched) == (1_000_000, 2)


@pytest.mark.parametrize("skip", [0, 3, 4])
def test_iterations_continue_the_endless_stream(skip):
    stream = Stream(7, 2)
    whole = _lists(_dataset(stream, repeat=True, skip_batches=skip)[0].take(9))
    dataset, _ = _dataset(stream, skip_batches=skip)
    assert dataset.cardinality() == 3
    assert [_lists(dataset), _lists(dataset), _lists(dataset)] == [whole[:3], whole[3:6], whole[6:]]


def test_repeated_by_hand():
    stream = Stream(7, 2)
    repeated = _dataset(stream)[0].repeat(3)
    assert _lists(repeated) == _lists(_dataset(stream, repeat=True)[0].take(9))


def test_cardinality_and_static_shapes():
    endless, _ = _dataset(Stream(7, 2), repeat=True)
    assert endless.cardinality() == tf.data.INFINITE_CARDINALITY
    assert endless.element_spec.shape == (2,)
    rest, _ = _dataset(Stream(7, 2, drop_remainder=False))
    assert (rest.cardinality(), rest.element_spec.shape.as_list()) == (4, [None])


def test_options_for_several_machines():
    options = _dataset(Stream(7, 2))[0].options()
    assert options.deterministic is True
    assert options.experimental_distribute.auto_shard_policy == tf.data.experimental.AutoShardPolicy.DATA


def test_no_thread_can_miss_the_end():
    assert _dataset(Stream(7, 2))[0].options().autotune.enabled is False


@pytest.mark.parametrize("repeat", [True, False])
def test_replicas_share_each_batch(two_replicas, repeat):
    stream = Stream(12, 4)
    expected = _lists(_dataset(stream, repeat=True)[0].take(6))
    distributed = two_replicas.experimental_distribute_dataset(_dataset(stream, repeat=repeat)[0])
    batches = itertools.islice(itertools.chain.from_iterable(itertools.repeat(distributed)), 6)
    parts = [two_replicas.experimental_local_results(batch) for batch in batches]
    assert all(part.shape == (2,) for batch in parts for part in batch)
    assert [np.concatenate(batch).tolist() for batch in parts] == expected
