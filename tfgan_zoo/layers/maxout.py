"""Maxout: the largest of several linear pieces."""

import keras


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class Maxout(keras.layers.Layer):
    """Dense layer whose activation is learnt: `h_i(x) = max_j (x W_ij + b_ij)`, j over the pieces.

    Args:
        units: int >= 1, width of the output.
        pieces: int >= 1, linear pieces per unit.
        kernel_initializer: Keras initializer of the weights, `(inputs, units * pieces)`.
        bias_initializer: Keras initializer of the biases.

    Input shape: (..., inputs). Output shape: (..., units).

    Raises:
        ValueError: if `units` or `pieces` is below 1.

    Example:

    >>> tfgan_zoo.layers.Maxout(240, pieces=5)(keras.ops.ones((2, 784))).shape
    TensorShape([2, 240])

    Reference:
        Goodfellow et al. 2013, arXiv 1302.4389, section 2. The first GAN's discriminator is made of it
        (arXiv 1406.2661, section 5).
    """

    def __init__(self, units, pieces=2, *, kernel_initializer="glorot_uniform", bias_initializer="zeros", **kwargs):
        super().__init__(**kwargs)
        if units < 1 or pieces < 1:
            raise ValueError(f"`units` and `pieces` must be at least 1. Received: `units={units}`, `pieces={pieces}`.")
        self.units = units
        self.pieces = pieces
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)

    def build(self, input_shape):
        width = self.units * self.pieces
        self.kernel = self.add_weight(
            name="kernel", shape=(input_shape[-1], width), initializer=self.kernel_initializer
        )
        self.bias = self.add_weight(name="bias", shape=(width,), initializer=self.bias_initializer)

    def call(self, inputs):
        pieces = keras.ops.matmul(inputs, self.kernel) + self.bias
        # -1 stands for the batch, whatever its size: all the other axes are known.
        shape = (-1, *inputs.shape[1:-1], self.units, self.pieces)
        return keras.ops.max(keras.ops.reshape(pieces, shape), axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "pieces": self.pieces,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
        }
