"""DCGAN networks: the paper's five guidelines, parameter counts, sizes."""

import keras
import numpy as np
import pytest

from tfgan_zoo.networks import dcgan

SHAPES = [(64, 64, 3), (28, 28, 1), (32, 32, 3), (48, 32, 2), (16, 24, 1), (8, 8, 4)]
RESHAPES = (keras.layers.Reshape, keras.layers.Flatten)


def of(network, kind):
    return [layer for layer in network.layers if isinstance(layer, kind)]


def both(shape=(32, 32, 3), **options):
    generator = dcgan.generator(shape, latent_dim=5, base_channels=4, **options)
    return generator, dcgan.discriminator(shape, base_channels=4, **options)


# --- The five guidelines of section 3


@pytest.mark.parametrize("shape", SHAPES)
def test_guideline_1_strides_instead_of_pooling(shape):
    generator, discriminator = both(shape)
    ups, downs = of(generator, keras.layers.Conv2DTranspose), of(discriminator, keras.layers.Conv2D)
    assert len(ups) == len(downs) >= 1
    assert {layer.strides for layer in (*ups, *downs)} == {(2, 2)}
    names = [type(layer).__name__ for network in (generator, discriminator) for layer in network.layers]
    assert not [name for name in names if "Pool" in name or "UpSampling" in name or "Resizing" in name]


@pytest.mark.parametrize("shape", SHAPES)
def test_guideline_2_batch_normalisation_except_at_output_and_input(shape):
    generator, discriminator = both(shape)
    normalised = {id(source(layer)) for layer in of(generator, keras.layers.BatchNormalization)}
    weighted = [layer for layer in generator.layers if layer.count_params() and "norm" not in layer.name]
    assert [id(layer) in normalised for layer in weighted] == [True] * (len(weighted) - 1) + [False]
    normalised = {id(source(layer)) for layer in of(discriminator, keras.layers.BatchNormalization)}
    weighted = of(discriminator, keras.layers.Conv2D)
    assert [id(layer) in normalised for layer in weighted] == [False] + [True] * (len(weighted) - 1)


def source(layer):
    """The layer with weights whose output a layer takes, shapes changed or not."""
    before = layer.input._keras_history.operation
    return source(before) if isinstance(before, RESHAPES) else before


def test_guideline_3_no_hidden_fully_connected_layers():
    generator, discriminator = both()
    # One at each end: the projection of z, reshaped at once, and the logit on the flattened features.
    (project,), (to_logit,) = of(generator, keras.layers.Dense), of(discriminator, keras.layers.Dense)
    assert project.input is generator.inputs[0]
    assert generator.get_layer("reshape").input is project.output
    assert to_logit.units == 1
    assert to_logit.input is discriminator.get_layer("flatten").output
    assert discriminator.layers[-1].input is to_logit.output


def test_guideline_4_rectifiers_in_the_generator_and_tanh_at_its_output():
    generator, _ = both()
    assert len(of(generator, keras.layers.ReLU)) == len(of(generator, keras.layers.BatchNormalization))
    assert not of(generator, keras.layers.LeakyReLU)
    assert [layer.activation.__name__ for layer in of(generator, keras.layers.Activation)] == ["tanh"]
    assert generator.layers[-1].activation.__name__ == "tanh"


def test_guideline_5_leaky_rectifiers_after_every_convolution_of_the_discriminator():
    _, discriminator = both()
    leaky = of(discriminator, keras.layers.LeakyReLU)
    assert len(leaky) == len(of(discriminator, keras.layers.Conv2D))
    assert {layer.negative_slope for layer in leaky} == {0.2}
    assert not of(discriminator, keras.layers.ReLU)


# --- Weights


def trainable(network):
    return sum(int(np.prod(v.shape)) for v in network.trainable_variables)


def test_parameter_counts_for_64_pixels():
    generator = dcgan.generator((64, 64, 3), latent_dim=100, base_channels=64)
    discriminator = dcgan.discriminator((64, 64, 3), base_channels=64)
    # 4x4 kernels without biases, two weights per normalised channel.
    kernels = 16 * (512 * 256 + 256 * 128 + 128 * 64)
    assert trainable(generator) == 100 * 4 * 4 * 512 + kernels + 16 * 64 * 3 + 2 * (512 + 256 + 128 + 64) == 3_576_704
    assert trainable(discriminator) == 16 * 3 * 64 + kernels + 2 * (128 + 256 + 512) + 4 * 4 * 512 == 2_765_568


def test_no_layer_but_normalisation_has_a_bias():
    for network in both():
        assert not [v.path for v in network.trainable_variables if "bias" in v.path]


def test_initial_weights_and_normalisation_are_the_papers():
    generator = dcgan.generator((32, 32, 1), latent_dim=50, base_channels=32)
    kernels = [v.numpy() for v in generator.trainable_variables if "kernel" in v.path]
    scales = np.concatenate([v.numpy() for v in generator.trainable_variables if "gamma" in v.path])
    for kernel in kernels:
        assert kernel.std() == pytest.approx(0.02, rel=0.1)
        assert kernel.mean() == pytest.approx(0.0, abs=5 * 0.02 / np.sqrt(kernel.size))
    assert scales.mean() == pytest.approx(1.0, abs=0.01) and scales.std() == pytest.approx(0.02, rel=0.3)
    norms = of(generator, keras.layers.BatchNormalization)
    assert {(layer.momentum, layer.epsilon) for layer in norms} == {(0.9, 1e-5)}


def test_batch_statistics_are_those_of_all_replicas_unless_switched_off():
    for wanted in (True, False):
        norms = [of(network, keras.layers.BatchNormalization) for network in both(synchronized=wanted)]
        assert {layer.synchronized for layers in norms for layer in layers} == {wanted}


# --- Shapes


@pytest.mark.parametrize("shape", SHAPES)
def test_generator_fits_the_discriminator(shape):
    generator, discriminator = both(shape)
    z = np.random.default_rng(0).normal(size=(3, 5)).astype("float32")
    images = generator(z, training=False)
    assert images.shape == (3, *shape) and images.dtype == "float32"
    assert np.abs(images).max() <= 1.0
    assert discriminator(images, training=False).shape == (3, 1)
    assert discriminator.input_shape == generator.output_shape == (None, *shape)


@pytest.mark.parametrize(("side", "smallest", "levels"), [(64, 4, 4), (128, 4, 5), (28, 7, 2), (56, 7, 3), (48, 6, 3)])
def test_sides_are_halved_until_seven_pixels_are_left(side, smallest, levels):
    generator = dcgan.generator((side, side, 1), latent_dim=2, base_channels=1)
    assert generator.get_layer("reshape").output.shape[1:] == (smallest, smallest, 2 ** (levels - 1))
    assert len(of(generator, keras.layers.Conv2DTranspose)) == levels


def test_options_reach_the_layers():
    generator, discriminator = both(kernel_size=5)
    assert {layer.kernel_size for layer in of(generator, keras.layers.Conv2DTranspose)} == {(5, 5)}
    assert {layer.kernel_size for layer in of(discriminator, keras.layers.Conv2D)} == {(5, 5)}
    assert not of(discriminator, keras.layers.Dropout)
    dropped = dcgan.discriminator((32, 32, 3), base_channels=4, dropout=0.3)
    assert [layer.rate for layer in of(dropped, keras.layers.Dropout)] == [0.3]


@pytest.mark.parametrize("make", [dcgan.generator, dcgan.discriminator])
@pytest.mark.parametrize("shape", [(30, 30, 1), (100, 100, 3), (7, 7, 1), (64, 4, 1), (64, 30, 3)])
def test_sides_that_do_not_halve_down_are_refused(make, shape):
    match = rf"`image_shape` must have sides that can be halved .*Received: `image_shape=\({shape[0]}, {shape[1]}"
    with pytest.raises(ValueError, match=match):
        make(shape)


@pytest.mark.parametrize("make", [dcgan.generator, dcgan.discriminator])
@pytest.mark.parametrize("shape", [(64, 64), (64, 64, 0), (1, 64, 64, 3)])
def test_shapes_that_are_not_images_are_refused(make, shape):
    with pytest.raises(ValueError, match=r"`image_shape` must be \(height, width, channels\)"):
        make(shape)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: dcgan.generator((8, 8, 1), latent_dim=0), "`latent_dim` must be at least 1. Received: `latent_dim=0`"),
        (lambda: dcgan.generator((8, 8, 1), base_channels=0), "`base_channels` must be at least 1"),
        (lambda: dcgan.discriminator((8, 8, 1), base_channels=-2), "Received: `base_channels=-2`"),
        (
            lambda: dcgan.discriminator((8, 8, 1), dropout=1.0),
            r"`dropout` must be in \[0, 1\). Received: `dropout=1.0`",
        ),
        (lambda: dcgan.discriminator((8, 8, 1), dropout=-0.1), "Received: `dropout=-0.1`"),
    ],
)
def test_numbers_out_of_range_are_refused(call, match):
    with pytest.raises(ValueError, match=match):
        call()
