"""From what the user passes to the source it means."""

import os
import pathlib

from tfgan_zoo.data.sources.array import ArraySource, check_has_no_splits, read_array_file
from tfgan_zoo.data.sources.builtin import BUILTIN, open_builtin
from tfgan_zoo.data.sources.folder import IMAGE_SUFFIXES, FolderSource
from tfgan_zoo.data.sources.tfds import TfdsSource

_ARRAY_SUFFIXES = (".npy", ".npz")


def open_source(source, *, split="train", value_range=None, data_dir=None, image_key=None):
    """Opens an array, an `(images, labels)` tuple, a folder, a `.npy` or `.npz` file, or a set by name.

    A string that is the path of an existing file or folder means that; only then is it looked up as a name.
    """
    if not isinstance(split, str) or not split:
        raise ValueError(f"`split` must be a name such as 'train'. Received: `split={split!r}`.")
    if isinstance(source, (str, os.PathLike)):
        return _open_path_or_name(source, split, value_range, data_dir, image_key)
    images, labels = source if isinstance(source, tuple) and len(source) == 2 else (source, None)
    if not hasattr(images, "__array__"):
        raise TypeError(
            "`source` must be a name, a path, an array or a tuple (images, labels) of arrays. "
            f"Received: {type(source).__name__}."
        )
    check_has_no_splits(split, "array")
    return ArraySource(images, labels, value_range=value_range)


def _open_path_or_name(source, split, value_range, data_dir, image_key):
    if source == "":
        raise ValueError("`source` must not be empty. Received: `source=''`.")
    path = pathlib.Path(source).expanduser()
    if path.suffix.lower() in _ARRAY_SUFFIXES and path.is_file():
        return read_array_file(path, split=split, value_range=value_range)
    if value_range is not None:
        raise ValueError(
            f"`value_range` is for arrays; `{source}` holds 8-bit images. Received: `value_range={value_range!r}`."
        )
    if path.is_dir():
        return FolderSource(path, split)
    if path.exists() or _must_be_path(source):
        raise ValueError(_wrong_path_message(path))
    if source in BUILTIN:
        return open_builtin(source, split)
    return TfdsSource(source, split, data_dir=data_dir, image_key=image_key)


def _must_be_path(source):
    """Whether it can be no name: those of TensorFlow Datasets are "set" or "set/config"."""
    text = os.fspath(source)
    suffixes = (*IMAGE_SUFFIXES, *_ARRAY_SUFFIXES)
    return (
        not isinstance(source, str)
        or os.path.isabs(text)
        or text.startswith((".", "~"))
        or text.lower().endswith((os.sep, *suffixes))
        or text.count("/") > 1
        or "\\" in text
    )


def _wrong_path_message(path):
    if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file():
        return f"`source` must be a folder of images, not one image. Received: `{path}`."
    if path.exists():
        return f"`source` must be a folder, a .npy or a .npz file. Received: `{path}`."
    return f"There is no file or folder `{path}` (that is `{path.absolute()}`). Received: `source='{path}'`."
