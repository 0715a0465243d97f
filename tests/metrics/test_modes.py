"""Mode counts on samples placed by hand, and the papers' mixtures against their constants."""

import numpy as np
import pytest

from tfgan_zoo.metrics import (
    grid_centres,
    label_modes,
    mixture_modes,
    mixture_samples,
    ring_centres,
    stacked_labels,
    stacked_modes,
)
from tfgan_zoo.metrics.modes import GRID_DEVIATION, RING_DEVIATION


def test_centres_are_those_of_the_papers():
    ring, grid = ring_centres(), grid_centres()
    assert ring.shape == (8, 2) and grid.shape == (25, 2)
    np.testing.assert_allclose(np.linalg.norm(ring, axis=1), 1)
    np.testing.assert_allclose(ring[[0, 1, 2]], [[1, 0], [0.5**0.5, 0.5**0.5], [0, 1]], atol=1e-15)
    assert sorted(set(grid.ravel())) == [-4, -2, 0, 2, 4]
    assert len({tuple(row) for row in grid}) == 25
    assert (RING_DEVIATION, GRID_DEVIATION) == (0.01, 0.05)


@pytest.mark.parametrize(("centres", "deviation"), [(ring_centres(), 0.01), (grid_centres(), 0.05)])
def test_perfect_samples_reach_every_mode(centres, deviation):
    result = mixture_modes(mixture_samples(centres, deviation, 25_000), centres, deviation)
    assert result.count == len(centres)
    # Within three deviations in the plane: 1 - exp(-9/2) = 0.98889.
    assert result.high_quality == pytest.approx(1 - np.exp(-4.5), abs=0.003)
    assert 0 <= result.reverse_kl < 0.002


def test_samples_follow_the_seed_and_the_deviation():
    samples = mixture_samples([[5.0, -5.0]], 2.0, 20_000, seed=3)
    assert samples.dtype == np.float32
    np.testing.assert_allclose(samples.mean(axis=0), [5, -5], atol=0.06)
    np.testing.assert_allclose(samples.std(axis=0), [2, 2], atol=0.05)
    np.testing.assert_array_equal(samples, mixture_samples([[5.0, -5.0]], 2.0, 20_000, seed=3))
    assert not np.array_equal(samples, mixture_samples([[5.0, -5.0]], 2.0, 20_000, seed=4))


def test_counts_by_hand():
    centres = np.array([[0.0, 0.0], [10.0, 0.0], [20.0, 0.0]])
    # Two good at the first, one bad at the first, one bad at the third.
    samples = [[0.0, 0.0], [0.0, 3.0], [0.0, 3.1], [20.0, 4.0]]
    result = mixture_modes(samples, centres, 1.0)
    assert result.count == 1
    assert result.high_quality == 0.5
    assert result.reverse_kl == pytest.approx(0.75 * np.log(0.75 * 3) + 0.25 * np.log(0.25 * 3), rel=1e-12)


def test_label_shares_by_hand():
    assert label_modes([2, 2, 2, 2], 8) == (1, pytest.approx(np.log(8)))
    count, divergence = label_modes([0, 0, 0, 1], 2, expected=[0.5, 0.5])
    assert count == 2
    assert divergence == pytest.approx(0.75 * np.log(1.5) + 0.25 * np.log(0.5))
    assert label_modes([0, 0, 0, 1], 2, expected=[0.75, 0.25]).reverse_kl == pytest.approx(0, abs=1e-15)
    assert label_modes([1], 2, expected=[1.0, 0.0]).reverse_kl == np.inf


def test_stacked_digits_are_read_by_channel():
    images = np.zeros((2, 4, 4, 3), np.uint8)
    images[0] += np.array([3, 1, 4], np.uint8)
    images[1] += np.array([0, 0, 9], np.uint8)
    labels = stacked_labels(images, lambda channel: channel[:, 0, 0, 0].astype(np.int64))
    assert labels.tolist() == [314, 9]
    result = stacked_modes(np.repeat(images, 5, axis=0), lambda channel: channel[:, 0, 0, 0])
    assert result == (2, pytest.approx(np.log(500)))


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match=r"`samples` and `centres` should have the same dimensions"):
        mixture_modes(np.zeros((3, 3)), ring_centres(), 0.01)
    with pytest.raises(ValueError, match=r"`labels` should lie between 0 and 3.*from 0 to 4"):
        label_modes([0, 4], 4)
    with pytest.raises(ValueError, match=r"`labels` should be integers.*float64"):
        label_modes([0.0, 1.0], 4)
    with pytest.raises(ValueError, match=r"`expected` should be 2 shares that sum to 1"):
        label_modes([0, 1], 2, expected=[0.5, 0.6])
    with pytest.raises(ValueError, match=r"one digit a channel.*\(2, 4, 4, 1\)"):
        stacked_labels(np.zeros((2, 4, 4, 1)), None)
    with pytest.raises(ValueError, match="`deviation` should be a finite number above zero"):
        mixture_samples(ring_centres(), 0.0, 5)
