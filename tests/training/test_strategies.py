"""The choice of a strategy."""

import json

import numpy as np
import pytest
import tensorflow as tf

import tfgan_zoo as zoo
from tests.training import launcher
from tfgan_zoo.training import strategies

TWO_WORKERS = json.dumps(
    {"cluster": {"worker": ["localhost:1", "localhost:2"]}, "task": {"type": "worker", "index": 0}}
)


@pytest.fixture
def gpus(monkeypatch):
    """Function that sets how many GPUs TensorFlow seems to see; strategies are named instead of made."""

    def see(count):
        monkeypatch.setattr(strategies, "_gpus", lambda: [f"GPU:{index}" for index in range(count)])
        monkeypatch.setattr(strategies, "_mirrored", lambda: "mirrored")
        monkeypatch.setattr(strategies, "_multi_worker", lambda workers: f"multi_worker {workers}")

    return see


@pytest.mark.parametrize(("count", "expected"), [(0, "none"), (1, "none"), (2, "mirrored"), (8, "mirrored")])
def test_auto_is_mirrored_where_several_gpus_are_visible(gpus, monkeypatch, count, expected):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    gpus(count)
    chosen = zoo.training.choose_strategy("auto")
    assert chosen == expected or (expected == "none" and chosen is tf.distribute.get_strategy())


def test_auto_is_multi_worker_where_tf_config_lists_several(gpus, monkeypatch):
    gpus(8)
    monkeypatch.setenv("TF_CONFIG", TWO_WORKERS)
    assert zoo.training.choose_strategy("auto") == "multi_worker 2"
    assert zoo.training.choose_strategy("none") is tf.distribute.get_strategy()


def test_mirrored_without_devices_says_the_way_out(monkeypatch):
    monkeypatch.setattr(strategies, "_logical_cpus", lambda: ["CPU:0"])
    with pytest.raises(ValueError, match="'mirrored'` needs GPUs and TensorFlow sees none.*TFGAN_ZOO_LOGICAL_CPUS=2"):
        zoo.training.choose_strategy("mirrored")


def test_multi_worker_without_tf_config_says_what_is_missing(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(ValueError, match="needs the environment variable TF_CONFIG, .*docs/distributed.md"):
        zoo.training.choose_strategy("multi_worker")


@pytest.mark.parametrize("text", ["{worker: 1}", "[1, 2]"])
def test_bad_tf_config_is_named(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(ValueError, match="The environment variable TF_CONFIG must be .* Received: "):
        zoo.training.choose_strategy("auto")


def test_unknown_name():
    with pytest.raises(ValueError, match="`strategy` must be .* Received: `strategy='tpu'`"):
        zoo.training.choose_strategy("tpu")


def test_one_process_talks_to_itself():
    machines = strategies.Machines(tf.distribute.get_strategy())
    arrays = [np.arange(3), np.float32(2.0)]
    assert machines.from_chief(arrays) is arrays
    assert machines.any([True, False]) == [True, False]
    assert machines.same(3)
    machines.leave()


class Talk(strategies.Machines):
    """Two processes, of which the other is lost from a certain exchange on."""

    def __init__(self, exchanges):
        super().__init__(tf.distribute.get_strategy())
        self.several = True
        self.left = exchanges

    def _everyones(self, arrays):
        if not self.left:
            raise tf.errors.UnavailableError(None, None, "Socket closed")
        self.left -= 1
        return [np.stack([array, array]) for array in arrays]


def test_who_leaves_is_missed_until_all_have_met():
    with pytest.raises(tf.errors.UnavailableError, match="Socket closed"):
        Talk(exchanges=0).leave()
    # Only one process that has met all others can have left by now, with nothing more to say.
    Talk(exchanges=1).leave()
    talk = Talk(exchanges=2)
    talk.leave()
    assert talk.left == 0


@pytest.mark.thorough
def test_processor_that_counts_as_two_devices_trains_the_weights_of_one(tmp_path):
    """`--strategy mirrored` without GPUs, with several steps in one execution, and back to one device."""
    options = ["--optimizer", "sgd", "--dropout", 0, "--steps", 8, "--steps_per_execution", 2]
    two = launcher.Process(
        tmp_path / "two.log",
        [*options, "--run_dir", tmp_path / "two", "--strategy", "mirrored"],
        env={strategies.LOGICAL_CPUS: "2"},
    )
    one = launcher.Process(tmp_path / "one.log", [*options, "--run_dir", tmp_path / "one"])
    assert (two.end(), one.end()) == (0, 0), two.output + one.output
    mine, theirs = (zoo.training.Checkpoints(tmp_path / name / "checkpoints").load()[1] for name in ("one", "two"))
    assert theirs["metrics/0001/discriminator_loss/count"].tolist() == [32.0, 32.0]
    for name in mine:
        if not name.startswith("metrics/"):
            scale = max(1e-2, np.abs(mine[name]).max())
            assert np.abs(mine[name] - theirs[name]).max() / scale <= 1e-5, name
