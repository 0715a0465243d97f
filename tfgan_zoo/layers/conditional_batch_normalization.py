"""Batch normalization with a scale and an offset for each class."""

import keras
import tensorflow as tf

from tfgan_zoo.layers.fused_batch_normalization import FusedBatchNormalization


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class ConditionalBatchNormalization(keras.layers.Layer):
    """Batch normalization `y = gamma_c (x - mean) / sqrt(variance + epsilon) + beta_c`, c the class of the sample.

    The statistics are those of the whole batch, whatever its classes. It is called on `[x, labels]`.

    Args:
        num_classes: int >= 1.
        momentum: float in [0, 1], share of the moving statistics that a training pass keeps.
        epsilon: float >= 0, added to the variance.
        synchronized: bool, whether the statistics are those of the global batch when several replicas train.

    Input shapes: [(batch, ..., channels), (batch,)], the labels integers in [0, num_classes). Output shape:
    (batch, ..., channels).

    Raises:
        ValueError: if `num_classes` is below 1.

    Example:

    >>> layer = tfgan_zoo.layers.ConditionalBatchNormalization(10)
    >>> layer([tf.ones((2, 4, 4, 3)), tf.constant([7, 0])]).shape
    TensorShape([2, 4, 4, 3])

    Reference:
        Dumoulin et al. 2017, arXiv 1610.07629, equation 5, there for instances; of batches, by a class, in Miyato and
        Koyama 2018, arXiv 1802.05637, section 4. Momentum 0.9 and epsilon 2e-5 are those of the latter's code
        (pfnet-research/sngan_projection).
    """

    def __init__(self, num_classes, *, momentum=0.9, epsilon=2e-5, synchronized=False, **kwargs):
        super().__init__(**kwargs)
        if num_classes < 1:
            raise ValueError(f"`num_classes` must be at least 1. Received: `num_classes={num_classes}`.")
        self.num_classes = num_classes
        self.momentum = momentum
        self.epsilon = epsilon
        self.synchronized = synchronized
        self.norm = FusedBatchNormalization(
            momentum=momentum,
            epsilon=epsilon,
            synchronized=synchronized,
            center=False,
            scale=False,
            dtype=self.dtype_policy,
            name="norm",
        )

    def build(self, input_shape):
        features, _ = input_shape
        self.norm.build(features)
        shape = (self.num_classes, features[-1])
        self.gamma = self.add_weight(name="gamma", shape=shape, initializer="ones")
        self.beta = self.add_weight(name="beta", shape=shape, initializer="zeros")

    def call(self, inputs, training=False):
        features, labels = inputs
        rows = (-1, *(1,) * (len(features.shape) - 2), features.shape[-1])
        gamma, beta = (tf.reshape(tf.gather(table.value, labels), rows) for table in (self.gamma, self.beta))
        return self.norm(features, training=training) * gamma + beta

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def get_config(self):
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "synchronized": self.synchronized,
        }
