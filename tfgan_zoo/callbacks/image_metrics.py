"""Image metrics while a model trains, and the best checkpoint by one of them."""

import csv
import json
import math
import os
import pathlib

import keras
import tensorflow as tf

from tfgan_zoo.callbacks._arguments import check_count, check_model, step_of
from tfgan_zoo.metrics import features
from tfgan_zoo.metrics.scores import (
    HIGHER_IS_BETTER,
    check_metrics,
    count_suffix,
    higher_is_better,
    need_features,
    score_names,
    scores,
)
from tfgan_zoo.replicas import is_chief

CHUNK = 1000  # images drawn from the model at once


class ImageMetrics(keras.callbacks.Callback):
    """Measures samples of the model against reference images from time to time.

    The values are added to the epoch's logs under names that carry the sample count, such as `fid_10k`, and so reach
    `History`, and every callback that comes later in the list: put this one before `CSVLogger` and `TensorBoard`. The
    first epoch of `fit` is always measured, because `CSVLogger` takes its columns from it (that of a
    `tfgan_zoo.training.Run` only when it is not resumed); epochs without a measurement have no such keys. Samples come
    from `model.sample`, thus from the moving average of the generator where there is one, always from the same seeds;
    training is not disturbed.

    With a `directory` every measurement is also a row of `image_metrics.csv`, and the best model so far is kept as
    `best.keras`, with its value in `best.json`. A later run in the same directory goes on from both; rows of the steps
    that it makes anew are replaced.

    Args:
        reference: real images, at least `num`, of which the first `num` are taken: uint8
            `(images, height, width, channels)`, or floats in `[-1, 1]`, or an iterable of batches. Their size and
            channels must be those of the model's images; `tfgan_zoo.data.arrays("mnist", split="test",
            image_size=32)` makes such an array.
        every_epochs: int >= 1, epochs from one measurement to the next; 1 when neither this nor `every_steps` is given.
        every_steps: int >= 1, training steps from one measurement to the next. The logs get the latest values of an
            epoch when it ends (those since then, if training was resumed within the epoch).
        metrics: names as in `tfgan_zoo.metrics.scores`.
        num: int >= 2, number of samples and of reference images. Values of different counts do not compare.
        extractor: `"digits"`, or anything that `tfgan_zoo.metrics.as_extractor` takes.
        seed: int >= 0, of the samples.
        best: score by which the best model is kept, without its count, such as `"fid"`; the first of those measured
            that has a better direction when None. Needs `directory`.
        directory: str or path of the folder for the files, made when missing; None writes none.
        log_dir: str or path of a TensorBoard folder that gets the values by training step, or None.

    Raises:
        ValueError: if an argument is out of range, there are fewer reference images than `num`, the directory holds
            measurements of other scores, or, when training begins, the model's images are of another size.
        TypeError: if the model has no `step_counter` or `sample`.

    Example:

    >>> gan = tfgan_zoo.models.GAN(
    ...     generator=tfgan_zoo.networks.mlp.generator((8, 8, 1), latent_dim=4, units=(8,)),
    ...     discriminator=tfgan_zoo.networks.mlp.discriminator((8, 8, 1), units=(8,)),
    ... )
    >>> gan.compile()
    >>> digits = tfgan_zoo.data.arrays("digits", num=100)
    >>> callback = tfgan_zoo.callbacks.ImageMetrics(digits, num=100)
    >>> history = gan.fit(digits / 127.5 - 1.0, callbacks=[callback], verbose=0)
    >>> list(history.history)[-1]
    'fid_100'
    """

    def __init__(
        self,
        reference,
        *,
        every_epochs=None,
        every_steps=None,
        metrics=("fid",),
        num=10_000,
        extractor="digits",
        seed=0,
        best=None,
        directory=None,
        log_dir=None,
    ):
        super().__init__()
        if every_epochs is not None and every_steps is not None:
            raise ValueError(
                "`every_epochs` and `every_steps` cannot both be given. Received: "
                f"`every_epochs={every_epochs!r}`, `every_steps={every_steps!r}`. Leave one of them out."
            )
        for name, value in (("every_epochs", every_epochs), ("every_steps", every_steps)):
            if value is not None:
                check_count(name, value)
        check_count("num", num, least=2)
        check_count("seed", seed, least=0)
        check_metrics(metrics)
        if best is not None:
            _check_best(best, metrics, directory)
        self.every_epochs = every_epochs or (None if every_steps else 1)
        self.every_steps = every_steps
        self.metrics = tuple(metrics)
        self.num = num
        self.extractor = features.as_extractor(extractor)
        self.seed = seed
        self.async_safe = every_steps is None
        names = [f"{name}_{count_suffix(num)}" for name in score_names(metrics)]
        self._keeper = None if directory is None else _Keeper(pathlib.Path(directory), names, best)
        self._reference = self._features(_first(reference, num))
        self._image_shape = next(_first(reference, 1)).shape[1:]
        self._summaries = None if log_dir is None else _Summaries(log_dir)

    def set_model(self, model):
        check_model(self, model, ["step_counter", "sample"])
        super().set_model(model)

    def on_train_begin(self, logs=None):
        self._latest = None
        self._measured_step = None
        # What `tfgan_zoo.training.Run` resumes is one training, whose first epoch ended long ago.
        self._first_epoch = not (self.params or {}).get("resumed", False)
        self._check_size(self.model.sample(1, seed=self.seed))

    def on_epoch_begin(self, epoch, logs=None):
        self._last_step = step_of(self.model)
        self._fresh = False

    def on_train_batch_end(self, batch, logs=None):
        if self.every_steps is None:
            return
        step = step_of(self.model)
        # Several steps may pass between two calls (`steps_per_execution`), so a multiple may have been stepped over.
        if step // self.every_steps > self._last_step // self.every_steps:
            self._measure(step)
        self._last_step = step

    def on_epoch_end(self, epoch, logs=None):
        by_epoch = self.every_epochs is not None and (epoch + 1) % self.every_epochs == 0
        if by_epoch or ((self._first_epoch or epoch == 0) and not self._fresh):
            self._measure(step_of(self.model))
        self._first_epoch = False
        if self._fresh and logs is not None:
            logs.update(self._latest)

    def on_train_end(self, logs=None):
        if self._summaries is not None:
            self._summaries.close()

    def _measure(self, step):
        self._fresh = True
        if step == self._measured_step:
            return
        fake = self._features(batch for chunk in self._samples() for batch in features.batches(chunk))
        self._latest = scores(self._reference, fake, self.metrics, seed=self.seed)
        self._measured_step = step
        # All workers of a cluster measure, because reading a model's variables may need all; the chief writes.
        if is_chief(self.model.distribute_strategy):
            if self._summaries is not None:
                self._summaries.write(self._latest, step)
            if self._keeper is not None:
                self._keeper.keep(self.model, self._latest, step)

    def _samples(self):
        for start in range(0, self.num, CHUNK):
            seed = 1_000_000 * self.seed + start // CHUNK
            chunk = self.model.sample(min(CHUNK, self.num - start), seed=seed)
            self._check_size(chunk)
            yield chunk

    def _check_size(self, samples):
        if samples.shape[1:] != self._image_shape:
            raise ValueError(
                f"`reference` must hold images of the model's size and channels, {samples.shape[1:]}. "
                f"Received: {self._image_shape}."
            )

    def _features(self, batches):
        collect = features.extract if need_features(self.metrics) else features.extract_moments
        return collect(self.extractor, batches)


class _Keeper:
    """Writes a row for every measurement, and the model whenever it is the best so far."""

    def __init__(self, directory, names, best):
        bases = {name.rsplit("_", 1)[0]: name for name in names}
        best = best or next((base for base in bases if base in HIGHER_IS_BETTER), None)
        self.directory = directory
        self.path = directory / "image_metrics.csv"
        self.columns = ["step", *names]
        self.best = bases.get(best)
        self._rows()  # Reports a table of other scores before any training.

    def keep(self, model, values, step):
        """Record the values of a step."""
        self.directory.mkdir(parents=True, exist_ok=True)
        rows = [row for row in self._rows() if int(row["step"]) < step]
        self._write_rows([*rows, {"step": step, **values}])
        name = self.best
        if name is not None and self._is_better(name, values[name]):
            # Written aside and renamed: an interrupted save leaves the former best.
            model.save(self.directory / "best.part.keras")
            os.replace(self.directory / "best.part.keras", self.directory / "best.keras")
            record = {"name": name, "value": values[name], "step": step}
            (self.directory / "best.json").write_text(json.dumps(record), encoding="utf-8")

    def _rows(self):
        if not self.path.exists():
            return []
        with self.path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            rows, columns = list(reader), list(reader.fieldnames or [])
        if columns != self.columns:
            raise ValueError(
                f"`directory` must be new or hold measurements of {self.columns[1:]}, as `metrics` and `num` ask. "
                f"Received: {self.path} with {columns[1:]}. Pass another `directory`, or the former arguments."
            )
        return rows

    def _write_rows(self, rows):
        part = self.path.with_suffix(".part")
        with part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, self.columns)
            writer.writeheader()
            writer.writerows(rows)
        os.replace(part, self.path)

    def _is_better(self, name, value):
        path = self.directory / "best.json"
        if not math.isfinite(value) or not path.exists():
            return math.isfinite(value)
        stored = json.loads(path.read_text(encoding="utf-8"))
        if stored["name"] != name:
            return True
        return value > stored["value"] if higher_is_better(name) else value < stored["value"]


class _Summaries:
    """Writes values by training step for TensorBoard."""

    def __init__(self, log_dir):
        self.log_dir = log_dir
        self.writer = None

    def write(self, values, step):
        """Write one scalar for each value."""
        if self.writer is None:
            self.writer = tf.summary.create_file_writer(str(self.log_dir))
        plugin = tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars")
        metadata = tf.compat.v1.SummaryMetadata(plugin_data=plugin)
        with self.writer.as_default():
            for name, value in values.items():
                # `tf.summary.scalar` does the same but needs TensorBoard installed.
                tf.summary.write(name, tf.constant(value, tf.float32), step=step, metadata=metadata)
        self.writer.flush()

    def close(self):
        """Close the file; another run opens its own."""
        if self.writer is not None:
            self.writer.close()
            self.writer = None


def _check_best(best, metrics, directory):
    if directory is None:
        raise ValueError(f"`best` needs a `directory` to keep the model in. Received: `best={best!r}`.")
    higher_is_better(best)  # Raises for a score that has no better direction.
    if best not in score_names(metrics):
        measured = sorted(score_names(metrics))
        raise ValueError(f"`best` must be one of the measured {measured}. Received: `best={best!r}`.")


def _first(reference, num):
    """Yield batches of the first `num` images, or raise `ValueError` if there are fewer."""
    missing = num
    for batch in features.batches(reference):
        yield batch[:missing]
        missing -= len(batch)
        if missing <= 0:
            return
    raise ValueError(f"`reference` must hold at least `num` images. Received: {num - missing} images and `num={num}`.")
