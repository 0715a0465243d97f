"""The theory of the first GAN paper, against closed forms."""

import keras
import numpy as np
import pytest

from tfgan_zoo import networks, theory


@pytest.fixture(scope="module")
def line():
    x = np.linspace(-4.0, 14.0, 1801)  # Nine deviations of the wider density: nothing of it is cut off.
    return x, theory.normal_density(x, 4.0, 0.5), theory.normal_density(x, 5.0, 1.0)


def perceptron():
    keras.utils.set_random_seed(0)
    samples = keras.Input((1,))
    x = keras.layers.Normalization(mean=4.0, variance=0.25)(samples)
    for _ in range(2):
        x = keras.layers.Dense(64, activation="tanh")(x)
    return keras.Model(samples, keras.layers.Dense(1)(x))


def test_normal_density_is_a_density(line):
    x, p, _ = line
    assert np.trapezoid(p, x) == pytest.approx(1.0, abs=1e-9)
    assert np.trapezoid(p * x, x) == pytest.approx(4.0, abs=1e-9)
    assert np.trapezoid(p * (x - 4.0) ** 2, x) == pytest.approx(0.25, abs=1e-9)


def test_optimal_discriminator_by_hand():
    np.testing.assert_allclose(
        theory.optimal_discriminator([0.3, 0.0, 0.0, 0.2], [0.1, 0.5, 0.0, 0.0]), [0.75, 0, 0.5, 1]
    )


def test_value_at_the_optimum_is_the_divergence(line):
    x, p, q = line
    best = theory.optimal_discriminator(p, q)
    expected = 2.0 * theory.jensen_shannon_divergence(x, p, q) - 2.0 * np.log(2.0)
    assert theory.value(x, p, q, best) == pytest.approx(expected, abs=1e-9)
    assert theory.value(x, p, p, np.full_like(x, 0.5)) == pytest.approx(-1.386294, abs=1e-6)


def test_no_discriminator_is_better_than_the_optimal_one(line):
    x, p, q = line
    best = theory.optimal_discriminator(p, q)
    other = np.clip(best + 0.05 * np.sin(x), 1e-6, 1.0 - 1e-6)
    assert theory.value(x, p, q, other) < theory.value(x, p, q, best) - 1e-4


def test_jensen_shannon_divergence_bounds(line):
    x, p, _ = line
    far = theory.normal_density(x, -1.0, 0.1)
    assert theory.jensen_shannon_divergence(x, p, p) == pytest.approx(0.0, abs=1e-12)
    assert theory.jensen_shannon_divergence(x, p, far) == pytest.approx(np.log(2.0), abs=1e-6)
    # Kullback-Leibler terms by SciPy, an independent computation.
    from scipy.special import rel_entr

    q = theory.normal_density(x, 5.0, 1.0)
    middle = (p + q) / 2.0
    expected = np.trapezoid(rel_entr(p, middle) + rel_entr(q, middle), x) / 2.0
    assert theory.jensen_shannon_divergence(x, p, q) == pytest.approx(expected, abs=1e-9)


@pytest.mark.thorough
def test_trained_discriminator_reaches_the_optimum_and_its_generator_collapses(line):
    x, p, q = line
    network = perceptron()
    d = theory.train_discriminator(network, x, p, q, steps=2500)
    seen = p + q > 0.01
    assert np.abs(d - theory.optimal_discriminator(p, q))[seen].max() <= 0.02
    expected = 2.0 * theory.jensen_shannon_divergence(x, p, q) - 2.0 * np.log(2.0)
    assert theory.value(x, p, q, d) == pytest.approx(expected, abs=0.01)
    generator = networks.mlp.generator((1,), 1, units=(32, 32), activation="tanh", output=None)
    collapsed = theory.train_generator_alone(generator, network)
    assert collapsed.std() < 0.05  # It began with a spread; what is left is one point.
    assert collapsed.mean() == pytest.approx(x[np.argmax(np.where(seen, d, 0.0))], abs=0.05)


def test_discriminator_of_equal_densities_is_one_half(line):
    x, p, _ = line
    d = theory.train_discriminator(perceptron(), x, p, p, steps=1500)
    assert theory.value(x, p, p, d) == pytest.approx(-2.0 * np.log(2.0), abs=0.01)
    assert np.abs(d - 0.5)[p > 0.01].max() <= 0.02
