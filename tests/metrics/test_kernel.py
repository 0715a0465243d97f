"""The kernel distance against scikit-learn's polynomial kernel."""

import numpy as np
import pytest
from sklearn.metrics.pairwise import polynomial_kernel

from tfgan_zoo.metrics import kernel_discrepancy, kernel_distance
from tfgan_zoo.metrics.kernel import subset_rows


def reference_discrepancy(real, fake):
    """Explicit sums over the off-diagonal pairs of scikit-learn's kernel."""
    kernels = [polynomial_kernel(a, b, degree=3, coef0=1) for a, b in ((real, real), (fake, fake), (real, fake))]
    own = [k[~np.eye(len(k), dtype=bool)].mean() for k in kernels[:2]]
    return own[0] + own[1] - 2 * kernels[2].mean()


def test_discrepancy_agrees_with_sklearn_for_unequal_counts():
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(60, 7)), rng.gamma(2.0, size=(45, 7))
    assert kernel_discrepancy(real, fake) == pytest.approx(reference_discrepancy(real, fake), abs=1e-9)


def test_subsets_agree_with_sklearn_on_the_same_rows():
    rng = np.random.default_rng(1)
    real, fake = rng.normal(size=(80, 16)), rng.normal(0.3, 1.1, size=(70, 16))
    values = [
        reference_discrepancy(real[a], fake[b]) for a, b in subset_rows(80, 70, subsets=9, subset_size=40, seed=5)
    ]
    result = kernel_distance(real, fake, subsets=9, subset_size=40, seed=5)
    assert result.mean == pytest.approx(np.mean(values), abs=1e-9)
    assert result.standard_error == pytest.approx(np.std(values, ddof=1) / 3, abs=1e-9)


def test_hand_computed_value():
    # d = 1: k(0, 2) = 1, k(1, 3) = 64; cross kernels k(0, .) = 1, k(2, 1) = 27, k(2, 3) = 343.
    expected = 1 + 64 - 2 * (1 + 1 + 27 + 343) / 4
    assert kernel_discrepancy([[0.0], [2.0]], [[1.0], [3.0]]) == pytest.approx(expected, abs=1e-12)


def test_is_unbiased_for_equal_distributions():
    rng = np.random.default_rng(2)
    values = [kernel_discrepancy(rng.normal(size=(10, 3)), rng.normal(size=(10, 3))) for _ in range(2000)]
    standard_error = np.std(values) / np.sqrt(len(values))
    assert abs(np.mean(values)) < 4 * standard_error
    assert min(values) < 0


def test_subsets_are_drawn_without_replacement_and_by_the_seed():
    first, again, other = (list(subset_rows(20, 30, 3, 15, seed)) for seed in (0, 0, 1))
    for rows, columns in first:
        assert len(set(rows)) == len(set(columns)) == 15
        assert rows.max() < 20 and columns.max() < 30
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_wrong_arguments_are_named():
    features = np.zeros((10, 2))
    with pytest.raises(ValueError, match=r"`real` should hold at least 1000 samples \(one subset"):
        kernel_distance(features, features)
    with pytest.raises(ValueError, match=r"`subsets` should be an integer of at least 2.*`subsets=1`"):
        kernel_distance(features, features, subsets=1, subset_size=5)
    with pytest.raises(ValueError, match=r"`subset_size` should be .*`subset_size=1`"):
        kernel_distance(features, features, subset_size=1)
    with pytest.raises(ValueError, match=r"`fake` should hold at least 2 samples"):
        kernel_discrepancy(features, features[:1])
