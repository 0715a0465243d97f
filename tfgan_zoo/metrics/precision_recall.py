"""Fidelity and variety apart: improved precision and recall, density and coverage, from neighbours."""

from typing import NamedTuple

import numpy as np

from tfgan_zoo.metrics import checks, distances


class PrecisionRecall(NamedTuple):
    """Share of fakes inside the real manifold, and of reals inside the fake manifold; each from 0 to 1."""

    precision: float
    recall: float


class DensityCoverage(NamedTuple):
    """Mean number of real balls around a fake over k (about 1 when equal), and share of real balls with a
    fake."""

    density: float
    coverage: float


class PRDC(NamedTuple):
    """All four scores of one pair of sets."""

    precision: float
    recall: float
    density: float
    coverage: float


def precision_recall(real, fake, *, k=3):
    """Return improved precision and recall.

    A set's manifold is the union of closed balls around its samples, each reaching to the sample's `k`-th
    nearest neighbour in its own set. Precision is the share of fakes within the real manifold, recall the
    share of reals within the fake manifold.

    Args:
        real: `(samples, dimensions)` features, more than `k`.
        fake: the same for the generated images; the paper takes equal counts.
        k: neighbour that sets the radius, at least 1.

    Returns:
        `PrecisionRecall`, both in `[0, 1]`; identical sets give 1 and 1.

    Raises:
        ValueError: if a set has no `k`-th neighbour, the dimensions differ or a feature is not finite.

    Example:

    >>> tfgan_zoo.metrics.precision_recall([[0.0], [1.0], [2.0]], [[0.5], [0.6], [9.0]], k=1)
    PrecisionRecall(precision=0.6666666666666666, recall=0.6666666666666666)

    Reference: Kynkäänniemi et al. 2019, arXiv 1904.06991, equations 1 and 2, with k = 3.
    """
    scores = prdc(real, fake, precision_k=k, density_k=k)
    return PrecisionRecall(scores.precision, scores.recall)


def density_coverage(real, fake, *, k=5):
    """Return density and coverage.

    Density counts, for each fake, the open real balls it lies in, divided by `k`; coverage is the share of
    real balls that hold at least one fake. Only real samples carry balls, which makes both robust against
    stray fakes.

    Args:
        real: `(samples, dimensions)` features, more than `k`.
        fake: the same for the generated images, more than `k`; the count may differ.
        k: neighbour that sets the radius, at least 1.

    Returns:
        `DensityCoverage`; density is at least 0 and may exceed 1, coverage is in `[0, 1]`.

    Raises:
        ValueError: if a set has no `k`-th neighbour, the dimensions differ or a feature is not finite.

    Example:

    >>> tfgan_zoo.metrics.density_coverage([[0.0], [1.0], [3.0]], [[0.5], [0.6], [9.0]], k=1)
    DensityCoverage(density=1.3333333333333333, coverage=0.6666666666666666)

    Reference: Naeem et al. 2020, arXiv 2002.09797, with k = 5. Balls are open as in the authors' code, which
    makes the density of identical sets exactly 1.
    """
    scores = prdc(real, fake, precision_k=k, density_k=k)
    return DensityCoverage(scores.density, scores.coverage)


def prdc(real, fake, *, precision_k=3, density_k=5):
    """Return precision, recall, density and coverage from one pass over the distances.

    Args:
        real: `(samples, dimensions)` features, more than either `k`.
        fake: the same for the generated images.
        precision_k: neighbour of `precision_recall`.
        density_k: neighbour of `density_coverage`.

    Returns:
        `PRDC(precision, recall, density, coverage)`.

    Raises:
        ValueError: if a set has too few samples, the dimensions differ or a feature is not finite.
    """
    checks.at_least("precision_k", precision_k, 1)
    checks.at_least("density_k", density_k, 1)
    farthest = max(precision_k, density_k)
    real, fake = checks.pair(real, fake, minimum=farthest + 1, reason="each needs a k-th neighbour besides itself")
    real_radii = distances.nearest(real, real, farthest, same=True)[1]
    fake_radii = distances.nearest(fake, fake, precision_k, same=True)[1][:, -1]
    return _count(real, fake, real_radii[:, precision_k - 1], real_radii[:, density_k - 1], fake_radii, density_k)


def _count(real, fake, manifold_radii, ball_radii, fake_radii, density_k):
    """Walk over the real-to-fake distances once and count memberships."""
    in_real_manifold = np.zeros(len(fake), bool)
    balls_around_fake = recalled = covered = 0
    centred = distances.centred(real, fake)
    bound = distances.error_bound(*centred)
    for start, squared in distances.blocks(*centred):
        rows = slice(start, start + len(squared))
        block = (squared, real[rows], fake, bound)
        in_real_manifold |= _inside(*block, manifold_radii[rows, None], np.less_equal).any(axis=0)
        in_ball = _inside(*block, ball_radii[rows, None], np.less)
        balls_around_fake += np.count_nonzero(in_ball)
        covered += np.count_nonzero(in_ball.any(axis=1))
        recalled += np.count_nonzero(_inside(*block, fake_radii[None], np.less_equal).any(axis=1))
    return PRDC(
        precision=float(in_real_manifold.mean()),
        recall=float(recalled / len(real)),
        density=float(balls_around_fake / (density_k * len(fake))),
        coverage=float(covered / len(real)),
    )


def _inside(squared, real, fake, bound, radii, compare):
    """Compare distances with radii; what lies within rounding of its radius is decided by the direct formula."""
    inside = squared < radii - bound
    rows, columns = np.nonzero(inside != (squared <= radii + bound))
    radii = np.broadcast_to(radii, squared.shape)
    for part in np.array_split(np.arange(len(rows)), max(1, len(rows) // 4096)):
        where = rows[part], columns[part]
        inside[where] = compare(distances.direct(real[where[0]], fake[where[1]]), radii[where])
    return inside
