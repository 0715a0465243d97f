"""MS-SSIM diversity: how alike pairs of generated images of one class look."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tfgan_zoo.metrics import checks
from tfgan_zoo.metrics.images import to_uint8

FILTER_SIZE = 11  # pixels, Wang et al. 2003
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang et al. 2003, section 3.2
BATCH_SIZE = 64


class Diversity(NamedTuple):
    """Mean MS-SSIM of random pairs (1 means all alike), its standard error, and the number of scales used."""

    mean: float
    standard_error: float
    scales: int


def ms_ssim_diversity(images, *, pairs=1000, seed=0):
    """Return the mean multi-scale structural similarity of random pairs of images.

    The lower, the more varied. It has a meaning only within one class and beside the value of the real images
    of that class: noise scores as very varied. All five scales need sides of at least 176 pixels; smaller
    images use the scales whose side still holds the 11-pixel window, with their weights scaled to sum to 1.

    Args:
        images: `(images, height, width, channels)` uint8 or floats in `[-1, 1]`, at least 2, sides of 11 or
            more.
        pairs: how many pairs of different images to draw.
        seed: which pairs are drawn.

    Returns:
        `Diversity(mean, standard_error, scales)`; the mean lies in `[0, 1]` except for images in negative
        correlation.

    Raises:
        ValueError: if there are fewer than 2 images or they are smaller than the window.

    Example:

    >>> tfgan_zoo.metrics.ms_ssim_diversity(np.full((2, 16, 16, 1), 7, np.uint8), pairs=2).mean
    1.0

    Reference: Odena et al. 2017, arXiv 1610.09585, section 4.2; Wang et al. 2003 for the similarity.
    """
    checks.at_least("pairs", pairs, 2)
    images = to_uint8(images)
    scales = _scales(images)
    weights = np.array(SCALE_WEIGHTS[:scales]) / sum(SCALE_WEIGHTS[:scales])
    generator = np.random.default_rng(seed)
    first = generator.integers(0, len(images), pairs)
    second = (first + generator.integers(1, len(images), pairs)) % len(images)
    parts = [slice(start, start + BATCH_SIZE) for start in range(0, pairs, BATCH_SIZE)]
    values = np.concatenate([_similarity(images[first[part]], images[second[part]], weights) for part in parts])
    return Diversity(float(values.mean()), float(values.std(ddof=1) / np.sqrt(pairs)), scales)


def _scales(images):
    if len(images) < 2:
        raise ValueError(f"`images` should hold at least 2 images to make a pair. Received: {len(images)} images")
    side = min(images.shape[1:3])
    scales = sum(side // 2**scale >= FILTER_SIZE for scale in range(len(SCALE_WEIGHTS)))
    if not scales:
        raise ValueError(
            f"`images` should be at least {FILTER_SIZE} pixels on each side, the window of the similarity. "
            f"Received: shape {images.shape}"
        )
    return scales


def _similarity(first, second, weights):
    first, second = tf.cast(first, tf.float32), tf.cast(second, tf.float32)
    return tf.image.ssim_multiscale(first, second, 255.0, power_factors=weights, filter_size=FILTER_SIZE).numpy()
