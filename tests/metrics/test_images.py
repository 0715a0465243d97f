"""The image preparation against hand-computed levels and a plain NumPy resize."""

import numpy as np
import pytest

from tfgan_zoo.metrics import images


def tf1_bilinear(batch, size):
    """The published rule: read at `i * in / out`, blend with the next pixel, stop at the edge."""
    count, height, width, channels = batch.shape
    result = np.zeros((count, *size, channels))
    for y in range(size[0]):
        for x in range(size[1]):
            row, column = y * height / size[0], x * width / size[1]
            top, left = int(row), int(column)
            bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
            upper = batch[:, top, left] * (left + 1 - column) + batch[:, top, right] * (column - left)
            lower = batch[:, bottom, left] * (left + 1 - column) + batch[:, bottom, right] * (column - left)
            result[:, y, x] = upper * (top + 1 - row) + lower * (row - top)
    return result


def test_every_level_survives_the_round_trip():
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    for dtype in (np.float32, np.float64):
        floats = levels.astype(dtype) / dtype(127.5) - dtype(1)
        np.testing.assert_array_equal(images.to_uint8(floats), levels)


def test_rounds_down_after_adding_128_and_clips():
    floats = np.array([-1.7, -1.0, -0.997, 0.0, 0.0038, 0.00393, 0.999, 1.0, 3.0]).reshape(1, 3, 3, 1)
    # 127.5 * 0.0038 + 128 = 128.48; 127.5 * -0.997 + 128 = 0.88; 127.5 * 0.999 + 128 = 255.4.
    expected = [0, 0, 0, 128, 128, 128, 255, 255, 255]
    assert images.to_uint8(floats).ravel().tolist() == expected
    assert images.to_uint8(np.full((1, 1, 1, 1), 0.0079)).item() == 129


def test_uint8_passes_untouched():
    levels = np.arange(12, dtype=np.uint8).reshape(1, 2, 2, 3)
    assert images.to_uint8(levels) is levels


@pytest.mark.parametrize("size", [(7, 5), (3, 4), (12, 2), (5, 6)])
def test_resize_agrees_with_the_published_rule(size):
    batch = np.random.default_rng(0).uniform(0, 255, (2, 5, 6, 3))
    np.testing.assert_allclose(images.resize(batch, size), tf1_bilinear(batch, size), rtol=1e-5, atol=1e-4)


def test_resize_is_neither_centred_nor_aligned_at_the_corners():
    row = np.array([0.0, 8.0]).reshape(1, 1, 2, 1)
    assert images.resize(row, (1, 8)).numpy().ravel().tolist() == [0, 2, 4, 6, 8, 8, 8, 8]
    assert images.resize(np.arange(6.0).reshape(1, 1, 6, 1), (1, 3)).numpy().ravel().tolist() == [0, 2, 4]


def test_channels():
    grey = np.array([[10.0, 20.0]], np.float32).reshape(1, 1, 2, 1)
    three = images.to_channels(grey, 3)
    assert three.shape == (1, 1, 2, 3)
    np.testing.assert_allclose(images.to_channels(three, 1), grey, rtol=1e-3)
    colour = np.array([100.0, 200.0, 50.0], np.float32).reshape(1, 1, 1, 3)
    luma = 0.299 * 100 + 0.587 * 200 + 0.114 * 50
    assert images.to_channels(colour, 1).numpy().item() == pytest.approx(luma, rel=1e-3)


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match=r"shape \(batch, height, width, channels\).*\(2, 3, 4\)"):
        images.to_uint8(np.zeros((2, 3, 4)))
    with pytest.raises(ValueError, match="uint8, or floats.*int64"):
        images.to_uint8(np.zeros((1, 1, 1, 1), np.int64))
    with pytest.raises(ValueError, match="look like levels 0 to 255.*from 0.0 to 200.0"):
        images.to_uint8(np.array([0.0, 200.0]).reshape(1, 1, 2, 1))
    with pytest.raises(ValueError, match="`images` should be finite.*sample 1"):
        images.to_uint8(np.array([0.0, np.nan]).reshape(2, 1, 1, 1))
    with pytest.raises(ValueError, match="1 or 3 channels.*Received: 4 channels"):
        images.to_channels(np.zeros((1, 2, 2, 4)), 3)
