"""Exported files as functions of arrays, each run by its own runtime and nothing else."""

import collections
import pathlib

import numpy as np

CUSTOM = 32  # BuiltinOperator.CUSTOM in TFLite's schema: an operator that the runtime does not bring along.


class SavedModel:
    """A SavedModel, loaded by TensorFlow.

    Args:
        folder: folder that holds `saved_model.pb`.
    """

    def __init__(self, folder):
        import tensorflow as tf

        self._tf = tf
        self._model = tf.saved_model.load(str(folder))  # Kept: its variables live as long as it does.
        self.signatures = dict(self._model.signatures)

    def run(self, signature, **inputs):
        """Runs one signature on arrays and returns a dict of arrays."""
        outputs = self.signatures[signature](**{k: self._tf.constant(v) for k, v in inputs.items()})
        return {name: value.numpy() for name, value in outputs.items()}


class Lite:
    """A TFLite file, run by the LiteRT interpreter.

    Args:
        path: the `.tflite` file.
        num_threads: int >= 1 or None for the interpreter's own choice.
    """

    def __init__(self, path, num_threads=None):
        from ai_edge_litert.interpreter import Interpreter

        self._content = pathlib.Path(path).read_bytes()
        self._interpreter = Interpreter(model_content=self._content, num_threads=num_threads)
        self._runner = self._interpreter.get_signature_runner("serving_default")
        self._details = self._runner.get_input_details()
        self.inputs = sorted(self._details)

    @property
    def batch_size(self):
        """Batch size of the file, or None if it is free."""
        size = int(next(iter(self._details.values()))["shape_signature"][0])
        return None if size == -1 else size

    def run(self, **inputs):
        """Runs any number of rows, in the file's own batch size, and returns its one output."""
        rows = len(next(iter(inputs.values())))
        size = self.batch_size or rows
        parts = [self._batch(inputs, start, size) for start in range(0, rows, size)]
        return np.concatenate(parts)[:rows]

    def _batch(self, inputs, start, size):
        rows = {name: value[start : start + size] for name, value in inputs.items()}
        # A last, smaller batch is filled up with its last row; `run` cuts the surplus off.
        rows = {name: np.concatenate([v, np.repeat(v[-1:], size - len(v), axis=0)]) for name, v in rows.items()}
        (output,) = self._runner(**rows).values()
        return output

    def operators(self):
        """Names and counts of the file's operators, see `operator_names`."""
        return operator_names(self._content)


def operator_names(content):
    """Names and counts of the operators of a TFLite file.

    Args:
        content: bytes of the file.

    Returns:
        dict from name to count, in alphabetical order; an operator that is not built in is named "CUSTOM:<its name>".
    """
    from ai_edge_litert import schema_py_generated as schema

    names = {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}
    model = schema.Model.GetRootAs(content)
    codes = [_code_name(model.OperatorCodes(i), names) for i in range(model.OperatorCodesLength())]
    graphs = [model.Subgraphs(i) for i in range(model.SubgraphsLength())]
    places = [graph.Operators(i).OpcodeIndex() for graph in graphs for i in range(graph.OperatorsLength())]
    return dict(sorted(collections.Counter(codes[place] for place in places).items()))


def _code_name(code, names):
    # Codes up to 126 also stand in the older, one-byte field; the larger of the two is the operator.
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    return f"CUSTOM:{code.CustomCode().decode()}" if number == CUSTOM else names[number]
