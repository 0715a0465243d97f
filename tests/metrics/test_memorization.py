"""The memorisation check against scikit-learn's neighbours, on copies and on fresh samples."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from tfgan_zoo.metrics import memorization


def test_agrees_with_sklearn():
    rng = np.random.default_rng(0)
    train, held_out, fake = (rng.normal(size=(count, 4)) for count in (200, 150, 90))
    found, rows = NearestNeighbors(n_neighbors=1).fit(train).kneighbors(fake)
    baseline = NearestNeighbors(n_neighbors=1).fit(train).kneighbors(held_out)[0]
    result = memorization(train, held_out, fake)
    np.testing.assert_array_equal(result.indices, rows[:, 0])
    np.testing.assert_allclose(result.distances, found[:, 0], rtol=1e-12)
    assert result.ratio == pytest.approx(np.median(found) / np.median(baseline), rel=1e-12)
    assert result.copy_share == np.mean(found < np.quantile(baseline, 0.01))


def test_copies_are_found_and_named():
    rng = np.random.default_rng(1)
    train, held_out = rng.normal(size=(300, 10)), rng.normal(size=(300, 10))
    half = np.concatenate([train[[7, 3, 250]] + 1e-4, rng.normal(size=(3, 10))])
    result = memorization(train, held_out, half)
    assert result.indices[:3].tolist() == [7, 3, 250]
    assert result.copy_share == 0.5
    assert memorization(train, held_out, train[:100]).ratio == 0


def test_fresh_samples_are_not_accused():
    rng = np.random.default_rng(2)
    train, held_out, fake = (rng.normal(size=(1000, 10)) for _ in range(3))
    result = memorization(train, held_out, fake)
    assert result.ratio == pytest.approx(1, abs=0.03)
    assert result.copy_share < 0.03


def test_wrong_arguments_are_named():
    data = np.arange(8.0).reshape(4, 2)
    with pytest.raises(ValueError, match="`held_out` should be apart from `train`"):
        memorization(data, data, data)
    with pytest.raises(ValueError, match="`train` and `fake` should have the same dimensions"):
        memorization(data, data + 1, data[:, :1])
    with pytest.raises(ValueError, match="`held_out` should hold at least 2 samples"):
        memorization(data, data[:1], data)
