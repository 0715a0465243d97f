"""4x4 convolutions of stride 2 and their transposes, in the order of sums that a processor does fastest.

With "same" padding both are sums over 2x2 blocks: padded by one pixel, the images fall into cells of 2x2 pixels, and
the output pixel (i, j) sees the cells (i, j), (i, j + 1), (i + 1, j) and (i + 1, j + 1).
"""

import numpy as np
import tensorflow as tf

KERNEL, STRIDE = 4, 2
# Measured on one core of an Intel Xeon with AVX-512, batches of 64. From 8x8 images of 256 channels to 4x4 of 512, and
# back, oneDNN takes 41 to 43 ms (its kernel is larger than the core's cache; maps of 8x8 run at full speed), one matrix
# product 27 to 29 ms. With few channels its vectors are mostly empty: from 32x32x64 to 64x64x3 it takes 16 ms, by cells
# 6 ms.
MOST_POSITIONS, LEAST_WEIGHTS, MOST_CHANNELS = 16, 128 * 256, 4


class Strided:
    """What both layers have above that of Keras: defaults, and `operation` where it stands for the call in training."""

    operation = None  # `down` or `up`.
    multiple = 1  # Of which the images' sides must be multiples.

    def __init__(self, filters, kernel_size=KERNEL, strides=STRIDE, padding="same", **kwargs):
        super().__init__(filters, kernel_size, strides, padding, **kwargs)

    def call(self, inputs, training=None):
        if not (training and _suits(self, inputs)):
            return super().call(inputs)
        outputs = self.operation(inputs, tf.convert_to_tensor(self.kernel))
        return self.activation(outputs + self.bias if self.use_bias else outputs)


def _suits(layer, inputs):
    form = (layer.kernel_size, layer.strides, layer.padding, layer.data_format, tuple(layer.dilation_rate))
    return (
        form == ((KERNEL, KERNEL), (STRIDE, STRIDE), "same", "channels_last", (1, 1))
        and getattr(layer, "groups", 1) == 1
        and getattr(layer, "output_padding", None) is None
        and layer.compute_dtype == inputs.dtype == "float32"
        and all(side is not None and side % layer.multiple == 0 for side in inputs.shape[1:3])
        # Graphics cards have kernels of their own for all of it.
        and {device.device_type for device in tf.config.list_logical_devices()} == {"CPU"}
    )


@tf.custom_gradient
def down(images, kernel):
    """The convolution.

    Args:
        images: float32 tensor (batch, height, width, inputs) of even sides.
        kernel: float32 tensor (4, 4, inputs, outputs).

    Returns:
        float32 tensor (batch, height / 2, width / 2, outputs).
    """
    height, width = (side // STRIDE for side in images.shape[1:3])
    inputs, outputs = kernel.shape[2:]
    if _as_product(height, width, kernel):
        pixels = _seen(height, width)
        padded = tf.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
        flat = tf.reshape(padded, (-1, padded.shape[1] * padded.shape[2], inputs))
        patches = tf.reshape(tf.gather(flat, pixels.ravel(), axis=1), (-1, KERNEL * KERNEL * inputs))
        maps = tf.reshape(patches @ tf.reshape(kernel, (-1, outputs)), (-1, height, width, outputs))
    else:
        maps = tf.nn.conv2d(images, kernel, STRIDE, "SAME")
    return maps, lambda slope: (up(slope, kernel), _kernel_slope(images, slope, tf.shape(kernel)))


@tf.custom_gradient
def up(maps, kernel):
    """The transposed convolution.

    Args:
        maps: float32 tensor (batch, height, width, inputs).
        kernel: float32 tensor (4, 4, outputs, inputs).

    Returns:
        float32 tensor (batch, 2 height, 2 width, outputs).
    """
    height, width = maps.shape[1:3]
    outputs, inputs = kernel.shape[2:]
    if outputs <= MOST_CHANNELS:
        blocks = tf.transpose(tf.reshape(kernel, (2, 2, 2, 2, outputs, inputs)), (0, 2, 1, 3, 4, 5))
        blocks = tf.reshape(blocks, (2, 2, 4 * outputs, inputs))
        shape = tf.stack([tf.shape(maps)[0], height + 1, width + 1, 4 * outputs])
        cells = tf.nn.conv2d_transpose(maps, blocks, shape, 1, "VALID")
        images = tf.nn.depth_to_space(cells, STRIDE)[:, 1:-1, 1:-1]
    elif _as_product(height, width, kernel):
        # One row of zeros more, for the pixels at the border, which fewer positions see.
        rows = tf.pad(tf.reshape(maps, (-1, height * width, inputs)), ((0, 0), (0, 1), (0, 0)))
        products = tf.matmul(tf.reshape(rows, (-1, inputs)), tf.reshape(kernel, (-1, inputs)), transpose_b=True)
        products = tf.reshape(products, (-1, (height * width + 1) * KERNEL * KERNEL, outputs))
        parts = [tf.gather(products, part, axis=1) for part in _seen_by(height, width)]
        images = tf.reshape(tf.add_n(parts), (-1, STRIDE * height, STRIDE * width, outputs))
    else:
        shape = tf.stack([tf.shape(maps)[0], STRIDE * height, STRIDE * width, outputs])
        images = tf.nn.conv2d_transpose(maps, kernel, shape, STRIDE, "SAME")
    return images, lambda slope: (down(slope, kernel), _kernel_slope(slope, maps, tf.shape(kernel)))


def _as_product(height, width, kernel):
    return height * width <= MOST_POSITIONS and kernel.shape[2] * kernel.shape[3] >= LEAST_WEIGHTS


def _seen(height, width):
    """Numbers of the padded image's pixels that each position sees, (height * width, 16), in the kernel's order."""
    row = STRIDE * np.arange(height)[:, None, None, None] + np.arange(KERNEL)[:, None]
    column = STRIDE * np.arange(width)[:, None, None] + np.arange(KERNEL)
    return (row * (STRIDE * width + 2) + column).reshape(height * width, -1)


def _seen_by(height, width):
    """Numbers of the pairs (position, element of the kernel) that see a pixel: four, of zeros where there are fewer."""
    seen = _seen(height, width)
    rows, columns = np.divmod(np.arange(STRIDE * height * STRIDE * width), STRIDE * width)
    pixels = (rows + 1) * (STRIDE * width + 2) + columns + 1
    found = [np.flatnonzero(seen == pixel) for pixel in pixels]
    return np.array([np.pad(pairs, (0, 4 - len(pairs)), constant_values=seen.size) for pairs in found]).T


def _kernel_slope(images, maps_slope, shape):
    return tf.raw_ops.Conv2DBackpropFilter(
        input=images,
        filter_sizes=shape,
        out_backprop=maps_slope,
        strides=[1, STRIDE, STRIDE, 1],
        padding="SAME",
    )
