"""A model's state as NumPy arrays and back, from and to all replicas."""

import re

import keras
import numpy as np
import tensorflow as tf

METRICS = "metrics/"


def named(state):
    """Renames a state for a file: without the counters that Keras appends to names, which grow with every model built.

    Args:
        state: dict from name to variable, as `AbstractGAN.state` gives it.

    Returns:
        The same in the same order; the position in each group, which the names hold, keeps them apart.
    """
    return {re.sub(r"_\d+(?=/|_|$)", "", name): variable for name, variable in state.items()}


def snapshot(state, strategy):
    """Copies a state into a dict from name to NumPy array. All machines must take part.

    Running means are the one thing that replicas hold each for itself: their arrays have a row for each replica.
    """
    variables = named(state)
    kept_apart, mirrored = _split(variables)
    arrays = {name: np.asarray(keras.ops.convert_to_numpy(variable)) for name, variable in mirrored.items()}
    arrays |= dict(zip(kept_apart, _rows(list(kept_apart.values()), strategy), strict=True))
    return {name: arrays[name] for name in variables}


def restore(state, arrays, strategy):
    """Assigns a snapshot, as `fitted` gives it, to the variables of a state or of a part of it."""
    kept_apart, mirrored = _split(named(state))
    for name, variable in mirrored.items():
        variable.assign(_typed(arrays[name], variable.dtype))
    _assign_rows(list(kept_apart.values()), [arrays[name] for name in kept_apart], strategy)


def blank(state, strategy):
    """Zeros in the shapes that `snapshot` gives, to be filled from elsewhere."""
    kept_apart, mirrored = _split(named(state))
    count = strategy.num_replicas_in_sync
    shapes = {name: (count, *variable.shape) for name, variable in kept_apart.items()}
    shapes |= {name: tuple(variable.shape) for name, variable in mirrored.items()}
    return {name: np.zeros(shapes[name], variable.dtype) for name, variable in named(state).items()}


def fitted(state, arrays, strategy):
    """A snapshot of any number of replicas for those of a strategy: the first takes the running sums of all.

    Raises:
        ValueError: if the snapshot is of another model; the first difference is named.
    """
    _check(named(state), arrays)
    count = strategy.num_replicas_in_sync
    return {
        name: _one_row(array, count) if name.startswith(METRICS) and len(array) != count else array
        for name, array in arrays.items()
    }


def _one_row(rows, count):
    total = rows.sum(axis=0, keepdims=True)
    return np.concatenate([total, np.zeros((count - 1, *total.shape[1:]), total.dtype)])


def _split(variables):
    kept_apart = {name: variable for name, variable in variables.items() if name.startswith(METRICS)}
    return kept_apart, {name: variable for name, variable in variables.items() if name not in kept_apart}


def _rows(variables, strategy):
    """What each replica holds, stacked."""

    def gather():
        values = [variable.value[tf.newaxis] for variable in variables]
        if strategy.num_replicas_in_sync == 1:
            return values
        return [tf.distribute.get_replica_context().all_gather(value, axis=0) for value in values]

    gathered = strategy.experimental_local_results(tf.function(lambda: strategy.run(gather))())
    return [rows.numpy() for rows in gathered[0]]


def _assign_rows(variables, arrays, strategy):
    def assign(rows):
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        for variable, row in zip(variables, rows, strict=True):
            variable.assign(row[replica])

    tf.function(lambda rows: strategy.run(assign, args=(rows,)))([tf.constant(array) for array in arrays])


def _check(variables, arrays):
    for name in [*variables, *arrays]:
        if name not in variables or name not in arrays:
            where = "checkpoint" if name in arrays else "model"
            raise ValueError(
                f"The checkpoint is not of this model: `{name}` is only in the {where}. Build the model that the run "
                "was started with, or pass another `run_dir`."
            )
        shape = arrays[name].shape[1:] if name.startswith(METRICS) else arrays[name].shape
        if tuple(variables[name].shape) != shape:
            raise ValueError(
                f"The checkpoint is not of this model: `{name}` has shape {shape} in the checkpoint and "
                f"{tuple(variables[name].shape)} in the model. Build the model that the run was started with, or pass "
                "another `run_dir`."
            )


def _typed(array, dtype):
    # NumPy's file format knows no bfloat16 and gives raw bytes back.
    return array.view(dtype) if array.dtype.kind == "V" else array
