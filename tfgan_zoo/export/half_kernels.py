"""TFLite files in which the kernels of convolutions are float16 and all else stays float32."""

import numpy as np
from tensorflow.lite.tools import flatbuffer_utils

_SCHEMA = flatbuffer_utils.schema_fb
_OPERATORS = _SCHEMA.BuiltinOperator
_CONVOLUTIONS = (
    _OPERATORS.CONV_2D,
    _OPERATORS.TRANSPOSE_CONV,
    _OPERATORS.CONV_3D,
    _OPERATORS.CONV_3D_TRANSPOSE,
)
_KERNEL = 1  # The kernel's place among the inputs of each of them.


def with_half_kernels(content):
    """Stores the kernels of convolutions in float16, each widened by a DEQUANTIZE operator, as the converter does it.

    They are most numbers of a deep generator, and each has a small part in a picture. Weights that turn a whole
    picture, such as those that make its style, keep their precision.

    Args:
        content: bytes of a float32 TFLite file.

    Returns:
        bytes of a file of built-in operators alone; None if there is no convolution with a constant kernel.
    """
    model = flatbuffer_utils.convert_bytearray_to_object(content)
    kernels = [(graph, index) for graph in model.subgraphs for index in _kernels(model, graph)]
    if not kernels:
        return None
    model.operatorCodes.append(_widening())
    emptied = {graph.tensors[index].buffer for graph, index in kernels}
    for graph, index in kernels:
        _halve(model, graph, index)
    # Equal constants may share a buffer, so that one may still be in use.
    for buffer in emptied - {tensor.buffer for graph in model.subgraphs for tensor in graph.tensors}:
        model.buffers[buffer].data = None
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def _kernels(model, graph):
    """Indices of the float32 constants that convolutions have as kernels and that nothing else reads."""
    kernels, others = set(), set(graph.outputs)
    for operator in graph.operators:
        inputs = [] if operator.inputs is None else list(operator.inputs)
        if _number(model.operatorCodes[operator.opcodeIndex]) in _CONVOLUTIONS:
            kernels.add(inputs.pop(_KERNEL))
        others.update(inputs)
    return sorted(index for index in kernels - others if _is_float_constant(model, graph.tensors[index]))


def _number(code):
    # Numbers up to 126 also stand in the older, one-byte field; the larger of the two is the operator.
    return max(code.builtinCode, code.deprecatedBuiltinCode)


def _is_float_constant(model, tensor):
    data = model.buffers[tensor.buffer].data
    return tensor.type == _SCHEMA.TensorType.FLOAT32 and data is not None and len(data) > 0


def _widening():
    """The operator code of DEQUANTIZE from float16, which is its version 3."""
    code = _SCHEMA.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = _OPERATORS.DEQUANTIZE
    code.version = 3
    return code


def _halve(model, graph, index):
    """Makes a constant the output of a DEQUANTIZE operator, whose input is a new constant in float16."""
    whole, half, buffer = graph.tensors[index], _SCHEMA.TensorT(), _SCHEMA.BufferT()
    numbers = np.frombuffer(model.buffers[whole.buffer].data.tobytes(), np.float32)
    buffer.data = np.frombuffer(numbers.astype(np.float16).tobytes(), np.uint8)
    model.buffers.append(buffer)
    half.name, half.shape, half.hasRank = whole.name + b"/float16", whole.shape, True
    half.type, half.buffer = _SCHEMA.TensorType.FLOAT16, len(model.buffers) - 1
    graph.tensors.append(half)
    whole.buffer = 0  # The empty one.
    operator = _SCHEMA.OperatorT()
    operator.opcodeIndex = len(model.operatorCodes) - 1
    operator.inputs, operator.outputs = [len(graph.tensors) - 1], [index]
    graph.operators.insert(0, operator)
