"""Fréchet distance between two sets of features (FID), from moments accumulated in constant memory."""

import numpy as np
import scipy.linalg

from tfgan_zoo.metrics import checks


class Moments:
    """Mean and covariance of a stream of features, in memory that does not depend on its length.

    Batches are merged by the pairwise update of Chan, Golub and LeVeque, in float64:

        mean  <- mean + delta * m / (n + m),              delta = batch mean - mean
        S     <- S + S_batch + delta delta^T * n m / (n + m)

    so that neither a large common offset nor the order of the batches costs digits. Two `Moments` of parts of
    a set merge into the `Moments` of the whole, which is how several workers share the work.

    Args:
        dimensions: number of features per sample.

    Example:

    >>> moments = tfgan_zoo.metrics.Moments(2)
    >>> moments.add([[0.0, 0.0], [2.0, 4.0]])
    >>> moments.mean, moments.covariance
    (array([1., 2.]), array([[2., 4.],
           [4., 8.]]))

    Reference: Chan, Golub and LeVeque 1979, "Updating Formulae and a Pairwise Algorithm for Computing Sample
    Variances".
    """

    def __init__(self, dimensions):
        checks.at_least("dimensions", dimensions, 1)
        self.count = 0
        self.mean = np.zeros(dimensions)
        self.scatter = np.zeros((dimensions, dimensions))

    @classmethod
    def of(cls, features):
        """Return the moments of a `(samples, dimensions)` array."""
        features = checks.features("features", features, minimum=1, reason="a mean needs one")
        moments = cls(features.shape[1])
        moments.add(features)
        return moments

    @property
    def covariance(self):
        """Unbiased covariance, `(dimensions, dimensions)` float64."""
        if self.count < 2:
            raise ValueError(
                f"`Moments` should have seen at least 2 samples before their covariance is asked for. "
                f"Received: {self.count} samples"
            )
        return self.scatter / (self.count - 1)

    def add(self, features):
        """Add a batch of features, `(samples, dimensions)`."""
        features = checks.features("features", features, minimum=1, reason="an empty batch has no mean")
        self._check_dimensions(features.shape[1])
        features = features.astype(np.float64)
        mean = features.mean(axis=0)
        centred = features - mean
        self._merge(len(features), mean, centred.T @ centred)

    def merge(self, other):
        """Add everything that `other` has seen; `other` stays as it is."""
        self._check_dimensions(len(other.mean))
        if other.count:
            self._merge(other.count, other.mean, other.scatter)

    def _merge(self, count, mean, scatter):
        total = self.count + count
        delta = mean - self.mean
        self.mean = self.mean + delta * (count / total)
        self.scatter += scatter
        self.scatter += np.outer(delta, delta * (self.count * count / total))
        self.count = total

    def _check_dimensions(self, dimensions):
        if dimensions != len(self.mean):
            raise ValueError(
                f"`features` should have the {len(self.mean)} dimensions of these moments: "
                f"features of two extractors do not mix. Received: {dimensions} dimensions"
            )


def frechet_distance(real, fake):
    """Return the Fréchet distance of two sets of features, each taken as a Gaussian.

    `d^2 = |m1 - m2|^2 + tr(S1) + tr(S2) - 2 tr((S1 S2)^(1/2))`, the squared 2-Wasserstein distance, which is
    what FID reports. Its value falls with the number of samples even for a perfect generator: compare numbers
    of one sample count only, and read them beside the real-versus-real floor.

    Args:
        real: `(samples, dimensions)` features, or `Moments`; at least 2 samples.
        fake: the same for the generated images; the count may differ.

    Returns:
        float, at least 0; 0 for equal moments.

    Raises:
        ValueError: if a set has fewer than 2 samples, the dimensions differ or a feature is not finite.

    Example:

    >>> tfgan_zoo.metrics.frechet_distance([[0.0], [2.0]], [[3.0], [5.0]])
    9.0

    Reference: Heusel et al. 2017, arXiv 1706.08500, equation 6.
    """
    real, fake = _moments("real", real), _moments("fake", fake)
    checks.same_dimensions("real", real.mean[None], "fake", fake.mean[None])
    return gaussian_frechet_distance(real.mean, real.covariance, fake.mean, fake.covariance)


def _moments(name, value):
    if isinstance(value, Moments):
        return value
    return Moments.of(checks.features(name, value, minimum=2, reason="a covariance needs two"))


def gaussian_frechet_distance(mean_1, covariance_1, mean_2, covariance_2):
    """Return the squared 2-Wasserstein distance of two Gaussians given by their moments.

    With any factors `S = L L^T`, `tr((S1 S2)^(1/2))` is the sum of the singular values of `L1^T L2`. Unlike
    the matrix square root this never leaves the real numbers and needs no offset for covariances without full
    rank.

    Args:
        mean_1, mean_2: `(dimensions,)`.
        covariance_1, covariance_2: `(dimensions, dimensions)`, symmetric and positive semi-definite.

    Returns:
        float, at least 0.

    Raises:
        ValueError: if the shapes disagree, a value is not finite or a covariance has a negative eigenvalue.
    """
    mean_1, covariance_1 = _gaussian("1", mean_1, covariance_1)
    mean_2, covariance_2 = _gaussian("2", mean_2, covariance_2)
    checks.same_dimensions("covariance_1", covariance_1, "covariance_2", covariance_2)
    cross = _factor("covariance_1", covariance_1).T @ _factor("covariance_2", covariance_2)
    overlap = scipy.linalg.svdvals(cross).sum() if cross.size else 0.0
    spread = np.trace(covariance_1) + np.trace(covariance_2) - 2 * overlap
    # The spread is at least zero in exact arithmetic; what rounding leaves below is no distance.
    return float(np.sum((mean_1 - mean_2) ** 2) + max(spread, 0.0))


def _gaussian(number, mean, covariance):
    mean, covariance = np.asarray(mean, np.float64), np.asarray(covariance, np.float64)
    if mean.ndim != 1 or covariance.shape != (len(mean), len(mean)):
        raise ValueError(
            f"`mean_{number}` and `covariance_{number}` should have shapes (dimensions,) and "
            f"(dimensions, dimensions). Received: shapes {mean.shape} and {covariance.shape}"
        )
    checks.finite(f"mean_{number}", mean[None])
    checks.finite(f"covariance_{number}", covariance)
    return mean, covariance


def _factor(name, covariance):
    """Return `L` with `L L^T = covariance`, one column for each eigenvalue above rounding."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    noise = np.abs(values).max() * len(values) * np.finfo(np.float64).eps
    if values[0] < -1e3 * max(noise, np.finfo(np.float64).tiny):
        raise ValueError(
            f"`{name}` should be positive semi-definite, as every covariance is. "
            f"Received: smallest eigenvalue {values[0]:.3g}"
        )
    # The root of a rounding error of 1e-16 is 1e-8, and thousands of them would show: leave the null space
    # out.
    kept = values > noise
    return vectors[:, kept] * np.sqrt(values[kept])
