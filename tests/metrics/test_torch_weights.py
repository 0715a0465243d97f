"""Reading PyTorch files: both layouts written here byte by byte, and pickles that ask for more than tensors."""

import collections
import io
import os
import pickle
import sys
import types
import zipfile

import numpy as np
import pytest

from tfgan_zoo.metrics import torch_weights


class Storage:
    """Stands for one of PyTorch's storages while a pickle is written."""

    def __init__(self, kind, key, array):
        self.pid = ("storage", kind, key, "cpu", array.size)


class Tensor:
    """Pickles as PyTorch's tensors do."""

    def __init__(self, storage, offset, shape, strides):
        self.arguments = (storage, offset, shape, strides, False, collections.OrderedDict())

    def __reduce__(self):
        return sys.modules["torch._utils"]._rebuild_tensor_v2, self.arguments


class StoragePickler(pickle.Pickler):
    """Writes storages as persistent ids; the older layout adds a sixth entry."""

    def persistent_id(self, item):
        return (*item.pid, None) if isinstance(item, Storage) and self.legacy else getattr(item, "pid", None)


@pytest.fixture
def torch_names(monkeypatch):
    """Modules with the names that PyTorch's pickles refer to."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    for name in ("FloatStorage", "LongStorage"):
        setattr(torch, name, type(name, (), {"__module__": "torch", "__qualname__": name}))

    def _rebuild_tensor_v2():
        """Only its name is pickled."""

    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)
    return torch


def dump(item, legacy):
    buffer = io.BytesIO()
    pickler = StoragePickler(buffer, protocol=2)
    pickler.legacy = legacy
    pickler.dump(item)
    return buffer.getvalue()


def write_zip(path, item, storages):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("weights/data.pkl", dump(item, legacy=False))
        archive.writestr("weights/byteorder", "little")
        for key, array in storages.items():
            archive.writestr(f"weights/data/{key}", array.tobytes())


def write_legacy(path, item, storages):
    info = {"protocol_version": 1001, "little_endian": True, "type_sizes": {}}
    with open(path, "wb") as file:
        for part in (torch_weights.LEGACY_MAGIC, 1001, info):
            file.write(dump(part, legacy=True))
        file.write(dump(item, legacy=True))
        file.write(dump(list(storages), legacy=True))
        for array in storages.values():
            file.write(array.size.to_bytes(8, "little") + array.tobytes())


def state_dict(torch):
    """Two tensors of one storage (one of them transposed) and an integer scalar, with PyTorch's `_metadata`."""
    storages = {"11": np.arange(10, dtype="<f4"), "12": np.array([42], "<i8")}
    floats, longs = Storage(torch.FloatStorage, "11", storages["11"]), Storage(torch.LongStorage, "12", storages["12"])
    state = collections.OrderedDict(
        matrix=Tensor(floats, 0, (3, 2), (1, 3)), tail=Tensor(floats, 6, (4,), (1,)), count=Tensor(longs, 0, (), ())
    )
    state._metadata = collections.OrderedDict(version=2)
    return state, storages


@pytest.mark.parametrize("write", [write_zip, write_legacy])
def test_both_layouts_are_read(torch_names, tmp_path, write):
    write(tmp_path / "weights.pth", *state_dict(torch_names))
    state = torch_weights.read(tmp_path / "weights.pth")
    assert list(state) == ["matrix", "tail", "count"]
    np.testing.assert_array_equal(state["matrix"], [[0, 3], [1, 4], [2, 5]])
    np.testing.assert_array_equal(state["tail"], [6, 7, 8, 9])
    assert state["count"].dtype == np.int64 and state["count"] == 42 and state["count"].shape == ()
    torch_weights.save_npz(tmp_path / "weights.npz", state)
    again = torch_weights.read(tmp_path / "weights.npz")
    assert all(np.array_equal(again[name], state[name]) for name in state)


class Attack:
    """A pickle that would run a command."""

    def __reduce__(self):
        return os.system, ("touch attacked",)


@pytest.mark.parametrize("write", [write_zip, write_legacy])
def test_a_pickle_with_other_names_is_refused_and_runs_nothing(torch_names, tmp_path, monkeypatch, write):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "weights.pth", {"a": Attack()}, {})
    with pytest.raises(ValueError, match="could run code. Received: a file that names `posix.system`"):
        torch_weights.read(tmp_path / "weights.pth")
    assert not (tmp_path / "attacked").exists()


@pytest.mark.parametrize(
    "arguments", [(0, (11,), (1,)), (8, (3,), (1,)), (0, (2, 2), (1, 9)), (-1, (2,), (1,)), (0, (2,), (-1,))]
)
def test_tensors_outside_their_storage_are_refused(torch_names, tmp_path, arguments):
    array = np.arange(10, dtype="<f4")
    tensor = Tensor(Storage(torch_names.FloatStorage, "0", array), *arguments)
    write_zip(tmp_path / "weights.pth", {"a": tensor}, {"0": array})
    with pytest.raises(ValueError, match="a tensor should"):
        torch_weights.read(tmp_path / "weights.pth")


def test_other_files_are_refused(torch_names, tmp_path):
    path = tmp_path / "weights.pth"
    with pytest.raises(FileNotFoundError, match="weights.pth, which does not exist"):
        torch_weights.read(path)
    path.write_bytes(b"no weights here")
    with pytest.raises(ValueError, match="whole PyTorch weight file"):
        torch_weights.read(path)
    path.write_bytes(pickle.dumps(5))
    with pytest.raises(ValueError, match="PyTorch weight file or an .npz"):
        torch_weights.read(path)
    write_legacy(path, *state_dict(torch_names))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match="should lie within its storage|whole PyTorch weight file"):
        torch_weights.read(path)
    write_zip(path, [1, 2], {})
    with pytest.raises(ValueError, match="should hold a state dict"):
        torch_weights.read(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme", "nothing")
    with pytest.raises(ValueError, match="one data.pkl"):
        torch_weights.read(path)
