"""Exported files against the trained model, compared in a process that holds none of the zoo's code."""

import json
import math
import os
import pathlib
import subprocess
import sys

import numpy as np

SCRIPT = pathlib.Path(__file__).parent / "plain" / "verify.py"

# Artefact: (figure, bound). Differences are those of images in [-1, 1], or of probabilities, whose mean is that of the
# total variation distance; `png` counts levels of 0 to 255, of which a right rounding takes up one half.
BOUNDS = {
    "serving_default": ("max", 1e-5),
    "sample": ("max", 1e-5),
    "png": ("max", 0.5 + 127.5e-5),
    "float32": ("max", 1e-4),
    "float16": ("max", 1e-2),
    "int8": ("mean", 0.02),
}


class ExportError(RuntimeError):
    """An artefact could not be made, or does not do what the trained model does."""


def compare(saved_model, tflite, expected, *, work, levels, batch_size=16):
    """Runs the plain runtimes on the artefacts and returns their differences from the trained model.

    Args:
        saved_model: folder of the SavedModel, or None to compare the TFLite files alone.
        tflite: dict from kind to `.tflite` path.
        expected: dict from signature to {input or "images": array}.
        work: folder for the files that go to and from the process.
        levels: `.npy` path for what the `png` signature gave, decoded, if that is among the signatures.
        batch_size: rows at once.

    Returns:
        dict of figures, see `plain/verify.py`.

    Raises:
        ExportError: if the process fails, with the end of what it said.
    """
    arrays = {f"{key}/{name}": v for key, values in expected.items() for name, v in values.items()}
    np.savez(work / "expected.npz", **arrays)
    spec = {
        "saved_model": None if saved_model is None else str(saved_model),
        "tflite": {kind: str(path) for kind, path in tflite.items()},
        "expected": str(work / "expected.npz"),
        "levels": str(levels),
        "batch_size": batch_size,
    }
    (work / "spec.json").write_text(json.dumps(spec), encoding="utf-8")
    # On the CPU, because this process may hold all memory of the accelerators.
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "2"}
    environment.pop("PYTHONSAFEPATH", None)  # The script imports its neighbours.
    command = [sys.executable, str(SCRIPT), str(work / "spec.json"), str(work / "report.json")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise ExportError(f"The exported files could not be run in a plain process: {_tail(done.stderr)}")
    return json.loads((work / "report.json").read_text(encoding="utf-8"))


def judge(report, scale):
    """Holds every figure against its bound and returns the parity figures for the card.

    Args:
        report: what `compare` returned. A TFLite file's figures may tell the `way` it was made in and, in `instead_of`,
            the ways before with their figures, which the message then tells.
        scale: float >= 1, largest magnitude of the trained model's output. Images have 1; samples with wider values
            are compared relative to it.

    Returns:
        dict with the figures, each with its bound.

    Raises:
        ExportError: for the first artefact beyond its bound; the message names it, its figure and the bound.
    """
    parity = {"saved_model": _judge_all("SavedModel signature", report["saved_model"], scale)}
    c_api = report["c_api"]
    unavailable = "unavailable" in c_api
    parity["c_api"] = c_api if unavailable else _judge_all("C API run of signature", c_api, scale)
    for kind, figures in report["tflite"].items():
        custom = [name for name in figures["operators"] if name.startswith("CUSTOM")]
        if custom:
            raise ExportError(f"The {kind} TFLite file needs operators that are not built in: {', '.join(custom)}.")
    parity["tflite"] = _judge_all("TFLite file", report["tflite"], scale)
    return parity


def holds(name, figures, scale):
    """Whether the figures of one artefact are within its bound, and finite.

    Args:
        name: key of `BOUNDS`.
        figures: dict with "max" and "mean".
        scale: as for `judge`.
    """
    return figures[BOUNDS[name][0]] <= _bound(name, scale) and math.isfinite(figures["max"])


def _bound(name, scale):
    return BOUNDS[name][1] * (1.0 if name == "png" else scale)


def _judge_all(what, figures, scale):
    return {name: _judge(f"{what} `{name}`", name, one, scale) for name, one in figures.items()}


def _judge(what, name, figures, scale):
    figure, bound = BOUNDS[name][0], _bound(name, scale)
    if not holds(name, figures, scale):
        # A training can lie behind the model: say how to get the other files without another one.
        way_out = (
            f" Leave {name!r} out of `tflite` to export the others; `tfgan_zoo.training.reopen(run_dir, recipe)` gives "
            "the model of a recipe's run."
        )
        raise ExportError(
            f"{what} differs from the trained model: {figure} absolute difference {figures[figure]:.3g}, allowed "
            f"{bound:.3g} (max {figures['max']:.3g}, mean {figures['mean']:.3g}).{_tried(figure, figures)} "
            f"Nothing was exported.{way_out if what.startswith('TFLite') else ''}"
        )
    return {**figures, "bound": {figure: bound}}


def _tried(figure, figures):
    """A sentence on all ways that a file was made in, if there were several."""
    if "instead_of" not in figures:
        return ""
    tried = {**figures["instead_of"], figures["way"]: figures[figure]}
    listed = (f"{way} {'not finite' if value is None else format(value, '.3g')}" for way, value in tried.items())
    return f" Tried in turn: {', '.join(listed)}."


def _tail(text, lines=12):
    kept = [line for line in text.strip().splitlines() if not line.startswith(("I0000", "W0000"))]
    return "\n".join(kept[-lines:])
