"""Modulated convolution: a style scales the kernel of each sample, and its norm is divided out again."""

import math

import keras
import tensorflow as tf

from tfgan_zoo.layers.equalized_dense import EqualizedDense
from tfgan_zoo.layers.up_fir_down import blur

TAPS = (1, 3, 3, 1)


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class ModulatedConv2D(keras.layers.Layer):
    """Convolution with the kernel `w'_ijk = s_i w_ijk / sqrt(sum over i, k of (s_i w_ijk)^2 + 1e-8)` for each sample.

    s is an affine map of the style, an `EqualizedDense` that belongs to the layer and begins at 1. A kernel per sample
    is not needed: input channels are scaled by s, convolved with the one stored kernel, and output channels divided by
    the norms, which gives the same numbers. So batches stay batches, and TFLite takes the layer.

    Args:
        filters: int >= 1, channels of the output.
        kernel_size: int >= 1; 3 with `up`.
        demodulate: bool, whether to divide by the norms.
        up: bool, whether to double the size: a transposed convolution, then a blur with (1, 3, 3, 1).
        gain: float > 0, factor of the result, such as sqrt(2) to make up for a leaky ReLU behind.
        use_bias: bool, whether to add one number per output channel.

    Input: tuple of images (batch, height, width, channels) and styles (batch, style_dim). Output shape: (batch,
    height, width, filters), both sides doubled with `up`.

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> images, styles = tf.random.normal((2, 8, 8, 3)), tf.random.normal((2, 5))
    >>> tfgan_zoo.layers.ModulatedConv2D(4, 3, up=True)((images, styles)).shape
    TensorShape([2, 16, 16, 4])

    Reference:
        Karras et al. 2020, arXiv 1912.04958, equations 1 to 3.
    """

    def __init__(self, filters, kernel_size, *, demodulate=True, up=False, gain=1.0, use_bias=False, **kwargs):
        super().__init__(**kwargs)
        if filters < 1 or kernel_size < 1:
            raise ValueError(
                "`filters` and `kernel_size` must be at least 1. Received: "
                f"`filters={filters}`, `kernel_size={kernel_size}`."
            )
        if up and kernel_size != 3:
            raise ValueError(f"`up` needs `kernel_size=3`. Received: `kernel_size={kernel_size}`.")
        if not gain > 0.0:
            raise ValueError(f"`gain` must be above 0. Received: `gain={gain}`.")
        self.filters = filters
        self.kernel_size = kernel_size
        self.demodulate = demodulate
        self.up = up
        self.gain = gain
        self.use_bias = use_bias

    def build(self, input_shape):
        images, styles = input_shape
        shape = (self.kernel_size, self.kernel_size, images[-1], self.filters)
        self.kernel = self.add_weight(name="kernel", shape=shape, initializer=keras.initializers.RandomNormal(stddev=1))
        self.bias = self.add_weight(name="bias", shape=(self.filters,), initializer="zeros") if self.use_bias else None
        self.scale = 1.0 / math.sqrt(self.kernel_size**2 * images[-1])
        self.affine = EqualizedDense(images[-1], bias=1.0, name="affine", dtype=self.dtype_policy)
        self.affine.build(styles)

    def call(self, inputs):
        images, styles = inputs
        style = self.affine(styles)
        if self.compute_dtype == "float16" and self.demodulate:
            # Demodulation divides a factor of the style out again, and without it products could overflow.
            style /= tf.reduce_max(tf.abs(style), axis=1, keepdims=True) + 1e-4
        images = self._convolve(images * style[:, tf.newaxis, tf.newaxis])
        if self.demodulate:
            images *= tf.cast(self._inverse_norms(style), images.dtype)[:, tf.newaxis, tf.newaxis]
        elif self.gain != 1.0:
            images *= self.gain
        return images if self.bias is None else images + self.bias

    def _convolve(self, images):
        kernel = self.kernel * self.scale
        if not self.up:
            return keras.ops.conv(images, kernel, padding="same")
        images = keras.ops.conv_transpose(images, tf.transpose(kernel, (0, 1, 3, 2)), strides=2, padding="valid")
        return blur(images, TAPS, (1, 1), gain=4.0)

    def _inverse_norms(self, style):
        """`gain / sqrt(sum of (s_i w_ijk)^2)`, float32 of shape (batch, filters)."""
        squares = tf.reduce_sum(tf.square(tf.cast(self.kernel, tf.float32) * self.scale), axis=[0, 1])
        return self.gain * tf.math.rsqrt(tf.matmul(tf.square(tf.cast(style, tf.float32)), squares) + 1e-8)

    def compute_output_shape(self, input_shape):
        batch, *sides, _ = input_shape[0]
        return (batch, *(side and side * (1 + self.up) for side in sides), self.filters)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "demodulate": self.demodulate,
            "up": self.up,
            "gain": self.gain,
            "use_bias": self.use_bias,
        }
