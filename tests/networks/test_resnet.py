"""Residual networks: the papers' parameter counts, their layers one by one, sizes, classes, errors."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers import SpectralNormalization
from tfgan_zoo.networks import resnet


def trainable(network):
    return sum(int(np.prod(variable.shape)) for variable in network.trainable_variables)


def test_parameter_counts_for_cifar10_with_classes():
    assert trainable(resnet.generator((32, 32, 3), num_classes=10)) == 4_304_387
    assert trainable(resnet.discriminator((32, 32, 3), num_classes=10)) == 1_055_105


def test_parameter_counts_without_classes():
    # Instead of 10 classes one scale and offset in 6 normalizations of 256 channels; no embedding of 10 x 128.
    assert trainable(resnet.generator((32, 32, 3))) == 4_304_387 - 6 * 2 * 256 * 9
    assert trainable(resnet.discriminator((32, 32, 3))) == 1_055_105 - 10 * 128


def enliven(network):
    rng = np.random.default_rng(3)
    for variable in network.weights:
        values = rng.normal(0.0, 0.5, variable.shape)
        variable.assign(np.abs(values) + 0.5 if "variance" in variable.path else values)


class Weights:
    """Gives out the weights of a network by layer, in the paper's order of operations."""

    def __init__(self, network):
        self.layers = {layer.name: layer for layer in network.layers}

    def conv(self, x, name):
        layer = self.layers[name]
        if isinstance(layer, SpectralNormalization):
            kernel, bias = layer.layer.kernel.numpy(), layer.layer.bias
            kernel = kernel / sigma(kernel, layer.u.numpy())
        else:
            kernel, bias = layer.kernel.numpy(), layer.bias
        return tf.nn.conv2d(x, kernel, 1, "SAME") + bias.numpy()

    def norm(self, x, name, label=None):
        layer = self.layers[name]
        norm = layer if label is None else layer.norm
        gamma, beta = layer.gamma.numpy(), layer.beta.numpy()
        if label is not None:
            gamma, beta = (table[label][:, None, None] for table in (gamma, beta))
        return (x - norm.moving_mean.numpy()) / np.sqrt(norm.moving_variance.numpy() + 2e-5) * gamma + beta


def sigma(kernel, u):
    matrix = kernel.reshape(-1, kernel.shape[-1])
    v = matrix @ u / np.linalg.norm(matrix @ u)
    return np.linalg.norm(v @ matrix)


def up(x):
    return tf.repeat(tf.repeat(x, 2, axis=1), 2, axis=2)


def down(x):
    return tf.nn.avg_pool2d(x, 2, 2, "VALID")


def test_generator_layer_by_layer():
    """Upsampling before the convolutions, as the paper draws it."""
    network = resnet.generator((16, 8, 2), 5, num_classes=3, width=4)
    enliven(network)
    z, label = np.random.default_rng(1).normal(size=(3, 5)).astype("float32"), np.array([2, 0, 1], "int32")
    w, dense = Weights(network), network.get_layer("project")
    x = tf.reshape(z @ dense.kernel.numpy() + dense.bias.numpy(), (3, 4, 2, 4))
    for block in ("block_0", "block_1"):
        h = w.conv(up(tf.nn.relu(w.norm(x, f"{block}_norm_0", label))), f"{block}_conv_0")
        h = w.conv(tf.nn.relu(w.norm(h, f"{block}_norm_1", label)), f"{block}_conv_1")
        x = h + w.conv(up(x), f"{block}_shortcut")
    expected = tf.tanh(w.conv(tf.nn.relu(w.norm(x, "norm")), "to_image"))
    np.testing.assert_allclose(network([z, label]), expected, atol=2e-4)
    assert np.std(expected) > 0.1


def test_discriminator_layer_by_layer():
    """Mean pooling after the convolutions, the sum of the features, the projection on the class."""
    network = resnet.discriminator((16, 32, 2), num_classes=3, width=4)
    enliven(network)
    image = np.random.default_rng(1).normal(size=(3, 16, 32, 2)).astype("float32")
    label = np.array([2, 0, 1], "int32")
    w = Weights(network)
    x = down(w.conv(tf.nn.relu(w.conv(image, "block_0_conv_0")), "block_0_conv_1")) + w.conv(
        down(image), "block_0_shortcut"
    )
    for block in ("block_1", "block_2", "block_3"):
        h = w.conv(tf.nn.relu(w.conv(tf.nn.relu(x), f"{block}_conv_0")), f"{block}_conv_1")
        x = down(h) + down(w.conv(x, f"{block}_shortcut")) if block == "block_1" else h + x
    features = tf.reduce_sum(tf.nn.relu(x), axis=(1, 2)).numpy()
    dense, table = network.get_layer("to_logit"), network.get_layer("embed")
    kernel, embeddings = dense.layer.kernel.numpy(), table.layer.embeddings.numpy()
    expected = features @ (kernel / sigma(kernel, dense.u.numpy())) + dense.layer.bias.numpy()
    rows = (embeddings / sigma(embeddings, table.u.numpy()))[label]
    expected += np.sum(rows * features, axis=1, keepdims=True)
    np.testing.assert_allclose(network([image, label]), expected, rtol=1e-3)


def test_all_weights_of_the_discriminator_are_normalized_and_u_is_not_trained():
    network = resnet.discriminator((32, 32, 3), num_classes=10, width=4)
    weighted = [layer for layer in network.layers if layer.weights]
    assert all(isinstance(layer, SpectralNormalization) for layer in weighted)
    assert [variable.name for variable in network.non_trainable_variables] == ["u"] * len(weighted)
    assert len(weighted) == 8 + 2 + 2  # Two in each of four blocks, two shortcuts, the logit and the classes.


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (48, 32, 3), (64, 64, 3)])
@pytest.mark.parametrize("num_classes", [None, 4])
def test_sizes(shape, num_classes):
    generator = resnet.generator(shape, 3, num_classes=num_classes, width=2)
    discriminator = resnet.discriminator(shape, num_classes=num_classes, width=2)
    assert generator.output_shape == (None, *shape) and discriminator.output_shape == (None, 1)
    names = [[tensor.name for tensor in network.inputs] for network in (generator, discriminator)]
    assert names == ([["z"], ["image"]] if num_classes is None else [["z", "label"], ["image", "label"]])


def test_classes_make_a_difference():
    generator = resnet.generator((8, 8, 1), 3, num_classes=4, width=4)
    enliven(generator)
    images = generator([np.ones((4, 3), "float32"), np.arange(4)])
    assert len({image.tobytes() for image in images.numpy()}) == 4


def test_dropout_acts_in_training_alone():
    discriminator = resnet.discriminator((8, 8, 1), width=8, dropout=0.5)
    x = np.ones((1, 8, 8, 1), "float32")
    still, moving = ([float(discriminator(x, training=t)[0, 0]) for _ in range(4)] for t in (False, True))
    assert len(set(still)) == 1 < len(set(moving))


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: resnet.generator((30, 30, 3)), r"sides that can be halved .* at most 7 .*`image_shape=\(30, 30, 3\)`"),
        (lambda: resnet.discriminator((9, 9, 3)), r"sides that can be halved .* at most 8 .*`image_shape=\(9, 9, 3\)`"),
        (lambda: resnet.generator((32, 32)), r"must be \(height, width, channels\), .*`image_shape=\(32, 32\)`"),
        (lambda: resnet.generator(latent_dim=0), "`latent_dim` must be at least 1. Received: `latent_dim=0`"),
        (lambda: resnet.discriminator(width=0), "`width` must be at least 1. Received: `width=0`"),
        (lambda: resnet.generator(num_classes=0), "`num_classes` must be None or at least 1. .*`num_classes=0`"),
        (lambda: resnet.discriminator(dropout=1.0), r"`dropout` must be in \[0, 1\). Received: `dropout=1.0`"),
    ],
)
def test_what_does_not_fit_is_refused(call, match):
    with pytest.raises(ValueError, match=match):
        call()


def test_initial_weights_have_the_authors_gains():
    """Variance 2 gain^2 / (fan in + fan out), of gain sqrt(2) for the 3x3 convolutions inside of blocks, else 1."""
    keras.utils.set_random_seed(0)
    network = resnet.generator((8, 8, 3), 64, num_classes=2, width=64)
    fans = 9 * 64 + 9 * 64
    assert np.var(network.get_layer("block_0_conv_1").kernel.numpy()) == pytest.approx(4.0 / fans, rel=0.05)
    assert np.var(network.get_layer("block_0_shortcut").kernel.numpy()) == pytest.approx(2.0 / 128, rel=0.1)
