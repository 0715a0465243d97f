"""Public names are documented, and the examples in their docstrings run and print what they promise."""

import doctest
import importlib
import inspect
import pkgutil

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgan_zoo
from tests.contracts import table

NAMES = {"tfgan_zoo": tfgan_zoo, "tf": tf, "keras": keras, "np": np}
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
# Not importable for a reader of the package: run in a process of its own that does not know tfgan_zoo.
APART = "tfgan_zoo.export.plain"


def within(name, packages):
    return any(name == package or name.startswith(f"{package}.") for package in packages)


MODULES = [
    info.name
    for info in pkgutil.walk_packages(tfgan_zoo.__path__, "tfgan_zoo.")
    if not within(info.name, (APART,)) and not info.name.rpartition(".")[2].startswith("_")
]


def public(module):
    """Name -> function or class that a module itself defines and shows."""
    found = {}
    for name in getattr(module, "__all__", [name for name in vars(module) if not name.startswith("_")]):
        item = getattr(module, name)
        if (inspect.isfunction(item) or inspect.isclass(item)) and item.__module__ == module.__name__:
            found[name] = item
    return found


@pytest.mark.parametrize("name", MODULES)
def test_public_names_have_docstrings(name):
    module = importlib.import_module(name)
    assert module.__doc__ and module.__doc__.splitlines()[0].endswith((".", "?"))
    assert [name for name, item in public(module).items() if not item.__doc__] == []


def examples(name):
    module = importlib.import_module(name)
    finder = doctest.DocTestFinder()
    found = [test for key, item in public(module).items() for test in finder.find(item, key, module, globs=dict(NAMES))]
    thorough = {row.covers.__module__ for row in table.ROWS if row.thorough}
    marks = pytest.mark.thorough if name in thorough else ()
    return [pytest.param(test, id=f"{name}.{test.name}", marks=marks) for test in found if test.examples]


@pytest.mark.parametrize("example", [example for name in MODULES for example in examples(name)])
def test_example(example, tmp_path, monkeypatch):
    if all(doctest.SKIP in part.options for part in example.examples):
        pytest.skip("the docstring marks its example as one that is not run")
    monkeypatch.chdir(tmp_path)
    report = []
    results = doctest.DocTestRunner(optionflags=OPTIONS).run(example, out=report.append)
    assert results.attempted > 0
    assert results.failed == 0, "".join(report)


def test_a_wrong_example_fails():
    example = doctest.DocTestParser().get_doctest(">>> tf.constant(1).shape\nTensorShape([2])\n", NAMES, "x", None, 0)
    assert doctest.DocTestRunner(optionflags=OPTIONS).run(example, out=lambda _: None).failed == 1
