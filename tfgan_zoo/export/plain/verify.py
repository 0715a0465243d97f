"""Compares exported files with what the trained model made: `python verify.py SPEC REPORT`.

This script runs in a process of its own and imports TensorFlow, LiteRT, NumPy and Pillow only, none of the code
that built or trained the model. SPEC is a JSON file:

    {"saved_model": FOLDER or null, "tflite": {NAME: FILE}, "expected": NPZ, "levels": NPY, "batch_size": N}

and NPZ holds, for each signature to compare, its inputs as `<signature>/<input>` and what the trained model made of
them as `<signature>/images` or, of a classifier, as `<signature>/probabilities`. NPY receives the decoded pictures of
the `png` signature, if that is compared. REPORT receives JSON: the largest and the mean absolute difference of every
artefact; without a SavedModel, of the TFLite files alone. Bounds are the caller's.
"""

import io
import json
import pathlib
import sys

import c_api
import numpy as np
import runners
from PIL import Image

OUTPUTS = ("images", "probabilities")


def difference(got, expected, output="images"):
    """Largest and mean absolute difference; a shape that differs is an error.

    Of probabilities the mean is that of the total variation distance, half the sum over the classes: a mean over the
    classes too would be small for many classes, whatever the file says.
    """
    if got.shape != expected.shape:
        raise ValueError(f"outputs have shape {got.shape}, the trained model's {expected.shape}")
    error = np.abs(got.astype(np.float64) - expected.astype(np.float64))
    mean = error.sum(axis=-1).mean() / 2 if output == "probabilities" else error.mean()
    return {"max": float(error.max()), "mean": float(mean)}


def decode(files):
    """Levels of PNG files, uint8 (batch, height, width, channels)."""
    levels = np.stack([np.asarray(Image.open(io.BytesIO(file))) for file in files])
    return levels if levels.ndim == 4 else levels[..., None]


def level_difference(levels, expected):
    """How far levels lie from the unrounded ones, 127.5 x + 127.5: at most 1/2 when they are rounded right."""
    return difference(levels, np.clip(expected.astype(np.float64), -1.0, 1.0) * 127.5 + 127.5)


def in_batches(run, inputs, size):
    """Runs a function of named arrays in batches and joins the one output by rows."""
    rows = len(next(iter(inputs.values())))
    parts = [run({k: v[i : i + size] for k, v in inputs.items()}) for i in range(0, rows, size)]
    return np.concatenate(parts)


def compare_signatures(run, expected, size):
    """Figures of all signatures of one way to run the SavedModel, and the levels of the PNG files it gave."""
    figures, levels = {}, None
    for name, values in expected.items():
        output = "image_bytes" if name == "png" else output_of(values)
        got = in_batches(lambda rows, name=name, output=output: run(name, **rows)[output], inputs_of(values), size)
        if name == "png":
            levels = decode(got)
            figures[name] = level_difference(levels, values["images"])
        else:
            figures[name] = difference(got, values[output], output)
    return figures, levels


def compare_saved_model(spec, expected):
    """Figures of the SavedModel, run by TensorFlow and through its C API; writes the levels of the PNG files."""
    folder, size = spec["saved_model"], spec["batch_size"]
    figures, levels = compare_signatures(runners.SavedModel(folder).run, expected, size)
    if levels is not None:
        np.save(spec["levels"], levels)
    return {"saved_model": figures, "c_api": compare_c_api(folder, expected, size)}


def compare_c_api(folder, expected, size):
    """The same through TensorFlow's C API, or the reason why it is not available."""
    try:
        session = c_api.Session(folder)
    except c_api.Unavailable as reason:
        return {"unavailable": str(reason)}
    figures, _ = compare_signatures(session.run, expected, size)
    session.close()
    return figures


def compare_lite(path, values):
    """Figures, operators and batch size of one TFLite file, which does what `serving_default` does."""
    lite = runners.Lite(path)
    output = output_of(values)
    figures = difference(lite.run(**inputs_of(values)), values[output], output)
    return {**figures, "operators": lite.operators(), "batch_size": lite.batch_size}


def inputs_of(values):
    """What of a signature's arrays goes in."""
    return {name: value for name, value in values.items() if name not in OUTPUTS}


def output_of(values):
    """The name of what comes out."""
    return next(name for name in OUTPUTS if name in values)


def load_expected(path):
    """{signature: {name: array}} from the .npz file."""
    expected = {}
    with np.load(path) as arrays:
        for key in arrays.files:
            signature, name = key.split("/")
            expected.setdefault(signature, {})[name] = arrays[key]
    return expected


def main(spec_path, report_path):
    """Compares everything the specification names and writes the report."""
    spec = json.loads(pathlib.Path(spec_path).read_text(encoding="utf-8"))
    expected = load_expected(spec["expected"])
    report = {} if spec["saved_model"] is None else compare_saved_model(spec, expected)
    report["tflite"] = {name: compare_lite(path, expected["serving_default"]) for name, path in spec["tflite"].items()}
    if "tfgan_zoo" in sys.modules:
        raise RuntimeError("tfgan_zoo was imported, so that this proves nothing of the exported files alone")
    pathlib.Path(report_path).write_text(json.dumps(report), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
