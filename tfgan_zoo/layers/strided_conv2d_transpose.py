"""Transposed strided convolution, faster in training on processors."""

import keras

from tfgan_zoo.layers._strided import Strided, up


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class StridedConv2DTranspose(Strided, keras.layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose`, faster while it trains on a processor; see `StridedConv2D`.

    Args:
        filters: int >= 1, channels of the output.
        kernel_size: int or two; 4 is the fast one.
        strides: int or two; 2 is the fast one.
        padding: "same", which is the fast one, or "valid".
        **kwargs: the other arguments of `keras.layers.Conv2DTranspose`.

    Input shape: (batch, height, width, channels). Output shape: with stride 2 (batch, 2 height, 2 width, filters).

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> layer = tfgan_zoo.layers.StridedConv2DTranspose(3)
    >>> layer(tf.ones((2, 5, 5, 8)), training=True).shape
    TensorShape([2, 10, 10, 3])

    Reference:
        Radford et al. 2015, arXiv 1511.06434, section 3: fractionally-strided convolutions; by blocks: Shi et al. 2016,
        arXiv 1609.05158, section 2.2.
    """

    operation = staticmethod(up)
