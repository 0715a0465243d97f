"""The sliced Wasserstein distance against SciPy's, and its pyramid against direct sums."""

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from tfgan_zoo.metrics import sliced_wasserstein, sliced_wasserstein_scores
from tfgan_zoo.metrics.sliced_wasserstein import _descriptors, _distance, _pyramid, expand, reduce


def noise(shape, seed, deviation=40):
    levels = np.random.default_rng(seed).normal(128, deviation, shape)
    return np.clip(levels, 0, 255).astype(np.uint8)


def test_distance_is_the_mean_of_one_dimensional_distances():
    rng = np.random.default_rng(0)
    first, second = (rng.normal(mean, 1, (200, 6)).astype(np.float32) for mean in (0, 0.5))
    result = _distance(first, second, 70, np.random.default_rng(1))
    again = np.random.default_rng(1)
    values = []
    for count in (64, 6):
        axes = again.standard_normal((6, count))
        axes /= np.linalg.norm(axes, axis=0)
        values += [wasserstein_distance(first @ axis, second @ axis) for axis in axes.T]
    assert result == pytest.approx(np.mean(values), rel=1e-4)


def test_reduce_and_expand_by_hand():
    image = np.zeros((1, 8, 8, 1), np.float32)
    image[0, 4, 4, 0] = 256
    # The 5x5 binomial kernel has centre 36/256, and 6/256 two pixels away along an axis.
    np.testing.assert_allclose(reduce(image)[0, 1:, 1:, 0], [[1, 6, 1], [6, 36, 6], [1, 6, 1]])
    np.testing.assert_allclose(reduce(np.full((1, 6, 4, 2), 7.0, np.float32)), 7.0)
    np.testing.assert_allclose(expand(np.full((1, 3, 2, 2), 7.0, np.float32)), np.full((1, 6, 4, 2), 7.0))


def test_pyramid_adds_up_to_the_image():
    images = noise((2, 64, 64, 3), 0)
    fine, middle, coarse = _pyramid(images)
    assert [level.shape[1] for level in (fine, middle, coarse)] == [64, 32, 16]
    np.testing.assert_allclose(expand(expand(coarse) + middle) + fine, images, atol=1e-3)


def test_descriptors_are_normalised_patches_of_one_image_each():
    images = np.zeros((3, 16, 20, 2), np.float32)
    images += np.arange(3).reshape(3, 1, 1, 1) * [10, -4]
    patches = _descriptors(images, 5, np.random.default_rng(0)).reshape(3, 5, 2, 49)
    # Every image is constant, so each patch is its image's value in units of the deviation over the set.
    expected = (np.arange(3) - 1) / np.sqrt(2 / 3)
    np.testing.assert_allclose(patches[:, :, 0], np.broadcast_to(expected[:, None, None], (3, 5, 49)), rtol=1e-5)
    np.testing.assert_allclose(patches[:, :, 1], -patches[:, :, 0], rtol=1e-5)


def test_levels_see_what_they_should():
    smooth = np.repeat(np.repeat(noise((16, 8, 8, 1), 1, 60), 8, axis=1), 8, axis=2)
    same = np.repeat(np.repeat(noise((16, 8, 8, 1), 2, 60), 8, axis=1), 8, axis=2)
    grain = np.clip(same + np.random.default_rng(3).normal(0, 30, same.shape), 0, 255).astype(np.uint8)
    clean, noisy = sliced_wasserstein(smooth, same, seed=4), sliced_wasserstein(smooth, grain, seed=4)
    assert list(noisy) == [64, 32, 16]
    assert noisy[64] > 3 * clean[64]
    assert noisy[16] < 1.2 * clean[16]


def test_is_reproducible_and_blind_to_global_contrast():
    first, second = noise((4, 16, 16, 1), 5, 20), noise((4, 16, 16, 1), 6, 20)
    assert sliced_wasserstein(first, second) == sliced_wasserstein(first, second)
    brighter = (first // 2 + 90).astype(np.uint8)
    floor = sliced_wasserstein(first, first)[16]
    assert sliced_wasserstein(first, brighter)[16] < 2 * floor


def test_digits_of_28_pixels_have_one_level():
    assert list(sliced_wasserstein(noise((2, 28, 28, 1), 0), noise((2, 28, 28, 1), 1))) == [28]


def test_scores_stand_beside_the_floor_of_other_real_images():
    real, other = noise((16, 32, 32, 1), 0), noise((16, 32, 32, 1), 1)
    fake = np.tile(noise((16, 1, 32, 1), 2), (1, 32, 1, 1))  # Stripes: another texture.
    options = {"patches": 32, "directions": 32, "seed": 3}
    distance, floor = sliced_wasserstein(real, fake, **options), sliced_wasserstein(real, other, **options)
    found = sliced_wasserstein_scores(real, fake, other, **options)
    assert list(found.items()) == [
        ("sliced_wasserstein_32", distance[32]),
        ("sliced_wasserstein_16", distance[16]),
        ("floor_32", floor[32]),
        ("floor_16", floor[16]),
    ]
    assert found["sliced_wasserstein_32"] > 2 * found["floor_32"]
    assert sliced_wasserstein_scores(real, other, fake, **options)["floor_32"] == distance[32]


def test_scores_take_three_sets_of_one_shape():
    real, fewer = noise((3, 16, 16, 1), 0), noise((2, 16, 16, 1), 1)
    with pytest.raises(ValueError, match=r"`real` and `other_real` .*\(3, 16, 16, 1\) and \(2, 16, 16, 1\)"):
        sliced_wasserstein_scores(real, real, fewer)
    with pytest.raises(ValueError, match=r"`real` and `fake` .*\(3, 16, 16, 1\) and \(2, 16, 16, 1\)"):
        sliced_wasserstein_scores(real, fewer, real)
    with pytest.raises(ValueError, match=r"`directions` should be"):
        sliced_wasserstein_scores(real, real, real, directions=0)


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match=r"equal shapes.*\(2, 16, 16, 1\) and \(3, 16, 16, 1\)"):
        sliced_wasserstein(noise((2, 16, 16, 1), 0), noise((3, 16, 16, 1), 0))
    with pytest.raises(ValueError, match=r"at least 16 pixels.*8x16 pixels"):
        sliced_wasserstein(noise((2, 8, 16, 1), 0), noise((2, 8, 16, 1), 0))
    with pytest.raises(ValueError, match=r"even sides.*35x70 pixels"):
        sliced_wasserstein(noise((2, 70, 140, 1), 0), noise((2, 70, 140, 1), 0))
    with pytest.raises(ValueError, match=r"`patches` should be"):
        sliced_wasserstein(noise((2, 16, 16, 1), 0), noise((2, 16, 16, 1), 0), patches=0)
