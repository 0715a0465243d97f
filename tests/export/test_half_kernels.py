"""float16 for the kernels of convolutions alone: numbers, size, what is rounded and what is not."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from tensorflow.lite.tools import flatbuffer_utils

from tfgan_zoo.export import half_kernels, lite, signatures
from tfgan_zoo.export.plain import runners

KERNELS = {(16, 3, 3, 8), (8, 4, 4, 16), (3, 3, 3, 2, 4)}  # As TFLite turns them.


def convolutions():
    """All four operators whose kernels are rounded; the two of three axes have kernels of one shape."""
    layers = keras.layers
    z = keras.Input((4,), name="z")
    x = layers.Reshape((4, 4, 8))(layers.Dense(128)(z))
    x = layers.Conv2D(16, 3, padding="same", activation="relu")(x)
    x = layers.Conv2DTranspose(8, 4, strides=2, padding="same")(x)
    x = layers.Conv3D(4, 3, padding="same")(layers.Reshape((8, 8, 4, 2))(x))
    x = layers.Conv3DTranspose(2, 3, padding="same")(x)
    return keras.Model(z, layers.Reshape((8, 8, 8))(x))


def float32_file(call, folder):
    """The TFLite file of a function of latents, a batch of three."""
    spec = tf.TensorSpec((3, 4), tf.float32, "z")
    signatures.write({"serving_default": (lambda z: {"images": call(z)}, [spec])}, folder)
    return lite.convert(folder, "float32")


def run(content, path, z):
    path.write_bytes(content)
    return runners.Lite(path).run(z=z)


def constants(content):
    """Shapes of what a file holds in float16 and in float32."""
    tensors = Interpreter(model_content=content).get_tensor_details()
    return [{tuple(t["shape"]) for t in tensors if t["dtype"] == dtype} for dtype in (np.float16, np.float32)]


@pytest.fixture
def z():
    return np.random.default_rng(0).normal(size=(3, 4)).astype("float32")


def test_it_computes_what_rounded_kernels_give(tmp_path, z):
    model, rounded = convolutions(), convolutions()
    rounded.set_weights([w.astype("float16") if w.ndim > 2 else w for w in model.get_weights()])
    content = float32_file(model, tmp_path / "model")
    halved = half_kernels.with_half_kernels(content)
    made = run(halved, tmp_path / "halved.tflite", z)
    np.testing.assert_allclose(made, rounded(z), rtol=0, atol=1e-6)
    assert np.abs(made - model(z)).max() > 1e-5


def test_kernels_and_nothing_else_are_half_the_size(tmp_path):
    content = float32_file(convolutions(), tmp_path / "model")
    halved = half_kernels.with_half_kernels(content)
    assert constants(halved)[0] == KERNELS
    assert (128, 4) in constants(halved)[1]
    saved = 2 * (16 * 3 * 3 * 8 + 8 * 4 * 4 * 16 + 2 * 3 * 3 * 3 * 2 * 4)
    # What is added, names and operators, is some hundred bytes for each kernel.
    assert saved - 4 * 400 < len(content) - len(halved) < saved


def test_operators_are_those_before_and_four_that_widen(tmp_path):
    content = float32_file(convolutions(), tmp_path / "model")
    halved = half_kernels.with_half_kernels(content)
    before, after = (runners.operator_names(file) for file in (content, halved))
    assert after == {**before, "DEQUANTIZE": 4}
    # The version from which on DEQUANTIZE takes float16, as older runtimes ask.
    codes = flatbuffer_utils.convert_bytearray_to_object(halved).operatorCodes
    assert [code.version for code in codes if code.builtinCode == 6] == [3]


def test_a_kernel_of_two_convolutions_is_stored_once(tmp_path, z):
    layer = keras.layers.Conv2D(4, 3, padding="same", use_bias=False)

    def twice(z):
        return layer(tf.sin(layer(tf.reshape(z, (3, 1, 1, 4)))))

    content = float32_file(twice, tmp_path / "model")
    halved = half_kernels.with_half_kernels(content)
    assert runners.operator_names(halved)["DEQUANTIZE"] == 1
    layer.kernel.assign(tf.cast(tf.cast(layer.kernel, tf.float16), tf.float32))
    np.testing.assert_allclose(run(halved, tmp_path / "halved.tflite", z), twice(z), rtol=0, atol=1e-6)


def test_a_kernel_that_others_read_too_stays_as_it_is(tmp_path):
    # In TFLite's order of axes, so that the converter has one constant for the convolution and the product.
    kernel = tf.constant(np.random.default_rng(1).normal(size=(3, 1, 1, 4)), tf.float32)

    def both(z):
        images = tf.reshape(z, (3, 1, 1, 4))
        convolved = tf.nn.conv2d(images, tf.transpose(kernel, (1, 2, 3, 0)), 1, "SAME")
        return tf.concat([convolved, kernel * images], axis=-1)

    content = float32_file(both, tmp_path / "model")
    assert runners.operator_names(content)["CONV_2D"] == 1
    assert half_kernels.with_half_kernels(content) is None


def test_a_perceptron_has_no_kernels(tmp_path):
    content = float32_file(keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]), tmp_path / "model")
    assert half_kernels.with_half_kernels(content) is None
