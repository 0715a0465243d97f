"""Minibatch discrimination: how close each sample is to the others of its batch."""

import keras
import tensorflow as tf

from tfgan_zoo import replicas


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class MinibatchDiscrimination(keras.layers.Layer):
    """Appends to each sample's features their closeness to those of the batch, so that a collapse can be seen.

    `M_i = f(x_i) T`, a matrix of kernels by dimensions; `c_b(i, j) = exp(-|M_ib - M_jb|_1)`; `o_b(i) = sum over j of
    c_b(i, j)`. The sample itself is among the j, as in the paper, which adds 1. When several replicas train, the j are
    all samples of the global batch.

    Args:
        kernels: int >= 1, number of closenesses that are appended (B of the paper).
        dimensions: int >= 1, numbers that each of them compares (C of the paper).
        kernel_initializer: Keras initializer of the tensor T, (inputs, kernels * dimensions).

    Input shape: (batch, inputs). Output shape: (batch, inputs + kernels).

    Raises:
        ValueError: if `kernels` or `dimensions` is below 1.

    Example:

    >>> layer = tfgan_zoo.layers.MinibatchDiscrimination(2, 3)
    >>> layer(tf.zeros((4, 5))).numpy()[0]  # Four samples that are alike.
    array([0., 0., 0., 0., 0., 4., 4.], dtype=float32)

    Reference:
        Salimans et al. 2016, arXiv 1606.03498, section 3.2.
    """

    def __init__(self, kernels=100, dimensions=5, *, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        if kernels < 1 or dimensions < 1:
            raise ValueError(
                "`kernels` and `dimensions` must be at least 1. Received: "
                f"`kernels={kernels}`, `dimensions={dimensions}`."
            )
        self.kernels = kernels
        self.dimensions = dimensions
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape):
        shape = (input_shape[-1], self.kernels * self.dimensions)
        self.kernel = self.add_weight(name="kernel", shape=shape, initializer=self.kernel_initializer)

    def call(self, inputs):
        products = tf.matmul(inputs, self.kernel.value)
        mine = tf.reshape(tf.cast(products, tf.float32), (-1, self.kernels, self.dimensions))
        distances = tf.reduce_sum(tf.abs(mine[:, None] - replicas.gather(mine)[None]), axis=3)
        closeness = tf.reduce_sum(tf.exp(-distances), axis=1)
        return tf.concat([inputs, tf.cast(closeness, inputs.dtype)], axis=1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + self.kernels)

    def get_config(self):
        return {
            **super().get_config(),
            "kernels": self.kernels,
            "dimensions": self.dimensions,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
