"""Models: one variant, one file, one final `keras.Model` subclass with its own `train_step`."""

from tfgan_zoo.models.abstract_gan import AbstractGAN
from tfgan_zoo.models.dcgan import DCGAN
from tfgan_zoo.models.gan import GAN

__all__ = ["DCGAN", "GAN", "AbstractGAN"]
