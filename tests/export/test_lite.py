"""TFLite files: their operators and types, and failures of the converter."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from tests.export.generators import tiny_generator
from tfgan_zoo import export, latents
from tfgan_zoo.export import lite, signatures


@pytest.fixture
def details(exported):
    def read(kind):
        interpreter = Interpreter(str(exported.path / f"tiny_{kind}.tflite"))
        return interpreter, interpreter.get_tensor_details()

    return read


@pytest.mark.parametrize("kind", lite.KINDS)
def test_operators_are_built_in(exported, kind):
    operators = exported.card["parity"]["tflite"][kind]["operators"]
    assert operators["TRANSPOSE_CONV"] == 2 and operators["FULLY_CONNECTED"] == 1
    assert not any(name.startswith("CUSTOM") for name in operators)


@pytest.mark.parametrize("kind", lite.KINDS)
def test_inputs_and_outputs_are_named_float32_of_a_fixed_batch(details, kind):
    interpreter, _ = details(kind)
    assert interpreter.get_signature_list() == {"serving_default": {"inputs": ["z"], "outputs": ["images"]}}
    (given,), (made,) = interpreter.get_input_details(), interpreter.get_output_details()
    assert (given["shape_signature"].tolist(), given["dtype"]) == ([1, 8], np.float32)
    assert (made["shape"].tolist(), made["dtype"]) == ([1, 16, 16, 1], np.float32)


def test_int8_is_integer_from_end_to_end(exported, details):
    interpreter, tensors = details("int8")
    ends = {interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]}
    assert {tensor["index"] for tensor in tensors if tensor["dtype"] == np.float32} == ends
    operators = exported.card["parity"]["tflite"]["int8"]["operators"]
    assert (operators["QUANTIZE"], operators["DEQUANTIZE"]) == (1, 1)


def test_int8_weights_have_a_scale_for_each_channel(details):
    _, tensors = details("int8")
    kernels = [tensor for tensor in tensors if tensor["dtype"] == np.int8 and len(tensor["shape"]) == 4]
    scales = {tuple(tensor["shape"]): len(tensor["quantization_parameters"]["scales"]) for tensor in kernels}
    assert scales[(4, 4, 4, 8)] == 4  # (out, height, width, in) of the first transposed convolution


def test_float16_halves_the_weights(details):
    _, tensors = details("float16")
    weights = [tensor for tensor in tensors if tuple(tensor["shape"]) == (4, 4, 4, 8)]
    assert np.float16 in {tensor["dtype"] for tensor in weights}


def test_batches_are_whole():
    inputs = {"z": np.arange(10).reshape(5, 2), "label": np.arange(5)}
    cut = lite.batches(inputs, 2)
    assert [one["label"].tolist() for one in cut] == [[0, 1], [2, 3]]
    assert cut[1]["z"].tolist() == [[4, 5], [6, 7]]


def written(model, folder, batch_size=1):
    signatures.write_for_lite(model, folder, batch_size)
    return folder


def test_conversion_is_silent(tmp_path, capfd):
    folder = written(tiny_generator(), tmp_path / "model")
    capfd.readouterr()
    lite.convert(folder, "int8", lite.batches({"z": latents.sample(4, 8).numpy()}, 1))
    assert capfd.readouterr() == ("", "")


def test_a_failed_conversion_is_an_error_with_a_way_out_and_all_that_was_said(tmp_path, capfd):
    z = keras.Input((8,), name="z")
    outputs = keras.layers.Lambda(lambda x: tf.linalg.expm(tf.reshape(x, (-1, 2, 2))))(z)
    folder = written(keras.Model(z, outputs), tmp_path / "model")
    message = (
        r"The float32 TFLite file cannot be converted\. Leave 'float32' out of `tflite`, or, .*`tflite_batch_size=1`"
    )
    with pytest.raises(export.ExportError, match=message):
        lite.convert(folder, "float32", [])
    assert capfd.readouterr().err
