"""What all tests share: two logical CPU devices, seeds, and the places of real data."""

import gc
import os
import pathlib
import re
import runpy
import subprocess
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# oneDNN compiles kernels and rewrites each graph when it first runs, a fourth of the time of all tests, most of which
# run a graph for a few steps. Processes that tests start inherit this. `TF_ENABLE_ONEDNN_OPTS=1` tests what users run.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import keras  # noqa: E402
import pytest  # noqa: E402
import tensorflow as tf  # noqa: E402

# Two devices on any machine, so that tests of several replicas run everywhere. Only possible before TensorFlow starts.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
gc.freeze()  # The libraries' own objects live as long as the process: collections need not look at them.


# Rooms whose tests go first, dearest first, so that the processes that share the tests end at the same time.
DEAR = ("training", "contracts", "recipes", "export")


def group(nodeid):
    """Name of the tests that one process must run because they share a costly fixture.

    A row of the contract table is trained once for all contracts, a recipe stands for itself, the tests of exports look
    at one, and other fixtures belong to a file. Read from the name of the test: pytest 9.2 keeps pytest-xdist 3.8 from
    seeing its `xdist_group` marks.
    """
    path, _, test = nodeid.partition("::")
    parameter = re.search(r"\[([\w.]+)", test)
    room = pathlib.PurePosixPath(path).parts[1]
    if parameter and room in ("contracts", "recipes"):
        return parameter.group(1)
    return room if room == "export" else path


def pytest_collection_modifyitems(items):
    rooms = {room: place for place, room in enumerate(DEAR)}
    groups = {}
    for item in items:
        room = pathlib.PurePosixPath(item.nodeid).parts[1]
        groups.setdefault(group(item.nodeid), (rooms.get(room, len(DEAR)), len(groups)))
    items.sort(key=lambda item: groups[group(item.nodeid)])


@pytest.hookimpl(trylast=True)  # After the fixtures have ended.
def pytest_runtest_teardown(item, nextitem):
    """Frees what a group of tests has shared: graphs are full of cycles, and many of them slow every collection.

    What outlives its group, lives as long as the process: later collections need not look at it.
    """
    if nextitem is None or group(nextitem.nodeid) != group(item.nodeid):
        table = sys.modules.get("tests.contracts.table")
        if table:
            table.trained.cache_clear()
        gc.collect()
        gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadScopeScheduling

    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = group
    return scheduler


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
def in_this_process(monkeypatch):
    """Runs the comparison of an export in this process, without the seconds that a new one needs to start."""
    from tfgan_zoo.export import verification

    def run(command, **kwargs):
        monkeypatch.syspath_prepend(verification.SCRIPT.parent)
        monkeypatch.setattr(sys, "argv", command[1:])
        hidden = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "tfgan_zoo"}
        for name in hidden:
            del sys.modules[name]
        try:
            runpy.run_path(command[1], run_name="__main__")
        finally:
            sys.modules.update(hidden)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(verification.subprocess, "run", run)


@pytest.fixture
def tfds_data_dir():
    """Folder of prepared TensorFlow Datasets; tests of real data are skipped without it."""
    folder = os.environ.get("TFDS_DATA_DIR")
    if not folder:
        pytest.skip("needs prepared TensorFlow Datasets: set TFDS_DATA_DIR to their folder")
    return folder
