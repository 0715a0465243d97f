"""Fade-in of a new resolution."""

import keras


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class FadeIn(keras.layers.Layer):
    """`y = (1 - alpha) old + alpha new`, where alpha is a variable that training moves from 0 to 1.

    Input: tuple of two tensors of one shape and type, old and new. Output: the same shape and type. Alpha begins at 1.

    Example:

    >>> layer = tfgan_zoo.layers.FadeIn()
    >>> layer((tf.zeros((1, 2)), tf.ones((1, 2)))).numpy()
    array([[1., 1.]], dtype=float32)

    Reference:
        Karras et al. 2018, arXiv 1710.10196, figure 2.
    """

    def __init__(self, **kwargs):
        super().__init__(**{"autocast": False, **kwargs})

    def build(self, input_shape):
        self.alpha = self.add_weight(name="alpha", shape=(), initializer="ones", trainable=False)

    def call(self, inputs):
        old, new = inputs
        return old + keras.ops.cast(self.alpha, old.dtype) * (new - old)

    def compute_output_shape(self, input_shape):
        return input_shape[0]
