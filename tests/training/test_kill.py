"""kill -9 at any moment, the same command again: nothing is lost, to the last bit."""

import concurrent.futures
import random
import signal
import subprocess
import sys
import time

import pytest

from tests.training import launcher, tiny_recipe

STEPS = 24
MODELS = ("gan", "dcgan")


def final(folder):
    """What a finished run leaves, byte for byte."""
    names = [f"checkpoints/step_{STEPS:08d}.npz", f"checkpoints/step_{STEPS:08d}.npz.sha256", "metrics.csv"]
    return {name: (folder / name).read_bytes() for name in names}


def arguments(folder, model):
    # Saving after every step makes every moment one that something can go wrong in.
    return ["--run_dir", folder, "--model", model, "--steps", STEPS, "--checkpoint_seconds", 0]


def faults(seed):
    """Five kills; the numbers count from the step that the process resumes at."""
    draw = random.Random(seed)
    return [
        ("in_step", draw.randint(1, 3)),
        ("in_checkpoint", draw.randint(1, 3)),
        ("before_checksum", draw.randint(1, 3)),
        ("after_row", draw.randint(0, 1)),
        ("after_step", 19),
    ]


def chain(folder, model):
    """An undisturbed run, and one that is killed five times."""
    folder.mkdir()
    whole = launcher.Process(folder / "whole.log", arguments(folder / "whole", model))
    assert whole.end() == 0, whole.output
    for number, fault in enumerate(faults(model)):
        process = launcher.Process(folder / f"killed_{number}.log", arguments(folder / "killed", model), fault)
        assert process.end() == -signal.SIGKILL, process.output
        assert number == 0 or "Resuming" in process.output
    process = launcher.Process(folder / "resumed.log", arguments(folder / "killed", model))
    assert process.end() == 0, process.output
    return folder


@pytest.fixture(scope="module")
def chains(tmp_path_factory):
    """Folder of the runs of each model; the two are run side by side."""
    folder = tmp_path_factory.mktemp("kill")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        futures = {model: pool.submit(chain, folder / model, model) for model in MODELS}
        return {model: future.result() for model, future in futures.items()}


@pytest.mark.thorough
@pytest.mark.parametrize("model", MODELS)
def test_killed_run_ends_with_the_bytes_of_the_undisturbed_one(chains, model):
    assert final(chains[model] / "killed") == final(chains[model] / "whole")


@pytest.mark.thorough
@pytest.mark.parametrize("model", MODELS)
def test_killed_run_leaves_no_litter(chains, model):
    names = sorted(path.name for path in (chains[model] / "killed" / "checkpoints").iterdir())
    kept = [f"step_{step:08d}.npz" for step in (STEPS - 2, STEPS - 1, STEPS)]
    assert names == sorted([*kept, *(f"{name}.sha256" for name in kept)])


@pytest.mark.thorough
def test_two_different_runs_differ(chains):
    """The comparison above can fail."""
    assert final(chains["gan"] / "whole") != final(chains["dcgan"] / "whole")


def begun(command, log):
    """The process of a command, waited for until its training has begun."""
    with open(log, "w", encoding="utf-8") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
    while process.poll() is None and "Epoch" not in log.read_text(errors="replace"):
        time.sleep(0.05)
    return process


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_soak_of_kills_at_random_times(tmp_path, model):
    """Twelve kills of the real command for each model, at moments drawn by the clock."""
    draw = random.Random(model)
    command = [sys.executable, tiny_recipe.__file__, "--report_every", "10", "--checkpoint_seconds", "0.2"]
    command += ["--model", model, "--steps", "600", "--run_dir"]
    process = begun([*command, tmp_path / "whole"], tmp_path / "log")
    start = time.monotonic()
    assert process.wait() == 0
    seconds = time.monotonic() - start
    for kill in range(12):
        process = begun([*command, tmp_path / "killed"], tmp_path / "log")
        time.sleep(draw.uniform(0.0, seconds / 8) if kill % 4 else 0.0)
        process.kill()
        assert process.wait() == -signal.SIGKILL, "the run ended before the last kill"
    subprocess.run([*command, tmp_path / "killed"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    name = "checkpoints/step_00000600.npz"
    assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert (tmp_path / "killed/metrics.csv").read_text() == (tmp_path / "whole/metrics.csv").read_text()
