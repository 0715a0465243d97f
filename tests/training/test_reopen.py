"""A run folder opened again: the model with the last checkpoint's state."""

import json
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgan_zoo as zoo
from tests.training import tiny_recipe
from tfgan_zoo.training.state import State

RECIPE = pathlib.Path(tiny_recipe.__file__)


@pytest.fixture
def folder(tmp_path):
    """A run folder with two checkpoints, and what the second model gives."""
    config = tiny_recipe.Config(model="gan", seed=3)
    (tmp_path / "config.json").write_text(json.dumps(config.as_json()))
    checkpoints = zoo.training.Checkpoints(tmp_path / "checkpoints")
    for step in (4, 8):
        keras.utils.set_random_seed(step)
        gan = tiny_recipe.build_model(config)
        gan.step_counter.assign(step)
        checkpoints.save(step, State(gan.state, tf.distribute.get_strategy()).snapshot())
    return tmp_path, gan


def test_model_comes_back_from_the_last_checkpoint(folder):
    path, gan = folder
    reopened = zoo.training.reopen(path, RECIPE)
    assert int(reopened.step_counter.numpy()) == 8 and reopened.seed == 3
    np.testing.assert_array_equal(reopened.sample(3), gan.sample(3))


def test_recipes_are_looked_for_below_the_working_directory(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"`recipe='recipes/tiny_recipe.py'`, not found"):
        zoo.training.reopen(folder[0])
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes/tiny_recipe.py").write_text(RECIPE.read_text())
    assert zoo.training.reopen(folder[0]).seed == 3


def test_other_folders_are_refused(tmp_path):
    with pytest.raises(ValueError, match="`folder` must be a run folder, with a `config.json`"):
        zoo.training.reopen(tmp_path)


def test_a_run_that_has_not_begun_is_refused(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(tiny_recipe.Config(model="gan").as_json()))
    with pytest.raises(ValueError, match="`folder` must hold a checkpoint"):
        zoo.training.reopen(tmp_path, RECIPE)
