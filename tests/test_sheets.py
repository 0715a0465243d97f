"""Sheets of interpolation and arithmetic, on a generator whose answer is known."""

import numpy as np
import pytest

from tfgan_zoo import sheets


class Linear:
    """A generator whose images are as bright as the first number of their latent vector."""

    latent_dim = 2
    prior = "normal"

    def __init__(self):
        self.seen = []

    def sample(self, num=16, *, z, seed=0):
        z = np.asarray(z)
        self.seen.append(z)
        return np.tanh(z[:, :1, None, None]) * np.ones((1, 8, 8, 1), np.float32)


def test_interpolation_goes_from_end_to_end():
    gan = Linear()
    picture = sheets.interpolation(gan, rows=2, columns=5, seed=3)
    z = gan.seen[0].reshape(2, 5, 2)
    from tfgan_zoo import latents

    ends = latents.sample(4, 2, seed=3).numpy()
    np.testing.assert_allclose(z[:, 0], ends[::2], atol=1e-6)
    np.testing.assert_allclose(z[:, -1], ends[1::2], atol=1e-6)
    assert picture.dtype == np.uint8 and picture.ndim == 3


def test_uniform_latents_are_joined_by_straight_lines():
    gan = Linear()
    gan.prior = "uniform"
    sheets.interpolation(gan, rows=1, columns=3)
    start, middle, end = gan.seen[0]
    np.testing.assert_allclose(middle, (start + end) / 2.0, atol=1e-6)


def test_arithmetic_adds_the_attribute():
    gan = Linear()
    picture, gain = sheets.arithmetic(gan, columns=4, num=50)
    assert gain == 1.0
    exemplars_with, exemplars_without = gan.seen[-2], gan.seen[-1]
    before, after = gan.seen[1], gan.seen[2]
    direction = exemplars_with.mean(axis=0) - exemplars_without.mean(axis=0)
    assert direction[0] > 0
    np.testing.assert_allclose(after, before + direction, atol=1e-6)
    assert picture.dtype == np.uint8


@pytest.mark.parametrize("options", [{"exemplars": 0}, {"exemplars": 9, "columns": 8}, {"num": 6}])
def test_arithmetic_refuses_too_few(options):
    with pytest.raises(ValueError, match="`exemplars` must be at least 1"):
        sheets.arithmetic(Linear(), **options)


def test_interpolation_refuses_too_few():
    with pytest.raises(ValueError, match="`rows` must be at least 1"):
        sheets.interpolation(Linear(), columns=1)
