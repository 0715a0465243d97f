"""FeatureMatchingGAN: a step in NumPy, what moves whom, the choice of features."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models import semi_supervised_steps as steps
from tests.models import tiny
from tfgan_zoo.models import FeatureMatchingGAN

RATE, WEIGHT = 0.3, 0.7
IMAGES, UNLABELLED = tiny.samples(4, 2, seed=1), tiny.samples(4, 2, seed=2)
LABELS = np.array([2, 0, 1, 1])


def make(**options):
    """G(z) is a line in the plane, D two dense layers; all linear."""
    image = keras.Input((2,))
    features = keras.layers.Dense(3, name="features")(image)
    discriminator = keras.Model(image, keras.layers.Dense(3, name="to_logits")(features))
    generator = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)])
    rng = np.random.default_rng(5)
    for network in (generator, discriminator):
        network.set_weights([rng.normal(size=weight.shape) for weight in network.weights])
    gan = FeatureMatchingGAN(generator, discriminator, ema_decay=None, **{"unlabelled_weight": WEIGHT, **options})
    gan.compile(keras.optimizers.SGD(RATE), keras.optimizers.SGD(RATE))
    return gan


def doubles(network):
    return [np.float64(weight) for weight in network.get_weights()]


def discriminator_loss(weights, fake):
    def logits(x):
        return steps.dense(steps.dense(x, weights[:2]), weights[2:])

    labelled = logits(IMAGES)
    loss = np.mean(steps.log_sum_exp(labelled) - labelled[np.arange(4), LABELS])
    real, generated = steps.log_sum_exp(logits(UNLABELLED)), steps.log_sum_exp(logits(fake))
    return loss + 0.5 * WEIGHT * (np.mean(steps.softplus(-real)) + np.mean(steps.softplus(generated)))


def test_step_is_that_of_the_paper():
    gan = make()
    generator, discriminator = doubles(gan.generator), doubles(gan.discriminator)
    z = np.float64(gan.draw_latents(UNLABELLED))
    fake = steps.dense(z, generator)
    updated = steps.descend(lambda weights: discriminator_loss(weights, fake), discriminator, RATE)

    def generator_loss(weights):
        """Mean over the features of the squared distance of their means, with the updated discriminator."""
        means = [steps.dense(x, updated[:2]).mean(axis=0) for x in (UNLABELLED, steps.dense(z, weights))]
        return np.mean((means[0] - means[1]) ** 2)

    results = gan.train_step(tuple(map(tf.constant, (IMAGES, LABELS, UNLABELLED))))
    for found, expected in zip(gan.discriminator.get_weights(), updated, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    for found, expected in zip(
        gan.generator.get_weights(), steps.descend(generator_loss, generator, RATE), strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert float(results["discriminator_loss"]) == pytest.approx(discriminator_loss(discriminator, fake), rel=1e-5)
    assert float(results["generator_loss"]) == pytest.approx(generator_loss(generator), rel=1e-4)


def test_accuracies_by_hand():
    gan = make()
    labelled = gan.discriminator(IMAGES).numpy()
    real = steps.log_sum_exp(gan.discriminator(UNLABELLED).numpy())
    results = gan.train_step(tuple(map(tf.constant, (IMAGES, LABELS, UNLABELLED))))
    assert float(results["accuracy"]) == np.mean(labelled.argmax(axis=1) == LABELS)
    assert float(results["real_accuracy"]) == np.mean(real > 0.0)
    assert float(results["real_logits"]) == pytest.approx(real.mean(), rel=1e-5)


def test_without_weight_the_unlabelled_do_not_move_the_discriminator():
    weights = []
    for unlabelled in (UNLABELLED, -UNLABELLED):
        gan = make(unlabelled_weight=0.0)
        gan.train_step(tuple(map(tf.constant, (IMAGES, LABELS, unlabelled))))
        weights.append(gan.discriminator.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_any_layer_can_be_matched():
    gan = make(features="to_logits")
    expected = np.mean((gan.discriminator(IMAGES).numpy().mean(0) - gan.discriminator(UNLABELLED).numpy().mean(0)) ** 2)
    assert float(gan.feature_distance(IMAGES, UNLABELLED)[0]) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"features": "feature"},
            r"one of \['input_layer.*', 'features', 'to_logits'\]. Received: `features='feature'`",
        ),
        ({"unlabelled_weight": -1.0}, "at least 0. Received: `unlabelled_weight=-1.0`"),
    ],
)
def test_wrong_arguments_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        make(**options)


def test_optimizers_are_the_authors():
    optimizer = make().default_optimizer("generator")
    assert (float(optimizer.learning_rate), optimizer.beta_1) == (pytest.approx(0.003), 0.5)
    assert (optimizer.beta_2, optimizer.epsilon) == (0.999, 1e-4)
