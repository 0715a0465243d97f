"""Perceptual path length: how fast images change along straight or spherical paths between latents."""

from typing import NamedTuple

import numpy as np

from tfgan_zoo.metrics import checks

EPSILON = 1e-4  # arXiv 1812.04948, section 4.1
REJECTED_QUANTILE = 0.01  # the authors' code drops the lowest and the highest hundredth
BATCH_SIZE = 64


class PathLength(NamedTuple):
    """Mean of the distances that were kept, and how many were."""

    mean: float
    kept: int


def perceptual_path_length(
    generate, distance, latents, *, interpolation="slerp", sampling="full", epsilon=EPSILON, seed=0
):
    """Return the perceptual path length of a generator.

    `mean of d(G(path(t)), G(path(t + epsilon))) / epsilon^2` over paths between pairs of latents, without the
    lowest and the highest hundredth of the values. `d` is a squared distance of features, so the quotient is
    the squared speed.

    Args:
        generate: callable from latents `(batch, dimensions)` float32 to images.
        distance: callable from two batches of images to `(batch,)` squared distances. It has to see the
            unrounded images: `tfgan_zoo.metrics.features.squared_distance(extractor)` makes one from an
                extractor.
        latents: `(2 * pairs, dimensions)` draws from the prior; rows `2 i` and `2 i + 1` are the ends of path
            `i`.
        interpolation: `"slerp"` for normal and spherical priors, `"lerp"` for uniform priors and mapped
            latents. The slerp turns the direction and blends the length; the reference code, whose generator
            normalises its input, needs the direction alone.
        sampling: `"full"` takes `t` uniform in `[0, 1]`, `"end"` takes `t = 0`.
        epsilon: step along the path, above 0 and below 1. Below 1e-5 float32 rounding shows.
        seed: the draws of `t`.

    Returns:
        `PathLength(mean, kept)`; the mean is at least 0 and depends on the extractor: name it beside the
        number.

    Raises:
        ValueError: if the latents do not pair up, an option is unknown or a distance is not finite.

    Example:

    >>> squared = lambda a, b: ((a - b) ** 2).sum(axis=1)
    >>> ends = np.tile(np.float32([[0, 0], [3, 4]]), (200, 1))
    >>> options = {"interpolation": "lerp", "epsilon": 0.01}
    >>> length = tfgan_zoo.metrics.perceptual_path_length(lambda z: 2 * z, squared, ends, **options)
    >>> round(length.mean, 2)
    100.0

    Reference: Karras et al. 2019, arXiv 1812.04948, section 4.1.
    """
    _check_options(interpolation, sampling, epsilon)
    latents = checks.features("latents", latents, minimum=2, reason="one path has two ends")
    if len(latents) % 2:
        raise ValueError(f"`latents` should hold two rows per path. Received: {len(latents)} rows")
    start, end = latents[0::2].astype(np.float64), latents[1::2].astype(np.float64)
    t = np.random.default_rng(seed).uniform(size=(len(start), 1)) * (sampling == "full")
    path = slerp if interpolation == "slerp" else lerp
    near, far = path(start, end, t).astype(np.float32), path(start, end, t + epsilon).astype(np.float32)
    parts = [slice(first, first + BATCH_SIZE) for first in range(0, len(near), BATCH_SIZE)]
    values = np.concatenate([np.asarray(distance(generate(near[part]), generate(far[part]))) for part in parts])
    checks.finite("distance", values[:, None])
    return _trimmed_mean(values.astype(np.float64) / epsilon**2)


def _check_options(interpolation, sampling, epsilon):
    if interpolation not in ("slerp", "lerp"):
        raise ValueError(f"`interpolation` should be 'slerp' or 'lerp'. Received: `interpolation={interpolation!r}`")
    if sampling not in ("full", "end"):
        raise ValueError(f"`sampling` should be 'full' or 'end'. Received: `sampling={sampling!r}`")
    if not 0 < epsilon < 1:
        raise ValueError(f"`epsilon` should lie between 0 and 1. Received: `epsilon={epsilon!r}`")


def _trimmed_mean(values):
    low = np.quantile(values, REJECTED_QUANTILE, method="lower")
    high = np.quantile(values, 1 - REJECTED_QUANTILE, method="higher")
    kept = values[(values >= low) & (values <= high)]
    return PathLength(float(kept.mean()), len(kept))


def lerp(start, end, t):
    """Return `(1 - t) start + t end`."""
    return start + (end - start) * t


def slerp(start, end, t):
    """Return the point at angle `t * omega` from `start` towards `end`, its length blended linearly.

    Args:
        start, end: `(paths, dimensions)`, no row zero.
        t: `(paths, 1)`.
    """
    lengths = np.linalg.norm(start, axis=1, keepdims=True), np.linalg.norm(end, axis=1, keepdims=True)
    if min(lengths[0].min(), lengths[1].min()) == 0:
        raise ValueError("`latents` should have no zero row for 'slerp': it has no direction. Received: a zero row")
    first, second = start / lengths[0], end / lengths[1]
    cosine = np.sum(first * second, axis=1, keepdims=True)
    side = second - cosine * first
    norm = np.linalg.norm(side, axis=1, keepdims=True)
    side /= np.where(norm > 0, norm, 1)  # equal directions: nothing to turn
    omega = np.arctan2(norm, cosine)
    return (first * np.cos(t * omega) + side * np.sin(t * omega)) * lerp(*lengths, t)
