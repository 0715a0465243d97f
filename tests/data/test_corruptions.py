"""Spoilt pictures: what is left, by hand; what is random, from the seed; how much the trivial repairs repair."""

import numpy as np
import pytest
import tensorflow as tf

import tfgan_zoo as zoo
from tfgan_zoo.data import CORRUPTIONS

SEED = tf.constant([3, 4], tf.int64)


def photos(size=32, num=3):
    """Patches with detail: the first ones are sky."""
    levels = zoo.data.arrays("sample_photos", image_size=size)[100 : 100 + 40 * num : 40]
    return tf.constant(levels / 127.5 - 1.0, tf.float32)


def spoilt(name, images, seed=SEED):
    return tf.function(CORRUPTIONS[name].apply)(images, seed).numpy()


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_shapes_ranges_and_repairs(name):
    images = photos()
    inputs = spoilt(name, images)
    channels = CORRUPTIONS[name].channels or 3
    assert inputs.shape == (*images.shape[:3], channels) and inputs.dtype == np.float32
    assert np.isfinite(inputs).all() and np.abs(inputs).max() <= 1.0 + 1e-5
    assert CORRUPTIONS[name].repair(inputs).shape == images.shape
    difference = np.abs(CORRUPTIONS[name].repair(inputs) - images)
    assert difference.mean() > 0.01


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_only_what_is_random_depends_on_the_seed(name):
    images = photos()
    again, other = spoilt(name, images), spoilt(name, images, SEED + 1)
    np.testing.assert_array_equal(spoilt(name, images), again)
    assert np.array_equal(other, again) == (name not in ("noise", "free_holes"))


def test_grey_is_luma():
    inputs = spoilt("grey", tf.constant([[[[1.0, -1.0, -1.0], [-1.0, 1.0, -1.0]]]]))
    np.testing.assert_allclose(inputs.ravel(), [2 * 0.299 - 1, 2 * 0.587 - 1], atol=1e-6)
    one = tf.zeros((1, 4, 4, 1))
    np.testing.assert_array_equal(spoilt("grey", one), one)


def test_noise_has_its_deviation():
    noise = spoilt("noise", tf.zeros((4, 64, 64, 3)))
    # Cut off at 2.5 deviations on both sides.
    assert abs(noise.std() - 0.4) < 0.01 and abs(noise.mean()) < 0.01
    assert not np.allclose(noise[0], noise[1])


def test_blur_spreads_a_point_and_keeps_a_plane():
    point = np.zeros((1, 15, 15, 1), "float32")
    point[0, 7, 7] = 1.0
    blurred = spoilt("blur", tf.constant(point))[0, ..., 0]
    np.testing.assert_allclose(blurred.sum(), 1.0, rtol=1e-5)
    np.testing.assert_allclose(blurred, blurred.T, atol=1e-7)
    # A Gaussian of 1.5 pixels: e^(-1 / 4.5) one pixel off the centre.
    np.testing.assert_allclose(blurred[7, 8] / blurred[7, 7], np.exp(-1 / 4.5), rtol=1e-4)
    np.testing.assert_allclose(spoilt("blur", tf.fill((1, 9, 9, 3), 0.3)), 0.3, rtol=1e-5)


def test_downscale_keeps_a_plane_and_loses_a_checkerboard():
    np.testing.assert_allclose(spoilt("downscale", tf.fill((1, 16, 16, 3), -0.6)), -0.6, rtol=1e-4)
    board = np.where(np.indices((16, 16)).sum(axis=0) % 2, 1.0, -1.0).astype("float32")[None, ..., None]
    assert np.abs(spoilt("downscale", tf.constant(board))).max() < 0.1


def test_centre_hole_is_the_inner_quarter():
    inputs = spoilt("centre_hole", tf.ones((1, 8, 12, 1)))[0, ..., 0]
    assert (inputs == 0).sum() == 4 * 6
    assert (inputs[2:6, 3:9] == 0).all()


def test_free_holes_differ_and_leave_most():
    images = tf.ones((8, 32, 32, 3))
    inputs = spoilt("free_holes", images)
    hole = (inputs == 0).all(axis=-1)
    shares = hole.mean(axis=(1, 2))
    assert (shares > 0.02).all() and (shares < 0.7).all() and len({tuple(one.ravel()) for one in hole}) == 8
    np.testing.assert_array_equal(inputs[~hole], 1.0)


def test_edges_are_dark_where_brightness_changes():
    step = np.ones((1, 16, 16, 3), "float32")
    step[:, :, :8] = -1.0
    lines = spoilt("edges", tf.constant(step))[0, ..., 0]
    assert lines[8, 7] < -0.5 and lines[8, 8] < -0.5
    assert lines[8, 1] > 0.9 and lines[8, 14] > 0.9


def test_flat_has_few_colours():
    assert set(np.unique(spoilt("flat", photos()))) <= {-1.0, 0.0, 1.0}


def test_mean_filling_by_hand():
    image = np.zeros((1, 1, 3, 1), "float32")
    image[0, 0, :2, 0] = [0.2, 0.6]
    np.testing.assert_allclose(CORRUPTIONS["centre_hole"].repair(image).ravel(), [0.2, 0.6, 0.4], rtol=1e-6)


def test_median_removes_a_single_pixel():
    image = np.full((1, 5, 5, 1), 0.25, "float32")
    image[0, 2, 2] = -1.0
    np.testing.assert_array_equal(CORRUPTIONS["noise"].repair(image), np.full_like(image, 0.25))


def test_batches_of_pairs():
    options = {"image_size": 16, "jitter": 2, "flip": True, "batch_size": 3, "repeat": True}
    unbroken = list(zoo.data.corrupted("digits", "noise", **options).take(5).as_numpy_iterator())
    resumed = list(zoo.data.corrupted("digits", "noise", skip_batches=3, **options).take(2).as_numpy_iterator())
    for one, other in zip(unbroken[3:], resumed, strict=True):
        np.testing.assert_array_equal(one, other)
    inputs, targets = unbroken[0]
    assert inputs.shape == targets.shape == (3, 16, 16, 1)
    noises = [one[0] - one[1] for one in unbroken]
    assert all(np.abs(noise).mean() > 0.05 for noise in noises) and not np.allclose(noises[0], noises[1])


def test_own_corruption():
    dark = zoo.data.Corruption(lambda images, seed: images * 0.5, lambda inputs: inputs * 2.0)
    inputs, targets = next(iter(zoo.data.corrupted("digits", dark)))
    np.testing.assert_allclose(inputs * 2.0, targets, rtol=1e-6)


def test_unknown_corruption():
    with pytest.raises(ValueError, match="`corruption='gray'`. The nearest known one is 'grey'"):
        zoo.data.corrupted("digits", "gray")
