"""Algorithm 1 of the first GAN paper: order, freshness, numbers, defaults, and that it learns."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgan_zoo as zoo
from tests.models import tiny


def one_step(gan, real=tiny.REAL):
    return gan.train_step(tf.constant(real))


# --- Lines 1 to 8


@pytest.mark.parametrize("k", [1, 2, 3])
def test_order_of_algorithm_1(k):
    gan = tiny.line(zoo.models.GAN, discriminator_steps=k)
    events = tiny.record(gan)
    one_step(gan)
    discriminator_step = ["generate", "critique", "critique", "discriminator"]
    assert [name for name, _ in events] == discriminator_step * k + ["generate", "critique", "generator"]


def test_every_discriminator_step_sees_fresh_rows_and_all_of_them():
    gan = tiny.line(zoo.models.GAN, discriminator_steps=3)
    events = tiny.record(gan)
    one_step(gan)
    seen = [rows for name, rows in events if name == "critique"][0:6:2]  # Real before fake.
    assert [len(rows) for rows in seen] == [4, 4, 4]
    assert sorted(np.concatenate(seen).ravel()) == sorted(tiny.REAL.ravel())


def test_every_update_draws_fresh_noise_in_every_step():
    gan = tiny.line(zoo.models.GAN, discriminator_steps=3)
    events = tiny.record(gan)
    for _ in range(2):
        one_step(gan)
    noise = [z for name, z in events if name == "generate"]
    assert [z.shape for z in noise] == [(4, 1)] * 8
    assert len(np.unique(np.concatenate(noise))) == 32


def by_hand(gan, real, generator_slope):
    """One round of Algorithm 1 with the logistic loss on a line, in float64 and with derivatives written out."""
    (a, b), (w, c) = tiny.parameters(gan.generator), tiny.parameters(gan.discriminator)
    rate, k = 0.5, gan.discriminator_steps
    noise = [gan.draw_latents(real[::k], i).numpy().astype("float64") for i in (*range(k), "generator")]
    for i in range(k):
        x, fake = real[i::k].astype("float64"), a * noise[i] + b
        # d/ds softplus(-s) = sigmoid(s) - 1 on real, d/ds softplus(s) = sigmoid(s) on fake.
        on_real, on_fake = tiny.sigmoid(w * x + c) - 1.0, tiny.sigmoid(w * fake + c)
        w, c = w - rate * np.mean(on_real * x + on_fake * fake), c - rate * np.mean(on_real + on_fake)
    slope = generator_slope(w * (a * noise[k] + b) + c)
    a, b = a - rate * np.mean(slope * w * noise[k]), b - rate * np.mean(slope * w)
    return a, b, w, c


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize(
    ("loss", "slope"),
    [("minimax", lambda s: -tiny.sigmoid(s)), ("non_saturating", lambda s: tiny.sigmoid(s) - 1.0)],
)
def test_two_rounds_by_hand(k, loss, slope):
    gan = tiny.line(zoo.models.GAN, discriminator_steps=k, adversarial_loss=loss, seed=4)
    for _ in range(2):
        expected = by_hand(gan, tiny.REAL, slope)
        one_step(gan)
        found = (*tiny.parameters(gan.generator), *tiny.parameters(gan.discriminator))
        assert found == pytest.approx(expected, abs=2e-6)


def test_schedule_of_discriminator_and_generator_steps():
    gan = tiny.line(zoo.models.GAN, discriminator_steps=3)
    gan.fit(tiny.samples(24, 1), batch_size=6, verbose=0)
    assert int(gan.discriminator_optimizer.iterations.numpy()) == 12
    assert int(gan.generator_optimizer.iterations.numpy()) == 4
    assert int(gan.step_counter.numpy()) == 4


def test_relativistic_pairs_compare_with_the_real_batch_in_the_generator_step():
    gan = tiny.line(zoo.models.GAN, adversarial_loss="relativistic")
    events = tiny.record(gan)
    one_step(gan)
    names = [name for name, _ in events]
    assert names == [
        "generate",
        "critique",
        "critique",
        "discriminator",
        "critique",
        "generate",
        "critique",
        "generator",
    ]
    np.testing.assert_array_equal(events[4][1], tiny.REAL)


# --- Defaults


def test_default_optimizers_are_momentum_sgd():
    gan = tiny.perceptrons(zoo.models.GAN)
    gan.compile()
    for optimizer in (gan.generator_optimizer, gan.discriminator_optimizer):
        assert type(optimizer) is keras.optimizers.SGD
        assert (float(optimizer.learning_rate), optimizer.momentum) == pytest.approx((0.1, 0.5))
    assert gan.generator_optimizer is not gan.discriminator_optimizer


def test_default_loss_is_the_non_saturating_one_without_penalty():
    gan = tiny.perceptrons(zoo.models.GAN)
    assert gan.adversarial_loss == zoo.losses.AdversarialLoss("non_saturating")
    assert (gan.penalty, gan.discriminator_steps, gan.prior, gan.ema_decay) == (None, 1, "uniform", None)


# --- What is reported


def test_reported_means_by_hand():
    # A generator that always makes -2 and D(x) = 3 x - 1, neither moved: logits of fakes -7, of reals 3 x - 1.
    gan = tiny.line(zoo.models.GAN, generator=(0.0, -2.0), discriminator=(3.0, -1.0), rate=0.0, discriminator_steps=2)
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


def test_penalty_is_part_of_the_discriminator_loss():
    # |slope| of D is 3: the penalty is 10 (3 - 1)^2 = 40, or 0.5 (3 - 1)^2 = 2.
    plain, papers, light = (
        tiny.line(zoo.models.GAN, discriminator=(3.0, 0.0), penalty=penalty, penalty_weight=weight)
        for penalty, weight in ((None, None), ("gradient_penalty", None), ("gradient_penalty", 0.5))
    )
    losses = [float(one_step(gan)["discriminator_loss"]) for gan in (plain, papers, light)]
    assert losses[1:] == pytest.approx([losses[0] + 40.0, losses[0] + 2.0], rel=1e-5)


def test_label_noise_changes_from_step_to_step_and_repeats_with_the_seed():
    def losses(seed):
        noise = zoo.losses.AdversarialLoss("minimax", label_noise=0.4)
        # The generator ignores its noise and nothing moves: what changes is the noise on the labels alone.
        gan = tiny.line(
            zoo.models.GAN,
            generator=(0.0, -1.0),
            discriminator=(9.0, 0.0),
            rate=0.0,
            adversarial_loss=noise,
            seed=seed,
        )
        totals = [float(one_step(gan) and gan.trackers["discriminator_loss"].total.numpy()) for _ in range(3)]
        return np.diff(totals, prepend=0.0)

    first, again, other = losses(1), losses(1), losses(2)
    np.testing.assert_array_equal(first, again)
    assert len(set(first)) == 3
    assert not np.array_equal(first, other)


# --- Gradient accumulation


def test_four_parts_of_sixteen_equal_one_batch_of_sixty_four():
    batches = tiny.samples(2 * 64, 3).reshape(2, 64, 3)
    whole, cut = (tiny.trained_weights(zoo.models.GAN, batches, parts, adversarial_loss="minimax") for parts in (1, 4))
    for name, weight in whole.items():
        np.testing.assert_allclose(cut[name], weight, rtol=1e-5, atol=1e-6, err_msg=name)


def test_every_part_draws_its_own_points():
    points = tiny.penalised_points(zoo.models.GAN, 2, discriminator_steps=2)
    assert [len(row) for row in points] == [4] * 4
    assert len(np.unique(points)) == 16


# --- It learns


def test_discriminator_learns_against_a_fixed_generator():
    gan = tiny.line(
        zoo.models.GAN, generator=(1.0, 0.0), discriminator=(0.0, 0.0), compile_options={"run_eagerly": False}
    )
    gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.5))
    real = 3.0 + 0.5 * np.random.default_rng(0).normal(size=(640, 1)).astype("float32")
    history = gan.fit(real, batch_size=64, epochs=3, verbose=0).history
    assert history["discriminator_loss"][0] < 2 * np.log(2)  # What a discriminator that knows nothing pays.
    assert history["discriminator_loss"][-1] < 0.6
    assert history["real_accuracy"][-1] > 0.95 and history["fake_accuracy"][-1] > 0.95


@pytest.mark.thorough
def test_a_normal_distribution_is_learnt():
    keras.utils.set_random_seed(1)
    gan = zoo.models.GAN(
        zoo.networks.mlp.generator((1,), latent_dim=1, units=(8,), activation="softplus", output=None),
        zoo.networks.mlp.discriminator((1,), units=(32,), pieces=2, input_dropout=0.0, dropout=0.0),
        discriminator_steps=4,
        penalty="r1",
        penalty_weight=0.02,
        prior="normal",
        ema_decay=0.99,
    )
    gan.compile(*(keras.optimizers.Adam(rate, beta_1=0.5) for rate in (1e-2, 2e-2)))
    real = np.random.default_rng(0).normal(4.0, 0.5, (76800, 1)).astype("float32")
    assert abs(gan.sample(2000).mean() - 4.0) > 3.0
    gan.fit(real, batch_size=512, verbose=0)
    learnt = gan.sample(2000)
    assert (learnt.mean(), learnt.std()) == pytest.approx((4.0, 0.5), abs=0.15)


# --- Errors


@pytest.mark.parametrize("k", [0, -1, 2.5, True])
def test_discriminator_steps_that_are_no_numbers_of_steps_are_refused(k):
    with pytest.raises(ValueError, match=f"`discriminator_steps` must be an int >= 1. Received: .*={k}`"):
        tiny.perceptrons(zoo.models.GAN, discriminator_steps=k)
