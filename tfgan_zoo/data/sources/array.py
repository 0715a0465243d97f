"""Images that already are NumPy arrays, in memory or in `.npy` and `.npz` files."""

import hashlib
import math
import zipfile
import zlib

import numpy as np

from tfgan_zoo.data.sources.base import AbstractSource, Item

_CHUNK_BYTES = 1 << 24


class ArraySource(AbstractSource):
    """Images of one array.

    Args:
        images: `(N, H, W)`, `(N, H, W, 1)` or `(N, H, W, 3)`. uint8 means [0, 255]; float must lie in [-1, 1]
            and be negative somewhere, or come with a `value_range`.
        labels: `(N,)` or `(N, 1)` integers, or None.
        value_range: `(black, white)`, the values that become -1 and 1; None for the rule above.
        title: how messages call the source.
        class_names: names of the classes; by default "0", "1", ... up to the highest label.
        identity: a JSON-serialisable value that identifies the content; by default a hash of it.
    """

    unlabelled_because = "only images were passed; pass `(images, labels)`"

    def __init__(self, images, labels=None, *, value_range=None, title="array", class_names=None, identity=None):
        self.title = title
        self._images = _as_batch(np.asanyarray(images), title)
        self._range = _source_range(self._images, value_range, title)
        self._labels = None if labels is None else _as_labels(labels, len(self._images), title)
        self._identity = identity
        self.num_images = len(self._images)
        if labels is not None:
            self.class_names = class_names or tuple(str(i) for i in range(self._labels.max(initial=-1) + 1))

    def items(self):
        for index in range(self.num_images):
            label = None if self._labels is None else int(self._labels[index])
            yield Item(f"{self.title}[{index}]", index, label)

    def decode(self, payload):
        image = self._images[payload]
        if image.dtype == np.uint8 and self._range is None:
            return np.asarray(image)
        if self._range is None:
            return np.asarray(image, np.float32)
        black, white = self._range
        return ((image.astype(np.float64) - black) / (white - black) * 2.0 - 1.0).astype(np.float32)

    def fingerprint(self):
        identity = self._identity or _content_hash(self._images, self._labels)
        return {"kind": "array", "identity": identity, "value_range": self._range}

    def finished(self, preprocessing):
        stored_form = self._range is None and self._images.dtype in (np.uint8, np.float32)
        if stored_form and preprocessing.keeps(self._images.shape[1:]):
            return self._images, self._labels
        return None


def read_array_file(path, *, split="train", value_range=None):
    """Opens a `.npy` file (images) or a `.npz` file (images and perhaps labels) as an `ArraySource`.

    A `.npz` holds `images` and optionally `labels`, or Keras' own `x_train`, `y_train`, `x_test`, `y_test`,
    of which `split` chooses, or a single array of any name.
    """
    title = f"file `{path}`"
    content = _load(path, title)
    if isinstance(content, dict):
        images, labels = _images_and_labels(content, split, title)
    else:
        check_has_no_splits(split, title)
        images, labels = content, None
    status = path.stat()
    identity = [str(path.resolve()), status.st_size, status.st_mtime_ns, split]
    return ArraySource(images, labels, value_range=value_range, title=title, identity=identity)


def check_has_no_splits(split, title):
    """Refuses a `split` other than the default where there is nothing to choose from."""
    if split not in ("train", "all"):
        raise ValueError(
            f"`split` must be 'train' or 'all' for {title}, which has no splits. Received: `split={split!r}`. "
            "Pass the part you mean, for example `images[:1000]`."
        )


def _load(path, title):
    """The array of a `.npy` as a memory map, the arrays of a `.npz` as a dict."""
    try:
        # Without pickle: a file of images has no need of running code.
        if path.suffix.lower() == ".npy":
            return np.load(path, mmap_mode="r", allow_pickle=False)
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as content:
            return {key: content[key] for key in content}
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"Cannot read {title}: {error}") from error


def _images_and_labels(content, split, title):
    parts = [key.removeprefix("x_") for key in content if key.startswith("x_")]
    if parts:
        if split not in parts:
            raise ValueError(f"`split` must be one of {parts} for {title}. Received: `split={split!r}`.")
        return content[f"x_{split}"], content.get(f"y_{split}")
    check_has_no_splits(split, title)
    image_key = "images" if "images" in content else next(iter(content)) if len(content) == 1 else None
    if image_key is None:
        raise ValueError(
            f"Cannot tell which array of {title} holds the images. Received: the arrays {sorted(content)}. "
            "Name them `images` and `labels`, or `x_train`, `y_train`, `x_test`, `y_test`."
        )
    return content[image_key], content.get("labels")


def _as_batch(images, title):
    if images.dtype.kind not in "uifb":
        raise TypeError(f"Images must be numbers. Received: {title} of dtype {images.dtype}.")
    if images.ndim == 3:
        images = images[..., np.newaxis]
    if images.ndim != 4 or images.shape[-1] not in (1, 3):
        hint = " Move the channels last: `images.transpose(0, 2, 3, 1)`." if images.shape[1:2] in ((1,), (3,)) else ""
        raise ValueError(
            "Images must have shape (N, H, W), (N, H, W, 1) or (N, H, W, 3). "
            f"Received: {title} of shape {images.shape}.{hint}"
        )
    if 0 in images.shape:
        raise ValueError(f"There must be at least one image. Received: {title} of shape {images.shape}.")
    return images


def _as_labels(labels, num_images, title):
    labels = np.asarray(labels)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.dtype.kind not in "uib" or labels.shape != (num_images,):
        raise ValueError(
            f"Labels must be integers of shape ({num_images},), one for each image of {title}. "
            f"Received: {labels.dtype} of shape {labels.shape}."
        )
    return labels.astype(np.int32)


def _source_range(images, value_range, title):
    """Checks the values; returns None if they have a stored form's range already, else `(black, white)`."""
    if value_range is not None:
        value_range = _checked_range(value_range)
    if images.dtype == np.uint8 and value_range in (None, (0.0, 255.0)):
        return None
    lowest, highest = _scan(images, title)
    if value_range is None:
        _check_default_range(images.dtype, lowest, highest, title)
    elif lowest < value_range[0] or highest > value_range[1]:
        raise ValueError(
            f"The values of {title} must lie in `value_range`. "
            f"Received: values from {lowest:g} to {highest:g}, `value_range={value_range}`."
        )
    return None if value_range == (-1.0, 1.0) and images.dtype.kind == "f" else value_range


def _checked_range(value_range):
    try:
        black, white = (float(value) for value in value_range)
    except (TypeError, ValueError):
        black, white = math.nan, math.nan
    if not -math.inf < black < white < math.inf:
        raise ValueError(
            "`value_range` must be a pair (black, white) of finite numbers with black < white. "
            f"Received: `value_range={value_range!r}`."
        )
    return black, white


def _check_default_range(dtype, lowest, highest, title):
    if dtype.kind == "f" and -1.0 <= lowest < 0.0 and highest <= 1.0:
        return
    ranges = [(0, 1), (-1, 1), (0, 255), (0, 65535), (lowest, highest)]
    black, white = next((low, high) for low, high in ranges if low <= lowest and highest <= high)
    raise ValueError(
        "Images must be uint8 in [0, 255], or float in [-1, 1] with negative values (without any they could as "
        f"well mean [0, 1]). Received: {title} of {dtype} with values from {lowest:g} to {highest:g}. "
        f"Say which values are black and white, for example `value_range=({black:g}, {white:g})`."
    )


def _scan(images, title):
    """Lowest and highest value, read in chunks; NaN and infinity are refused."""
    rows = max(1, _CHUNK_BYTES // max(1, images[0].nbytes))
    lowest, highest = math.inf, -math.inf
    for start in range(0, len(images), rows):
        chunk = images[start : start + rows]
        if chunk.dtype.kind == "f" and not np.isfinite(chunk).all():
            bad = np.argwhere(~np.isfinite(chunk))[0]
            index = (start + int(bad[0]), *(int(i) for i in bad[1:]))
            raise ValueError(f"Images must be finite. Received: {chunk[tuple(bad)]} in {title} at index {index}.")
        lowest, highest = min(lowest, float(chunk.min())), max(highest, float(chunk.max()))
    return lowest, highest


def _content_hash(images, labels):
    digest = hashlib.blake2b(f"{images.dtype}{images.shape}".encode(), digest_size=16)
    rows = max(1, _CHUNK_BYTES // max(1, images[0].nbytes))
    for start in range(0, len(images), rows):
        digest.update(np.ascontiguousarray(images[start : start + rows]))
    if labels is not None:
        digest.update(np.ascontiguousarray(labels))
    return digest.hexdigest()
