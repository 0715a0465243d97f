"""Networks of StyleGAN and StyleGAN2: the official sizes, what styles and noise steer."""

import math

import keras
import numpy as np
import pytest

from tfgan_zoo.networks import style, style2

# Trainable parameters by side. StyleGAN: mapping and synthesis with the layers to RGB of all resolutions. StyleGAN2:
# mapping and synthesis with one noise strength a layer; discriminator.
STYLE = {64: 25_137_935, 128: 25_843_858, 256: 26_086_229, 512: 26_179_768, 1024: 26_219_627}
STYLE2 = {
    32: (21_523_475, 21_507_073),
    64: (27_032_600, 26_488_833),
    128: (29_328_669, 28_389_121),
    256: (30_034_338, 28_864_129),
    512: (30_276_583, 28_982_849),
    1024: (30_370_060, 29_012_513),
}


@pytest.fixture
def empty(monkeypatch):
    """Networks of zeros, which are made faster."""
    monkeypatch.setattr(keras.initializers, "RandomNormal", lambda **_: keras.initializers.Zeros())


def count(*networks):
    return sum(math.prod(variable.shape) for network in networks for variable in network.trainable_variables)


@pytest.mark.parametrize("side", STYLE)
def test_trainable_parameters_of_stylegan(side, empty):
    assert count(style.mapping(), style.synthesis((side, side, 3))) == STYLE[side]


@pytest.mark.parametrize("side", STYLE2)
def test_trainable_parameters_of_stylegan2(side, empty):
    shape = (side, side, 3)
    made = count(style2.mapping(), style2.synthesis(shape)), count(style2.discriminator(shape))
    assert made == STYLE2[side]


def test_trainable_parameters_with_half_the_channels_and_with_a_short_mapping(empty):
    shape, half = (256, 256, 3), {"channel_base": 16384}
    assert count(style2.mapping(), style2.synthesis(shape, **half)) == 24_767_458
    assert count(style2.discriminator(shape, **half)) == 24_001_089
    assert count(style2.mapping()) - count(style2.mapping(depth=2)) == 30_370_060 - 28_794_124


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@pytest.fixture(params=[style, style2], ids=["style", "style2"], scope="module")
def synthesis(request):
    """A small synthesis network whose noises have strengths."""
    network = request.param.synthesis((16, 16, 2), 5, channel_base=64)
    for variable in network.trainable_variables:
        if "strength" in variable.path:
            variable.assign(np.full(variable.shape, 0.3))
    return network


def inputs(network, rows=2):
    return [normal(rows, *tensor.shape[1:], seed=index) for index, tensor in enumerate(network.inputs)]


def test_every_layer_has_a_style(synthesis):
    styles, noise = inputs(synthesis, 1)
    before = synthesis([styles, noise])
    changes = []
    for layer in range(styles.shape[1]):
        other = styles.copy()
        other[:, layer] += 1.0
        changes.append(np.abs(synthesis([other, noise]) - before).max())
    assert min(changes) > 1e-3


def test_every_pixel_of_noise_counts_once(synthesis):
    """Each noise image reaches a layer of its own size: its first and last pixel change other corners."""
    styles, noise = inputs(synthesis, 1)
    before = np.asarray(synthesis([styles, noise]))
    for place in (-1, -256, -257, -512):  # The last two images are of 16x16.
        other = noise.copy()
        other[:, place] += 3.0
        changed = np.abs(synthesis([styles, other]) - before).max(axis=-1)[0]
        row, column = np.unravel_index(changed.argmax(), changed.shape)
        near = (row >= 13 and column >= 13) if place in (-1, -257) else (row <= 2 and column <= 2)
        assert changed.max() > 1e-4 and near, (place, row, column)


def test_samples_do_not_see_each_other(synthesis):
    styles, noise = inputs(synthesis, 3)
    together = synthesis([styles, noise])
    alone = [synthesis([styles[i : i + 1], noise[i : i + 1]])[0] for i in range(3)]
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("family", [style, style2])
def test_mapping_normalises_latents(family):
    network, z = family.mapping(6, style_dim=4, depth=3), normal(3, 6)
    np.testing.assert_allclose(network(z), network(7.0 * z), rtol=1e-4, atol=1e-5)


def test_activations_keep_their_scale_through_the_modulated_layers(synthesis):
    if synthesis.name != "style2_synthesis":
        pytest.skip("adaptive instance normalisation sets the scale")
    styles, noise = inputs(synthesis, 64)
    for side in (4, 8, 16):
        layer = keras.Model(synthesis.input, synthesis.get_layer(f"leaky_{side}_1").output)
        assert 0.6 < np.sqrt(np.mean(np.square(layer([styles, noise])))) < 1.6


def test_discriminator_of_stylegan2_keeps_the_scale():
    network = style2.discriminator((16, 16, 2), channel_base=512)
    images = normal(32, 2, 2, 2).repeat(8, axis=1).repeat(8, axis=2)  # White noise would be lost to the blur.
    features = keras.Model(network.input, network.get_layer("sum_8").output)(images)
    assert 0.4 < np.sqrt(np.mean(np.square(features))) < 1.6


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: style.mapping(0), "`latent_dim` must be at least 1. Received: `latent_dim=0`"),
        (lambda: style2.mapping(4, depth=0), "`depth` must be at least 1"),
        (lambda: style.synthesis((12, 12, 3)), "`image_shape` must be"),
        (lambda: style2.synthesis((8, 8, 3), 0), "`style_dim` must be at least 1"),
        (lambda: style2.discriminator((8, 8, 3), dropout=-0.1), r"`dropout` must be in \[0, 1\)"),
    ],
)
def test_refusals(make, message):
    with pytest.raises(ValueError, match=message):
        make()
