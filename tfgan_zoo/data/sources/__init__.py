"""Where images come from: built-in sets, TensorFlow Datasets, folders, NumPy files and arrays."""

from tfgan_zoo.data.sources.base import AbstractSource, Item, UndecodableImageError
from tfgan_zoo.data.sources.resolve import open_source

__all__ = ["AbstractSource", "Item", "UndecodableImageError", "open_source"]
