"""Tests of tfgan_zoo.layers.minibatch_discrimination, by hand and by loops."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers import MinibatchDiscrimination


def layer(kernel, kernels, dimensions):
    made = MinibatchDiscrimination(kernels, dimensions)
    made.build((None, np.shape(kernel)[0]))
    made.kernel.assign(kernel)
    return made


def test_three_samples_by_hand():
    # One feature; kernel 0 compares (x, 2x), kernel 1 compares (-x, 0): distances 3 |x - y| and |x - y|.
    found = layer([[1.0, 2.0, -1.0, 0.0]], 2, 2)(tf.constant([[0.0], [1.0], [-2.0]]))
    near, far = np.exp([[-3.0, -1.0], [-6.0, -2.0]])
    both = np.exp([-9.0, -3.0])
    expected = [[0.0, *(1 + near + far)], [1.0, *(1 + near + both)], [-2.0, *(1 + far + both)]]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def slow(x, kernel, kernels, dimensions):
    products = (x @ kernel).reshape(-1, kernels, dimensions)
    closeness = [[np.exp(-np.abs(mine - other).sum(axis=1)) for other in products] for mine in products]
    return np.concatenate([x, np.sum(closeness, axis=1)], axis=1)


@pytest.fixture
def batch():
    return np.random.default_rng(4).normal(0.0, 0.5, (6, 3)).astype("float32")


KERNEL = np.random.default_rng(6).normal(0.0, 0.7, (3, 8)).astype("float32")


def test_equals_a_loop(batch):
    np.testing.assert_allclose(layer(KERNEL, 4, 2)(batch), slow(batch, KERNEL, 4, 2), rtol=1e-5)


def test_a_batch_on_two_replicas_is_one_batch(batch, two_replicas, on_two_replicas):
    with two_replicas.scope():
        made = layer(KERNEL, 4, 2)
    np.testing.assert_allclose(on_two_replicas(made, batch), slow(batch, KERNEL, 4, 2), rtol=1e-5)


def test_gradients_on_two_replicas_are_those_of_one_batch(batch, two_replicas, on_two_replicas):
    with two_replicas.scope():
        made = layer(KERNEL, 4, 2)

    def slope(rows):
        with tf.GradientTape() as tape:
            tape.watch(rows)
            loss = tf.reduce_sum(tf.square(made(rows)))
        return tape.gradient(loss, rows)

    np.testing.assert_allclose(on_two_replicas(slope, batch), slope(tf.constant(batch)), rtol=1e-4)


@pytest.mark.parametrize("sizes", [(0, 5), (3, 0)])
def test_sizes_below_one_are_refused(sizes):
    match = f"must be at least 1. Received: `kernels={sizes[0]}`, `dimensions={sizes[1]}`"
    with pytest.raises(ValueError, match=match):
        MinibatchDiscrimination(*sizes)
