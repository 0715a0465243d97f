"""How devices and machines share the work, and the few words that machines exchange about a run."""

import contextlib
import json
import os
import sys

import numpy as np
import tensorflow as tf

EXIT_WORKER_LOST = 76  # Next to EXIT_INTERRUPTED: here too the same command goes on, from the last checkpoint.
LOGICAL_CPUS = "TFGAN_ZOO_LOGICAL_CPUS"

# What TensorFlow raises out of a step when another machine has gone.
_LOST = (
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.InternalError,
    tf.errors.UnavailableError,
    tf.errors.FailedPreconditionError,
)


def choose_strategy(name="auto"):
    """Returns the `tf.distribute.Strategy` of a name. Call it before any other TensorFlow operation.

    Args:
        name: one of
            "none": one device;
            "mirrored": all GPUs of this machine, each with its share of the batch;
            "multi_worker": all GPUs of all machines that the environment variable TF_CONFIG lists;
            "auto": "multi_worker" where TF_CONFIG lists several, else "mirrored" where several GPUs are visible,
                else "none".

    Returns:
        A strategy. For a trial without GPUs set the environment variable TFGAN_ZOO_LOGICAL_CPUS=2: the processor then
        counts as two devices.

    Raises:
        ValueError: if there are no devices for it or TF_CONFIG is missing or not understood.

    Example:

    >>> tfgan_zoo.training.choose_strategy("none").num_replicas_in_sync
    1
    """
    workers = len(_workers())
    if name == "auto":
        name = "multi_worker" if workers > 1 else "mirrored" if len(_gpus()) > 1 else "none"
    if name == "none":
        return tf.distribute.get_strategy()
    if name == "mirrored":
        return _mirrored()
    if name == "multi_worker":
        return _multi_worker(workers)
    raise ValueError(f"`strategy` must be 'auto', 'mirrored', 'multi_worker' or 'none'. Received: `strategy={name!r}`.")


class Machines:
    """What the processes of a run tell each other; all of them must call the same method in the same order.

    Args:
        strategy: the run's strategy. All methods return at once unless it is a multi-worker one.
    """

    def __init__(self, strategy):
        self.strategy = strategy
        self.several = isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)
        self._gather = tf.function(self._gathered, autograph=False)

    def from_chief(self, arrays):
        """The chief's arrays, bit for bit.

        Args:
            arrays: list of arrays; those of the others only say shapes and dtypes.
        """
        return [values[0] for values in self._everyones(arrays)] if self.several else arrays

    def any(self, flags):
        """List of bool: for each flag whether any process has it set."""
        if not self.several:
            return flags
        (everyones,) = self._everyones([np.asarray(flags, "int32")])
        return [bool(flag) for flag in everyones.max(axis=0)]

    def same(self, number):
        """Whether all processes passed the same int."""
        return not self.several or len(np.unique(self._everyones([np.int64(number)])[0])) == 1

    def leave(self):
        """The last word: returns when all processes have come here. One that left early would look lost to the others.

        Who hears the others first may end while its own word is still on the way to them. So they meet twice: the
        second time everybody knows that nobody was lost the first time, and an early end does no harm.
        """
        self.any([False])
        with contextlib.suppress(tf.errors.OpError):
            self.any([False])

    def _everyones(self, arrays):
        """For each array those of all replicas, stacked."""
        gathered = self._gather([tf.constant(array) for array in arrays])
        return [values.numpy() for values in self.strategy.experimental_local_results(gathered)[0]]

    def _gathered(self, arrays):
        def gather(values):
            context = tf.distribute.get_replica_context()
            return [context.all_gather(value[tf.newaxis], axis=0) for value in values]

        return self.strategy.run(gather, args=(arrays,))


def end_if_worker_lost(error, machines):
    """Ends the process with a clear message if an error means that another machine has gone."""
    if not machines.several or not isinstance(error, _LOST):
        return
    reason = f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"
    print(
        "\nAnother worker of the cluster has gone, so this one ends too. Start all workers again with the same "
        f"command: training goes on from the last checkpoint. ({reason})",
        file=sys.stderr,
        flush=True,
    )
    # The normal way out would wait for the lost worker, in the shutdown of the cluster's connections.
    sys.stdout.flush()
    os._exit(EXIT_WORKER_LOST)


def _mirrored():
    gpus = _gpus()
    if gpus:
        return tf.distribute.MirroredStrategy()
    cpus = _logical_cpus()
    if len(cpus) < 2:
        raise ValueError(
            "`strategy='mirrored'` needs GPUs and TensorFlow sees none. Use `strategy='none'`; for a trial set the "
            f"environment variable {LOGICAL_CPUS}=2, which lets the processor count as two devices."
        )
    # The default reduction cannot run several steps in one execution on processors.
    reduction = tf.distribute.ReductionToOneDevice()
    return tf.distribute.MirroredStrategy(cpus, cross_device_ops=reduction)


def _multi_worker(workers):
    if not workers:
        raise ValueError(
            "`strategy='multi_worker'` needs the environment variable TF_CONFIG, with the addresses of all workers "
            'and the index of this one: {"cluster": {"worker": ["host0:2222", "host1:2222"]}, "task": {"type": '
            '"worker", "index": 0}}. See docs/distributed.md.'
        )
    return tf.distribute.MultiWorkerMirroredStrategy()


def _gpus():
    return tf.config.list_physical_devices("GPU")


def _logical_cpus():
    count = int(os.environ.get(LOGICAL_CPUS, "0"))
    if count > 1:
        cpu = tf.config.list_physical_devices("CPU")[0]
        if tf.config.get_logical_device_configuration(cpu) is None:
            tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * count)
    return [device.name for device in tf.config.list_logical_devices("CPU")]


def _tf_config():
    text = os.environ.get("TF_CONFIG", "") or "{}"
    try:
        config = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"The environment variable TF_CONFIG must be JSON: {error}. Received: {text!r}.") from None
    if not isinstance(config, dict):
        raise ValueError(f"The environment variable TF_CONFIG must be a JSON object. Received: {text!r}.")
    return config


def _workers():
    """Addresses of the machines that train."""
    cluster = _tf_config().get("cluster", {})
    return [*cluster.get("chief", []), *cluster.get("worker", [])]
