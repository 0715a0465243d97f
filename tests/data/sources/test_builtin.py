"""The image sets that need no download."""

import numpy as np
import pytest
from sklearn import datasets

from tfgan_zoo.data.preprocessing import Preprocessing
from tfgan_zoo.data.sources.builtin import open_builtin


def _load(name, split):
    return open_builtin(name, split).finished(Preprocessing())


def test_digits():
    images, labels = _load("digits", "all")
    digits = datasets.load_digits()
    assert images.shape == (1797, 8, 8, 1) and images.dtype == np.uint8
    assert np.abs(images[..., 0] / 255.0 - digits.images / 16.0).max() <= 0.5 / 255.0
    np.testing.assert_array_equal(labels, digits.target)
    assert images.max() == 255


def test_digits_are_split_in_two():
    parts = [_load("digits", split) for split in ("train", "test")]
    assert [len(labels) for _, labels in parts] == [1500, 297]
    np.testing.assert_array_equal(np.concatenate([images for images, _ in parts]), _load("digits", "all")[0])
    assert np.bincount(parts[1][1]).min() >= 27


def test_sample_photos():
    images, labels = _load("sample_photos", "train")
    test_images, _ = _load("sample_photos", "test")
    photos = datasets.load_sample_images().images
    assert images.shape == (2 * 12 * 14, 64, 64, 3) and test_images.shape == (2 * 12 * 4, 64, 64, 3)
    np.testing.assert_array_equal(images[14 + 2], photos[0][32:96, 64:128])
    np.testing.assert_array_equal(test_images[-1], photos[1][352:416, 576:640])
    assert labels.tolist() == [0] * 168 + [1] * 168
    assert len(_load("sample_photos", "all")[0]) == 432


@pytest.mark.parametrize("name", ["digits", "sample_photos"])
def test_unknown_split(name):
    with pytest.raises(ValueError, match=f"'train', 'test' or 'all' for `{name}`. Received: `split='val'`"):
        open_builtin(name, "val")
