"""U-Net: the generator of pix2pix, which halves a picture down to a pixel and back, with connections across."""

import keras

from tfgan_zoo.networks._translation import check_counts, check_shape, instance_norm, normal

__all__ = ["generator"]

MOST_LEVELS = 8  # 256 pixels become one.
NOISY_BLOCKS = 3  # Decoder blocks with dropout, from the inside.


def _levels(image_shape, levels):
    """Number of halvings: as asked, else as many as the sides allow, at most eight."""
    sides = [side for side in image_shape[:2] if side is not None]
    most = min([(side & -side).bit_length() - 1 for side in sides], default=MOST_LEVELS)
    wanted = min(most, MOST_LEVELS) if levels is None else levels
    if wanted > most or wanted < 2:
        raise ValueError(
            "`levels` must be at least 2, and 2**levels must divide the sides of `image_shape`. Received: "
            f"`levels={levels}`, `image_shape={image_shape}`. Sides such as 256, 128 or 64 halve down to one pixel."
        )
    return wanted


def generator(
    image_shape=(256, 256, 3),
    *,
    output_channels=None,
    base_channels=64,
    levels=None,
    dropout=0.5,
    residual=False,
    name="unet_generator",
):
    """U-Net that makes a picture of a picture.

    The encoder is C64-C128-C256-C512-C512-C512-C512-C512, strided 4x4 convolutions, the decoder its mirror; each
    decoder block also sees the encoder's maps of its resolution. LeakyReLU of slope 0.2 goes down, ReLU up, tanh out.
    The first and the innermost map are not normalised. Dropout in the three innermost decoder blocks is the only noise.

    Args:
        image_shape: (height, width, channels). Sides that are None stand for pictures of any size whose sides
            2**levels divides.
        output_channels: int >= 1; those of the input when None.
        base_channels: int >= 1, channels at the highest resolution; doubled up to eight times that.
        levels: int >= 2, how often the sides are halved; when None as often as they allow, at most 8 times.
        dropout: float in [0, 1), share dropped in the three innermost decoder blocks.
        residual: bool, whether the network makes the difference to its input: `clip(image + difference, -1, 1)` instead
            of `tanh`, no parameter more. For repairs that leave most of what is seen as it is, such as of blur: a U-Net
            sees half the resolution at its finest, and has much to learn before it can pass a picture on. Not for
            noise, of which each pixel would have to be known before it can be taken away.
        name: str, name of the Keras model.

    Returns:
        A built `keras.Model`, (batch, height, width, channels) in [-1, 1] -> float32 (batch, height, width,
        output_channels) in [-1, 1]. 54,413,955 parameters with 8 levels, 41,828,995 with 7.

    Raises:
        ValueError: if the sides cannot be halved that often, a number is out of range, or `residual` is to add a
            picture to one of other channels.

    Example:

    >>> network = tfgan_zoo.networks.unet.generator((None, None, 3), levels=3, base_channels=4)
    >>> network(np.zeros((1, 16, 24, 3))).shape
    TensorShape([1, 16, 24, 3])

    Reference:
        Isola et al. 2017, arXiv 1611.07004, sections 3.2.1 and 6.1. Differences instead of pictures: Kim et al. 2016,
        arXiv 1511.04587, section 3.2, for enlargement.

    Notes:
        The paper trains on one picture at a time with batch normalisation and keeps using the statistics of that
        picture at test, "instance normalization" in its words. Here it is that for any batch size: the same numbers
        in training, inference and export. No convolution has a bias but the last.
    """
    check_shape(image_shape)
    output_channels = image_shape[2] if output_channels is None else output_channels
    check_counts(base_channels=base_channels, output_channels=output_channels)
    if not 0.0 <= dropout < 1.0:
        raise ValueError(f"`dropout` must be in [0, 1). Received: `dropout={dropout}`.")
    if residual and output_channels != image_shape[2]:
        raise ValueError(
            "`residual` adds the picture to the output, which must have as many channels. Received: "
            f"`output_channels={output_channels}` for {image_shape[2]} channels. Leave out one of the two."
        )
    levels = _levels(image_shape, levels)
    widths = [base_channels * min(2**level, 8) for level in range(levels)]
    images = keras.Input(image_shape, name="image")
    maps = _encode(images, widths)
    x = _decode(maps, widths, dropout)
    x = _up(output_channels, use_bias=True, name="to_image")(x)
    if residual:
        x = _clip(keras.layers.Add(dtype="float32", name="output")([x, images]))
    else:
        x = keras.layers.Activation("tanh", dtype="float32", name="output")(x)
    return keras.Model(images, x, name=name)


def _clip(x):
    """To [-1, 1], but with the gradient of `x`: with that of clipping, zero, what overshot would never come back."""
    stop = keras.ops.stop_gradient
    return stop(keras.ops.clip(x, -1.0, 1.0)) + (x - stop(x))


def _encode(x, widths):
    """Maps of all levels, the finest first."""
    maps = []
    for level, width in enumerate(widths):
        if level:
            x = keras.layers.LeakyReLU(0.2, name=f"leaky_{level}")(x)
        x = keras.layers.Conv2D(width, 4, 2, "same", use_bias=False, kernel_initializer=normal(), name=f"down_{level}")(
            x
        )
        if 0 < level < len(widths) - 1:
            x = instance_norm(f"down_norm_{level}", affine=True)(x)
        maps.append(x)
    return maps


def _decode(maps, widths, dropout):
    """What the last layer sees: half the input's resolution."""
    x = keras.layers.ReLU(name=f"relu_{len(widths) - 1}")(maps[-1])
    for index, level in enumerate(reversed(range(len(widths) - 1))):
        x = _up(widths[level], use_bias=False, name=f"up_{level}")(x)
        x = instance_norm(f"up_norm_{level}", affine=True)(x)
        if index < NOISY_BLOCKS and dropout:
            x = keras.layers.Dropout(dropout, name=f"dropout_{level}")(x)
        x = keras.layers.Concatenate(name=f"join_{level}")([maps[level], x])
        x = keras.layers.ReLU(name=f"relu_{level}")(x)
    return x


def _up(width, use_bias, name):
    return keras.layers.Conv2DTranspose(width, 4, 2, "same", use_bias=use_bias, kernel_initializer=normal(), name=name)
