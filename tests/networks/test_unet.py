"""U-Net: the paper's counts and layers, sizes, what crosses over."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.networks import unet


def of(network, kind):
    return [layer for layer in network.layers if isinstance(layer, kind)]


@pytest.mark.parametrize(("side", "parameters"), [(256, 54_413_955), (128, 41_828_995)])
def test_parameters_of_the_paper(side, parameters):
    with keras.StatelessScope():  # Shapes without values: counting must not cost 200 MB.
        assert unet.generator((side, side, 3)).count_params() == parameters


def test_layers_of_the_paper():
    with keras.StatelessScope():
        network = unet.generator()
    downs, ups = of(network, keras.layers.Conv2D), of(network, keras.layers.Conv2DTranspose)
    assert [layer.filters for layer in downs] == [64, 128, 256, 512, 512, 512, 512, 512]
    assert [layer.filters for layer in ups] == [512, 512, 512, 512, 256, 128, 64, 3]
    assert {(layer.kernel_size, layer.strides) for layer in (*downs, *ups)} == {((4, 4), (2, 2))}
    assert [layer.use_bias for layer in (*downs, *ups)] == [False] * 15 + [True]
    assert [layer.input.shape[-1] for layer in ups] == [512, 1024, 1024, 1024, 1024, 512, 256, 128]
    assert {layer.negative_slope for layer in of(network, keras.layers.LeakyReLU)} == {0.2}
    dropped = of(network, keras.layers.Dropout)
    assert [(layer.rate, layer.output.shape[1]) for layer in dropped] == [(0.5, 2), (0.5, 4), (0.5, 8)]
    # Neither the first map nor that of one pixel is normalised.
    assert [layer.input.shape[1] for layer in of(network, keras.layers.GroupNormalization)][:6] == [64, 32, 16, 8, 4, 2]


@pytest.mark.parametrize("size", [(256, 256), (512, 512), (256, 384)])
def test_any_size_that_the_depth_divides(size):
    network = unet.generator((None, None, 3), levels=7, base_channels=1)
    assert network(tf.zeros((1, *size, 3))).shape == (1, *size, 3)


@pytest.mark.parametrize(
    ("shape", "levels"), [((256, 256, 3), 8), ((512, 512, 1), 8), ((24, 16, 3), 3), ((8, 8, 1), 3)]
)
def test_levels_follow_the_sides(shape, levels):
    network = unet.generator(shape, base_channels=1, dropout=0.0)
    assert len(of(network, keras.layers.Conv2DTranspose)) == levels
    assert network.output_shape == (None, *shape)


def test_channels_may_change():
    network = unet.generator((8, 8, 1), output_channels=3, base_channels=2)
    assert network.output_shape == (None, 8, 8, 3)


def test_residual_adds_the_picture():
    """With nothing to add a picture stays as it is, and what is added cannot lead out of the range."""
    network = unet.generator((8, 8, 3), base_channels=2, residual=True)
    assert network.count_params() == unet.generator((8, 8, 3), base_channels=2).count_params()
    images = np.random.default_rng(0).uniform(-1, 1, (2, 8, 8, 3)).astype("float32")
    last = network.get_layer("to_image")
    kernel = last.kernel.numpy()
    last.kernel.assign(0.0 * kernel)
    np.testing.assert_array_equal(network(images), images)
    last.bias.assign([0.5, -0.5, 0.0])
    np.testing.assert_allclose(network(images), np.clip(images + [0.5, -0.5, 0.0], -1, 1), atol=1e-6)
    last.kernel.assign(100.0 * kernel)
    assert np.abs(network(images)).max() == 1.0
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(network(images))
    # Each of the 8x8 pixels of both pictures pulls at the bias, also where it has been clipped.
    np.testing.assert_allclose(tape.gradient(total, last.bias.value), [128.0] * 3)
    copy = keras.Model.from_config(network.get_config())
    copy.set_weights(network.get_weights())
    np.testing.assert_array_equal(copy(images), network(images))


def test_pictures_of_a_batch_do_not_see_each_other():
    network = unet.generator((8, 8, 2), base_channels=3)
    images = np.random.default_rng(0).uniform(-1, 1, (3, 8, 8, 2)).astype("float32")
    together = network(images).numpy()
    np.testing.assert_allclose(network(images[1:2]), together[1:2], atol=1e-6)
    assert np.abs(together[0] - together[1]).max() > 1e-4


def test_training_and_inference_differ_by_dropout_alone():
    images = np.random.default_rng(0).uniform(-1, 1, (2, 8, 8, 1)).astype("float32")
    noisy, calm = (unet.generator((8, 8, 1), base_channels=3, dropout=share) for share in (0.5, 0.0))
    np.testing.assert_array_equal(calm(images, training=True), calm(images, training=False))
    assert np.abs(noisy(images, training=True) - noisy(images, training=False)).max() > 1e-4


def test_initial_weights():
    network = unet.generator((16, 16, 3), base_channels=32)
    kernels = np.concatenate([v.numpy().ravel() for v in network.weights if v.name == "kernel"])
    gammas = np.concatenate([v.numpy() for v in network.weights if v.name == "gamma"])
    assert abs(kernels.std() - 0.02) < 2e-4 and abs(kernels.mean()) < 2e-4
    assert abs(gammas.std() - 0.02) < 2e-3 and abs(gammas.mean() - 1.0) < 3e-3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image_shape": (256, 257, 3)}, r"must divide the sides.*`levels=None`, `image_shape=\(256, 257, 3\)`"),
        ({"image_shape": (48, 48, 3), "levels": 5}, "`levels` must be at least 2.*`levels=5`"),
        ({"image_shape": (16, 16, 3), "levels": 1}, "`levels=1`"),
        ({"image_shape": (16, 16)}, r"batch axis left out.*`image_shape=\(16, 16\)`"),
        ({"image_shape": (16, 16, None)}, "`image_shape` must be"),
        ({"base_channels": 0}, "at least 1. Received: `base_channels=0`"),
        ({"output_channels": -1}, "`output_channels=-1`"),
        ({"residual": True, "output_channels": 1}, "`residual` adds .* Received: `output_channels=1` for 3 channels"),
        ({"dropout": 1.0}, r"in \[0, 1\). Received: `dropout=1.0`"),
    ],
)
def test_wrong_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        unet.generator(**options)
