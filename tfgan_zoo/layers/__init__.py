"""Layers that Keras lacks, one a file."""

from tfgan_zoo.layers.fused_batch_normalization import FusedBatchNormalization
from tfgan_zoo.layers.gaussian_noise import GaussianNoise
from tfgan_zoo.layers.maxout import Maxout
from tfgan_zoo.layers.reflection_padding import ReflectionPadding2D
from tfgan_zoo.layers.weight_normalization import WeightNormalization

__all__ = ["FusedBatchNormalization", "GaussianNoise", "Maxout", "ReflectionPadding2D", "WeightNormalization"]
