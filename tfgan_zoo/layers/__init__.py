"""Layers that Keras lacks, one a file."""

from tfgan_zoo.layers.fused_batch_normalization import FusedBatchNormalization
from tfgan_zoo.layers.maxout import Maxout

__all__ = ["FusedBatchNormalization", "Maxout"]
