"""What all tests share: two logical CPU devices, seeds, and the places of real data."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras  # noqa: E402
import pytest  # noqa: E402
import tensorflow as tf  # noqa: E402

# Two devices on any machine, so that tests of several replicas run everywhere. Only possible before TensorFlow starts.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Keeps together, in one of the processes that share the tests, those that share costly fixtures."""
    for item in items:
        # A row of the contract table is trained once for all contracts; other fixtures belong to a file.
        row = getattr(item, "callspec", None) and item.callspec.params.get("row")
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(row.name if hasattr(row, "covers") else item.path.name))


@pytest.fixture(autouse=True)
def _reproducible():
    """Seeds Python, NumPy and TensorFlow, and undoes a changed precision policy."""
    keras.utils.set_random_seed(0)
    policy = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(policy)


@pytest.fixture(scope="session")
def two_replicas():
    """A strategy of two replicas on this machine's CPU.

    One for the session, and `ReductionToOneDevice`: the default collectives fail in a second strategy over the same
    CPUs, and with several steps per execution.
    """
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"], cross_device_ops=tf.distribute.ReductionToOneDevice())


@pytest.fixture
def on_two_replicas(two_replicas):
    """Function that runs `function(*halves)` on two replicas, each with its half of the arrays, and joins the results.

    The halves are dealt out in order, the first to the first replica, as `fit` does.
    """

    def run(function, *arrays):
        tensors = [tf.convert_to_tensor(array) for array in arrays]
        halves = [
            two_replicas.experimental_distribute_values_from_function(
                lambda context, tensor=tensor: tf.split(tensor, 2)[context.replica_id_in_sync_group]
            )
            for tensor in tensors
        ]
        results = tf.function(lambda *args: two_replicas.run(function, args))(*halves)
        return tf.concat(two_replicas.experimental_local_results(results), axis=0).numpy()

    return run


@pytest.fixture
def tfds_data_dir():
    """Folder of prepared TensorFlow Datasets; tests of real data are skipped without it."""
    folder = os.environ.get("TFDS_DATA_DIR")
    if not folder:
        pytest.skip("needs prepared TensorFlow Datasets: set TFDS_DATA_DIR to their folder")
    return folder
