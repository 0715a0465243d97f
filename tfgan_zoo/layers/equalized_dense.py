"""Dense layer with equalised learning rate."""

import math

import keras


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class EqualizedDense(keras.layers.Layer):
    """Dense layer whose weights are scaled when it runs: `y = m g / sqrt(inputs) x W + m b`, `W ~ N(0, 1 / m^2)`.

    An optimizer that normalises gradients, such as Adam, moves all stored weights by the same amount. Stored with unit
    variance and scaled by He's constant at run time, all layers learn equally fast, whatever their widths.

    Args:
        units: int >= 1, width of the output.
        gain: float > 0, g: 1 keeps the variance of the input, sqrt(2) makes up for a ReLU behind.
        lr_multiplier: float > 0, m, how much slower this layer learns than the others.
        use_bias: bool.
        bias: float, initial value of `m b`.

    Input shape: (..., inputs). Output shape: (..., units).

    Raises:
        ValueError: if a number is out of range.

    Example:

    >>> tfgan_zoo.layers.EqualizedDense(8)(tf.ones((2, 3))).shape
    TensorShape([2, 8])

    Reference:
        Karras et al. 2018, arXiv 1710.10196, section 4.1; the multiplier from arXiv 1812.04948, appendix C.
    """

    def __init__(self, units, *, gain=1.0, lr_multiplier=1.0, use_bias=True, bias=0.0, **kwargs):
        super().__init__(**kwargs)
        if units < 1:
            raise ValueError(f"`units` must be at least 1. Received: `units={units}`.")
        for name, value in (("gain", gain), ("lr_multiplier", lr_multiplier)):
            if not value > 0.0:
                raise ValueError(f"`{name}` must be above 0. Received: `{name}={value}`.")
        self.units = units
        self.gain = gain
        self.lr_multiplier = lr_multiplier
        self.use_bias = use_bias
        self.bias = bias

    def build(self, input_shape):
        initializer = keras.initializers.RandomNormal(stddev=1.0 / self.lr_multiplier)
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], self.units), initializer=initializer)
        self.scale = self.gain * self.lr_multiplier / math.sqrt(input_shape[-1])
        self.offset = None
        if self.use_bias:
            start = keras.initializers.Constant(self.bias / self.lr_multiplier)
            self.offset = self.add_weight(name="bias", shape=(self.units,), initializer=start)

    def call(self, inputs):
        # The inputs are scaled and not the kernel: so its gradient is small enough for float16 under loss scaling.
        outputs = keras.ops.matmul(inputs * self.scale, self.kernel)
        return outputs if self.offset is None else outputs + self.offset * self.lr_multiplier

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "gain": self.gain,
            "lr_multiplier": self.lr_multiplier,
            "use_bias": self.use_bias,
            "bias": self.bias,
        }
