"""Tests of tfgan_zoo.layers.fused_batch_normalization, against Keras's layer and closed forms."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import training_pass
from tfgan_zoo.layers import FusedBatchNormalization

SETTINGS = {"momentum": 0.7, "epsilon": 0.02}


def pair(shape=(3, 4, 2, 5), **kwargs):
    """Our layer and Keras's with the same weights, and a batch."""
    rng = np.random.default_rng(3)
    batch = rng.normal(1.0, 2.0, shape).astype("float32")
    layers = [kind(**{**SETTINGS, **kwargs}) for kind in (FusedBatchNormalization, keras.layers.BatchNormalization)]
    for layer in layers:
        layer.build(shape)
    weights = [rng.uniform(0.5, 1.5, weight.shape) for weight in layers[0].weights]
    for layer in layers:
        layer.set_weights(weights)
    return (*layers, tf.constant(batch))


@pytest.mark.parametrize("kwargs", [{}, {"scale": False}, {"center": False}, {"synchronized": True}])
def test_equals_keras(kwargs):
    ours, theirs, batch = pair(**kwargs)
    found, expected = ((*training_pass(each, batch), each.moving_mean, each.moving_variance) for each in (ours, theirs))
    for mine, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, other, rtol=2e-4, atol=2e-4)


def test_statistics_by_hand():
    layer = FusedBatchNormalization(momentum=0.5, epsilon=0.0)
    output = layer(tf.constant([1.0, 2.0, 3.0, 6.0], shape=(2, 2, 1, 1)), training=True)
    # Mean 3, biased variance 3.5; half of the old statistics (0 and 1) stays.
    np.testing.assert_allclose(output.numpy().ravel(), np.array([-2, -1, 0, 3]) / np.sqrt(3.5), rtol=1e-6)
    np.testing.assert_allclose(layer.moving_mean, [1.5], rtol=1e-6)
    np.testing.assert_allclose(layer.moving_variance, [2.25], rtol=1e-6)


def operations(layer, batch, **kwargs):
    """Types of the operations that a call makes."""
    graph = tf.function(lambda x: layer(x, **kwargs)).get_concrete_function(batch).graph
    return {operation.type for operation in graph.get_operations()}


def test_kernel_is_used_in_training_alone():
    ours, _, batch = pair()
    assert "FusedBatchNormV3" in operations(ours, batch, training=True)
    ours.trainable = False
    assert "FusedBatchNormV3" not in operations(ours, batch, training=True), "frozen: statistics must not move"


@pytest.mark.parametrize(("dtype", "shape"), [("mixed_bfloat16", (3, 4, 2, 5)), ("float32", (6, 5))])
def test_other_inputs_go_keras_way(dtype, shape):
    ours, theirs, batch = pair(shape, dtype=dtype)
    np.testing.assert_array_equal(
        tf.cast(ours(batch, training=True), tf.float32), tf.cast(theirs(batch, training=True), tf.float32)
    )
    np.testing.assert_array_equal(ours.moving_variance, theirs.moving_variance)


def test_inference_equals_keras():
    ours, theirs, batch = pair()
    np.testing.assert_array_equal(ours(batch), theirs(batch))


@pytest.mark.parametrize("kwargs", [{"axis": 1}, {"renorm": True}])
def test_refuses_what_the_kernel_cannot(kwargs):
    with pytest.raises(ValueError, match=r"keras\.layers\.BatchNormalization"):
        FusedBatchNormalization(**kwargs)
