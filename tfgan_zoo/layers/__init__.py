"""Layers that Keras lacks, one a file."""

from tfgan_zoo.layers.maxout import Maxout

__all__ = ["Maxout"]
