"""Inception score: how certain and how varied the labels are that a classifier gives to generated images."""

from typing import NamedTuple

import numpy as np
import scipy.special

from tfgan_zoo.metrics import checks


class InceptionScore(NamedTuple):
    """Mean and standard deviation over the splits, as the paper reports them."""

    mean: float
    deviation: float


def inception_score(logits, *, splits=10, seed=0):
    """Return the inception score of generated images from a classifier's logits.

    `exp(mean_x KL(p(y|x) || p(y)))` in each split, with `p(y)` the mean of `p(y|x)` over that split. It looks
    at the generated images alone: it does not see whether they resemble the data, nor variety within a class.

    Args:
        logits: `(samples, classes)` unscaled log probabilities; pass `np.log` of probabilities if those are
            at hand.
        splits: into how many parts the samples go, at least 1. Larger parts score higher: compare equal ones.
        seed: order in which samples are dealt into the splits, so that sorted images do not distort the
            score; `None` keeps their order.

    Returns:
        `InceptionScore(mean, deviation)`; the mean lies between 1 and the number of classes.

    Raises:
        ValueError: if there are fewer samples than splits, only one class, or a value is NaN or plus
            infinity.

    Example:

    >>> tfgan_zoo.metrics.inception_score(np.log([[1.0, 1e-30], [1e-30, 1.0]]), splits=1).mean
    2.0

    Reference: Salimans et al. 2016, arXiv 1606.03498, section 4.
    """
    checks.at_least("splits", splits, 1)
    logits = _logits(logits, splits)
    order = np.arange(len(logits)) if seed is None else np.random.default_rng(seed).permutation(len(logits))
    scores = [_score(logits[part]) for part in np.array_split(order, splits)]
    return InceptionScore(float(np.mean(scores)), float(np.std(scores)))


def _logits(logits, splits):
    logits = checks.logits(logits).astype(np.float64)
    if len(logits) < splits:
        raise ValueError(
            f"`logits` should hold at least one sample per split. Received: {len(logits)} samples, `splits={splits}`"
        )
    return logits


def _score(logits):
    log_p = scipy.special.log_softmax(logits, axis=1)
    marginal = np.exp(log_p).mean(axis=0)
    divergence = scipy.special.rel_entr(np.exp(log_p), marginal).sum(axis=1)
    return np.exp(divergence.mean())
