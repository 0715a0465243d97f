"""DCGAN's step: one generator pass for two updates, numbers by hand, statistics, defaults."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgan_zoo as zoo
from tests.models import tiny

SHAPE = (16, 16, 1)


def small(**options):
    return zoo.models.DCGAN(
        zoo.networks.dcgan.generator(SHAPE, latent_dim=3, base_channels=2),
        zoo.networks.dcgan.discriminator(SHAPE, base_channels=2),
        **options,
    )


def one_step(gan, real):
    return gan.train_step(tf.constant(real))


def test_one_generator_pass_serves_both_updates():
    gan = tiny.line(zoo.models.DCGAN)
    events = tiny.record(gan)
    one_step(gan, tiny.REAL)
    names = [name for name, _ in events]
    assert names == ["generate", "critique", "critique", "discriminator", "critique", "generator"]
    real, before, after = (rows for name, rows in events if name == "critique")
    np.testing.assert_array_equal(real, tiny.REAL)
    np.testing.assert_array_equal(before, after)


def test_relativistic_pairs_compare_with_the_real_batch_in_the_generator_step():
    gan = tiny.line(zoo.models.DCGAN, adversarial_loss="relativistic")
    events = tiny.record(gan)
    one_step(gan, tiny.REAL)
    assert [name for name, _ in events][3:] == ["discriminator", "critique", "critique", "generator"]
    np.testing.assert_array_equal(events[4][1], tiny.REAL)


def by_hand(gan, x):
    """One step with the non-saturating loss on a line, in float64 and with derivatives written out."""
    (a, b), (w, c) = tiny.parameters(gan.generator), tiny.parameters(gan.discriminator)
    rate, z = 0.5, gan.draw_latents(x).numpy().astype("float64")
    fake = a * z + b
    on_real, on_fake = tiny.sigmoid(w * x + c) - 1.0, tiny.sigmoid(w * fake + c)
    w, c = w - rate * np.mean(on_real * x + on_fake * fake), c - rate * np.mean(on_real + on_fake)
    # The same fakes, criticised by the discriminator that has just been moved.
    slope = (tiny.sigmoid(w * fake + c) - 1.0) * w
    return a - rate * np.mean(slope * z), b - rate * np.mean(slope), w, c


def test_two_steps_by_hand():
    gan = tiny.line(zoo.models.DCGAN, seed=4)
    for _ in range(2):
        expected = by_hand(gan, tiny.REAL.astype("float64"))
        one_step(gan, tiny.REAL)
        found = (*tiny.parameters(gan.generator), *tiny.parameters(gan.discriminator))
        assert found == pytest.approx(expected, abs=2e-6)


def test_normalisation_statistics_of_the_generator_move_once_per_step():
    gan = small()
    gan.compile(run_eagerly=True)
    norm = gan.generator.get_layer("norm_0")
    z = gan.draw_latents(tf.zeros((6, *SHAPE))).numpy()
    features = z @ gan.generator.get_layer("project").kernel.numpy()
    features = features.reshape(-1, norm.moving_mean.shape[0])
    one_step(gan, tiny.samples(6, *SHAPE))
    # A tenth of the new statistics, once: twice would be 0.19 of them.
    np.testing.assert_allclose(norm.moving_mean, 0.1 * features.mean(axis=0), rtol=1e-4, atol=1e-8)
    np.testing.assert_allclose(norm.moving_variance, 0.9 + 0.1 * features.var(axis=0), rtol=1e-4)


def test_real_and_generated_images_are_normalised_apart():
    gan = small()
    gan.compile(run_eagerly=True)
    images = tiny.samples(6, *SHAPE)
    expected = gan.discriminator(images, training=True).numpy().mean()
    assert float(one_step(gan, images)["real_logits"]) == pytest.approx(expected, rel=1e-4)


def test_default_optimizers_are_the_papers_adam():
    gan = small()
    gan.compile()
    for optimizer in (gan.generator_optimizer, gan.discriminator_optimizer):
        assert type(optimizer) is keras.optimizers.Adam
        assert (float(optimizer.learning_rate), optimizer.beta_1) == pytest.approx((2e-4, 0.5))
    assert gan.generator_optimizer is not gan.discriminator_optimizer
    assert gan.batches_per_step == 1


def test_reported_means_by_hand():
    gan = tiny.line(zoo.models.DCGAN, generator=(0.0, -2.0), discriminator=(3.0, -1.0), rate=0.0)
    history = gan.fit(tiny.REAL, batch_size=4, verbose=0).history
    logits = 3.0 * tiny.REAL - 1.0
    expected = {
        "discriminator_loss": np.mean(tiny.softplus(-logits) + tiny.softplus(-7.0)),
        "generator_loss": tiny.softplus(7.0),
        "real_logits": np.mean(logits),
        "fake_logits": -7.0,
        "real_accuracy": np.mean(logits > 0),
        "fake_accuracy": 1.0,
    }
    assert {name: values[0] for name, values in history.items()} == pytest.approx(expected, rel=1e-5)
    evaluated = gan.evaluate(tf.data.Dataset.from_tensor_slices(tiny.REAL).batch(4), return_dict=True, verbose=0)
    assert evaluated == pytest.approx(expected, rel=1e-5)


def test_least_squares_are_undecided_at_a_half():
    gan = tiny.line(
        zoo.models.DCGAN, generator=(0.0, 0.2), discriminator=(1.0, 0.1), rate=0.0, adversarial_loss="least_squares"
    )
    reported = one_step(gan, np.array([[0.3], [0.45], [1.0], [-2.0]], "float32"))  # Outputs 0.4, 0.55, 1.1, -1.9.
    assert (float(reported["real_accuracy"]), float(reported["fake_accuracy"])) == (0.5, 1.0)  # D(G(z)) = 0.3.


def test_penalty_is_part_of_the_discriminator_loss():
    plain, r1 = (tiny.line(zoo.models.DCGAN, discriminator=(3.0, 0.0), penalty=penalty) for penalty in (None, "r1"))
    losses = [float(one_step(gan, tiny.REAL)["discriminator_loss"]) for gan in (plain, r1)]
    assert losses[1] == pytest.approx(losses[0] + 5.0 * 9.0, rel=1e-5)


def test_four_parts_of_sixteen_equal_one_batch_of_sixty_four():
    batches = tiny.samples(2 * 64, 3).reshape(2, 64, 3)
    whole, cut = (
        tiny.trained_weights(zoo.models.DCGAN, batches, parts, adversarial_loss="relativistic") for parts in (1, 4)
    )
    for name, weight in whole.items():
        np.testing.assert_allclose(cut[name], weight, rtol=1e-5, atol=1e-6, err_msg=name)


def test_every_part_draws_its_own_points():
    points = tiny.penalised_points(zoo.models.DCGAN, 1)
    assert [len(row) for row in points] == [4] * 2
    assert len(np.unique(points)) == 8


def test_generated_images_move_to_the_brightness_of_the_real_ones():
    gan = small(ema_decay=0.9)
    gan.compile(*(keras.optimizers.Adam(1e-2, beta_1=0.5) for _ in range(2)))
    images = np.clip(0.7 + 0.05 * np.random.default_rng(0).normal(size=(512, *SHAPE)), -1, 1).astype("float32")
    before = gan.sample(32).mean()
    gan.fit(images, batch_size=32, epochs=4, verbose=0)
    assert abs(before) < 0.1
    assert gan.sample(32).mean() > 0.3


def test_evaluate_takes_arrays_and_checks_them():
    gan = tiny.line(zoo.models.DCGAN)
    from_array = gan.evaluate(tiny.REAL, batch_size=4, return_dict=True, verbose=0)
    dataset = tf.data.Dataset.from_tensor_slices(tiny.REAL).batch(4)
    assert from_array == gan.evaluate(dataset, return_dict=True, verbose=0)
    with pytest.raises(ValueError, match="`images` must be finite. Received: a batch with 4 NaN"):
        gan.evaluate(np.full_like(tiny.REAL, np.nan), batch_size=4, verbose=0)
