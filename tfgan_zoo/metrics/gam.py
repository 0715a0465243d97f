"""The generative adversarial metric: two GANs swap discriminators; the one whose samples fool the other's wins."""

from typing import NamedTuple

import numpy as np

from tfgan_zoo.metrics import checks

TEST_TOLERANCE = 0.3


class Battle(NamedTuple):
    """Ratios of the error rates and the winner: 1, 2, or 0 for a tie."""

    test_ratio: float
    sample_ratio: float
    winner: int


def gam_battle(test_1, test_2, samples_2_by_1, samples_1_by_2, *, tolerance=TEST_TOLERANCE):
    """Return the result of a battle between two trained GANs.

    With `e(D(x))` the share of `x` that discriminator `D` gets wrong,

        test_ratio   = e(D1(test)) / e(D2(test))
        sample_ratio = e(D1(G2(z))) / e(D2(G1(z)))

    and model 1 wins if `sample_ratio < 1` while `test_ratio` is near 1: its discriminator was fooled less
    often. A test ratio far from 1 says that one discriminator overfitted, so the battle is a tie. Swapping
    the models inverts both ratios and swaps the winner.

    The convention is the paper's, ratios of *errors*. The authors' published script divides *accuracies*
    `(1 - e) / (1 - e)` instead, where model 1 wins above 1; its numbers do not compare with these.

    Args:
        test_1: `(images,)` logits of discriminator 1 on held-out real images, positive for "real".
        test_2: `(images,)` logits of discriminator 2 on the same images.
        samples_2_by_1: `(samples,)` logits of discriminator 1 on samples of generator 2.
        samples_1_by_2: `(samples,)` logits of discriminator 2 on samples of generator 1.
        tolerance: the test ratio counts as near 1 between `1 / (1 + tolerance)` and `1 + tolerance`, at least
            0. The paper only says "near 1", so the bounds are ours.

    Returns:
        `Battle(test_ratio, sample_ratio, winner)`; a ratio is infinite when only discriminator 2 makes no
        error, and 1 when neither makes one.

    Raises:
        ValueError: if logits are not finite vectors or the tolerance is negative.

    Example:

    >>> tfgan_zoo.metrics.gam_battle([1, -1, 1, 1], [1, 1, 1, -1], [-1, -1, -1, 1], [1, 1, -1, -1])
    Battle(test_ratio=1.0, sample_ratio=0.5, winner=1)

    Reference: Im et al. 2016, arXiv 1602.05110.
    """
    if not tolerance >= 0:
        raise ValueError(f"`tolerance` should be at least 0. Received: `tolerance={tolerance!r}`")
    test_1, test_2 = _logits("test_1", test_1), _logits("test_2", test_2)
    if len(test_1) != len(test_2):
        raise ValueError(
            f"`test_1` and `test_2` should be logits of the same images. "
            f"Received: {len(test_1)} and {len(test_2)} logits"
        )
    fooled_1, fooled_2 = _logits("samples_2_by_1", samples_2_by_1), _logits("samples_1_by_2", samples_1_by_2)
    test_ratio = _ratio(np.mean(test_1 <= 0), np.mean(test_2 <= 0))
    sample_ratio = _ratio(np.mean(fooled_1 > 0), np.mean(fooled_2 > 0))
    return Battle(test_ratio, sample_ratio, _winner(test_ratio, sample_ratio, tolerance))


def _logits(name, logits):
    logits = np.asarray(logits, np.float64)
    if logits.ndim != 1 or not len(logits):
        raise ValueError(f"`{name}` should be logits of shape (images,). Received: shape {logits.shape}")
    checks.finite(name, logits[:, None])
    return logits


def _ratio(first, second):
    if first == second:
        return 1.0
    return float(first / second) if second else float("inf")


def _winner(test_ratio, sample_ratio, tolerance):
    near_one = 1 / (1 + tolerance) <= test_ratio <= 1 + tolerance
    if not near_one or sample_ratio == 1:
        return 0
    return 1 if sample_ratio < 1 else 2
