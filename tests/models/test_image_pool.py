"""The pool of past images against the authors' rule, image by image, and on two replicas."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.models.image_pool import ImagePool

SIZE = 3


def images(*numbers):
    """Pictures of one pixel that show a number."""
    return np.array(numbers, "float32").reshape(-1, 1, 1, 1)


def by_hand(pool, new, seed):
    """The rule in plain Python, with the same draws; changes the list `pool`."""
    swap = tf.random.stateless_uniform((len(new),), seed).numpy() < 0.5
    other = tf.random.experimental.stateless_fold_in(seed, 1)
    place = tf.random.stateless_uniform((len(new),), other, maxval=SIZE, dtype=tf.int32).numpy()
    given = []
    for i, image in enumerate(new):
        if len(pool) < SIZE:
            pool.append(image)
            given.append(image)
        elif swap[i]:
            given.append(pool[place[i]])
            pool[place[i]] = image
        else:
            given.append(image)
    return given


@pytest.mark.parametrize("batch", [1, 2, 4, 7])
def test_the_rule_of_the_authors(batch):
    pool, known = ImagePool(SIZE, (1, 1, 1)), []
    swapped = kept = 0
    for step in range(12):
        seed, new = tf.constant([5, step], tf.int64), np.arange(batch) + 10.0 * step
        given = pool(images(*new), seed).numpy().ravel()
        np.testing.assert_array_equal(given, by_hand(known, new, seed))
        np.testing.assert_array_equal(pool.images.numpy().ravel()[: len(known)], known)
        assert int(pool.count.numpy()) == len(known)
        if step > SIZE:
            swapped, kept = swapped + int((given != new).sum()), kept + int((given == new).sum())
    assert swapped and kept


def test_two_replicas_keep_one_pool(two_replicas, on_two_replicas):
    alone = ImagePool(SIZE, (1, 1, 1))
    with two_replicas.scope():
        shared = ImagePool(SIZE, (1, 1, 1))
    for step in range(5):
        seed, new = tf.constant([5, step], tf.int64), images(*(np.arange(4) + 10.0 * step))
        given = on_two_replicas(lambda part, seed=seed: shared(part, seed), new)
        np.testing.assert_array_equal(given, alone(new, seed))
        for replica in two_replicas.experimental_local_results(shared.images.value):
            np.testing.assert_array_equal(replica, alone.images)
