"""Convolution with equalised learning rate, with the doubling or halving of the size folded into its kernel."""

import math

import keras

BOXES = (None, "up", "down")


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class EqualizedConv2D(keras.layers.Layer):
    """Convolution whose weights are scaled when it runs: `y = g / sqrt(size^2 inputs) x * W + h b`, `W ~ N(0, 1)`.

    `box="up"` repeats every pixel twice in each direction and convolves; `box="down"` convolves and averages squares
    of four pixels. Both are computed as one strided convolution, whose kernel is the stored one summed over a box:
    the same numbers for half of the work. (The transposed convolution of "up" sees the stored kernel mirrored, which
    makes no difference to what can be learnt.)

    Args:
        filters: int >= 1, channels of the output.
        kernel_size: int >= 1.
        gain: float > 0, g: 1 keeps the variance of the input, sqrt(2) makes up for a ReLU behind.
        use_bias: bool.
        bias_gain: float, h.
        strides: int >= 1; 1 with a box.
        padding: "same" or "valid"; "same" with a box.
        box: None, "up" or "down"; needs kernels of 3.

    Input shape: (batch, height, width, channels). Output shape: (batch, new height, new width, filters).

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> tfgan_zoo.layers.EqualizedConv2D(8, 3, box="up")(tf.ones((2, 4, 4, 3))).shape
    TensorShape([2, 8, 8, 8])

    Reference:
        Karras et al. 2018, arXiv 1710.10196, section 4.1 and appendix A; the kernel over a box from the authors' code.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        *,
        gain=1.0,
        use_bias=True,
        bias_gain=1.0,
        strides=1,
        padding="same",
        box=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        for name, value in (("filters", filters), ("kernel_size", kernel_size), ("strides", strides)):
            if value < 1:
                raise ValueError(f"`{name}` must be at least 1. Received: `{name}={value}`.")
        if not gain > 0.0:
            raise ValueError(f"`gain` must be above 0. Received: `gain={gain}`.")
        if padding not in ("same", "valid"):
            raise ValueError(f"`padding` must be 'same' or 'valid'. Received: `padding={padding!r}`.")
        if box not in BOXES or (box and (kernel_size, strides, padding) != (3, 1, "same")):
            raise ValueError(
                "`box` must be None, 'up' or 'down', and the latter two need `kernel_size=3`, `strides=1` and "
                f"`padding='same'`. Received: `box={box!r}`, `kernel_size={kernel_size}`, `strides={strides}`, "
                f"`padding={padding!r}`."
            )
        self.filters = filters
        self.kernel_size = kernel_size
        self.gain = gain
        self.use_bias = use_bias
        self.bias_gain = bias_gain
        self.strides = strides
        self.padding = padding
        self.box = box

    def build(self, input_shape):
        shape = (self.kernel_size, self.kernel_size, input_shape[-1], self.filters)
        self.kernel = self.add_weight(name="kernel", shape=shape, initializer=keras.initializers.RandomNormal(stddev=1))
        self.scale = self.gain / math.sqrt(self.kernel_size**2 * input_shape[-1])
        self.bias = self.add_weight(name="bias", shape=(self.filters,), initializer="zeros") if self.use_bias else None

    def call(self, inputs):
        outputs = self._convolve(inputs)
        return outputs if self.bias is None else outputs + self.bias * self.bias_gain

    def _convolve(self, inputs):
        kernel = self.kernel * self.scale
        if self.box is None:
            return keras.ops.conv(inputs, kernel, strides=self.strides, padding=self.padding)
        if self.box == "down":
            return keras.ops.conv(inputs, _over_box(kernel) * 0.25, strides=2, padding="same")
        kernel = keras.ops.transpose(_over_box(kernel), (0, 1, 3, 2))
        return keras.ops.conv_transpose(inputs, kernel, strides=2, padding="same")

    def compute_output_shape(self, input_shape):
        batch, *sides, _ = input_shape
        shrink = 0 if self.padding == "same" else self.kernel_size - 1
        sides = [None if side is None else -(-(side - shrink) // self.strides) for side in sides]
        factor = {None: 1.0, "up": 2.0, "down": 0.5}[self.box]
        return (batch, *(None if side is None else int(side * factor) for side in sides), self.filters)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "gain": self.gain,
            "use_bias": self.use_bias,
            "bias_gain": self.bias_gain,
            "strides": self.strides,
            "padding": self.padding,
            "box": self.box,
        }


def _over_box(kernel):
    """A kernel convolved with a box of two by two ones."""
    padded = keras.ops.pad(kernel, ((1, 1), (1, 1), (0, 0), (0, 0)))
    return padded[1:, 1:] + padded[:-1, 1:] + padded[1:, :-1] + padded[:-1, :-1]
