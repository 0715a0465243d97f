"""The store holds every image once, in memory or on disk, and names what it cannot hold."""

import time
import types

import numpy as np
import pytest
from PIL import Image

from tfgan_zoo.data import store as store_module
from tfgan_zoo.data.preprocessing import Preprocessing
from tfgan_zoo.data.sources.array import ArraySource
from tfgan_zoo.data.sources.folder import FolderSource
from tfgan_zoo.data.store import available_memory, first_image, prepare

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 6, 4, 3), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path):
    for index, pixels in enumerate(PIXELS):
        path = tmp_path / "images" / ("even", "odd")[index % 2] / f"{index:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    return tmp_path / "images"


SORTED = np.concatenate([PIXELS[0::2], PIXELS[1::2]])


@pytest.mark.parametrize("cache", ["memory", "auto", "disk", "folder"])
def test_every_image_in_order(folder, cache, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    store = prepare(FolderSource(folder), Preprocessing(), cache=tmp_path / "mine" if cache == "folder" else cache)
    np.testing.assert_array_equal(store.images, SORTED)
    assert store.labels.tolist() == [0] * 20 + [1] * 20
    assert isinstance(store.images, np.memmap) == (cache in ("disk", "folder"))
    assert (tmp_path / "cache" / "tfgan_zoo" / "data").exists() == (cache == "disk")


def test_auto_goes_to_disk_where_memory_is_short(folder, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(store_module, "available_memory", lambda: 4 * PIXELS.nbytes)
    assert not isinstance(prepare(FolderSource(folder), Preprocessing()).images, np.memmap)
    monkeypatch.setattr(store_module, "available_memory", lambda: 4 * PIXELS.nbytes - 1)
    np.testing.assert_array_equal(prepare(FolderSource(folder), Preprocessing()).images, SORTED)
    assert isinstance(prepare(FolderSource(folder), Preprocessing()).images, np.memmap)


def test_auto_finds_what_lies_on_disk_already(folder, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    prepare(FolderSource(folder), Preprocessing(), cache="disk")
    assert isinstance(prepare(FolderSource(folder), Preprocessing()).images, np.memmap)
    assert not isinstance(prepare(FolderSource(folder), Preprocessing((3, 2))).images, np.memmap)


def test_second_time_nothing_is_decoded(folder, tmp_path, monkeypatch):
    options = {"cache": tmp_path / "cache"}
    prepare(FolderSource(folder), Preprocessing((3, 2)), **options)
    decoded = []
    original = FolderSource.decode
    monkeypatch.setattr(FolderSource, "decode", lambda *args: decoded.append(1) or original(*args))
    prepare(FolderSource(folder), Preprocessing((3, 2)), **options)
    assert len(decoded) == 1  # The first image, for the shape.
    prepare(FolderSource(folder), Preprocessing((2, 3)), **options)
    assert len(decoded) == 42
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_changed_file_is_prepared_anew(folder, tmp_path):
    prepare(FolderSource(folder), Preprocessing(), cache=tmp_path / "cache")
    Image.fromarray(PIXELS[5]).save(folder / "even" / "00.png", compress_level=0)
    store = prepare(FolderSource(folder), Preprocessing(), cache=tmp_path / "cache")
    np.testing.assert_array_equal(store.images[0], PIXELS[5])


def test_arrays_are_preprocessed_on_disk_under_their_content(tmp_path):
    for images in (PIXELS, 255 - PIXELS, PIXELS.copy()):
        store = prepare(ArraySource(images, np.arange(40)), Preprocessing(channels=1), cache=tmp_path)
        assert store.images.shape == (40, 6, 4, 1) and store.labels.tolist() == list(range(40))
    assert len(list(tmp_path.iterdir())) == 2


def test_float_images_stay_float(tmp_path):
    floats = PIXELS / np.float32(127.5) - 1
    for cache in ("memory", tmp_path):
        store = prepare(ArraySource(floats), Preprocessing((3, 2)), cache=cache)
        assert store.images.dtype == np.float32 and np.abs(store.images).max() <= 1


def test_store_cannot_be_written_to(folder):
    for source in (FolderSource(folder), ArraySource(PIXELS)):
        with pytest.raises(ValueError, match="read-only"):
            prepare(source, Preprocessing()).images[0] = 0
    assert PIXELS.flags.writeable


def _break(folder, name, keep=40):
    path = folder / name
    path.write_bytes(path.read_bytes()[:keep])


def test_corrupt_file_is_named(folder):
    _break(folder, "odd/07.png")
    with pytest.raises(ValueError, match="Cannot decode image file `.*odd/07.png`: .*pass `on_error='skip'`"):
        prepare(FolderSource(folder), Preprocessing())


@pytest.mark.parametrize("cache", ["memory", "disk"])
def test_corrupt_files_are_skipped_with_a_count(folder, tmp_path, cache, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name, keep in [("even/00.png", 0), ("odd/07.png", 40), ("odd/09.png", 60), ("odd/11.png", 3)]:
        _break(folder, name, keep)
    sound = [i for i in [*range(0, 40, 2), *range(1, 40, 2)] if i not in (0, 7, 9, 11)]
    for _ in range(2):
        with pytest.warns(
            UserWarning, match=r"Skipped 4 of the 40 images of folder `.*even/00.png`, .*09.png`, \.\.\."
        ):
            store = prepare(FolderSource(folder), Preprocessing(), cache=cache, on_error="skip")
        np.testing.assert_array_equal(store.images, PIXELS[sound])
        assert store.labels.tolist() == [0] * 19 + [1] * 17


def test_not_one_sound_file(tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(ValueError, match="Not one image of folder `.*` can be decoded. Received: 1 images"):
        prepare(FolderSource(tmp_path), Preprocessing(), on_error="skip")


def test_images_of_several_sizes(folder):
    Image.fromarray(PIXELS[0, :5]).save(folder / "odd" / "99.png")
    with pytest.raises(
        ValueError, match=r"the same size. Received: \(5, 4, 3\) for `.*99.png`, \(6, 4, 3\).*`image_size`"
    ):
        prepare(FolderSource(folder), Preprocessing())
    assert prepare(FolderSource(folder), Preprocessing((4, 4))).images.shape == (41, 4, 4, 3)


def test_grey_and_colour(folder):
    Image.fromarray(PIXELS[0, ..., 0]).save(folder / "odd" / "99.png")
    text = r"number of channels. Received: \(6, 4, 1\) for `.*99.png`, \(6, 4, 3\) for the first. Pass `channels=1`"
    with pytest.raises(ValueError, match=text):
        prepare(FolderSource(folder), Preprocessing())
    images = prepare(FolderSource(folder), Preprocessing(channels=3)).images
    np.testing.assert_array_equal(images[-1], np.repeat(PIXELS[0, ..., :1], 3, axis=-1))


def test_first_image(folder):
    np.testing.assert_array_equal(first_image(FolderSource(folder), Preprocessing()), PIXELS[0])


def test_long_preparation_shows_progress(capsys, monkeypatch):
    source = ArraySource(PIXELS)
    original = source.decode
    monkeypatch.setattr(source, "decode", lambda index: time.sleep(0.12) or original(index))
    prepare(source, Preprocessing(channels=1))
    shown = capsys.readouterr().err
    assert "Preparing array" in shown and "40/40" in shown


def test_short_preparation_is_silent(capfd):
    prepare(ArraySource(PIXELS), Preprocessing(channels=1))
    assert capfd.readouterr().err == ""


def test_memory_of_a_container(monkeypatch):
    machine = available_memory()
    assert 0 < machine < 1 << 50
    texts = {"memory.max": "1000000", "memory.current": "400000"}
    monkeypatch.setattr(store_module, "pathlib", types.SimpleNamespace(Path=lambda _: _Files(texts)))
    assert available_memory() == 600_000
    texts["memory.max"] = "max"
    assert available_memory() > 600_000


class _Files(dict):
    def __truediv__(self, name):
        return types.SimpleNamespace(read_text=lambda: self[name])
