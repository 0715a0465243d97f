"""Truncation: styles are drawn towards their mean, variety for quality."""

import keras
import tensorflow as tf

from tfgan_zoo import replicas


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class Truncation(keras.layers.Layer):
    """`w' = mean(w) + psi (w - mean(w))`; psi = 1 changes nothing, psi = 0 gives the mean style for every latent.

    Args:
        psi: float, usually in [0, 1].
        decay: float in [0, 1), of the moving mean that `track` keeps.

    Input and output shape: (batch, style_dim).

    Raises:
        ValueError: if `decay` is out of range.

    Example:

    >>> layer = tfgan_zoo.layers.Truncation(0.5)
    >>> layer(tf.constant([[2.0, 4.0]])).numpy()
    array([[1., 2.]], dtype=float32)

    Reference:
        Karras et al. 2019, arXiv 1812.04948, appendix B.
    """

    def __init__(self, psi=1.0, *, decay=0.995, **kwargs):
        super().__init__(**kwargs)
        if not 0.0 <= decay < 1.0:
            raise ValueError(f"`decay` must be in [0, 1). Received: `decay={decay}`.")
        self.psi = psi
        self.decay = decay

    def build(self, input_shape):
        self.mean = self.add_weight(name="mean", shape=(input_shape[-1],), initializer="zeros", trainable=False)

    def call(self, inputs):
        mean = keras.ops.cast(self.mean, inputs.dtype)
        return inputs if self.psi == 1.0 else mean + self.psi * (inputs - mean)

    def track(self, styles):
        """Moves the mean towards that of the global batch."""
        now = replicas.batch_mean(tf.cast(styles, tf.float32))[0]
        self.mean.assign_add((1.0 - self.decay) * (now - self.mean.value))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "psi": self.psi, "decay": self.decay}
