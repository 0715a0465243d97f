"""Memorisation check: are generated samples nearer to the training set than fresh real ones are?"""

from typing import NamedTuple

import numpy as np

from tfgan_zoo.metrics import checks, distances

COPY_QUANTILE = 0.01


class Memorization(NamedTuple):
    """Distances to the training set against those of held-out real samples, and the rows to look at.

    `ratio` is about 1 for fresh samples and falls towards 0 for copies; `copy_share` is about 0.01 for fresh
    samples. `indices` and `distances` name the nearest training sample of every fake.
    """

    ratio: float
    copy_share: float
    indices: np.ndarray
    distances: np.ndarray


def memorization(train, held_out, fake):
    """Compare the distance of fakes to their nearest training sample with that of held-out real samples.

    `ratio = median_fake d(fake, train) / median_real d(held-out, train)`, and `copy_share` is the share of
    fakes nearer to a training sample than 99 % of the held-out samples are. Works on flattened pixels and on
    features: a copy shows in both, a shifted copy in features only. Blurred fakes lie near everything in
    pixels, and so can lower the ratio without copying; look at the pairs.

    Args:
        train: `(samples, dimensions)` what the generator was trained on.
        held_out: `(samples, dimensions)` real data it has not seen, the measure of what is near by chance.
        fake: `(samples, dimensions)` generated data.

    Returns:
        `Memorization(ratio, copy_share, indices, distances)`; `indices` int64 and `distances` float64,
        `(fakes,)`, Euclidean.

    Raises:
        ValueError: if the dimensions differ, a value is not finite, or the held-out samples are training
            samples.

    Example:

    >>> tfgan_zoo.metrics.memorization([[0.0], [10.0]], [[2.0], [8.0]], [[1.0], [9.0]]).ratio
    0.5
    """
    train = checks.features("train", train, minimum=1, reason="a nearest neighbour needs one")
    held_out = checks.features("held_out", held_out, minimum=2, reason="a baseline needs a few")
    fake = checks.features("fake", fake, minimum=1, reason="nothing to check otherwise")
    checks.same_dimensions("train", train, "held_out", held_out)
    checks.same_dimensions("train", train, "fake", fake)
    baseline = np.sqrt(distances.nearest(held_out, train)[1][:, 0])
    indices, squared = distances.nearest(fake, train)
    found = np.sqrt(squared[:, 0])
    if np.median(baseline) == 0:
        raise ValueError(
            "`held_out` should be apart from `train`: most of its samples are training samples, so nothing "
            "could be nearer. Received: a median distance of 0"
        )
    copied = found < np.quantile(baseline, COPY_QUANTILE)
    ratio = float(np.median(found) / np.median(baseline))
    return Memorization(ratio, float(copied.mean()), indices[:, 0], found)
