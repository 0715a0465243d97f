"""A falling learning rate by hand, inside of an optimizer and in a file."""

import keras
import numpy as np
import pytest

from tfgan_zoo.training import LinearDecay


def test_constant_then_linear():
    decay = LinearDecay(0.8, begin=2, end=6)
    rates = [float(decay(step)) for step in range(9)]
    np.testing.assert_allclose(rates, [0.8, 0.8, 0.8, 0.6, 0.4, 0.2, 0.0, 0.0, 0.0], rtol=1e-6)


def test_an_optimizer_steps_by_it_and_keeps_it():
    weight = keras.Variable(1.0)
    optimizer = keras.optimizers.SGD(LinearDecay(0.1, begin=1, end=3))
    for expected in (0.9, 0.8, 0.75, 0.75):  # Steps of 0.1, 0.1, 0.05 and 0 along a gradient of 1.
        optimizer.apply([np.float32(1.0)], [weight])
        assert abs(float(weight.numpy()) - expected) < 1e-6
    twin = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert twin.get_config() == optimizer.get_config()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate": 0.0, "begin": 0, "end": 1}, "must be positive. Received: `learning_rate=0.0`"),
        ({"learning_rate": 0.1, "begin": -1, "end": 1}, "`begin=-1`, `end=1`"),
        ({"learning_rate": 0.1, "begin": 5, "end": 5}, "below `end`. Received: `begin=5`, `end=5`"),
    ],
)
def test_wrong_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        LinearDecay(**options)
