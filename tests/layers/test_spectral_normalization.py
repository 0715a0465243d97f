"""Tests of tfgan_zoo.layers.spectral_normalization, against singular values computed by NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgan_zoo as zoo
from tests.models import tiny
from tfgan_zoo.layers import SpectralNormalization

KERNEL = np.random.default_rng(5).normal(size=(4, 3)).astype("float32")


def dense(kernel=KERNEL, u=(1.0, 0.5, -0.25), **options):
    """A wrapped dense layer without bias, with known weights."""
    layer = SpectralNormalization(keras.layers.Dense(kernel.shape[1], use_bias=False), **options)
    layer.build((None, kernel.shape[0]))
    layer.layer.kernel.assign(kernel)
    layer.u.assign(u)
    return layer


def largest(matrix):
    return np.linalg.svd(matrix, compute_uv=False)[0]


def iterate(matrix, u, times=1):
    """Power iteration in float64."""
    for _ in range(times):
        v = matrix @ u / np.linalg.norm(matrix @ u)
        u = matrix.T @ v / np.linalg.norm(matrix.T @ v)
    return u, v @ matrix @ u


@pytest.mark.parametrize("iterations", [1, 3])
def test_one_pass_by_hand(iterations):
    layer = dense(power_iterations=iterations)
    u, sigma = iterate(KERNEL.astype("float64"), np.array([1.0, 0.5, -0.25]), iterations)
    np.testing.assert_allclose(layer(np.eye(4, dtype="float32"), training=True), KERNEL / sigma, rtol=1e-5)
    np.testing.assert_allclose(layer.u, u, rtol=1e-5)


def test_passes_find_the_largest_singular_value():
    layer = dense()
    for _ in range(60):
        outputs = layer(np.eye(4, dtype="float32"), training=True)
    assert largest(outputs.numpy()) == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_allclose(outputs, KERNEL / largest(KERNEL), rtol=1e-5)


def test_stored_kernel_is_never_rewritten():
    layer = dense()
    for training in (True, False, True):
        layer(np.ones((2, 4), "float32"), training=training)
    np.testing.assert_array_equal(layer.layer.kernel, KERNEL)


def test_inference_keeps_nothing():
    layer = dense()
    first, second = (layer(np.eye(4, dtype="float32"), training=False) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(layer.u, [1.0, 0.5, -0.25])


def test_u_is_saved_and_not_trained():
    layer = dense()
    assert [v.name for v in layer.trainable_variables] == ["kernel"]
    assert [v.name for v in layer.non_trainable_variables] == ["u"]


def test_gradient_flows_through_sigma():
    """Of <G, W / sigma(W)>: (G - <G, W / sigma> v u') / sigma, which is orthogonal to W."""
    layer, rows = dense(), np.eye(4, dtype="float32")
    upstream = np.arange(12.0).reshape(4, 3).astype("float32")
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(rows, training=True) * upstream)
    found = tape.gradient(loss, layer.layer.kernel.value)
    u, sigma = iterate(KERNEL.astype("float64"), np.array([1.0, 0.5, -0.25]))
    v = KERNEL @ np.array([1.0, 0.5, -0.25])
    v /= np.linalg.norm(v)
    expected = (upstream - np.sum(upstream * KERNEL / sigma) * np.outer(v, u)) / sigma
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert abs(np.sum(found * KERNEL)) < 1e-4


def test_biases_stay_as_they_are():
    layer = SpectralNormalization(keras.layers.Dense(2, bias_initializer="ones", kernel_initializer="ones"))
    np.testing.assert_allclose(layer(tf.zeros((1, 5))), [[1.0, 1.0]])


def test_convolutions_and_embeddings_are_matrices_of_their_last_axis():
    conv = SpectralNormalization(keras.layers.Conv2D(5, 3, use_bias=False), power_iterations=50)
    images = np.random.default_rng(1).normal(size=(2, 6, 4, 3)).astype("float32")
    outputs = conv(images, training=True)
    sigma = largest(conv.layer.kernel.numpy().reshape(27, 5))
    np.testing.assert_allclose(outputs, conv.layer(images) / sigma, rtol=1e-4, atol=1e-5)
    embed = SpectralNormalization(keras.layers.Embedding(6, 4), power_iterations=50)
    rows = embed(np.array([4, 0]), training=True)
    table = embed.layer.embeddings.numpy()
    np.testing.assert_allclose(rows, table[[4, 0]] / largest(table), rtol=1e-4)


def test_weights_of_zeros_stay_zeros_and_can_recover():
    layer = dense(np.zeros((4, 3), "float32"))
    np.testing.assert_array_equal(layer(np.ones((2, 4), "float32"), training=True), np.zeros((2, 3)))
    np.testing.assert_array_equal(layer.u, [1.0, 0.5, -0.25])


def test_generator_updates_leave_the_discriminator_alone():
    """With Keras's own wrapper the stored kernel changes here."""
    image = keras.Input((3,), name="image")
    critic = keras.Model(image, SpectralNormalization(keras.layers.Dense(1, name="last"), name="spectral")(image))
    gan = zoo.models.DCGAN(zoo.networks.mlp.generator((3,), latent_dim=2, units=(4,)), critic)
    gan.compile(discriminator_optimizer=keras.optimizers.SGD(0.0), run_eagerly=True)
    kernel, u = critic.get_layer("spectral").layer.kernel.numpy(), critic.get_layer("spectral").u.numpy()
    generator = gan.generator.get_weights()
    gan.fit(tiny.samples(16, 3), batch_size=8, verbose=0)
    np.testing.assert_array_equal(critic.get_layer("spectral").layer.kernel, kernel)
    assert (critic.get_layer("spectral").u.numpy() != u).any()
    assert all((a != b).any() for a, b in zip(gan.generator.get_weights(), generator, strict=True))


def test_state_is_part_of_what_a_checkpoint_holds():
    image = keras.Input((3,), name="image")
    critic = keras.Model(image, SpectralNormalization(keras.layers.Dense(1), name="spectral")(image))
    gan = zoo.models.GAN(zoo.networks.mlp.generator((3,), latent_dim=2, units=(4,)), critic)
    assert any(variable is critic.get_layer("spectral").u for variable in gan.state.values())


@pytest.mark.parametrize("value", [0, -1])
def test_iterations_below_one_are_refused(value):
    with pytest.raises(ValueError, match=f"must be at least 1. Received: `power_iterations={value}`"):
        SpectralNormalization(keras.layers.Dense(1), power_iterations=value)


def test_layers_without_weights_to_normalize_are_refused():
    with pytest.raises(ValueError, match="`layer` must have a `kernel` or `embeddings`.*Received: `layer=<ReLU"):
        SpectralNormalization(keras.layers.ReLU())(tf.ones((2, 3)))
