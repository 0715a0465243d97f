"""Callbacks: what happens beside a training step, and never in it."""

from tfgan_zoo.callbacks.balance_monitor import BalanceMonitor, BalanceWarning
from tfgan_zoo.callbacks.image_metrics import ImageMetrics
from tfgan_zoo.callbacks.latent_walk import LatentWalk
from tfgan_zoo.callbacks.non_finite_guard import NonFiniteError, NonFiniteGuard
from tfgan_zoo.callbacks.sample_grid import SampleGrid
from tfgan_zoo.callbacks.translation_grid import TranslationGrid

__all__ = [
    "BalanceMonitor",
    "BalanceWarning",
    "ImageMetrics",
    "LatentWalk",
    "NonFiniteError",
    "NonFiniteGuard",
    "SampleGrid",
    "TranslationGrid",
]
