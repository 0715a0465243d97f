"""Two-sample tests against scikit-learn and on sets whose answer is known."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from tfgan_zoo.metrics import logistic_test, nearest_neighbor_test


def test_nearest_neighbour_agrees_with_sklearn():
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(80, 6)), rng.normal(0.5, 1, size=(80, 6))
    together, labels = np.concatenate([real, fake]), np.repeat([1, 0], 80)
    rows = NearestNeighbors(n_neighbors=1).fit(together).kneighbors(return_distance=False)[:, 0]
    right = labels[rows] == labels
    assert nearest_neighbor_test(real, fake) == (right.mean(), right[:80].mean(), right[80:].mean())


def test_nearest_neighbour_knows_copies_collapse_and_equality():
    rng = np.random.default_rng(1)
    real = rng.normal(size=(400, 5))
    copies = nearest_neighbor_test(real, real + 1e-6)
    assert copies.accuracy == 0
    collapsed = nearest_neighbor_test(real, rng.normal(0, 0.01, size=(400, 5)))
    assert collapsed.fake_accuracy > 0.95
    equal = nearest_neighbor_test(real, rng.normal(size=(400, 5)))
    assert abs(equal.accuracy - 0.5) < 0.08


def test_logistic_finds_a_shift_and_no_more():
    rng = np.random.default_rng(2)
    real = rng.normal(size=(1000, 3))
    shifted = logistic_test(real, rng.normal([1.0, 0, 0], 1, size=(1000, 3)))
    # Two normals one deviation apart: the best classifier is right with probability Phi(1/2) = 0.691.
    assert shifted.accuracy == pytest.approx(0.691, abs=0.05)
    assert shifted.p_value < 1e-10 and shifted.tested == 1000
    equal = logistic_test(real, rng.normal(size=(1000, 3)))
    assert equal.accuracy == pytest.approx(0.5, abs=0.05) and equal.p_value > 0.01
    assert logistic_test(real, rng.normal(size=(1000, 3)) * 1.0, seed=3) != equal


def test_p_value_is_binomial():
    rng = np.random.default_rng(3)
    result = logistic_test(rng.normal(size=(4, 1)), rng.normal(50, 1, size=(4, 1)))
    assert result == (1.0, 0.5**4, 4)


def test_wrong_arguments_are_named():
    features = np.zeros((5, 2))
    with pytest.raises(ValueError, match="equal numbers of samples.*5 and 4"):
        nearest_neighbor_test(features, features[:4])
    with pytest.raises(ValueError, match="`real` should hold at least 4 samples"):
        logistic_test(features[:3], features[:3])
