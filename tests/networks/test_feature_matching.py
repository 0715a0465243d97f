"""The authors' sizes and constants, the start from data, noise in training alone."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers import GaussianNoise, WeightNormalization
from tfgan_zoo.networks import feature_matching


def of(network, kind):
    return [layer for layer in network.layers if isinstance(layer, kind)]


def test_sizes_are_those_of_the_authors():
    generator, discriminator = feature_matching.generator(), feature_matching.discriminator()
    count = sum(np.prod(v.shape) for v in generator.trainable_variables)
    assert count == 100 * 500 + 500 + 500 * 500 + 500 + 500 * 784 + 2 * 784
    sizes = [784, 1000, 500, 250, 250, 250, 10]
    weights = sum(before * after + after for before, after in zip(sizes, sizes[1:], strict=False))
    assert sum(np.prod(v.shape) for v in discriminator.trainable_variables) == weights + 10
    assert [layer.stddev for layer in of(discriminator, GaussianNoise)] == [0.3, 0.5, 0.5, 0.5, 0.5, 0.5]
    assert discriminator.get_layer("features").output.shape == (None, 250)


def test_images_and_their_noise_are_in_the_unit_range_inside():
    generator = feature_matching.generator((4,), latent_dim=2, units=(3,))
    generator.get_layer("to_image").bias.assign([-1e3, 0.0, 1e3, 0.0])
    generator.get_layer("to_image").scale.assign(np.zeros(4))
    np.testing.assert_allclose(generator(np.ones((1, 2))), [[-1.0, 0.0, 1.0, 0.0]], atol=1e-6)
    discriminator = feature_matching.discriminator((2,), 2, units=(3,))
    inside = keras.Model(discriminator.input, discriminator.get_layer("to_unit_range").output)
    np.testing.assert_allclose(inside(np.array([[-1.0, 1.0]])), [[0.0, 1.0]])


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_bright_pixels_can_still_be_moved(policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        generator = feature_matching.generator((1,), latent_dim=2, units=(3,))
    finally:
        keras.config.set_dtype_policy(before)
    bias = generator.get_layer("to_image").bias
    bias.assign([9.0])
    generator.get_layer("to_image").scale.assign([0.0])
    with tf.GradientTape() as tape:
        image = generator(np.ones((1, 2)), training=True)
    slope = 1.0 / (1.0 + np.exp(-9.0)) / (1.0 + np.exp(9.0))
    np.testing.assert_allclose(tape.gradient(image, bias.value), [2.0 * slope], rtol=0.02)


def test_examples_give_every_unit_mean_zero_and_variance_one():
    examples = np.random.default_rng(0).uniform(-1.0, 1.0, (400, 6, 5, 1)).astype("float32")
    network = feature_matching.discriminator((6, 5, 1), 4, units=(20, 8), input_noise=0.0, noise=0.0, examples=examples)
    logits = network(examples).numpy()
    np.testing.assert_allclose(logits.mean(axis=0), 0.0, atol=1e-4)
    np.testing.assert_allclose(logits.std(axis=0), 1.0, atol=1e-3)
    hidden = keras.Model(network.input, network.get_layer("hidden_0").output)(examples).numpy()
    assert hidden.min() == 0.0
    np.testing.assert_allclose(hidden.mean(axis=0), 0.4, atol=0.1)  # Of a rectified standard normal.


def test_examples_are_met_with_noise():
    examples = np.random.default_rng(0).uniform(-1.0, 1.0, (400, 9)).astype("float32")
    scales = []
    for noise in (0.0, 2.0):
        network = feature_matching.discriminator((9,), 3, units=(20,), input_noise=noise, noise=0.0, examples=examples)
        scales.append(network.get_layer("features").scale.numpy().mean())
    assert scales[0] > 3 * scales[1]


def test_noise_acts_in_training_alone():
    network, x = feature_matching.discriminator((6,), 3, units=(8,)), np.ones((1, 6), "float32")
    np.testing.assert_array_equal(network(x), network(x))
    assert np.any(network(x, training=True) != network(x, training=True))


def test_lengths_are_trained_in_the_last_layer_alone():
    network = feature_matching.discriminator((6,), 3, units=(8, 7))
    assert [layer.train_scale for layer in of(network, WeightNormalization)] == [False, False, True]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: feature_matching.generator((28, 0, 1)), r"Received: `image_shape=\(28, 0, 1\)`"),
        (lambda: feature_matching.generator(units=()), r"Received: `units=\(\)`"),
        (lambda: feature_matching.generator(latent_dim=0), "Received: `latent_dim=0`"),
        (lambda: feature_matching.discriminator(num_classes=1), "Received: `num_classes=1`"),
        (lambda: feature_matching.discriminator(noise=-0.5), "Received: `stddev=-0.5`"),
        (
            lambda: feature_matching.discriminator((4,), units=(3,), input_noise=0.0, examples=np.ones((5, 4))),
            "Received: a batch of shape",
        ),
        (
            lambda: feature_matching.discriminator((4,), examples=np.full((5, 4), 255, "uint8")),
            r"`examples` must be .* shape \(num, 4\). Received: shape \(5, 4\), dtype uint8, largest 255.*/ 127.5",
        ),
        (lambda: feature_matching.discriminator((4,), examples=np.full((5, 4), 7.0)), "float64, largest 7.0"),
        (lambda: feature_matching.discriminator((4,), examples=np.zeros((5, 3))), r"Received: shape \(5, 3\)"),
    ],
)
def test_wrong_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
