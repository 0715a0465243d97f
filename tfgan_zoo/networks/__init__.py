"""Generators and discriminators by family: functions that return built `keras.Model`s."""

from tfgan_zoo.networks import dcgan, mlp, patch, residual_translator, unet

__all__ = ["dcgan", "mlp", "patch", "residual_translator", "unet"]
