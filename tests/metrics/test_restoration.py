"""Scores of restored pictures by hand."""

import numpy as np
import pytest

from tfgan_zoo import metrics


def test_psnr_and_l1_by_hand():
    targets = np.zeros((2, 12, 12, 1))
    images = np.stack([np.full((12, 12, 1), 0.2), np.full((12, 12, 1), -0.02)])
    scores = metrics.restoration(images, targets)
    # 10 log10(4 / 0.04) = 20 and 10 log10(4 / 0.0004) = 40.
    assert abs(scores["psnr"] - 30.0) < 1e-3 and abs(scores["l1"] - 0.11) < 1e-6


def test_equal_pictures_have_the_best_scores():
    images = np.random.default_rng(0).uniform(-1, 1, (2, 8, 8, 3))
    scores = metrics.restoration(images, images)
    assert scores["psnr"] == 100.0 and scores["l1"] == 0.0 and abs(scores["ssim"] - 1.0) < 1e-5


def test_ssim_sees_structure():
    image = np.random.default_rng(0).uniform(-1, 1, (1, 16, 16, 1))
    assert metrics.restoration(-image, image)["ssim"] < 0.0 < metrics.restoration(image * 0.8, image)["ssim"]


def test_nearest_colours_of_facades():
    colours = np.array(metrics.CMP_FACADE_COLOURS)
    noisy = colours + np.random.default_rng(0).integers(-30, 31, colours.shape)
    np.testing.assert_array_equal(metrics.nearest_labels(noisy / 127.5 - 1.0), np.arange(12))


def test_accuracy_and_majority_by_hand():
    black, white = np.full(3, -0.9), np.full(3, 0.8)
    targets = np.array([[[black, black], [white, black]]])
    images = np.array([[[black, white], [white, white]]])
    found = metrics.label_accuracy(images, targets, colours=[(0, 0, 0), (255, 255, 255)])
    assert found == {"accuracy": 0.5, "majority": 0.75}


def test_shapes_must_agree():
    with pytest.raises(ValueError, match=r"\(1, 8, 8, 1\) and \(1, 8, 8, 3\)"):
        metrics.restoration(np.zeros((1, 8, 8, 1)), np.zeros((1, 8, 8, 3)))
    with pytest.raises(ValueError, match="same shape"):
        metrics.label_accuracy(np.zeros((1, 8, 8, 3)), np.zeros((2, 8, 8, 3)))
