"""ConditionalGAN's step by hand: labels of the real images, one generator pass, defaults, errors."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgan_zoo as zoo
from tests.models import conditional, tiny
from tfgan_zoo.models import ConditionalGAN


def step(gan):
    x, labels = conditional.batch()
    return gan.train_step((tf.constant(x), tf.constant(labels)))


def by_hand(gan):
    """One step with the non-saturating loss, in float64 and with derivatives written out."""
    now, labels, x = conditional.values(gan), conditional.LABELS, tiny.REAL[:, 0].astype("float64")
    z = gan.draw_latents(tf.constant(tiny.REAL)).numpy()[:, 0].astype("float64")
    fake = now["a"] * z + now["e"][labels]
    on_real = tiny.sigmoid(now["w"] * x + now["v"][labels]) - 1.0
    on_fake = tiny.sigmoid(now["w"] * fake + now["v"][labels])
    w = now["w"] - conditional.RATE * np.mean(on_real * x + on_fake * fake)
    v = now["v"] - conditional.RATE * conditional.by_class(on_real + on_fake)
    # The same fakes, criticised by the discriminator that has just been moved.
    slope = (tiny.sigmoid(w * fake + v[labels]) - 1.0) * w
    a = now["a"] - conditional.RATE * np.mean(slope * z)
    return {"a": a, "e": now["e"] - conditional.RATE * conditional.by_class(slope), "w": w, "v": v}


def test_two_steps_by_hand():
    gan = conditional.made(ConditionalGAN, conditional.with_offsets(), seed=4)
    for _ in range(2):
        expected = by_hand(gan)
        step(gan)
        found = conditional.values(gan)
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            np.testing.assert_allclose(found[name], value, atol=2e-6, err_msg=name)


def test_fakes_are_asked_for_with_the_labels_of_the_real_ones_and_made_once():
    gan = conditional.made(ConditionalGAN, conditional.with_offsets())
    generated, criticised = [], []
    generate, critique = gan.generate, gan.critique
    gan.generate = lambda z, labels: generated.append(labels.numpy()) or generate(z, labels)
    gan.critique = lambda x, labels: criticised.append(labels.numpy()) or critique(x, labels)
    step(gan)
    assert (len(generated), len(criticised)) == (1, 3)
    for labels in (*generated, *criticised):
        np.testing.assert_array_equal(labels, conditional.LABELS)


@pytest.mark.parametrize("options", [{"adversarial_loss": "relativistic"}, {"penalty": "r1"}, {}])
def test_parts_equal_one_batch(options):
    found = []
    for parts in (1, 3):
        gan = conditional.made(ConditionalGAN, conditional.with_offsets(), **options)
        optimizers = [keras.optimizers.SGD(0.2) for _ in range(2)]
        gan.compile(*optimizers, gradient_accumulation_steps=parts, run_eagerly=True)
        gan.fit(*conditional.batch(), batch_size=12, shuffle=False, epochs=2, verbose=0)
        found.append(conditional.values(gan))
    for name, value in found[0].items():
        np.testing.assert_allclose(found[1][name], value, rtol=1e-5, atol=1e-6, err_msg=name)


def test_penalty_is_that_of_the_discriminator_of_the_class():
    """R1 of D(x, c) = (w + v_c) x: half its weight, 10, times the mean of (w + v_c)^2."""
    plain, r1 = (conditional.made(ConditionalGAN, conditional.with_projection(), penalty=p) for p in (None, "r1"))
    losses = [float(step(gan)["discriminator_loss"]) for gan in (plain, r1)]
    slopes = 0.3 + np.array([0.4, -0.2, 0.1])[conditional.LABELS]
    assert losses[1] - losses[0] == pytest.approx(5.0 * np.mean(slopes**2), rel=1e-4)


def test_evaluate_and_reported_means_by_hand():
    gan = conditional.made(ConditionalGAN, conditional.with_offsets())
    x, labels = conditional.batch()
    z = gan.draw_latents(tf.constant(x), "test").numpy()[:, 0]
    fake = 0.7 * z + np.array([0.5, -0.4, 0.2])[labels]
    offsets = np.array([0.3, -0.6, 0.1])[labels]
    real_logits, fake_logits = 0.8 * x[:, 0] + offsets, 0.8 * fake + offsets
    expected = {
        "discriminator_loss": np.mean(tiny.softplus(-real_logits) + tiny.softplus(fake_logits)),
        "generator_loss": np.mean(tiny.softplus(-fake_logits)),
        "real_logits": np.mean(real_logits),
        "fake_logits": np.mean(fake_logits),
        "real_accuracy": np.mean(real_logits > 0),
        "fake_accuracy": np.mean(fake_logits < 0),
    }
    found = gan.evaluate(x, labels, batch_size=12, return_dict=True, verbose=0)
    assert found == pytest.approx(expected, rel=1e-5)


def test_default_optimizers_are_the_papers():
    gan = conditional.made(ConditionalGAN, conditional.with_offsets())
    gan.compile(run_eagerly=True)
    for player in gan.players:
        optimizer = getattr(gan, f"{player}_optimizer")
        assert (type(optimizer), optimizer.momentum) == (keras.optimizers.SGD, 0.5)
        optimizer.iterations.assign(2)
        assert float(optimizer.learning_rate) == pytest.approx(0.1 / 1.00004**2, rel=1e-6)


@pytest.mark.thorough
def test_each_class_learns_its_own_brightness():
    """Real images are dark, grey or bright by class; after training so are the samples."""
    keras.utils.set_random_seed(3)
    gan = ConditionalGAN(
        zoo.networks.mlp.conditional_generator(
            (2, 2, 1), 2, num_classes=3, latent_units=8, label_units=8, units=16, dropout=0.0
        ),
        zoo.networks.mlp.conditional_discriminator(
            (2, 2, 1), num_classes=3, sample_units=16, label_units=8, units=16, dropout=0.0
        ),
        num_classes=3,
        ema_decay=0.9,
    )
    gan.compile(*(keras.optimizers.Adam(5e-3, beta_1=0.5) for _ in range(2)))
    labels = np.arange(300) % 3
    noise = np.random.default_rng(0).normal(0.0, 0.05, (300, 2, 2, 1))
    images = (0.7 * (labels - 1.0)[:, None, None, None] + noise).astype("float32")
    gan.fit(images, labels, batch_size=50, epochs=40, verbose=0)
    means = [gan.sample(30, labels=label).mean() for label in range(3)]
    assert np.abs(np.subtract(means, [-0.7, 0.0, 0.7])).max() < 0.25, means


def test_networks_of_another_number_of_classes_are_refused():
    with pytest.raises(ValueError, match="`generator` was built for, 3. Received: `num_classes=4`"):
        ConditionalGAN(conditional.generator(), conditional.with_offsets(), num_classes=4)


def test_a_discriminator_that_is_not_told_the_class_is_refused():
    match = r"`discriminator` must be .* named \['image', 'label'\]. Received: inputs \['image'\]"
    with pytest.raises(ValueError, match=match):
        ConditionalGAN(conditional.generator(), conditional.with_classes(), num_classes=3)
