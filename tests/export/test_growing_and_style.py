"""ProGAN, StyleGAN and StyleGAN2 leave as SavedModel and TFLite files of all kinds, compared as any export is."""

import numpy as np
import pytest

import tfgan_zoo as zoo

N = zoo.networks
SHAPE, WIDTHS = (8, 8, 1), {"channel_base": 64, "channel_max": 8}


def progan():
    return zoo.models.ProGAN(
        N.progressive.generator(SHAPE, 6, **WIDTHS),
        N.progressive.discriminator(SHAPE, channel_base=16),
        phase_steps=(0, 4),
    )


def stylegan():
    return zoo.models.StyleGAN(
        N.style.mapping(6, style_dim=6, depth=2),
        N.style.synthesis(SHAPE, 6, **WIDTHS),
        N.progressive.discriminator(SHAPE, channel_base=16, blur=True),
        phase_steps=0,
        truncation=0.7,
    )


def stylegan2():
    return zoo.models.StyleGAN2(
        N.style2.mapping(6, style_dim=6, depth=2),
        N.style2.synthesis(SHAPE, 6, **WIDTHS),
        N.style2.discriminator(SHAPE, channel_base=16),
        truncation=0.7,
    )


@pytest.mark.thorough
@pytest.mark.parametrize("make", [progan, stylegan, stylegan2])
def test_exports_of_all_kinds(make, tmp_path, in_this_process):
    gan = make()
    gan.step_counter.assign(2)  # ProGAN is exported while a resolution fades in.
    for variable in gan.sampler.weights:
        if "strength" in variable.path:
            variable.assign(np.full(variable.shape, 0.1))
        if "to_rgb" in variable.path or "rgb_" in variable.path and "affine" not in variable.path:
            variable.assign(0.3 * variable.numpy())  # Images within [-1, 1], as a trained generator gives.
    made = zoo.export.generator(gan, tmp_path / "made", num_verify=8, num_representative=32)
    assert set(made.parity["tflite"]) == {"float32", "float16", "int8"}
    int8 = made.parity["tflite"]["int8"]
    assert ("QUANTIZE" in int8["operators"]) == (int8["way"] == "full integer")
    opened = zoo.export.open(tmp_path / "made")
    np.testing.assert_allclose(opened.sample(4, seed=1), gan.sample(4, seed=1), rtol=0, atol=1e-5)
