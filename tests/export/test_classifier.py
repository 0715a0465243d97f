"""The export of a classifier: what lies in the folder, whether it does what the model does, what is refused."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgan_zoo as zoo
from tfgan_zoo import export

IMAGES = np.random.default_rng(0).uniform(-1.0, 1.0, (40, 6, 5, 1)).astype("float32")
NAMES = ["zero", "one", "two"]


@pytest.fixture(scope="module")
def gan():
    """A trained SGAN whose average differs from its discriminator, and which is sure of what it says."""
    keras.utils.set_random_seed(0)
    gan = zoo.models.SGAN(
        zoo.networks.mlp.generator((6, 5, 1), latent_dim=4, units=(6,)),
        zoo.networks.sgan.discriminator((6, 5, 1), 3, channels=(4,)),
        ema_decay=0.9,
    )
    gan.compile()
    data = (IMAGES[:20], np.arange(20) % 3, IMAGES[20:])
    gan.fit(tf.data.Dataset.from_tensor_slices(data).batch(10), verbose=0)
    for index, variable in enumerate(gan.ema_discriminator.weights):
        variable.assign(np.random.default_rng(index).normal(0.0, 0.5, variable.shape))
    return gan


@pytest.fixture(scope="module")
def exported(gan, tmp_path_factory):
    """Compared in a process of its own."""
    path = tmp_path_factory.mktemp("exported") / "tiny"
    return export.classifier(gan, path, examples=IMAGES, class_names=NAMES, scores={"accuracy": 0.5}, num_verify=20)


def test_files_do_what_the_trained_model_does(gan, exported):
    expected = gan.predict(IMAGES, verbose=0)
    assert np.abs(expected - 1.0 / 3.0).max() > 0.2
    opened = export.open(exported.path.parent)
    np.testing.assert_allclose(opened.predict(IMAGES, batch_size=7), expected, atol=1e-5)
    lite = export.open(exported.path / "tiny_float32.tflite")
    np.testing.assert_allclose(lite.predict(IMAGES), expected, atol=1e-4)
    assert opened.class_names == NAMES


def test_signature_has_names_and_a_free_batch(exported):
    loaded = tf.saved_model.load(str(exported.path))
    (name,) = loaded.signatures
    signature = loaded.signatures[name]
    assert name == "serving_default"
    assert signature.structured_input_signature[1]["image"].shape.as_list() == [None, 6, 5, 1]
    assert {key: value.shape.as_list() for key, value in signature.structured_outputs.items()} == {
        "probabilities": [None, 3]
    }


def test_card_and_files(exported):
    card = json.loads((exported.path / "card.json").read_text())
    assert (card["kind"], card["model"], card["class_names"]) == ("classifier", "SGAN", NAMES)
    assert card["scores"] == {"accuracy": 0.5} and card["training_steps"] == 2
    assert {path.name for path in exported.path.iterdir()} == {
        *("saved_model.pb", "fingerprint.pb", "variables", "assets", "card.json"),
        *("tiny_float32.tflite", "tiny_float16.tflite", "tiny_int8.tflite"),
    }
    parity = card["parity"]
    assert set(parity["saved_model"]) == {"serving_default"} and set(parity["tflite"]) == {"float32", "float16", "int8"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"examples": IMAGES[:, 1:]}, r"\(num, 6, 5, 1\), at least one. Received: shape \(40, 5, 5, 1\)"),
        ({"examples": IMAGES[:0]}, "at least one. Received"),
        ({"examples": IMAGES.astype(int)}, "dtype int64"),
        ({"examples": 127.5 * IMAGES}, r"lie in \[-1, 1\]. Received: values from -127.* 127.5 - 1.0"),
        ({"examples": np.where(IMAGES > 0.9, np.nan, IMAGES)}, "must be finite and lie in.*values from nan to nan"),
        ({"class_names": ["a", "b"]}, "must be 3 names"),
        ({"tflite": ("int4",)}, "nearest known"),
        ({"num_verify": 0}, "`num_verify` must be an int >= 1"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_written(gan, tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        export.classifier(gan, tmp_path / "x", **{"examples": IMAGES, **options})
    assert list(tmp_path.iterdir()) == []


def test_a_diverged_classifier_is_refused(gan, tmp_path):
    weights = gan.ema_discriminator.get_weights()
    gan.ema_discriminator.set_weights([weights[0] * np.nan, *weights[1:]])
    try:
        with pytest.raises(ValueError, match="must give finite probabilities"):
            export.classifier(gan, tmp_path / "x", examples=IMAGES)
    finally:
        gan.ema_discriminator.set_weights(weights)


def test_wrong_images_are_refused(exported):
    with pytest.raises(ValueError, match=r"\(num, 6, 5, 1\), the size.*Received: shape \(2, 5, 6, 1\)"):
        export.open(exported.path).predict(np.zeros((2, 5, 6, 1)))
