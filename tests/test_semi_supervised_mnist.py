"""The lecture's table: every cell once, the same images for all methods, and no test label before the end."""

import functools
import json
import subprocess
import sys

import numpy as np
import pytest

import tfgan_zoo as zoo
from tests import scripts

SMALL = ["--data", "digits", "--image_size", "8"]


@pytest.fixture
def benchmark(monkeypatch):
    module = scripts.load("benchmarks/semi_supervised_mnist.py")
    # It would walk through all that other tests have built in this process.
    monkeypatch.setattr(module.keras.backend, "clear_session", lambda: None)
    return module


@pytest.fixture
def calls(benchmark, monkeypatch):
    """Methods that only note what they are asked for, and whose accuracy tells."""
    asked = []

    def stand_in(name, accuracy):
        def method(data, num_labels, seed, arguments):
            asked.append((name, num_labels, seed))
            return {"accuracy": accuracy + 0.02 * seed}

        return method

    methods = {name: stand_in(name, 0.5 + 0.1 * index) for index, name in enumerate(benchmark.METHODS)}
    monkeypatch.setattr(benchmark, "METHODS", methods)
    return asked


def run(benchmark, folder, *more):
    benchmark.main([*SMALL, "--json", str(folder / "table.json"), *more])
    return json.loads((folder / "table.json").read_text())


def test_cells_are_computed_once_and_kept(benchmark, calls, tmp_path):
    run(benchmark, tmp_path, "--labels", "50", "--seeds", "1")
    assert calls == [("cnn", 50, 0), ("sgan", 50, 0), ("feature_matching", 50, 0)]
    cells = run(benchmark, tmp_path, "--labels", "100,50", "--seeds", "2", "--methods", "cnn,sgan")
    assert calls[3:] == [("cnn", 100, 0), ("sgan", 100, 0), *((m, n, 1) for n in (100, 50) for m in ("cnn", "sgan"))]
    assert len(cells) == 9 and cells["sgan/100/1"]["accuracy"] == pytest.approx(0.62)


def test_an_interrupted_table_keeps_its_cells(benchmark, calls, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setitem(benchmark.METHODS, "sgan", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(benchmark, tmp_path, "--labels", "50", "--seeds", "1")
    assert list(json.loads((tmp_path / "table.json").read_text())) == ["cnn/50/0"]


def test_cells_of_other_settings_need_another_file(benchmark, calls, tmp_path):
    run(benchmark, tmp_path, "--labels", "50", "--seeds", "1")
    with pytest.raises(ValueError, match="holds feature_matching/50/0 of .*30000.*Pass another `--json`"):
        run(benchmark, tmp_path, "--labels", "50", "--seeds", "1", "--steps", "5")
    assert len(calls) == 3  # The other methods do not depend on that flag, and are taken as they are.


def test_the_table_shows_the_lecture_beside_ours(benchmark, calls, tmp_path, capsys):
    run(benchmark, tmp_path, "--labels", "100,30", "--seeds", "3")
    head, hundred, thirty = capsys.readouterr().out.splitlines()[-3:]
    assert head.split()[:5] == ["labels", "lecture", "CNN", "lecture", "SGAN"]
    assert hundred.split()[:6] == ["100", "0.895", "0.928", "0.5200", "+-", "0.0200"]
    assert thirty.split()[:4] == ["30", "0.5200", "+-", "0.0200"]


def test_all_methods_label_the_same_images(benchmark):
    data = benchmark.Data("digits", 8)
    images, labels = data.subset(20, seed=3)
    assert np.bincount(labels).tolist() == [2] * 10
    known = {image.tobytes(): label for image, label in zip(images, labels, strict=True)}
    for (batch, found), _ in data.batches(20, 3, 20).take(2).as_numpy_iterator():
        assert {image.tobytes() for image in batch} == set(known)
        assert [known[image.tobytes()] for image in batch] == found.tolist()


@pytest.mark.parametrize(("counts", "parts"), [([7] * 10, 5), ([2] * 5 + [3] * 5, 2)])
def test_every_labelled_image_is_held_out_once(benchmark, counts, parts):
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(10), counts))
    folds = list(benchmark._folds(labels))
    assert len(folds) == parts
    assert sorted(np.concatenate(folds)) == list(range(len(labels)))
    for held in folds:
        # Of each class at least one, and at least one is left to learn from.
        assert (np.bincount(labels[held], minlength=10) >= 1).all()
        assert (np.bincount(labels[np.setdiff1d(np.arange(len(labels)), held)], minlength=10) >= 1).all()


def test_one_labelled_image_of_a_class_is_too_few_to_choose_by(benchmark):
    with pytest.raises(ValueError, match="at least two labelled .* Received: 10 labelled images of 10 classes"):
        list(benchmark._folds(np.arange(10)))


@pytest.mark.thorough
def test_test_labels_are_seen_at_the_end_alone(benchmark, tmp_path, monkeypatch):
    """Other test labels change the accuracy and not what cross-validation chose."""
    monkeypatch.setattr(benchmark, "CNN_EPOCHS", 8)
    monkeypatch.setattr(benchmark, "CNN_FOLDS", 2)
    body = zoo.networks.sgan.discriminator
    monkeypatch.setattr(zoo.networks.sgan, "discriminator", functools.partial(body, channels=(8, 16)))
    more = ["--labels", "20", "--seeds", "1", "--methods", "cnn"]
    true = run(benchmark, tmp_path, *more)
    original = zoo.data.arrays

    def wrong_test_labels(*args, split, **options):
        images, labels = original(*args, split=split, **options)
        return images, (labels + 1) % 10 if split == "test" else labels

    monkeypatch.setattr(zoo.data, "arrays", wrong_test_labels)
    benchmark._data.cache_clear()  # Else the right ones would be judged by again.
    (tmp_path / "wrong").mkdir()
    wrong = run(benchmark, tmp_path / "wrong", *more)
    assert true["cnn/20/0"]["accuracy"] > 0.2 > wrong["cnn/20/0"]["accuracy"]
    for key in ("steps", "held_out_accuracy"):
        assert wrong["cnn/20/0"][key] == true["cnn/20/0"][key]


def test_the_last_weights_are_judged_and_not_the_best(benchmark, monkeypatch):
    class Trained:
        def compile(self, *_, **__):
            pass

        def fit(self, _, epochs, callbacks, **__):
            for epoch in range(epochs):
                callbacks[-1].on_epoch_end(epoch, {})

    seen = iter([(5, 0.5), (10, 0.9), (15, 0.7)])
    monkeypatch.setattr(benchmark, "_judged", lambda *_: next(seen))
    constants = {"steps": 15, "curve": 5, "batch_size": 4, "learning_rate": 1e-3, "beta_2": 0.9}
    found = benchmark._train(Trained(), benchmark.Data("digits", 8), 20, 0, constants)
    assert found == {"accuracy": 0.7, "steps": 15, "curve": [(5, 0.5), (10, 0.9), (15, 0.7)]}


def test_the_authors_adam_is_the_models_own_and_has_cells_of_its_own(benchmark, tmp_path, monkeypatch):
    trained = []
    monkeypatch.setattr(benchmark, "_judged", lambda gan, data: trained.append(gan) or (2, 0.5))
    more = ["--labels", "20", "--seeds", "1", "--steps", "2", "--methods", "feature_matching"]
    cells = run(benchmark, tmp_path, *more, "--authors_adam")
    (gan,) = trained
    for player in (gan.generator_optimizer, gan.discriminator_optimizer):
        found = (float(player.learning_rate), player.beta_1, player.beta_2, player.epsilon)
        assert found == pytest.approx((3e-3, 0.5, 0.999, 1e-4))
    assert cells["feature_matching/20/0"]["settings"]["adam"] == "authors"
    with pytest.raises(ValueError, match="'adam': 'authors'.*Received: .*'learning_rate': 0.001.*another `--json`"):
        run(benchmark, tmp_path, *more)


@pytest.mark.thorough
def test_several_processes_find_what_one_does(benchmark, tmp_path):
    more = ["--labels", "20", "--seeds", "1", "--steps", "2", "--sgan_steps", "2", "--methods", "sgan,feature_matching"]
    one = run(benchmark, tmp_path, *more)
    # A process of its own, since the others must be able to import what they are to call.
    command = [sys.executable, benchmark.__file__, *SMALL, *more, "--processes", "2", "--json", tmp_path / "two.json"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    two = json.loads((tmp_path / "two.json").read_text())
    assert set(two) == set(one)
    for name, cell in one.items():
        assert f"{two[name]['accuracy']:.4f}" in printed
        # The order of sums may differ with the number of threads, and with it the odd image.
        assert two[name]["accuracy"] == pytest.approx(cell["accuracy"], abs=0.01)
        assert two[name]["settings"] == cell["settings"]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--methods", "svm"], "unknown methods"),
        (["--processes", "0"], "--processes must be at least 1; received 0"),
        (["--curve", "7", "--steps", "14"], "must divide --sgan_steps; received --curve 7 and --sgan_steps 4000"),
        (["--curve", "7", "--methods", "feature_matching"], "must divide --steps; received --curve 7 and --steps 30"),
    ],
)
def test_wrong_flags_are_refused(benchmark, capsys, flags, message):
    with pytest.raises(SystemExit):
        benchmark.parsed(flags)
    assert message in capsys.readouterr().err


def test_the_curve_of_one_method_leaves_the_others_alone(benchmark):
    flags = ["--curve", "7", "--steps", "14", "--methods", "feature_matching"]
    assert benchmark.parsed(flags).curve == 7


def test_sgan_and_gan_are_compared_after_the_same_steps(benchmark, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(
        zoo.metrics.features,
        "digits",
        lambda: zoo.metrics.features.as_extractor(lambda images: np.mean(images, axis=(2, 3)), name="rows"),
    )
    benchmark.main([*SMALL, "--converge", str(tmp_path), "--epochs", "1"])
    found = json.loads((tmp_path / "scores.json").read_text())
    assert set(found) == {"sgan", "gan"} and found["sgan"]["steps"] == found["gan"]["steps"] > 0
    printed = capsys.readouterr().out
    for name in found:
        assert f"digit-FID {found[name]['fid']:.2f}" in printed
        assert (tmp_path / f"{name}.png").stat().st_size > 0
