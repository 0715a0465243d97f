"""Modulated convolution against a kernel for each sample, computed one by one."""

import keras
import numpy as np
import pytest
import scipy.signal

from tfgan_zoo import layers


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


IMAGES, STYLES = normal(3, 5, 6, 4), normal(3, 2, seed=1)


def built(*arguments, **options):
    """A layer with random weights, its kernel, and the scales that its affine map makes of `STYLES`."""
    layer = layers.ModulatedConv2D(*arguments, **options)
    layer.build((IMAGES.shape, STYLES.shape))
    for index, variable in enumerate(layer.trainable_variables):
        variable.assign(normal(*variable.shape, seed=10 + index))
    scales = layer.affine(STYLES).numpy()
    return layer, layer.kernel.numpy() * layer.scale, scales


def kernels(kernel, scales, demodulate):
    """One kernel for each sample, by equations 1 and 3."""
    each = scales[:, None, None, :, None] * kernel
    return each / np.sqrt((each**2).sum(axis=(1, 2, 3), keepdims=True) + 1e-8) if demodulate else each


def test_demodulated_kernels_have_unit_norm():
    _, kernel, scales = built(7, 3)
    norms = np.sqrt((kernels(kernel, scales, True) ** 2).sum(axis=(1, 2, 3)))
    np.testing.assert_allclose(norms, 1.0, rtol=1e-6)


@pytest.mark.parametrize("demodulate", [True, False])
@pytest.mark.parametrize("size", [1, 3])
def test_equals_a_kernel_for_each_sample(size, demodulate):
    layer, kernel, scales = built(7, size, demodulate=demodulate, gain=1.5, use_bias=True)
    each = kernels(kernel, scales, demodulate)
    expected = [keras.ops.conv(IMAGES[i : i + 1], 1.5 * each[i], padding="same")[0] for i in range(3)]
    np.testing.assert_allclose(layer((IMAGES, STYLES)), np.stack(expected) + layer.bias, rtol=1e-4, atol=1e-5)


def test_outputs_have_unit_variance_at_initialisation():
    layer = layers.ModulatedConv2D(64, 3)
    outputs = layer((normal(16, 12, 12, 32), normal(16, 8, seed=1))).numpy()[:, 1:-1, 1:-1]
    assert outputs.var() == pytest.approx(1.0, rel=0.05)


def test_doubling_spreads_convolves_and_blurs():
    """The paper's operation in NumPy: zeros between pixels, full convolution, blur with (1, 3, 3, 1), crop."""
    layer, kernel, scales = built(2, 3, up=True)
    each = kernels(kernel, scales, True)
    taps = np.array([1.0, 3.0, 3.0, 1.0]) / 8.0
    blur = 4.0 * np.outer(taps, taps)
    outputs = layer((IMAGES, STYLES)).numpy()
    assert outputs.shape == (3, 10, 12, 2)
    for sample in range(3):
        for channel in range(2):
            total = 0.0
            for before in range(4):
                spread = np.zeros((9, 11))
                spread[::2, ::2] = IMAGES[sample, :, :, before]
                total = total + scipy.signal.convolve2d(spread, each[sample, :, :, before, channel], "full")
            # 11 x 13 pixels, one of padding on each side, four taps: 10 x 12.
            blurred = scipy.signal.convolve2d(np.pad(total, 1), blur, "valid")
            np.testing.assert_allclose(outputs[sample, :, :, channel], blurred, rtol=1e-4, atol=1e-5)


def test_half_precision_does_not_overflow():
    layer = layers.ModulatedConv2D(3, 3, dtype="mixed_float16")
    outputs = layer((IMAGES, STYLES)).numpy()
    huge = layer((IMAGES * 1000.0, STYLES))
    np.testing.assert_allclose(np.asarray(huge, "float32") / 1000.0, outputs, rtol=0.02, atol=0.02)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((0, 3), {}, "`filters=0`"),
        ((1, 1), {"up": True}, "`up` needs `kernel_size=3`. Received: `kernel_size=1`"),
        ((1, 1), {"gain": -1.0}, "`gain` must be above 0. Received: `gain=-1.0`"),
    ],
)
def test_refusals(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        layers.ModulatedConv2D(*arguments, **options)
