"""Adaptive instance normalisation: a style sets the mean and the deviation of every channel."""

import keras
import tensorflow as tf

from tfgan_zoo.layers.equalized_dense import EqualizedDense


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class AdaptiveInstanceNormalization(keras.layers.Layer):
    """`y_c = (1 + s_c) (x_c - mean(x_c)) / sqrt(var(x_c) + epsilon) + b_c`, mean and variance over one image's pixels.

    `(s, b)` is an affine map of the style, an `EqualizedDense` that belongs to the layer. Computed in float32.

    Args:
        epsilon: float > 0; at least 1e-4 in float16, where the gradients of a constant image would overflow.

    Input: tuple of images (batch, height, width, channels) and styles (batch, style_dim). Output shape: that of the
    images.

    Raises:
        ValueError: if `epsilon` is not above 0.

    Example:

    >>> images, styles = tf.random.normal((2, 8, 8, 3)), tf.random.normal((2, 5))
    >>> tfgan_zoo.layers.AdaptiveInstanceNormalization()((images, styles)).shape
    TensorShape([2, 8, 8, 3])

    Reference:
        Karras et al. 2019, arXiv 1812.04948, equation 1; the 1 added to s from the authors' code.
    """

    def __init__(self, epsilon=1e-8, **kwargs):
        super().__init__(**kwargs)
        if not epsilon > 0.0:
            raise ValueError(f"`epsilon` must be above 0. Received: `epsilon={epsilon}`.")
        self.epsilon = epsilon

    def build(self, input_shape):
        images, styles = input_shape
        self.affine = EqualizedDense(2 * images[-1], name="affine", dtype=self.dtype_policy)
        self.affine.build(styles)

    def call(self, inputs):
        images, styles = inputs
        scale, shift = tf.split(self.affine(styles)[:, tf.newaxis, tf.newaxis], 2, axis=-1)
        features = tf.cast(images, tf.float32)
        features -= tf.reduce_mean(features, axis=[1, 2], keepdims=True)
        variance = tf.reduce_mean(tf.square(features), axis=[1, 2], keepdims=True)
        epsilon = max(self.epsilon, 1e-4) if self.compute_dtype == "float16" else self.epsilon
        features *= tf.math.rsqrt(variance + epsilon)
        return tf.cast(features, images.dtype) * (1.0 + scale) + shift

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}
