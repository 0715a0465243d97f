"""The comparison of face models: each in the same time, scored beside real images, none trained twice."""

import json
import time

import keras
import numpy as np
import pytest

import tfgan_zoo as zoo
from tests import scripts

SMALL = ["--data", "sample_photos", "--image_size", "16", "--num_judged", "32", "--minutes", "0"]
SMALL += ["--features", "digits", "--features_epochs", "1"]


@pytest.fixture
def benchmark(monkeypatch):
    module = scripts.load("benchmarks/face_models.py")
    # It would walk through all that other tests have built in this process.
    monkeypatch.setattr(module.keras.backend, "clear_session", lambda: None)
    return module


class Constant:
    """Model whose samples all have one colour."""

    def __init__(self, value):
        self.value = value

    def sample(self, num, seed):
        return np.full((num, 16, 16, 3), self.value, np.float32)


def test_models_are_scored_beside_the_floor_and_trained_once(benchmark, tmp_path, monkeypatch):
    asked = []

    def stand_in(name, settings):
        asked.append(name)
        return Constant(0.0 if name == "GAN" else 1.0), {"steps": 7}

    monkeypatch.setattr(benchmark, "trained", stand_in)
    command = [*SMALL, "--output", str(tmp_path)]
    benchmark.main([*command, "--models", "GAN"])
    benchmark.main([*command, "--models", "DCGAN,GAN"])
    table = json.loads((tmp_path / "scores.json").read_text())
    assert asked == ["GAN", "DCGAN"] and list(table["models"]) == asked
    assert table["features"]["data"] == "digits"
    assert table["floor"]["fid"] < table["models"]["GAN"]["fid"]
    assert table["models"]["GAN"]["steps"] == 7
    assert (tmp_path / "strip.png").stat().st_size > 0
    with pytest.raises(ValueError, match="was begun with .* Pass another `--output`"):
        benchmark.main([*command, "--seed", "1"])


def test_training_ends_with_its_time(benchmark):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", steps_per_execution=1)
    begun = time.perf_counter()
    one = np.ones((4, 1), np.float32)
    history = model.fit(one, one, batch_size=1, epochs=10**6, verbose=0, callbacks=[benchmark.Deadline(0.5)])
    assert 0.5 <= time.perf_counter() - begun < 60.0 and 1 <= len(history.epoch) < 10**6


def test_samples_of_a_model_that_still_grows_are_enlarged(benchmark):
    images = benchmark.drawn(Constant(0.5), 3, 32)
    assert images.shape == (3, 32, 32, 3) and (images == 0.5).all()


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["GAN", "DCGAN", "ProGAN", "StyleGAN", "StyleGAN2"])
def test_every_model_is_built_as_its_recipe_does(benchmark, name, tmp_path):
    settings = benchmark.argparse.Namespace(
        data="sample_photos", image_size=32, seed=0, minutes=0.0, phase_steps=1, output=str(tmp_path)
    )
    gan, about = benchmark.trained(name, settings)
    assert type(gan) is getattr(zoo.models, name) and about["steps"] == 1
    assert benchmark.drawn(gan, 2, 32).shape == (2, 32, 32, 3)
