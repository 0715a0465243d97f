"""Equalised layers: unit variance at initialisation, run-time scale, the box folded into the kernel."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo import layers


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def test_dense_keeps_unit_variance():
    outputs = layers.EqualizedDense(300)(normal(400, 50)).numpy()
    assert outputs.mean() == pytest.approx(0.0, abs=0.02)
    assert outputs.var() == pytest.approx(1.0, rel=0.05)


@pytest.mark.parametrize("lr_multiplier", [0.01, 1.0, 3.0])
def test_multiplier_changes_what_is_stored_and_not_what_comes_out(lr_multiplier):
    layer = layers.EqualizedDense(200, lr_multiplier=lr_multiplier, bias=0.5)
    outputs = layer(normal(500, 64)).numpy()
    assert np.std(layer.kernel) == pytest.approx(1.0 / lr_multiplier, rel=0.03)
    assert outputs.var() == pytest.approx(1.0, rel=0.06)
    assert outputs.mean() == pytest.approx(0.5, abs=0.02)
    assert layer.offset.numpy() == pytest.approx(0.5 / lr_multiplier)


def test_dense_by_hand():
    layer = layers.EqualizedDense(1, gain=2.0, lr_multiplier=0.5)
    layer.build((None, 4))
    layer.set_weights([np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([6.0])])
    # 2 * 0.5 / sqrt(4) * (1 + 2 + 3 + 4 * 5) + 0.5 * 6
    assert layer(np.array([[1.0, 1.0, 1.0, 5.0]])).numpy() == pytest.approx(16.0)


def test_convolution_keeps_unit_variance():
    layer = layers.EqualizedConv2D(64, 3, padding="valid")
    outputs = layer(normal(8, 16, 16, 32)).numpy()
    assert np.std(layer.kernel) == pytest.approx(1.0, rel=0.03)
    assert outputs.var() == pytest.approx(1.0, rel=0.08)


def test_convolution_is_a_scaled_one_with_a_scaled_bias():
    layer, images = layers.EqualizedConv2D(3, 3, gain=2.0, bias_gain=0.25), normal(2, 5, 6, 4)
    layer(images)
    kernel, bias = normal(3, 3, 4, 3, seed=1), normal(3, seed=2)
    layer.set_weights([kernel, bias])
    expected = keras.ops.conv(images, kernel * 2.0 / 6.0, padding="same") + 0.25 * bias
    np.testing.assert_allclose(layer(images), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("side", [4, 6])
def test_box_up_repeats_pixels_then_convolves(side):
    layer, images = layers.EqualizedConv2D(3, 3, use_bias=False, box="up"), normal(2, side, side, 4)
    outputs = layer(images)
    repeated = images.repeat(2, axis=1).repeat(2, axis=2)
    mirrored = layer.kernel.numpy()[::-1, ::-1] * layer.scale
    np.testing.assert_allclose(outputs, keras.ops.conv(repeated, mirrored, padding="same"), rtol=1e-5, atol=1e-5)


def test_box_down_convolves_then_averages():
    layer, images = layers.EqualizedConv2D(3, 3, use_bias=False, box="down"), normal(2, 6, 8, 4)
    outputs = layer(images)
    convolved = keras.ops.conv(images, layer.kernel.numpy() * layer.scale, padding="same")
    np.testing.assert_allclose(outputs, tf.nn.avg_pool2d(convolved, 2, 2, "VALID"), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ({"box": "up"}, (2, 12, 16, 3)),
        ({"box": "down"}, (2, 3, 4, 3)),
        ({"strides": 2, "padding": "valid"}, (2, 2, 3, 3)),
    ],
)
def test_announced_shape_is_the_one(options, shape):
    layer = layers.EqualizedConv2D(3, 3, **options)
    assert layer(normal(2, 6, 8, 4)).shape == layer.compute_output_shape((2, 6, 8, 4)) == shape


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.EqualizedDense(0), "`units` must be at least 1. Received: `units=0`"),
        (lambda: layers.EqualizedDense(1, gain=0.0), "`gain` must be above 0"),
        (lambda: layers.EqualizedConv2D(1, 0), "`kernel_size` must be at least 1. Received: `kernel_size=0`"),
        (lambda: layers.EqualizedConv2D(1, 5, box="up"), "need `kernel_size=3`"),
        (lambda: layers.EqualizedConv2D(1, 3, box="left"), "`box='left'`"),
        (lambda: layers.EqualizedConv2D(1, 3, padding="full"), "`padding` must be 'same' or 'valid'"),
    ],
)
def test_refusals(make, message):
    with pytest.raises(ValueError, match=message):
        make()
