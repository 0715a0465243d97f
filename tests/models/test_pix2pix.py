"""pix2pix: one step by hand, what the discriminator sees, wrong networks and pictures."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgan_zoo as zoo
from tests.models import tiny

X = np.array([0.3, -0.6, 0.9, 0.1])
Y = np.array([-0.2, 0.5, 0.7, -0.8])
A, B, W1, W2, C = 0.7, -0.1, 0.4, -0.8, 0.3
RATE, L1 = 0.5, 3.0


def pixels(values):
    return np.asarray(values, "float32").reshape(-1, 1, 1, 1)


def pointwise(channels, weights, name):
    """A network that is one linear function of the channels of each pixel."""
    network = keras.Sequential([keras.Input((1, 1, channels)), keras.layers.Conv2D(1, 1)], name=name)
    network.set_weights([np.reshape(weights[:-1], (1, 1, channels, 1)), np.reshape(weights[-1], (1,))])
    return network


def line(**options):
    gan = zoo.models.Pix2Pix(pointwise(1, (A, B), "g"), pointwise(2, (W1, W2, C), "d"), l1_weight=L1, **options)
    gan.compile(keras.optimizers.SGD(RATE), keras.optimizers.SGD(RATE), run_eagerly=True)
    return gan


def weights(network):
    return np.concatenate([value.ravel() for value in network.get_weights()])


def test_one_step_by_hand():
    gan = line()
    history = gan.fit(pixels(X), pixels(Y), batch_size=4, shuffle=False, verbose=0).history
    fake = A * X + B
    real_logits, fake_logits = W1 * X + W2 * Y + C, W1 * X + W2 * fake + C
    # The objective of the discriminator is halved.
    loss = 0.5 * (tiny.softplus(-real_logits) + tiny.softplus(fake_logits))
    by_real, by_fake = -0.5 * tiny.sigmoid(-real_logits), 0.5 * tiny.sigmoid(fake_logits)
    slopes = [by_real * X + by_fake * X, by_real * Y + by_fake * fake, by_real + by_fake]
    d = np.array([W1, W2, C]) - RATE * np.mean(slopes, axis=1)
    np.testing.assert_allclose(weights(gan.discriminator), d, rtol=1e-5)
    # The generator meets the new discriminator on the same output.
    logits = d[0] * X + d[1] * fake + d[2]
    by_output = -tiny.sigmoid(-logits) * d[1] - L1 * np.sign(Y - fake)
    g = np.array([A, B]) - RATE * np.mean([by_output * X, by_output], axis=1)
    np.testing.assert_allclose(weights(gan.generator), g, rtol=1e-5)
    np.testing.assert_allclose(history["discriminator_loss"], loss.mean(), rtol=1e-5)
    l1 = np.abs(Y - fake)
    np.testing.assert_allclose(history["l1"], l1.mean(), rtol=1e-5)
    np.testing.assert_allclose(history["generator_loss"], (tiny.softplus(-logits) + L1 * l1).mean(), rtol=1e-5)


def test_parts_of_a_batch_give_the_step_of_the_whole():
    whole, parts = line(), line()
    parts.compile(keras.optimizers.SGD(RATE), keras.optimizers.SGD(RATE), gradient_accumulation_steps=2)
    for gan in (whole, parts):
        gan.fit(pixels(X), pixels(Y), batch_size=4, shuffle=False, verbose=0)
    for name in gan.networks:
        np.testing.assert_allclose(*(weights(getattr(gan, name)) for gan in (whole, parts)), rtol=1e-5)


def test_evaluation_reports_the_losses_of_a_step():
    gan = line()
    losses = gan.evaluate(pixels(X), pixels(Y), batch_size=4, verbose=0, return_dict=True)
    np.testing.assert_allclose(losses["l1"], np.abs(Y - A * X - B).mean(), rtol=1e-5)
    np.testing.assert_array_equal(weights(gan.generator), np.array([A, B], "float32"))


def unet(shape=(None, None, 3), **options):
    return zoo.networks.unet.generator(shape, levels=2, base_channels=2, **options)


def patch(shape=(None, None, 6)):
    return zoo.networks.patch.discriminator(shape, receptive_field=16, base_channels=2)


def test_translates_any_size_that_the_depth_divides():
    gan = zoo.models.Pix2Pix(unet(), patch())
    assert gan.side_multiple() == 4
    for size in ((8, 8), (12, 20)):
        images = tiny.samples(3, *size, 3)
        outputs = gan.translate(images, batch_size=2)
        assert outputs.shape == images.shape and outputs.dtype == np.float32
        np.testing.assert_allclose(outputs, gan.generator(images, training=False), atol=1e-6)
        np.testing.assert_array_equal(outputs, gan.translate(images, batch_size=2))


def test_translates_with_the_moving_average():
    gan = zoo.models.Pix2Pix(unet(), patch(), ema_decay=0.5)
    images = tiny.samples(2, 8, 8, 3)
    before = gan.translate(images)
    gan.generator.set_weights([value + 0.5 for value in gan.generator.get_weights()])
    np.testing.assert_array_equal(gan.translate(images), before)
    gan.ema_generator.set_weights(gan.generator.get_weights())
    assert np.abs(gan.translate(images) - before).max() > 1e-3


def test_pixels_decide_nothing_where_the_weight_is_zero():
    gan = zoo.models.Pix2Pix(unet(), patch(), l1_weight=0.0)
    gan.compile()
    history = gan.fit(tiny.samples(4, 8, 8, 3), tiny.samples(4, 8, 8, 3, seed=1), batch_size=2, verbose=0).history
    assert history["l1"][0] > 0.1 and history["generator_loss"][0] < 2.0


def test_it_has_no_latent_vectors():
    gan = zoo.models.Pix2Pix(unet(), patch())
    assert not hasattr(gan, "latent_dim")
    with pytest.raises(AttributeError, match="Pix2Pix makes nothing of latent vectors.*has `translate`"):
        gan.sample(2)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((1, 10, 8, 3), "float32"), r"multiples of 4.*Received: shape \(1, 10, 8, 3\).*tfgan_zoo.translate"),
        (np.zeros((1, 8, 8, 1), "float32"), r"shape \(None, None, None, 3\).*Received: shape \(1, 8, 8, 1\)"),
        (np.zeros((8, 8, 3), "float32"), r"Received: shape \(8, 8, 3\)"),
        (np.zeros((1, 8, 8, 3), "uint8"), "must be floats.*dtype uint8"),
    ],
)
def test_pictures_that_cannot_be_translated(images, message):
    with pytest.raises(ValueError, match=message):
        zoo.models.Pix2Pix(unet(), patch()).translate(images)


def test_a_direction_that_it_does_not_have():
    with pytest.raises(ValueError, match=r"one of \['AtoB'\] for Pix2Pix. Received: `direction='BtoA'`"):
        zoo.models.Pix2Pix(unet(), patch()).translate(np.zeros((1, 8, 8, 3), "float32"), direction="BtoA")


@pytest.mark.parametrize(
    ("inputs", "targets", "message"),
    [
        ((8, 8, 1), (8, 8, 3), r"`inputs` must have the shape.*3\). Received: \(2, 8, 8, 1\)"),
        ((8, 8, 3), (8, 8, 1), r"`targets` must have the shape.*3\). Received: \(2, 8, 8, 1\)"),
        ((10, 8, 3), (10, 8, 3), "sides of `images` must be multiples of 4"),
    ],
)
def test_data_that_do_not_suit_the_networks(inputs, targets, message):
    gan = zoo.models.Pix2Pix(unet(), patch())
    gan.compile()
    with pytest.raises(ValueError, match=message):
        gan.fit(np.zeros((2, *inputs), "float32"), np.zeros((2, *targets), "float32"), batch_size=2, verbose=0)


def test_a_discriminator_of_one_size_fixes_that_of_the_data():
    gan = zoo.models.Pix2Pix(unet(), patch((8, 8, 6)))
    gan.compile()
    with pytest.raises(ValueError, match=r"\(batch, 8, 8, 3\). Received: \(2, 12, 12, 3\)"):
        gan.fit(tiny.samples(2, 12, 12, 3), tiny.samples(2, 12, 12, 3), batch_size=2, verbose=0)


def test_wrong_networks_and_weights():
    with pytest.raises(ValueError, match=r"joined along the channels, shape \(None, None, None, 6\)"):
        zoo.models.Pix2Pix(unet(), patch((None, None, 3)))
    with pytest.raises(ValueError, match="at least 0. Received: `l1_weight=-1.0`"):
        zoo.models.Pix2Pix(unet(), patch(), l1_weight=-1.0)


def test_half_precision_outputs_are_refused():
    images = keras.Input((8, 8, 3))
    half = keras.Model(images, keras.layers.Activation("tanh", dtype="float16")(images))
    with pytest.raises(ValueError, match="`generator` must return float32"):
        zoo.models.Pix2Pix(half, patch())


def test_the_discriminator_sees_input_and_output_together():
    gan = zoo.models.Pix2Pix(unet(), patch())
    seen, critique = [], gan.critique
    gan.critique = lambda pictures: seen.append(pictures.numpy()) or critique(pictures)
    gan.compile(run_eagerly=True)
    x, y = (tf.constant(tiny.samples(2, 8, 8, 3, seed=seed)) for seed in (0, 1))
    gan.train_step((x, y))
    np.testing.assert_array_equal(seen[0], np.concatenate([x, y], axis=-1))
    assert all(np.array_equal(pictures[..., :3], x) for pictures in seen)
    np.testing.assert_array_equal(seen[1], seen[2])  # One output serves both updates.
