"""One learnt number per channel, for layers whose bias comes behind something else."""

import keras


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class Bias(keras.layers.Layer):
    """`y = x + gain b`, one b per channel.

    Args:
        gain: float, constant factor.

    Input and output shape: (..., channels).

    Example:

    >>> tfgan_zoo.layers.Bias()(tf.ones((2, 4, 4, 3))).shape
    TensorShape([2, 4, 4, 3])
    """

    def __init__(self, gain=1.0, **kwargs):
        super().__init__(**kwargs)
        self.gain = gain

    def build(self, input_shape):
        self.bias = self.add_weight(name="bias", shape=(input_shape[-1],), initializer="zeros")

    def call(self, inputs):
        return inputs + self.bias * self.gain

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "gain": self.gain}
