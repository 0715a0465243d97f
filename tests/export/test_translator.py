"""Exported translators: what lies in the folder, any size of picture, what is refused, the command on a folder."""

import io
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

import tfgan_zoo as zoo
from tests.export.generators import spread
from tests.models import tiny
from tfgan_zoo import export, pictures, translate
from tfgan_zoo.export import verification

SIZE, MULTIPLE = (16, 12), 4


def unet(taken=1, made=3):
    return zoo.networks.unet.generator((None, None, taken), output_channels=made, levels=2, base_channels=8)


@pytest.fixture(scope="module")
def gan():
    """A Pix2Pix from grey to colour, trained for two steps."""
    keras.utils.set_random_seed(0)
    judge = zoo.networks.patch.discriminator((None, None, 4), receptive_field=16, base_channels=2)
    gan = zoo.models.Pix2Pix(unet(), judge)
    gan.compile()
    gan.fit(tiny.samples(4, *SIZE, 1), tiny.samples(4, *SIZE, 3), batch_size=2, verbose=0)
    spread(gan.translator(), seed=1)
    return gan


@pytest.fixture(scope="module")
def photos():
    """Grey patches of photos."""
    levels = zoo.data.arrays("sample_photos", image_size=SIZE, channels=1)[40:400:18]
    return (levels / 127.5 - 1.0).astype("float32")


@pytest.fixture(scope="module")
def exported(gan, photos, tmp_path_factory):
    path = tmp_path_factory.mktemp("exported") / "grey"
    return export.translator(gan, path, examples=photos, recipe="grey", scores={"psnr": np.float32(20.0)})


@pytest.fixture(scope="module")
def loaded(exported):
    return tf.saved_model.load(str(exported.path))


def expected(gan, image):
    """What the trained model makes of a picture of any size."""
    height, width = image.shape[:2]
    more = [(0, -height % MULTIPLE), (0, -width % MULTIPLE), (0, 0)]
    return gan.translate(np.pad(image, more, mode="symmetric")[None])[0, :height, :width]


def test_a_version_is_one_folder(exported):
    names = {child.name for child in exported.path.iterdir()}
    assert {"saved_model.pb", "card.json", "samples.png"} <= names
    assert {f"grey_{kind}.tflite" for kind in ("float32", "float16", "int8")} <= names


def test_card_tells_what_a_user_of_the_files_needs(exported):
    card = json.loads((exported.path / "card.json").read_text())
    assert card["kind"] == "translator" and card["model"] == "Pix2Pix" and card["direction"] == "AtoB"
    assert card["side_multiple"] == MULTIPLE and card["tflite_size"] == list(SIZE)
    assert card["recipe"] == "grey" and card["scores"] == {"psnr": 20.0} and card["training_steps"] == 2
    assert card["signatures"]["serving_default"]["inputs"] == {
        "image": {"shape": [None, None, None, 1], "dtype": "float32"}
    }
    assert set(card["parity"]["saved_model"]) == {"serving_default", "png"}


def test_lite_files_hold_built_in_operators_alone(exported):
    for kind, figures in exported.parity["tflite"].items():
        assert not [name for name in figures["operators"] if name.startswith("CUSTOM")], kind
        assert figures["operators"]["TRANSPOSE_CONV"] == 2 and figures["operators"]["RSQRT"] >= 1, kind


@pytest.mark.parametrize("shape", [(1, 16, 12), (3, 8, 32)])
def test_serving_default_is_the_trained_model(gan, loaded, shape):
    images = tiny.samples(shape[0], *shape[1:], 1)
    made = loaded.signatures["serving_default"](image=tf.constant(images))["images"]
    np.testing.assert_allclose(made, gan.translate(images), rtol=0, atol=1e-5)


@pytest.mark.parametrize("size", [(13, 10), (16, 12), (2, 31)])
def test_png_takes_encoded_pictures_of_any_size(gan, loaded, size):
    levels = np.random.default_rng(3).integers(0, 256, (2, *size, 1)).astype("uint8")
    files = tf.constant([pictures.encode_png(image) for image in levels])
    answers = loaded.signatures["png"](image_bytes=files)["image_bytes"].numpy()
    for image, answer in zip(levels, answers, strict=True):
        made = np.asarray(Image.open(io.BytesIO(answer)))
        wanted = expected(gan, (image / 127.5 - 1.0).astype("float32"))
        assert np.abs(made - (wanted * 127.5 + 127.5)).max() <= 0.5 + 1e-2


def test_png_takes_jpeg_too(loaded):
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((8, 8, 3), "uint8")).save(buffer, format="JPEG")
    (answer,) = loaded.signatures["png"](image_bytes=tf.constant([buffer.getvalue()]))["image_bytes"].numpy()
    assert Image.open(io.BytesIO(answer)).size == (8, 8)


# === Opened again ===


@pytest.mark.parametrize("size", [(16, 12), (21, 50)])
def test_opened_saved_model_takes_any_size(gan, exported, size):
    image = tiny.samples(1, *size, 1)[0]
    made = export.open(exported.path.parent).translate(image)
    np.testing.assert_allclose(made, expected(gan, image), rtol=0, atol=1e-5)


def test_opened_lite_file_takes_any_size(gan, exported, photos):
    opened = export.open(exported.path / "grey_float32.tflite")
    assert opened.size == SIZE
    np.testing.assert_allclose(opened.translate(photos[0]), gan.translate(photos[:1])[0], rtol=0, atol=1e-4)
    wide = np.repeat(photos[0], 4, axis=1)
    assert opened.translate(wide).shape == (16, 48, 3)
    flat = opened.translate(np.full((40, 30, 1), 0.25, "float32"))
    small = gan.translate(np.full((1, *SIZE, 1), 0.25, "float32"))
    assert flat.shape == (40, 30, 3) and abs(flat.mean() - small.mean()) < 0.1


def test_opened_translator_refuses_other_pictures(exported):
    with pytest.raises(ValueError, match=r"shape \(height, width, 1\). Received: float64 of shape \(8, 8, 3\)"):
        export.open(exported.path).translate(np.zeros((8, 8, 3)))


@pytest.mark.parametrize("file", ["", "grey_int8.tflite"])
def test_the_command_on_a_folder_of_mixed_pictures(exported, tmp_path, capsys, file):
    rng = np.random.default_rng(0)
    (tmp_path / "in" / "more").mkdir(parents=True)
    for number in range(20):
        size = rng.integers(5, 60, 2)
        levels = rng.integers(0, 256, (*size, 3)).astype("uint8")
        place = tmp_path / "in" / ("more" if number % 4 == 0 else "") / f"{number}.{'jpg' if number % 3 else 'png'}"
        Image.fromarray(levels if number % 2 else levels[..., 0]).save(place)
    paths = ["--input", str(tmp_path / "in"), "--output", str(tmp_path / "out")]
    assert translate.main(["--export", str(exported.path / file), *paths]) == 0
    assert "Translated 20 pictures" in capsys.readouterr().out
    for path in (tmp_path / "in").rglob("*.*"):
        with (
            Image.open(path) as before,
            Image.open((tmp_path / "out" / path.relative_to(tmp_path / "in")).with_suffix(".png")) as after,
        ):
            assert before.size == after.size and after.mode == "RGB"


# === Refusals ===


def test_a_direction_of_a_cycle(tmp_path, in_this_process):
    judges = [zoo.networks.patch.discriminator((8, 8, c), receptive_field=16, base_channels=2) for c in (1, 3)]
    gan = zoo.models.CycleGAN(unet(1, 3), unet(3, 1), *judges, pool_size=0)
    gan.step_counter.assign(1)
    examples = tiny.samples(2, 8, 8, 3)
    made = export.translator(gan, tmp_path / "back", examples=examples, direction="BtoA", tflite=())
    assert made.card["direction"] == "BtoA"
    image = export.open(made.path).translate(examples[0])
    np.testing.assert_allclose(image, gan.translate(examples[:1], direction="BtoA")[0], rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"direction": "BtoA"}, r"one of \['AtoB'\]"),
        ({"examples": np.zeros((2, 8, 8, 3), "float32")}, r"Received: shape \(2, 8, 8, 3\)"),
        ({"examples": np.zeros((8, 8, 1), "float32")}, r"`examples` must be inputs.*shape \(8, 8, 1\)"),
        ({"examples": np.zeros((1, 10, 8, 1), "float32")}, "multiples of 4"),
        ({"examples": np.full((1, 8, 8, 1), 200.0)}, r"`examples` must be finite and lie in \[-1, 1\].*200"),
        ({"tflite": ("int9",)}, "nearest known one to 'int9' is 'int8'"),
        ({"num_verify": 0}, "`num_verify=0`"),
    ],
)
def test_wrong_arguments(gan, photos, tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        export.translator(gan, tmp_path / "x", **{"examples": photos, **options})
    assert list(tmp_path.iterdir()) == []


def test_it_is_no_generator_of_latent_vectors(gan, tmp_path):
    with pytest.raises(ValueError, match=r"must take latent vectors.*Pix2Pix.*`tfgan_zoo.export.translator`"):
        export.generator(gan, tmp_path / "x")


def test_an_untrained_model(photos, tmp_path):
    judge = zoo.networks.patch.discriminator((None, None, 4), receptive_field=16, base_channels=2)
    with pytest.raises(ValueError, match="must be trained before it is exported"):
        export.translator(zoo.models.Pix2Pix(unet(), judge), tmp_path / "x", examples=photos)


def test_int8_takes_the_range_of_the_picture_at_hand(exported):
    """Weights of eight bits and no calibrated range, in which a quiet picture would be lost."""
    interpreter = Interpreter(str(exported.path / "grey_int8.tflite"))
    interpreter.allocate_tensors()
    maps = [each for each in interpreter.get_tensor_details() if len(each["shape"]) == 4]
    assert any(each["dtype"] == np.int8 and tuple(each["shape"][1:3]) == (4, 4) for each in maps)  # kernels
    assert {each["dtype"] for each in maps if each["shape"][0] == 1} == {np.float32}


def test_a_difference_leaves_nothing_behind(gan, photos, tmp_path, in_this_process, monkeypatch):
    monkeypatch.setitem(verification.BOUNDS, "serving_default", ("max", -1.0))
    with pytest.raises(export.ExportError, match="`serving_default` differs from the trained model"):
        export.translator(gan, tmp_path / "x", examples=photos, tflite=())
    assert not (tmp_path / "x" / "1").exists()
