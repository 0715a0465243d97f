"""ACGAN's step by hand: two losses of two kinds of images, who wants what, defaults, errors."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgan_zoo as zoo
from tests.models import conditional, tiny
from tfgan_zoo.models import ACGAN

WEIGHT = 0.7


def step(gan):
    x, labels = conditional.batch()
    return gan.train_step((tf.constant(x), tf.constant(labels)))


def misjudged(logits):
    """P(c | x) minus one-hot labels: the derivative of -log P(label | x) by the logits."""
    exps = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exps / exps.sum(axis=1, keepdims=True) - np.eye(3)[conditional.LABELS]


def by_hand(gan):
    """One step in float64, with derivatives written out: D descends -(L_S + k L_C), G descends -(k L_C - L_S)."""
    now, labels, x = conditional.values(gan), conditional.LABELS, tiny.REAL[:, 0].astype("float64")
    z = gan.draw_latents(tf.constant(tiny.REAL)).numpy()[:, 0].astype("float64")
    fake = now["a"] * z + now["e"][labels]
    on_real, on_fake = tiny.sigmoid(now["w"] * x) - 1.0, tiny.sigmoid(now["w"] * fake)
    w = now["w"] - conditional.RATE * np.mean(on_real * x + on_fake * fake)
    slopes = [misjudged(np.outer(rows, now["m"])) * rows[:, None] for rows in (x, fake)]
    m = now["m"] - conditional.RATE * WEIGHT * np.mean(slopes[0] + slopes[1], axis=0)
    slope = (tiny.sigmoid(w * fake) - 1.0) * w + WEIGHT * misjudged(np.outer(fake, m)) @ m
    a = now["a"] - conditional.RATE * np.mean(slope * z)
    return {"a": a, "e": now["e"] - conditional.RATE * conditional.by_class(slope), "w": w, "m": m}


def test_two_steps_by_hand():
    gan = conditional.made(ACGAN, conditional.with_classes(), seed=4, class_loss_weight=WEIGHT)
    for _ in range(2):
        expected = by_hand(gan)
        step(gan)
        found = conditional.values(gan)
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            np.testing.assert_allclose(found[name], value, atol=3e-6, err_msg=name)


def test_reported_losses_and_accuracies_by_hand():
    gan = conditional.made(ACGAN, conditional.with_classes(), class_loss_weight=WEIGHT)
    x, labels = conditional.batch()
    z = gan.draw_latents(tf.constant(x), "test").numpy()[:, 0]
    fake, real = 0.7 * z + np.array([0.5, -0.4, 0.2])[labels], x[:, 0]
    scores = {name: np.outer(rows, [0.4, -0.3, 0.9]) for name, rows in (("real", real), ("fake", fake))}
    surprise = {name: np.log(np.exp(s).sum(axis=1)) - s[np.arange(12), labels] for name, s in scores.items()}
    seen = np.mean(tiny.softplus(-0.8 * real) + tiny.softplus(0.8 * fake))
    found = gan.evaluate(x, labels, batch_size=12, return_dict=True, verbose=0)
    expected = {
        "discriminator_loss": seen + WEIGHT * np.mean(surprise["real"] + surprise["fake"]),
        "generator_loss": np.mean(tiny.softplus(-0.8 * fake)) + WEIGHT * np.mean(surprise["fake"]),
        "real_class_accuracy": np.mean(scores["real"].argmax(axis=1) == labels),
        "fake_class_accuracy": np.mean(scores["fake"].argmax(axis=1) == labels),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-5)
    assert set(found) == set(gan.reported)


def test_penalty_is_that_of_the_first_output():
    """R1 of D(x) = w x: half its weight, 10, times w^2."""
    plain, r1 = (conditional.made(ACGAN, conditional.with_classes(), penalty=penalty) for penalty in (None, "r1"))
    losses = [float(step(gan)["discriminator_loss"]) for gan in (plain, r1)]
    assert losses[1] - losses[0] == pytest.approx(5.0 * 0.8**2, rel=1e-4)


@pytest.mark.parametrize("loss", ["relativistic", "hinge"])
def test_parts_equal_one_batch(loss):
    found = []
    for parts in (1, 3):
        gan = conditional.made(ACGAN, conditional.with_classes(), adversarial_loss=loss)
        optimizers = [keras.optimizers.SGD(0.2) for _ in range(2)]
        gan.compile(*optimizers, gradient_accumulation_steps=parts, run_eagerly=True)
        gan.fit(*conditional.batch(), batch_size=12, shuffle=False, epochs=2, verbose=0)
        found.append(conditional.values(gan))
    for name, value in found[0].items():
        np.testing.assert_allclose(found[1][name], value, rtol=1e-5, atol=1e-6, err_msg=name)


def test_one_generator_pass_serves_both_updates():
    gan = conditional.made(ACGAN, conditional.with_classes())
    generated, generate = [], gan.generate
    gan.generate = lambda z, labels: generated.append(labels.numpy()) or generate(z, labels)
    step(gan)
    assert len(generated) == 1
    np.testing.assert_array_equal(generated[0], conditional.LABELS)


def test_default_optimizers_are_the_papers():
    gan = conditional.made(ACGAN, conditional.with_classes())
    gan.compile(run_eagerly=True)
    for player in gan.players:
        optimizer = getattr(gan, f"{player}_optimizer")
        assert type(optimizer) is keras.optimizers.Adam
        assert (float(optimizer.learning_rate), optimizer.beta_1) == pytest.approx((2e-4, 0.5))


def test_a_discriminator_that_does_not_classify_is_refused():
    plain = zoo.networks.mlp.discriminator((1,), units=(2,))
    match = (
        r"`discriminator` must return .* \(batch, 3\)\]. Received: outputs of shape \[\(None, 1\)\] for `num_classes=3`"
    )
    with pytest.raises(ValueError, match=match):
        ACGAN(conditional.generator(), plain, num_classes=3)


def test_a_classifier_of_other_classes_is_refused():
    image = keras.Input((1,), name="image")
    other = keras.Model(image, [keras.layers.Dense(1)(image), keras.layers.Dense(4)(image)])
    with pytest.raises(
        ValueError, match=r"Received: outputs of shape \[\(None, 1\), \(None, 4\)\] for `num_classes=3`"
    ):
        ACGAN(conditional.generator(), other, num_classes=3)


def test_a_negative_weight_is_refused():
    for weight in (-1.0, float("nan")):
        with pytest.raises(ValueError, match=f"must be at least 0. Received: `class_loss_weight={weight}`"):
            conditional.made(ACGAN, conditional.with_classes(), class_loss_weight=weight)
