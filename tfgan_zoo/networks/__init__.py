"""Generators and discriminators by family: functions that return built `keras.Model`s."""

from tfgan_zoo.networks import (
    dcgan,
    feature_matching,
    mlp,
    patch,
    progressive,
    residual_translator,
    resnet,
    sgan,
    style,
    style2,
    unet,
)

__all__ = [
    "dcgan",
    "feature_matching",
    "mlp",
    "patch",
    "progressive",
    "residual_translator",
    "resnet",
    "sgan",
    "style",
    "style2",
    "unet",
]
