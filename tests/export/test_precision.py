"""float32 copies of models of mixed precision."""

import contextlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.export import precision


@contextlib.contextmanager
def _policy(name):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    yield
    keras.config.set_dtype_policy(before)


def model(policy):
    with _policy(policy):
        inputs = keras.Input((3,), name="z", dtype="float32")
        inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5, activation="relu", name="inner")])
        wrapped = keras.layers.SpectralNormalization(keras.layers.Dense(4, name="wrapped"), name="wrapper")
        x = keras.layers.BatchNormalization(name="norm")(inner(wrapped(inputs)))
        return keras.Model(inputs, keras.layers.Activation("tanh", dtype="float32", name="out")(x))


def test_a_float32_model_is_exported_itself():
    same = model("float32")
    assert not precision.is_mixed(same)
    assert precision.in_float32(same) is same


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_a_copy_computes_the_same_more_precisely(policy):
    mixed, exact = model(policy), model("float32")
    exact.set_weights(mixed.get_weights())
    copy = precision.in_float32(mixed)
    z = tf.constant(np.random.default_rng(0).normal(size=(4, 3)), tf.float32)
    assert precision.is_mixed(mixed) and not precision.is_mixed(copy)
    np.testing.assert_array_equal(copy(z), exact(z))
    assert np.abs(mixed(z) - exact(z)).max() > 1e-5


def test_layers_inside_of_wrappers_and_models_are_copied_too():
    copy = precision.in_float32(model("mixed_bfloat16"))
    dtypes = {layer.name: layer.compute_dtype for layer in copy._flatten_layers()}
    assert dtypes["wrapped"] == dtypes["inner"] == dtypes["norm"] == "float32"


def test_the_model_itself_stays_as_it_is():
    mixed = model("mixed_bfloat16")
    precision.in_float32(mixed)
    assert precision.is_mixed(mixed)
