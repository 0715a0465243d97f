"""Latent vectors: moments of the priors, what a row depends on, interpolation and arithmetic by hand."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from tfgan_zoo import latents

ALL_PRIORS = sorted(latents.PRIORS)
COUNT = 20_000


# --- Priors


@pytest.mark.parametrize(
    ("prior", "variance", "law"),
    [
        ("normal", 1.0, scipy.stats.norm()),
        ("uniform", 1 / 3, scipy.stats.uniform(-1.0, 2.0)),
        # A component of a point on the sphere of radius sqrt(3) in three dimensions is uniform (Archimedes).
        ("sphere", 1.0, scipy.stats.uniform(-np.sqrt(3.0), 2 * np.sqrt(3.0))),
    ],
)
def test_law_of_a_prior(prior, variance, law):
    z = latents.draw((COUNT, 3), (0, 1), prior).numpy()
    assert z.dtype == np.float32
    assert z.mean(axis=0) == pytest.approx([0.0] * 3, abs=4 * np.sqrt(variance / COUNT))
    assert np.cov(z.T) == pytest.approx(variance * np.eye(3), abs=0.03)
    assert min(scipy.stats.kstest(z[:, i], law.cdf).pvalue for i in range(3)) > 1e-3


def test_every_prior_has_a_law():
    assert set(latents.PRIORS) == {"normal", "uniform", "sphere"}


def test_uniform_stays_in_its_range():
    z = latents.draw((COUNT, 2), (0, 1), "uniform").numpy()
    assert -1.0 <= z.min() < -0.999 and 0.999 < z.max() < 1.0


def test_sphere_has_one_radius():
    lengths = np.linalg.norm(latents.draw((50, 7), (0, 1), "sphere"), axis=1)
    assert lengths == pytest.approx([np.sqrt(7.0)] * 50, rel=1e-5)


# --- What a row depends on


@pytest.mark.parametrize("prior", ALL_PRIORS)
def test_a_longer_sample_begins_with_a_shorter_one(prior):
    long, short = latents.sample(9, 5, prior=prior, seed=3), latents.sample(4, 5, prior=prior, seed=3)
    np.testing.assert_array_equal(long[:4], short)
    assert len(np.unique(long)) == 45


def test_seeds_change_all_rows_and_repeat():
    first, again, other = (latents.sample(6, 5, seed=seed).numpy() for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.isin(first, other).any()


def test_a_row_is_a_function_of_its_own_seed():
    rows = latents.from_seeds([7, 8, 7], 4).numpy()
    np.testing.assert_array_equal(rows[0], rows[2])
    np.testing.assert_array_equal(rows[1:2], latents.from_seeds([8], 4))
    np.testing.assert_array_equal(rows[:2], latents.from_seeds([[7, 0], [8, 0]], 4))
    # Row i of `sample` is the vector of the pair (seed, i).
    np.testing.assert_array_equal(latents.sample(3, 4, seed=7)[2:], latents.from_seeds([[7, 2]], 4))


def test_seeds_of_64_bits_are_told_apart():
    rows = latents.from_seeds(np.array([1, 2**40 + 1, -1], "int64"), 4).numpy()
    assert len(np.unique(rows, axis=0)) == 3


def test_draw_repeats_with_its_seed():
    first, again, other = (latents.draw((2, 3), seed).numpy() for seed in ((0, 7), (0, 7), (1, 7)))
    np.testing.assert_array_equal(first, again)
    assert not np.isin(first, other).any()


# --- Interpolation


def test_lerp_by_hand():
    start, end = [0.0, 2.0], [4.0, -2.0]
    assert latents.lerp(start, end, 0.25).numpy().tolist() == [1.0, 1.0]
    assert latents.lerp(start, end, [0.0, 0.5, 1.0, 1.5]).numpy().tolist() == [[0, 2], [2, 0], [4, -2], [6, -4]]
    batch = latents.lerp([start, end], [end, end], [0.0, 0.25])
    assert batch.numpy().tolist() == [[[0, 2], [4, -2]], [[1, 1], [4, -2]]]


def test_slerp_by_hand():
    # 60 degrees apart, so a third of the way is 20 degrees: on the unit circle, and on a circle of radius 2.
    start, end = [1.0, 0.0], [np.cos(np.pi / 3), np.sin(np.pi / 3)]
    expected = [np.cos(np.pi / 9), np.sin(np.pi / 9)]
    assert latents.slerp(start, end, 1 / 3).numpy() == pytest.approx(expected, abs=1e-6)
    twice = latents.slerp([2.0, 0.0], 2 * np.array(end), 1 / 3)
    assert twice.numpy() == pytest.approx(2 * np.array(expected), abs=1e-6)


def test_slerp_of_unequal_lengths_uses_the_angle_and_reaches_both_ends():
    start, end = [3.0, 0.0], [0.0, 1.0]
    path = latents.slerp(start, end, [0.0, 0.5, 1.0]).numpy()
    half = np.sqrt(0.5)
    np.testing.assert_allclose(path, [start, [3 * half, half], end], atol=1e-6)


def test_slerp_keeps_the_length_that_lerp_loses():
    start, end = latents.sample(2, 64, prior="sphere", seed=1)
    curved = np.linalg.norm(latents.slerp(start, end, np.linspace(0, 1, 7)), axis=1)
    assert curved == pytest.approx([8.0] * 7, rel=1e-5)
    assert np.linalg.norm(latents.lerp(start, end, 0.5)) < 6.5


@pytest.mark.parametrize("end", [[2.0, 4.0], [1.0, 2.0], [-1.0, -2.0], [-3.0, -6.0]])
def test_slerp_of_parallel_vectors_is_a_straight_line(end):
    start = [1.0, 2.0]
    path = latents.slerp(start, end, [0.25, 0.5]).numpy()
    np.testing.assert_allclose(path, latents.lerp(start, end, [0.25, 0.5]), atol=1e-6)


def test_slerp_of_opposite_wide_vectors_is_a_straight_line():
    start = latents.sample(1, 512, seed=4)
    np.testing.assert_allclose(latents.slerp(start, -start, 0.25), 0.5 * start, atol=1e-6)


def test_slerp_near_the_parallel_agrees_with_float64():
    for angle in (1e-4, 1e-2, 3.1):
        end = np.array([np.cos(angle), np.sin(angle)])
        expected = [np.cos(0.3 * angle), np.sin(0.3 * angle)]
        assert latents.slerp([1.0, 0.0], end, 0.3).numpy() == pytest.approx(expected, abs=2e-5)


def test_slerp_treats_rows_one_by_one():
    starts, ends = [[1.0, 0.0], [1.0, 2.0]], [[0.0, 1.0], [2.0, 4.0]]
    both = latents.slerp(starts, ends, [0.3, 0.6]).numpy()
    assert both.shape == (2, 2, 2)
    for row in (0, 1):
        np.testing.assert_allclose(both[:, row], latents.slerp(starts[row], ends[row], [0.3, 0.6]), atol=1e-6)


@pytest.mark.parametrize("path", [latents.lerp, latents.slerp])
def test_ends_of_different_width_are_refused(path):
    with pytest.raises(ValueError, match=r"`start` and `end` must have the same shape.*\(2,\), end.shape=\(3,\)"):
        path([1.0, 2.0], [1.0, 2.0, 3.0], 0.5)


# --- Arithmetic


def test_arithmetic_by_hand():
    plus, minus, base = [[4.0, 0.0], [6.0, 2.0], [8.0, 1.0]], [1.0, 1.0], [[2.0, 2.0], [4.0, 8.0]]
    # mean(plus) = (6, 1), minus = (1, 1), mean(base) = (3, 5).
    assert latents.arithmetic(plus, minus, base).numpy() == pytest.approx([8.0, 5.0])


@pytest.mark.parametrize("base", [[1.0, 2.0, 3.0], 1.0])
def test_arithmetic_of_different_widths_is_refused(base):
    with pytest.raises(ValueError, match="`plus`, `minus` and `base` must be vectors of one width"):
        latents.arithmetic([1.0, 2.0], [1.0, 2.0], base)


# --- Grids and walks


def test_linear_grid_by_hand():
    corners = [[0.0, 0.0], [2.0, 0.0], [0.0, 4.0], [6.0, 4.0]]
    table = latents.grid(corners, 3, 2, interpolation="lerp").numpy()
    assert table.tolist() == [[0, 0], [2, 0], [0, 2], [4, 2], [0, 4], [6, 4]]


def test_spherical_grid_has_its_corners_and_edges():
    corners = latents.sample(4, 6, seed=2).numpy()
    table = latents.grid(corners, 4, 3).numpy().reshape(4, 3, 6)
    np.testing.assert_allclose([table[0, 0], table[0, -1], table[-1, 0], table[-1, -1]], corners, atol=1e-6)
    np.testing.assert_allclose(table[0, 1], latents.slerp(corners[0], corners[1], 0.5), atol=1e-6)
    np.testing.assert_allclose(table[1, 0], latents.slerp(corners[0], corners[2], 1 / 3), atol=1e-6)


def test_walk_by_hand():
    frames = latents.walk([[0.0], [4.0], [10.0]], 2, interpolation="lerp").numpy()
    assert frames[:, 0].tolist() == [0, 2, 4, 7, 10, 5]


def test_spherical_walk_passes_its_stops_and_closes():
    stops = latents.sample(3, 5, seed=2)
    frames = latents.walk(stops, 4).numpy()
    np.testing.assert_allclose(frames[::4], stops, atol=1e-6)
    np.testing.assert_allclose(frames[-1], latents.slerp(stops[2], stops[0], 0.75), atol=1e-6)


# --- Errors


@pytest.mark.parametrize(("given", "nearest"), [("gaussian normal", "normal"), ("Uniform", "uniform")])
def test_unknown_priors_get_the_nearest(given, nearest):
    match = f"`prior` must be one of .*Received: `prior='{given}'`.*'{nearest}'"
    for call in (
        lambda: latents.check_prior(given),
        lambda: latents.draw((2, 2), (0, 0), given),
        lambda: latents.sample(2, 2, prior=given),
        lambda: latents.from_seeds([1], 2, given),
    ):
        with pytest.raises(ValueError, match=match):
            call()


@pytest.mark.parametrize(("num", "dim"), [(0, 4), (4, 0)])
def test_empty_samples_are_refused(num, dim):
    with pytest.raises(ValueError, match=f"must be at least 1. Received: `num={num}`, `dim={dim}`"):
        latents.sample(num, dim)


@pytest.mark.parametrize("shape", [(), (2, 3), (2, 2, 2)])
def test_seeds_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"`seeds` must have shape \(batch,\) or \(batch, 2\)"):
        latents.from_seeds(tf.zeros(shape, tf.int64), 4)


@pytest.mark.parametrize(("corners", "rows", "columns"), [((3, 2), 2, 2), ((4, 2), 1, 2), ((4, 2), 2, 1), ((4,), 2, 2)])
def test_impossible_grids_are_refused(corners, rows, columns):
    with pytest.raises(ValueError, match=rf"`corners` must have shape \(4, dim\).*`rows={rows}`, `columns={columns}`"):
        latents.grid(tf.zeros(corners), rows, columns)


@pytest.mark.parametrize(("stops", "steps"), [((1, 2), 3), ((3, 2), 0), ((3,), 3)])
def test_impossible_walks_are_refused(stops, steps):
    with pytest.raises(ValueError, match=rf"`stops` must have shape \(count, dim\).*`steps={steps}`"):
        latents.walk(tf.zeros(stops), steps)


def test_unknown_interpolation_is_refused():
    for call in (
        lambda: latents.grid(tf.eye(4), 2, 2, interpolation="cubic"),
        lambda: latents.walk(tf.eye(4), 2, interpolation="cubic"),
    ):
        with pytest.raises(ValueError, match=r"`interpolation` must be one of \['lerp', 'slerp'\].*'cubic'"):
            call()
