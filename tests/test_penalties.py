"""Gradient penalties: critics with known slopes, where the points are taken, zero slopes, names."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo import penalties

SEED = (5, 6)


def linear(x):
    """D(x) = 2 sum x: on four inputs the slope is sqrt(4 * 2^2) = 4 everywhere."""
    return 2.0 * tf.reduce_sum(x, axis=1)


def quadratic(x):
    """D(x) = |x|^2 / 2: the slope is the length of x, so a penalty tells where it was taken."""
    return 0.5 * tf.reduce_sum(tf.square(tf.reshape(x, (tf.shape(x)[0], -1))), axis=1)


def test_linear_critic_by_hand():
    real, fake = tf.constant([[1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 9.0, 0.0]]), tf.zeros((2, 4))
    values = [
        penalties.gradient_penalty(linear, real, fake, seed=SEED),
        penalties.gradient_penalty(linear, real, fake, seed=SEED, target=0.0),
        penalties.dragan(linear, real, seed=SEED),
        penalties.r1(linear, real),
        penalties.r2(linear, fake),
    ]
    assert [value.dtype for value in values] == [tf.float32] * 5
    np.testing.assert_array_equal(values, [[9.0] * 2, [16.0] * 2, [9.0] * 2, [16.0] * 2, [16.0] * 2])


def test_each_sample_has_its_own_slope():
    points = tf.constant([[3.0, 4.0], [0.6, 0.8], [0.0, 2.0]])
    assert penalties.r1(quadratic, points).numpy() == pytest.approx([25.0, 1.0, 4.0])
    assert penalties.r2(quadratic, points).numpy() == pytest.approx([25.0, 1.0, 4.0])
    between = penalties.gradient_penalty(quadratic, points, points, seed=SEED)
    assert between.numpy() == pytest.approx([16.0, 0.0, 1.0], abs=1e-5)


def test_gradient_penalty_is_taken_at_a_uniform_point_between_real_and_fake():
    count = 4000
    real, fake = tf.fill((count, 1, 2, 2), 1.0), tf.fill((count, 1, 2, 2), 0.0)
    # Four pixels of value u: the slope is 2 u, the same u for all pixels of a sample.
    slopes = np.sqrt(penalties.gradient_penalty(quadratic, real, fake, seed=SEED, target=0.0))
    mix = slopes / 2
    assert 0.0 <= mix.min() < 0.01 and 0.99 < mix.max() < 1.0
    assert [mix.mean(), mix.var()] == pytest.approx([1 / 2, 1 / 12], abs=4 * np.sqrt(1 / 12 / count))
    other_end = np.sqrt(penalties.gradient_penalty(quadratic, fake, real, seed=SEED, target=0.0)) / 2
    np.testing.assert_allclose(other_end, 1.0 - mix, atol=1e-6)


def test_dragan_moves_real_samples_by_at_most_half_their_deviation():
    count = 4000
    real = np.tile([[0.0], [10.0]], (count // 2, 1)).astype("float32")  # Standard deviation 5 around the mean 5.
    slopes = np.sqrt(penalties.dragan(lambda x: quadratic(x + 1.0), real, seed=SEED))  # |x + 1| - 1 = x
    moved = slopes - real[:, 0]
    assert moved.min() >= 0.0 and 2.0 < moved.max() <= 2.5
    # The product of two uniform numbers in [0, 1): mean 1/4, mean square 1/9.
    assert moved.mean() == pytest.approx(2.5 / 4, abs=4 * 2.5 * np.sqrt((1 / 9 - 1 / 16) / count))


def test_dragan_noise_differs_between_pixels_and_its_share_between_samples():
    steps = []
    real = np.random.default_rng(0).normal(size=(3, 2, 2, 1)).astype("float32")
    penalties.dragan(lambda x: steps.append(x.numpy() - real) or quadratic(x), real, seed=SEED)
    assert len(np.unique(steps[0].round(6))) == 12


@pytest.mark.parametrize("name", sorted(penalties.PENALTIES))
def test_a_flat_critic_gives_finite_gradients(name):
    weight = tf.Variable(0.0)
    real, fake = tf.ones((2, 3)), tf.zeros((2, 3))
    with tf.GradientTape() as tape:
        penalty = penalties.get(name)(lambda x: weight * tf.reduce_sum(x, axis=1), real, fake, SEED)
    assert np.isfinite(penalty).all()
    assert np.isfinite(tape.gradient(penalty, weight))


def test_gradient_of_the_penalty_by_hand():
    weight = tf.Variable([3.0, 4.0])
    with tf.GradientTape() as tape:
        critic = lambda x: tf.linalg.matvec(x, weight)  # noqa: E731
        penalty = penalties.gradient_penalty(critic, tf.ones((1, 2)), tf.zeros((1, 2)), seed=SEED)
    # d/dw (|w| - 1)^2 = 2 (|w| - 1) w / |w| = 8 (0.6, 0.8).
    assert tape.gradient(penalty, weight).numpy() == pytest.approx([4.8, 6.4])


def test_logits_of_patches_are_averaged():
    images = tf.ones((3, 2, 2, 1))
    # Four patches, each 3 times its pixel: the mean logit has slope 3/4 per pixel, squared and summed 9/4.
    assert penalties.r1(lambda x: 3.0 * x, images).numpy() == pytest.approx([9 / 4] * 3)


def test_column_of_logits_is_one_logit_per_sample():
    column = lambda x: linear(x)[:, None]  # noqa: E731
    assert penalties.r1(column, tf.ones((3, 4))).numpy() == pytest.approx([16.0] * 3)


def test_half_precision_critic_is_penalised_in_float32():
    steep = lambda x: tf.cast(linear(tf.cast(x, tf.float16)) * 100.0, tf.float16)  # noqa: E731
    # Slope 400: its square, 160,000, is beyond float16.
    assert penalties.r1(steep, tf.zeros((1, 4))).numpy() == pytest.approx([160_000.0])


@pytest.mark.parametrize("name", sorted(penalties.PENALTIES))
def test_two_replicas_see_the_same_points(on_two_replicas, name):
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 6, 3)).astype("float32")
    penalty = penalties.get(name)
    one = penalty(quadratic, tf.constant(real), tf.constant(fake), SEED).numpy()
    two = on_two_replicas(lambda real, fake: penalty(quadratic, real, fake, SEED), real, fake)
    np.testing.assert_allclose(two, one, rtol=1e-5)
    assert len(np.unique(one)) == 6


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gradient_penalty", 10 * 9.0),
        ("r1", 5 * 16.0),
        ("r2", 5 * 16.0),
        ("r1_r2", 5 * (16.0 + 16.0)),
        ("dragan", 10 * 9.0),
    ],
)
def test_default_weights_are_the_papers(name, expected):
    penalty = penalties.get(name)(linear, tf.ones((1, 4)), tf.zeros((1, 4)), SEED)
    assert penalty.numpy() == pytest.approx([expected])
    scaled = penalties.get(name, weight=0.5)(linear, tf.ones((1, 4)), tf.zeros((1, 4)), SEED)
    weight = 5.0 if name.startswith("r") else 10.0
    assert scaled.numpy() == pytest.approx([expected / weight * 0.5])


def test_every_penalty_has_a_default_weight_by_hand():
    assert set(penalties.PENALTIES) == {"gradient_penalty", "r1", "r2", "r1_r2", "dragan"}


def test_names_choose_the_side():
    real, fake = tf.constant([[3.0, 4.0]]), tf.constant([[0.0, 2.0]])
    sides = [penalties.get(name, 1.0)(quadratic, real, fake, None).numpy()[0] for name in ("r1", "r2", "r1_r2")]
    assert sides == pytest.approx([25.0, 4.0, 29.0])


def test_no_penalty():
    assert penalties.get(None) is None


def test_a_weight_without_a_penalty_is_refused():
    with pytest.raises(ValueError, match="`penalty_weight` needs a `penalty`.*Received: .*`penalty_weight=10.0`"):
        penalties.get(None, 10.0)


def test_unknown_names_get_the_nearest():
    with pytest.raises(ValueError, match="`penalty` must be None or one of .*Received: `penalty='R1'`.*'r1'"):
        penalties.get("R1")
    with pytest.raises(ValueError, match="'gradient_penalty'"):
        penalties.get("wgan_gradient_penalty")


@pytest.mark.parametrize("weight", [-1.0, float("nan")])
def test_negative_weights_are_refused(weight):
    with pytest.raises(ValueError, match=f"`penalty_weight` must be at least 0. Received: `penalty_weight={weight}`"):
        penalties.get("r1", weight)


def test_random_points_need_a_seed():
    with pytest.raises(ValueError, match="`gradient_penalty` draws random points, so it needs `seed`"):
        penalties.gradient_penalty(linear, tf.zeros((1, 4)), tf.zeros((1, 4)), seed=None)
    with pytest.raises(ValueError, match="`dragan` draws random points, so it needs `seed`"):
        penalties.dragan(linear, tf.zeros((1, 4)), seed=None)


def test_unequal_shapes_are_refused():
    match = r"`real` and `fake` must have the same shape.*real.shape=\(2, 4\), fake.shape=\(1, 4\)"
    with pytest.raises(ValueError, match=match):
        penalties.gradient_penalty(linear, tf.zeros((2, 4)), tf.zeros((1, 4)), seed=SEED)
