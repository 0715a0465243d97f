"""Exported files as functions of arrays."""

import numpy as np
import pytest
import tensorflow as tf

from tests.export.generators import tiny_generator
from tfgan_zoo.export import lite, signatures
from tfgan_zoo.export.plain import runners


@pytest.fixture(scope="module")
def in_threes(tmp_path_factory):
    """A TFLite file with batches of three."""
    folder = tmp_path_factory.mktemp("threes")
    model = tiny_generator()
    signatures.write_for_lite(model, folder / "model", 3)
    (folder / "model.tflite").write_bytes(lite.convert(folder / "model", "float32", []))
    return model, runners.Lite(folder / "model.tflite")


@pytest.mark.parametrize("rows", [1, 3, 4])
def test_any_number_of_rows_runs_in_the_files_batch_size(in_threes, rows):
    model, file = in_threes
    assert (file.batch_size, file.inputs) == (3, ["z"])
    z = np.random.default_rng(2).normal(size=(rows, 8)).astype("float32")
    np.testing.assert_allclose(file.run(z=z), model(z, training=False), rtol=0, atol=1e-5)


def test_operators_are_counted(in_threes):
    assert in_threes[1].operators()["TRANSPOSE_CONV"] == 2


def test_operators_of_tensorflow_are_custom(tmp_path):
    module = tf.Module()
    module.serve = tf.function(lambda z: {"images": tf.linalg.inv(z)}, [tf.TensorSpec((1, 2, 2), tf.float32, "z")])
    tf.saved_model.save(module, tmp_path / "model", signatures=module.serve)
    converter = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path / "model"))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.SELECT_TF_OPS]
    path = tmp_path / "flex.tflite"
    path.write_bytes(converter.convert())
    names = runners.operator_names(path.read_bytes())
    assert names["CUSTOM:FlexMatrixInverse"] == 1


def test_a_saved_model_runs_by_signature(gan, exported):
    model = runners.SavedModel(exported.path)
    images = model.run("sample", seed=np.array([2], np.int64))["images"]
    np.testing.assert_allclose(images, gan.sample(1, seed=2), rtol=0, atol=1e-5)
