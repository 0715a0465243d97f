"""Maxout by hand: which pieces belong together, and who gets the gradient."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers import Maxout

# Unit 0 has the pieces x0 and x1 + 10, unit 1 the pieces x0 + x1 and -x0 + 1.
KERNEL = [[1.0, 0.0, 1.0, -1.0], [0.0, 1.0, 1.0, 0.0]]
BIAS = [0.0, 10.0, 0.0, 1.0]


@pytest.fixture
def layer():
    layer = Maxout(2, pieces=2)
    layer.build((None, 2))
    layer.set_weights([np.array(KERNEL), np.array(BIAS)])
    return layer


def test_largest_piece_by_hand(layer):
    x = np.array([[1.0, 2.0], [20.0, -30.0], [-5.0, 0.0]])
    # The largest of 1 and 12, of 3 and 0; of 20 and -20, of -10 and -19; of -5 and 10, of -5 and 6.
    assert layer(x).numpy().tolist() == [[12.0, 3.0], [20.0, -10.0], [10.0, 6.0]]


def test_only_the_largest_piece_learns(layer):
    x = tf.constant([[1.0, 2.0]])
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(x))
    kernel, bias = tape.gradient(total, [layer.kernel.value, layer.bias.value])
    assert bias.numpy().tolist() == [0.0, 1.0, 1.0, 0.0]
    assert kernel.numpy().tolist() == [[0.0, 1.0, 1.0, 0.0], [0.0, 2.0, 2.0, 0.0]]


def test_one_piece_is_a_dense_layer():
    layer, dense = Maxout(3, pieces=1), keras.layers.Dense(3)
    x = np.random.default_rng(0).normal(size=(4, 5))
    layer.build(x.shape)
    dense.build(x.shape)
    dense.set_weights(layer.get_weights())
    np.testing.assert_allclose(layer(x), dense(x), rtol=1e-6)


def test_axes_in_between_are_kept(layer):
    x = np.random.default_rng(0).normal(size=(3, 4, 2)).astype("float32")
    rows = layer(x.reshape(12, 2)).numpy().reshape(3, 4, 2)
    np.testing.assert_allclose(layer(x), rows, rtol=1e-6)
    assert layer.compute_output_shape((None, 4, 2)) == (None, 4, 2)


def test_shape_is_known_for_a_free_batch():
    assert Maxout(7, pieces=3)(keras.Input((5,))).shape == (None, 7)


@pytest.mark.parametrize(("units", "pieces"), [(0, 2), (3, 0), (-1, 2)])
def test_sizes_below_one_are_refused(units, pieces):
    with pytest.raises(ValueError, match=f"must be at least 1. Received: `units={units}`, `pieces={pieces}`"):
        Maxout(units, pieces=pieces)
