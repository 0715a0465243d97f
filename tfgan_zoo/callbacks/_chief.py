"""Which of several machines writes the files."""

import tensorflow as tf


def is_chief(strategy=None):
    """Whether this process is the one that writes files.

    A cluster's chief is the task of type "chief", or worker 0 where there is none, as TensorFlow counts it. One process
    without a cluster, on any number of devices, is its own chief.

    Args:
        strategy: `tf.distribute.Strategy`, usually `model.distribute_strategy`; the current one when None.

    Returns:
        bool.

    Example:

    >>> is_chief()
    True
    """
    resolver = (strategy or tf.distribute.get_strategy()).cluster_resolver
    if resolver is None or not resolver.task_type:
        return True
    if resolver.task_type == "worker":
        return not resolver.task_id and "chief" not in resolver.cluster_spec().as_dict()
    return resolver.task_type == "chief"
