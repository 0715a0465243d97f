"""Settings of a recipe: a frozen dataclass whose every field is a flag, and whose comments are the help."""

import argparse
import dataclasses
import difflib
import inspect
import io
import json
import pathlib
import tokenize
import types
import typing


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings that all recipes share; a recipe derives its own `Config` and overrides the defaults it needs.

    The comment behind a field says its unit and is what `--help` shows. Fields named in `may_change` do not change
    the numbers of a step beyond rounding, so that a run may be resumed with other values of them. A recipe adds its
    own, and takes `"steps"` out if a learning rate depends on it:
    `may_change = zoo.training.Config.may_change - {"steps"}`.

    Example:

    ```python
    @dataclasses.dataclass(frozen=True)
    class Config(zoo.training.Config):
        run_dir: str = "runs/dcgan_digits"  # folder of checkpoints, sample grids and metrics
        image_size: int = 32  # pixels
    ```
    """

    data: str = "digits"  # name, folder, .npy or .npz file, see tfgan_zoo.data.images
    steps: int = 1000  # generator updates
    batch_size: int = 64  # samples in the global batch, which all devices share
    seed: int = 0  # from which all randomness derives
    run_dir: str = "runs/run"  # folder of checkpoints, sample grids and metrics
    export_dir: str = "exported/run"  # folder of what is exported
    strategy: typing.Literal["auto", "mirrored", "multi_worker", "none"] = "auto"  # how devices share the work
    precision: typing.Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"  # of the networks' insides
    gradient_accumulation_steps: int = 1  # parts of a batch, computed one after the other
    steps_per_execution: int = 1  # steps of one call into TensorFlow
    jit_compile: bool = False  # compile the step with XLA, for GPUs; it draws other random numbers
    deterministic: bool = True  # the same bits at every run on the same machine
    report_every: int = 100  # steps between two rows of metrics
    checkpoint_seconds: float = 300.0  # seconds between two checkpoints
    dry_run: bool = False  # build everything, train one step, keep nothing

    may_change: typing.ClassVar[frozenset[str]] = frozenset(
        {
            "steps",
            "run_dir",
            "export_dir",
            "strategy",
            "steps_per_execution",
            "checkpoint_seconds",
            "dry_run",
            "num_judged",
        }
    )

    def __post_init__(self):
        for name in ("steps", "batch_size", "gradient_accumulation_steps", "steps_per_execution", "report_every"):
            value = getattr(self, name)
            if value < 1:
                raise ValueError(f"`{name}` must be at least 1. Received: `{name}={value}`.")
        # Of the recipes that judge their samples.
        if getattr(self, "num_judged", 2) < 2:
            raise ValueError(f"`num_judged` must be at least 2. Received: `num_judged={self.num_judged}`.")
        if not 0 <= self.seed < 2**32:
            raise ValueError(f"`seed` must be at least 0 and below 2**32. Received: `seed={self.seed}`.")
        if not self.checkpoint_seconds >= 0.0:
            raise ValueError(
                "`checkpoint_seconds` must be at least 0 (0 saves after every step). Received: "
                f"`checkpoint_seconds={self.checkpoint_seconds}`."
            )
        for field in dataclasses.fields(self):
            _check_choice(field.name, _hints(type(self))[field.name], getattr(self, field.name))
        for name in ("steps", "report_every"):
            if getattr(self, name) % self.steps_per_execution:
                raise ValueError(
                    f"`{name}` must be a multiple of `steps_per_execution`, because that many steps run at once. "
                    f"Received: `{name}={getattr(self, name)}`, `steps_per_execution={self.steps_per_execution}`."
                )

    @property
    def recipe(self):
        """Name of the recipe: of the file that defines the class."""
        return pathlib.Path(inspect.getfile(type(self))).stem

    def compile_options(self):
        """The keyword arguments of a model's `compile` that are settings of all recipes."""
        return {
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
            "steps_per_execution": self.steps_per_execution,
            "jit_compile": self.jit_compile,
        }

    def as_json(self):
        """All fields and the recipe's name as a dict of what JSON can hold."""
        return json.loads(json.dumps({"recipe": self.recipe, **dataclasses.asdict(self)}))


def parse(config_class, argv=None, *, description=None):
    """Reads a configuration from the command line and prints it.

    A field `steps: int` is the flag `--steps 100`, a `bool` field `dry_run` is `--dry_run` or `--no-dry_run`, a
    tuple takes several values, `none` stands for None.

    Args:
        config_class: a frozen dataclass, usually derived from `Config`.
        argv: list of str; None for the arguments of the process.
        description: str that `--help` begins with, usually the recipe's `__doc__`.

    Returns:
        An instance of `config_class`.

    Raises:
        SystemExit: with code 2 and a message on standard error if a flag is unknown (the nearest known one is
            named), a value has the wrong type or is out of range.

    Example:

    >>> tfgan_zoo.training.parse(tfgan_zoo.training.Config, ["--steps", "5"]).steps  # doctest: +ELLIPSIS
    Config:...
    5
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    comments, hints = _comments(config_class), _hints(config_class)
    for field in dataclasses.fields(config_class):
        parser.add_argument(f"--{field.name}", **_flag(field, hints[field.name], comments.get(field.name, "")))
    values, unknown = parser.parse_known_args(argv)
    if unknown:
        parser.error(_unknown(unknown[0], [f"--{field.name}" for field in dataclasses.fields(config_class)]))
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in vars(values).items()}
    try:
        config = config_class(**values)
    except ValueError as error:
        parser.error(str(error))
    print(describe(config), flush=True)
    return config


def describe(config):
    """The resolved configuration, one field a line."""
    fields = dataclasses.asdict(config)
    width = max(map(len, fields))
    return "\n".join(["Config:", *(f"  {name:{width}} = {value!r}" for name, value in fields.items())])


def _flag(field, hint, comment):
    """Keyword arguments of `add_argument` for a field."""
    default = field.default
    options = {"default": default, "help": f"{comment} (default: {default})".strip().replace("%", "%%")}
    inner, optional = _without_none(hint)
    if inner is bool:
        return {**options, "action": argparse.BooleanOptionalAction}
    if typing.get_origin(inner) is typing.Literal:
        return {**options, "choices": typing.get_args(inner)}
    if typing.get_origin(inner) is tuple:
        return {**options, "nargs": "+", "type": typing.get_args(inner)[0]}
    return {**options, "type": _or_none(inner) if optional else inner}


def _or_none(kind):
    def read(text):
        return None if text.lower() == "none" else kind(text)

    read.__name__ = kind.__name__
    return read


def _without_none(hint):
    """The type without None, and whether None is allowed."""
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return hint, False
    inner = [kind for kind in typing.get_args(hint) if kind is not types.NoneType]
    return inner[0], True


def _hints(config_class):
    return typing.get_type_hints(config_class)


def _check_choice(name, hint, value):
    if typing.get_origin(hint) is typing.Literal and value not in typing.get_args(hint):
        choices = ", ".join(map(repr, typing.get_args(hint)))
        raise ValueError(f"`{name}` must be one of {choices}. Received: `{name}={value!r}`.")


def _unknown(text, flags):
    flag = text.split("=")[0]
    nearest = difflib.get_close_matches(flag.replace("-", "_"), [flag.replace("-", "_") for flag in flags], 1, 0.0)
    return f"unknown flag {flag}; the nearest one is --{nearest[0].lstrip('_')}. --help lists all."


def _comments(config_class):
    """Dict from field name to the comment behind it, base classes first."""
    comments = {}
    for base in reversed(config_class.__mro__):
        if dataclasses.is_dataclass(base):
            comments.update(_comments_in(base))
    return comments


def _comments_in(config_class):
    try:
        source = inspect.getsource(config_class)
    except (OSError, TypeError):  # Typed into an interpreter: there is no file to read.
        return {}
    comments, name = {}, None
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME and not token.line[: token.start[1]].strip():
            name = token.string
        elif token.type == tokenize.COMMENT and token.line[: token.start[1]].strip():
            comments.setdefault(name, token.string.lstrip("# "))
    return comments
