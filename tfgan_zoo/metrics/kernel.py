"""Kernel distance of two sets of features (KID): the squared maximum mean discrepancy of a cubic kernel."""

from typing import NamedTuple

import numpy as np

from tfgan_zoo.metrics import checks

DEGREE = 3  # arXiv 1801.01401: k(x, y) = (x.y / dimensions + 1)^3


class KernelDistance(NamedTuple):
    """Mean over subsets and its standard error. The mean of an unbiased estimate may be slightly negative."""

    mean: float
    standard_error: float


def polynomial_kernel(first, second):
    """Return `(x.y / dimensions + 1)^3` for every pair of rows, float64 `(len(first), len(second))`."""
    products = np.asarray(first, np.float64) @ np.asarray(second, np.float64).T
    products /= first.shape[1]
    products += 1
    return products**DEGREE


def kernel_discrepancy(real, fake):
    """Return the unbiased estimate of the squared maximum mean discrepancy, over all samples at once.

    `mean_{i != j} k(x_i, x_j) + mean_{i != j} k(y_i, y_j) - 2 mean_{i, j} k(x_i, y_j)`.

    Memory grows with the square of the sample count; `kernel_distance` keeps it constant.

    Args:
        real: `(samples, dimensions)` features, at least 2.
        fake: the same for the generated images; the count may differ.

    Returns:
        float; its expectation is 0 for equal distributions, so single values may be negative.

    Raises:
        ValueError: if a set is too small, the dimensions differ or a feature is not finite.

    Reference: Gretton et al. 2012, "A Kernel Two-Sample Test", lemma 6.
    """
    real, fake = checks.pair(real, fake, minimum=2, reason="the unbiased estimate leaves the diagonal out")
    return _discrepancy(real, fake)


def _discrepancy(real, fake):
    return float(_mean_off_diagonal(real) + _mean_off_diagonal(fake) - 2 * polynomial_kernel(real, fake).mean())


def _mean_off_diagonal(features):
    kernel = polynomial_kernel(features, features)
    return (kernel.sum() - np.trace(kernel)) / (len(kernel) * (len(kernel) - 1))


def kernel_distance(real, fake, *, subsets=100, subset_size=1000, seed=0):
    """Return the kernel distance (KID): the mean discrepancy of random subsets.

    Unlike the Fréchet distance its expectation does not depend on the sample count.

    Args:
        real: `(samples, dimensions)` features, at least `subset_size`.
        fake: the same for the generated images; the count may differ.
        subsets: how many pairs of subsets, at least 2.
        subset_size: samples per subset, drawn without replacement, at least 2.
        seed: the same seed draws the same rows.

    Returns:
        `KernelDistance(mean, standard_error)`. Subsets overlap, so the standard error speaks of the drawing
        of the subsets; it does not contain the noise of the samples themselves.

    Raises:
        ValueError: if a set is smaller than a subset, the dimensions differ or a feature is not finite.

    Example:

    >>> rng = np.random.default_rng(0)
    >>> real, fake = rng.normal(size=(50, 4)), rng.normal(1, 1, size=(50, 4))
    >>> tfgan_zoo.metrics.kernel_distance(real, fake, subset_size=50).mean > 1
    True

    Reference: Bińkowski et al. 2018, arXiv 1801.01401.
    """
    checks.at_least("subsets", subsets, 2)
    checks.at_least("subset_size", subset_size, 2)
    real, fake = checks.pair(real, fake, minimum=subset_size, reason="one subset; lower `subset_size` to use fewer")
    values = [
        _discrepancy(real[rows], fake[columns])
        for rows, columns in subset_rows(len(real), len(fake), subsets, subset_size, seed)
    ]
    return KernelDistance(float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(subsets)))


def subset_rows(num_real, num_fake, subsets, subset_size, seed):
    """Yield the `(rows of real, rows of fake)` of each subset of `kernel_distance`."""
    generator = np.random.default_rng(seed)
    for _ in range(subsets):
        rows = generator.choice(num_real, subset_size, replace=False)
        yield rows, generator.choice(num_fake, subset_size, replace=False)
