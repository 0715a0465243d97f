"""Imports run one way: what each room may import, read from the source of every file."""

import ast
import graphlib
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent
PACKAGE = "tfgan_zoo"

# Room -> the rooms that it may import. In short: layers -> networks; layers, losses, penalties, augment, latents ->
# models; all of these and data, metrics, callbacks, export, training -> recipes.
ALLOWED = {
    "replicas": set(),
    "latents": set(),
    "pictures": set(),
    "losses": {"replicas"},
    "penalties": {"replicas"},
    "augment": {"replicas"},
    "layers": {"replicas"},
    "networks": {"layers"},
    "models": {"augment", "latents", "layers", "losses", "penalties", "replicas"},
    "data": set(),
    "metrics": set(),
    "editing": {"latents"},
    "sheets": {"latents", "pictures"},
    "theory": {"latents", "losses"},
    "callbacks": {"latents", "metrics", "pictures", "replicas", "sheets"},
    "export": {"latents", "pictures"},
    "training": {"callbacks", "replicas"},
}
# Commands stand above the rooms, as recipes do: they may import every room, and no file may import them.
COMMANDS = {
    "tfgan_zoo.evaluate",
    "tfgan_zoo.latent",
    "tfgan_zoo.metrics.train_digits_classifier",
    "tfgan_zoo.translate",
    "recipes",
    "benchmarks",
}
# Costly to import: only inside of functions, and TensorFlow Datasets only in the data room.
HEAVY = ["PIL", "matplotlib", "sklearn", "tensorflow_datasets"]
ONLY_IN = {"tensorflow_datasets": "data"}


def module_name(path, root):
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path, root):
    """Dotted names that a file imports, relative ones resolved."""
    package = path.relative_to(root).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def is_command(name):
    return any(name == command or name.startswith(f"{command}.") for command in COMMANDS)


def broken_rules(module, target, rooms):
    """Sentences on what is wrong with one import, usually none."""
    room = module.split(".")[1]
    top, *rest = target.split(".")
    if is_command(target):
        yield f"{module} imports {target}: nothing may import a command"
        return
    if top in ONLY_IN and room != ONLY_IN[top]:
        yield f"{module} imports {top}: only {ONLY_IN[top]} may"
    if top == PACKAGE and rest and rest[0] in rooms - {room} - ALLOWED.get(room, set()) and not is_command(module):
        yield f"{module} imports {target}: {room} may not import {rest[0]}"


def violations(root):
    """What breaks the rules in a source tree, as sentences."""
    rooms = {
        path.stem for path in (root / PACKAGE).iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    found = []
    for path in sorted((root / PACKAGE).rglob("*.py")):
        module = module_name(path, root)
        if module != PACKAGE:  # The package itself imports the rooms, to show them.
            for target in imported(path, root):
                found.extend(broken_rules(module, target, rooms))
    return found


def test_imports_run_one_way():
    assert violations(ROOT) == []


def test_every_room_stands_in_the_table():
    rooms = {module_name(path, ROOT) for path in (ROOT / PACKAGE).glob("*.py")}
    rooms |= {module_name(path, ROOT) for path in (ROOT / PACKAGE).glob("*/__init__.py")}
    rooms = {room.removeprefix(f"{PACKAGE}.") for room in rooms - COMMANDS - {PACKAGE}}
    assert rooms <= set(ALLOWED)


def test_the_table_has_no_circle():
    order = list(graphlib.TopologicalSorter(ALLOWED).static_order())
    assert order.index("layers") < order.index("networks")
    assert order.index("losses") < order.index("models")


@pytest.fixture
def tree(tmp_path):
    """A small package that keeps the rules."""
    for name, source in {
        "__init__": "from tfgan_zoo import data, losses, models",
        "replicas": "import tensorflow as tf",
        "losses": "from tfgan_zoo import replicas",
        "networks/__init__": "",
        "networks/dcgan": "from tfgan_zoo.layers import Maxout",
        "layers/__init__": "",
        "models/__init__": "from .gan import GAN",
        "models/gan": "from tfgan_zoo import losses\nfrom tfgan_zoo.models import base",
        "data/__init__": "def load():\n    import tensorflow_datasets as tfds",
        "evaluate": "from tfgan_zoo import data, models",
    }.items():
        path = tmp_path / PACKAGE / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    assert violations(tmp_path) == []
    return tmp_path


@pytest.mark.parametrize(
    ("file", "source", "sentence"),
    [
        ("models/gan", "from tfgan_zoo.networks import dcgan", "models may not import networks"),
        ("models/gan", "from tfgan_zoo import data", "models may not import data"),
        ("models/gan", "import tfgan_zoo.networks.dcgan", "models may not import networks"),
        ("models/gan", "from ..networks import dcgan", "models may not import networks"),
        ("models/gan", "from .. import networks", "models may not import networks"),
        ("models/gan", "def late():\n    from tfgan_zoo import networks", "models may not import networks"),
        ("losses", "from tfgan_zoo import models", "losses may not import models"),
        ("layers/maxout", "from tfgan_zoo import networks", "layers may not import networks"),
        ("losses", "import tensorflow_datasets as tfds", "only data may"),
        ("losses", "def late():\n    from tensorflow_datasets import load", "only data may"),
        ("losses", "import recipes.dcgan_digits", "nothing may import a command"),
        ("data/source", "from tfgan_zoo import evaluate", "nothing may import a command"),
    ],
)
def test_a_wrong_import_is_found(tree, file, source, sentence):
    (tree / PACKAGE / f"{file}.py").write_text(source)
    found = violations(tree)
    assert len(found) == 1 and found[0].endswith(sentence)


def import_without_heavy_packages(statement):
    # Keras imports some of them itself where it finds them, so what is loaded tells nothing: make them unimportable.
    code = f"import sys; sys.modules.update(dict.fromkeys({HEAVY!r})); {statement}"
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)


def test_importing_the_package_is_light():
    run = import_without_heavy_packages("import tfgan_zoo")
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("package", HEAVY)
def test_a_heavy_import_would_be_seen(package):
    run = import_without_heavy_packages(f"import {package}")
    assert run.returncode == 1 and f"import of {package} halted" in run.stderr
