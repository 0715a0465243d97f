"""Extractors compute in float32, whatever precision a training run has chosen for its own layers."""

import contextlib

import keras


@contextlib.contextmanager
def float32_layers():
    """Build the layers made inside under the float32 policy, and restore the global one afterwards."""
    chosen = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(chosen)
