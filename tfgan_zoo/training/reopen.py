"""The model of a run folder, as its last checkpoint left it."""

import dataclasses
import importlib.util
import json
import pathlib
import sys

import tensorflow as tf

from tfgan_zoo.training.checkpoints import Checkpoints
from tfgan_zoo.training.run import precision
from tfgan_zoo.training.state import State

__all__ = ["reopen"]


def reopen(folder, recipe=None):
    """Builds a run's model again and gives it the state of the last checkpoint.

    Args:
        folder: path of the run folder, see `Run`.
        recipe: path of the recipe's file; None for `recipes/<name>.py` below the working directory.

    Returns:
        The compiled model.

    Raises:
        ValueError: if there is no such run, recipe or checkpoint.

    Example:

    >>> gan = tfgan_zoo.training.reopen("runs/stylegan2_mnist")  # doctest: +SKIP
    """
    folder = pathlib.Path(folder)
    if not (folder / "config.json").exists():
        raise ValueError(f"`folder` must be a run folder, with a `config.json`. Received: `folder={str(folder)!r}`.")
    fields = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    module = _load(pathlib.Path(recipe or pathlib.Path("recipes") / f"{fields['recipe']}.py"))
    names = {field.name for field in dataclasses.fields(module.Config)}
    values = {name: tuple(v) if isinstance(v, list) else v for name, v in fields.items() if name in names}
    found = Checkpoints(folder / "checkpoints").load()
    if found is None:
        raise ValueError(f"`folder` must hold a checkpoint. Received: {str(folder)!r}, whose training has not begun.")
    config = module.Config(**values)
    with precision(config.precision):
        gan = module.build_model(config)
    state = State(gan.state, tf.distribute.get_strategy())
    state.restore(state.fitted(found[1]))
    return gan


def _load(path):
    if not path.exists():
        raise ValueError(f"`recipe` must be the file of the run's recipe. Received: `recipe={str(path)!r}`, not found.")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # Where `dataclasses` and `inspect` look for it.
    spec.loader.exec_module(module)
    return module
