"""Upsampling and convolution as one transposed convolution."""

import keras
import tensorflow as tf

from tfgan_zoo.layers.mean_pool_conv import check_merged, shifted_sum, unmerged_config


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class UpsampleConv2D(keras.layers.Conv2D):
    """Upsampling by two (each pixel repeated) followed by a convolution, computed as one transposed convolution.

    A pixel that is repeated four times meets the sum of four shifted kernels: the same numbers for (k + 1)^2 / 4
    instead of k^2 multiplications an output, 2.25 times fewer for k = 3. Weights are those of the unmerged
    convolution.

    Args:
        filters: int >= 1, output channels.
        kernel_size: int >= 1, odd.
        **kwargs: `use_bias`, `activation`, initializers, regularizers and constraints, as in `keras.layers.Conv2D`.

    Input shape: (batch, height, width, channels). Output shape: (batch, 2 height, 2 width, filters).

    Raises:
        ValueError: if the kernel size does not fit.

    Example:

    >>> tfgan_zoo.layers.UpsampleConv2D(8, 3)(tf.ones((2, 4, 2, 3))).shape
    TensorShape([2, 8, 4, 8])

    Reference:
        The upsampling of Gulrajani et al. 2017, arXiv 1704.00028 ("UpsampleConv" in the authors' code), and of Miyato
        et al. 2018, arXiv 1802.05957.
    """

    def __init__(self, filters, kernel_size, **kwargs):
        super().__init__(filters, kernel_size, padding="same", **kwargs)
        check_merged(self)

    def call(self, inputs):
        kernel = tf.convert_to_tensor(self.kernel)
        # A transposed convolution meets its kernel turned around, with input and output channels changed about.
        kernel = shifted_sum(tf.transpose(tf.reverse(kernel, axis=(0, 1)), (0, 1, 3, 2)))
        outputs = keras.ops.conv_transpose(inputs, kernel, 2, "same", data_format="channels_last")
        return self.activation(outputs + self.bias if self.use_bias else outputs)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *(side and 2 * side for side in input_shape[1:3]), self.filters)

    def get_config(self):
        return unmerged_config(super().get_config())
