"""TFLite: with a static batch the network converts, to built-in operators alone, and gives the same numbers."""

import keras
import numpy as np
from ai_edge_litert.interpreter import Interpreter

from tests.contracts import table

SIZE = 2


@table.rows("tflite", "model", "network", "layer")
def test_tflite_equals_the_network(row, tmp_path):
    network = table.network(row)
    inputs = table.call_inputs(network, SIZE)
    static = [keras.InputSpec(shape=(SIZE, *x.shape[1:]), dtype=x.dtype) for x in network.inputs]
    signature = static if len(static) == 1 else [static]  # Several inputs are one list, the first argument.
    network.export(tmp_path / "network.tflite", format="litert", input_signature=signature, verbose=False)
    # Only built-in operators are registered here: a Flex or custom one would fail to allocate.
    interpreter = Interpreter(str(tmp_path / "network.tflite"))
    interpreter.allocate_tensors()
    details = sorted(interpreter.get_input_details(), key=lambda detail: detail["name"])
    arrays = [inputs] if len(details) == 1 else inputs
    for detail, array in zip(details, arrays, strict=True):
        interpreter.set_tensor(detail["index"], array)
    interpreter.invoke()
    output = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    expected = np.asarray(network(inputs, training=False))
    assert np.abs(expected).max() > 1e-3
    np.testing.assert_allclose(output, expected, rtol=0, atol=1e-5)
