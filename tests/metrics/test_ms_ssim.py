"""MS-SSIM diversity against a plain NumPy similarity, and on sets whose variety is known."""

import numpy as np
import pytest
import scipy.ndimage

from tfgan_zoo.metrics import ms_ssim_diversity


def numpy_ssim(first, second):
    """Single-scale similarity with the 11-pixel Gaussian window of deviation 1.5, valid positions only."""
    offsets = np.arange(-5, 6)
    window = np.exp(-(offsets**2) / (2 * 1.5**2))
    window /= window.sum()

    def blur(image):
        for axis in (0, 1):
            image = scipy.ndimage.convolve1d(image, window, axis=axis)
        return image[5:-5, 5:-5]

    first, second = first.astype(np.float64), second.astype(np.float64)
    mean_1, mean_2 = blur(first), blur(second)
    variances = blur(first**2) - mean_1**2 + blur(second**2) - mean_2**2
    covariance = blur(first * second) - mean_1 * mean_2
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    similarity = (2 * mean_1 * mean_2 + c1) / (mean_1**2 + mean_2**2 + c1) * (2 * covariance + c2) / (variances + c2)
    return similarity.mean()


def test_one_scale_agrees_with_numpy():
    rng = np.random.default_rng(0)
    base = scipy.ndimage.gaussian_filter(rng.normal(128, 90, (20, 20)), 2)
    images = np.clip(base + rng.normal(0, 10, (2, 20, 20)), 0, 255).astype(np.uint8)
    result = ms_ssim_diversity(images[..., None], pairs=4)
    assert result.scales == 1
    assert result.mean == pytest.approx(numpy_ssim(images[0], images[1]), abs=1e-4)
    assert result.standard_error == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("side", "scales"), [(11, 1), (28, 2), (64, 3), (175, 4), (176, 5)])
def test_number_of_scales(side, scales):
    assert ms_ssim_diversity(np.zeros((2, side, side, 1), np.uint8), pairs=2).scales == scales


def test_varied_images_score_lower():
    rng = np.random.default_rng(1)
    shapes = scipy.ndimage.gaussian_filter(rng.normal(0, 900, (12, 32, 32, 1)), (0, 3, 3, 0)) + 128
    shapes = np.clip(shapes, 0, 255)
    alike = np.clip(shapes[:1] + rng.normal(0, 5, (12, 32, 32, 1)), 0, 255)
    varied = ms_ssim_diversity(shapes.astype(np.uint8), pairs=40).mean
    assert varied < 0.5 < ms_ssim_diversity(alike.astype(np.uint8), pairs=40).mean


def test_images_never_pair_with_themselves():
    images = np.zeros((3, 16, 16, 1), np.uint8)
    images[1], images[2] = 255, 60
    assert ms_ssim_diversity(images, pairs=50).mean < 0.6


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match=r"at least 2 images.*Received: 1 images"):
        ms_ssim_diversity(np.zeros((1, 16, 16, 1), np.uint8))
    with pytest.raises(ValueError, match=r"at least 11 pixels.*\(2, 8, 8, 1\)"):
        ms_ssim_diversity(np.zeros((2, 8, 8, 1), np.uint8))
    with pytest.raises(ValueError, match=r"`pairs` should be an integer of at least 2"):
        ms_ssim_diversity(np.zeros((2, 16, 16, 1), np.uint8), pairs=1)
