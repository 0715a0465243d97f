"""The command line: every field a flag, mistakes named."""

import dataclasses
import json
import typing

import pytest

import tfgan_zoo as zoo


@dataclasses.dataclass(frozen=True)
class Config(zoo.training.Config):
    """A recipe's settings."""

    run_dir: str = "runs/here"  # folder of this recipe
    learning_rate: float = 2e-4  # of both players, 100% Adam
    ema_decay: float | None = 0.999  # of the generator's weights; none for no average
    crops: tuple[int, ...] = (8, 16)  # pixels
    prior: typing.Literal["normal", "uniform"] = "normal"  # of z
    flip: bool = True  # mirror half of the images


def parse(*argv):
    return zoo.training.parse(Config, list(argv))


def failure(capsys, *argv):
    with pytest.raises(SystemExit) as error:
        parse(*argv)
    assert error.value.code == 2
    return capsys.readouterr().err


def test_defaults_are_those_of_the_class():
    assert parse() == Config()
    assert Config().run_dir == "runs/here"


def test_every_field_is_a_flag_of_its_type():
    config = parse(
        "--steps", "7", "--learning_rate", "0.5", "--data", "faces", "--crops", "4", "5", "6", "--prior", "uniform",
        "--ema_decay", "none", "--no-flip", "--dry_run", "--precision", "mixed_bfloat16",
    )  # fmt: skip
    assert (config.steps, config.learning_rate, config.data) == (7, 0.5, "faces")
    assert (config.crops, config.prior, config.ema_decay) == ((4, 5, 6), "uniform", None)
    assert (config.flip, config.dry_run, config.precision) == (False, True, "mixed_bfloat16")
    assert parse("--ema_decay", "0.5").ema_decay == 0.5


def test_config_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        parse().steps = 3


@pytest.mark.parametrize(
    ("flag", "nearest"),
    [
        ("--learning_rat", "--learning_rate"),
        ("--batch-size", "--batch_size"),
        ("--crop=3", "--crops"),
        ("--step", "--steps"),
    ],
)
def test_unknown_flag_names_the_nearest(capsys, flag, nearest):
    message = failure(capsys, flag)
    assert f"unknown flag {flag.split('=')[0]}; the nearest one is {nearest}." in message


def test_flags_are_not_abbreviated(capsys):
    assert "unknown flag --learning; the nearest one is --learning_rate" in failure(capsys, "--learning", "1")


def test_stray_word_is_an_error(capsys):
    assert "faces" in failure(capsys, "faces")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--steps", "many"], "invalid int value: 'many'"),
        (["--ema_decay", "much"], "invalid float value: 'much'"),
        (["--prior", "cauchy"], "invalid choice: 'cauchy'"),
        (["--strategy", "tpu"], "invalid choice: 'tpu'"),
        (["--steps", "0"], "`steps` must be at least 1. Received: `steps=0`."),
        (["--batch_size", "-1"], "`batch_size` must be at least 1. Received: `batch_size=-1`."),
        (["--seed", "-1"], "`seed` must be at least 0 and below 2**32. Received: `seed=-1`."),
        (["--seed", "4294967296"], "Received: `seed=4294967296`."),
        (["--checkpoint_seconds", "nan"], "`checkpoint_seconds` must be at least 0"),
        (["--steps_per_execution", "3"], "`steps` must be a multiple of `steps_per_execution`"),
        (["--steps", "300", "--steps_per_execution", "30"], "`report_every` must be a multiple of"),
    ],
)
def test_bad_values_are_errors_of_the_command_line(capsys, argv, message):
    assert message in failure(capsys, *argv)


def test_wrong_choice_in_python_is_refused():
    with pytest.raises(ValueError, match="`precision` must be one of 'float32', .* Received: `precision='float8'`"):
        Config(precision="float8")


def test_resolved_config_is_printed(capsys):
    parse("--steps", "7")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Config:"
    assert dict(line.split(" = ") for line in lines[1:] if line.startswith("  steps "))
    assert [line.split()[0] for line in lines[1:]] == [field.name for field in dataclasses.fields(Config)]
    assert any(line.split() == ["steps", "=", "7"] for line in lines)


def test_help_is_the_comments(capsys):
    with pytest.raises(SystemExit) as error:
        zoo.training.parse(Config, ["--help"], description="Trains a thing.")
    assert error.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "Trains a thing." in text
    for comment in (
        "folder of this recipe (default: runs/here)",
        "of both players, 100% Adam (default: 0.0002)",
        "pixels (default: (8, 16))",
        "samples in the global batch, which all devices share (default: 64)",
    ):
        assert comment in text


def test_every_common_field_has_a_comment():
    from tfgan_zoo.training.config import _comments

    assert set(_comments(zoo.training.Config)) == {field.name for field in dataclasses.fields(zoo.training.Config)}


def test_json_holds_the_recipe_and_all_fields():
    config = Config(crops=(1, 2))
    stored = config.as_json()
    assert json.loads(json.dumps(stored)) == stored
    assert stored["recipe"] == "test_config"
    assert stored["crops"] == [1, 2]
    assert set(stored) == {"recipe"} | {field.name for field in dataclasses.fields(Config)}


def test_compile_options():
    config = Config(gradient_accumulation_steps=2, steps_per_execution=5, jit_compile=True)
    assert config.compile_options() == {"gradient_accumulation_steps": 2, "steps_per_execution": 5, "jit_compile": True}
