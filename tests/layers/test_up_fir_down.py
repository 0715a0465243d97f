"""Blur and resampling against the square filter written out."""

import numpy as np
import pytest
import scipy.signal

from tfgan_zoo import layers

IMAGES = np.random.default_rng(0).normal(size=(2, 6, 8, 3)).astype("float32")


def reference(images, taps, up, down, padding, gain):
    """Zeros between pixels, padding, square filter, every second pixel."""
    square = gain * np.outer(taps, taps) / np.sum(taps) ** 2
    results = []
    for image in images.reshape(-1, *images.shape[1:]):
        planes = []
        for plane in np.moveaxis(image, -1, 0):
            spread = np.zeros([up * side for side in plane.shape])
            spread[::up, ::up] = plane
            planes.append(scipy.signal.correlate2d(np.pad(spread, [padding, padding]), square, "valid")[::down, ::down])
        results.append(np.stack(planes, axis=-1))
    return np.stack(results)


@pytest.mark.parametrize(
    ("taps", "options", "like"),
    [
        ((1, 2, 1), {}, (1, 1, (1, 1), 1.0)),
        ((1, 3, 3, 1), {}, (1, 1, (2, 1), 1.0)),
        ((1, 3, 3, 1), {"padding": (2, 2), "gain": 2.0}, (1, 1, (2, 2), 2.0)),
        ((1, 3, 3, 1), {"resample": "down"}, (1, 2, (1, 1), 1.0)),
        ((1, 2, 1), {"resample": "down"}, (1, 2, (1, 0), 1.0)),
        ((1, 3, 3, 1), {"resample": "up"}, (2, 1, (2, 1), 4.0)),
    ],
)
def test_equals_the_square_filter(taps, options, like):
    layer = layers.UpFIRDown(taps, **options)
    outputs = layer(IMAGES)
    expected = reference(IMAGES, taps, *like)
    assert outputs.shape == layer.compute_output_shape(IMAGES.shape) == expected.shape
    np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("resample", [None, "up", "down"])
def test_brightness_is_kept_inside(resample):
    outputs = layers.UpFIRDown(resample=resample)(np.ones((1, 8, 8, 2), "float32")).numpy()
    assert outputs[:, 2:-2, 2:-2] == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"taps": (1, 2, 3)}, r"symmetric. Received: `taps=\(1, 2, 3\)`"),
        ({"resample": "left"}, "`resample='left'`"),
        ({"taps": (1, 2, 1), "resample": "up"}, "takes four `taps`"),
    ],
)
def test_refusals(options, message):
    with pytest.raises(ValueError, match=message):
        layers.UpFIRDown(**options)
