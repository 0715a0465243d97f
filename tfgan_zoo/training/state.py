"""A model's state as NumPy arrays and back."""

import re

import keras
import numpy as np

__all__ = ["named", "restore", "snapshot"]


def named(state):
    """Renames a state for a file: without the counters that Keras appends to names, which grow with every model built.

    Args:
        state: dict from name to variable, as `AbstractGAN.state` gives it.

    Returns:
        The same in the same order; the position in each group, which the names hold, keeps them apart.
    """
    return {re.sub(r"_\d+(?=/|_|$)", "", name): variable for name, variable in state.items()}


def snapshot(state):
    """Copies a state into a dict from name to NumPy array."""
    return {name: np.asarray(keras.ops.convert_to_numpy(variable)) for name, variable in named(state).items()}


def restore(state, arrays):
    """Assigns a snapshot to the variables of a state.

    Raises:
        ValueError: if the snapshot is of another model; the first difference is named, and nothing is assigned.
    """
    variables = named(state)
    for name in [*variables, *arrays]:
        if name not in variables or name not in arrays:
            where = "checkpoint" if name in arrays else "model"
            raise ValueError(
                f"The checkpoint is not of this model: `{name}` is only in the {where}. Build the model that the run "
                "was started with, or pass another `run_dir`."
            )
        if tuple(variables[name].shape) != arrays[name].shape:
            raise ValueError(
                f"The checkpoint is not of this model: `{name}` has shape {arrays[name].shape} in the checkpoint and "
                f"{tuple(variables[name].shape)} in the model. Build the model that the run was started with, or pass "
                "another `run_dir`."
            )
    for name, variable in variables.items():
        variable.assign(_typed(arrays[name], variable.dtype))


def _typed(array, dtype):
    # NumPy's file format knows no bfloat16 and gives raw bytes back.
    return array.view(dtype) if array.dtype.kind == "V" else array
