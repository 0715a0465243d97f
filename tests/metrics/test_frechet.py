"""The Fréchet distance against SciPy's matrix square root and closed forms; moments against NumPy."""

import numpy as np
import pytest
import scipy.linalg

from tfgan_zoo.metrics import Moments, frechet_distance, gaussian_frechet_distance


def sqrtm_distance(mean_1, covariance_1, mean_2, covariance_2):
    root = scipy.linalg.sqrtm(covariance_1 @ covariance_2)
    return np.sum((mean_1 - mean_2) ** 2) + np.trace(covariance_1 + covariance_2 - 2 * root.real)


def random_gaussian(dimensions, seed):
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=(dimensions, dimensions))
    return rng.normal(size=dimensions), factor @ factor.T + 0.1 * np.eye(dimensions)


@pytest.mark.parametrize("dimensions", [1, 2, 17, 128])
def test_agrees_with_scipy_sqrtm(dimensions):
    first, second = random_gaussian(dimensions, 1), random_gaussian(dimensions, 2)
    expected = sqrtm_distance(*first, *second)
    assert gaussian_frechet_distance(*first, *second) == pytest.approx(expected, rel=1e-6)


def test_features_agree_with_scipy_sqrtm_of_numpy_moments():
    rng = np.random.default_rng(3)
    real, fake = rng.normal(size=(500, 20)), rng.gamma(2.0, size=(300, 20))
    moments = [(x.mean(axis=0), np.cov(x, rowvar=False)) for x in (real, fake)]
    expected = sqrtm_distance(*moments[0], *moments[1])
    assert frechet_distance(real, fake) == pytest.approx(expected, rel=1e-6)


def test_commuting_covariances_have_a_closed_form():
    rng = np.random.default_rng(4)
    rotation = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    values_1, values_2 = np.array([9, 4, 1, 0.25, 16, 2.0]), np.array([1, 4, 9, 0.36, 4, 5.0])
    covariances = [rotation @ np.diag(values) @ rotation.T for values in (values_1, values_2)]
    expected = 2.0**2 * 6 + np.sum((np.sqrt(values_1) - np.sqrt(values_2)) ** 2)
    distance = gaussian_frechet_distance(np.zeros(6), covariances[0], np.full(6, 2.0), covariances[1])
    assert distance == pytest.approx(expected, rel=1e-12)


def test_two_by_two_with_covariances_that_do_not_commute():
    # tr((S1 S2)^(1/2)) = sqrt(tr(S1 S2) + 2 sqrt(det(S1 S2))) in the plane; here sqrt(9 + 2 sqrt(6)).
    first, second = np.array([[2.0, 1.0], [1.0, 2.0]]), np.array([[1.0, 0.5], [0.5, 2.25]])
    trace = np.trace(first @ second)
    expected = 4 + 3.25 - 2 * np.sqrt(trace + 2 * np.sqrt(3 * 2.0))
    assert gaussian_frechet_distance([0, 0], first, [0, 0], second) == pytest.approx(expected, rel=1e-12)


def test_rank_deficient_covariances_have_a_closed_form():
    # All mass on one axis each, orthogonal: nothing overlaps, so only traces and means are left.
    first, second = np.diag([4.0, 0.0, 0.0]), np.diag([0.0, 9.0, 0.0])
    assert gaussian_frechet_distance([0, 0, 0], first, [0, 0, 5], second) == pytest.approx(25 + 13, rel=1e-12)
    assert gaussian_frechet_distance([0, 0, 0], first, [0, 0, 0], 4 * first) == pytest.approx(4, rel=1e-12)


def test_fewer_samples_than_dimensions_agree_with_singular_values_of_the_data():
    rng = np.random.default_rng(5)
    real, fake = rng.normal(size=(10, 64)), rng.normal(1.0, 2.0, size=(12, 64))
    factors = [(x - x.mean(axis=0)) / np.sqrt(len(x) - 1) for x in (real, fake)]
    overlap = np.linalg.svd(factors[0] @ factors[1].T, compute_uv=False).sum()
    expected = np.sum((real.mean(axis=0) - fake.mean(axis=0)) ** 2)
    expected += sum(np.sum(factor**2) for factor in factors) - 2 * overlap
    assert frechet_distance(real, fake) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("samples", [5, 50, 500])
def test_identical_sets_are_at_zero(samples):
    features = np.random.default_rng(6).normal(30, 10, size=(samples, 100)).astype(np.float32)
    assert 0 <= frechet_distance(features, features.copy()) <= 1e-6


def test_is_symmetric():
    rng = np.random.default_rng(7)
    real, fake = rng.normal(size=(40, 8)), rng.normal(2, 3, size=(60, 8))
    assert frechet_distance(real, fake) == pytest.approx(frechet_distance(fake, real), rel=1e-12)


def test_moments_of_batches_equal_numpy_despite_a_large_offset():
    rng = np.random.default_rng(8)
    features = rng.normal(1e6, 1.0, size=(1000, 5))
    moments = Moments(5)
    for batch in np.split(features, [1, 7, 300, 301]):
        moments.add(batch)
    assert moments.count == 1000
    np.testing.assert_allclose(moments.mean, features.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(moments.covariance, np.cov(features, rowvar=False), rtol=1e-9, atol=1e-9)


def test_moments_merge_and_leave_the_other_alone():
    features = np.random.default_rng(9).normal(size=(30, 3))
    first, second = Moments.of(features[:11]), Moments.of(features[11:])
    first.merge(second)
    first.merge(Moments(3))
    np.testing.assert_allclose(first.covariance, np.cov(features, rowvar=False), rtol=1e-12)
    assert second.count == 19
    assert frechet_distance(first, features) <= 1e-12


def test_wrong_arguments_are_named():
    good = np.zeros((4, 3))
    with pytest.raises(ValueError, match=r"`real` should hold at least 2 samples.*Received: 1 samples"):
        frechet_distance(good[:1], good)
    with pytest.raises(ValueError, match=r"`fake` should have shape .*Received: shape \(4,\)"):
        frechet_distance(good, good[:, 0])
    with pytest.raises(ValueError, match=r"same dimensions.*\(1, 3\) and \(1, 2\)"):
        frechet_distance(good, good[:, :2])
    with pytest.raises(ValueError, match=r"`fake` should be finite.*in sample 2"):
        frechet_distance(good, np.where(np.arange(4)[:, None] == 2, np.nan, good))
    with pytest.raises(ValueError, match=r"3 dimensions of these moments.*Received: 2 dimensions"):
        Moments(3).add(good[:, :2])
    with pytest.raises(ValueError, match=r"at least 2 samples before.*Received: 1 samples"):
        frechet_distance(Moments.of(good[:1]), good)
    with pytest.raises(ValueError, match=r"`covariance_2` should be positive semi-definite.*-1"):
        gaussian_frechet_distance([0, 0], np.eye(2), [0, 0], np.diag([1.0, -1.0]))
    with pytest.raises(ValueError, match=r"`covariance_1` should have shapes"):
        gaussian_frechet_distance([0, 0], np.eye(3), [0, 0], np.eye(2))
