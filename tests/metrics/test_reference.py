"""The cache of reference statistics: hits, misses, damage, interruption."""

import pathlib

import numpy as np
import pytest

from tfgan_zoo.metrics import (
    as_extractor,
    extract,
    fingerprint,
    frechet_distance,
    reference,
    reference_features,
    reference_moments,
)


def levels(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 4, 4, 1)).astype(np.uint8)


class Counting:
    """An extractor function that counts its calls."""

    def __init__(self):
        self.calls = 0

    def __call__(self, batch):
        self.calls += 1
        flat = batch.reshape(len(batch), -1).astype(np.float32)
        return flat, flat[:, :2]


def test_the_second_time_nothing_is_computed(tmp_path):
    function, images = Counting(), levels(10)
    extractor = as_extractor(function, name="flat")
    options = {"dataset": "noise", "split": "test", "cache_dir": tmp_path}
    first = reference_features(extractor, images, **options)
    calls = function.calls
    second = reference_features(extractor, images, **options)
    assert function.calls == calls == 1
    for one, two, expected in zip(first, second, extract(extractor, images), strict=True):
        np.testing.assert_array_equal(one, expected)
        np.testing.assert_array_equal(two, expected)
    assert [path.suffix for path in tmp_path.iterdir()] == [".npz"]


def test_moments_are_restored_whole(tmp_path):
    extractor, images = as_extractor(Counting(), name="flat"), levels(50)
    options = {"dataset": "noise", "split": "test", "cache_dir": tmp_path}
    first, second = (reference_moments(extractor, images, **options) for _ in range(2))
    assert extractor.function.calls == 1 and second.count == 50
    assert frechet_distance(second, extract(extractor, images).features) < 1e-6
    np.testing.assert_array_equal(first.covariance, second.covariance)


def test_whatever_changes_the_numbers_changes_the_key(tmp_path):
    base = {"source": levels(6), "dataset": "noise", "split": "test", "extractor": as_extractor(Counting(), name="a")}
    changes = [
        {},
        {"source": levels(6, seed=1)},
        {"source": levels(5)},
        {"source": levels(6).reshape(6, 2, 8, 1)},
        {"dataset": "other"},
        {"split": "train"},
        {"extractor": as_extractor(Counting(), name="b")},
    ]
    for change in changes:
        reference_features(**(base | change), cache_dir=tmp_path)
    reference_moments(**base, cache_dir=tmp_path)
    assert len(list(tmp_path.iterdir())) == len(changes) + 1


def test_fingerprint_sees_bytes_and_not_batches():
    images = levels(9)
    expected = fingerprint(images)
    assert expected == fingerprint([images[:4], images[4:]]) == fingerprint(images / 127.5 - 1)
    changed = images.copy()
    changed[8, 3, 3, 0] ^= 1
    assert fingerprint(changed) != expected
    assert expected.startswith("9x4x4x1-")


@pytest.mark.parametrize("damage", ["truncated", "one bit", "another key"])
def test_a_damaged_entry_is_computed_anew(tmp_path, damage):
    function, images = Counting(), levels(40)
    extractor = as_extractor(function, name="flat")
    options = {"dataset": "noise", "split": "test", "cache_dir": tmp_path}
    expected = reference_features(extractor, images, **options)
    (path,) = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    if damage == "truncated":
        path.write_bytes(content[:-100])
    elif damage == "one bit":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    else:
        with np.load(path) as file:
            arrays = dict(file)
        np.savez(path, **(arrays | {"key": np.array("{}")}))
    with pytest.warns(UserWarning, match="damaged; computing them anew"):
        again = reference_features(extractor, images, **options)
    np.testing.assert_array_equal(again.features, expected.features)
    assert function.calls == 2
    reference_features(extractor, images, **options)
    assert function.calls == 2


def test_an_interrupted_write_leaves_nothing(tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(reference.np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt):
        reference.cached({"a": 1}, lambda: {"x": np.zeros(3)}, cache_dir=tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


def test_default_folder_follows_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    reference.cached({"a": 1}, lambda: {"x": np.zeros(3)})
    assert len(list((tmp_path / "tfgan_zoo" / "metrics").iterdir())) == 1
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(pathlib.Path, "home", lambda: tmp_path / "home")
    assert reference._folder(None) == tmp_path / "home" / ".cache" / "tfgan_zoo" / "metrics"
