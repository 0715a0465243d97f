"""Minibatch standard deviation: how much the images of a group differ, as one more channel."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class MinibatchStandardDeviation(keras.layers.Layer):
    """Appends a channel that holds, for each group of samples, the mean over all features of their deviation.

    `s = mean over features of sqrt(var over the group + 1e-8)`. A discriminator sees by it that a generator has
    collapsed to few images. Computed in float32.

    Groups are consecutive rows of a batch, so that replicas, which hold contiguous shares of it, form the same groups
    as one device. A batch that the group size does not divide is cut into groups of its largest divisor below that.

    Args:
        group_size: int >= 1, samples in a group.

    Input shape: (batch, height, width, channels). Output shape: (batch, height, width, channels + 1).

    Raises:
        ValueError: if `group_size` is below 1.

    Example:

    >>> images = tf.reshape([1.0, 3.0], (2, 1, 1, 1))
    >>> tfgan_zoo.layers.MinibatchStandardDeviation()(images).numpy().ravel()
    array([1., 1., 3., 1.], dtype=float32)

    Reference:
        Karras et al. 2018, arXiv 1710.10196, section 3; groups of 4 from the authors' code.
    """

    def __init__(self, group_size=4, **kwargs):
        super().__init__(**kwargs)
        if group_size < 1:
            raise ValueError(f"`group_size` must be at least 1. Received: `group_size={group_size}`.")
        self.group_size = group_size

    def call(self, inputs):
        features = tf.cast(inputs, tf.float32)
        groups = tf.reshape(features, (-1, self._group(inputs), *inputs.shape[1:]))
        centred = groups - tf.reduce_mean(groups, axis=1, keepdims=True)
        deviation = tf.sqrt(tf.reduce_mean(tf.square(centred), axis=1, keepdims=True) + 1e-8)
        channel = tf.reduce_mean(deviation, axis=[2, 3, 4], keepdims=True) + tf.zeros_like(groups[..., :1])
        channel = tf.reshape(channel, (-1, *inputs.shape[1:-1], 1))
        return tf.concat([inputs, tf.cast(channel, inputs.dtype)], axis=-1)

    def _group(self, inputs):
        """Size of the groups of a batch, a number where the batch size is one."""
        if inputs.shape[0] is not None:
            return max(size for size in range(1, self.group_size + 1) if inputs.shape[0] % size == 0)
        sizes = tf.range(1, self.group_size + 1)
        return tf.reduce_max(tf.where(tf.shape(inputs)[0] % sizes == 0, sizes, 1))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + 1)

    def get_config(self):
        return {**super().get_config(), "group_size": self.group_size}
