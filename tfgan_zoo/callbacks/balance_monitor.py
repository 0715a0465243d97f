"""Follows the balance between discriminator and generator."""

import csv
import math
import os
import pathlib
import warnings

import keras

from tfgan_zoo.callbacks._arguments import check_count, check_model, step_of
from tfgan_zoo.callbacks._chief import is_chief

REPORTED = ("real_logits", "fake_logits", "real_accuracy", "fake_accuracy")
COLUMNS = ("step", *REPORTED, "real_probability", "fake_probability")

# The discriminator wins: 99 of 100 judgements are right. Trainings that go well have single windows of that, and more
# errors in between; without any for long, only rare samples tell the generator where to go.
DISCRIMINATOR_WINS = 0.99
# The generator wins: nine of ten samples pass for real (in equilibrium five do), and D(fake) comes this near to
# D(real). The second because a young discriminator often puts both far above zero, and yet tells them apart.
GENERATOR_WINS = 0.1
NEAR = 0.05
# Loss pairs under which a logit of zero means "undecided". Elsewhere an output is known up to a constant (wasserstein,
# relativistic) or undecided at 0.5 (least_squares), and the accuracies of the sign mean nothing.
UNDECIDED_AT_ZERO = ("minimax", "non_saturating", "hinge")


class BalanceWarning(UserWarning):
    """One of the two players has won for long."""


class BalanceMonitor(keras.callbacks.Callback):
    """Follows D(real), D(fake) and the accuracies, and warns when one player wins for long.

    Every `window` steps it averages what the model reports in them (recovered from the running means of the epoch) and
    adds a row to a CSV file: `step`, `real_logits`, `fake_logits`, `real_accuracy` (share of real samples with a logit
    above 0), `fake_accuracy` (share of generated ones below 0), `real_probability` and `fake_probability`, the sigmoids
    of the two mean logits: D(real) and D(fake). The probabilities of each epoch also enter its logs, and thereby
    `History`.

    The aim is not a discriminator that loses but one that stays near the generator's skill. It warns with a
    `BalanceWarning` after `patience` windows in a row in which

    - the discriminator wins: the mean of both accuracies is at least 0.99. Hardly a sample is misjudged, so a
      saturating loss has no gradient left, and the rare misjudged samples decide any other;
    - the generator wins: `fake_accuracy` is at most 0.1 and D(fake) at least D(real) - 0.05. Nine of ten generated
      samples pass for real, where the equilibrium has five, and real ones are not rated better: the discriminator
      teaches nothing.

    It warns once for each such phase; a window in balance ends the phase.

    Args:
        path: str or path of the CSV file, or None for no file. Folders are made. A resumed run continues its file: rows
            beyond the step from which it resumes are dropped.
        window: int >= 1, training steps in a row of the file.
        patience: int >= 1, windows in a row that make "for long".
        warn: bool, or None to warn only where a logit of zero means "undecided": for the loss pairs "minimax",
            "non_saturating" and "hinge", as the model's `adversarial_loss` names them.

    Raises:
        ValueError: if an argument is out of range, the file is another one, or the model does not report these scalars.
        TypeError: if the model has no `step_counter`.

    Example:

    >>> monitor = tfgan_zoo.callbacks.BalanceMonitor("/tmp/tfgan_zoo/balance.csv", window=10, patience=3)
    >>> monitor.path.name
    'balance.csv'

    Reference:
        Goodfellow et al. 2014, arXiv 1406.2661, sections 3 and 4: Helvetica scenario, saturation, D* = 1/2.
    """

    def __init__(self, path=None, *, window=50, patience=6, warn=None):
        super().__init__()
        check_count("window", window)
        check_count("patience", patience)
        if warn not in (None, True, False):
            raise ValueError(f"`warn` must be True, False or None. Received: `warn={warn!r}`.")
        self.path = None if path is None else pathlib.Path(path)
        self.window = window
        self.patience = patience
        self.warn = warn

    def set_model(self, model):
        check_model(self, model, ["step_counter"])
        super().set_model(model)

    def on_train_begin(self, logs=None):
        self._begun = False
        self._winner, self._windows_won = None, 0

    def on_epoch_begin(self, epoch, logs=None):
        self._step = self._epoch_start = step_of(self.model)
        self._totals = dict.fromkeys(REPORTED, 0.0)
        if self._begun:
            return
        # Here and not when training begins: by now every other callback has restored what it restores.
        self._begun = True
        self._open_window()
        if self.path is not None and is_chief(self.model.distribute_strategy):
            _write_rows(self.path, _rows_until(self.path, self._step))

    def on_train_batch_end(self, batch, logs=None):
        _check_reported(logs or {})
        step = step_of(self.model)
        for name in REPORTED:
            total = logs[name] * (step - self._epoch_start)
            self._sums[name] += total - self._totals[name]
            self._totals[name] = total
        self._steps += step - self._step
        # Several steps may pass between two calls (`steps_per_execution`), so a multiple may have been stepped over.
        window_is_full = step // self.window > self._step // self.window
        self._step = step
        if window_is_full:
            self._close_window()

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs.update(_probabilities(logs))

    def _open_window(self):
        self._sums, self._steps = dict.fromkeys(REPORTED, 0.0), 0

    def _close_window(self):
        # Six decimals: beyond them stands only what float32 lost in the running means. `+ 0.0` makes -0.0 a zero.
        means = {name: round(self._sums[name] / self._steps, 6) + 0.0 for name in REPORTED}
        if self.path is not None and is_chief(self.model.distribute_strategy):
            self._append({"step": self._step, **means, **_probabilities(means)})
        self._open_window()
        if self._warns():
            self._judge(means)

    def _append(self, row):
        with open(self.path, "a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow([row["step"], *(f"{row[name]:.6g}" for name in COLUMNS[1:])])

    def _warns(self):
        if self.warn is None:
            loss = getattr(self.model, "adversarial_loss", None)
            return getattr(loss, "name", None) in UNDECIDED_AT_ZERO
        return self.warn

    def _judge(self, means):
        winner = _winner(means)
        self._windows_won = self._windows_won + 1 if winner == self._winner else 1
        self._winner = winner
        if winner is not None and self._windows_won == self.patience:
            first = self._step - self.window * self.patience + 1
            warnings.warn(_message(winner, means, first, self._step), BalanceWarning, stacklevel=2)


def _winner(means):
    if (means["real_accuracy"] + means["fake_accuracy"]) / 2.0 >= DISCRIMINATOR_WINS:
        return "discriminator"
    gap = _sigmoid(means["real_logits"]) - _sigmoid(means["fake_logits"])
    return "generator" if means["fake_accuracy"] <= GENERATOR_WINS and gap <= NEAR else None


def _message(winner, means, first, last):
    seen = (
        f"wins in all windows of steps {first} to {last} (at the end: D(real) = {_sigmoid(means['real_logits']):.3f}, "
        f"D(fake) = {_sigmoid(means['fake_logits']):.3f}, accuracy {means['real_accuracy']:.3f} on real and "
        f"{means['fake_accuracy']:.3f} on generated samples). Keep both at the same skill: "
    )
    if winner == "discriminator":
        return (
            f"The discriminator {seen}smooth its labels (`AdversarialLoss(..., label_smoothing=0.1)`), penalize its "
            'slope (`penalty="r1"`), lower its learning rate or its steps for each step of the generator, make it '
            'smaller or add dropout; with the "minimax" loss change to "non_saturating".'
        )
    return (
        f"The generator {seen}give the discriminator a higher learning rate than the generator's (two time-scale "
        "rule, arXiv 1706.08500), more steps for each step of the generator, more channels, less dropout, or a smaller "
        "penalty weight."
    )


def _sigmoid(logit):
    return 0.5 * (1.0 + math.tanh(0.5 * logit))


def _probabilities(means):
    """D(real) and D(fake) of the logits that are there."""
    return {
        f"{kind}_probability": _sigmoid(means[f"{kind}_logits"])
        for kind in ("real", "fake")
        if f"{kind}_logits" in means
    }


def _check_reported(logs):
    missing = [name for name in REPORTED if name not in logs]
    if missing:
        raise ValueError(
            f"`BalanceMonitor` follows {list(REPORTED)}, which the model's `train_step` must report. Received: "
            f"{sorted(logs)}, without {missing}."
        )


def _rows_until(path, step):
    """Rows of an earlier part of this run, up to a step; a last line that was cut off in writing is dropped."""
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = list(csv.reader(file)) or [[]]
    if tuple(header) != COLUMNS:
        raise ValueError(
            f"`path` must be a new file or one that `BalanceMonitor` wrote, with the columns {list(COLUMNS)}. "
            f"Received: `path={str(path)!r}` with the columns {header}."
        )
    return [row for row in rows if len(row) == len(COLUMNS) and int(row[0]) <= step]


def _write_rows(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with open(temporary, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    os.replace(temporary, path)
