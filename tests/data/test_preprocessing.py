"""Crop boxes by hand, resampling against TensorFlow's, grey by the ITU-R BT.601 weights."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.data.preprocessing import Preprocessing, convert_channels, crop_box, resize


def _noise(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize(
    "size, target, crop, expected",
    [
        ((218, 178), (64, 64), "center", (0, 20, 178, 198)),
        ((100, 200), (50, 50), "center", (50, 0, 150, 100)),
        ((10, 31), (20, 20), "center", (10, 0, 20, 10)),
        ((65, 64), (64, 64), "center", (0, 0, 64, 64)),
        ((90, 160), (32, 48), "center", (12, 0, 147, 90)),
        ((90, 160), (32, 48), "stretch", (0, 0, 160, 90)),
    ],
)
def test_crop_box(size, target, crop, expected):
    assert crop_box(size, target, crop) == pytest.approx(expected)


def test_image_of_the_right_size_is_not_touched():
    image = _noise(9, 7, 3)
    assert Preprocessing((9, 7), 3)(image) is image
    assert Preprocessing()(image) is image


@pytest.mark.parametrize(
    "shape, rows, columns", [((14, 8, 3), slice(3, 11), slice(None)), ((8, 13, 1), slice(None), slice(2, 10))]
)
def test_crop_without_reduction_copies_pixels(shape, rows, columns):
    image = _noise(*shape)
    np.testing.assert_array_equal(resize(image, (8, 8)), image[rows, columns])


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(11, 5), (40, 60), (7, 64)])
def test_resize_agrees_with_tensorflow(channels, size):
    # Mid-range levels: Pillow clips bytes between its two passes, where TensorFlow does not.
    image = _noise(24, 32, channels) // 4 + 96
    expected = tf.image.resize(image.astype(np.float32), size, method="bicubic", antialias=True)
    # Pillow rounds to whole numbers after each pass.
    assert np.abs(resize(image, size, "stretch") - expected).max() <= 1.5


def test_float_resize_agrees_with_tensorflow_and_stays_in_range():
    image = np.random.default_rng(1).choice([-1.0, 1.0], (24, 32, 3)).astype(np.float32)
    expected = tf.image.resize(image, (40, 17), method="bicubic", antialias=True)
    assert np.abs(expected).max() > 1.0
    resized = resize(image, (40, 17), "stretch")
    assert resized.dtype == np.float32
    np.testing.assert_allclose(resized, np.clip(expected, -1, 1), atol=2e-5)


def test_reduction_is_antialiased():
    checkerboard = (np.indices((32, 32)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., np.newaxis]
    reduced = resize(checkerboard, (8, 8)).astype(int)
    assert np.abs(reduced[1:-1, 1:-1] - 127).max() <= 2


def test_grey_is_the_luma():
    image = np.array([[[10, 200, 60], [255, 255, 255], [0, 0, 255]]], np.uint8)
    # 0.299 * 10 + 0.587 * 200 + 0.114 * 60 = 127.23; 0.114 * 255 = 29.07
    np.testing.assert_array_equal(convert_channels(image, 1), [[[127], [255], [29]]])
    grey = convert_channels(np.array([[[-1.0, 0.5, 0.25]]], np.float32), 1)
    assert grey.dtype == np.float32
    assert grey[0, 0, 0] == pytest.approx(-0.299 + 0.587 * 0.5 + 0.114 * 0.25)


def test_grey_to_rgb_repeats():
    image = _noise(4, 5, 1)
    np.testing.assert_array_equal(convert_channels(image, 3), np.concatenate([image] * 3, axis=-1))


def test_keeps_says_when_nothing_is_to_be_done():
    assert Preprocessing((9, 7), None).keeps((9, 7, 3))
    assert not Preprocessing((7, 9), None).keeps((9, 7, 3))
    assert not Preprocessing(None, 1).keeps((9, 7, 3))
