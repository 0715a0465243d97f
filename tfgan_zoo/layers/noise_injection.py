"""Noise that is added to feature maps with a learnt strength."""

import keras


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class NoiseInjection(keras.layers.Layer):
    """`y = x + gain strength noise`: detail that no latent vector needs to describe, such as where each hair lies.

    The strength begins at zero. The noise is an input, drawn by whoever runs the network: a new draw at each training
    step, a fixed one where the same latents are to give the same image.

    Args:
        per_channel: bool, whether each channel has a strength of its own (StyleGAN) or all share one (StyleGAN2).
        gain: float, constant factor.

    Input: tuple of images (batch, height, width, channels) and noise (batch, height, width, 1). Output shape: that of
    the images.

    Example:

    >>> layer = tfgan_zoo.layers.NoiseInjection()
    >>> layer((tf.ones((2, 4, 4, 3)), tf.ones((2, 4, 4, 1)))).shape
    TensorShape([2, 4, 4, 3])

    Reference:
        Karras et al. 2019, arXiv 1812.04948, section 2; one strength for all channels: arXiv 1912.04958, appendix B.
    """

    def __init__(self, per_channel=False, *, gain=1.0, **kwargs):
        super().__init__(**kwargs)
        self.per_channel = per_channel
        self.gain = gain

    def build(self, input_shape):
        shape = (input_shape[0][-1],) if self.per_channel else ()
        self.strength = self.add_weight(name="strength", shape=shape, initializer="zeros")

    def call(self, inputs):
        images, noise = inputs
        return images + noise * (self.strength * self.gain)

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def get_config(self):
        return {**super().get_config(), "per_channel": self.per_channel, "gain": self.gain}
