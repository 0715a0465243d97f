"""A constant of one sample, repeated for a batch."""

import keras


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class Constant(keras.layers.Layer):
    """The same array for every sample of a batch; what it is called on tells the batch size alone.

    With `trainable=True` it is learnt, as the 4x4 image that a style-based generator begins with; with
    `trainable=False` it stays what the initializer drew, as the noise that samples are made with.

    Args:
        shape: tuple of ints, of one sample.
        initializer: Keras initializer.
        trainable: bool.

    Input shape: (batch, ...). Output shape: (batch, *shape).

    Example:

    >>> tfgan_zoo.layers.Constant((4, 4, 8))(tf.zeros((2, 5))).shape
    TensorShape([2, 4, 4, 8])

    Reference:
        Karras et al. 2019, arXiv 1812.04948, section 2.
    """

    def __init__(self, shape, initializer="ones", trainable=True, **kwargs):
        super().__init__(trainable=trainable, **kwargs)
        self.shape = tuple(shape)
        self.initializer = keras.initializers.get(initializer)

    def build(self, input_shape):
        self.constant = self.add_weight(name="constant", shape=(1, *self.shape), initializer=self.initializer)

    def call(self, inputs):
        shape = (keras.ops.shape(inputs)[0], *self.shape)
        return keras.ops.broadcast_to(keras.ops.cast(self.constant, self.compute_dtype), shape)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *self.shape)

    def get_config(self):
        initializer = keras.initializers.serialize(self.initializer)
        return {**super().get_config(), "shape": self.shape, "initializer": initializer}
