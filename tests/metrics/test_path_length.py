"""Path length on generators whose speed is known in closed form."""

import numpy as np
import pytest

from tfgan_zoo.metrics import perceptual_path_length
from tfgan_zoo.metrics.path_length import slerp


def squared(first, second):
    return ((np.asarray(first, np.float64) - second) ** 2).sum(axis=1)


def test_lerp_through_a_linear_generator_has_constant_speed():
    ends = np.tile(np.array([[1.0, 2.0], [4.0, 6.0]]), (100, 1))  # 5 apart
    result = perceptual_path_length(lambda z: 3 * z, squared, ends, interpolation="lerp", epsilon=1e-2)
    assert result.mean == pytest.approx(15.0**2, rel=1e-3)
    assert result.kept >= 98


def test_slerp_on_the_unit_circle_has_the_speed_of_the_angle():
    ends = np.tile(np.array([[1.0, 0.0], [0.0, 1.0]]), (50, 1))
    result = perceptual_path_length(lambda z: z, squared, ends, epsilon=1e-2)
    assert result.mean == pytest.approx((np.pi / 2) ** 2, rel=1e-3)


def test_end_sampling_looks_at_the_start_of_the_path():
    ends = np.tile(np.array([[1.0], [2.0]]), (50, 1))
    options = {"interpolation": "lerp", "epsilon": 1e-3}
    end = perceptual_path_length(np.square, squared, ends, sampling="end", **options).mean
    full = perceptual_path_length(np.square, squared, ends, sampling="full", **options).mean
    assert end == pytest.approx(2.0**2, rel=1e-2)  # d(z^2)/dz at 1
    assert 2.5**2 < full < 3.7**2


def test_the_extreme_hundredths_are_left_out():
    # Speeds 1 to 400 and two monsters: the filter drops the highest values.
    starts = np.zeros((402, 1))
    stops = np.concatenate([np.arange(1.0, 401.0), [1e6, 1e6]])[:, None]
    ends = np.stack([starts, stops], axis=1).reshape(-1, 1)
    result = perceptual_path_length(lambda z: z, squared, ends, interpolation="lerp", epsilon=1e-2)
    assert result.mean < 400.0**2
    assert 390 <= result.kept <= 400


def test_slerp_keeps_known_points_and_blends_lengths():
    start, end = np.array([[2.0, 0.0]]), np.array([[0.0, 4.0]])
    np.testing.assert_allclose(slerp(start, end, np.array([[0.0]])), start, atol=1e-12)
    np.testing.assert_allclose(slerp(start, end, np.array([[1.0]])), end, atol=1e-12)
    np.testing.assert_allclose(slerp(start, end, np.array([[0.5]])), [[3 / np.sqrt(2)] * 2])
    np.testing.assert_allclose(slerp(start, 2 * start, np.array([[0.5]])), [[3.0, 0.0]])


def test_wrong_arguments_are_named():
    ends = np.ones((4, 2))
    with pytest.raises(ValueError, match="`interpolation` should be 'slerp' or 'lerp'.*'cubic'"):
        perceptual_path_length(None, squared, ends, interpolation="cubic")
    with pytest.raises(ValueError, match="`sampling` should be .*'start'"):
        perceptual_path_length(None, squared, ends, sampling="start")
    with pytest.raises(ValueError, match="`epsilon` should lie between 0 and 1.*`epsilon=0`"):
        perceptual_path_length(None, squared, ends, epsilon=0)
    with pytest.raises(ValueError, match="two rows per path. Received: 3 rows"):
        perceptual_path_length(None, squared, ends[:3])
    with pytest.raises(ValueError, match="no zero row"):
        perceptual_path_length(None, squared, np.zeros((4, 2)))
    with pytest.raises(ValueError, match="`distance` should be finite"):
        perceptual_path_length(lambda z: z * np.nan, squared, ends)
