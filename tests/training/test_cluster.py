"""Two machines, played by two processes of this one: the same numbers as one, also after one of them is lost."""

import signal

import numpy as np
import pytest

import tfgan_zoo as zoo
from tests.training import launcher

pytestmark = pytest.mark.thorough
STEPS = 20


def arguments(folder):
    # Plain SGD and no dropout: only then is a step on one device the same mathematics as on two.
    options = ["--optimizer", "sgd", "--dropout", 0, "--steps", STEPS, "--report_every", 10, "--checkpoint_seconds", 0]
    return ["--run_dir", folder, *options]


def ends(workers):
    return [worker.end() for worker in workers]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Folder with a run of one process, an undisturbed one of a cluster, and one that loses a worker."""
    folder = tmp_path_factory.mktemp("cluster")
    alone = launcher.Process(folder / "alone.log", arguments(folder / "alone"))
    workers = launcher.cluster(folder, arguments(folder / "cluster"))
    assert ends([alone, *workers]) == [0, 0, 0], workers[0].output + workers[1].output
    lost = launcher.cluster(folder, arguments(folder / "lost"), faults=(None, ("in_step", 13)))
    codes = ends(lost)
    (folder / "lost.txt").write_text(lost[0].output)
    assert codes == [zoo.training.EXIT_WORKER_LOST, -signal.SIGKILL], lost[0].output
    (folder / "lost_rows.csv").write_bytes((folder / "lost/metrics.csv").read_bytes())
    workers = launcher.cluster(folder, arguments(folder / "lost"))
    assert ends(workers) == [0, 0], workers[0].output + workers[1].output
    return folder


def load(folder):
    step, arrays = zoo.training.Checkpoints(folder / "checkpoints").load()
    assert step == STEPS
    return arrays


def test_two_machines_train_the_weights_of_one(runs):
    one, two = load(runs / "alone"), load(runs / "cluster")
    assert list(one) == list(two)
    for name in one:
        mine, theirs = (
            (arrays[name].sum(axis=0) if name.startswith("metrics/") else arrays[name]) for arrays in (one, two)
        )
        scale = max(1e-2, np.abs(mine).max())
        assert np.abs(mine - theirs).max() / scale <= 1e-5, name


def test_two_machines_report_the_metrics_of_one(runs):
    tables = [np.genfromtxt(runs / name / "metrics.csv", delimiter=",", names=True) for name in ("alone", "cluster")]
    assert tables[0].dtype.names == tables[1].dtype.names
    for name in tables[0].dtype.names:
        np.testing.assert_allclose(tables[0][name], tables[1][name], rtol=1e-5, atol=1e-6, err_msg=name)


def test_only_the_chief_writes(runs):
    assert sorted(path.name for path in (runs / "cluster").iterdir()) == [
        ".lock", "checkpoints", "config.json", "metrics.csv", "tensorboard"
    ]  # fmt: skip
    assert len(list((runs / "cluster/tensorboard").iterdir())) == 1
    assert "Epoch 1/2" in (runs / "worker_0.log").read_text() or "Epoch 2/2" in (runs / "worker_0.log").read_text()
    assert "Epoch" not in (runs / "worker_1.log").read_text()


def test_a_lost_worker_ends_the_other_with_a_clear_message(runs):
    message = (runs / "lost.txt").read_text()
    assert "Another worker of the cluster has gone, so this one ends too." in message
    assert "training goes on from the last checkpoint" in message
    assert len((runs / "lost_rows.csv").read_text().splitlines()) == 2  # The header and step 10.


def test_restarted_cluster_ends_with_the_bytes_of_the_undisturbed_one(runs):
    for name in (f"checkpoints/step_{STEPS:08d}.npz", "metrics.csv"):
        assert (runs / "lost" / name).read_bytes() == (runs / "cluster" / name).read_bytes(), name


def test_preemption_of_one_worker_saves_and_stops_all(tmp_path):
    argv = [*arguments(tmp_path / "run"), "--checkpoint_seconds", 1000, "--steps", 10_000]
    workers = launcher.cluster(tmp_path, argv)
    workers[0].wait_for(lambda: "Epoch 2/" in workers[0].output)
    workers[1].kill(signal.SIGTERM)
    assert ends(workers) == [zoo.training.EXIT_INTERRUPTED] * 2
    assert "Stopped after step" in workers[0].output
    assert len(zoo.training.Checkpoints(tmp_path / "run/checkpoints").steps) == 1


def test_workers_of_different_settings_are_refused(tmp_path):
    workers = launcher.cluster(tmp_path, arguments(tmp_path / "run"), extra=(("--seed", 1), ("--seed", 2)))
    assert all(code != 0 for code in ends(workers))
    assert "The workers were started with different settings." in workers[0].output
    assert not (tmp_path / "run").exists()
