"""Tests of the balance monitor: rows by hand, phases, the file of a resumed run."""

import csv
import math
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.callbacks.scripted import Scripted, feed
from tfgan_zoo import losses, models, networks
from tfgan_zoo.callbacks import BalanceMonitor, BalanceWarning, balance_monitor

# real_logits, fake_logits, real_accuracy, fake_accuracy
EVEN = [0.5, -0.5, 0.6, 0.7]
DISCRIMINATOR = [6.0, -7.0, 1.0, 0.99]
GENERATOR = [1.9, 2.0, 0.9, 0.05]


def _drive(monitor, rows, *, first_step=0, steps=10, **attributes):
    """Calls a monitor as one `fit` would, with one row of means for each epoch of so many steps."""
    counter = np.array(first_step)
    model = types.SimpleNamespace(
        step_counter=types.SimpleNamespace(numpy=lambda: counter),
        distribute_strategy=tf.distribute.get_strategy(),
        **attributes,
    )
    monitor.set_model(model)
    monitor.on_train_begin()
    for epoch, row in enumerate(rows):
        monitor.on_epoch_begin(epoch)
        counter += steps
        monitor.on_epoch_end(epoch, dict(zip(balance_monitor.REPORTED, row, strict=True)))
    monitor.on_train_end()


def _rows(path):
    with open(path, newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def _fit(model, rows, monitor, **kwargs):
    return model.fit(feed(*rows), callbacks=[monitor], **kwargs)


def test_rows_by_hand(tmp_path):
    path = tmp_path / "new" / "balance.csv"
    model = Scripted()
    history = _fit(model, [[1, -1, 1.0, 0.5], [3, -2, 0.5, 0.25]], BalanceMonitor(path), epochs=2).history
    first, second = _rows(path)
    expected = {
        "real_logits": 2.0,
        "fake_logits": -1.5,
        "real_accuracy": 0.75,
        "fake_accuracy": 0.375,
        "real_probability": 1 / (1 + math.exp(-2.0)),
        "fake_probability": 1 / (1 + math.exp(1.5)),
    }
    assert first == pytest.approx({"step": 2, **expected}, abs=1e-5)
    assert second == pytest.approx({"step": 4, **expected}, abs=1e-5)
    assert {name: values[0] for name, values in history.items()} == pytest.approx(expected)


def test_extreme_logits_do_not_overflow():
    logs = dict(zip(balance_monitor.REPORTED, [1e5, -1e5, 1.0, 1.0], strict=True))
    monitor = BalanceMonitor()
    monitor.set_model(Scripted())
    monitor.on_train_begin()
    monitor.on_epoch_begin(0)
    monitor.on_epoch_end(0, logs)
    assert (logs["real_probability"], logs["fake_probability"]) == (1.0, 0.0)


def test_a_resumed_run_leaves_the_file_of_an_unbroken_one(tmp_path):
    rows = [[level, -level / 3, 0.5, 0.7] for level in range(6)]
    _drive(BalanceMonitor(tmp_path / "unbroken.csv"), rows)
    _drive(BalanceMonitor(tmp_path / "resumed.csv"), rows[:4])
    # The last checkpoint was at step 25: rows 3 and 4 are done again.
    resumed = BalanceMonitor(tmp_path / "resumed.csv")
    _drive(resumed, rows[2:3], first_step=25, steps=5)
    _drive(resumed, rows[3:], first_step=30)
    assert (tmp_path / "resumed.csv").read_bytes() == (tmp_path / "unbroken.csv").read_bytes()


def test_a_new_run_begins_a_new_file(tmp_path):
    path = tmp_path / "balance.csv"
    for level in (1, 2):
        _fit(Scripted(), [[level, 0, 0, 0]], BalanceMonitor(path), epochs=level)
    assert [row["real_logits"] for row in _rows(path)] == [2.0, 2.0]


def test_refuses_a_file_of_another_kind(tmp_path):
    path = tmp_path / "notes.csv"
    path.write_text("epoch,loss\n1,2\n")
    with pytest.raises(ValueError, match=r"one that `BalanceMonitor` wrote, .* with the columns \['epoch', 'loss'\]"):
        _fit(Scripted(), [EVEN], BalanceMonitor(path))
    assert path.read_text() == "epoch,loss\n1,2\n"


def test_warns_when_the_discriminator_wins_for_long():
    with pytest.warns(BalanceWarning) as caught:
        _drive(BalanceMonitor(patience=30, warn=True), [EVEN] * 2 + [DISCRIMINATOR] * 9)
    assert len(caught) == 1
    message = str(caught[0].message)
    assert message.startswith("The discriminator wins in all epochs of steps 21 to 50 (")
    assert "D(real) = 0.998, D(fake) = 0.001, accuracy 1.000 on real and 0.990 on generated" in message
    assert "label_smoothing" in message and "penalty='r1'" in message


def test_warns_when_the_generator_wins_for_long():
    with pytest.warns(BalanceWarning, match="The generator wins in all epochs of steps 1 to 20 .*two time-scale"):
        _drive(BalanceMonitor(patience=11, warn=True), [GENERATOR] * 4)


def test_one_long_epoch_is_enough():
    with pytest.warns(BalanceWarning, match="steps 1 to 1000"):
        _drive(BalanceMonitor(warn=True), [DISCRIMINATOR], steps=1000)


def test_warns_once_in_each_phase():
    rows = [DISCRIMINATOR] * 4 + [EVEN] + [DISCRIMINATOR] * 4 + [GENERATOR] * 2
    with pytest.warns(BalanceWarning) as caught:
        _drive(BalanceMonitor(patience=20, warn=True), rows)
    messages = [str(warning.message) for warning in caught]
    assert [message.split(" (")[0] for message in messages] == [
        "The discriminator wins in all epochs of steps 1 to 20",
        "The discriminator wins in all epochs of steps 51 to 70",
        "The generator wins in all epochs of steps 91 to 110",
    ]


def test_a_resumed_run_continues_the_phase(tmp_path):
    _drive(BalanceMonitor(tmp_path / "balance.csv", patience=40, warn=True), [DISCRIMINATOR] * 3)
    with pytest.warns(BalanceWarning, match="steps 1 to 40") as caught:
        monitor = BalanceMonitor(tmp_path / "balance.csv", patience=40, warn=True)
        _drive(monitor, [DISCRIMINATOR] * 3, first_step=30)
    assert len(caught) == 1


@pytest.mark.parametrize(
    "rows",
    [
        [DISCRIMINATOR, DISCRIMINATOR, EVEN] * 4,
        [[6.0, -6.0, 0.98, 0.99]] * 12,
        [[0.0, 0.0, 0.5, 0.5]] * 12,
        [[0.2, 0.3, 0.0, 0.11]] * 12,
        [[1.5, 0.2, 1.0, 0.0]] * 12,
    ],
    ids=["short", "just below", "equilibrium", "just above", "both rated high, and told apart"],
)
def test_does_not_warn_in_balance(rows):
    _drive(BalanceMonitor(patience=30, warn=True), rows)  # Warnings are errors here.


@pytest.mark.parametrize(
    ("name", "warns"),
    [("minimax", True), ("non_saturating", True), ("hinge", True), ("wasserstein", False), ("least_squares", False)],
)
def test_warns_only_where_zero_means_undecided(name, warns, recwarn):
    _drive(BalanceMonitor(patience=20), [DISCRIMINATOR] * 3, adversarial_loss=losses.pair(name))
    assert [w.category for w in recwarn] == [BalanceWarning] * warns


def test_every_loss_pair_is_judged():
    undecided_elsewhere = {"least_squares", "wasserstein", "relativistic", "relativistic_average"}
    assert set(balance_monitor.UNDECIDED_AT_ZERO) | undecided_elsewhere == set(losses.PAIRS)


def test_reads_what_a_gan_reports(tmp_path):
    gan = models.GAN(
        generator=networks.mlp.generator((4, 4, 1), latent_dim=2, units=(4,)),
        discriminator=networks.mlp.discriminator((4, 4, 1), units=(4,)),
    )
    gan.compile()
    images = np.random.default_rng(0).uniform(-1, 1, (40, 4, 4, 1)).astype(np.float32)
    path = tmp_path / "balance.csv"
    history = gan.fit(images, batch_size=8, epochs=2, verbose=0, callbacks=[BalanceMonitor(path)]).history
    for name in ("real_logits", "fake_logits", "real_accuracy", "fake_accuracy"):
        assert [row[name] for row in _rows(path)] == pytest.approx(history[name], abs=1e-5)


def test_refuses_a_model_that_reports_other_scalars():
    with pytest.raises(ValueError, match=r"must report. Received: \['loss', 'real_logits'\], without \['fake_logits'"):
        _fit(Scripted(("loss", "real_logits")), [[1, 2]], BalanceMonitor())


def test_refuses_a_model_without_steps():
    with pytest.raises(TypeError, match="`BalanceMonitor` needs a model with `step_counter`"):
        BalanceMonitor().set_model(keras.Sequential())


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"patience": 0}, "`patience` must be an int >= 1. Received: `patience=0`"),
        ({"patience": 1.5}, "`patience` must be an int >= 1. Received: `patience=1.5`"),
        ({"warn": "yes"}, "`warn` must be True, False or None. Received: `warn='yes'`"),
    ],
)
def test_refuses_arguments(arguments, match):
    with pytest.raises(ValueError, match=match):
        BalanceMonitor(**arguments)
