"""Strided convolution, faster in training on processors."""

import keras

from tfgan_zoo.layers._strided import STRIDE, Strided, down


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class StridedConv2D(Strided, keras.layers.Conv2D):
    """`keras.layers.Conv2D`, faster while it trains on a processor with kernels of 4x4, stride 2 and "same" padding.

    It gives the same numbers but for the order of the sums: large kernels on small images are one matrix product, and
    the gradient of images with few channels is a convolution of 2x2 blocks of pixels. Everything else (inference, half
    precision, other sizes, graphics cards) is Keras's own layer, so weights, arguments, configuration keys, saved files
    and exports are those of `keras.layers.Conv2D`.

    Args:
        filters: int >= 1, channels of the output.
        kernel_size: int or two; 4 is the fast one.
        strides: int or two; 2 is the fast one.
        padding: "same", which is the fast one, or "valid".
        **kwargs: the other arguments of `keras.layers.Conv2D`.

    Input shape: (batch, height, width, channels). Output shape: with stride 2 (batch, height / 2, width / 2, filters).

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> layer = tfgan_zoo.layers.StridedConv2D(8)
    >>> layer(tf.ones((2, 6, 6, 3)), training=True).shape
    TensorShape([2, 3, 3, 8])

    Reference:
        Radford et al. 2015, arXiv 1511.06434, section 3: strided convolutions instead of pooling; by blocks: Shi et al.
        2016, arXiv 1609.05158, section 2.2.
    """

    operation = staticmethod(down)
    multiple = STRIDE
