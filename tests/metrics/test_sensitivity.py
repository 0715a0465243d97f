"""Worse images score worse, on real handwritten digits: noise, blur, dropped modes, repeated images, copies."""

import numpy as np
import pytest

from benchmarks import metric_sensitivity as sensitivity
from tfgan_zoo import metrics
from tfgan_zoo.data import arrays


def check_distances(name, num, strengths):
    """FID and KID rise with every step of every degradation; recall and coverage are lower at its end."""
    pool, labels, real, *_ = sensitivity.load(name, num)
    reference = metrics.extract("digits", real).features
    series = {}
    for kind, strength, images in sensitivity.degradations(pool, labels, len(real)):
        if strength in strengths[kind]:
            features = metrics.extract("digits", images).features
            scores = {
                "fid": metrics.frechet_distance(reference, features),
                "kid": metrics.kernel_discrepancy(reference, features),
                **metrics.prdc(reference, features)._asdict(),
            }
            series.setdefault(kind, []).append(scores)
    assert {kind: len(steps) for kind, steps in series.items()} == {kind: len(s) for kind, s in strengths.items()}
    for kind, steps in series.items():
        for score in ("fid", "kid"):
            values = [step[score] for step in steps]
            assert values == sorted(values) and values[-1] > 2 * values[0], (kind, score, values)
        for score in ("recall", "coverage"):
            assert steps[-1][score] < steps[0][score], (kind, score)


def test_worse_is_larger_on_digits_without_a_download():
    # 140 images: small steps drown in the noise of so few, so only large ones are asked for.
    strengths = {
        "noise (levels)": (0, 25, 50, 100),
        "blur (pixels)": (0, 1, 2),
        "classes kept": (10, 5, 2, 1),
        "different images (share)": (1, 0.2, 0.05),
    }
    check_distances("digits", 140, strengths)


def test_worse_is_larger_on_mnist(tfds_data_dir):
    strengths = {
        "noise (levels)": (0, 10, 25, 50, 100),
        "blur (pixels)": (0, 0.5, 1, 2),
        "classes kept": (10, 8, 5, 2, 1),
        "different images (share)": (1, 0.2, 0.05, 0.01),
    }
    check_distances("mnist", 500, strengths)


def test_only_the_memorisation_check_sees_copies():
    pool, _, real, train, held_out = sensitivity.load("digits", 140)
    fresh, copies = (metrics.extract("digits", images) for images in (pool[:140], train))
    reference = metrics.extract("digits", real)
    fresh, copies = (metrics.scores(reference, part, ["fid", "nn"]) for part in (fresh, copies))
    assert copies["fid_140"] < 1.3 * fresh["fid_140"]
    assert copies["nn_accuracy_140"] < fresh["nn_accuracy_140"] + 0.05
    pixels = [images.reshape(len(images), -1) for images in (train, held_out, pool[:140], train)]
    assert metrics.memorization(*pixels[:3]).ratio > 0.9
    assert metrics.memorization(*pixels[:2], pixels[3]).ratio == 0


@pytest.mark.parametrize(
    ("values", "higher_is_better", "expected"),
    [
        ([1, 2, 3], False, "yes"),
        ([3, 2, 1], True, "yes"),
        ([1, 3, 2], False, "partly"),
        ([3, 2, 1], False, "reversed"),
        ([100, 104, 101], False, "no"),
        ([100, 101, 102], False, "no"),
        ([2, 2, 2], True, "no"),
    ],
)
def test_verdicts(values, higher_is_better, expected):
    assert sensitivity.verdict(values, higher_is_better) == expected


def test_degradations_keep_count_and_begin_untouched():
    pool, labels = arrays("digits", split="train", labels=True)
    found = list(sensitivity.degradations(pool, labels, 50))
    assert all(images.shape == (50, 8, 8, 1) and images.dtype == np.uint8 for *_, images in found)
    for kind, strength in (("noise (levels)", 0), ("blur (pixels)", 0), ("different images (share)", 1)):
        (images,) = (images for k, s, images in found if (k, s) == (kind, strength))
        np.testing.assert_array_equal(images, pool[:50])
    (one,) = (images for k, s, images in found if (k, s) == ("classes kept", 1))
    zeros = {image.tobytes() for image in pool[labels == 0]}
    assert {image.tobytes() for image in one} <= zeros


def test_command_replaces_what_stands_between_the_markers(tmp_path, monkeypatch, capsys):
    path = tmp_path / "doc.md"
    path.write_text("before\n" + "old\n".join(marker + "\n" for marker in sensitivity.MARKERS) + "after\n")
    monkeypatch.setattr(sensitivity, "floor_table", lambda name, num: [f"| {name} {num} |"])
    monkeypatch.setattr(sensitivity, "sensitivity_tables", lambda name, num: (["| values |"], ["| verdicts |"]))
    monkeypatch.setattr("sys.argv", ["metric_sensitivity.py", "--data", "digits", "--write", str(path)])
    sensitivity.main()
    begin, end = sensitivity.MARKERS
    tables = "| digits 10000 |\n\n| values |\n\n| verdicts |"
    assert path.read_text() == f"before\n{begin}\n{tables}\n{end}\nafter\n"
    monkeypatch.setattr("sys.argv", ["metric_sensitivity.py"])
    sensitivity.main()
    assert capsys.readouterr().out == tables.replace("digits", "mnist") + "\n"
