"""The InceptionV3 network behind published FID, KID and inception scores: the graph of 2015-12-05, in Keras.

It differs from `keras.applications.InceptionV3` in its weights, its 1008 classes, and three places of its
architecture:

- the average pools inside the blocks divide by the pixels they cover, not by nine, at the edges;
- the last block (`Mixed_7c`) pools by maximum where the others average;
- the logits that the inception score uses lack the bias of the last layer.

Layers carry the names of the PyTorch port of pytorch-fid (Seitzer 2020), whose weight file this network
loads.

Reference: Szegedy et al. 2016, arXiv 1512.00567, for the architecture; Heusel et al. 2017, arXiv 1706.08500,
for FID.
"""

from pathlib import Path

import keras
import numpy as np

from tfgan_zoo.metrics import torch_weights
from tfgan_zoo.metrics.precision import float32_layers

IMAGE_SIZE = 299
FEATURES = 2048
CLASSES = 1008
SMALLEST_SIZE = 75  # pixels; below, a block has no place left

# The graph's first two nodes: subtract 128, multiply by 1 / 128.
OFFSET = 128.0
SCALE = 128.0

URL = "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth"
SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"


@keras.saving.register_keras_serializable("tfgan_zoo")
class AddBias(keras.layers.Layer):
    """Adds a trainable bias, so that the logits can be had before and after it."""

    def build(self, input_shape):
        self.bias = self.add_weight(shape=(input_shape[-1],), initializer="zeros", name="bias")

    def call(self, inputs):
        return inputs + self.bias


def network(*, image_size=IMAGE_SIZE, classes=CLASSES):
    """Build the network with random weights.

    Args:
        image_size: side of the input in pixels, at least 75, or `None` for any; 299 is what the weights were
            trained on.
        classes: 1008 in the published graph.

    Returns:
        `keras.Model` from `(batch, size, size, 3)`, levels brought to about `[-1, 1]` by `(level - 128) /
        128`, to a list: `features` `(batch, 2048)`, `unbiased_logits` and `logits`, both `(batch, classes)`.

    Raises:
        ValueError: if the size is below 75.
    """
    if image_size is not None and image_size < SMALLEST_SIZE:
        raise ValueError(f"`image_size` should be at least {SMALLEST_SIZE}. Received: `image_size={image_size}`")
    images = keras.Input((image_size, image_size, 3), name="images")
    x = _stem(images)
    x = _block_a(x, "Mixed_5b", 32)
    x = _block_a(x, "Mixed_5c", 64)
    x = _block_a(x, "Mixed_5d", 64)
    x = _block_b(x, "Mixed_6a")
    x = _block_c(x, "Mixed_6b", 128)
    x = _block_c(x, "Mixed_6c", 160)
    x = _block_c(x, "Mixed_6d", 160)
    x = _block_c(x, "Mixed_6e", 192)
    x = _block_d(x, "Mixed_7a")
    x = _block_e(x, "Mixed_7b", keras.layers.AveragePooling2D)
    x = _block_e(x, "Mixed_7c", keras.layers.MaxPooling2D)
    features = keras.layers.GlobalAveragePooling2D(name="features")(x)
    unbiased = keras.layers.Dense(classes, use_bias=False, name="fc")(features)
    return keras.Model(images, [features, unbiased, AddBias(name="fc_bias")(unbiased)], name="inception")


def _conv(x, name, filters, size, strides=1, padding="same"):
    """Convolution without bias, batch normalisation, ReLU: the unit that everything is made of."""
    x = keras.layers.Conv2D(filters, size, strides, padding, use_bias=False, name=f"{name}.conv")(x)
    x = keras.layers.BatchNormalization(epsilon=1e-3, name=f"{name}.bn")(x)
    return keras.layers.ReLU(name=f"{name}.relu")(x)


def _stem(x):
    x = _conv(x, "Conv2d_1a_3x3", 32, 3, 2, "valid")
    x = _conv(x, "Conv2d_2a_3x3", 32, 3, 1, "valid")
    x = _conv(x, "Conv2d_2b_3x3", 64, 3)
    x = keras.layers.MaxPooling2D(3, 2, name="maxpool1")(x)
    x = _conv(x, "Conv2d_3b_1x1", 80, 1, 1, "valid")
    x = _conv(x, "Conv2d_4a_3x3", 192, 3, 1, "valid")
    return keras.layers.MaxPooling2D(3, 2, name="maxpool2")(x)


def _join(name, *branches):
    return keras.layers.Concatenate(name=name)(branches)


def _pooled(x, name, filters, pool=keras.layers.AveragePooling2D):
    # TensorFlow's average leaves the padding out of the count, which is what the graph wants.
    x = pool(3, 1, "same", name=f"{name}.pool")(x)
    return _conv(x, f"{name}.branch_pool", filters, 1)


def _block_a(x, name, pool_filters):
    one = _conv(x, f"{name}.branch1x1", 64, 1)
    five = _conv(x, f"{name}.branch5x5_1", 48, 1)
    five = _conv(five, f"{name}.branch5x5_2", 64, 5)
    double = _conv(x, f"{name}.branch3x3dbl_1", 64, 1)
    double = _conv(double, f"{name}.branch3x3dbl_2", 96, 3)
    double = _conv(double, f"{name}.branch3x3dbl_3", 96, 3)
    return _join(name, one, five, double, _pooled(x, name, pool_filters))


def _block_b(x, name):
    three = _conv(x, f"{name}.branch3x3", 384, 3, 2, "valid")
    double = _conv(x, f"{name}.branch3x3dbl_1", 64, 1)
    double = _conv(double, f"{name}.branch3x3dbl_2", 96, 3)
    double = _conv(double, f"{name}.branch3x3dbl_3", 96, 3, 2, "valid")
    return _join(name, three, double, keras.layers.MaxPooling2D(3, 2, name=f"{name}.pool")(x))


def _block_c(x, name, filters):
    one = _conv(x, f"{name}.branch1x1", 192, 1)
    seven = _conv(x, f"{name}.branch7x7_1", filters, 1)
    seven = _conv(seven, f"{name}.branch7x7_2", filters, (1, 7))
    seven = _conv(seven, f"{name}.branch7x7_3", 192, (7, 1))
    double = _conv(x, f"{name}.branch7x7dbl_1", filters, 1)
    double = _conv(double, f"{name}.branch7x7dbl_2", filters, (7, 1))
    double = _conv(double, f"{name}.branch7x7dbl_3", filters, (1, 7))
    double = _conv(double, f"{name}.branch7x7dbl_4", filters, (7, 1))
    double = _conv(double, f"{name}.branch7x7dbl_5", 192, (1, 7))
    return _join(name, one, seven, double, _pooled(x, name, 192))


def _block_d(x, name):
    three = _conv(x, f"{name}.branch3x3_1", 192, 1)
    three = _conv(three, f"{name}.branch3x3_2", 320, 3, 2, "valid")
    seven = _conv(x, f"{name}.branch7x7x3_1", 192, 1)
    seven = _conv(seven, f"{name}.branch7x7x3_2", 192, (1, 7))
    seven = _conv(seven, f"{name}.branch7x7x3_3", 192, (7, 1))
    seven = _conv(seven, f"{name}.branch7x7x3_4", 192, 3, 2, "valid")
    return _join(name, three, seven, keras.layers.MaxPooling2D(3, 2, name=f"{name}.pool")(x))


def _block_e(x, name, pool):
    one = _conv(x, f"{name}.branch1x1", 320, 1)
    three = _conv(x, f"{name}.branch3x3_1", 384, 1)
    wide, tall = _conv(three, f"{name}.branch3x3_2a", 384, (1, 3)), _conv(three, f"{name}.branch3x3_2b", 384, (3, 1))
    double = _conv(x, f"{name}.branch3x3dbl_1", 448, 1)
    double = _conv(double, f"{name}.branch3x3dbl_2", 384, 3)
    dbl_wide = _conv(double, f"{name}.branch3x3dbl_3a", 384, (1, 3))
    dbl_tall = _conv(double, f"{name}.branch3x3dbl_3b", 384, (3, 1))
    return _join(name, one, wide, tall, dbl_wide, dbl_tall, _pooled(x, name, 192, pool))


def load(path, *, image_size=IMAGE_SIZE):
    """Return the network with the weights of a file.

    Args:
        path: the published `pt_inception-2015-12-05-6726825d.pth`, or the `.npz` that
            `python -m tfgan_zoo.metrics.convert_inception_weights` makes of it.
        image_size: as in `network`.

    Returns:
        The `keras.Model` of `network`, its class count taken from the file.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is of another kind, or its tensors do not fit the network.
    """
    state = torch_weights.read(path)
    if "fc.weight" not in state:
        raise ValueError(f"`path` should hold InceptionV3 weights with a tensor `fc.weight`. Received: {path}")
    with float32_layers():
        model = network(image_size=image_size, classes=len(state["fc.weight"]))
    assign(model, state)
    return model


def assign(model, state):
    """Copy a PyTorch state dict (names and axis order of pytorch-fid) into the network.

    Raises:
        ValueError: naming the first tensor that is missing, left over or of another shape.
    """
    state = {name: array for name, array in state.items() if not name.endswith("num_batches_tracked")}
    for layer in model.layers:
        names = _tensor_names(layer)
        arrays = [_take(state, name) for name in names]
        shapes = [tuple(weight.shape) for weight in layer.weights]
        for name, array, shape in zip(names, arrays, shapes, strict=True):
            if array.shape != shape:
                raise ValueError(f"`{name}` should have shape {shape} in this network. Received: {array.shape}")
        layer.set_weights(arrays)
    if state:
        raise ValueError(f"`state` should hold this network's tensors and no others. Received also: {sorted(state)}")


def _tensor_names(layer):
    """Names of a layer's tensors in the state dict, in the order of the layer's Keras weights."""
    if layer.name.endswith(".conv"):
        return [f"{layer.name}.weight"]
    if layer.name.endswith(".bn"):
        return [f"{layer.name}.{part}" for part in ("weight", "bias", "running_mean", "running_var")]
    return {"fc": ["fc.weight"], "fc_bias": ["fc.bias"]}.get(layer.name, [])


def _take(state, name):
    """Remove a tensor from the state dict and bring its axes to Keras order."""
    if name not in state:
        raise ValueError(f"`state` should hold `{name}`; is this the InceptionV3 file? Received: no such tensor")
    array = np.asarray(state.pop(name), np.float32)
    # (out, in, height, width) -> (height, width, in, out), and (out, in) -> (in, out).
    return array.transpose(2, 3, 1, 0) if array.ndim == 4 else array.T


def download(*, url=URL, sha256=SHA256, cache_dir=None):
    """Return the path of the published weights, downloaded with a progress bar at the first call (96 MB).

    Args:
        url: where the file is.
        sha256: its checksum; a file that does not match is refused.
        cache_dir: where to keep it, in a folder `tfgan_zoo`; `~/.keras` by default.

    Returns:
        `pathlib.Path`.

    Raises:
        ValueError: if the checksum does not match.
        Exception: if the address cannot be reached, naming it.
    """
    name = url.rsplit("/", 1)[-1]
    path = keras.utils.get_file(
        name, url, cache_dir=cache_dir, cache_subdir="tfgan_zoo", file_hash=sha256, hash_algorithm="sha256"
    )
    return Path(path)
