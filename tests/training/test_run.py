"""The run folder: what is in it, what is refused, and how a run goes on."""

import json
import os
import signal

import keras
import numpy as np
import pytest

import tfgan_zoo as zoo
from tests.training import launcher, tiny_recipe
from tfgan_zoo.training.run import spans
from tfgan_zoo.training.state import State

_build_model = tiny_recipe.build_model
_built = {}


def build_model(config):
    """The recipe's model with its initial weights; built and traced once, for tracing is what a tiny run costs."""
    options = (config.model, config.optimizer, tuple(config.compile_options().values()))
    if options not in _built:
        gan = _build_model(config)
        _built[options] = gan, State(gan.state, gan.distribute_strategy).snapshot()
    gan, initial = _built[options]
    State(gan.state, gan.distribute_strategy).restore(initial)
    return gan


@pytest.fixture(autouse=True, scope="module")
def _models_are_reused():
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(tiny_recipe, "build_model", build_model)
        yield


def train(folder, *argv, callbacks=()):
    # Not `deterministic`: that would bind all tests that come after these in the process.
    tiny_recipe.main(["--run_dir", str(folder), "--no-deterministic", *map(str, argv)], callbacks)


def final(folder, step=12):
    return (folder / f"checkpoints/step_{step:08d}.npz").read_bytes(), (folder / "metrics.csv").read_text()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Folder of an undisturbed run of 12 steps."""
    folder = tmp_path_factory.mktemp("whole")
    train(folder)
    return folder


class Notes(keras.callbacks.Callback):
    """Notes what Keras calls, with the epoch and the step."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def note(self, *what):
        self.calls.append((*what, int(self.model.step_counter.numpy())))

    def on_train_begin(self, logs=None):
        self.note("begin")

    def on_epoch_begin(self, epoch, logs=None):
        self.note(epoch)

    def on_train_end(self, logs=None):
        self.note("end")


@pytest.mark.parametrize(
    ("position", "last", "every", "expected"),
    [
        (0, 12, 4, [(0, 4, 3)]),
        (0, 3, 4, [(0, 3, 1)]),
        (5, 15, 4, [(5, 3, 1), (8, 4, 1), (12, 3, 1)]),
        (8, 16, 4, [(8, 4, 2)]),
        (5, 7, 4, [(5, 2, 1)]),
        (12, 12, 4, []),
    ],
)
def test_spans(position, last, every, expected):
    assert spans(position, last, every) == expected


def test_content_of_the_folder(whole):
    assert sorted(path.name for path in whole.iterdir()) == [
        ".lock", "checkpoints", "config.json", "metrics.csv", "tensorboard"
    ]  # fmt: skip
    config = json.loads((whole / "config.json").read_text())
    assert (config["recipe"], config["steps"], config["model"]) == ("tiny_recipe", 12, "dcgan")
    rows = (whole / "metrics.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["step", "4", "8", "12"]
    assert rows[0].startswith("step,discriminator_loss,")
    arrays = np.load(whole / "checkpoints/step_00000012.npz")
    assert arrays["model/0000/step"] == 12


def test_checkpoint_holds_all_kinds_of_state(whole):
    names = " ".join(np.load(whole / "checkpoints/step_00000012.npz").files)
    for part in (
        "project/kernel", "moving_variance", "seed_generator_state", "generator_optimizer/0000/adam/iteration",
        "kernel_velocity", "metrics/0000/discriminator_loss/total", "step",
    ):  # fmt: skip
        assert part in names
    assert names.count("moving_variance") == 2  # Of the generator and of its average; tiny discriminators have none.


@pytest.mark.parametrize(("number", "step"), [(signal.SIGTERM, 6), (signal.SIGINT, 8)])
def test_signal_saves_and_the_same_command_goes_on(whole, tmp_path, capsys, number, step):
    with pytest.raises(SystemExit) as error:
        train(tmp_path, callbacks=[launcher.AfterStep(step, number)])
    assert error.value.code == zoo.training.EXIT_INTERRUPTED
    assert f"Stopped after step {step}, saved. The same command goes on from there." in capsys.readouterr().out
    assert zoo.training.Checkpoints(tmp_path / "checkpoints").steps == [step]
    notes = Notes()
    train(tmp_path, callbacks=[notes])
    output = capsys.readouterr().out
    assert f"Resuming {tmp_path} at step {step}." in output
    assert ("Epoch 2/3" in output) == (step == 6)
    epochs = [(1, 6), (2, 8)] if step == 6 else [(2, 8)]
    assert notes.calls == [("begin", step), *epochs, ("end", 12)]
    assert final(tmp_path) == final(whole)


def test_finished_run_is_not_trained_again(whole, capsys):
    before = final(whole)
    train(whole, callbacks=[launcher.AfterStep(0, signal.SIGKILL)])
    output = capsys.readouterr().out
    assert f"The run in {whole} is finished: 12 of 12 steps." in output
    assert "Epoch" not in output
    assert "finished: True" in output
    assert final(whole) == before


def test_run_may_grow_and_then_equals_one_that_was_planned_so(whole, tmp_path):
    train(tmp_path, "--steps", 6)
    assert (tmp_path / "metrics.csv").read_text().splitlines()[-1].startswith("6,")
    train(tmp_path, "--steps", 12)
    assert final(tmp_path) == final(whole)


def test_damaged_last_checkpoint_falls_back_and_ends_the_same(whole, tmp_path, capsys):
    with pytest.raises(SystemExit):
        train(tmp_path, "--checkpoint_seconds", 0, callbacks=[launcher.AfterStep(6, signal.SIGTERM)])
    path = tmp_path / "checkpoints/step_00000006.npz"
    path.write_bytes(path.read_bytes()[:-1])
    train(tmp_path)
    output = capsys.readouterr().out
    assert f"Checkpoint {path} is damaged" in output
    assert f"Resuming {tmp_path} at step 5." in output
    assert final(tmp_path) == final(whole)


def test_several_steps_in_one_execution_give_the_same_run(whole, tmp_path):
    train(tmp_path, "--steps_per_execution", 2)
    assert final(tmp_path) == final(whole)


def test_changed_config_is_refused_naming_each_key_with_both_values(whole):
    message = (
        r"was started with another configuration. Changed: `batch_size`: 16 in the folder, 8 now; "
        r"`optimizer`: 'adam' in the folder, 'sgd' now. Pass the old values .* or another `run_dir`"
    )
    with pytest.raises(ValueError, match=message):
        train(whole, "--optimizer", "sgd", "--batch_size", 8)
    train(whole, "--checkpoint_seconds", 5, "--strategy", "none")  # These may change.


def test_settings_of_a_run_that_never_saved_may_be_corrected(tmp_path):
    with pytest.raises(ValueError, match="Received: 1500 images, `batch_size=5000`"):
        train(tmp_path, "--batch_size", 5000)
    assert json.loads((tmp_path / "config.json").read_text())["batch_size"] == 5000
    train(tmp_path, "--steps", 2)
    assert json.loads((tmp_path / "config.json").read_text())["batch_size"] == 16


def test_signal_after_the_last_step_ends_before_the_export(tmp_path, capfd):
    class Late(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(SystemExit) as error:
        train(tmp_path, "--steps", 2, callbacks=[Late()])
    assert error.value.code == zoo.training.EXIT_INTERRUPTED
    output = capfd.readouterr().out
    assert "SIGTERM: ended." in output and "finished" not in output
    assert zoo.training.Checkpoints(tmp_path / "checkpoints").steps == [2]


def test_folder_of_another_recipe_is_refused(whole):
    with pytest.raises(
        ValueError, match="`recipe`: 'tiny_recipe' in the folder, 'config' now; .*`model`: .* 'not set' now"
    ):
        zoo.training.Run(zoo.training.Config(run_dir=str(whole))).__enter__()


def test_checkpoint_of_another_model_is_refused(tmp_path, monkeypatch):
    train(tmp_path, "--steps", 4)
    monkeypatch.setattr(tiny_recipe, "build_model", lambda config: build_model(tiny_recipe.Config(model="gan")))
    with pytest.raises(ValueError, match="The checkpoint is not of this model: `model/"):
        train(tmp_path, "--steps", 8)


def test_two_processes_on_one_folder(whole):
    config = tiny_recipe.Config(run_dir=str(whole), deterministic=False)
    with (
        zoo.training.Run(config),
        pytest.raises(RuntimeError, match=f"in use by another process .process {os.getpid()}"),
    ):
        train(whole)


def test_dry_run_trains_one_step_and_keeps_nothing(tmp_path, capsys):
    seen = []

    class See(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(int(self.model.step_counter.numpy()))

    train(tmp_path / "run", "--dry_run", callbacks=[See()])
    assert seen == [1]
    assert not (tmp_path / "run").exists()
    output = capsys.readouterr().out
    assert "dry_run" in output
    assert "finished: False" in output


def test_dry_run_leaves_an_existing_run_alone(whole):
    before = final(whole)
    train(whole, "--dry_run")
    assert final(whole) == before


def test_state_that_is_not_finite_is_not_saved(tmp_path):
    class Break(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 2:
                kernel = self.model.generator.trainable_variables[0]
                kernel.assign(kernel * float("nan"))

    with pytest.raises(
        FloatingPointError, match="At step 3 `model/.*` holds NaN or infinite values, so this state was not"
    ):
        train(tmp_path, "--checkpoint_seconds", 0, callbacks=[Break()])
    assert zoo.training.Checkpoints(tmp_path / "checkpoints").steps == [1, 2]


def test_callback_that_stops_training_leaves_a_checkpoint(tmp_path, capsys):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = int(self.model.step_counter.numpy()) == 6

    train(tmp_path, callbacks=[Stop()])
    assert zoo.training.Checkpoints(tmp_path / "checkpoints").steps == [6]
    assert "finished: True" in capsys.readouterr().out


def test_what_callbacks_report_is_in_the_table(tmp_path):
    class Score(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["score"] = epoch + 0.5

    train(tmp_path, "--steps", 4, callbacks=[Score()])
    header, row = ((tmp_path / "metrics.csv").read_text().splitlines()[i].split(",") for i in (0, 1))
    assert row[header.index("score")] == "0.5"


def test_image_metrics_of_a_resumed_run_are_those_of_an_undisturbed_one(tmp_path):
    pixels = zoo.metrics.as_extractor(lambda images: images.reshape(len(images), -1)[:, :3], name="pixels")

    class Break(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if int(self.model.step_counter.numpy()) == 11:
                raise OSError("the power is cut")

    def train_measured(name, *callbacks):
        folder = tmp_path / name
        options = {"num": 20, "every_epochs": 2, "extractor": pixels, "directory": folder / "scores"}
        metrics = zoo.callbacks.ImageMetrics(zoo.data.arrays("digits", num=20), **options)
        train(folder, "--report_every", 2, callbacks=[metrics, *callbacks])

    train_measured("whole")
    with pytest.raises(SystemExit):
        train_measured("resumed", launcher.AfterStep(5, signal.SIGTERM))
    with pytest.raises(OSError, match="the power is cut"):  # After the measurement of step 8, which is lost.
        train_measured("resumed", Break())
    train_measured("resumed")
    assert final(tmp_path / "resumed") == final(tmp_path / "whole")
    tables = [(tmp_path / name / "scores/image_metrics.csv").read_text() for name in ("whole", "resumed")]
    assert [row.split(",")[0] for row in tables[0].splitlines()] == ["step", "2", "4", "8", "12"]
    assert tables[0] == tables[1]


def test_precision_holds_inside_and_is_put_back(tmp_path):
    config = tiny_recipe.Config(run_dir=str(tmp_path), precision="mixed_bfloat16", deterministic=False)
    before = keras.config.dtype_policy().name
    with zoo.training.Run(config) as run:
        gan = run.build(_build_model)
        assert {layer.compute_dtype for layer in gan.generator.layers} == {"bfloat16", "float32"}
        assert {variable.dtype for variable in gan.generator.variables} == {"float32"}
    assert keras.config.dtype_policy().name == before


def test_full_disk_leaves_the_last_checkpoint_and_the_run_goes_on_later(whole, tmp_path, monkeypatch):
    from tfgan_zoo.training import checkpoints

    write = checkpoints.write_atomically

    def full(path, function):
        if path.name == "step_00000003.npz":
            path.with_name(path.name + ".tmp").symlink_to("/dev/full")
        return write(path, function)

    monkeypatch.setattr(checkpoints, "write_atomically", full)
    with pytest.raises(OSError, match="the disk is full .*; the checkpoint of step 2 is intact"):
        train(tmp_path, "--checkpoint_seconds", 0)
    monkeypatch.undo()
    train(tmp_path)
    assert final(tmp_path) == final(whole)
