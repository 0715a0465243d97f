"""The model card: what an exported folder holds, where it comes from and how true it is to the trained model."""

import dataclasses
import datetime
import hashlib
import json
import os
import platform

import keras
import tensorflow as tf


def plain(name, value):
    """A user's dict (or dataclass) as JSON values.

    Args:
        name: the argument's name, for the message.
        value: None, a dict or a dataclass instance.

    Returns:
        The same in plain dicts, lists, numbers and strings.

    Raises:
        ValueError: if a number is not finite.
        TypeError: if it is neither a dict nor a dataclass instance.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = dataclasses.asdict(value)
    if value is not None and not isinstance(value, dict):
        raise TypeError(f"`{name}` must be a dict, a dataclass instance or None. Received: `{name}={value!r}`.")
    try:
        return json.loads(json.dumps(value, default=_plain_leaf, allow_nan=False))
    except ValueError as error:
        raise ValueError(f"`{name}` must hold finite numbers only. Received: `{name}={value!r}`.") from error


def _plain_leaf(value):
    return value.item() if hasattr(value, "item") else str(value)


def created():
    """Time of creation in UTC; `SOURCE_DATE_EPOCH` (seconds) overrides the clock, so that builds can be repeated."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    now = datetime.datetime.now(datetime.UTC)
    moment = now if epoch is None else datetime.datetime.fromtimestamp(int(epoch), datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def versions():
    """Versions of what made the export."""
    from tfgan_zoo import __version__

    return {
        "tfgan_zoo": __version__,
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "python": platform.python_version(),
    }


def files(folder):
    """Size in bytes and SHA-256 of every file of a folder, by relative path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): {
            "bytes": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in paths
    }


def intended_use(shape):
    """One sentence for people."""
    what = "samples"
    if len(shape) == 3:
        height, width, channels = shape
        colours = {1: "grey", 3: "RGB"}.get(channels, f"{channels}-channel")
        what = f"{width}x{height} {colours} images"
    return (
        f"Makes new {what} that resemble those it was trained on, for study, demonstration and augmentation; what it "
        "shows never existed, it repeats the biases of its training data, and it must not be passed off as a record."
    )


def write(path, contents):
    """Writes a card as JSON a person can read."""
    path.write_text(json.dumps(contents, indent=2, allow_nan=False) + "\n", encoding="utf-8")
