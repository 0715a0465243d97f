"""Models: one variant, one file, one final `keras.Model` subclass with its own `train_step`."""

from tfgan_zoo.models.abstract_gan import AbstractGAN
from tfgan_zoo.models.abstract_semi_supervised_gan import AbstractSemiSupervisedGAN
from tfgan_zoo.models.abstract_translator import AbstractTranslator
from tfgan_zoo.models.acgan import ACGAN
from tfgan_zoo.models.conditional_gan import ConditionalGAN
from tfgan_zoo.models.cycle_gan import CycleGAN
from tfgan_zoo.models.dcgan import DCGAN
from tfgan_zoo.models.feature_matching_gan import FeatureMatchingGAN
from tfgan_zoo.models.gan import GAN
from tfgan_zoo.models.pix2pix import Pix2Pix
from tfgan_zoo.models.progan import ProGAN
from tfgan_zoo.models.projection_gan import ProjectionGAN
from tfgan_zoo.models.sgan import SGAN
from tfgan_zoo.models.stylegan import StyleGAN
from tfgan_zoo.models.stylegan2 import StyleGAN2

__all__ = [
    "ACGAN",
    "DCGAN",
    "GAN",
    "SGAN",
    "AbstractGAN",
    "AbstractSemiSupervisedGAN",
    "AbstractTranslator",
    "ConditionalGAN",
    "CycleGAN",
    "FeatureMatchingGAN",
    "Pix2Pix",
    "ProGAN",
    "ProjectionGAN",
    "StyleGAN",
    "StyleGAN2",
]
