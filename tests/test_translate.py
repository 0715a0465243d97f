"""The command that translates pictures: where results go, what it refuses, and that it needs no training code."""

import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tfgan_zoo import export, translate

ROOT = Path(__file__).parent.parent


class Negative:
    """An exported translator that turns light into dark."""

    channels = 3

    def translate(self, image):
        self.size = image.shape[:2]
        return -image


@pytest.fixture
def model(monkeypatch):
    model = Negative()
    monkeypatch.setattr(export, "open", lambda path: model)
    return model


def run(source, output, *more):
    return translate.main(["--export", "exported/x", "--input", str(source), "--output", str(output), *more])


def save(path, levels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(levels).save(path)
    return path


LEVELS = np.arange(60, dtype="uint8").reshape(4, 5, 3)


def test_one_picture(model, tmp_path, capsys):
    assert run(save(tmp_path / "a.png", LEVELS), tmp_path / "out") == 0
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out" / "a.png")), 255 - LEVELS)
    assert "Translated 1 pictures" in capsys.readouterr().out


def test_a_folder_keeps_its_structure(model, tmp_path):
    save(tmp_path / "in" / "a.jpg", LEVELS)
    save(tmp_path / "in" / "b" / "a.png", LEVELS)
    assert run(tmp_path / "in", tmp_path / "out") == 0
    made = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.png"))
    assert made == ["a.png", "b/a.png"]


def test_grey_pictures_go_into_colour_models(model, tmp_path):
    run(save(tmp_path / "a.png", LEVELS[..., 0]), tmp_path / "out")
    made = np.asarray(Image.open(tmp_path / "out" / "a.png"))
    np.testing.assert_array_equal(made, np.repeat(255 - LEVELS[..., :1], 3, axis=-1))


def test_long_pictures_are_shrunk(model, tmp_path):
    path = save(tmp_path / "a.png", np.zeros((40, 100, 3), "uint8"))
    run(path, tmp_path / "out", "--max_side", "50")
    assert model.size == (20, 50)
    run(path, tmp_path / "out", "--max_side", "0")
    assert model.size == (40, 100)


def test_a_picture_that_cannot_be_read_is_left_out(model, tmp_path, capsys):
    save(tmp_path / "in" / "a.png", LEVELS)
    (tmp_path / "in" / "b.png").write_bytes(b"no picture")
    assert run(tmp_path / "in", tmp_path / "out") == 1
    captured = capsys.readouterr()
    assert "Translated 1 pictures" in captured.out and "b.png" in captured.err


def refused(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        run(*arguments)
    assert stop.value.code == 2
    return capsys.readouterr().err


def test_refusals(model, tmp_path, capsys):
    assert "does not exist" in refused(capsys, tmp_path / "none", tmp_path / "out")
    (tmp_path / "empty").mkdir()
    assert "no pictures in" in refused(capsys, tmp_path / "empty", tmp_path / "out")
    save(tmp_path / "in" / "a.png", LEVELS)
    assert "would be overwritten" in refused(capsys, tmp_path / "in", tmp_path / "in")
    save(tmp_path / "in" / "a.jpg", LEVELS)
    assert "would both become" in refused(capsys, tmp_path / "in", tmp_path / "out")


def test_an_export_that_makes_images_of_latents(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(export, "open", lambda path: types.SimpleNamespace(card={"model": "DCGAN"}))
    message = refused(capsys, save(tmp_path / "a.png", LEVELS), tmp_path / "out")
    assert "must be an exported translator" in message and "DCGAN" in message


def test_no_training_code_takes_part():
    # A package that loads nothing by itself, so that what is loaded is what the command asks for.
    code = (
        "import sys, types; package = types.ModuleType('tfgan_zoo'); package.__path__ = ['tfgan_zoo']; "
        "package.__version__ = '0'; sys.modules['tfgan_zoo'] = package; from tfgan_zoo import translate; "
        "print(*sorted({name.split('.')[1] for name in sys.modules if name.startswith('tfgan_zoo.')}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == {"data", "export", "latents", "pictures", "translate"}
