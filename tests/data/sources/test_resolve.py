"""What a user may pass as a source, and what is said about anything else."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfgan_zoo.data.sources import open_source
from tfgan_zoo.data.sources.array import ArraySource
from tfgan_zoo.data.sources.folder import FolderSource

BYTES = np.zeros((5, 4, 6, 3), np.uint8)


@pytest.fixture
def folder(tmp_path):
    Image.fromarray(BYTES[0]).save(tmp_path / "1.png")
    np.save(tmp_path / "a.npy", BYTES)
    return tmp_path


def test_arrays():
    assert open_source(BYTES).class_names is None
    assert open_source((BYTES, np.arange(5))).class_names == ("0", "1", "2", "3", "4")
    assert open_source(tf.constant(BYTES)).num_images == 5
    assert open_source(BYTES.astype(float), value_range=(0, 1)).num_images == 5


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_paths(folder, kind):
    assert isinstance(open_source(kind(folder)), FolderSource)
    assert isinstance(open_source(kind(folder / "a.npy")), ArraySource)


def test_paths_below_the_home_and_working_folder(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    assert open_source("~/a.npy").num_images == 5
    monkeypatch.chdir(folder.parent)
    assert isinstance(open_source(folder.name), FolderSource)


def test_names():
    assert open_source("digits").num_images == 1500
    assert open_source("digits", split="test").num_images == 297


@pytest.mark.parametrize(
    "source", ["/no/such/folder", "./no_such", "~/no_such", "no/such/folder", "no_such.npz", "no_such.PNG", "no_such/"]
)
def test_missing_path(source, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"There is no file or folder `.*no.such.*Received: `source="):
        open_source(source)


def test_empty_name():
    with pytest.raises(ValueError, match="`source` must not be empty. Received: `source=''`"):
        open_source("")


def test_file_of_another_kind(folder):
    (folder / "a.csv").write_text("")
    with pytest.raises(ValueError, match="must be a folder, a .npy or a .npz file. Received: `.*a.csv`"):
        open_source(folder / "a.csv")
    with pytest.raises(ValueError, match="must be a folder of images, not one image. Received: `.*1.png`"):
        open_source(str(folder / "1.png"))


@pytest.mark.parametrize("source", [None, 3, [BYTES], (BYTES,), tf.data.Dataset.range(3)])
def test_source_of_another_type(source):
    with pytest.raises(TypeError, match=f"`source` must be a name, a path, .*Received: {type(source).__name__}"):
        open_source(source)


@pytest.mark.parametrize("split", [None, "", 0])
def test_bad_split(split):
    with pytest.raises(ValueError, match=f"`split` must be a name such as 'train'. Received: `split={split!r}`"):
        open_source("digits", split=split)


def test_split_of_an_array():
    with pytest.raises(ValueError, match="'train' or 'all' for array, which has no splits. Received: `split='test'`"):
        open_source(BYTES, split="test")


def test_value_range_of_files(folder):
    with pytest.raises(ValueError, match=r"`value_range` is for arrays; .*Received: `value_range=\(0, 1\)`"):
        open_source(folder, value_range=(0, 1))
