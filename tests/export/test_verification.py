"""Figures against bounds."""

import math

import pytest

from tfgan_zoo import export
from tfgan_zoo.export import verification


def report(**changes):
    """Figures of a right export; a change names an artefact and its (max, mean)."""
    figures = {
        "serving_default": (2e-7, 1e-8),
        "sample": (3e-7, 1e-8),
        "png": (0.5, 0.25),
        "float32": (9e-5, 1e-6),
        "float16": (9e-3, 1e-4),
        "int8": (0.5, 0.019),
        **changes,
    }
    named = {name: {"max": most, "mean": mean} for name, (most, mean) in figures.items()}
    saved = {name: named[name] for name in ("serving_default", "sample", "png")}
    tflite = {
        name: {**named[name], "operators": {"TANH": 1}, "batch_size": 1} for name in ("float32", "float16", "int8")
    }
    return {"saved_model": saved, "c_api": {name: dict(one) for name, one in saved.items()}, "tflite": tflite}


def test_figures_within_bounds_are_returned_with_them():
    parity = verification.judge(report(), 1.0)
    assert parity["saved_model"]["sample"] == {"max": 3e-7, "mean": 1e-8, "bound": {"max": 1e-5}}
    assert parity["c_api"]["png"]["bound"] == {"max": pytest.approx(0.501275)}
    assert parity["tflite"]["int8"]["bound"] == {"mean": 0.02}
    assert parity["tflite"]["int8"]["operators"] == {"TANH": 1}


@pytest.mark.parametrize(
    ("name", "figures", "match"),
    [
        ("serving_default", (1.1e-5, 0.0), r"SavedModel signature `serving_default` .* max .* 1\.1e-05, allowed 1e-05"),
        ("sample", (0.2, 0.0), r"SavedModel signature `sample` .* max absolute difference 0\.2, allowed 1e-05"),
        ("png", (0.6, 0.3), r"SavedModel signature `png` .* 0\.6, allowed 0\.501"),
        ("float32", (2e-4, 0.0), r"TFLite file `float32` .* 0\.0002, allowed 0\.0001"),
        ("float16", (0.011, 0.0), r"TFLite file `float16` .* 0\.011, allowed 0\.01"),
        ("int8", (0.1, 0.021), r"TFLite file `int8` .* mean absolute difference 0\.021, allowed 0\.02 \(max 0\.1"),
        ("int8", (math.nan, math.nan), r"TFLite file `int8` .* nan"),
        ("int8", (math.inf, 0.0), r"TFLite file `int8` .* \(max inf"),
        ("int8", (0.1, 0.021), r"Nothing was exported\. Leave 'int8' out of `tflite` to export the others"),
    ],
)
def test_a_figure_beyond_its_bound_is_an_error(name, figures, match):
    with pytest.raises(export.ExportError, match=match):
        verification.judge(report(**{name: figures}), 1.0)


def test_the_error_lists_all_ways_that_were_tried():
    figures = report(int8=(0.1, 0.021))
    figures["tflite"]["int8"] |= {"way": "third", "instead_of": {"first": None, "second": 0.118}}
    match = r"mean 0\.021\)\. Tried in turn: first not finite, second 0\.118, third 0\.021\. Nothing was exported"
    with pytest.raises(export.ExportError, match=match):
        verification.judge(figures, 1.0)


@pytest.mark.parametrize(
    ("name", "most", "mean", "scale", "within"),
    [
        ("float16", 0.01, 0.0, 1.0, True),
        ("float16", 0.011, 0.0, 1.0, False),
        ("float16", 0.011, 0.0, 2.0, True),
        ("int8", 0.5, 0.02, 1.0, True),
        ("int8", math.inf, 0.0, 1.0, False),
        ("int8", math.nan, math.nan, 1.0, False),
        ("png", 0.51, 0.0, 9.0, False),
    ],
)
def test_what_holds(name, most, mean, scale, within):
    assert verification.holds(name, {"max": most, "mean": mean}, scale) is within


def test_a_difference_of_the_c_api_alone_is_an_error():
    figures = report()
    figures["c_api"]["sample"]["max"] = 0.3
    with pytest.raises(export.ExportError, match=r"C API run of signature `sample` differs .* 0\.3, allowed 1e-05"):
        verification.judge(figures, 1.0)


def test_a_missing_c_api_is_recorded():
    figures = {**report(), "c_api": {"unavailable": "no library"}}
    assert verification.judge(figures, 1.0)["c_api"] == {"unavailable": "no library"}


def test_bounds_grow_with_samples_of_a_wider_range_but_not_those_of_levels():
    parity = verification.judge(report(float32=(4e-4, 0.0)), 5.0)
    assert parity["tflite"]["float32"]["bound"] == {"max": pytest.approx(5e-4)}
    assert parity["saved_model"]["png"]["bound"] == {"max": pytest.approx(0.501275)}


def test_operators_that_a_phone_lacks_are_an_error():
    figures = report()
    figures["tflite"]["int8"]["operators"] = {"CUSTOM:FlexMatrixInverse": 1, "TANH": 2}
    with pytest.raises(export.ExportError, match="int8 TFLite file needs .* not built in: CUSTOM:FlexMatrixInverse"):
        verification.judge(figures, 1.0)
