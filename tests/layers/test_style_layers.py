"""The small layers of growing and style-based networks, by hand."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo import layers


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def test_pixel_norm_gives_unit_mean_square_along_channels():
    outputs = layers.PixelNorm()(5.0 * normal(2, 3, 4, 7)).numpy()
    np.testing.assert_allclose((outputs**2).mean(axis=-1), 1.0, rtol=1e-5)
    assert layers.PixelNorm()(np.zeros((1, 3), "float32")).numpy().tolist() == [[0.0, 0.0, 0.0]]


def test_minibatch_deviation_by_hand():
    # Groups are rows 0 and 1, and rows 2 and 3; two features each. Deviations are half of the differences.
    images = np.array([[1.0, 5.0], [3.0, 11.0], [7.0, 7.0], [7.0, 9.0]], "float32").reshape(4, 1, 2, 1)
    channel = layers.MinibatchStandardDeviation(2)(images).numpy()[..., 1]
    np.testing.assert_allclose(channel.reshape(4, 2), [[2.0] * 2, [2.0] * 2, [0.5] * 2, [0.5] * 2], atol=1e-4)


@pytest.mark.parametrize(("batch", "group"), [(8, 4), (6, 3), (3, 3), (5, 1), (1, 1), (10, 2)])
def test_group_is_the_largest_divisor(batch, group):
    layer, images = layers.MinibatchStandardDeviation(4), normal(batch, 2, 2, 3)
    expected = images.reshape(-1, group, 2, 2, 3).std(axis=1).mean(axis=(1, 2, 3)).repeat(group)
    free = tf.function(layer, input_signature=[tf.TensorSpec((None, 2, 2, 3))])
    for outputs in (layer(images), free(images)):
        np.testing.assert_allclose(outputs[:, 0, 1, 3], np.maximum(expected, 1e-4), atol=1e-5)
        np.testing.assert_array_equal(outputs[..., :3], images)


def test_replicas_form_the_groups_of_one_device(on_two_replicas):
    layer, images = layers.MinibatchStandardDeviation(4), normal(8, 2, 2, 3)
    np.testing.assert_allclose(on_two_replicas(layer, images), layer(images), rtol=1e-6)


def test_style_sets_mean_and_deviation():
    layer, images, styles = layers.AdaptiveInstanceNormalization(), 3.0 + 2.0 * normal(4, 8, 8, 3), normal(4, 5, seed=1)
    outputs = layer((images, styles)).numpy()
    scale, shift = np.split(layer.affine(styles).numpy(), 2, axis=1)
    np.testing.assert_allclose(outputs.mean(axis=(1, 2)), shift, atol=1e-4)
    np.testing.assert_allclose(outputs.std(axis=(1, 2)), np.abs(1.0 + scale), rtol=1e-4)


@pytest.mark.parametrize(("per_channel", "strength"), [(True, [1.0, 2.0, 3.0]), (False, 2.0)])
def test_noise_has_its_strength(per_channel, strength):
    layer, images, noise = layers.NoiseInjection(per_channel, gain=0.5), normal(2, 3, 4, 3), normal(2, 3, 4, 1, seed=1)
    np.testing.assert_array_equal(layer((images, noise)), images)
    layer.strength.assign(strength)
    np.testing.assert_allclose(layer((images, noise)), images + 0.5 * noise * np.array(strength), rtol=1e-5)


def test_bias_is_per_channel():
    layer, images = layers.Bias(gain=2.0), normal(2, 3, 4, 2)
    np.testing.assert_array_equal(layer(images), images)
    layer.bias.assign([1.0, -3.0])
    np.testing.assert_allclose(layer(images), images + np.array([2.0, -6.0]), rtol=1e-6)


def test_constant_is_the_same_for_every_sample():
    layer = layers.Constant((2, 3), "random_normal", trainable=False)
    outputs = layer(np.zeros((4, 9), "float32")).numpy()
    assert outputs.shape == (4, 2, 3) and len(np.unique(outputs)) == 6
    assert np.ptp(outputs, axis=0).max() == 0.0
    assert layer.trainable_variables == []


@pytest.mark.parametrize(("psi", "expected"), [(1.0, [4.0, 8.0]), (0.0, [1.0, 2.0]), (0.5, [2.5, 5.0])])
def test_truncation_draws_towards_the_mean(psi, expected):
    layer = layers.Truncation(psi)
    layer.build((None, 2))
    layer.mean.assign([1.0, 2.0])
    assert layer(np.array([[4.0, 8.0]])).numpy().tolist() == [expected]


def test_mean_moves_towards_that_of_the_whole_batch(two_replicas, on_two_replicas):
    styles = np.array([[1.0], [2.0], [3.0], [10.0]], "float32")
    with two_replicas.scope():
        layer = layers.Truncation(decay=0.75)
        layer.build((None, 1))
    on_two_replicas(lambda part: layer.track(part) or part, styles)
    assert layer.mean.numpy() == pytest.approx(0.25 * 4.0)


@pytest.mark.parametrize(("alpha", "expected"), [(0.0, 1.0), (1.0, 5.0), (0.25, 2.0)])
def test_fade_in(alpha, expected):
    layer = layers.FadeIn()
    layer.build(None)
    layer.alpha.assign(alpha)
    assert layer((np.float32([[1.0]]), np.float32([[5.0]]))).numpy() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.PixelNorm(0.0), "`epsilon` must be above 0. Received: `epsilon=0.0`"),
        (lambda: layers.AdaptiveInstanceNormalization(-1.0), "`epsilon=-1.0`"),
        (lambda: layers.MinibatchStandardDeviation(0), "`group_size` must be at least 1. Received: `group_size=0`"),
        (lambda: layers.Truncation(decay=1.0), r"`decay` must be in \[0, 1\). Received: `decay=1.0`"),
    ],
)
def test_refusals(make, message):
    with pytest.raises(ValueError, match=message):
        make()
