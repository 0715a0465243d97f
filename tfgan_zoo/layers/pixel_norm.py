"""Pixel norm: every feature vector is brought to unit mean square."""

import keras


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class PixelNorm(keras.layers.Layer):
    """Normalises the channels of each pixel (or the components of each vector): `y = x / sqrt(mean(x^2) + epsilon)`.

    It has no weights, so it limits a generator's amplitudes without anything to escape with. Computed in float32.

    Args:
        epsilon: float > 0.

    Input and output shape: (..., channels).

    Raises:
        ValueError: if `epsilon` is not above 0.

    Example:

    >>> tfgan_zoo.layers.PixelNorm()(tf.constant([[3.0, 4.0]])).numpy().round(4)
    array([[0.8485, 1.1314]], dtype=float32)

    Reference:
        Karras et al. 2018, arXiv 1710.10196, section 4.2.
    """

    def __init__(self, epsilon=1e-8, **kwargs):
        super().__init__(**kwargs)
        if not epsilon > 0.0:
            raise ValueError(f"`epsilon` must be above 0. Received: `epsilon={epsilon}`.")
        self.epsilon = epsilon

    def call(self, inputs):
        mean = keras.ops.mean(keras.ops.square(keras.ops.cast(inputs, "float32")), axis=-1, keepdims=True)
        return inputs * keras.ops.cast(keras.ops.rsqrt(mean + self.epsilon), inputs.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}
