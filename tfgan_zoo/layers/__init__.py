"""Layers that Keras lacks, one a file."""

from tfgan_zoo.layers.conditional_batch_normalization import ConditionalBatchNormalization
from tfgan_zoo.layers.fused_batch_normalization import FusedBatchNormalization
from tfgan_zoo.layers.gaussian_noise import GaussianNoise
from tfgan_zoo.layers.maxout import Maxout
from tfgan_zoo.layers.mean_pool_conv import MeanPoolConv2D
from tfgan_zoo.layers.minibatch_discrimination import MinibatchDiscrimination
from tfgan_zoo.layers.reflection_padding import ReflectionPadding2D
from tfgan_zoo.layers.spectral_normalization import SpectralNormalization
from tfgan_zoo.layers.upsample_conv import UpsampleConv2D
from tfgan_zoo.layers.weight_normalization import WeightNormalization

__all__ = [
    "ConditionalBatchNormalization",
    "FusedBatchNormalization",
    "GaussianNoise",
    "Maxout",
    "MeanPoolConv2D",
    "MinibatchDiscrimination",
    "ReflectionPadding2D",
    "SpectralNormalization",
    "UpsampleConv2D",
    "WeightNormalization",
]
