"""Tests of the convolutions merged with resampling, against Keras's layers one after the other."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers import MeanPoolConv2D, UpsampleConv2D

IMAGES = np.random.default_rng(8).normal(size=(2, 6, 4, 3)).astype("float32")


def pair(merged, kernel_size):
    """The merged layer and the same in two steps, with the same weights."""
    convolution = keras.layers.Conv2D(5, kernel_size, padding="same")
    convolution.build(IMAGES.shape)
    merged.build(IMAGES.shape)
    rng = np.random.default_rng(9)
    weights = [rng.normal(size=weight.shape) for weight in convolution.weights]
    for layer in (convolution, merged):
        layer.set_weights(weights)
    resize = keras.layers.UpSampling2D(2), keras.layers.AveragePooling2D(2)
    if isinstance(merged, UpsampleConv2D):
        return convolution, lambda x: convolution(resize[0](x))
    return convolution, lambda x: resize[1](convolution(x))


@pytest.mark.parametrize("kernel_size", [1, 3, 5])
@pytest.mark.parametrize("kind", [MeanPoolConv2D, UpsampleConv2D])
def test_outputs_and_gradients_are_those_of_two_layers(kind, kernel_size):
    merged = kind(5, kernel_size)
    convolution, two_steps = pair(merged, kernel_size)
    results = []
    for layer, function in ((merged, merged), (convolution, two_steps)):
        images, kernel = tf.constant(IMAGES), layer.kernel.value
        with tf.GradientTape() as tape:
            tape.watch(images)
            outputs = function(images)
            loss = tf.reduce_sum(tf.sin(outputs))
        results.append([outputs, *tape.gradient(loss, [images, kernel, layer.bias.value])])
    assert merged.compute_output_shape(IMAGES.shape) == tuple(results[0][0].shape)
    for mine, other in zip(*results, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", [MeanPoolConv2D, UpsampleConv2D])
def test_activation_comes_last(kind):
    plain, rectified = kind(2, 3, kernel_initializer="ones"), kind(2, 3, kernel_initializer="ones", activation="relu")
    np.testing.assert_array_equal(rectified(IMAGES), np.maximum(plain(IMAGES), 0.0))


@pytest.mark.parametrize("kind", [MeanPoolConv2D, UpsampleConv2D])
def test_sizes_unknown_beforehand(kind):
    images = keras.Input((None, 4, 3))
    network = keras.Model(images, kind(2, 3)(images))
    height, width = (12, 8) if kind is UpsampleConv2D else (3, 2)
    assert network.output_shape == (None, None, width, 2)
    assert network(IMAGES).shape == (2, height, width, 2)


@pytest.mark.parametrize("kind", [MeanPoolConv2D, UpsampleConv2D])
@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"kernel_size": 2}, r"`kernel_size` must be one odd int, to have a middle. Received: `kernel_size=\(2, 2\)`"),
        ({"kernel_size": (3, 1)}, r"Received: `kernel_size=\(3, 1\)`"),
        ({"kernel_size": 3, "groups": 5}, "has its own stride of 2 and neither dilation nor groups.*`groups=5`"),
        ({"kernel_size": 3, "strides": 2}, r"`strides=\(2, 2\)`"),
        ({"kernel_size": 3, "data_format": "channels_first"}, "`data_format` must be 'channels_last'"),
    ],
)
def test_what_cannot_be_merged_is_refused(kind, arguments, match):
    with pytest.raises(ValueError, match=match):
        kind(5, **arguments)


def test_odd_sides_cannot_be_halved():
    with pytest.raises(ValueError, match=r"must be even, to be halved. Received: `input_shape=\(2, 5, 4, 3\)`"):
        MeanPoolConv2D(2, 3).build((2, 5, 4, 3))
