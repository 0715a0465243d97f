"""Perceptrons: the paper's sizes, outputs, dropout, errors."""

import keras
import numpy as np
import pytest

from tfgan_zoo.layers import Maxout
from tfgan_zoo.networks import mlp


def of(network, kind):
    return [layer for layer in network.layers if isinstance(layer, kind)]


def test_default_sizes_are_the_papers_code():
    generator, discriminator = mlp.generator(), mlp.discriminator()
    hidden = 100 * 1200 + 1200 + 1200 * 1200 + 1200
    assert generator.count_params() == hidden + 1200 * 784 + 784
    assert discriminator.count_params() == (784 * 240 + 240) * 5 + (240 * 240 + 240) * 5 + 240 + 1
    assert [layer.rate for layer in of(discriminator, keras.layers.Dropout)] == [0.2, 0.5, 0.5]
    assert [layer.pieces for layer in of(discriminator, Maxout)] == [5, 5]


@pytest.mark.parametrize("shape", [(28, 28, 1), (1,), (3, 2, 4, 5)])
def test_samples_of_any_shape(shape):
    generator = mlp.generator(shape, latent_dim=3, units=(4,))
    discriminator = mlp.discriminator(shape, units=(4,))
    samples = generator(np.ones((2, 3), "float32"))
    assert samples.shape == (2, *shape) and samples.dtype == "float32"
    assert discriminator(samples).shape == (2, 1)


def test_generator_by_hand():
    generator = mlp.generator((2,), latent_dim=1, units=(2,), activation="relu", output=None)
    generator.set_weights(
        [np.array([[1.0, -1.0]]), np.zeros(2), np.array([[2.0, 0.0], [0.0, 5.0]]), np.array([1.0, 0.0])]
    )
    # z = 3: hidden (3, 0) -> (7, 0); z = -2: hidden (0, 2) -> (1, 10).
    assert generator(np.array([[3.0], [-2.0]])).numpy().tolist() == [[7.0, 0.0], [1.0, 10.0]]


def test_outputs_are_bounded_by_default_and_free_on_request():
    z = np.full((2, 3), 1e3, "float32")
    bounded, free = (mlp.generator((4,), latent_dim=3, units=(5,), output=output) for output in ("tanh", None))
    assert np.abs(bounded(z)).max() <= 1.0 < np.abs(free(z)).max()


def test_dropout_acts_in_training_alone():
    discriminator = mlp.discriminator((6,), units=(8,), input_dropout=0.0, dropout=0.5)
    x = np.ones((1, 6), "float32")
    still = [float(discriminator(x, training=False)[0, 0]) for _ in range(5)]
    moving = [float(discriminator(x, training=True)[0, 0]) for _ in range(5)]
    assert len(set(still)) == 1 < len(set(moving))


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: mlp.generator((28, 0, 1)), "output_shape"),
        (lambda: mlp.generator(()), "output_shape"),
        (lambda: mlp.generator((28, 28, 1), units=(0,)), "units"),
        (lambda: mlp.generator((28, 28, 1), units=(4.5,)), "units"),
        (lambda: mlp.generator((28, 28, 1), latent_dim=0), "latent_dim"),
        (lambda: mlp.discriminator((-1,)), "input_shape"),
        (lambda: mlp.discriminator((4,), units=()), "units"),
    ],
)
def test_impossible_sizes_are_refused(call, name):
    with pytest.raises(ValueError, match=f"`{name}` must be a tuple of ints >= 1.*Received: `{name}="):
        call()


@pytest.mark.parametrize("name", ["input_dropout", "dropout"])
@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_impossible_shares_are_refused(name, share):
    with pytest.raises(ValueError, match=rf"`{name}` must be in \[0, 1\). Received: `{name}={share}`"):
        mlp.discriminator((4,), **{name: share})


def test_pieces_below_one_are_refused():
    with pytest.raises(ValueError, match="`pieces=0`"):
        mlp.discriminator((4,), pieces=0)
