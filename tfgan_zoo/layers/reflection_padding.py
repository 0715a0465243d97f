"""Padding by reflection: the border mirrors what lies inside of it."""

import keras


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class ReflectionPadding2D(keras.layers.Layer):
    """Pads pictures by mirroring them at their border pixels, which are not repeated: `3 2 | 1 2 3 | 2 1`.

    Zeros around a picture are an edge that a convolution sees, and paints; a mirrored border has none.

    Args:
        padding: int >= 0, pixels on each of the four sides, fewer than a side of the picture has.

    Input shape: (batch, height, width, channels). Output shape: (batch, height + 2 padding, width + 2 padding,
    channels).

    Raises:
        ValueError: if `padding` is negative, or a known side is not longer than it.

    Example:

    >>> row = keras.ops.reshape([1.0, 2.0, 3.0], (1, 1, 3, 1))
    >>> tfgan_zoo.layers.ReflectionPadding2D(1)(keras.ops.repeat(row, 2, axis=1))[0, 0, :, 0].numpy()
    array([2., 1., 2., 3., 2.], dtype=float32)

    Reference:
        Zhu et al. 2017, arXiv 1703.10593, section 7.2: used in the generators against artefacts at the border.
    """

    def __init__(self, padding=1, **kwargs):
        super().__init__(**kwargs)
        if padding < 0:
            raise ValueError(f"`padding` must be at least 0. Received: `padding={padding}`.")
        self.padding = padding

    def call(self, inputs):
        sides = [[self.padding, self.padding]] * 2
        return keras.ops.pad(inputs, [[0, 0], *sides, [0, 0]], mode="reflect")

    def compute_output_shape(self, input_shape):
        for side in input_shape[1:3]:
            if side is not None and side <= self.padding:
                raise ValueError(
                    "A picture must be larger than `padding`, because it is mirrored. Received: "
                    f"`padding={self.padding}` for shape {tuple(input_shape)}."
                )
        sides = [None if side is None else side + 2 * self.padding for side in input_shape[1:3]]
        return (input_shape[0], *sides, input_shape[3])

    def get_config(self):
        return {**super().get_config(), "padding": self.padding}
