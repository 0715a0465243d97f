"""Compares exported files with the images that the trained model made: `python verify.py SPEC REPORT`.

This script runs in a process of its own and imports TensorFlow, LiteRT, NumPy and Pillow only, none of the code
that built or trained the model. SPEC is a JSON file:

    {"saved_model": FOLDER, "tflite": {NAME: FILE}, "expected": NPZ, "levels": NPY or null, "batch_size": N}

and NPZ holds the inputs of `serving_default` as `serving_default/<input>`, those of `sample` as
`sample/<input>`, and what the trained model made of both as `serving_default/images` and `sample/images`.
NPY receives the decoded pictures of the `png` signature, for the seeds of `sample`; null if there is none.
REPORT receives JSON: the largest and the mean absolute difference of every artefact. Bounds are the caller's.
"""

import io
import json
import pathlib
import sys

import c_api
import numpy as np
import runners
from PIL import Image


def difference(got, expected):
    """Largest and mean absolute difference; a shape that differs is an error."""
    if got.shape != expected.shape:
        raise ValueError(f"images have shape {got.shape}, the trained model's {expected.shape}")
    error = np.abs(got.astype(np.float64) - expected.astype(np.float64))
    return {"max": float(error.max()), "mean": float(error.mean())}


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


def compare_signatures(run, expected, size, with_png):
    """Figures of all signatures of one way to run the SavedModel, and the levels of the PNG files it gave."""
    figures, levels = {}, None
    for name in ("serving_default", "sample"):
        inputs = {k: v for k, v in expected[name].items() if k != "images"}
        got = in_batches(lambda rows, name=name: run(name, **rows)["images"], inputs, size)
        figures[name] = difference(got, expected[name]["images"])
    if with_png:
        levels = decode(in_batches(lambda rows: run("png", **rows)["image_bytes"], inputs, size))
        figures["png"] = level_difference(levels, expected["sample"]["images"])
    return figures, levels


def compare_c_api(folder, expected, size, with_png):
    """The same through TensorFlow's C API, or the reason why it is not available."""
    try:
        session = c_api.Session(folder)
    except c_api.Unavailable as reason:
        return {"unavailable": str(reason)}
    figures, _ = compare_signatures(session.run, expected, size, with_png)
    session.close()
    return figures


def compare_lite(path, expected):
    """Figures, operators and batch size of one TFLite file."""
    lite = runners.Lite(path)
    inputs = {k: v for k, v in expected["serving_default"].items() if k != "images"}
    figures = difference(lite.run(**inputs), expected["serving_default"]["images"])
    return {**figures, "operators": lite.operators(), "batch_size": lite.batch_size}


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
    expected, size, with_png = load_expected(spec["expected"]), spec["batch_size"], spec["levels"] is not None
    model = runners.SavedModel(spec["saved_model"])
    figures, levels = compare_signatures(model.run, expected, size, with_png)
    if with_png:
        np.save(spec["levels"], levels)
    report = {
        "saved_model": figures,
        "c_api": compare_c_api(spec["saved_model"], expected, size, with_png),
        "tflite": {name: compare_lite(path, expected) for name, path in spec["tflite"].items()},
    }
    if "tfgan_zoo" in sys.modules:
        raise RuntimeError("tfgan_zoo was imported, so that this proves nothing of the exported files alone")
    pathlib.Path(report_path).write_text(json.dumps(report), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
