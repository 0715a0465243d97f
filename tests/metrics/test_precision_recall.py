"""Precision, recall, density, coverage against brute force on scikit-learn's neighbours, exactly."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors

from tfgan_zoo.metrics import density_coverage, distances, prdc, precision_recall


def radii(features, k):
    return NearestNeighbors(n_neighbors=k).fit(features).kneighbors()[0][:, -1]


def reference(real, fake, precision_k, density_k):
    """The four definitions, written over the full matrix of SciPy's distances."""
    between = cdist(real, fake)
    real_manifold, fake_manifold = radii(real, precision_k)[:, None], radii(fake, precision_k)
    balls = between < radii(real, density_k)[:, None]
    return (
        (between <= real_manifold).any(axis=0).mean(),
        (between <= fake_manifold).any(axis=1).mean(),
        balls.sum() / (density_k * len(fake)),
        balls.any(axis=1).mean(),
    )


@pytest.mark.parametrize("dimensions", [1, 3, 40])
@pytest.mark.parametrize("counts", [(90, 90), (130, 70)])
def test_agrees_exactly_with_brute_force(monkeypatch, dimensions, counts):
    monkeypatch.setattr(distances, "BLOCK_ROWS", 32)
    rng = np.random.default_rng(dimensions)
    real, fake = rng.normal(size=(counts[0], dimensions)), rng.normal(0.3, 0.8, size=(counts[1], dimensions))
    assert prdc(real, fake) == reference(real, fake, 3, 5)
    assert precision_recall(real, fake) == reference(real, fake, 3, 3)[:2]
    assert density_coverage(real, fake) == reference(real, fake, 5, 5)[2:]


def test_agrees_exactly_where_every_distance_is_a_tie():
    # Points of an integer grid, real and fake overlapping: distances coincide with radii all over.
    grid = np.stack(np.meshgrid(np.arange(9), np.arange(9)), axis=-1).reshape(-1, 2).astype(np.float64)
    real, fake = grid[:60] + 1000, grid[25:] + 1000
    assert prdc(real, fake) == reference(real, fake, 3, 5)


def test_identical_sets_are_perfect(monkeypatch):
    monkeypatch.setattr(distances, "BLOCK_ROWS", 13)
    features = np.random.default_rng(4).normal(50, 1, size=(200, 65)).astype(np.float32)
    assert prdc(features, features[::-1].copy()) == (1.0, 1.0, 1.0, 1.0)


def test_collapsed_and_scattered_fakes_are_told_apart():
    rng = np.random.default_rng(5)
    real = rng.normal(size=(300, 4))
    collapsed = precision_recall(real, real[0] + 1e-3 * rng.normal(size=(300, 4)))
    scattered = precision_recall(real, 10 * rng.normal(size=(300, 4)))
    assert collapsed.precision == 1 and collapsed.recall < 0.05
    assert scattered.precision < 0.2 and scattered.recall > 0.8


def test_all_samples_equal_are_inside_their_own_manifold():
    assert precision_recall(np.ones((6, 2)), np.ones((5, 2))) == (1.0, 1.0)


def test_wrong_arguments_are_named():
    features = np.arange(10.0).reshape(5, 2)
    with pytest.raises(ValueError, match=r"`real` should hold at least 6 samples.*k-th neighbour.*5 samples"):
        density_coverage(features, features)
    with pytest.raises(ValueError, match=r"`precision_k` should be an integer of at least 1"):
        prdc(features, features, precision_k=0, density_k=2)
    with pytest.raises(ValueError, match=r"`fake` should be finite"):
        precision_recall(features, np.full((5, 2), np.inf))
