"""Follows the balance between discriminator and generator."""

import csv
import math
import os
import pathlib
import warnings

import keras

from tfgan_zoo.callbacks._arguments import check_count, check_model, step_of
from tfgan_zoo.replicas import is_chief

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
# relativistic), so accuracies mean nothing, or it is no logit (least_squares), so its sigmoid means nothing.
UNDECIDED_AT_ZERO = ("minimax", "non_saturating", "hinge")


class BalanceWarning(UserWarning):
    """One of the two players has won for long."""


class BalanceMonitor(keras.callbacks.Callback):
    """Follows D(real), D(fake) and the accuracies, and warns when one player wins for long.

    At the end of every epoch it adds D(real) and D(fake) to the logs, and thereby to `History`, as `real_probability`
    and `fake_probability`: the sigmoids of the epoch's mean logits. With a `path` it adds a row to a CSV file: `step`,
    `real_logits`, `fake_logits`, `real_accuracy` (share of real samples with a logit above 0), `fake_accuracy` (share
    of generated ones below 0) and the two probabilities. An epoch too long to wait for is cut with `steps_per_epoch`
    of `fit`.

    The aim is not a discriminator that loses but one that stays near the generator's skill. It warns with a
    `BalanceWarning` when in all epochs of the last `patience` steps

    - the discriminator wins: the mean of both accuracies is at least 0.99. Hardly a sample is misjudged, so a
      saturating loss has no gradient left, and the rare misjudged samples decide any other;
    - the generator wins: `fake_accuracy` is at most 0.1 and D(fake) at least D(real) - 0.05. Nine of ten generated
      samples pass for real, where the equilibrium has five, and real ones are not rated better: the discriminator
      teaches nothing.

    It warns once for each such phase; an epoch in balance ends the phase.

    Args:
        path: str or path of the CSV file, or None for no file. Folders are made. A resumed run continues its file, and
            its phases: rows beyond the step from which it resumes are dropped.
        patience: int >= 1, training steps that make "for long".
        warn: bool, or None to warn only where a logit of zero means "undecided": for the loss pairs "minimax",
            "non_saturating" and "hinge", as the model's `adversarial_loss` names them.

    Raises:
        ValueError: if an argument is out of range, the file is another one, or the model does not report these scalars.
        TypeError: if the model has no `step_counter`.

    Example:

    >>> monitor = tfgan_zoo.callbacks.BalanceMonitor("/tmp/tfgan_zoo/balance.csv", patience=1000)
    >>> monitor.path.name
    'balance.csv'

    Reference:
        Goodfellow et al. 2014, arXiv 1406.2661, sections 3 and 4: saturation, D* = 1/2, D and G in step.
    """

    def __init__(self, path=None, *, patience=300, warn=None):
        super().__init__()
        check_count("patience", patience)
        if warn not in (None, True, False):
            raise ValueError(f"`warn` must be True, False or None. Received: `warn={warn!r}`.")
        self.path = None if path is None else pathlib.Path(path)
        self.patience = patience
        self.warn = warn
        self._rows = None

    def set_model(self, model):
        check_model(self, model, ["step_counter"])
        super().set_model(model)

    def on_train_begin(self, logs=None):
        self._begun = False

    def on_epoch_begin(self, epoch, logs=None):
        if self._begun:
            return
        # Here and not when training begins: by now every other callback has restored what it restores.
        self._begun = True
        if self._rows is None:
            self._rows = _read(self.path) if self.path is not None else []
        step = step_of(self.model)
        self._rows = [row for row in self._rows if row["step"] <= step]

    def on_epoch_end(self, epoch, logs=None):
        means = _reported(logs)
        logs.update({name: value for name, value in means.items() if name not in logs})
        # Rounded as the file is, so that a resumed run judges as an unbroken one.
        row = {"step": step_of(self.model), **{name: float(f"{means[name]:.6g}") for name in COLUMNS[1:]}}
        self._rows.append(row)
        if self.path is not None and is_chief(self.model.distribute_strategy):
            _write(self.path, self._rows)
        if self._warns():
            self._judge()

    def _warns(self):
        if self.warn is None:
            loss = getattr(self.model, "adversarial_loss", None)
            return getattr(loss, "name", None) in UNDECIDED_AT_ZERO
        return self.warn

    def _judge(self):
        row, winner = self._rows[-1], _winner(self._rows[-1])
        first = _phase_start(self._rows)
        before = self._rows[-2]["step"] if len(self._rows) > 1 else 0
        # Only the epoch in which the phase grows long enough warns.
        if winner is not None and before - first < self.patience <= row["step"] - first:
            warnings.warn(_message(winner, row, first + 1), BalanceWarning, stacklevel=2)


def _phase_start(rows):
    """Step after which the last row's winner, or balance, began."""
    winner = _winner(rows[-1])
    return next((row["step"] for row in reversed(rows) if _winner(row) != winner), 0)


def _winner(row):
    if (row["real_accuracy"] + row["fake_accuracy"]) / 2.0 >= DISCRIMINATOR_WINS:
        return "discriminator"
    gap = row["real_probability"] - row["fake_probability"]
    return "generator" if row["fake_accuracy"] <= GENERATOR_WINS and gap <= NEAR else None


def _message(winner, row, first):
    seen = (
        f"wins in all epochs of steps {first} to {row['step']} (at the end: D(real) = {row['real_probability']:.3f}, "
        f"D(fake) = {row['fake_probability']:.3f}, accuracy {row['real_accuracy']:.3f} on real and "
        f"{row['fake_accuracy']:.3f} on generated samples). Keep both at the same skill: "
    )
    if winner == "discriminator":
        return (
            f"The discriminator {seen}penalize its slope (`penalty='r1'`), lower its learning rate or its steps for "
            "each step of the generator, make it smaller, add dropout, or take "
            '`AdversarialLoss("non_saturating", label_smoothing=0.1)`.'
        )
    return (
        f"The generator {seen}give the discriminator a higher learning rate than the generator's (two time-scale "
        "rule, arXiv 1706.08500), more steps for each step of the generator, more channels, less dropout, or a smaller "
        "penalty weight."
    )


def _sigmoid(logit):
    return 0.5 * (1.0 + math.tanh(0.5 * logit))


def _reported(logs):
    """The epoch's means that are followed, with D(real) and D(fake)."""
    missing = [name for name in REPORTED if name not in (logs or {})]
    if missing:
        raise ValueError(
            f"`BalanceMonitor` follows {list(REPORTED)}, which the model's `train_step` must report. Received: "
            f"{sorted(logs or {})}, without {missing}."
        )
    means = {name: float(logs[name]) for name in REPORTED}
    probabilities = {f"{kind}_probability": _sigmoid(means[f"{kind}_logits"]) for kind in ("real", "fake")}
    return {**means, **probabilities}


def _read(path):
    """Rows of an earlier part of this run; none if there is no file."""
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = list(csv.reader(file)) or [[]]
    if tuple(header) != COLUMNS:
        raise ValueError(
            f"`path` must be a new file or one that `BalanceMonitor` wrote, with the columns {list(COLUMNS)}. "
            f"Received: `path={str(path)!r}` with the columns {header}."
        )
    return [{"step": int(row[0]), **dict(zip(COLUMNS[1:], map(float, row[1:]), strict=True))} for row in rows]


def _write(path, rows):
    """Replaces the file as a whole, so that a killed run leaves no half row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    os.replace(temporary, path)
