"""The Parzen window against SciPy's normal density and scikit-learn's kernel density."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.neighbors import KernelDensity

from tfgan_zoo.metrics import parzen_log_likelihood
from tfgan_zoo.metrics.parzen import SIGMAS, best_sigma


@pytest.mark.parametrize("sigma", [0.1, 0.7])
def test_agrees_with_sklearn_kernel_density(sigma):
    rng = np.random.default_rng(0)
    samples, test = rng.uniform(size=(70, 12)), rng.uniform(size=(40, 12))
    values = KernelDensity(bandwidth=sigma).fit(samples).score_samples(test)
    result = parzen_log_likelihood(samples, test, sigma=sigma)
    assert result.mean == pytest.approx(values.mean(), rel=1e-9)
    assert result.standard_error == pytest.approx(values.std() / np.sqrt(40), rel=1e-9)
    assert result.sigma == sigma


def test_one_window_is_a_normal_density():
    result = parzen_log_likelihood([[1.0]], [[0.5], [3.0]], sigma=0.5)
    assert result.mean == pytest.approx(norm(1.0, 0.5).logpdf([0.5, 3.0]).mean(), rel=1e-12)


def test_far_away_data_do_not_underflow():
    result = parzen_log_likelihood(np.zeros((3, 784)), np.ones((2, 784)), sigma=0.1)
    expected = -784 / (2 * 0.01) - 784 * np.log(0.1 * np.sqrt(2 * np.pi))
    assert result.mean == pytest.approx(expected, rel=1e-12)


def test_cross_validation_takes_the_likeliest_width():
    rng = np.random.default_rng(1)
    samples, validation, test = (
        rng.normal(size=(400, 2)),
        rng.normal(size=(100, 2)),
        rng.normal(size=(100, 2)),
    )
    means = [parzen_log_likelihood(samples, validation, sigma=sigma).mean for sigma in SIGMAS]
    assert best_sigma(samples, validation) == SIGMAS[int(np.argmax(means))]
    assert 0 < np.argmax(means) < len(SIGMAS) - 1
    chosen = parzen_log_likelihood(samples, test, validation=validation)
    assert chosen.sigma == SIGMAS[int(np.argmax(means))]


def test_default_widths_are_those_of_the_paper():
    assert len(SIGMAS) == 10 and SIGMAS[0] == pytest.approx(0.1) and SIGMAS[-1] == pytest.approx(1)


def test_wrong_arguments_are_named():
    data = np.zeros((3, 2))
    with pytest.raises(ValueError, match="exactly one of `sigma` and `validation`.*missing"):
        parzen_log_likelihood(data, data)
    with pytest.raises(ValueError, match="exactly one of .*`sigma=1.0`, `validation` given"):
        parzen_log_likelihood(data, data, sigma=1.0, validation=data)
    with pytest.raises(ValueError, match="`sigma` should be a finite number above zero"):
        parzen_log_likelihood(data, data, sigma=-1.0)
    with pytest.raises(ValueError, match="`test` should hold at least 2 samples"):
        parzen_log_likelihood(data, data[:1], sigma=1.0)
    with pytest.raises(ValueError, match="`samples` and `validation` should have the same dimensions"):
        parzen_log_likelihood(data, data, validation=data[:, :1])
