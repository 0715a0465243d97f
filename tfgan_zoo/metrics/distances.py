"""Distances between all pairs of two sets, block by block: exact decisions at the speed of a matrix product.

`|x - y|^2 = |x|^2 + |y|^2 - 2 x.y` turns distances into matrix products, but rounds differently from one
block shape to the next, so that ties (which equal or duplicated samples do produce) fall at random. Here the
products are float64 on centred data, and every decision closer than the error bound of the product is taken
again from `sum (x - y)^2` of the samples as given, which depends on the two rows alone. The results are those
of the direct formula.
"""

import numpy as np

BLOCK_ROWS = 512
# Candidates beyond the k nearest whose distances are computed directly before the k-th is chosen.
SPARE_NEIGHBOURS = 4


def centred(first, second):
    """Return both sets as float64, shifted by the mean of the first: less cancellation, same distances."""
    mean = np.mean(first, axis=0, dtype=np.float64)
    return first.astype(np.float64) - mean, second.astype(np.float64) - mean


def direct(first, second):
    """Return `sum (x - y)^2` over the last axis in float64; the sets broadcast."""
    return np.square(np.subtract(first, second, dtype=np.float64)).sum(axis=-1)


def blocks(first, second):
    """Yield `(start, squared)` with squared distances from a block of rows of `first` to all of `second`.

    Args:
        first: `(rows, dimensions)` float64.
        second: `(columns, dimensions)` float64.

    Yields:
        the index of the block's first row, and a `(block, columns)` float64 array that may be overwritten by
        the caller until the next one is asked for; values may be negative by rounding.
    """
    second_norms = np.einsum("ij,ij->i", second, second)
    buffer = np.empty((min(BLOCK_ROWS, len(first)), len(second)))
    for start in range(0, len(first), BLOCK_ROWS):
        rows = first[start : start + BLOCK_ROWS]
        squared = np.matmul(rows, second.T, out=buffer[: len(rows)])
        squared *= -2
        squared += np.einsum("ij,ij->i", rows, rows)[:, None]
        squared += second_norms
        yield start, squared


def error_bound(first, second):
    """Return what `blocks` may be off by: the rounding of the longest sum of squares, with a margin."""
    largest = np.einsum("ij,ij->i", first, first).max() + np.einsum("ij,ij->i", second, second).max()
    return 4 * first.shape[1] * np.finfo(np.float64).eps * largest


def nearest(queries, points, k=1, *, same=False):
    """Return the `k` nearest points of every query.

    Args:
        queries: `(queries, dimensions)`.
        points: `(points, dimensions)`, more than `k`.
        k: number of neighbours.
        same: whether the queries are the points themselves, each then not a neighbour of itself.

    Returns:
        `(indices, squared)`, both `(queries, k)`, nearest first; squared distances by the direct formula.
    """
    candidates = min(k + SPARE_NEIGHBOURS, len(points) - same)
    indices, distances = [], []
    for start, squared in blocks(*centred(queries, points)):
        rows = np.arange(len(squared))
        if same:
            squared[rows, start + rows] = np.inf
        chosen = np.argpartition(squared, candidates - 1, axis=1)[:, :candidates]
        exact = direct(queries[start + rows][:, None], points[chosen])
        order = np.argsort(exact, axis=1, kind="stable")[:, :k]
        indices.append(np.take_along_axis(chosen, order, axis=1))
        distances.append(np.take_along_axis(exact, order, axis=1))
    return np.concatenate(indices), np.concatenate(distances)
