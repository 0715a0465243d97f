"""Convolution and mean pooling as one strided convolution."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class MeanPoolConv2D(keras.layers.Conv2D):
    """Convolution followed by 2x2 mean pooling, computed as one convolution of stride 2.

    The mean of four shifted convolutions is one convolution with the mean of four shifted kernels, one pixel larger
    and at every other place: the same numbers for (k + 1)^2 instead of 4 k^2 multiplications an output, 2.25 times
    fewer for k = 3. Weights are those of the unmerged convolution.

    Args:
        filters: int >= 1, output channels.
        kernel_size: int >= 1, odd.
        **kwargs: `use_bias`, `activation`, initializers, regularizers and constraints, as in `keras.layers.Conv2D`.
            The activation comes after the mean.

    Input shape: (batch, height, width, channels), even sides. Output shape: (batch, height / 2, width / 2, filters).

    Raises:
        ValueError: if the kernel size or a side does not fit.

    Example:

    >>> tfgan_zoo.layers.MeanPoolConv2D(8, 3)(tf.ones((2, 16, 8, 3))).shape
    TensorShape([2, 8, 4, 8])

    Reference:
        The downsampling of Gulrajani et al. 2017, arXiv 1704.00028 ("ConvMeanPool" in the authors' code), and of Miyato
        et al. 2018, arXiv 1802.05957.
    """

    def __init__(self, filters, kernel_size, **kwargs):
        super().__init__(filters, kernel_size, padding="same", **kwargs)
        check_merged(self)

    def build(self, input_shape):
        super().build(input_shape)
        if any(side is not None and side % 2 for side in input_shape[1:3]):
            raise ValueError(
                "The sides of the input must be even, to be halved. Received: "
                f"`input_shape={tuple(input_shape)}`. Resize the images."
            )

    def call(self, inputs):
        kernel = shifted_sum(tf.convert_to_tensor(self.kernel)) / 4.0
        outputs = tf.nn.conv2d(inputs, kernel, 2, "SAME")
        return self.activation(outputs + self.bias if self.use_bias else outputs)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *(side and side // 2 for side in input_shape[1:3]), self.filters)

    def get_config(self):
        return unmerged_config(super().get_config())


def check_merged(layer):
    """Refuses convolutions that cannot be merged with a resampling by two."""
    height, width = layer.kernel_size
    if height != width or height % 2 == 0:
        raise ValueError(
            f"`kernel_size` must be one odd int, to have a middle. Received: `kernel_size={layer.kernel_size}`."
        )
    if layer.strides != (1, 1) or layer.dilation_rate != (1, 1) or layer.groups != 1:
        raise ValueError(
            f"`{type(layer).__name__}` has its own stride of 2 and neither dilation nor groups. Received: "
            f"`strides={layer.strides}`, `dilation_rate={layer.dilation_rate}`, `groups={layer.groups}`."
        )
    if layer.data_format != "channels_last":
        raise ValueError(f"`data_format` must be 'channels_last'. Received: `data_format={layer.data_format!r}`.")


def shifted_sum(kernel):
    """Sum of a kernel with those shifted by a pixel down, right, and both: one pixel larger."""
    for axis in (0, 1):
        before, after = ([[0, 0]] * 4 for _ in range(2))
        before[axis], after[axis] = [1, 0], [0, 1]
        kernel = tf.pad(kernel, before) + tf.pad(kernel, after)
    return kernel


def unmerged_config(config):
    """Configuration without what the layer decides itself."""
    fixed = ("padding", "strides", "dilation_rate", "groups", "data_format", "rank")
    return {name: value for name, value in config.items() if name not in fixed}
