"""StyleGAN and StyleGAN2: mixing, truncation, lazy regularisers, what a step reports."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgan_zoo as zoo
from tfgan_zoo.models import styles

SHAPE = (8, 8, 1)
IMAGES = np.random.default_rng(0).uniform(-1.0, 1.0, (16, *SHAPE)).astype("float32")
N = zoo.networks


def style_gan(**options):
    return zoo.models.StyleGAN(
        N.style.mapping(3, style_dim=4, depth=1),
        N.style.synthesis(SHAPE, 4, channel_base=32),
        N.progressive.discriminator(SHAPE, channel_base=16, channel_max=3, blur=True),
        phase_steps=0,
        **options,
    )


def style_gan2(rate=None, **options):
    gan = zoo.models.StyleGAN2(
        N.style2.mapping(3, style_dim=4, depth=1),
        N.style2.synthesis(SHAPE, 4, channel_base=32),
        N.style2.discriminator(SHAPE, channel_base=16, channel_max=3),
        **options,
    )
    if rate is not None:
        gan.compile(*(keras.optimizers.SGD(rate) for _ in range(2)), run_eagerly=True)
    return gan


@pytest.fixture(params=[style_gan, style_gan2], ids=["StyleGAN", "StyleGAN2"])
def gan(request):
    """A model whose mean style and noise strengths are not zero."""
    gan = request.param()
    gan.latent_mean.mean.assign([0.5, -0.5, 0.25, 1.0])
    for variable in gan.average("synthesis").weights:
        if "strength" in variable.path:
            variable.assign(np.full(variable.shape, 0.2))
    return gan


def latents(rows, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, 3)).astype("float32")


# --- From latents to images


def test_samples_are_the_two_halves_one_after_the_other(gan):
    z = latents(3)
    # One graph and two round differently, and normalisation of small maps enlarges it: up to 5.6e-6 over 64 latents,
    # with and without oneDNN and Grappler.
    np.testing.assert_allclose(gan.from_styles(gan.to_styles(z)), gan.sample(z=z), rtol=0, atol=1e-5)


def test_truncation_to_nothing_gives_one_image(gan):
    images = gan.from_styles(gan.to_styles(latents(4), truncation=0.0))
    assert np.ptp(images, axis=0).max() < 1e-6
    mean = np.tile(gan.latent_mean.mean.numpy(), (1, gan.synthesis.inputs[0].shape[1], 1))
    np.testing.assert_allclose(images[:1], gan.from_styles(mean), rtol=0, atol=1e-6)


def test_truncation_goes_straight_to_the_mean(gan):
    whole, half, none = (gan.to_styles(latents(2), truncation) for truncation in (1.0, 0.5, 0.0))
    np.testing.assert_allclose(half, (whole + none) / 2, rtol=1e-5, atol=1e-6)
    assert np.abs(whole - none).max() > 0.1


@pytest.mark.parametrize("make", [style_gan, style_gan2])
def test_models_are_truncated_when_made_so(make):
    gan = make(truncation=0.0)
    assert np.ptp(gan.sample(3), axis=0).max() < 1e-6


def test_the_same_latents_give_the_same_image(gan):
    np.testing.assert_array_equal(gan.sample(2, seed=1), gan.sample(2, seed=1))


def test_unfit_styles_are_refused(gan):
    with pytest.raises(ValueError, match=r"`styles` must have shape \(num, 4, 4\). Received: \(2, 4\)"):
        gan.from_styles(np.zeros((2, 4), "float32"))


# --- Mixing


def test_mixing_with_itself_changes_nothing():
    first = tf.constant(latents(5))
    for crossover in range(1, 5):
        mixed = styles.mix(first, first, [crossover] * 5, 4).numpy()
        np.testing.assert_array_equal(mixed, np.repeat(first.numpy()[:, None], 4, axis=1))


def test_layers_before_the_crossover_take_the_first_style():
    mixed = styles.mix(tf.ones((3, 2)), 2.0 * tf.ones((3, 2)), [1, 3, 4], 4).numpy()
    assert mixed[..., 0].tolist() == [[1, 2, 2, 2], [1, 1, 1, 2], [1, 1, 1, 1]]


def test_crossovers_lie_between_layers_and_as_often_as_asked():
    gan = style_gan2()
    like = tf.zeros((4000, 1))
    crossovers = styles.draw(gan, like, 0.75, 4)[2].numpy()
    shares = np.bincount(crossovers, minlength=5) / 4000
    assert shares[:1].sum() == 0.0
    assert shares[1:] == pytest.approx([0.25] * 4, abs=0.04)  # Three places for three quarters, none for the rest.
    assert set(styles.draw(gan, like, 1.0, 2)[2].numpy()) == {1}
    assert set(styles.draw(gan, like, 0.0, 4)[2].numpy()) == {4}


def test_a_growing_model_mixes_the_layers_in_use():
    gan = zoo.models.StyleGAN(
        N.style.mapping(3, style_dim=4, depth=1),
        N.style.synthesis(SHAPE, 4, channel_base=32),
        N.progressive.discriminator(SHAPE, channel_base=16, channel_max=3, blur=True),
        phase_steps=1,
        mixing=1.0,
    )
    assert set(gan._draw(tf.zeros((50, 1)))[3].numpy()) == {1}
    gan.step_counter.assign(1)
    assert set(gan._draw(tf.zeros((50, 1)))[3].numpy()) == {1, 2, 3}


# --- The step of StyleGAN2


def test_the_mean_style_is_tracked():
    gan = style_gan2(0.0, mixing=0.0)
    z = gan.draw_latents(IMAGES[:8])
    mean = np.asarray(gan.mapping(z)).mean(axis=0)
    gan.fit(IMAGES[:8], batch_size=8, shuffle=False, verbose=0)
    np.testing.assert_allclose(gan.latent_mean.mean, 0.005 * mean, rtol=1e-4, atol=1e-7)


def test_r1_comes_in_one_of_so_many_steps_and_weighs_as_much():
    gan = style_gan2(0.0, r1_gamma=4.0, r1_interval=3, path_length_weight=0.0, mixing=0.0)
    losses, tracker = [], gan.trackers["discriminator_loss"]
    update = tracker.update_state
    tracker.update_state = lambda value, weights: losses.append(np.mean(value)) or update(value, weights)
    plain = style_gan2(0.0, r1_gamma=0.0, path_length_weight=0.0, mixing=0.0)
    plain.set_weights(gan.get_weights())
    same = tf.data.Dataset.from_tensors(IMAGES[:8]).repeat(4)
    gan.fit(same, verbose=0)
    slopes = np.mean(zoo.penalties.r1(gan.discriminator, IMAGES[:8]))
    without = []
    other = plain.trackers["discriminator_loss"]
    update_plain = other.update_state
    other.update_state = lambda value, weights: without.append(np.mean(value)) or update_plain(value, weights)
    plain.fit(same, verbose=0)
    expected = 3 * 4.0 / 2 * slopes
    assert np.subtract(losses, without) == pytest.approx([expected, 0.0, 0.0, expected], rel=1e-3, abs=1e-5)


def test_running_mean_of_the_path_length_moves_when_it_is_due():
    gan = style_gan2(0.0, path_length_interval=2)
    seen = []
    note = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(float(gan.path_length)))
    gan.fit(IMAGES, batch_size=4, verbose=0, callbacks=[note])
    assert seen[0] == seen[1] > 0.0
    assert seen[2] == seen[3] > seen[1]


def test_path_lengths_of_a_linear_map():
    """J of `images = styles A` is A: the length is |A y|, by layer and sample, known for a y drawn again."""
    matrix = np.random.default_rng(3).normal(size=(3, 16)).astype("float32")
    seed = (4, 2)

    def synthesize(codes):
        return tf.reshape(tf.reduce_sum(codes @ matrix, axis=1), (-1, 4, 4, 1))

    lengths = zoo.penalties.path_lengths(synthesize, tf.zeros((5, 2, 3)), seed=seed)
    y = tf.random.stateless_normal((5, 4, 4, 1), seed).numpy().reshape(5, 16) / 4.0
    # Both layers have the same gradient, so the mean over layers is that of one.
    np.testing.assert_allclose(lengths, np.linalg.norm(y @ matrix.T, axis=1), rtol=1e-5)


def test_path_lengths_are_equal_on_replicas(on_two_replicas):
    codes = np.random.default_rng(3).normal(size=(4, 1, 3)).astype("float32")

    def lengths(part):
        return zoo.penalties.path_lengths(lambda c: tf.reshape(c[:, 0] ** 2, (-1, 1, 3, 1)), part, seed=(1, 2))

    np.testing.assert_allclose(on_two_replicas(lengths, codes), lengths(tf.constant(codes)), rtol=1e-5)


def test_the_regularizer_makes_lengths_equal():
    """A generator trained by the path-length penalty alone: lengths come closer to their running mean."""
    gain = tf.Variable([[1.0, 3.0]])
    codes = tf.constant(np.random.default_rng(3).normal(size=(64, 1, 2)).astype("float32"))
    optimizer, before = keras.optimizers.SGD(0.05), None
    for step in range(40):
        with tf.GradientTape() as tape:
            make = lambda c: tf.reshape(c[:, 0] * gain * (1.0 + c[:, 0]), (-1, 1, 2, 1))  # noqa: E731
            lengths = zoo.penalties.path_lengths(make, codes, seed=(0, step))
            loss = tf.reduce_mean(tf.square(lengths - 1.0))
        before = before or float(loss)
        optimizer.apply(tape.gradient(loss, [gain]), [gain])
    assert float(loss) < 0.5 * before


def test_default_optimizers_know_of_the_regularizers():
    gan = style_gan2(r1_interval=4, path_length_interval=9)
    for player, c in (("discriminator", 4 / 5), ("generator", 9 / 10)):
        config = gan.default_optimizer(player).get_config()
        assert config["learning_rate"] == pytest.approx(0.002 * c)
        assert (config["beta_1"], config["beta_2"]) == (0.0, pytest.approx(0.99**c))


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (style_gan2, {"mixing": 1.5}, r"`mixing` must be in \[0, 1\]. Received: `mixing=1.5`"),
        (style_gan2, {"r1_interval": 0}, "`r1_interval` must be at least 1. Received: `r1_interval=0`"),
        (style_gan2, {"path_length_weight": -1.0}, "`path_length_weight` must be at least 0"),
        (style_gan, {"mixing": -0.5}, r"`mixing` must be in \[0, 1\]"),
    ],
)
def test_refusals(make, options, message):
    with pytest.raises(ValueError, match=message):
        make(**options)


def test_networks_that_do_not_follow_each_other_are_refused():
    with pytest.raises(ValueError, match="of the width that `mapping` gives. Received: mapping.output_shape="):
        zoo.models.StyleGAN2(
            N.style2.mapping(3, style_dim=5, depth=1),
            N.style2.synthesis(SHAPE, 4, channel_base=32),
            N.style2.discriminator(SHAPE, channel_base=16),
        )
