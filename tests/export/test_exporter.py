"""The whole export: what lies in the folder, whether it does what the trained model does, and what is refused."""

import hashlib
import io
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import tfgan_zoo as zoo
from tests.export.generators import LATENT_DIM, labelled_generator, stand_in, tiny_generator
from tfgan_zoo import export, pictures
from tfgan_zoo.export import exporter, lite, verification

# As promised, written down here once more: nobody may loosen them in passing.
PROMISED = {"SavedModel": 1e-5, "float32": 1e-4, "float16": 1e-2, "int8": 0.02}


@pytest.fixture(scope="module")
def loaded(exported):
    return tf.saved_model.load(str(exported.path))


@pytest.fixture(scope="module")
def card(exported):
    return json.loads((exported.path / "card.json").read_text())


# === What an export holds ===


def test_a_version_is_one_folder(exported):
    assert exported.path.name == "1"
    assert [child.name for child in exported.path.parent.iterdir()] == ["1"]
    assert {child.name for child in exported.path.iterdir()} == {
        "saved_model.pb",
        "fingerprint.pb",
        "variables",
        "assets",
        "tiny_float32.tflite",
        "tiny_float16.tflite",
        "tiny_int8.tflite",
        "card.json",
        "samples.png",
    }


def test_signatures_have_names_and_a_free_batch(loaded):
    shapes = {
        name: (
            {key: (spec.shape.as_list(), spec.dtype) for key, spec in one.structured_input_signature[1].items()},
            {key: (value.shape.as_list(), value.dtype) for key, value in one.structured_outputs.items()},
        )
        for name, one in loaded.signatures.items()
    }
    assert shapes == {
        "serving_default": ({"z": ([None, 8], tf.float32)}, {"images": ([None, 16, 16, 1], tf.float32)}),
        "sample": ({"seed": ([None], tf.int64)}, {"images": ([None, 16, 16, 1], tf.float32)}),
        "png": ({"seed": ([None], tf.int64)}, {"image_bytes": ([None], tf.string)}),
    }


@pytest.mark.parametrize("batch", [1, 3])
def test_serving_default_is_the_trained_model(gan, loaded, batch):
    z = np.random.default_rng(7).normal(size=(batch, LATENT_DIM)).astype("float32")
    images = loaded.signatures["serving_default"](z=tf.constant(z))["images"].numpy()
    np.testing.assert_allclose(images, gan.sample(z=z), rtol=0, atol=1e-5)


def test_the_average_is_exported_and_not_the_raw_generator(gan, loaded):
    z = tf.ones((1, LATENT_DIM))
    images = loaded.signatures["serving_default"](z=z)["images"]
    assert np.abs(images - gan.generator(z, training=False)).max() > 0.1


@pytest.mark.parametrize("seed", [0, 3, -5, 2**40 + 1])
def test_sample_of_one_seed_is_the_first_sample_of_that_seed(gan, loaded, seed):
    images = loaded.signatures["sample"](seed=tf.constant([seed], tf.int64))["images"]
    np.testing.assert_allclose(images[0], gan.sample(1, seed=seed)[0], rtol=0, atol=1e-5)


def test_a_sample_depends_on_its_own_seed_alone(loaded):
    sample = loaded.signatures["sample"]
    among, alone = (sample(seed=tf.constant(s, tf.int64))["images"] for s in ([9, 4, 11], [4]))
    np.testing.assert_allclose(among[1], alone[0], rtol=0, atol=1e-6)
    assert np.abs(among[0] - among[1]).max() > 0.1


def test_png_opens_and_holds_the_rounded_image(gan, loaded):
    files = loaded.signatures["png"](seed=tf.constant([3, 8], tf.int64))["image_bytes"].numpy()
    levels = np.stack([np.asarray(Image.open(io.BytesIO(file))) for file in files])[..., None]
    expected = np.concatenate([gan.sample(1, seed=3), gan.sample(1, seed=8)])
    assert Image.open(io.BytesIO(files[0])).mode == "L"
    np.testing.assert_array_equal(levels, pictures.to_uint8(expected))


def test_sheet_of_samples_shows_the_first_seeds(gan, exported):
    images = np.concatenate([gan.sample(1, seed=seed) for seed in range(20)])
    np.testing.assert_array_equal(Image.open(exported.path / "samples.png"), pictures.grid(images)[..., 0])


def test_images_fill_the_range_so_that_differences_mean_something(card):
    low, high = card["value_range"]["seen"]
    assert low < -0.9 and high > 0.9


def test_parity_is_within_what_is_promised(card):
    parity = card["parity"]
    for run in ("saved_model", "c_api"):
        for name in ("serving_default", "sample"):
            assert parity[run][name]["max"] <= PROMISED["SavedModel"], (run, name)
        assert parity[run]["png"]["max"] <= 0.502
    assert parity["tflite"]["float32"]["max"] <= PROMISED["float32"]
    assert parity["tflite"]["float16"]["max"] <= PROMISED["float16"]
    assert parity["tflite"]["int8"]["mean"] <= PROMISED["int8"]


def test_quantised_files_differ_so_that_they_are_not_the_float_file_again(card):
    tflite = card["parity"]["tflite"]
    assert tflite["float16"]["max"] > 1e-6
    assert tflite["int8"]["mean"] > 1e-4


def test_card_tells_where_the_model_comes_from(card):
    assert (card["name"], card["version"], card["model"], card["recipe"]) == ("tiny", 1, "DCGAN", "dcgan_tiny")
    assert card["config"] == {"steps": 4, "shape": [16, 16, 1]}
    assert card["scores"] == {"fid_1k": 12.5}
    assert (card["training_steps"], card["latent_dim"], card["prior"]) == (4, 8, "uniform")
    assert card["value_range"]["nominal"] == [-1.0, 1.0]
    assert card["versions"]["tensorflow"] == tf.__version__
    assert card["versions"]["keras"] == keras.__version__
    assert card["versions"]["tfgan_zoo"] == zoo.__version__


def test_card_describes_the_signatures(card):
    assert card["signatures"]["png"] == {
        "inputs": {"seed": {"shape": [None], "dtype": "int64"}},
        "outputs": {"image_bytes": {"shape": [None], "dtype": "string"}},
    }


def test_card_lists_every_other_file_with_its_sum(exported, card):
    on_disk = {path.relative_to(exported.path).as_posix(): path for path in exported.path.rglob("*") if path.is_file()}
    assert set(card["files"]) == set(on_disk) - {"card.json"}
    one = on_disk["tiny_int8.tflite"].read_bytes()
    assert card["files"]["tiny_int8.tflite"] == {"bytes": len(one), "sha256": hashlib.sha256(one).hexdigest()}


def test_result_prints_a_line_for_each_artefact(exported):
    lines = str(exported).splitlines()
    assert lines[0] == f"Exported {exported.path}"
    assert len(lines) == 1 + 3 + 3 + 3
    assert "int8" in lines[-1] and "mean difference" in lines[-1] and "(allowed 2.00e-02)" in lines[-1]


def test_result_prints_why_a_check_is_missing(tmp_path):
    made = export.Export(tmp_path, {"c_api": {"unavailable": "no library"}}, {})
    assert str(made).splitlines()[1].split(maxsplit=2) == ["c_api", "unavailable", "no library"]


# === Other generators ===


@pytest.mark.parametrize("inputs", ["list", "dict"])
def test_labels_are_an_input_of_every_signature(tmp_path, in_this_process, inputs):
    model = labelled_generator(inputs)
    made = export.generator(stand_in(model, num_classes=5), tmp_path / "labelled", tflite=("float32",), num_verify=7)
    signatures = made.card["signatures"]
    assert {name: list(one["inputs"]) for name, one in signatures.items()} == {
        "serving_default": ["z", "label"],
        "sample": ["seed", "label"],
        "png": ["seed", "label"],
    }
    opened = export.open(made.path / "labelled_float32.tflite")
    z, label = zoo.latents.sample(2, LATENT_DIM, seed=4), tf.constant([4, 1])
    expected = model({"z": z, "label": label} if inputs == "dict" else [label, z])
    np.testing.assert_allclose(opened.generate(z, label), expected, rtol=0, atol=1e-5)


def test_samples_that_are_no_pictures_have_no_png(tmp_path, in_this_process):
    model = zoo.networks.mlp.generator((1,), 1, units=(16,), output=None)
    made = export.generator(stand_in(model), tmp_path / "gaussian", tflite=("int8",), num_verify=8)
    assert set(made.card["signatures"]) == {"serving_default", "sample"}
    assert not (made.path / "samples.png").exists()
    assert "nominal" not in made.card["value_range"]


def test_mixed_precision_is_exported_in_float32(tmp_path, in_this_process):
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = tiny_generator()
    keras.config.set_dtype_policy("float32")
    made = export.generator(stand_in(model), tmp_path / "mixed", tflite=(), num_verify=4)
    assert made.parity["saved_model"]["serving_default"]["max"] <= 1e-5
    # The mixed model itself is farther away than the bound; the card says how far.
    assert 1e-4 < made.card["mixed_precision_difference"] < 0.1


def test_a_model_of_two_replicas_is_exported_as_plain_variables(tmp_path, in_this_process, two_replicas):
    with two_replicas.scope():
        model = tiny_generator()
    made = export.generator(stand_in(model), tmp_path / "mirrored", tflite=("float32",), num_verify=4)
    z = zoo.latents.sample(2, LATENT_DIM, seed=9)
    expected = model(z, training=False)
    np.testing.assert_allclose(export.open(made.path).generate(z), expected, rtol=0, atol=1e-5)


def test_free_batch_size_of_tflite_files(tmp_path, in_this_process):
    made = export.generator(
        stand_in(tiny_generator()), tmp_path / "free", tflite=("float32",), tflite_batch_size=None, num_verify=4
    )
    assert made.parity["tflite"]["float32"]["batch_size"] is None
    assert export.open(made.path / "free_float32.tflite").sample(3).shape == (3, 16, 16, 1)


# === What is refused, with nothing left behind ===


def test_a_mismatch_is_an_error_that_leaves_nothing_behind(tmp_path, monkeypatch, in_this_process):
    real = exporter._expected

    def one_pixel_off(*args):
        expected = real(*args)
        expected["serving_default"]["images"][0, 0, 0, 0] += 0.001
        return expected

    monkeypatch.setattr(exporter, "_expected", one_pixel_off)
    message = r"SavedModel signature `serving_default` differs .* max absolute difference 0\.001, allowed 1e-05"
    with pytest.raises(export.ExportError, match=message):
        export.generator(stand_in(tiny_generator()), tmp_path / "zoo" / "wrong", tflite=(), num_verify=2)
    assert list(tmp_path.iterdir()) == []


def test_a_tflite_file_of_other_weights_is_an_error(tmp_path, monkeypatch, in_this_process):
    first, second = stand_in(tiny_generator()), tiny_generator()
    second.set_weights([weight * 1.01 for weight in second.get_weights()])
    real = exporter.signatures.write_for_lite
    monkeypatch.setattr(exporter.signatures, "write_for_lite", lambda _, *rest: real(second, *rest))
    with pytest.raises(export.ExportError, match=r"TFLite file `float32` differs .* allowed 0\.0001"):
        export.generator(first, tmp_path / "wrong", tflite=("float32",), num_verify=2)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_of_the_other_process_is_an_error_with_its_words(tmp_path, monkeypatch):
    monkeypatch.setattr(verification, "SCRIPT", tmp_path / "missing.py")
    with pytest.raises(export.ExportError, match=r"could not be run in a plain process: [\s\S]*missing\.py"):
        export.generator(stand_in(tiny_generator()), tmp_path / "out", tflite=(), num_verify=1)
    assert list(tmp_path.iterdir()) == []


def refused(match, path, model=None, error=ValueError, **kwargs):
    with pytest.raises(error, match=match):
        export.generator(model or stand_in(tiny_generator()), path, **kwargs)


def test_an_existing_version_is_refused(exported):
    before = {path: path.stat().st_mtime_ns for path in exported.path.rglob("*")}
    (exported.path.parent / "4").mkdir()
    match = r"already holds this version: .*tiny/1\. Received: `version=1`\. Pass `version=5`, the next free one, or"
    try:
        refused(match, exported.path.parent)
    finally:
        (exported.path.parent / "4").rmdir()
    assert {path: path.stat().st_mtime_ns for path in exported.path.rglob("*")} == before


@pytest.mark.parametrize("below", ["", "models"])
def test_a_path_that_is_a_file_is_refused(tmp_path, below):
    (tmp_path / "taken").write_text("mine")
    refused(r"`path` must be a folder that can be written, .*taken", tmp_path / "taken" / below)
    assert (tmp_path / "taken").read_text() == "mine"


def test_a_read_only_folder_is_refused():
    # Not even the superuser can make folders in /sys.
    refused(r"`path` must be a folder that can be written, .*'/sys/zoo'`, where the system says: ", "/sys/zoo")


@pytest.mark.parametrize("version", [0, -1, True, "2", 1.0])
def test_a_version_that_is_no_number_is_refused(tmp_path, version):
    refused(r"`version` must be an int >= 1\. Received: `version=" + repr(version), tmp_path / "out", version=version)


def test_an_untrained_generator_is_refused(tmp_path):
    untrained = stand_in(tiny_generator(), steps=0)
    refused(
        r"must be trained before .* Received: a model with `step_counter=0`\. Call `fit`", tmp_path / "o", untrained
    )


def test_a_generator_that_was_never_built_is_refused(tmp_path):
    unbuilt = keras.Sequential([keras.layers.Dense(4)])
    refused(r"must be built before it is exported\. .*keras\.Input", tmp_path / "out", stand_in(unbuilt))


def test_a_diverged_generator_is_refused(tmp_path):
    model = tiny_generator()
    model.get_layer("up_1").kernel.assign(model.get_layer("up_1").kernel * np.nan)
    refused(
        r"must give finite images\. Received: NaN or infinite values .* earlier checkpoint",
        tmp_path / "out",
        stand_in(model),
    )


def test_a_generator_without_symbolic_inputs_is_refused(tmp_path):
    class Subclassed(keras.Model):
        def call(self, inputs):
            return inputs

    model = Subclassed()
    model(tf.zeros((1, 2)))
    refused(r"must be a functional or sequential `keras\.Model`", tmp_path / "out", stand_in(model))


def test_unnamed_inputs_are_refused(tmp_path):
    inputs = [keras.Input((2,), name="z"), keras.Input((3,), name="extra")]
    model = keras.Model(inputs, keras.layers.Concatenate()(inputs))
    refused(
        r"must be named as one of \['z'\], \['z', 'label'\]\. Received: inputs \['z', 'extra'\]",
        tmp_path / "o",
        stand_in(model),
    )


def test_labels_without_a_number_of_classes_are_refused(tmp_path):
    refused(r"must tell its number of classes as `num_classes`", tmp_path / "out", stand_in(labelled_generator()))


@pytest.mark.parametrize(("given", "near"), [("flot16", "float16"), ("int4", "int8"), ("fp32", "float32")])
def test_an_unknown_tflite_file_is_refused_with_the_nearest(tmp_path, given, near):
    refused(rf"The nearest known one to '{given}' is '{near}'", tmp_path / "out", tflite=("float32", given))


def test_a_bare_name_of_a_tflite_file_is_refused(tmp_path):
    refused(r"`tflite` must be a tuple of names.*Pass `tflite=\('int8',\)`", tmp_path / "out", tflite="int8")


@pytest.mark.parametrize("name", ["num_verify", "num_representative", "tflite_batch_size"])
def test_numbers_below_one_are_refused(tmp_path, name):
    refused(rf"`{name}` must be an int >= 1\. Received: `{name}=0`", tmp_path / "out", **{name: 0})


def test_a_representative_set_smaller_than_the_batch_is_refused(tmp_path):
    refused(
        r"`num_representative` must be at least `tflite_batch_size`\. Received: .*=3`, `tflite_batch_size=4`",
        tmp_path / "out",
        num_representative=3,
        tflite_batch_size=4,
    )


def test_configurations_and_scores_are_checked_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(lite, "convert", None)
    refused(r"`config` must be a dict, a dataclass instance", tmp_path / "o", error=TypeError, config=[1])
    refused(r"`scores` must hold finite numbers only", tmp_path / "out", scores={"fid": float("nan")})
