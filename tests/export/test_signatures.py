"""Endpoints and how they are built from a model's inputs."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.export.generators import labelled_generator, tiny_generator
from tfgan_zoo import pictures
from tfgan_zoo.export import signatures


def test_a_lone_input_is_the_latent_vector_whatever_its_name():
    model = keras.Sequential([keras.Input((3,), name="noise"), keras.layers.Dense(4)])
    assert signatures.input_specs(model) == {"z": tf.TensorSpec((None, 3), tf.float32, "z")}


def test_inputs_keep_the_order_of_the_model():
    specs = signatures.input_specs(labelled_generator())
    assert list(specs) == ["label", "z"]
    assert (specs["label"].dtype, specs["label"].shape.as_list()) == (tf.int32, [None])


@pytest.mark.parametrize("inputs", ["list", "dict"])
def test_call_goes_by_names(inputs):
    model = labelled_generator(inputs)
    z, label = tf.ones((1, 8)), tf.constant([3])
    expected = model([label, z] if inputs == "list" else {"label": label, "z": z})
    np.testing.assert_array_equal(signatures.call(model, z=z, label=label), expected)


def test_call_is_inference():
    dropout = keras.Sequential([keras.Input((50,)), keras.layers.Dropout(0.5)])
    np.testing.assert_array_equal(signatures.call(dropout, z=tf.ones((2, 50))), np.ones((2, 50)))


def test_levels_are_those_of_pictures():
    images = np.array([-1.7, -1.0, -0.004, 0.0, 0.0039, 0.5, 0.999, 1.0, 1.2], "float32").reshape(1, 3, 3, 1)
    levels = signatures.to_levels(tf.constant(images)).numpy()
    np.testing.assert_array_equal(levels, pictures.to_uint8(images))
    assert levels.ravel().tolist() == [0, 0, 127, 128, 128, 191, 255, 255, 255]


@pytest.mark.parametrize(
    ("shape", "expected"), [((4, 6, 1), True), ((4, 6, 3), True), ((4, 6, 2), False), ((6, 1), False), ((3,), False)]
)
def test_pictures_are_grey_or_rgb(shape, expected):
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(math.prod(shape)), keras.layers.Reshape(shape)])
    assert signatures.makes_pictures(model) is expected
    assert ("png" in signatures.endpoints(model, "normal")) is expected


def test_description_is_of_what_is_written(tmp_path):
    found = signatures.endpoints(tiny_generator((16, 32, 3)), "sphere")
    described = signatures.write({"sample": found["sample"]}, tmp_path / "model")
    assert described == {
        "sample": {
            "inputs": {"seed": {"shape": [None], "dtype": "int64"}},
            "outputs": {"images": {"shape": [None, 16, 32, 3], "dtype": "float32"}},
        }
    }
