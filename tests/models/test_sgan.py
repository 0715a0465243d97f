"""SGAN: Algorithm 1 in NumPy, order of its lines, the minibatch of 2m."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models import semi_supervised_steps as steps
from tests.models import tiny
from tfgan_zoo.models import SGAN

RATE = 0.3
IMAGES, UNLABELLED = tiny.samples(3, 2, seed=1), tiny.samples(3, 2, seed=2)
LABELS = np.array([1, 0, 1])
DATA = (IMAGES, LABELS, UNLABELLED)


def make():
    """G(z) is a line in the plane, D/C is linear with two classes and one for generated samples."""
    discriminator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    generator = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)])
    rng = np.random.default_rng(5)
    for network in (generator, discriminator):
        network.set_weights([rng.normal(size=weight.shape) for weight in network.weights])
    gan = SGAN(generator, discriminator)
    gan.compile(keras.optimizers.SGD(RATE), keras.optimizers.SGD(RATE), run_eagerly=True)
    return gan


def doubles(network):
    return [np.float64(weight) for weight in network.get_weights()]


def probabilities(x, weights):
    logits = steps.dense(x, weights)
    return np.exp(logits - steps.log_sum_exp(logits)[:, None])


def discriminator_loss(weights, fake):
    """Mean negative log-likelihood of 2m = 12: 3 labelled, 3 known to be real, 6 generated."""
    labelled = -np.log(probabilities(IMAGES, weights)[np.arange(3), LABELS])
    real = -np.log(1.0 - probabilities(UNLABELLED, weights)[:, 2])
    generated = -np.log(probabilities(fake, weights)[:, 2])
    assert len(generated) == 6
    return np.mean(np.concatenate([labelled, real, generated]))


def test_step_is_algorithm_1():
    gan = make()
    generator, discriminator = doubles(gan.generator), doubles(gan.discriminator)
    z, fresh = (np.float64(gan.draw_latents(np.zeros(6), index)) for index in (0, "generator"))
    fake = steps.dense(z, generator)
    updated = steps.descend(lambda weights: discriminator_loss(weights, fake), discriminator, RATE)

    def generator_loss(weights):
        return np.mean(-np.log(1.0 - probabilities(steps.dense(fresh, weights), updated)[:, 2]))

    results = gan.train_step(tuple(map(tf.constant, DATA)))
    for found, expected in zip(gan.discriminator.get_weights(), updated, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    for found, expected in zip(
        gan.generator.get_weights(), steps.descend(generator_loss, generator, RATE), strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert float(results["discriminator_loss"]) == pytest.approx(discriminator_loss(discriminator, fake), rel=1e-5)
    assert float(results["generator_loss"]) == pytest.approx(generator_loss(generator), rel=1e-4)


def test_lines_are_run_in_order():
    gan = make()
    events = tiny.record(gan)
    gan.train_step(tuple(map(tf.constant, DATA)))
    assert [name for name, _ in events] == [
        *("generate", "critique", "discriminator"),
        *("generate", "critique", "generator"),
    ]
    latents = [value for name, value in events if name == "generate"]
    assert latents[0].shape == latents[1].shape == (6, 1)
    assert not np.isin(latents[0], latents[1]).any()
    assert events[1][1].shape == (12, 2)


def test_a_class_is_only_right_among_real_ones():
    """A sample taken for generated counts as right when its class is the likeliest of the real ones."""
    gan = make()
    gan.discriminator.set_weights([np.zeros((2, 3)), np.array([0.0, 1.0, 9.0])])
    results = gan.train_step(tuple(map(tf.constant, DATA)))
    assert float(results["accuracy"]) == pytest.approx(2 / 3)
    assert float(results["real_accuracy"]) == 0.0 and float(results["fake_accuracy"]) == 1.0
