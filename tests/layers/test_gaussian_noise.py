"""Gaussian noise: its moments, its independence of the number of replicas, its state."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers import GaussianNoise

X = np.arange(24.0, dtype="float32").reshape(4, 6)


def test_noise_has_mean_zero_and_the_given_deviation():
    noise = GaussianNoise(0.3, seed=0)(tf.fill((200, 500), 7.0), training=True).numpy() - 7.0
    assert abs(noise.mean()) < 4 * 0.3 / np.sqrt(noise.size)
    assert noise.std() == pytest.approx(0.3, rel=0.01)
    within = (np.abs(noise) < 0.3).mean()
    assert within == pytest.approx(0.6827, abs=0.01)  # Of a normal distribution.
    assert abs(np.corrcoef(noise[0], noise[1])[0, 1]) < 0.2
    # Two numbers are made of the same bits: neither they nor their sizes may know of each other.
    pairs = noise.reshape(2, -1)
    assert abs(np.corrcoef(pairs)[0, 1]) < 4 / np.sqrt(pairs.shape[1])
    assert abs(np.corrcoef(np.abs(pairs))[0, 1]) < 4 / np.sqrt(pairs.shape[1])


def test_acts_in_training_alone():
    layer = GaussianNoise(1.0, seed=0)
    np.testing.assert_array_equal(layer(X), X)
    np.testing.assert_array_equal(layer(X, training=False), X)
    assert np.all(layer(X, training=True) != X)
    np.testing.assert_array_equal(GaussianNoise(0.0)(X, training=True), X)


def test_every_call_draws_anew_and_the_state_decides():
    layer = GaussianNoise(1.0, seed=4)
    start = layer.seed_generator.state.numpy()
    first, second = layer(X, training=True).numpy(), layer(X, training=True).numpy()
    assert np.all(first != second)
    layer.seed_generator.state.assign(start)
    np.testing.assert_array_equal(layer(X, training=True), first)
    np.testing.assert_array_equal(GaussianNoise(1.0, seed=4)(X, training=True), first)
    assert layer.seed_generator.state in layer.variables


def test_two_replicas_add_what_one_would(two_replicas, on_two_replicas):
    with two_replicas.scope():
        spread = GaussianNoise(1.0, seed=9)
    one = GaussianNoise(1.0, seed=9)
    for _ in range(2):
        found = on_two_replicas(lambda x: spread(x, training=True), X)
        np.testing.assert_array_equal(found, one(X, training=True))


@pytest.mark.parametrize("stddev", [-0.1, float("nan")])
def test_negative_deviation_is_refused(stddev):
    with pytest.raises(ValueError, match=f"at least 0. Received: `stddev={stddev}`"):
        GaussianNoise(stddev)
