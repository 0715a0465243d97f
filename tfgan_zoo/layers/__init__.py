"""Layers that Keras lacks, one a file."""

from tfgan_zoo.layers.adaptive_instance_normalization import AdaptiveInstanceNormalization
from tfgan_zoo.layers.bias import Bias
from tfgan_zoo.layers.conditional_batch_normalization import ConditionalBatchNormalization
from tfgan_zoo.layers.constant import Constant
from tfgan_zoo.layers.equalized_conv2d import EqualizedConv2D
from tfgan_zoo.layers.equalized_dense import EqualizedDense
from tfgan_zoo.layers.fade_in import FadeIn
from tfgan_zoo.layers.fused_batch_normalization import FusedBatchNormalization
from tfgan_zoo.layers.gaussian_noise import GaussianNoise
from tfgan_zoo.layers.maxout import Maxout
from tfgan_zoo.layers.mean_pool_conv import MeanPoolConv2D
from tfgan_zoo.layers.minibatch_discrimination import MinibatchDiscrimination
from tfgan_zoo.layers.minibatch_standard_deviation import MinibatchStandardDeviation
from tfgan_zoo.layers.modulated_conv2d import ModulatedConv2D
from tfgan_zoo.layers.noise_injection import NoiseInjection
from tfgan_zoo.layers.pixel_norm import PixelNorm
from tfgan_zoo.layers.reflection_padding import ReflectionPadding2D
from tfgan_zoo.layers.spectral_normalization import SpectralNormalization
from tfgan_zoo.layers.strided_conv2d import StridedConv2D
from tfgan_zoo.layers.strided_conv2d_transpose import StridedConv2DTranspose
from tfgan_zoo.layers.truncation import Truncation
from tfgan_zoo.layers.up_fir_down import UpFIRDown
from tfgan_zoo.layers.upsample_conv import UpsampleConv2D
from tfgan_zoo.layers.weight_normalization import WeightNormalization

__all__ = [
    "AdaptiveInstanceNormalization",
    "Bias",
    "ConditionalBatchNormalization",
    "Constant",
    "EqualizedConv2D",
    "EqualizedDense",
    "FadeIn",
    "FusedBatchNormalization",
    "GaussianNoise",
    "Maxout",
    "MeanPoolConv2D",
    "MinibatchDiscrimination",
    "MinibatchStandardDeviation",
    "ModulatedConv2D",
    "NoiseInjection",
    "PixelNorm",
    "ReflectionPadding2D",
    "SpectralNormalization",
    "StridedConv2D",
    "StridedConv2DTranspose",
    "Truncation",
    "UpFIRDown",
    "UpsampleConv2D",
    "WeightNormalization",
]
