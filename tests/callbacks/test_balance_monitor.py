"""Tests of the balance monitor: windows by hand, phases, the file of a resumed run."""

import csv
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.callbacks.scripted import Scripted, drive, feed
from tfgan_zoo import callbacks, losses, models, networks
from tfgan_zoo.callbacks import BalanceMonitor, BalanceWarning

# real_logits, fake_logits, real_accuracy, fake_accuracy
EVEN = [0.5, -0.5, 0.6, 0.7]
DISCRIMINATOR = [6.0, -7.0, 1.0, 0.99]
GENERATOR = [1.9, 2.0, 0.9, 0.05]


@pytest.fixture
def one_process():
    return tf.distribute.get_strategy()


def _rows(path):
    with open(path, newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def _fit(model, rows, monitor, **kwargs):
    return model.fit(feed(*rows), callbacks=[monitor], **kwargs)


def test_windows_by_hand(tmp_path):
    path = tmp_path / "new" / "balance.csv"
    rows = [[1, -1, 1.0, 0.5], [3, -2, 0.5, 0.5], [8, -6, 0.25, 1.0], [0, 4, 0.75, 0.0], [9, 9, 0.0, 0.0]]
    _fit(Scripted(), rows, BalanceMonitor(path, window=2))
    first, second = _rows(path)
    assert first == pytest.approx(
        {
            "step": 2,
            "real_logits": 2.0,
            "fake_logits": -1.5,
            "real_accuracy": 0.75,
            "fake_accuracy": 0.5,
            "real_probability": 1 / (1 + math.exp(-2.0)),
            "fake_probability": 1 / (1 + math.exp(1.5)),
        },
        abs=1e-5,
    )
    assert second["step"] == 4
    assert (second["real_logits"], second["fake_logits"]) == pytest.approx((4.0, -1.0), abs=1e-5)
    assert (second["real_accuracy"], second["fake_accuracy"]) == pytest.approx((0.5, 0.5), abs=1e-5)


def test_windows_reach_over_epochs(tmp_path):
    path = tmp_path / "balance.csv"
    _fit(Scripted(), [[1, 0, 0, 0], [2, 0, 0, 0], [6, 0, 0, 0]], BalanceMonitor(path, window=4), epochs=3)
    # 1 2 6 1 | 2 6 1 2 | 6
    assert [(row["step"], row["real_logits"]) for row in _rows(path)] == [(4, 2.5), (8, 2.75)]


def test_windows_with_several_steps_per_execution(tmp_path):
    path = tmp_path / "balance.csv"
    model = Scripted()
    model.compile(optimizer=None, steps_per_execution=3)
    _fit(model, [[value, 0, 0, 0] for value in (1, 2, 3, 4, 5, 9, 0)], BalanceMonitor(path, window=2))
    # Looks at steps 3, 6 and 7, of which the first two step over a multiple of 2.
    assert [(row["step"], row["real_logits"]) for row in _rows(path)] == [(3, 2.0), (6, 6.0)]


def test_large_running_means_keep_their_precision(tmp_path, one_process):
    path = tmp_path / "balance.csv"
    rows = [[20.0, -20.0, 1.0, 1.0]] * 20_000 + [[-20.0, 20.0, 0.0, 0.25]] * 100
    drive(BalanceMonitor(path, window=100), rows, distribute_strategy=one_process)
    last = _rows(path)[-1]
    assert (last["real_logits"], last["fake_accuracy"]) == pytest.approx((-20.0, 0.25), abs=5e-3)


def test_a_resumed_run_continues_the_file(tmp_path):
    path = tmp_path / "balance.csv"
    model = Scripted()
    _fit(model, [[step, 0, 0, 0] for step in range(1, 7)], BalanceMonitor(path, window=2))
    with open(path, "a") as file:
        file.write("8,1.2")  # As a killed process leaves it.
    model.step_counter.assign(4)
    _fit(model, [[10, 0, 0, 0], [20, 0, 0, 0]], BalanceMonitor(path, window=2))
    assert [(row["step"], row["real_logits"]) for row in _rows(path)] == [(2, 1.5), (4, 3.5), (6, 15.0)]


def test_a_new_run_begins_a_new_file(tmp_path):
    path = tmp_path / "balance.csv"
    for level in (1, 2):
        _fit(Scripted(), [[level, 0, 0, 0]] * 2, BalanceMonitor(path, window=1))
    assert [row["real_logits"] for row in _rows(path)] == [2.0, 2.0]


def test_refuses_a_file_of_another_kind(tmp_path):
    path = tmp_path / "notes.csv"
    path.write_text("epoch,loss\n1,2\n")
    with pytest.raises(ValueError, match=r"one that `BalanceMonitor` wrote, .* with the columns \['epoch', 'loss'\]"):
        _fit(Scripted(), [EVEN], BalanceMonitor(path))
    assert path.read_text() == "epoch,loss\n1,2\n"


def test_probabilities_enter_the_history():
    history = _fit(Scripted(), [[1, -2, 0, 0], [3, -2, 0, 0]], BalanceMonitor()).history
    assert history["real_probability"] == pytest.approx([1 / (1 + math.exp(-2.0))])
    assert history["fake_probability"] == pytest.approx([1 / (1 + math.exp(2.0))])


def test_warns_when_the_discriminator_wins_for_long():
    monitor = BalanceMonitor(window=2, patience=3, warn=True)
    with pytest.warns(BalanceWarning, match=r"The discriminator wins in all windows of steps 3 to 8") as caught:
        drive(monitor, [EVEN] * 2 + [DISCRIMINATOR] * 20)
    assert len(caught) == 1
    message = str(caught[0].message)
    assert "D(real) = 0.998, D(fake) = 0.001, accuracy 1.000 on real and 0.990 on generated" in message
    assert "label_smoothing" in message and 'penalty="r1"' in message


def test_warns_when_the_generator_wins_for_long():
    with pytest.warns(BalanceWarning, match="The generator wins in all windows of steps 1 to 2 .*two time-scale"):
        drive(BalanceMonitor(window=1, patience=2, warn=True), [GENERATOR] * 4)


def test_warns_once_in_each_phase():
    rows = [DISCRIMINATOR] * 4 + [EVEN] + [DISCRIMINATOR] * 4 + [GENERATOR] * 2
    with pytest.warns(BalanceWarning) as caught:
        drive(BalanceMonitor(window=1, patience=2, warn=True), rows)
    messages = [str(warning.message) for warning in caught]
    assert [message.split(" wins ")[0] for message in messages] == ["The discriminator"] * 2 + ["The generator"]
    assert "steps 6 to 7" in messages[1]


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
    drive(BalanceMonitor(window=1, patience=3, warn=True), rows)  # Warnings are errors here.


@pytest.mark.parametrize(
    ("name", "warns"),
    [("minimax", True), ("non_saturating", True), ("hinge", True), ("wasserstein", False), ("least_squares", False)],
)
def test_warns_only_where_zero_means_undecided(name, warns, recwarn):
    drive(BalanceMonitor(window=1, patience=2), [DISCRIMINATOR] * 3, adversarial_loss=losses.pair(name))
    assert [w.category for w in recwarn] == [BalanceWarning] * warns


def test_every_loss_pair_is_judged():
    undecided_elsewhere = {"least_squares", "wasserstein", "relativistic", "relativistic_average"}
    assert set(callbacks.balance_monitor.UNDECIDED_AT_ZERO) | undecided_elsewhere == set(losses.PAIRS)


def test_reads_what_a_gan_reports(tmp_path):
    gan = models.GAN(
        generator=networks.mlp.generator((4, 4, 1), latent_dim=2, units=(4,)),
        discriminator=networks.mlp.discriminator((4, 4, 1), units=(4,)),
    )
    gan.compile()
    images = np.random.default_rng(0).uniform(-1, 1, (40, 4, 4, 1)).astype(np.float32)
    path = tmp_path / "balance.csv"
    history = gan.fit(images, batch_size=8, epochs=2, verbose=0, callbacks=[BalanceMonitor(path, window=5)]).history
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
        ({"window": 0}, "`window` must be an int >= 1. Received: `window=0`"),
        ({"patience": 1.5}, "`patience` must be an int >= 1. Received: `patience=1.5`"),
        ({"warn": "yes"}, "`warn` must be True, False or None. Received: `warn='yes'`"),
    ],
)
def test_refuses_arguments(arguments, match):
    with pytest.raises(ValueError, match=match):
        BalanceMonitor(**arguments)
