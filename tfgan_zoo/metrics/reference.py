"""Reference statistics on disk: computed once for each set of images and extractor, found again under what made them.

One entry is one `.npz`. Its name is a digest of everything that determines its content: data set, split, a
fingerprint of the images' bytes, and the extractor with its weights and preparation. It is written under another name
and then renamed, so that a process that dies leaves no half entry, and its key and checksum are verified whenever it
is read.
"""

import hashlib
import json
import os
import pathlib
import tempfile
import warnings
import zipfile

import numpy as np

from tfgan_zoo.metrics import features, images
from tfgan_zoo.metrics.frechet import Moments

FORMAT_VERSION = 1


def reference_features(extractor, source, *, dataset, split, cache_dir=None):
    """Return the features of reference images, from the cache if they are there.

    Args:
        extractor: anything that `features.as_extractor` takes.
        source: `(images, height, width, channels)` uint8, or floats in `[-1, 1]`.
        dataset: name of the data set, a part of the key.
        split: name of the split, a part of the key.
        cache_dir: folder of the entries; by default `tfgan_zoo/metrics` below `$XDG_CACHE_HOME` or `~/.cache`.

    Returns:
        `Features`.

    Raises:
        ValueError: if the source is empty or holds unfit images.

    Example:

    >>> import tempfile
    >>> digits = np.zeros((3, 28, 28, 1), np.uint8)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     about = {"dataset": "zeros", "split": "all", "cache_dir": folder}
    ...     tfgan_zoo.metrics.reference_features("digits", digits, **about).features.shape
    (3, 128)
    """
    extractor = features.as_extractor(extractor)

    def compute():
        found = features.extract(extractor, source)
        return {name: array for name, array in found._asdict().items() if array is not None}

    arrays = cached(_key("features", extractor, source, dataset, split), compute, cache_dir=cache_dir)
    return features.Features(arrays["features"], arrays.get("logits"))


def reference_moments(extractor, source, *, dataset, split, cache_dir=None):
    """Return the moments of the features of reference images, from the cache if they are there.

    Needs constant memory where `reference_features` needs all features; enough for the Fréchet distance.

    Args and errors as in `reference_features`.

    Returns:
        `Moments`.
    """
    extractor = features.as_extractor(extractor)

    def compute():
        moments = features.extract_moments(extractor, source)
        return {"count": np.array(moments.count), "mean": moments.mean, "scatter": moments.scatter}

    arrays = cached(_key("moments", extractor, source, dataset, split), compute, cache_dir=cache_dir)
    moments = Moments(len(arrays["mean"]))
    moments.count, moments.mean, moments.scatter = int(arrays["count"]), arrays["mean"], arrays["scatter"]
    return moments


def _key(kind, extractor, source, dataset, split):
    return {
        "format": FORMAT_VERSION,
        "kind": kind,
        "dataset": str(dataset),
        "split": str(split),
        "images": fingerprint(source),
        "extractor": extractor.fingerprint,
    }


def fingerprint(source):
    """Return a digest of the shape and bytes of images after rounding, independent of how they are batched.

    Args:
        source: as in `features.batches`.
    """
    digest, count, shape = hashlib.sha256(), 0, ()
    for batch in features.batches(source, 1024):
        digest.update(np.ascontiguousarray(batch))
        count, shape = count + len(batch), batch.shape[1:]
    return f"{count}x{'x'.join(map(str, shape))}-{images.PREPARATION.split('+')[0]}-{digest.hexdigest()[:32]}"


def cached(key, compute, *, cache_dir=None):
    """Return the arrays of a key, computed and stored if they are not there yet.

    Args:
        key: JSON-serialisable dict of everything that determines the arrays.
        compute: callable that returns a dict of arrays.
        cache_dir: folder of the entries.

    Returns:
        dict of arrays. A damaged entry is named in a warning and computed anew.
    """
    text = json.dumps(key, sort_keys=True)
    path = _folder(cache_dir) / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.npz"
    if path.exists():
        arrays = _read(path, text)
        if arrays is not None:
            return arrays
        warnings.warn(f"The reference statistics in `{path}` are damaged; computing them anew.", stacklevel=3)
    arrays = compute()
    _write(path, text, arrays)
    return arrays


def _folder(cache_dir):
    if cache_dir is not None:
        return pathlib.Path(cache_dir).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base, "tfgan_zoo", "metrics")


def _read(path, text):
    """Return the arrays of an entry, or None if it is not whole or not the one asked for."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as entry:
            arrays = dict(entry)
        stored, checksum = str(arrays.pop("key")), str(arrays.pop("checksum"))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return arrays if stored == text and checksum == _checksum(arrays) else None


def _write(path, text, arrays):
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, key=np.array(text), checksum=np.array(_checksum(arrays)), **arrays)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _checksum(arrays):
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype} {arrays[name].shape}".encode())
        digest.update(np.ascontiguousarray(arrays[name]))
    return digest.hexdigest()
