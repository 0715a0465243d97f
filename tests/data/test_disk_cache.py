"""Entries on disk are complete or are not used."""

import os
import pathlib

import numpy as np
import pytest

from tfgan_zoo.data import disk_cache

IMAGES = np.arange(4 * 2 * 3 * 1, dtype=np.uint8).reshape(4, 2, 3, 1)


def _pairs(labels=(3, 1, 2, 0)):
    return iter([(image, label) for image, label in zip(IMAGES, labels, strict=True)])


def _never():
    raise AssertionError("The entry should have been read, not written.")
    yield


def _save(entry, pairs=None, num=4, skipped=()):
    return disk_cache.load_or_save(entry, pairs or _pairs(), (num, 2, 3, 1), IMAGES.dtype, list(skipped))


def _load(entry):
    return _save(entry, _never())


def test_round_trip(tmp_path):
    entry = tmp_path / "cache" / "key"
    for images, labels, skipped in (_save(entry, skipped=["a.png"]), _load(entry)):
        assert isinstance(images, np.memmap)
        np.testing.assert_array_equal(images, IMAGES)
        np.testing.assert_array_equal(labels, [3, 1, 2, 0])
        assert (labels.dtype, skipped) == (np.int32, ["a.png"])
    assert [path.name for path in entry.parent.iterdir()] == ["key"]


def test_without_labels(tmp_path):
    _, labels, _ = _save(tmp_path / "key", _pairs([None] * 4))
    assert labels is None and _load(tmp_path / "key")[1] is None


def test_fewer_images_than_expected(tmp_path):
    images, _, _ = _save(tmp_path / "key", num=100_004)
    np.testing.assert_array_equal(images, IMAGES)
    assert np.load(tmp_path / "key" / "images.npy").shape == (4, 2, 3, 1)


def _truncate(path):
    os.truncate(path, path.stat().st_size - 1)


def _flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["images.npy", "labels.npy"])
@pytest.mark.parametrize("damage", [_truncate, _flip_a_bit, pathlib.Path.unlink])
def test_damaged_entry_is_written_anew(tmp_path, name, damage):
    entry = tmp_path / "key"
    _save(entry)
    damage(entry / name)
    with pytest.warns(UserWarning, match="are damaged; preparing them anew"):
        images, labels, _ = _save(entry)
    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(_load(entry)[1], labels)


def test_entry_without_record_is_written_anew(tmp_path):
    _save(tmp_path / "key")
    (tmp_path / "key" / "entry.json").write_text('{"files":')
    with pytest.warns(UserWarning, match="damaged"):
        np.testing.assert_array_equal(_save(tmp_path / "key")[0], IMAGES)


def test_interrupted_writing_leaves_nothing(tmp_path):
    def interrupted():
        yield from list(_pairs())[:2]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _save(tmp_path / "key", interrupted())
    assert list(tmp_path.iterdir()) == []


def test_what_a_dead_process_left_is_removed(tmp_path):
    _save(tmp_path / "other")
    dead, alive = (tmp_path / f"key.{os.uname().nodename}.{pid}.partial" for pid in (4_194_999, os.getppid()))
    dead.mkdir()
    alive.mkdir()
    _save(tmp_path / "key")
    assert not dead.exists() and alive.exists() and (tmp_path / "other").exists()


def test_another_process_was_faster(tmp_path, monkeypatch):
    entry = tmp_path / "key"

    def overtaken():
        yield from list(_pairs())[:2]
        with monkeypatch.context() as another_process:
            parent = os.getppid()
            another_process.setattr(disk_cache.os, "getpid", lambda: parent)
            _save(entry)
        yield from list(_pairs())[2:]

    np.testing.assert_array_equal(_save(entry, overtaken())[0], IMAGES)
    np.testing.assert_array_equal(_load(entry)[0], IMAGES)
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_key_depends_on_everything():
    keys = [disk_cache.key(*content) for content in [("a", 1), ("a", 2), ("b", 1), ({"x": 1, "y": 2},)]]
    assert len(set(keys)) == 4
    assert disk_cache.key({"y": 2, "x": 1}) == keys[3]


def test_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="Cannot write prepared images to.*file.*Pass another folder as `cache`"):
        _save(tmp_path / "file" / "key")


def test_full_disk(tmp_path, monkeypatch):
    with pytest.raises(OSError, match=r"the images take 6000000.0 GB, and [0-9.]+ GB are free.*`cache='memory'`"):
        _save(tmp_path / "key", num=10**15)

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk_cache.np, "save", fail)
    with pytest.raises(OSError, match="No space left on device.*Pass another folder"):
        _save(tmp_path / "key")
    assert list(tmp_path.iterdir()) == []


def test_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert disk_cache.cache_folder("disk") == tmp_path / "tfgan_zoo" / "data"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert disk_cache.cache_folder("auto") == pathlib.Path.home() / ".cache" / "tfgan_zoo" / "data"
    assert disk_cache.cache_folder("./here") == pathlib.Path("here")
    assert disk_cache.cache_folder(tmp_path) == tmp_path


@pytest.mark.parametrize("cache, hint", [("memroy", "Did you mean 'memory'"), (True, "Received: `cache=True`")])
def test_unknown_cache(cache, hint):
    with pytest.raises(ValueError, match=f"`cache` must be 'auto'.*{hint}"):
        disk_cache.cache_folder(cache)


def test_checksum_of_large_files_samples_them_evenly(tmp_path, monkeypatch):
    monkeypatch.setattr(disk_cache, "_BLOCK_BYTES", 10)
    monkeypatch.setattr(disk_cache, "_MAX_BLOCKS", 5)
    path = tmp_path / "file"
    path.write_bytes(bytes(1000))
    original = disk_cache._checksum(path)
    changed = []
    # Five blocks of ten bytes, beginning at 990 * i / 4: 0, 247, 495, 742, 990.
    for position in (0, 246, 247, 504, 505, 999):
        content = bytearray(1000)
        content[position] = 1
        path.write_bytes(content)
        changed.append(disk_cache._checksum(path) != original)
    assert changed == [True, False, True, True, False, True]
