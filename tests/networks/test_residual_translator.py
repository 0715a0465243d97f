"""CycleGAN's generator: the paper's counts and layers, sizes, borders."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers import ReflectionPadding2D
from tfgan_zoo.networks import residual_translator


def of(network, kind):
    return [layer for layer in network.layers if isinstance(layer, kind)]


@pytest.mark.parametrize(("blocks", "parameters"), [(9, 11_378_179), (6, 7_837_699)])
@pytest.mark.parametrize("resize", [False, True])
def test_parameters_of_the_paper(blocks, parameters, resize):
    with keras.StatelessScope():
        network = residual_translator.generator(blocks=blocks, resize_convolution=resize)
    assert network.count_params() == parameters


def test_layers_of_the_paper():
    with keras.StatelessScope():
        network = residual_translator.generator(blocks=2)
    convolutions = of(network, (keras.layers.Conv2D, keras.layers.Conv2DTranspose))
    assert [layer.filters for layer in convolutions] == [64, 128, 256, 256, 256, 256, 256, 128, 64, 3]
    assert [layer.kernel_size[0] for layer in convolutions] == [7, 3, 3, 3, 3, 3, 3, 3, 3, 7]
    assert [layer.strides[0] for layer in convolutions] == [1, 2, 2, 1, 1, 1, 1, 2, 2, 1]
    assert all(layer.use_bias for layer in convolutions)
    assert [layer.padding for layer in of(network, ReflectionPadding2D)] == [3, 1, 1, 1, 1, 3]
    norms = of(network, keras.layers.GroupNormalization)
    assert len(norms) == len(convolutions) - 1 and not any(layer.weights for layer in norms)
    assert len(of(network, keras.layers.Add)) == 2


@pytest.mark.parametrize("size", [(256, 256), (512, 512), (256, 384), (8, 12)])
def test_any_size_that_four_divides(size):
    network = residual_translator.generator((None, None, 3), blocks=1, base_channels=1)
    assert network(tf.zeros((1, *size, 3))).shape == (1, *size, 3)


@pytest.mark.parametrize("resize", [False, True])
def test_pictures_of_a_batch_do_not_see_each_other(resize):
    network = residual_translator.generator((8, 12, 2), blocks=1, base_channels=2, resize_convolution=resize)
    images = np.random.default_rng(0).uniform(-1, 1, (3, 8, 12, 2)).astype("float32")
    together = network(images).numpy()
    np.testing.assert_allclose(network(images[1:2]), together[1:2], atol=1e-6)
    assert np.abs(together[0] - together[1]).max() > 1e-4


def test_channels_may_change():
    network = residual_translator.generator((8, 8, 1), output_channels=3, blocks=1, base_channels=2)
    assert network.output_shape == (None, 8, 8, 3)


@pytest.mark.parametrize("skip", [False, True])
def test_only_a_skip_shows_colour_and_contrast(skip):
    network = residual_translator.generator((16, 12, 3), blocks=1, base_channels=4, skip=skip)
    images = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 16, 12, 3)).astype("float32")
    colours = np.array([0.3, -0.2, 0.1], "float32") + 0.6 * images
    first, second = network(images).numpy(), network(colours).numpy()
    if skip:
        np.testing.assert_allclose(np.arctanh(second) - np.arctanh(first), colours - images, atol=1e-3)
    else:
        np.testing.assert_allclose(first, second, atol=1e-3)
    assert np.abs(first - first[:, ::-1]).max() > 1e-2


def test_a_skip_adds_no_parameters():
    counts = [
        residual_translator.generator((8, 8, 3), blocks=1, base_channels=2, skip=s).count_params() for s in (0, 1)
    ]
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image_shape": (16, 18, 3)}, r"that 4 divides. Received: `image_shape=\(16, 18, 3\)`"),
        ({"image_shape": (4, 8, 3)}, r"sides of 8 pixels or more.*\(4, 8, 3\)"),
        ({"image_shape": (0, 8, 3)}, r"\(0, 8, 3\)"),
        ({"blocks": 0}, "`blocks=0`"),
        ({"base_channels": 0}, "`base_channels=0`"),
        ({"skip": True, "output_channels": 1}, "`output_channels=1` for 3 channels. Leave out `skip`"),
    ],
)
def test_wrong_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        residual_translator.generator(**options)
