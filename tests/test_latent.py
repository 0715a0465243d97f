"""The latent tools' command: every tool on a run folder, the first three on an export."""

import dataclasses
import json
import re
import runpy

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import tfgan_zoo as zoo
from tfgan_zoo import latent
from tfgan_zoo.training.state import State

RECIPE = '''"""A small recipe."""

import dataclasses

import tfgan_zoo as zoo


@dataclasses.dataclass(frozen=True)
class Config(zoo.training.Config):
    style_dim: int = 4


def build_model(config):
    gan = zoo.models.StyleGAN2(
        zoo.networks.style2.mapping(config.style_dim, style_dim=4, depth=1),
        zoo.networks.style2.synthesis((8, 8, 1), 4, channel_base=64),
        zoo.networks.style2.discriminator((8, 8, 1), channel_base=16),
    )
    gan.compile()
    return gan
'''


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Folder of a run, its recipe's file, and its model."""
    folder = tmp_path_factory.mktemp("run")
    recipe = folder / "small.py"
    recipe.write_text(RECIPE)
    names = runpy.run_path(str(recipe))
    config = names["Config"]()
    (folder / "config.json").write_text(json.dumps({**dataclasses.asdict(config), "recipe": "small"}))
    gan = names["build_model"](config)
    snapshot = State(gan.state, tf.distribute.get_strategy()).snapshot()
    zoo.training.Checkpoints(folder / "checkpoints").save(1, snapshot)
    return folder, recipe, gan


def draw(tool, run, out, *options):
    """Runs the command on a run folder and returns the picture's array."""
    folder, recipe, _ = run
    latent.main([tool, "--run", str(folder), "--recipe", str(recipe), "--out", str(out), *options])
    with Image.open(out) as image:
        return np.asarray(image)


@pytest.mark.parametrize("tool", ["truncation", "mixing", "directions"])
def test_a_run_is_drawn(tool, run, tmp_path, capsys):
    picture = draw(tool, run, tmp_path / "picture.png")
    assert min(picture.shape[:2]) >= 64 and len(np.unique(picture)) > 10
    assert "picture.png" in capsys.readouterr().out


def test_the_picture_is_that_of_the_checkpoint_and_the_seed(run, tmp_path):
    picture = draw("interpolation", run, tmp_path / "a.png", "--seed", "3")
    np.testing.assert_array_equal(picture, zoo.sheets.interpolation(run[2], seed=3)[..., 0])


def test_arithmetic_says_how_the_attribute_answers(run, tmp_path, capsys):
    draw("arithmetic", run, tmp_path / "a.png")
    said = re.search(r"strength and brightness correlate with (-?\d\.\d+)", capsys.readouterr().out)
    assert -1.0 <= float(said.group(1)) <= 1.0


def test_projection_reports_generated_and_real_images(run, tmp_path, capsys):
    np.save(tmp_path / "real.npy", np.random.default_rng(0).integers(0, 256, (6, 8, 8, 1)).astype("uint8"))
    options = [
        "--data",
        str(tmp_path / "real.npy"),
        "--split",
        "train",
        "--num",
        "3",
        "--steps",
        "40",
        "--features",
        "digits",
    ]
    draw("projection", run, tmp_path / "a.png", *options)
    said = dict(re.findall(r"(generated|real): mean squared error (\d\.\d+)", capsys.readouterr().out))
    assert float(said["generated"]) < float(said["real"])


class Export:
    """What `export.open` gives, of a generator that paints its first latent."""

    card = {"latent_dim": 4, "prior": "uniform"}

    def generate(self, z):
        return np.tile(np.clip(z, -1.0, 1.0)[:, :1, None, None], (1, 8, 8, 1))

    def sample(self, num=16, *, seed=0):
        return self.generate(zoo.latents.sample(num, 4, prior="uniform", seed=seed))


@pytest.mark.parametrize(("tool", "name"), [("interpolation", "a.png"), ("walk", "a.gif"), ("arithmetic", "a.png")])
def test_an_export_is_drawn(tool, name, tmp_path, monkeypatch):
    monkeypatch.setattr(zoo.export, "open", lambda path: Export())
    latent.main([tool, "--export", "somewhere", "--out", str(tmp_path / name)])
    with Image.open(tmp_path / name) as image:
        assert getattr(image, "n_frames", 1) == (60 if tool == "walk" else 1)


@pytest.mark.parametrize("tool", latent.INSIDE)
def test_tools_that_look_inside_refuse_exports(tool, capsys):
    with pytest.raises(SystemExit):
        latent.main([tool, "--export", "somewhere", "--out", "a.png"])
    assert f"{tool} looks into the model: pass `--run` with a run folder" in capsys.readouterr().err
