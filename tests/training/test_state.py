"""A model's state to arrays and back, whatever the number of replicas."""

import keras
import ml_dtypes
import numpy as np
import pytest
import tensorflow as tf

from tests.training import tiny_recipe
from tfgan_zoo.training.state import State

CONFIG = tiny_recipe.Config(ema_decay=None)
TOTAL = "metrics/0000/discriminator_loss/total"


def build(strategy=None, config=CONFIG):
    strategy = strategy or tf.distribute.get_strategy()
    with strategy.scope():
        gan = tiny_recipe.build_model(config)
    return gan, State(gan.state, strategy)


def numbered(state):
    """A snapshot in which every number differs from what a new model holds."""
    return {
        name: (np.arange(array.size).reshape(array.shape) + index + 1).astype(array.dtype)
        for index, (name, array) in enumerate(state.blank().items())
    }


def test_everything_comes_back():
    gan, state = build()
    arrays = numbered(state)
    state.restore(arrays)
    again = state.snapshot()
    assert list(again) == list(arrays)
    for name, array in again.items():
        assert array.dtype == arrays[name].dtype
        np.testing.assert_array_equal(array, arrays[name], err_msg=name)
    assert len(arrays) == len(gan.state)


def test_names_do_not_depend_on_what_was_built_before():
    names = [list(build()[1].snapshot()) for _ in range(2)]
    assert names[0] == names[1]
    assert len(set(names[0])) == len(names[0])


def test_each_replica_keeps_its_running_sums(two_replicas):
    _, state = build(two_replicas)
    arrays = numbered(state)
    state.restore(arrays)
    again = state.snapshot()
    assert again[TOTAL].shape == (2,)
    for name, array in again.items():
        np.testing.assert_array_equal(array, arrays[name], err_msg=name)


def test_sums_of_two_replicas_become_those_of_one(two_replicas):
    (_, two), (gan, one) = build(two_replicas), build()
    arrays = numbered(two) | {TOTAL: np.array([1.5, 4.0], "float32")}
    one.restore(one.fitted(arrays))
    assert keras.ops.convert_to_numpy(gan.trackers["discriminator_loss"].total) == 5.5


def test_sums_of_one_replica_become_those_of_two(two_replicas):
    (_, one), (gan, two) = build(), build(two_replicas)
    fitted = two.fitted(numbered(one) | {TOTAL: np.array([5.5], "float32")})
    np.testing.assert_array_equal(fitted[TOTAL], [5.5, 0.0])
    two.restore(fitted)
    assert two.snapshot()[TOTAL].tolist() == [5.5, 0.0]
    assert keras.ops.convert_to_numpy(gan.trackers["discriminator_loss"].total) == 5.5


def test_bytes_of_a_bfloat16_file_get_their_type_back():
    state = State({"model/0000/x": keras.Variable([0.0, 0.0], dtype="bfloat16")}, tf.distribute.get_strategy())
    raw = np.array([1.5, -2.0], ml_dtypes.bfloat16).view("V2")
    assert state.fitted({"model/0000/x": raw})["model/0000/x"].tolist() == [1.5, -2.0]


def test_another_model_is_refused_before_anything_is_assigned():
    gan, state = build()
    before = state.snapshot()
    _, wider = build(config=tiny_recipe.Config(ema_decay=0.5))
    with pytest.raises(ValueError, match="not of this model: `model/.*` is only in the checkpoint. Build the model"):
        state.fitted(numbered(wider))
    _, other = build(config=tiny_recipe.Config(model="gan", ema_decay=None))
    with pytest.raises(ValueError, match="not of this model: `model/.*` is only in the model"):
        state.fitted(numbered(other))
    reshaped = numbered(state)
    name = next(name for name in reshaped if name.endswith("project/kernel"))
    reshaped[name] = reshaped[name][:, :-1]
    with pytest.raises(ValueError, match=r"has shape \(4, 63\) in the checkpoint and \(4, 64\) in the model"):
        state.fitted(reshaped)
    for name, array in state.snapshot().items():
        np.testing.assert_array_equal(array, before[name])
