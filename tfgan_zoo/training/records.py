"""Metrics of a run as a table that an interrupted run continues as if nothing had happened."""

import csv
import pathlib

import keras

from tfgan_zoo.training.files import write_atomically


class Records(keras.callbacks.Callback):
    """Writes `metrics.csv`, one row at each report, and the same numbers for TensorBoard.

    Args:
        folder: path of the run folder.
        every: int, steps between two reports.
        chief: bool, whether this process writes.
    """

    def __init__(self, folder, every, chief=True):
        super().__init__()
        self.path = pathlib.Path(folder) / "metrics.csv"
        self.every = every
        self.chief = chief
        self.rows = _read(self.path)
        self._writer = None

    def rewind(self, step):
        """Forgets what an uninterrupted run would not have reported up to a step."""
        self.rows = [row for row in self.rows if int(row["step"]) <= step and int(row["step"]) % self.every == 0]

    def add(self, step, logs):
        """Adds the row of a step."""
        row = {"step": step, **{name: float(value) for name, value in logs.items()}}
        self.rows = [old for old in self.rows if int(old["step"]) < step] + [row]
        if self.chief:
            _write(self.path, self.rows)
            self._summarize(step, row)

    def close(self):
        """Writes out what TensorBoard's writer holds back."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _summarize(self, step, row):
        import tensorflow as tf

        if self._writer is None:
            self._writer = tf.summary.create_file_writer(str(self.path.parent / "tensorboard"))
        with self._writer.as_default():
            for name, value in row.items():
                if name != "step":
                    tf.summary.scalar(name, value, step=step)
        self._writer.flush()


def _read(path):
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return [{name: value for name, value in row.items() if value} for row in csv.DictReader(file)]


def _write(path, rows):
    """Replaces the table as a whole."""
    columns = list(dict.fromkeys(name for row in rows for name in row))

    def write(file):
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)

    write_atomically(path, write, mode="w", newline="", encoding="utf-8")
