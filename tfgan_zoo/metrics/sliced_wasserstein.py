"""Sliced Wasserstein distance between patches of images, one number for each level of a Laplacian pyramid."""

import numpy as np
import scipy.ndimage

from tfgan_zoo.metrics import checks
from tfgan_zoo.metrics.images import to_uint8

# Constants of arXiv 1710.10196, section 5.
PATCH_SIZE = 7
PATCHES_PER_IMAGE = 128
DIRECTIONS = 512
SMALLEST_LEVEL = 16  # pixels
REPORTED_SCALE = 1e3

BINOMIAL = np.array([1, 4, 6, 4, 1], np.float32) / 16  # Burt and Adelson 1983


def sliced_wasserstein(real, fake, *, patches=PATCHES_PER_IMAGE, directions=DIRECTIONS, seed=0):
    """Return the sliced Wasserstein distance of two sets of images at every level of their Laplacian
    pyramids.

    At each level, `patches` patches of 7x7 pixels are cut from every image, normalised to mean 0 and
    deviation 1 in each channel over the whole set, and projected on random directions; the distance is the
    mean absolute difference of the sorted projections, times 1000 as the paper prints it. Fine levels see
    texture and noise, the coarsest one sees layout. The normalisation hides a global change of brightness or
    contrast.

    Args:
        real: `(images, height, width, channels)` uint8 or floats in `[-1, 1]`; each side at least 16, and
            even at every level above 16 pixels.
        fake: the same shape.
        patches: patches per image and level; the paper takes 128.
        directions: random directions; the paper takes 512.
        seed: places of the patches and directions; both sets are cut at places of their own.

    Returns:
        dict from the level's height in pixels to the distance times 1000 (float, at least 0), finest level
        first.

    Raises:
        ValueError: if the shapes differ, a side is too small or odd, or a value is unfit.

    Example:

    >>> images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 1)).astype(np.uint8)
    >>> list(tfgan_zoo.metrics.sliced_wasserstein(images, images))
    [32, 16]

    Reference: Karras et al. 2018, arXiv 1710.10196, section 5; Rabin et al. 2011 for the distance.
    """
    checks.at_least("patches", patches, 1)
    checks.at_least("directions", directions, 1)
    real, fake = to_uint8(real), to_uint8(fake)
    _check_shapes(real, fake)
    generator = np.random.default_rng(seed)
    result = {}
    for real_level, fake_level in zip(_pyramid(real), _pyramid(fake), strict=True):
        first, second = (_descriptors(level, patches, generator) for level in (real_level, fake_level))
        result[real_level.shape[1]] = REPORTED_SCALE * _distance(first, second, directions, generator)
    return result


def sliced_wasserstein_scores(real, fake, other_real, *, patches=PATCHES_PER_IMAGE, directions=DIRECTIONS, seed=0):
    """Return the sliced Wasserstein distance of generated images at every level beside its floor, that of other real
    images.

    `sliced_wasserstein(real, fake)` beside `sliced_wasserstein(real, other_real)`. Two finite sets of real images
    differ as well, by more at some levels than at others; a distance is read against this floor.

    Args:
        real: `(images, height, width, channels)` uint8 or floats in `[-1, 1]`, as for `sliced_wasserstein`.
        fake: the same shape, generated.
        other_real: the same shape, real images that are not in `real`.
        patches: patches per image and level.
        directions: random directions.
        seed: places of the patches and directions, the same in both distances.

    Returns:
        dict of floats, times 1000: "sliced_wasserstein_32" and so on for every level in pixels, finest first, then
        "floor_32" and so on.

    Raises:
        ValueError: if the shapes differ, a side is too small or odd, or a value is unfit.

    Example:

    >>> first, second, third = np.random.default_rng(0).integers(0, 256, (3, 4, 32, 32, 1)).astype(np.uint8)
    >>> list(tfgan_zoo.metrics.sliced_wasserstein_scores(first, second, third))
    ['sliced_wasserstein_32', 'sliced_wasserstein_16', 'floor_32', 'floor_16']

    Reference: Karras et al. 2018, arXiv 1710.10196, section 5, for the distance.
    """
    if np.shape(real) != np.shape(other_real):  # Before the work on `fake`, and under the right name.
        raise ValueError(
            f"`real` and `other_real` should have equal shapes: sorted projections are compared one to one. "
            f"Received: shapes {np.shape(real)} and {np.shape(other_real)}"
        )
    options = {"patches": patches, "directions": directions, "seed": seed}
    distance, floor = (sliced_wasserstein(real, images, **options) for images in (fake, other_real))
    return {
        **{f"sliced_wasserstein_{level}": value for level, value in distance.items()},
        **{f"floor_{level}": value for level, value in floor.items()},
    }


def _check_shapes(real, fake):
    if real.shape != fake.shape:
        raise ValueError(
            f"`real` and `fake` should have equal shapes: sorted projections are compared one to one. "
            f"Received: shapes {real.shape} and {fake.shape}"
        )
    height, width = real.shape[1:3]
    if min(height, width) < SMALLEST_LEVEL:
        raise ValueError(
            f"`real` should be at least {SMALLEST_LEVEL} pixels on each side. Received: {height}x{width} pixels"
        )
    while min(height, width) // 2 >= SMALLEST_LEVEL:
        if height % 2 or width % 2:
            raise ValueError(
                f"`real` should have even sides at every level above {SMALLEST_LEVEL} pixels; resize first. "
                f"Received: a level of {height}x{width} pixels"
            )
        height, width = height // 2, width // 2


def _pyramid(images):
    """Yield the Laplacian levels, finest first, the last one holding the remaining blurred image."""
    level = images.astype(np.float32)
    while min(level.shape[1:3]) // 2 >= SMALLEST_LEVEL:
        smaller = reduce(level)
        yield level - expand(smaller)
        level = smaller
    yield level


def reduce(images):
    """Blur with the binomial kernel and drop every second row and column (edges mirrored)."""
    return _blur(images, 1.0)[:, ::2, ::2]


def expand(images):
    """Double the size: spread the pixels with zeros in between and blur, keeping the mean."""
    batch, height, width, channels = images.shape
    spread = np.zeros((batch, 2 * height, 2 * width, channels), np.float32)
    spread[:, ::2, ::2] = images
    return _blur(spread, 2.0)


def _blur(images, gain):
    for axis in (1, 2):
        images = scipy.ndimage.convolve1d(images, gain * BINOMIAL, axis=axis, mode="mirror")
    return images


def _descriptors(images, patches, generator):
    """Cut random patches and return them normalised, `(images * patches, 49 * channels)` float32."""
    batch, height, width, channels = images.shape
    windows = np.lib.stride_tricks.sliding_window_view(images, (PATCH_SIZE, PATCH_SIZE), axis=(1, 2))
    shape = (batch, patches)
    rows = generator.integers(0, height - PATCH_SIZE + 1, shape)
    columns = generator.integers(0, width - PATCH_SIZE + 1, shape)
    cut = windows[np.arange(batch)[:, None], rows, columns].reshape(batch * patches, channels, -1)
    cut -= cut.mean(axis=(0, 2), keepdims=True, dtype=np.float64).astype(np.float32)
    deviation = cut.std(axis=(0, 2), keepdims=True, dtype=np.float64).astype(np.float32)
    cut /= np.where(deviation > 0, deviation, 1)  # a constant channel has nothing to compare
    return cut.reshape(batch * patches, -1)


def _distance(first, second, directions, generator):
    total = 0.0
    # 64 directions at a time keep the projections of large sets within memory.
    for start in range(0, directions, 64):
        axes = generator.standard_normal((first.shape[1], min(64, directions - start))).astype(np.float32)
        axes /= np.linalg.norm(axes, axis=0)
        gaps = np.abs(np.sort(first @ axes, axis=0) - np.sort(second @ axes, axis=0))
        total += gaps.mean(axis=0, dtype=np.float64).sum()
    return float(total / directions)
