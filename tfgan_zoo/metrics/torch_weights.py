"""Read a PyTorch state dict without PyTorch, and without running what a pickle asks to run.

A `.pth` file is a pickle beside raw numbers, in one of two layouts: the older one (before PyTorch 1.6, which
published weights often still have) is a row of pickles followed by the storages; the newer one is a zip
archive. The unpickler here knows the handful of names that a dict of tensors needs and refuses every other,
so that an unknown file cannot execute anything.

Reference: `torch/serialization.py` of PyTorch 2 for both layouts.
"""

import collections
import pickle
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
LEGACY_PROTOCOL = 1001
STORAGES = {
    "DoubleStorage": np.dtype("<f8"),
    "FloatStorage": np.dtype("<f4"),
    "HalfStorage": np.dtype("<f2"),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
    "ByteStorage": np.dtype("u1"),
}


class _Storage(NamedTuple):
    key: str
    dtype: np.dtype
    length: int


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple
    strides: tuple


def read(path):
    """Return the tensors of a file by name.

    Args:
        path: `.npz`, or a `.pth` of either layout that holds a dict of tensors on a CPU or GPU.

    Returns:
        dict from name to NumPy array, in PyTorch's axis order.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is of another kind or damaged, or its pickle names something besides tensors.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"`path` should be a weight file. Received: {path}, which does not exist")
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    try:
        return _read_zip(path) if zipfile.is_zipfile(path) else _read_legacy(path)
    except (pickle.UnpicklingError, EOFError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise ValueError(f"`path` should be a whole PyTorch weight file. Received: {path} ({error})") from error


def save_npz(path, state):
    """Write tensors by name to an `.npz`, which loads faster than the pickle and needs no unpickler."""
    np.savez(path, **state)


class _TensorUnpickler(pickle.Unpickler):
    """An unpickler of tensors alone."""

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return _rebuild_parameter
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        raise ValueError(
            f"`path` should hold a dict of tensors and nothing else; a pickle that names other things could run code. "
            f"Received: a file that names `{module}.{name}`"
        )

    def persistent_load(self, pid):
        kind, dtype, key, _, length = pid[:5]
        if kind != "storage" or not isinstance(dtype, np.dtype):
            raise pickle.UnpicklingError(f"unknown persistent id {pid!r}")
        return _Storage(str(key), dtype, int(length))


def _rebuild_tensor(storage, offset, shape, strides, *_):
    return _Tensor(storage, int(offset), tuple(shape), tuple(strides))


def _rebuild_parameter(tensor, *_):
    return tensor


def _read_zip(path):
    with zipfile.ZipFile(path) as archive:
        pickles = [name for name in archive.namelist() if name.split("/")[-1] == "data.pkl"]
        if len(pickles) != 1:
            raise ValueError(f"`path` should be a PyTorch archive with one data.pkl. Received: {path}")
        root = pickles[0][: -len("data.pkl")]
        if f"{root}byteorder" in archive.namelist() and archive.read(f"{root}byteorder") != b"little":
            raise ValueError(f"`path` should hold little-endian numbers. Received: {path}")
        with archive.open(pickles[0]) as file:
            tensors = _tensors(_TensorUnpickler(file).load(), path)
        return {name: _array(tensor, archive.read(f"{root}data/{tensor.storage.key}")) for name, tensor in tensors}


def _read_legacy(path):
    with path.open("rb") as file:
        if _TensorUnpickler(file).load() != LEGACY_MAGIC or _TensorUnpickler(file).load() != LEGACY_PROTOCOL:
            raise ValueError(f"`path` should be a PyTorch weight file or an .npz. Received: {path}")
        if not _TensorUnpickler(file).load().get("little_endian", True):
            raise ValueError(f"`path` should hold little-endian numbers. Received: {path}")
        tensors = _tensors(_TensorUnpickler(file).load(), path)
        sizes = {tensor.storage.key: tensor.storage.dtype.itemsize for _, tensor in tensors}
        buffers = {}
        for key in _TensorUnpickler(file).load():
            length = int.from_bytes(file.read(8), "little")
            buffers[str(key)] = file.read(length * sizes[str(key)])
    return {name: _array(tensor, buffers[tensor.storage.key]) for name, tensor in tensors}


def _tensors(loaded, path):
    if not isinstance(loaded, dict) or not all(isinstance(value, _Tensor) for value in loaded.values()):
        raise ValueError(
            f"`path` should hold a state dict, names to tensors; save `model.state_dict()`. Received: {path}"
        )
    return list(loaded.items())


def _array(tensor, buffer):
    """View a storage as a tensor, after checking that it lies within."""
    storage = np.frombuffer(buffer, tensor.storage.dtype)
    steps = sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.strides, strict=True))
    if min(tensor.shape, default=1) < 1 or min(tensor.strides, default=0) < 0 or tensor.offset < 0:
        raise ValueError(f"a tensor should have a positive shape and strides. Received: {tensor}")
    if tensor.offset + steps >= len(storage):
        raise ValueError(f"a tensor should lie within its storage of {len(storage)} numbers. Received: {tensor}")
    strides = [stride * storage.itemsize for stride in tensor.strides]
    view = np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.shape, strides, writeable=False)
    return np.array(view)
