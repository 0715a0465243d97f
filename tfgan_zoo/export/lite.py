"""TFLite files from a SavedModel: float32, float16 weights, int8; built-in operators only."""

import contextlib
import os
import sys
import tempfile
import warnings

import numpy as np
import tensorflow as tf

from tfgan_zoo.export import half_kernels
from tfgan_zoo.export.verification import ExportError

KINDS = ("float32", "float16", "int8")


def ways(folder, kind, representative=None):
    """Makes a TFLite file in one way after another, that which saves most first.

    float32 has one way ("unrounded"). float16 has "all weights" and then "convolution kernels", where all other weights
    stay float32: those that make a style turn a whole picture, and rounding them makes the largest errors. int8 has
    "full integer", where there are representative inputs, and then "dynamic ranges": one calibrated range for a tensor
    is too coarse where a few values are much larger than the rest, as in residual sums.

    Args:
        folder, kind, representative: as for `convert`.

    Yields:
        (name of the way, bytes of the file). A file is made when it is asked for. A way that the model does not have,
        such as kernels of convolutions in a perceptron, is left out.

    Raises:
        ExportError: as `convert`.
    """
    if kind == "float32":
        yield "unrounded", convert(folder, kind)
    if kind == "float16":
        yield "all weights", convert(folder, kind)
        content = half_kernels.with_half_kernels(convert(folder, "float32"))
        if content is not None:
            yield "convolution kernels", content
    if kind == "int8":
        if representative is not None:
            yield "full integer", convert(folder, kind, representative)
        yield "dynamic ranges", convert(folder, kind)


def convert(folder, kind, representative=None):
    """Converts the `serving_default` signature of a SavedModel.

    int8 is full-integer quantisation where there are representative inputs: weights per output channel, activations per
    tensor, calibrated on these. Inputs and outputs stay float32, so that an application treats all files alike; the
    file's first and last operators quantise and dequantise. Without representative inputs it is dynamic-range
    quantisation: the same weights, activations quantised by each picture's own range while the file runs.

    Args:
        folder: SavedModel whose signature has the wanted batch size.
        kind: one of `KINDS`.
        representative: list of {input name: array of one batch}, for int8 by calibration; None for dynamic ranges.

    Returns:
        bytes of the file.

    Raises:
        ExportError: if the converter fails, with its own message.
    """
    converter = tf.lite.TFLiteConverter.from_saved_model(str(folder), signature_keys=["serving_default"])
    # The default set alone, so that a model that needs TensorFlow's own kernels fails here and not on the phone.
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if kind != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if kind == "int8" and representative is not None:
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.representative_dataset = lambda: iter(representative)
    try:
        with _held_back_stderr(), warnings.catch_warnings():
            # The converter's own calibrator stands on the interpreter that it deprecates.
            warnings.filterwarnings("ignore", message=r"[\s\S]*tf\.lite\.Interpreter is deprecated")
            return converter.convert()
    except Exception as error:
        raise ExportError(
            f"The {kind} TFLite file cannot be converted. Leave {kind!r} out of `tflite`, or, if the batch size was "
            f"free, pass `tflite_batch_size=1`. The converter said: {str(error).strip()}"
        ) from error


def batches(inputs, size):
    """Cuts arrays by input name into whole batches, a list of dicts."""
    rows = len(next(iter(inputs.values())))
    return [{k: np.asarray(v[i : i + size]) for k, v in inputs.items()} for i in range(0, rows - size + 1, size)]


@contextlib.contextmanager
def _held_back_stderr():
    """Holds back what C++ code writes to stderr, and writes it out after all if the block fails."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
