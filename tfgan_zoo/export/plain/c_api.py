"""TensorFlow's C API through ctypes: the C++ SavedModel loader and session that TensorFlow Serving stands on.

No Python graph code takes part: the graph is read, restored and run by the library that the TensorFlow package
carries. Facts about the functions are from `tensorflow/c/c_api.h`, `tf_tensor.h` and `tf_tstring.h`.
"""

import ctypes
import importlib.util
import pathlib

import numpy as np

LIBRARIES = ("libtensorflow_cc.so.2", "libtensorflow_cc.2.dylib")
_TYPES = {np.dtype("float32"): 1, np.dtype("int32"): 3, np.dtype("int64"): 9}  # TF_DataType
_STRING, _STRING_SIZE = 7, 24
_OK = 0


class Unavailable(RuntimeError):
    """This platform's TensorFlow package carries no library with the C API, or one without a needed function."""


class _Buffer(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("length", ctypes.c_size_t), ("deallocator", ctypes.c_void_p)]


class _Output(ctypes.Structure):
    _fields_ = [("operation", ctypes.c_void_p), ("index", ctypes.c_int)]


_POINTER, _INT, _SIZE, _TEXT = ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t, ctypes.c_char_p
_FUNCTIONS = {  # name: (result, arguments)
    "TF_NewStatus": (_POINTER, []),
    "TF_DeleteStatus": (None, [_POINTER]),
    "TF_GetCode": (_INT, [_POINTER]),
    "TF_Message": (_TEXT, [_POINTER]),
    "TF_NewGraph": (_POINTER, []),
    "TF_DeleteGraph": (None, [_POINTER]),
    "TF_NewSessionOptions": (_POINTER, []),
    "TF_DeleteSessionOptions": (None, [_POINTER]),
    "TF_NewBuffer": (ctypes.POINTER(_Buffer), []),
    "TF_DeleteBuffer": (None, [ctypes.POINTER(_Buffer)]),
    "TF_LoadSessionFromSavedModel": (
        _POINTER,
        [_POINTER, _POINTER, _TEXT, ctypes.POINTER(_TEXT), _INT, _POINTER, ctypes.POINTER(_Buffer), _POINTER],
    ),
    "TF_CloseSession": (None, [_POINTER, _POINTER]),
    "TF_DeleteSession": (None, [_POINTER, _POINTER]),
    "TF_GraphOperationByName": (_POINTER, [_POINTER, _TEXT]),
    "TF_SessionRun": (
        None,
        [_POINTER, _POINTER, ctypes.POINTER(_Output), ctypes.POINTER(_POINTER), _INT]
        + [ctypes.POINTER(_Output), ctypes.POINTER(_POINTER), _INT, _POINTER, _INT, _POINTER, _POINTER],
    ),
    "TF_AllocateTensor": (_POINTER, [_INT, ctypes.POINTER(ctypes.c_int64), _INT, _SIZE]),
    "TF_DeleteTensor": (None, [_POINTER]),
    "TF_TensorData": (_POINTER, [_POINTER]),
    "TF_TensorByteSize": (_SIZE, [_POINTER]),
    "TF_TensorType": (_INT, [_POINTER]),
    "TF_NumDims": (_INT, [_POINTER]),
    "TF_Dim": (ctypes.c_int64, [_POINTER, _INT]),
    "TF_StringGetDataPointer": (_POINTER, [_POINTER]),
    "TF_StringGetSize": (_SIZE, [_POINTER]),
    "TF_StringInit": (None, [_POINTER]),
    "TF_StringCopy": (None, [_POINTER, _TEXT, _SIZE]),
}


def load_library(folder=None):
    """Loads the library with the C API.

    Args:
        folder: folder that holds it; None for the installed TensorFlow package.

    Returns:
        A `ctypes.CDLL` whose functions have their types set.

    Raises:
        Unavailable: if the library or one of its functions is missing; the message says which.
    """
    folder = folder or importlib.util.find_spec("tensorflow").submodule_search_locations[0]
    found = [path for name in LIBRARIES if (path := pathlib.Path(folder, name)).exists()]
    if not found:
        raise Unavailable(f"none of {', '.join(LIBRARIES)} lies in the TensorFlow package")
    try:
        library = ctypes.CDLL(str(found[0]))
        for name, (result, arguments) in _FUNCTIONS.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise Unavailable(str(error)) from error
    return library


class Session:
    """A SavedModel in a session of the C API.

    Args:
        folder: SavedModel folder.
        library: what `load_library` returned; None to load it.

    Raises:
        Unavailable: see `load_library`.
        RuntimeError: with TensorFlow's own message, if the SavedModel cannot be loaded.
    """

    def __init__(self, folder, library=None):
        self._tf = library or load_library()
        self._status = self._tf.TF_NewStatus()
        self._graph = self._tf.TF_NewGraph()
        self._session, meta_graph = self._load(str(folder).encode())
        self.signatures = _signatures(meta_graph)

    def _load(self, folder):
        options, buffer = self._tf.TF_NewSessionOptions(), self._tf.TF_NewBuffer()
        tags = (_TEXT * 1)(b"serve")
        try:
            session = self._tf.TF_LoadSessionFromSavedModel(
                options, None, folder, tags, 1, self._graph, buffer, self._status
            )
            self._check()
            return session, ctypes.string_at(buffer.contents.data, buffer.contents.length)
        finally:
            self._tf.TF_DeleteBuffer(buffer)
            self._tf.TF_DeleteSessionOptions(options)

    def run(self, signature, **inputs):
        """Runs one signature.

        Args:
            signature: name of a signature.
            **inputs: arrays by input name, of the signature's dtypes; strings as arrays of `bytes`.

        Returns:
            dict from output name to array; strings come as an object array of `bytes`.

        Raises:
            RuntimeError: with TensorFlow's own message, if it cannot be run.
        """
        names, outputs = self.signatures[signature]
        fed = [self._new_tensor(np.ascontiguousarray(value)) for value in inputs.values()]
        got = (_POINTER * len(outputs))()
        try:
            self._tf.TF_SessionRun(
                *(self._session, None),
                *(self._places(names[name] for name in inputs), (_POINTER * len(fed))(*fed), len(fed)),
                *(self._places(outputs.values()), got, len(outputs)),
                *(None, 0, None, self._status),
            )
            self._check()
            return {name: self._array(tensor) for name, tensor in zip(outputs, got, strict=True)}
        finally:
            for tensor in [*fed, *filter(None, got)]:
                self._tf.TF_DeleteTensor(tensor)

    def close(self):
        """Frees the session and its graph."""
        self._tf.TF_CloseSession(self._session, self._status)
        self._tf.TF_DeleteSession(self._session, self._status)
        self._tf.TF_DeleteGraph(self._graph)
        self._tf.TF_DeleteStatus(self._status)

    def _check(self):
        if self._tf.TF_GetCode(self._status) != _OK:
            raise RuntimeError(self._tf.TF_Message(self._status).decode())

    def _places(self, names):
        """Turns tensor names such as "StatefulPartitionedCall:0" into places in the graph."""
        pairs = [name.rsplit(":", 1) for name in names]
        places = [
            _Output(self._tf.TF_GraphOperationByName(self._graph, operation.encode()), int(index))
            for operation, index in pairs
        ]
        return (_Output * len(places))(*places)

    def _new_tensor(self, array):
        shape = (ctypes.c_int64 * array.ndim)(*array.shape)
        if array.dtype.kind in "SO":
            return self._new_strings(array, shape)
        tensor = self._tf.TF_AllocateTensor(_TYPES[array.dtype], shape, array.ndim, array.nbytes)
        ctypes.memmove(self._tf.TF_TensorData(tensor), array.ctypes.data, array.nbytes)
        return tensor

    def _new_strings(self, array, shape):
        tensor = self._tf.TF_AllocateTensor(_STRING, shape, array.ndim, array.size * _STRING_SIZE)
        for index, content in enumerate(array.ravel().tolist()):
            place = self._tf.TF_TensorData(tensor) + index * _STRING_SIZE
            self._tf.TF_StringInit(place)
            self._tf.TF_StringCopy(place, content, len(content))
        return tensor

    def _array(self, tensor):
        shape = [self._tf.TF_Dim(tensor, axis) for axis in range(self._tf.TF_NumDims(tensor))]
        data, kind = self._tf.TF_TensorData(tensor), self._tf.TF_TensorType(tensor)
        if kind == _STRING:
            return np.array([self._string(data, i) for i in range(int(np.prod(shape)))], object).reshape(shape)
        dtype = {number: dtype for dtype, number in _TYPES.items()}[kind]
        content = ctypes.string_at(data, self._tf.TF_TensorByteSize(tensor))
        return np.frombuffer(content, dtype).reshape(shape)

    def _string(self, data, index):
        place = data + index * _STRING_SIZE
        return ctypes.string_at(self._tf.TF_StringGetDataPointer(place), self._tf.TF_StringGetSize(place))


def _signatures(meta_graph):
    """Tensor names of inputs and outputs by signature name, from a serialized MetaGraphDef."""
    from tensorflow.core.protobuf import meta_graph_pb2

    found = meta_graph_pb2.MetaGraphDef.FromString(meta_graph).signature_def
    return {
        name: tuple({key: info.name for key, info in side.items()} for side in (one.inputs, one.outputs))
        for name, one in found.items()
        if not name.startswith("__")
    }
