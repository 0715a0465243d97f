"""Blocked distances against SciPy and scikit-learn, with the duplicates that break rounding-blind code."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors

from tfgan_zoo.metrics import distances


def test_blocks_cover_every_row(monkeypatch):
    monkeypatch.setattr(distances, "BLOCK_ROWS", 4)
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(10, 3)), rng.normal(size=(7, 3))
    parts = [(start, squared.copy()) for start, squared in distances.blocks(first, second)]
    assert [start for start, _ in parts] == [0, 4, 8]
    np.testing.assert_allclose(np.concatenate([part for _, part in parts]), cdist(first, second) ** 2, atol=1e-12)


@pytest.mark.parametrize("same", [False, True])
def test_nearest_agrees_with_sklearn(monkeypatch, same):
    monkeypatch.setattr(distances, "BLOCK_ROWS", 16)
    rng = np.random.default_rng(1)
    points = rng.normal(100, 1, size=(60, 9)).astype(np.float32)
    queries = points if same else rng.normal(100, 1, size=(35, 9)).astype(np.float32)
    sklearn = NearestNeighbors(n_neighbors=5, algorithm="kd_tree").fit(points.astype(np.float64))
    expected, rows = sklearn.kneighbors(None if same else queries.astype(np.float64))
    indices, squared = distances.nearest(queries, points, 5, same=same)
    np.testing.assert_array_equal(indices, rows)
    np.testing.assert_allclose(np.sqrt(squared), expected, rtol=1e-14)


def test_duplicates_are_at_exactly_zero():
    points = np.random.default_rng(2).normal(1e3, 1, size=(50, 33)).astype(np.float32)
    _, squared = distances.nearest(points, points[::-1], 1)
    assert np.all(squared == 0)


def test_the_only_other_point_is_the_nearest():
    indices, squared = distances.nearest(np.array([[0.0], [3.0]]), np.array([[0.0], [3.0]]), 1, same=True)
    assert indices.tolist() == [[1], [0]]
    assert squared.tolist() == [[9.0], [9.0]]
