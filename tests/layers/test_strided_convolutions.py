"""Tests of the strided convolutions, against Keras's layers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import training_pass
from tfgan_zoo.layers import StridedConv2D, StridedConv2DTranspose

DOWN, UP = (StridedConv2D, keras.layers.Conv2D), (StridedConv2DTranspose, keras.layers.Conv2DTranspose)


def pair(kinds, shape, filters, kernel_size=4, strides=2, padding="same", **options):
    """Our layer and Keras's with the same weights, and a batch."""
    layers = [kind(filters, kernel_size, strides, padding, **options) for kind in kinds]
    for layer in layers:
        layer.build((None, *shape))
    rng = np.random.default_rng(5)
    weights = [rng.normal(0.0, 0.1, weight.shape) for weight in layers[0].weights]
    for layer in layers:
        layer.set_weights(weights)
    return (*layers, tf.constant(rng.normal(size=(3, *shape)), "float32"))


CASES = [
    (DOWN, (8, 6, 128), {"filters": 256}),  # Matrix products.
    (UP, (4, 3, 256), {"filters": 128}),
    (DOWN, (8, 12, 3), {"filters": 5, "activation": "tanh"}),  # Blocks, as the gradient of the input.
    (UP, (5, 3, 6), {"filters": 3, "activation": "tanh"}),  # Blocks.
    (DOWN, (8, 6, 7), {"filters": 5, "use_bias": False}),
    (UP, (4, 3, 5), {"filters": 7, "use_bias": False}),
]


@pytest.mark.parametrize(("kinds", "shape", "options"), CASES)
def test_equal_keras_in_training(kinds, shape, options):
    ours, theirs, batch = pair(kinds, shape, **options)
    for mine, other in zip(training_pass(ours, batch), training_pass(theirs, batch), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-5 * np.abs(other).max())


@pytest.mark.parametrize(("kinds", "shape", "options"), CASES)
def test_are_keras_layers_in_inference(kinds, shape, options):
    ours, theirs, batch = pair(kinds, shape, **options)
    np.testing.assert_array_equal(ours(batch), theirs(batch))
    assert operations(ours, batch) == operations(theirs, batch)


def operations(layer, batch, **options):
    """Types of the operations that a call makes."""
    graph = tf.function(lambda x: layer(x, **options)).get_concrete_function(tf.TensorSpec((None, *batch.shape[1:])))
    return {operation.type for operation in graph.graph.get_operations()}


def test_ways_of_training():
    product, _, batch = pair(*CASES[0][:2], **CASES[0][2])
    found = operations(product, batch, training=True)
    assert {"GatherV2", "MatMul"} <= found and "Conv2D" not in found
    product, _, batch = pair(*CASES[1][:2], **CASES[1][2])
    found = operations(product, batch, training=True)
    assert {"GatherV2", "MatMul"} <= found and "Conv2DBackpropInput" not in found
    blocks, _, batch = pair(*CASES[3][:2], **CASES[3][2])
    assert "DepthToSpace" in operations(blocks, batch, training=True)
    plain, _, batch = pair(*CASES[4][:2], **CASES[4][2])
    assert "Conv2D" in operations(plain, batch, training=True)


@pytest.mark.parametrize(
    ("kinds", "shape", "options"),
    [
        (DOWN, (7, 8, 3), {}),
        (DOWN, (8, 8, 3), {"kernel_size": 5}),
        (DOWN, (8, 8, 3), {"strides": 1}),
        (DOWN, (8, 8, 3), {"padding": "valid"}),
        (DOWN, (8, 8, 4), {"groups": 2}),
        (DOWN, (8, 8, 3), {"dtype": "mixed_bfloat16"}),
        (UP, (4, 4, 3), {"kernel_size": 5}),
        (UP, (4, 4, 3), {"strides": 1}),
        (UP, (4, 4, 3), {"padding": "valid"}),
        (UP, (4, 4, 3), {"output_padding": 1}),
        (UP, (4, 4, 3), {"dtype": "mixed_bfloat16"}),
    ],
)
def test_other_settings_go_keras_way(kinds, shape, options):
    ours, theirs, batch = pair(kinds, shape, filters=2, **options)
    found, expected = (tf.cast(layer(batch, training=True), tf.float32) for layer in (ours, theirs))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("kinds", "shape", "options"), CASES[:4])
def test_graphics_cards_have_their_own_kernels(kinds, shape, options, monkeypatch):
    ours, theirs, batch = pair(kinds, shape, **options)
    card = tf.config.LogicalDevice("/device:GPU:0", "GPU")
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda: [card])
    np.testing.assert_array_equal(ours(batch, training=True), theirs(batch, training=True))


@pytest.mark.parametrize("kinds", [DOWN, UP])
def test_configuration_is_that_of_keras(kinds):
    ours, theirs = (kind(2, 4, 2, "same", name="layer") for kind in kinds)
    assert ours.get_config() == theirs.get_config()
    assert type(ours).from_config(ours.get_config()).kernel_size == (4, 4)
