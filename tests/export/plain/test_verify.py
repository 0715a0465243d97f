"""The script that compares, and what it may import."""

import ast
import json
import sys

import numpy as np
import pytest
from PIL import Image

from tfgan_zoo.export import verification

FOLDER = verification.SCRIPT.parent


def imported(path):
    """Top-level names of all modules that a file imports, wherever it does."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_runtimes_are_all_that_is_imported(path):
    runtimes = {"tensorflow", "ai_edge_litert", "numpy", "PIL", "c_api", "runners"}
    assert set(imported(path)) <= runtimes | set(sys.stdlib_module_names)


@pytest.fixture
def verify(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    import verify

    return verify


def test_difference_is_of_magnitudes(verify):
    got, expected = np.array([1.0, -2.0, 0.5]), np.array([1.0, -2.5, 0.75])
    assert verify.difference(got, expected) == {"max": 0.5, "mean": 0.25}


def test_probabilities_differ_by_what_lies_elsewhere(verify):
    right, wrong = np.eye(100)[[0, 1]], np.eye(100)[[0, 7]]
    assert verify.difference(wrong, right, "probabilities") == {"max": 1.0, "mean": 0.5}
    assert verify.difference(np.array([[0.25, 0.75]]), np.array([[0.5, 0.5]]), "probabilities")["mean"] == 0.25


def test_shapes_that_would_broadcast_are_an_error(verify):
    with pytest.raises(ValueError, match=r"outputs have shape \(1, 3\), the trained model's \(2, 3\)"):
        verify.difference(np.zeros((1, 3)), np.zeros((2, 3)))


def test_level_difference_is_at_most_half_for_the_right_rounding(verify):
    images = np.array([-1.0, 0.0, 0.25, 1.0, 1.5]).reshape(1, 5, 1, 1)  # 0, 127.5, 159.375, 255, 255 unrounded
    right = np.array([0, 128, 159, 255, 255], np.uint8).reshape(1, 5, 1, 1)
    wrong = np.array([0, 127, 160, 255, 255], np.uint8).reshape(1, 5, 1, 1)
    assert verify.level_difference(right, images)["max"] == 0.5
    assert verify.level_difference(wrong, images)["max"] == 0.625


def test_pictures_are_decoded_with_a_channel_axis(verify, tmp_path):
    grey, colour = np.arange(6, dtype=np.uint8).reshape(2, 3), np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    for name, levels in (("grey", grey), ("colour", colour)):
        Image.fromarray(levels).save(tmp_path / f"{name}.png")
    files = {name: (tmp_path / f"{name}.png").read_bytes() for name in ("grey", "colour")}
    np.testing.assert_array_equal(verify.decode([files["grey"]]), grey[None, ..., None])
    np.testing.assert_array_equal(verify.decode([files["colour"]]), colour[None])


def test_batches_cover_all_rows(verify):
    sizes = []

    def double(rows):
        sizes.append(len(rows["x"]))
        return rows["x"] * 2

    np.testing.assert_array_equal(verify.in_batches(double, {"x": np.arange(5)}, 2), [0, 2, 4, 6, 8])
    assert sizes == [2, 2, 1]


def test_a_missing_c_api_is_reported(verify, tmp_path, monkeypatch):
    def unavailable(folder):
        raise verify.c_api.Unavailable("no such library")

    monkeypatch.setattr(verify.c_api, "Session", unavailable)
    assert verify.compare_c_api(tmp_path, {}, 1) == {"unavailable": "no such library"}


def test_files_alone_are_compared_without_a_saved_model(verify, exported, gan, tmp_path, monkeypatch):
    z = np.zeros((1, 8), "float32")
    np.savez(tmp_path / "expected.npz", **{"serving_default/z": z, "serving_default/images": gan.sample(z=z)})
    lite = {"float32": str(exported.path / "tiny_float32.tflite")}
    spec = {"saved_model": None, "tflite": lite, "expected": str(tmp_path / "expected.npz"), "batch_size": 4}
    (tmp_path / "spec.json").write_text(json.dumps(spec))
    monkeypatch.delitem(sys.modules, "tfgan_zoo")
    verify.main(tmp_path / "spec.json", tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text())
    assert list(report) == ["tflite"] and report["tflite"]["float32"]["max"] <= 1e-4


def test_it_refuses_to_run_beside_the_zoo(verify, exported, gan, tmp_path):
    z, seed = np.zeros((1, 8), "float32"), np.zeros(1, np.int64)
    arrays = {
        "serving_default/z": z,
        "serving_default/images": gan.sample(z=z),
        "sample/seed": seed,
        "sample/images": gan.sample(1, seed=0),
        "png/seed": seed,
        "png/images": gan.sample(1, seed=0),
    }
    np.savez(tmp_path / "expected.npz", **arrays)
    spec = {"saved_model": str(exported.path), "tflite": {}, "expected": str(tmp_path / "expected.npz")}
    levels = tmp_path / "levels.npy"
    (tmp_path / "spec.json").write_text(json.dumps({**spec, "levels": str(levels), "batch_size": 4}))
    with pytest.raises(RuntimeError, match="tfgan_zoo was imported"):
        verify.main(tmp_path / "spec.json", tmp_path / "report.json")
    assert np.load(levels).shape == (1, 16, 16, 1)
    assert not (tmp_path / "report.json").exists()
