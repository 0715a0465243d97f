"""The same numbers on any number of devices, and files from one machine only.

A draw is made for the global batch and each replica cuts out its own rows, in the order in which
`tf.distribute` deals the batch out. One device and many then see the same numbers for the same samples.
"""

import tensorflow as tf

__all__ = ["batch_mean", "count", "cut", "draw", "gather", "is_chief"]


def count():
    """Number of replicas that share the global batch: 1 outside of a replica context.

    Returns:
        int >= 1.

    Example:

    >>> tfgan_zoo.replicas.count()
    1
    """
    context = tf.distribute.get_replica_context()
    return 1 if context is None else context.num_replicas_in_sync


def cut(values):
    """Cuts this replica's rows out of values for the global batch.

    Args:
        values: tensor of shape (global batch, ...), the same on all replicas.

    Returns:
        tensor of shape (global batch / replicas, ...).

    Example:

    >>> tfgan_zoo.replicas.cut(tf.range(3)).numpy()
    array([0, 1, 2], dtype=int32)
    """
    if count() == 1:
        return values
    rows = tf.shape(values)[0] // count()
    start = rows * tf.cast(tf.distribute.get_replica_context().replica_id_in_sync_group, tf.int32)
    return values[start : start + rows]


def draw(function, shape, seed):
    """Draws for the global batch and cuts this replica's rows out.

    Args:
        function: callable of (shape, seed), for example `tf.random.stateless_normal`.
        shape: shape of this replica's part, batch axis first; ints or an int32 tensor.
        seed: int tensor of shape (2,), the same on all replicas.

    Returns:
        tensor of that shape.

    Example:

    >>> tfgan_zoo.replicas.draw(tf.random.stateless_uniform, (4, 2), (0, 1)).shape
    TensorShape([4, 2])
    """
    if count() == 1:
        return function(shape, seed)
    shape = tf.convert_to_tensor(shape, tf.int32)
    return cut(function(tf.concat([shape[:1] * count(), shape[1:]], axis=0), seed))


def batch_mean(values):
    """Mean over the batch axis of the global batch, batch axis kept with length 1.

    Args:
        values: float tensor of shape (batch, ...).

    Returns:
        tensor of shape (1, ...), the same on all replicas; gradients flow to all of them.

    Example:

    >>> tfgan_zoo.replicas.batch_mean(tf.constant([1.0, 3.0])).numpy()
    array([2.], dtype=float32)
    """
    mean = tf.reduce_mean(values, axis=0, keepdims=True)
    if count() == 1:
        return mean
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.MEAN, mean)


def gather(values):
    """The rows of the global batch, in the order in which they were dealt out.

    Args:
        values: float tensor of shape (batch, ...).

    Returns:
        tensor of shape (global batch, ...), the same on all replicas; gradients flow to all of them.

    Example:

    >>> tfgan_zoo.replicas.gather(tf.constant([1.0, 3.0])).numpy()
    array([1., 3.], dtype=float32)
    """
    if count() == 1:
        return values
    context = tf.distribute.get_replica_context()
    rows = tf.shape(values)[0]
    before = rows * tf.cast(context.replica_id_in_sync_group, tf.int32)
    rest = [[0, 0]] * (values.shape.rank - 1)
    placed = tf.pad(values, [[before, rows * (count() - 1) - before], *rest])
    return context.all_reduce(tf.distribute.ReduceOp.SUM, placed)


def is_chief(strategy=None):
    """Whether this process is the one that writes files.

    A cluster's chief is the task of type "chief", or worker 0 where there is none, as TensorFlow counts it. One process
    without a cluster, on any number of devices, is its own chief.

    Args:
        strategy: `tf.distribute.Strategy`, usually `model.distribute_strategy`; the current one when None.

    Returns:
        bool.

    Example:

    >>> tfgan_zoo.replicas.is_chief()
    True
    """
    resolver = (strategy or tf.distribute.get_strategy()).cluster_resolver
    if resolver is None or not resolver.task_type:
        return True
    if resolver.task_type == "worker":
        return not resolver.task_id and "chief" not in resolver.cluster_spec().as_dict()
    return resolver.task_type == "chief"
