"""ProjectionGAN's step by hand: hinge loss, fresh batches for the discriminator, defaults, errors."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models import conditional, tiny
from tfgan_zoo.models import ProjectionGAN


def step(gan):
    x, labels = conditional.batch()
    return gan.train_step((tf.constant(x), tf.constant(labels)))


def by_hand(gan, steps):
    """One step in float64, with derivatives written out, for D(x, c) = (w + v_c) x."""
    now = conditional.values(gan)
    for k in range(steps):
        labels, x = conditional.LABELS[k::steps], tiny.REAL[k::steps, 0].astype("float64")
        z = gan.draw_latents(tf.constant(tiny.REAL[k::steps]), k).numpy()[:, 0].astype("float64")
        fake, slopes = now["a"] * z + now["e"][labels], now["w"] + now["v"][labels]
        inside = -x * (slopes * x < 1.0) + fake * (slopes * fake > -1.0)
        now["w"] = now["w"] - conditional.RATE * np.mean(inside)
        now["v"] = now["v"] - conditional.RATE * conditional.by_class(inside, labels)
    z = gan.draw_latents(tf.constant(tiny.REAL[k::steps]), "generator").numpy()[:, 0].astype("float64")
    slope = -(now["w"] + now["v"][labels])
    now["a"] = now["a"] - conditional.RATE * np.mean(slope * z)
    now["e"] = now["e"] - conditional.RATE * conditional.by_class(slope, labels)
    return now


@pytest.mark.parametrize("steps", [1, 3])
def test_two_steps_by_hand(steps):
    gan = conditional.made(ProjectionGAN, conditional.with_projection(), seed=4, discriminator_steps=steps)
    for _ in range(2):
        expected = by_hand(gan, steps)
        step(gan)
        found = conditional.values(gan)
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            np.testing.assert_allclose(found[name], value, atol=2e-6, err_msg=name)


def test_every_discriminator_step_sees_fresh_images_and_new_fakes():
    gan = conditional.made(ProjectionGAN, conditional.with_projection(), discriminator_steps=2)
    seen, critique = [], gan.critique
    gan.critique = lambda x, labels: seen.append((x.numpy()[:, 0], labels.numpy())) or critique(x, labels)
    step(gan)
    assert len(seen) == 5
    for k in range(2):
        np.testing.assert_array_equal(seen[2 * k][0], tiny.REAL[k::2, 0])
        np.testing.assert_array_equal(seen[2 * k][1], conditional.LABELS[k::2])
        np.testing.assert_array_equal(seen[2 * k + 1][1], conditional.LABELS[k::2])
    fakes = [seen[i][0] for i in (1, 3, 4)]
    assert len(np.unique(fakes)) == 18
    iterations = {player: int(getattr(gan, f"{player}_optimizer").iterations.numpy()) for player in gan.players}
    assert iterations == {"discriminator": 2, "generator": 1}


def test_parts_equal_one_batch():
    found = []
    for parts in (1, 3):
        gan = conditional.made(ProjectionGAN, conditional.with_projection(), discriminator_steps=2)
        optimizers = [keras.optimizers.SGD(0.2) for _ in range(2)]
        gan.compile(*optimizers, gradient_accumulation_steps=parts, run_eagerly=True)
        gan.fit(*conditional.batch(), batch_size=12, shuffle=False, epochs=2, verbose=0)
        found.append(conditional.values(gan))
    for name, value in found[0].items():
        np.testing.assert_allclose(found[1][name], value, rtol=1e-5, atol=1e-6, err_msg=name)


def test_evaluate_by_hand():
    gan = conditional.made(ProjectionGAN, conditional.with_projection(), discriminator_steps=1)
    x, labels = conditional.batch()
    slopes = 0.3 + np.array([0.4, -0.2, 0.1])[labels]
    fake = 0.7 * gan.draw_latents(tf.constant(x), "test").numpy()[:, 0] + np.array([0.5, -0.4, 0.2])[labels]
    found = gan.evaluate(x, labels, batch_size=12, return_dict=True, verbose=0)
    hinge = np.maximum(0.0, 1.0 - slopes * x[:, 0]) + np.maximum(0.0, 1.0 + slopes * fake)
    assert found["discriminator_loss"] == pytest.approx(np.mean(hinge), rel=1e-5)
    assert found["generator_loss"] == pytest.approx(-np.mean(slopes * fake), rel=1e-5)


def test_defaults_are_the_papers():
    gan = ProjectionGAN(conditional.generator(), conditional.with_projection(), num_classes=3)
    gan.compile(run_eagerly=True)
    assert (gan.discriminator_steps, gan.batches_per_step, gan.adversarial_loss.name) == (5, 5, "hinge")
    for player in gan.players:
        optimizer = getattr(gan, f"{player}_optimizer")
        assert type(optimizer) is keras.optimizers.Adam
        constants = (float(optimizer.learning_rate), optimizer.beta_1, optimizer.beta_2)
        assert constants == pytest.approx((2e-4, 0.0, 0.9))


@pytest.mark.parametrize("k", [0, 2.5])
def test_discriminator_steps_that_are_no_numbers_of_steps_are_refused(k):
    with pytest.raises(ValueError, match=f"`discriminator_steps` must be an int >= 1. Received: .*={k}`"):
        conditional.made(ProjectionGAN, conditional.with_projection(), discriminator_steps=k)


def test_batches_that_the_discriminator_steps_do_not_divide_are_refused():
    gan = conditional.made(ProjectionGAN, conditional.with_projection(), discriminator_steps=5)
    with pytest.raises(ValueError, match="must be a multiple of 5, because .* Received: a batch size of 12. Use 10"):
        gan.fit(*conditional.batch(), batch_size=12, verbose=0)
