"""The classifier of SGAN: sizes, dropout, errors."""

import numpy as np
import pytest

from tfgan_zoo.networks import sgan


def test_sizes_by_hand():
    network = sgan.discriminator((28, 28, 1), 10, channels=(32, 64, 128))
    convolutions = (25 * 32 + 32) + (9 * 32 * 64 + 64) + (9 * 64 * 128 + 128)
    assert network.count_params() == convolutions + 4 * 4 * 128 * 11 + 11
    assert network.output_shape == (None, 11)


def test_dropout_acts_in_training_alone():
    network, x = sgan.discriminator((8, 6, 2), 3, channels=(4, 5), dropout=0.5), np.ones((1, 8, 6, 2), "float32")
    np.testing.assert_array_equal(network(x), network(x))
    assert np.any(network(x, training=True) != network(x, training=True))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_classes": 1}, "Received: `num_classes=1`"),
        ({"channels": ()}, r"`channels=\(\)`"),
        ({"channels": (8, 0)}, r"`channels=\(8, 0\)`"),
        ({"dropout": 1.0}, "Received: `dropout=1.0`"),
    ],
)
def test_wrong_arguments_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        sgan.discriminator(**options)
