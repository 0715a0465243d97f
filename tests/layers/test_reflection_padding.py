"""Reflection padding by hand and against NumPy."""

import keras
import numpy as np
import pytest

from tfgan_zoo.layers import ReflectionPadding2D


def test_border_pixels_are_not_repeated():
    picture = np.arange(6.0).reshape(1, 2, 3, 1)
    padded = ReflectionPadding2D(1)(picture)[0, ..., 0].numpy()
    # The rows 0 1 2 and 3 4 5, mirrored at the first and the last of each.
    assert padded.tolist() == [[4, 3, 4, 5, 4], [1, 0, 1, 2, 1], [4, 3, 4, 5, 4], [1, 0, 1, 2, 1]]


def test_equals_numpy():
    pictures = np.random.default_rng(0).normal(size=(2, 5, 4, 3)).astype("float32")
    expected = np.pad(pictures, ((0, 0), (3, 3), (3, 3), (0, 0)), mode="reflect")
    np.testing.assert_array_equal(ReflectionPadding2D(3)(pictures), expected)


def test_shape_is_known_where_it_can_be():
    assert ReflectionPadding2D(2)(keras.Input((None, 8, 3))).shape == (None, None, 12, 3)


def test_what_cannot_be_mirrored_is_refused():
    with pytest.raises(ValueError, match="at least 0. Received: `padding=-1`"):
        ReflectionPadding2D(-1)
    with pytest.raises(ValueError, match=r"larger than `padding`.*`padding=3` for shape \(None, 3, 8, 1\)"):
        ReflectionPadding2D(3)(keras.Input((3, 8, 1)))
