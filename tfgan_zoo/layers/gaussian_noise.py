"""Gaussian noise that does not depend on the number of devices."""

import math

import keras
import tensorflow as tf

from tfgan_zoo import replicas

RADIUS_BITS = 20  # Of 32 random bits; the others give the angle.


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class GaussianNoise(keras.layers.Layer):
    """Adds noise while training, `y = x + stddev n`, n standard normal; otherwise `y = x`.

    With `keras.layers.GaussianNoise` every replica adds the same noise to its own samples. Here the noise is drawn for
    the global batch and each replica takes its rows, so that one device and many see the same numbers. The state of
    the draws is a variable of the layer, as it is in Keras.

    Args:
        stddev: float >= 0.
        seed: int, or None for one from Python's random numbers, which `keras.utils.set_random_seed` seeds.

    Input shape: any, batch first. Output shape: the same.

    Raises:
        ValueError: if `stddev` is negative.

    Example:

    >>> layer = tfgan_zoo.layers.GaussianNoise(0.5, seed=1)
    >>> layer(tf.ones((2, 3))).numpy()
    array([[1., 1., 1.],
           [1., 1., 1.]], dtype=float32)
    >>> bool(tf.reduce_all(layer(tf.ones((2, 3)), training=True) != 1.0))
    True

    Reference:
        Salimans et al. 2016, arXiv 1606.03498, whose discriminators have it before every layer (authors' code,
        openai/improved-gan). The draws: Box and Muller 1958, "A note on the generation of random normal deviates".
    """

    def __init__(self, stddev, *, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not stddev >= 0.0:
            raise ValueError(f"`stddev` must be at least 0. Received: `stddev={stddev}`.")
        self.stddev = stddev
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True

    def call(self, inputs, training=False):
        if not training or self.stddev == 0.0:
            return inputs
        noise = replicas.draw(self._noise, tf.shape(inputs), self.seed_generator.next())
        return inputs + tf.cast(noise, inputs.dtype)

    def _noise(self, shape, seed):
        """Draws by Box and Muller, float32, at most 5.4 deviations from 0.

        TensorFlow's own normal numbers are made one by one on a processor, and were a third of a step of feature
        matching; these are made by vector instructions, two of them from 32 random bits, in less than half the time.
        """
        size = tf.reduce_prod(shape)
        bits = tf.random.stateless_uniform([(size + 1) // 2], seed, minval=None, maxval=None, dtype=tf.uint32)
        bits = tf.bitcast(bits, tf.int32)  # Which becomes float32 by vector instructions.
        low = tf.cast(tf.bitwise.bitwise_and(bits, (1 << RADIUS_BITS) - 1), tf.float32)
        high = tf.cast(tf.bitwise.right_shift(bits, RADIUS_BITS), tf.float32)  # From minus to plus half a turn.
        radius = tf.sqrt(-2.0 * self.stddev**2 * tf.math.log((low + 0.5) / (1 << RADIUS_BITS)))
        angle = 2.0 * math.pi / (1 << 32 - RADIUS_BITS) * high
        pairs = tf.concat([radius * tf.cos(angle), radius * tf.sin(angle)], axis=0)
        return tf.reshape(pairs[:size], shape)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "stddev": self.stddev, "seed": self.seed}
