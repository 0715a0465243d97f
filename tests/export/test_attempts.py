"""Files that are made again: which way holds, what the card says of it, and what happens if none does."""

import json

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

import tfgan_zoo as zoo
from tests.export.generators import stand_in, tiny_generator
from tests.models import tiny
from tfgan_zoo import export
from tfgan_zoo.export import attempts, verification

LAYERS = keras.layers


def uneven_generator():
    """One of eight feature maps is a thousand times larger than the others, until it is scaled down again."""
    z = keras.Input((8,), name="z")
    x = LAYERS.Reshape((4, 4, 8))(LAYERS.Dense(128)(z))
    x = LAYERS.BatchNormalization(name="up")(LAYERS.Conv2D(8, 3, padding="same")(x))
    x = LAYERS.BatchNormalization(name="down")(LAYERS.ReLU()(x))
    model = keras.Model(z, LAYERS.Conv2D(1, 3, padding="same", activation="tanh", name="image")(x))
    scale = np.array([1000.0] + [1.0] * 7)
    model.get_layer("up").gamma.assign(scale)
    model.get_layer("down").gamma.assign(1.0 / scale)
    return model


def steep_generator():
    """Rounding the dense layer moves its outputs by little, which is a lot once they are amplified."""
    z = keras.Input((8,), name="z")
    x = LAYERS.Rescaling(1000.0)(LAYERS.Dense(128, use_bias=False)(z))
    x = LAYERS.Reshape((4, 4, 8))(LAYERS.Activation("tanh")(x))
    return keras.Model(z, LAYERS.Conv2DTranspose(1, 4, strides=2, padding="same", activation="tanh")(x))


def perceptron():
    """The same steepness without a convolution."""
    z = keras.Input((8,), name="z")
    x = LAYERS.Activation("tanh")(LAYERS.Rescaling(1000.0)(LAYERS.Dense(64, use_bias=False)(z)))
    return keras.Model(z, LAYERS.Reshape((8, 8, 1))(x))


def export_of(model, path, **kwargs):
    return export.generator(stand_in(model), path, num_verify=32, num_representative=32, **kwargs)


def test_dynamic_ranges_where_one_range_is_too_coarse(tmp_path, in_this_process):
    made = export_of(uneven_generator(), tmp_path / "uneven", tflite=("float32", "int8"))
    figures = json.loads((made.path / "card.json").read_text())["parity"]["tflite"]["int8"]
    assert figures["way"] == "dynamic ranges" and figures["mean"] <= 0.02
    assert list(figures["instead_of"]) == ["full integer"] and figures["instead_of"]["full integer"] > 0.02
    # The figures are those of the file that lies there.
    assert "QUANTIZE" not in figures["operators"]
    z = zoo.latents.sample(32, 8, seed=0)
    files = [export.open(made.path / f"uneven_{kind}.tflite").generate(z) for kind in ("float32", "int8")]
    assert np.abs(files[0] - files[1]).mean() == pytest.approx(figures["mean"], abs=1e-4)
    assert str(made).splitlines()[-1].endswith("(allowed 2.00e-02), dynamic ranges")


def test_kernels_alone_where_other_weights_need_precision(tmp_path, in_this_process):
    model = steep_generator()
    made = export_of(model, tmp_path / "steep", tflite=("float16",))
    figures = made.card["parity"]["tflite"]["float16"]
    assert figures["way"] == "convolution kernels" and figures["max"] <= 1e-2
    assert figures["instead_of"]["all weights"] > 1e-2
    file = made.path / "steep_float16.tflite"
    tensors = Interpreter(str(file)).get_tensor_details()
    halves = {tuple(tensor["shape"]) for tensor in tensors if tensor["dtype"] == np.float16}
    wholes = {tuple(tensor["shape"]) for tensor in tensors if tensor["dtype"] == np.float32}
    assert halves == {(1, 4, 4, 8)} and (128, 8) in wholes
    z = zoo.latents.sample(4, 8, seed=3)
    np.testing.assert_allclose(export.open(file).generate(z), model(z), rtol=0, atol=1e-2)


def test_the_first_way_is_kept_where_it_holds(exported):
    assert ways_of(exported) == {"float32": "unrounded", "float16": "all weights", "int8": "full integer"}
    assert not any("instead_of" in figures for figures in exported.parity["tflite"].values())


@pytest.fixture
def beyond(monkeypatch):
    """Takes the files of the first way of these kinds for too different."""

    def take(*kinds):
        left, real = list(kinds), verification.holds

        def holds(name, figures, scale):
            if name in left:
                left.remove(name)
                return False
            return real(name, figures, scale)

        monkeypatch.setattr(verification, "holds", holds)

    return take


def ways_of(made):
    return {kind: figures["way"] for kind, figures in made.parity["tflite"].items()}


def test_a_classifier_is_made_again_too(tmp_path, in_this_process, beyond):
    gan = zoo.models.SGAN(
        zoo.networks.mlp.generator((4, 4, 1), latent_dim=2, units=(4,)),
        zoo.networks.sgan.discriminator((4, 4, 1), 3, channels=(4,)),
    )
    gan.step_counter.assign(1)
    beyond("float16", "int8")
    made = export.classifier(gan, tmp_path / "made", examples=tiny.samples(2, 4, 4, 1))
    assert ways_of(made) == {"float32": "unrounded", "float16": "convolution kernels", "int8": "dynamic ranges"}


def test_a_translator_starts_with_dynamic_ranges_and_has_two_ways_to_float16(tmp_path, in_this_process, beyond):
    gan = zoo.models.Pix2Pix(
        zoo.networks.unet.generator((8, 8, 1), output_channels=1, levels=2, base_channels=2),
        zoo.networks.patch.discriminator((8, 8, 2), receptive_field=16, base_channels=2),
    )
    gan.step_counter.assign(1)
    beyond("float16")
    made = export.translator(gan, tmp_path / "made", examples=tiny.samples(2, 8, 8, 1))
    assert ways_of(made) == {"float32": "unrounded", "float16": "convolution kernels", "int8": "dynamic ranges"}
    assert "instead_of" not in made.parity["tflite"]["int8"]


# === No way left ===


@pytest.mark.parametrize(
    ("kind", "bound", "tried"),
    [
        ("float32", ("max", 1e-12), ""),
        ("float16", ("max", 1e-9), r" Tried in turn: all weights \S+, convolution kernels \S+\."),
        ("int8", ("mean", 1e-9), r" Tried in turn: full integer \S+, dynamic ranges \S+\."),
    ],
)
def test_a_file_that_no_way_saves_is_an_error_that_leaves_nothing_behind(
    tmp_path, in_this_process, monkeypatch, kind, bound, tried
):
    monkeypatch.setitem(verification.BOUNDS, kind, bound)
    message = (
        rf"TFLite file `{kind}` differs from the trained model: {bound[0]} absolute difference \S+, "
        rf"allowed {bound[1]:.3g} \(max \S+, mean \S+\)\.{tried} Nothing was exported\. Leave '{kind}' out"
    )
    with pytest.raises(export.ExportError, match=message):
        export_of(tiny_generator(), tmp_path / "zoo" / "wrong")
    assert list(tmp_path.iterdir()) == []


def test_a_perceptron_has_one_way_to_float16(tmp_path, in_this_process):
    message = r"TFLite file `float16` differs .* allowed 0\.01 \(max \S+, mean \S+\)\. Nothing was exported\."
    with pytest.raises(export.ExportError, match=message):
        export_of(perceptron(), tmp_path / "wrong", tflite=("float16",))
    assert list(tmp_path.iterdir()) == []


def test_figures_that_are_not_finite_leave_a_card_that_json_can_hold(tmp_path, monkeypatch):
    reports = [{"max": float("nan"), "mean": float("nan")}, {"max": 0.1, "mean": 0.01}]
    right = {"serving_default": {"max": 0.0, "mean": 0.0}}

    def compare(saved_model, tflite, expected, **options):
        assert (saved_model is None) == (len(reports) == 1)
        return {"saved_model": right, "c_api": right, "tflite": {"int8": {**reports.pop(0), "operators": {}}}}

    monkeypatch.setattr(verification, "compare", compare)
    monkeypatch.setattr(attempts.lite, "ways", lambda *_: iter([("full integer", b"1"), ("dynamic ranges", b"2")]))
    parity = attempts.write_and_verify(
        tmp_path, "x", ("int8",), lambda folder: None, {"serving_default": {}}, work=tmp_path, batch_size=1
    )
    assert parity["tflite"]["int8"]["instead_of"] == {"full integer": None}
    assert (tmp_path / "x_int8.tflite").read_bytes() == b"2"
    json.dumps(parity, allow_nan=False)
