"""Blur with a small binomial filter, with doubling or halving of the size."""

import keras
import numpy as np


def blur(images, taps, padding, gain=1.0):
    """Blurs along both axes with a normalised filter, on images padded with zeros.

    Args:
        images: float tensor of shape (batch, height, width, channels).
        taps: tuple of floats, the filter of one axis; normalised to sum 1.
        padding: (before, after), zeros on each side of each axis.
        gain: float, factor of the result.

    Returns:
        Tensor of shape (batch, height + before + after - len(taps) + 1, likewise, channels).

    Example:

    >>> tfgan_zoo.layers.up_fir_down.blur(tf.ones((1, 4, 4, 2)), (1, 3, 3, 1), (1, 2)).shape
    TensorShape([1, 4, 4, 2])
    """
    images = keras.ops.pad(images, ((0, 0), padding, padding, (0, 0)))
    taps = np.asarray(taps, np.float32) / np.sum(taps) * np.float32(gain**0.5)
    channels = (1, 1, images.shape[-1], 1)
    # One axis after the other: 8 products for each pixel where the square filter of 4 x 4 has 16.
    for shape in ((-1, 1, 1, 1), (1, -1, 1, 1)):
        kernel = keras.ops.cast(np.tile(taps.reshape(shape), channels), images.dtype)
        images = keras.ops.depthwise_conv(images, kernel, strides=1, padding="valid")
    return images


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class UpFIRDown(keras.layers.Layer):
    """Spreads pixels with zeros in between (up), blurs (a finite impulse response), drops pixels (down).

    Nearest-neighbour resampling aliases; a blur with a binomial filter before dropping pixels, and behind spreading
    them, does not.

    Args:
        taps: tuple of positive floats, the filter of one axis, symmetric; normalised.
        resample: None, "up" (twice the size, brightness kept; takes four taps and no padding) or "down" (half of it).
        padding: (before, after), zeros on each side of each axis. None keeps the size, or exactly halves it.
        gain: float, factor of the result.

    Input shape: (batch, height, width, channels). Output shape: (batch, new height, new width, channels).

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> tfgan_zoo.layers.UpFIRDown(resample="down")(tf.ones((2, 8, 8, 3))).shape
    TensorShape([2, 4, 4, 3])

    Reference:
        Zhang 2019, arXiv 1904.11486; Karras et al. 2020, arXiv 1912.04958, appendix B.
    """

    def __init__(self, taps=(1, 3, 3, 1), *, resample=None, padding=None, gain=1.0, **kwargs):
        super().__init__(**kwargs)
        taps = tuple(taps)
        if len(taps) < 2 or taps != taps[::-1] or min(taps) <= 0:
            raise ValueError(f"`taps` must be two or more positive numbers, symmetric. Received: `taps={taps}`.")
        if resample not in (None, "up", "down"):
            raise ValueError(f"`resample` must be None, 'up' or 'down'. Received: `resample={resample!r}`.")
        if resample == "up" and (len(taps) != 4 or padding is not None):
            raise ValueError(
                f"`resample='up'` takes four `taps` and no `padding`. Received: `taps={taps}`, `padding={padding}`."
            )
        self.taps = taps
        self.resample = resample
        self.padding = None if padding is None else tuple(padding)
        self.gain = gain

    @property
    def _sides(self):
        spare = len(self.taps) - (2 if self.resample == "down" else 1)
        return self.padding or (spare - spare // 2, spare // 2)

    def call(self, inputs):
        if self.resample is None:
            return blur(inputs, self.taps, self._sides, self.gain)
        channels = inputs.shape[-1]
        if self.resample == "up":
            kernel = self._square(4.0 * np.eye(channels), inputs.dtype)
            return keras.ops.conv_transpose(inputs, kernel, strides=2, padding="same")
        inputs = keras.ops.pad(inputs, ((0, 0), self._sides, self._sides, (0, 0)))
        kernel = self._square(np.ones((channels, 1)), inputs.dtype)
        return keras.ops.depthwise_conv(inputs, kernel, strides=2, padding="valid")

    def _square(self, across, dtype):
        """The filter of both axes, times a matrix of input by output channels."""
        taps = np.asarray(self.taps, np.float64) / np.sum(self.taps)
        square = self.gain * np.outer(taps, taps)[:, :, None, None] * across
        return keras.ops.cast(square.astype(np.float32), dtype)

    def compute_output_shape(self, input_shape):
        batch, *sides, channels = input_shape
        if self.resample == "up":
            return (batch, *(side and 2 * side for side in sides), channels)
        more, step = sum(self._sides) - len(self.taps), 2 if self.resample == "down" else 1
        return (batch, *(side and (side + more) // step + 1 for side in sides), channels)

    def get_config(self):
        return {
            **super().get_config(),
            "taps": self.taps,
            "resample": self.resample,
            "padding": self.padding,
            "gain": self.gain,
        }
