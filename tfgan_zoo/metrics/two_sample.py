"""Classifier two-sample tests: can a machine tell generated samples from real ones?"""

from typing import NamedTuple

import numpy as np

from tfgan_zoo.metrics import checks, distances


class NeighborTest(NamedTuple):
    """Leave-one-out accuracies: 0.5 for equal distributions, 1 when told apart, below 0.5 when fakes copy
    reals."""

    accuracy: float
    real_accuracy: float
    fake_accuracy: float


class LogisticTest(NamedTuple):
    """Held-out accuracy, its p-value under "no difference", and how many samples it was measured on."""

    accuracy: float
    p_value: float
    tested: int


def nearest_neighbor_test(real, fake):
    """Return the leave-one-out accuracy of a 1-nearest-neighbour classifier of real against fake.

    Each sample takes the label of its nearest neighbour among all others. `real_accuracy` low and
    `fake_accuracy` high is the mark of mode collapse: fakes crowd together, reals sit next to fakes.

    Args:
        real: `(samples, dimensions)` features, at least 2.
        fake: the same count for the generated images, without which 0.5 would not mean "equal".

    Returns:
        `NeighborTest(accuracy, real_accuracy, fake_accuracy)`, each in `[0, 1]`.

    Raises:
        ValueError: if the counts or dimensions differ, or a feature is not finite.

    Example:

    >>> tfgan_zoo.metrics.nearest_neighbor_test([[0.0], [1.0]], [[5.0], [6.0]])
    NeighborTest(accuracy=1.0, real_accuracy=1.0, fake_accuracy=1.0)

    Reference: Lopez-Paz and Oquab 2017, arXiv 1610.06545; Xu et al. 2018, arXiv 1806.07755.
    """
    real, fake = _equal_pair(real, fake, minimum=2, reason="leaving one out has to leave one")
    together = np.concatenate([real, fake])
    is_real = np.arange(len(together)) < len(real)
    neighbours = distances.nearest(together, together, same=True)[0][:, 0]
    right = is_real[neighbours] == is_real
    return NeighborTest(float(right.mean()), float(right[is_real].mean()), float(right[~is_real].mean()))


def logistic_test(real, fake, *, seed=0):
    """Return the held-out accuracy of a logistic regression of real against fake, and its p-value.

    Half of the samples train a linear classifier (standardised features, ridge penalty), the other half test
    it. Under equal distributions the number of right answers is binomial with probability 1/2, so the
    one-sided p-value is exact. A linear classifier sees what the features make linear, and no more.

    Args:
        real: `(samples, dimensions)` features, at least 4.
        fake: the same count for the generated images.
        seed: how the samples are halved.

    Returns:
        `LogisticTest(accuracy, p_value, tested)`.

    Raises:
        ValueError: if the counts or dimensions differ, or a feature is not finite.

    Reference: Lopez-Paz and Oquab 2017, arXiv 1610.06545.
    """
    from scipy.stats import binomtest
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    real, fake = _equal_pair(real, fake, minimum=4, reason="two to train on and two to test on")
    half = len(real) // 2
    generator = np.random.default_rng(seed)
    real, fake = generator.permutation(real), generator.permutation(fake)
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    classifier.fit(np.concatenate([real[:half], fake[:half]]), np.repeat([1, 0], half))
    held_out = np.concatenate([real[half:], fake[half:]])
    right = classifier.predict(held_out) == np.repeat([1, 0], len(real) - half)
    p_value = binomtest(int(right.sum()), len(right), 0.5, alternative="greater").pvalue
    return LogisticTest(float(right.mean()), float(p_value), len(right))


def _equal_pair(real, fake, *, minimum, reason):
    real, fake = checks.pair(real, fake, minimum=minimum, reason=reason)
    if len(real) != len(fake):
        raise ValueError(
            f"`real` and `fake` should hold equal numbers of samples, so that chance is 1/2. "
            f"Received: {len(real)} and {len(fake)} samples"
        )
    return real, fake
