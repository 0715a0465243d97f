"""Prepared images on disk: complete, checked and under the key of their content, or not there at all.

One entry is one folder: `images.npy`, `labels.npy` where there are labels, and `entry.json` with the size and
checksum of both. It is written under another name and renamed when it is complete, so a process that dies
leaves no entry.
"""

import difflib
import hashlib
import json
import os
import pathlib
import shutil
import socket
import warnings
import zlib

import numpy as np

# Part of every key: raise it whenever decoding or preprocessing changes its results.
FORMAT_VERSION = 1

_BLOCK_BYTES, _MAX_BLOCKS = 1 << 20, 1024


def cache_folder(cache):
    """Checks the argument `cache` and returns the folder in which entries lie."""
    if isinstance(cache, os.PathLike) or (isinstance(cache, str) and os.sep in cache):
        return pathlib.Path(cache).expanduser()
    if cache not in ("auto", "memory", "disk"):
        nearest = difflib.get_close_matches(str(cache), ("auto", "memory", "disk"), n=1)
        hint = f" Did you mean '{nearest[0]}'?" if nearest else ""
        raise ValueError(
            "`cache` must be 'auto', 'memory', 'disk' or the path of a folder (with a separator, such as "
            "'./cache'). "
            f"Received: `cache={cache!r}`.{hint}"
        )
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(base, "tfgan_zoo", "data")


def key(*content):
    """Name of the entry for all that determines its content (JSON-serialisable)."""
    text = json.dumps([FORMAT_VERSION, *content], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def label_array(labels):
    """int32 array of a list of labels, or None for a list of None."""
    return None if labels[0] is None else np.array(labels, np.int32)


def load_or_save(entry, pairs, shape, dtype, skipped):
    """Loads an entry; if there is none, or a damaged one, writes it first.

    Args:
        entry: folder of the entry.
        pairs: iterator of `(image, label)`; only consumed if the entry must be written.
        shape: `(N, H, W, C)`, where N may be more than `pairs` will yield.
        dtype: of the images.
        skipped: list of names that `pairs` fills while it is consumed.

    Returns:
        `(images, labels or None, skipped)`, `images` being a read-only memory map.
    """
    loaded = _load(entry) if entry.exists() else None
    if loaded is not None:
        return loaded
    if entry.exists():
        warnings.warn(f"The prepared images in `{entry}` are damaged; preparing them anew.", stacklevel=5)
    try:
        shutil.rmtree(entry, ignore_errors=True)
        _save(entry, pairs, shape, dtype, skipped)
    except OSError as error:
        raise OSError(
            f"Cannot write prepared images to `{entry.parent}`: {error} "
            "Pass another folder as `cache`, or `cache='memory'`."
        ) from error
    return _load(entry)


def _save(entry, pairs, shape, dtype, skipped):
    partial = entry.with_name(f"{entry.name}.{socket.gethostname()}.{os.getpid()}.partial")
    entry.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(entry)
    _check_space(entry.parent, int(np.prod(shape)) * dtype.itemsize)
    partial.mkdir()
    try:
        labels = label_array(_write_images(partial / "images.npy", pairs, shape, dtype))
        if labels is not None:
            np.save(partial / "labels.npy", labels)
        files = {path.name: [path.stat().st_size, _checksum(path)] for path in partial.iterdir()}
        (partial / "entry.json").write_text(json.dumps({"files": files, "skipped": skipped}))
        _publish(partial, entry)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _write_images(path, pairs, shape, dtype):
    """Writes an ordinary file: on a full disk that is an error, where a memory map kills the process."""
    labels = []
    with open(path, "wb") as file:
        _write_header(file, shape, dtype)
        for image, label in pairs:
            file.write(np.ascontiguousarray(image).data)
            labels.append(label)
        # The header has room for any length, so the true one fits where the expected one stood.
        file.seek(0)
        _write_header(file, (len(labels), *shape[1:]), dtype)
    return labels


def _write_header(file, shape, dtype):
    description = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, description)


def _publish(partial, entry):
    try:
        os.replace(partial, entry)
    except OSError:
        # Another process has written the same entry in the meantime: it is as good as ours.
        if not entry.exists():
            raise


def _load(entry):
    """Returns `(images, labels, skipped)`, or None unless the entry is complete and its checksums hold."""
    try:
        record = json.loads((entry / "entry.json").read_text())
        for name, (size, checksum) in record["files"].items():
            if (entry / name).stat().st_size != size or _checksum(entry / name) != checksum:
                return None
        images = np.load(entry / "images.npy", mmap_mode="r", allow_pickle=False)
        labels = np.load(entry / "labels.npy") if "labels.npy" in record["files"] else None
        return images, labels, record["skipped"]
    except (OSError, ValueError, KeyError):
        return None


def _checksum(path):
    """CRC-32 of the file up to 1 GiB, of 1024 evenly spaced blocks of 1 MiB beyond: in bounded time."""
    size = path.stat().st_size
    num_blocks = min(_MAX_BLOCKS, -(-size // _BLOCK_BYTES))
    checksum = 0
    with open(path, "rb") as file:
        for block in range(num_blocks):
            file.seek(max(0, size - _BLOCK_BYTES) * block // max(1, num_blocks - 1))
            checksum = zlib.crc32(file.read(_BLOCK_BYTES), checksum)
    return checksum


def _check_space(folder, num_bytes):
    free = shutil.disk_usage(folder).free
    if num_bytes > free:
        raise OSError(f"the images take {num_bytes / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free.")


def _remove_abandoned(entry):
    """Removes what processes of this machine that have died left of the same entry."""
    import psutil

    for partial in entry.parent.glob(f"{entry.name}.{socket.gethostname()}.*.partial"):
        pid = int(partial.name.split(".")[-2])
        if pid == os.getpid() or not psutil.pid_exists(pid):
            shutil.rmtree(partial, ignore_errors=True)
