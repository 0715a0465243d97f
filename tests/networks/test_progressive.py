"""Networks of progressive growing: the official sizes, and fading between resolutions."""

import math

import keras
import numpy as np
import pytest

from tfgan_zoo.networks import progressive

# Trainable parameters of generator and discriminator by side, derived from table 2 of the paper.
# A dense layer has one bias per channel; every resolution has its layers to and from RGB.
COUNTS = {
    32: (20_719_628, 20_726_785),
    64: (22_490_383, 22_498_049),
    128: (22_933_394, 22_941_313),
    256: (23_044_309, 23_052_353),
    512: (23_072_120, 23_080_225),
    1024: (23_079_115, 23_087_249),
}


def count(network):
    return sum(math.prod(variable.shape) for variable in network.trainable_variables)


@pytest.mark.parametrize("side", COUNTS)
def test_trainable_parameters(side, monkeypatch):
    monkeypatch.setattr(keras.initializers, "RandomNormal", lambda **_: keras.initializers.Zeros())  # Faster.
    shape = (side, side, 3)
    assert (count(progressive.generator(shape)), count(progressive.discriminator(shape))) == COUNTS[side]


def enlarged(images):
    return images.repeat(2, axis=1).repeat(2, axis=2)


def outputs(network, inputs, name):
    return np.asarray(keras.Model(network.input, network.get_layer(name).output)(inputs))


@pytest.fixture(scope="module")
def generator():
    return progressive.generator((16, 16, 2), 5, channel_base=64)


def test_generator_fades_from_the_enlarged_image_before_to_the_new_one(generator):
    z = np.random.default_rng(0).normal(size=(3, 5)).astype("float32")
    before, new = outputs(generator, z, "fade_8"), outputs(generator, z, "to_rgb_16")
    fade = generator.get_layer("fade_16")
    for alpha, expected in ((0.0, enlarged(before)), (1.0, new), (0.25, 0.75 * enlarged(before) + 0.25 * new)):
        fade.alpha.assign(alpha)
        np.testing.assert_allclose(generator(z), expected, rtol=0, atol=1e-6)
    assert np.abs(enlarged(before) - new).max() > 0.1


def test_discriminator_fades_from_the_shrunk_image_to_the_new_one():
    network = progressive.discriminator((8, 8, 2), channel_base=32, group_size=1)
    images = np.random.default_rng(0).normal(size=(3, 8, 8, 2)).astype("float32")
    shrunk = images.reshape(3, 4, 2, 4, 2, 2).mean(axis=(2, 4))
    part = network.get_layer
    old, new = part("from_rgb_4")(shrunk), part("block_8")(part("from_rgb_8")(images))
    for alpha, expected in ((0.0, old), (1.0, new)):
        part("fade_8").alpha.assign(alpha)
        np.testing.assert_allclose(network(images), part("head")(expected), rtol=0, atol=1e-6)


def test_output_has_the_scale_of_images_at_initialisation(generator):
    z = np.random.default_rng(0).normal(size=(64, 5)).astype("float32")
    assert 0.3 < np.std(outputs(generator, z, "to_rgb_16")) < 3.0


def test_blur_and_dropout_are_there_when_asked_for():
    network = progressive.discriminator((8, 8, 1), channel_base=16, blur=True, dropout=0.5)
    names = {layer.name for layer in [*network.get_layer("block_8").layers, *network.get_layer("head").layers]}
    assert {"blur_8", "dropout"} <= names
    plain = progressive.discriminator((8, 8, 1), channel_base=16)
    names = {layer.name for layer in [*plain.get_layer("block_8").layers, *plain.get_layer("head").layers]}
    assert not {"blur_8", "dropout"} & names


@pytest.mark.parametrize("shape", [(24, 24, 3), (4, 4, 3), (16, 8, 3), (16, 16, 0), (16, 16)])
def test_unfit_shapes_are_refused(shape):
    for make in (progressive.generator, progressive.discriminator):
        with pytest.raises(ValueError, match="`image_shape` must be .side, side, channels. with a power of two"):
            make(shape)


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (progressive.generator, {"latent_dim": 0}, "`latent_dim` must be at least 1. Received: `latent_dim=0`"),
        (progressive.generator, {"channel_max": 0}, "`channel_max` must be at least 1"),
        (progressive.discriminator, {"group_size": 0}, "`group_size` must be at least 1"),
        (progressive.discriminator, {"dropout": 1.0}, r"`dropout` must be in \[0, 1\). Received: `dropout=1.0`"),
    ],
)
def test_unfit_numbers_are_refused(make, options, message):
    with pytest.raises(ValueError, match=message):
        make((8, 8, 1), **options)
