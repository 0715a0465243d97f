"""A run: one folder, one configuration, training that goes on where it was, however it ended."""

import contextlib
import json
import pathlib
import sys
import tempfile
import time
import zlib

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.framework import config as tf_config

from tfgan_zoo.replicas import is_chief
from tfgan_zoo.training.checkpoints import Checkpoints
from tfgan_zoo.training.files import explained, write_atomically
from tfgan_zoo.training.interrupts import EXIT_INTERRUPTED, Interrupts
from tfgan_zoo.training.lock import FolderLock
from tfgan_zoo.training.records import Records
from tfgan_zoo.training.state import State
from tfgan_zoo.training.strategies import Machines, choose_strategy, end_if_worker_lost

__all__ = ["Run"]


class Run:
    """Context in which a recipe trains.

    The run folder holds `config.json`, `checkpoints/`, `metrics.csv`, `tensorboard/` and what callbacks write. The same
    command again goes on from the last checkpoint and ends with the very weights, metrics and files of a run that was
    never interrupted (bit for bit on one device; to rounding if the devices change). A finished run is not trained
    again. A changed configuration is refused, except for the fields in `Config.may_change`.

    Entering makes the strategy, sets precision and seeds, and locks the folder; under a multi-worker strategy only the
    chief has the folder, and the others get an empty temporary one, as a dry run does.

    Args:
        config: a `tfgan_zoo.training.Config`.
        keep: int >= 1, how many checkpoints to keep.

    Attributes:
        folder: `pathlib.Path` of the run folder.
        strategy: the `tf.distribute.Strategy`.
        chief: bool, whether this process writes.
        finished: bool, whether training is complete and this process is to export.

    Example:

    ```python
    with zoo.training.Run(config) as run:
        gan = run.build(build_model)
        run.fit(gan, build_dataset, callbacks=[zoo.callbacks.SampleGrid(run.folder / "samples")])
        if run.finished:
            zoo.export.generator(gan, config.export_dir)
    ```
    """

    def __init__(self, config, *, keep=3):
        self.config = config
        self.keep = keep
        self.finished = False
        self._interrupts = Interrupts()

    def __enter__(self):
        config = self.config
        self.strategy = choose_strategy(config.strategy)
        self.machines = Machines(self.strategy)
        with contextlib.ExitStack() as stack, self._worker_loss_reported():
            self.chief = is_chief(self.strategy)
            stack.enter_context(self._interrupts)
            stack.enter_context(precision(config.precision))
            keras.utils.set_random_seed(config.seed)
            if config.deterministic:
                stack.enter_context(_determinism())
            self._check_same_config_everywhere()
            self.folder = self._open_folder(stack)
            self.checkpoints = Checkpoints(self.folder / "checkpoints", self.keep)
            self.checkpoints.clean()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind, *exception):
        with self._stack, self._worker_loss_reported():
            if kind is None:
                self.machines.leave()  # For the chief, which exports while the others have nothing left to do.

    def build(self, build_model):
        """Returns `build_model(config)`, called where the strategy makes the variables of all devices."""
        with self.strategy.scope():
            return build_model(self.config)

    def fit(self, gan, build_dataset, callbacks=()):
        """Trains up to `config.steps`, from the last checkpoint if there is one.

        Args:
            gan: compiled model.
            build_dataset: function of (config, skip_batches=n) that returns an endless `tf.data.Dataset`, beginning
                with batch n; a batch must be a pure function of (seed, n), as with
                `tfgan_zoo.data.images(..., repeat=True, skip_batches=n)`.
            callbacks: Keras callbacks. An "epoch" is what lies between two reports; what they add to the logs is
                reported too.

        Raises:
            SystemExit: with `EXIT_INTERRUPTED` after SIGINT or SIGTERM, everything saved; with `EXIT_WORKER_LOST` if
                another machine has gone.
            ValueError: if checkpoints are damaged or of another model.
            OSError: if a checkpoint cannot be written.
        """
        config = self.config
        last = config.steps_per_execution if config.dry_run else config.steps
        records = Records(self.folder, config.report_every, self.chief)
        keeper = _Keeper(self, gan, records, last)
        with contextlib.closing(records), self._worker_loss_reported():
            position = keeper.restore()
            if position >= last:
                self.say(f"The run in {self.folder} is finished: {position} of {last} steps.")
            else:
                self._train(gan, build_dataset, [*callbacks, keeper], position, last)
        self.finished = self.chief and not config.dry_run

    def say(self, text):
        """Prints a line, once for all machines."""
        if self.chief:
            print(text, flush=True)

    def _train(self, gan, build_dataset, callbacks, position, last):
        every = self.config.report_every
        training = _Training(callbacks, add_history=True, add_progbar=self.chief, model=gan, **_progress(0, 0))
        self._interrupts.deferring = True
        try:
            for start, size, epochs in spans(position, last, every):
                training.set_params({**_progress(size, -(-last // every)), "resumed": position > 0})
                dataset = _by_rows(build_dataset(self.config, skip_batches=start))
                first = start // every
                gan.fit(dataset, steps_per_epoch=size, initial_epoch=first, epochs=first + epochs, callbacks=training)
                if gan.stop_training:
                    break
            training.end()
        finally:
            self._interrupts.deferring = False
        self._interrupts.obey()

    @contextlib.contextmanager
    def _worker_loss_reported(self):
        try:
            yield
        except tf.errors.OpError as error:
            end_if_worker_lost(error, self.machines)
            raise

    def _check_same_config_everywhere(self):
        ours = zlib.crc32(json.dumps(_fixed(self.config)).encode())
        if not self.machines.same(ours):
            raise ValueError("The workers were started with different settings. Start all with the same command.")

    def _open_folder(self, stack):
        if self.config.dry_run or not self.chief:
            return pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder = pathlib.Path(self.config.run_dir)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(FolderLock(folder))
        except OSError as error:
            raise explained(error, folder) from error
        _note_config(folder / "config.json", self.config, begun=any(folder.glob("checkpoints/step_*")))
        return folder


class _Training(keras.callbacks.CallbackList):
    """Callbacks for which several calls of `fit`, one for each span of steps, are one training."""

    _begun = False

    def on_train_begin(self, logs=None):
        if not self._begun:
            self._begun = True
            super().on_train_begin(logs)

    def on_train_end(self, logs=None):
        self._logs = logs

    def end(self):
        super().on_train_end(self._logs)


class _Keeper(keras.callbacks.Callback):
    """Reports, saves and stops a run, in the order that lets it be resumed as if nothing had happened.

    At a report the row is written before the checkpoint: a checkpoint whose row is missing could not be mended, a row
    without its checkpoint is dropped on resuming.
    """

    def __init__(self, run, gan, records, last):
        super().__init__()
        self.run = run
        self.gan = gan
        self.state = State(gan.state, run.strategy)
        self.records = records
        self.last = last
        self.every = run.config.report_every
        self.step = 0
        self.saved = None
        self.saved_at = time.monotonic()
        self._restored = None

    def restore(self):
        """Loads the last checkpoint into the model, on all machines; returns the step."""
        found = self.run.checkpoints.load() if self.run.chief and not self.run.config.dry_run else None
        (step,) = map(int, self.run.machines.from_chief([np.int64(-1 if found is None else found[0])]))
        if step >= 0:
            self._restored = self._from_chief(found[1] if found else None)
            self.state.restore(self._restored)
            self.step = self.saved = step
        if self.step < self.last:
            self.records.rewind(self.step)
            if self.step:
                self.run.say(f"Resuming {self.run.folder} at step {self.step}.")
        return self.step

    def on_epoch_begin(self, epoch, logs=None):
        self._start = self.step
        if self._restored and self.step % self.every:
            # Keras has just reset them; the part of this epoch that is done already counts too.
            self.state.restore_means(self._restored)
        self._restored = None

    def on_train_batch_begin(self, batch, logs=None):
        # And not after the batch before this one: there Keras would wait for the results of every step.
        if batch:
            self.step = self._start + batch
            self._save_or_stop()

    def on_epoch_end(self, epoch, logs=None):
        self.step = int(self.gan.step_counter.numpy())
        self.records.add(self.step, logs or {})
        self._save_or_stop(final=self.step == self.last or self.gan.stop_training)

    def _save_or_stop(self, final=False):
        config, interrupts = self.run.config, self.run._interrupts
        due = final or time.monotonic() - self.saved_at >= config.checkpoint_seconds
        due, stop = self.run.machines.any([due and self.run.chief, interrupts.received is not None])
        if (due or stop) and not config.dry_run:
            self._save()
        if stop:
            self.run.machines.leave()
            self.run.say(f"Stopped after step {self.step}, saved. The same command goes on from there.")
            raise SystemExit(EXIT_INTERRUPTED)

    def _save(self):
        if self.saved == self.step:
            return
        arrays = self.state.snapshot()
        _check_finite(arrays, self.step)
        if self.run.chief:
            self.run.checkpoints.save(self.step, arrays)
        self.saved, self.saved_at = self.step, time.monotonic()

    def _from_chief(self, arrays):
        blank = self.state.blank()
        ours = blank if arrays is None else self.state.fitted(arrays)
        return dict(zip(blank, self.run.machines.from_chief([ours[name] for name in blank]), strict=True))


def spans(position, last, every):
    """Cuts the steps from `position` to `last` into calls of `fit`: list of (start, steps per epoch, epochs).

    Epochs end at the multiples of `every` and at `last`, wherever they begin.
    """
    result = []
    while position < last:
        size = min(every - position % every, last - position)
        epochs = (last - position) // every if size == every else 1
        result.append((position, size, epochs))
        position += size * epochs
    return result


def _progress(steps, epochs):
    """What callbacks are told about a call of `fit`; the epochs are those of the whole run."""
    return {"verbose": 1 if sys.stdout.isatty() else 2, "epochs": epochs, "steps": steps}


def _note_config(path, config, begun):
    """Notes the configuration in the run folder; refuses one that was begun with another."""
    ours = config.as_json()
    if begun and path.exists():
        theirs = json.loads(path.read_text(encoding="utf-8"))
        changed = [
            f"`{name}`: {theirs.get(name, 'not set')!r} in the folder, {ours.get(name, 'not set')!r} now"
            for name in dict.fromkeys([*theirs, *ours])
            if name not in config.may_change and theirs.get(name, "not set") != ours.get(name, "not set")
        ]
        if changed:
            raise ValueError(
                f"The run folder {path.parent} was started with another configuration. Changed: {'; '.join(changed)}. "
                "Pass the old values to go on with it, or another `run_dir` for a new run."
            )
    write_atomically(path, lambda file: file.write(json.dumps(ours, indent=2) + "\n"), mode="w", encoding="utf-8")


def _fixed(config):
    return {name: value for name, value in config.as_json().items() if name not in config.may_change}


def _check_finite(arrays, step):
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise FloatingPointError(
                f"At step {step} `{name}` holds NaN or infinite values, so this state was not saved. The checkpoints "
                "before it are kept; lower the learning rate, or change precision."
            )


def _by_rows(dataset):
    """Lets several machines each take their rows of every batch, instead of whole batches or files."""
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return dataset.with_options(options)


@contextlib.contextmanager
def _determinism():
    """Deterministic operations, and afterwards what was set before: under them Keras refuses XLA, for one."""
    if tf_config.is_op_determinism_enabled():
        yield
        return
    tf.config.experimental.enable_op_determinism()
    try:
        yield
    finally:
        tf_config.disable_op_determinism()  # TensorFlow's public interface can only switch it on.


@contextlib.contextmanager
def precision(name):
    """Context in which layers are made with a dtype policy.

    Args:
        name: str, name of the policy.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
