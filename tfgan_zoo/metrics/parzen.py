"""Parzen-window log-likelihood: the test-set score of the first GAN paper."""

from typing import NamedTuple

import numpy as np
import scipy.special

from tfgan_zoo.metrics import checks, distances

SIGMAS = tuple(np.logspace(-1, 0, 10))  # the grid of the paper's evaluation code, for pixels in [0, 1]


class LogLikelihood(NamedTuple):
    """Mean log-likelihood per test sample in nats, its standard error, and the window's width."""

    mean: float
    standard_error: float
    sigma: float


def parzen_log_likelihood(samples, test, *, sigma=None, validation=None, sigmas=SIGMAS):
    """Return the log-likelihood of test data under Gaussian windows around generated samples.

    `log p(x) = log mean_i N(x; sample_i, sigma^2 I)`, in float64 with a stable log-sum-exp. The estimate is
    known to be a poor judge in many dimensions (Theis et al. 2016, arXiv 1511.01844): it is here to reproduce
    that paper.

    Args:
        samples: `(samples, dimensions)` generated data; the paper takes 10,000 flattened images in `[0, 1]`.
        test: `(tests, dimensions)` real data in the same units, at least 2.
        sigma: width of the window. Leave it out to choose from `sigmas` the one that suits `validation` best.
        validation: `(any, dimensions)` real data apart from `test`, needed unless `sigma` is given; the
            paper's code takes 1000.
        sigmas: widths to try.

    Returns:
        `LogLikelihood(mean, standard_error, sigma)`, in nats.

    Raises:
        ValueError: if neither or both of `sigma` and `validation` are given, or an array is unfit.

    Example:

    >>> tfgan_zoo.metrics.parzen_log_likelihood([[0.0]], [[0.0], [0.0]], sigma=1.0).mean
    -0.9189385332046727

    Reference: Goodfellow et al. 2014, arXiv 1406.2661, section 5; Breuleux et al. 2009 for the estimate.
    """
    if (sigma is None) == (validation is None):
        raise ValueError(
            f"exactly one of `sigma` and `validation` should be given: a width, or data to choose it by. "
            f"Received: `sigma={sigma!r}`, `validation` {'missing' if validation is None else 'given'}"
        )
    samples = checks.features("samples", samples, minimum=1, reason="a window needs a centre")
    test = checks.features("test", test, minimum=2, reason="a standard error needs two")
    checks.same_dimensions("samples", samples, "test", test)
    if sigma is None:
        sigma = best_sigma(samples, validation, sigmas)
    checks.positive("sigma", sigma)
    values = log_densities(samples, test, [sigma])[0]
    return LogLikelihood(float(values.mean()), float(values.std() / np.sqrt(len(values))), float(sigma))


def best_sigma(samples, validation, sigmas=SIGMAS):
    """Return the width from `sigmas` with the largest mean log-likelihood of `validation`."""
    validation = checks.features("validation", validation, minimum=1, reason="a width is chosen by it")
    checks.same_dimensions("samples", samples, "validation", validation)
    for sigma in sigmas:
        checks.positive("sigmas", sigma)
    means = log_densities(samples, validation, sigmas).mean(axis=1)
    return float(sigmas[int(np.argmax(means))])


def log_densities(samples, points, sigmas):
    """Return `log p(point)` for every width, `(sigmas, points)` float64, from one pass over the distances."""
    points, samples = distances.centred(points, samples)
    result = np.empty((len(sigmas), len(points)))
    for start, squared in distances.blocks(points, samples):
        np.maximum(squared, 0, out=squared)
        for row, sigma in enumerate(sigmas):
            exponents = scipy.special.logsumexp(squared / (-2 * sigma**2), axis=1)
            result[row, start : start + len(squared)] = exponents
    widths = np.asarray(sigmas, np.float64)[:, None]
    return result - np.log(len(samples)) - points.shape[1] * np.log(widths * np.sqrt(2 * np.pi))
