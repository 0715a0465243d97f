"""TFLite files from a SavedModel: float32, float16 weights, full-integer int8; built-in operators only."""

import contextlib
import os
import sys
import tempfile
import warnings

import numpy as np
import tensorflow as tf

from tfgan_zoo.export.verification import ExportError

KINDS = ("float32", "float16", "int8")


def convert(folder, kind, representative, float_operators=()):
    """Converts the `serving_default` signature of a SavedModel.

    int8 is full-integer quantisation: weights per output channel, activations per tensor, calibrated on the
    representative inputs. Inputs and outputs stay float32, so that an application treats all files alike; the file's
    first and last operators quantise and dequantise.

    Args:
        folder: SavedModel whose signature has the wanted batch size.
        kind: one of `KINDS`.
        representative: list of {input name: array of one batch}, for int8.
        float_operators: names of operators that stay in float32 in the int8 file, such as those of a normalisation
            whose statistics would be lost; the others between them are quantised all the same.

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
    if kind == "int8":
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.representative_dataset = lambda: iter(representative)
    try:
        with _held_back_stderr(), warnings.catch_warnings():
            # The converter's own calibrator stands on the interpreter that it deprecates.
            warnings.filterwarnings("ignore", message=r"[\s\S]*tf\.lite\.Interpreter is deprecated")
            if kind == "int8" and float_operators:
                return _convert_partly(converter, representative, float_operators)
            return converter.convert()
    except Exception as error:
        raise ExportError(
            f"The {kind} TFLite file cannot be converted. Leave {kind!r} out of `tflite`, or, if the batch size was "
            f"free, pass `tflite_batch_size=1`. The converter said: {str(error).strip()}"
        ) from error


def _convert_partly(converter, representative, float_operators):
    converter.target_spec.supported_ops.append(tf.lite.OpsSet.TFLITE_BUILTINS)
    # The public way to leave operators out of quantisation; nothing is debugged.
    options = tf.lite.experimental.QuantizationDebugOptions(denylisted_ops=list(float_operators))
    debugger = tf.lite.experimental.QuantizationDebugger(
        converter=converter, debug_dataset=lambda: iter(representative[:1]), debug_options=options
    )
    return debugger.get_nondebug_quantized_model()


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
