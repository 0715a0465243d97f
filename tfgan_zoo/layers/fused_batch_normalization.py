"""Batch normalization by TensorFlow's fused kernel where that gives the same numbers."""

import keras
import tensorflow as tf

from tfgan_zoo import replicas


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Batch normalization `y = gamma (x - mean) / sqrt(variance + epsilon) + beta`, faster in training.

    Keras 3 builds the training pass from elementary operations. TensorFlow has one kernel for it and one for its
    gradient, which this layer calls for float32 feature maps when no other replica must be asked for its statistics.
    Everything else (inference, half precision, several replicas with `synchronized=True`) is Keras's own layer, so
    weights, arguments, configuration keys and saved files are those of `keras.layers.BatchNormalization`.

    Args:
        momentum: float in [0, 1], share of the moving statistics that a training pass keeps.
        epsilon: float >= 0, added to the variance.
        synchronized: bool, whether the statistics are those of the global batch when several replicas train.
        **kwargs: the other arguments of `keras.layers.BatchNormalization`, but no `axis` and no `renorm`.

    Input shape: (batch, height, width, channels) for the kernel; any other takes Keras's way. Output shape: the same.

    Raises:
        ValueError: if `axis` is not the last one or `renorm` is asked for.

    Example:

    >>> layer = tfgan_zoo.layers.FusedBatchNormalization(momentum=0.9)
    >>> layer(tf.reshape(tf.range(8.0), (2, 2, 2, 1)), training=True).numpy().ravel()[:2].round(3)
    array([-1.527, -1.091], dtype=float32)

    Reference:
        Ioffe and Szegedy 2015, arXiv 1502.03167, Algorithm 1.
    """

    def __init__(self, *, momentum=0.99, epsilon=1e-3, synchronized=False, **kwargs):
        super().__init__(momentum=momentum, epsilon=epsilon, synchronized=synchronized, **kwargs)
        if self.axis != -1 or self.renorm:
            raise ValueError(
                "`FusedBatchNormalization` normalizes the last axis, without `renorm`. Received: "
                f"`axis={self.axis}`, `renorm={self.renorm}`. Use `keras.layers.BatchNormalization`."
            )

    def call(self, inputs, training=None, mask=None):
        alone = not self.synchronized or replicas.count() == 1
        floats = keras.backend.standardize_dtype(inputs.dtype) == "float32" and self.compute_dtype == "float32"
        if not (training and self.trainable and alone and floats and len(inputs.shape) == 4 and mask is None):
            return super().call(inputs, training=training, mask=mask)
        channels = inputs.shape[-1]
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=self.gamma if self.scale else tf.ones((channels,)),
            offset=self.beta if self.center else tf.zeros((channels,)),
            mean=tf.zeros((0,)),
            variance=tf.zeros((0,)),
            epsilon=self.epsilon,
            is_training=True,
        )
        # The kernel reports the unbiased variance; Keras averages the biased one that it normalizes with.
        count = tf.cast(tf.size(inputs) // channels, tf.float32)
        variance *= (count - 1.0) / count
        self.moving_mean.assign(self.moving_mean * self.momentum + mean * (1.0 - self.momentum))
        self.moving_variance.assign(self.moving_variance * self.momentum + variance * (1.0 - self.momentum))
        return outputs
