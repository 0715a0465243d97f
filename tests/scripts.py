"""Recipes and benchmarks as modules: they are scripts, in no package."""

import importlib.util
import pathlib
import sys

ROOT = pathlib.Path(__file__).parents[1]


def load(path):
    """The module of a script, by its path from the project's root."""
    path = ROOT / path
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # Where `inspect` looks for the comments that describe the settings.
    spec.loader.exec_module(module)
    return module
