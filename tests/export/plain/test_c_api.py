"""TensorFlow's C API on an exported SavedModel."""

import ctypes
import io
import types

import numpy as np
import pytest
from PIL import Image

from tfgan_zoo import pictures
from tfgan_zoo.export.plain import c_api


@pytest.fixture(scope="module")
def session(exported):
    session = c_api.Session(exported.path)
    yield session
    session.close()


def test_signatures_are_read_from_the_file(session):
    assert set(session.signatures) == {"serving_default", "sample", "png"}
    inputs, outputs = session.signatures["serving_default"]
    assert list(inputs) == ["z"] and list(outputs) == ["images"]


def test_floats_go_in_and_out(gan, session):
    z = np.random.default_rng(5).normal(size=(3, 8)).astype("float32")
    np.testing.assert_allclose(session.run("serving_default", z=z)["images"], gan.sample(z=z), rtol=0, atol=1e-5)


def test_seeds_go_in_and_strings_come_out(gan, session):
    (file,) = session.run("png", seed=np.array([6], np.int64))["image_bytes"]
    levels = np.asarray(Image.open(io.BytesIO(file)))
    np.testing.assert_array_equal(levels, pictures.to_uint8(gan.sample(1, seed=6))[0, ..., 0])


def test_arrays_of_any_memory_order_are_understood(session):
    z = np.asfortranarray(np.arange(16, dtype="float32").reshape(2, 8) / 16.0)
    straight = session.run("serving_default", z=np.ascontiguousarray(z))["images"]
    np.testing.assert_array_equal(session.run("serving_default", z=z)["images"], straight)


def test_an_error_has_tensorflows_words(session):
    with pytest.raises(RuntimeError, match="Matrix size-incompatible|[Ii]ncompatible shapes"):
        session.run("serving_default", z=np.zeros((2, 9), np.float32))


def test_a_folder_without_a_model_is_an_error(tmp_path):
    with pytest.raises(RuntimeError, match="Could not find SavedModel"):
        c_api.Session(tmp_path)


def test_a_missing_library_is_unavailable(tmp_path):
    with pytest.raises(c_api.Unavailable, match=r"none of libtensorflow_cc\.so\.2, .* lies in the TensorFlow package"):
        c_api.load_library(tmp_path)


def test_a_library_that_cannot_be_loaded_is_unavailable(tmp_path):
    (tmp_path / c_api.LIBRARIES[0]).write_bytes(b"no library")
    with pytest.raises(c_api.Unavailable, match="invalid ELF header|file too short|not a mach-o"):
        c_api.load_library(tmp_path)


def test_a_library_without_a_function_is_unavailable(tmp_path, monkeypatch):
    (tmp_path / c_api.LIBRARIES[0]).write_bytes(b"")
    monkeypatch.setattr(ctypes, "CDLL", lambda path: types.SimpleNamespace())
    with pytest.raises(c_api.Unavailable, match="TF_NewStatus"):
        c_api.load_library(tmp_path)
