"""A model's state as NumPy arrays and back, from and to all replicas."""

import re

import keras
import numpy as np
import tensorflow as tf

METRICS = "metrics/"


class State:
    """The variables of a model, under names that a file can hold.

    A snapshot is a dict from name to array. Running means are the one thing that replicas hold each for itself: their
    arrays have a row for each replica.

    Args:
        variables: dict from name to variable, as `AbstractGAN.state` gives it.
        strategy: the `tf.distribute.Strategy` that the variables were made under.
    """

    def __init__(self, variables, strategy):
        # Keras appends counters to names, which grow with every model built. The position in a group, which the names
        # hold too, keeps variables apart without.
        named = {re.sub(r"_\d+(?=/|_|$)", "", name): variable for name, variable in variables.items()}
        self.means = {name: variable for name, variable in named.items() if name.startswith(METRICS)}
        self.mirrored = {name: variable for name, variable in named.items() if name not in self.means}
        self.strategy = strategy
        self.replicas = strategy.num_replicas_in_sync
        self._gather = tf.function(lambda: strategy.run(self._rows), autograph=False)
        self._scatter = tf.function(lambda rows: strategy.run(self._assign_row, args=(rows,)), autograph=False)

    def snapshot(self):
        """Copies all variables. Every machine must take part."""
        arrays = {name: np.asarray(keras.ops.convert_to_numpy(variable)) for name, variable in self.mirrored.items()}
        if self.replicas == 1:
            rows = [keras.ops.convert_to_numpy(variable)[np.newaxis] for variable in self.means.values()]
        else:
            rows = [row.numpy() for row in self.strategy.experimental_local_results(self._gather())[0]]
        return arrays | dict(zip(self.means, rows, strict=True))

    def blank(self):
        """Zeros in the shapes and types of a snapshot."""
        shapes = {name: (tuple(variable.shape), variable) for name, variable in self.mirrored.items()}
        shapes |= {name: ((self.replicas, *variable.shape), variable) for name, variable in self.means.items()}
        return {name: np.zeros(shape, variable.dtype) for name, (shape, variable) in shapes.items()}

    def fitted(self, arrays):
        """A snapshot taken under any strategy, for this one: the first replica takes the running sums of all.

        Raises:
            ValueError: if the snapshot is of another model; the first difference is named.
        """
        self._check(arrays)
        rows = {name: _rows(arrays[name], self.replicas) for name in self.means}
        return {name: _typed(arrays[name], variable.dtype) for name, variable in self.mirrored.items()} | rows

    def restore(self, arrays):
        """Assigns a snapshot of the same number of replicas, as `fitted` gives it."""
        for name, variable in self.mirrored.items():
            variable.assign(arrays[name])
        self.restore_means(arrays)

    def restore_means(self, arrays):
        """Assigns the running means of a snapshot, which Keras resets when an epoch begins."""
        self._scatter([tf.constant(arrays[name]) for name in self.means])

    def _rows(self):
        context = tf.distribute.get_replica_context()
        return [context.all_gather(variable.value[tf.newaxis], axis=0) for variable in self.means.values()]

    def _assign_row(self, rows):
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        for variable, row in zip(self.means.values(), rows, strict=True):
            variable.assign(row[replica])

    def _check(self, arrays):
        variables = self.mirrored | self.means
        for name in [*variables, *arrays]:
            if name not in variables or name not in arrays:
                where = "checkpoint" if name in arrays else "model"
                raise ValueError(f"The checkpoint is not of this model: `{name}` is only in the {where}. {_WAY_OUT}")
            shape = arrays[name].shape[1:] if name in self.means else arrays[name].shape
            if tuple(variables[name].shape) != shape:
                raise ValueError(
                    f"The checkpoint is not of this model: `{name}` has shape {shape} in the checkpoint and "
                    f"{tuple(variables[name].shape)} in the model. {_WAY_OUT}"
                )


_WAY_OUT = "Build the model that the run was started with, or pass another `run_dir`."


def _rows(rows, count):
    """Running sums of any number of replicas for `count` of them."""
    if len(rows) == count:
        return rows
    total = rows.sum(axis=0, keepdims=True)
    return np.concatenate([total, np.zeros((count - 1, *total.shape[1:]), total.dtype)])


def _typed(array, dtype):
    # NumPy's file format knows no bfloat16 and gives raw bytes back.
    return array.view(dtype) if array.dtype.kind == "V" else array
