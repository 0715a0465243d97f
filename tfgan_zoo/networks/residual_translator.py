"""Residual translator: the generator of CycleGAN, residual blocks at a quarter of the resolution."""

import keras

from tfgan_zoo.layers import ReflectionPadding2D
from tfgan_zoo.networks._translation import check_counts, check_shape, instance_norm, normal

__all__ = ["generator"]


def generator(
    image_shape=(256, 256, 3),
    *,
    output_channels=None,
    blocks=9,
    base_channels=64,
    resize_convolution=False,
    skip=False,
    name="residual_generator",
):
    """Residual network that makes a picture of a picture.

    In the paper's notation c7s1-64, d128, d256, R256 x blocks, u128, u64, c7s1-3: a 7x7 convolution, two of stride 2,
    residual blocks of two 3x3 convolutions, two fractionally strided ones, and a 7x7 convolution with tanh. Borders are
    reflected, maps normalised by instance without scale and shift, and all convolutions have biases.

    Args:
        image_shape: (height, width, channels). Sides that are None stand for pictures of any size whose sides 4
            divides.
        output_channels: int >= 1; those of the input when None.
        blocks: int >= 1, residual blocks; the paper has 9 for 256 pixels and more, 6 for 128.
        base_channels: int >= 1, channels at full resolution.
        resize_convolution: bool, whether maps are enlarged by repetition and a 3x3 convolution instead of a
            transposed one, which can leave checkerboards.
        skip: bool, whether the picture is added to the output before the tanh, which needs as many output as input
            channels. The first normalisation takes away a picture's mean colour and overall contrast, so without a
            skip, as in the paper, `c + s x`, with a colour c and a number s > 0, gives what `x` gives.
        name: str, name of the Keras model.

    Returns:
        A built `keras.Model`, (batch, height, width, channels) in [-1, 1] -> float32 (batch, height, width,
        output_channels) in [-1, 1]. 11,378,179 parameters with 9 blocks, 7,837,699 with 6.

    Raises:
        ValueError: if 4 does not divide the sides, they are too small, a number is out of range, or `skip` is to add
            pictures of different numbers of channels.

    Example:

    >>> network = tfgan_zoo.networks.residual_translator.generator((None, None, 3), blocks=1, base_channels=2)
    >>> network(np.zeros((1, 16, 24, 3))).shape
    TensorShape([1, 16, 24, 3])

    Reference:
        Zhu et al. 2017, arXiv 1703.10593, section 7.2; after Johnson et al. 2016, arXiv 1603.08155.
    """
    check_shape(image_shape)
    check_counts(base_channels=base_channels, blocks=blocks, output_channels=output_channels or image_shape[2])
    if any(side is not None and (side % 4 or side < 8) for side in image_shape[:2]):
        raise ValueError(
            f"`image_shape` must have sides of 8 pixels or more that 4 divides. Received: `image_shape={image_shape}`."
        )
    output_channels = output_channels or image_shape[2]
    if skip and output_channels != image_shape[2]:
        raise ValueError(
            "`skip` adds the picture to the output, which must have as many channels. Received: "
            f"`output_channels={output_channels}` for {image_shape[2]} channels. Leave out `skip` or `output_channels`."
        )
    images = keras.Input(image_shape, name="image")
    x = _block(images, base_channels, 7, "first", padding=3)
    for level in (1, 2):
        x = _block(x, base_channels * 2**level, 3, f"down_{level}", strides=2)
    for index in range(blocks):
        x = _residual(x, index)
    for level in (1, 0):
        x = _enlarge(x, base_channels * 2**level, resize_convolution, f"up_{level}")
    x = ReflectionPadding2D(3, name="pad_last")(x)
    x = keras.layers.Conv2D(output_channels, 7, kernel_initializer=normal(), name="to_image")(x)
    if skip:
        x = keras.layers.Add(dtype="float32", name="skip")([x, images])
    x = keras.layers.Activation("tanh", dtype="float32", name="output")(x)
    return keras.Model(images, x, name=name)


def _block(x, width, kernel, name, *, padding=0, strides=1, activation=True):
    """Convolution, normalisation and ReLU; without `padding` the border is zeros."""
    if padding:
        x = ReflectionPadding2D(padding, name=f"pad_{name}")(x)
    border = "valid" if padding else "same"
    x = keras.layers.Conv2D(width, kernel, strides, border, kernel_initializer=normal(), name=name)(x)
    return _normalized(x, name, activation)


def _normalized(x, name, activation=True):
    x = instance_norm(f"norm_{name}", affine=False)(x)
    return keras.layers.ReLU(name=f"relu_{name}")(x) if activation else x


def _residual(x, index):
    width = x.shape[-1]
    y = _block(x, width, 3, f"block_{index}_a", padding=1)
    y = _block(y, width, 3, f"block_{index}_b", padding=1, activation=False)
    return keras.layers.Add(name=f"add_{index}")([x, y])


def _enlarge(x, width, resize_convolution, name):
    if resize_convolution:
        x = keras.layers.UpSampling2D(2, name=f"resize_{name}")(x)
        return _block(x, width, 3, name, padding=1)
    x = keras.layers.Conv2DTranspose(width, 3, 2, "same", kernel_initializer=normal(), name=name)(x)
    return _normalized(x, name)
