"""Networks of StyleGAN2: modulated convolutions, a generator with skips of images, a residual discriminator."""

import keras

from tfgan_zoo import layers
from tfgan_zoo.networks import _pyramid
from tfgan_zoo.networks._pyramid import SQRT_2, check_counts, check_dropout, finished, leaky, sides, width

__all__ = ["discriminator", "mapping", "synthesis"]


def mapping(latent_dim=512, *, style_dim=512, depth=8, lr_multiplier=0.01):
    """Mapping network: normalised latents through dense layers to styles.

    Args:
        latent_dim: int >= 1.
        style_dim: int >= 1, width of all layers.
        depth: int >= 1, number of layers; 2 for small images in the authors' later settings.
        lr_multiplier: float > 0, how much slower it learns than the rest.

    Returns:
        A built `keras.Model`, (batch, latent_dim) -> float32 (batch, style_dim).

    Raises:
        ValueError: if a number is out of range.

    Example:

    >>> tfgan_zoo.networks.style2.mapping(8, style_dim=6, depth=2).output_shape
    (None, 6)

    Reference:
        Karras et al. 2020, arXiv 1912.04958, appendix B.
    """
    return _pyramid.mapping(latent_dim, style_dim, depth, lr_multiplier, "style2_mapping")


def synthesis(image_shape=(1024, 1024, 3), style_dim=512, *, channel_base=32768, channel_max=512):
    """Synthesis network: modulated convolutions with noise; every resolution adds its image to the enlarged one before.

    The constants of the leaky ReLU's gain, sqrt(2), are folded into what stands before it, which is the same function.

    Args:
        image_shape: (side, side, channels), side a power of two >= 8.
        style_dim: int >= 1.
        channel_base: int >= 1; a resolution has `channel_base / side` channels (16384 in the paper's smaller
            configuration for 256 pixels),
        channel_max: int >= 1, but no more than this.

    Returns:
        A built `keras.Model` of two inputs: `styles` (batch, layers, style_dim), the style of each layer, and `noise`
        (batch, pixels), the noise images of all layers one after the other -> float32 (batch, *image_shape). With the
        defaults and `mapping()` there are 30,370,060 trainable parameters.

    Raises:
        ValueError: if the image shape does not fit or a number is out of range.

    Example:

    >>> network = tfgan_zoo.networks.style2.synthesis((16, 16, 3), 6, channel_base=64)
    >>> [tuple(tensor.shape) for tensor in network.inputs], network.output_shape
    ([(None, 6, 6), (None, 656)], (None, 16, 16, 3))

    Reference:
        Karras et al. 2020, arXiv 1912.04958, figure 2d, figure 7b and appendix B.
    """
    resolutions = sides(image_shape)
    check_counts(style_dim=style_dim, channel_base=channel_base, channel_max=channel_max)
    shapes = [4] + [side for side in resolutions[1:] for _ in range(2)]
    # The last image takes the style of a layer that would follow.
    styles = keras.Input((len(shapes) + 1, style_dim), name="styles")
    noise = keras.Input((sum(side * side for side in shapes),), name="noise")
    noises, each, image, place = _pyramid.noise_parts(noise, shapes), keras.ops.unstack(styles, axis=1), None, 0
    x = layers.Constant((4, 4, width(4, channel_base, channel_max)), _normal(), name="constant")(styles)
    for side in resolutions:
        filters = width(side, channel_base, channel_max)
        for index in (1,) if side == 4 else (0, 1):
            x = _styled(x, filters, index == 0, each[place], noises[place], f"{side}_{index}")
            place += 1
        image = _added(image, x, each[place], side, image_shape[2])
    return keras.Model([styles, noise], finished(image, "image"), name="style2_synthesis")


def _normal():
    return keras.initializers.RandomNormal(stddev=1.0)


def _styled(x, filters, up, style, noise, name):
    x = layers.ModulatedConv2D(filters, 3, up=up, gain=SQRT_2, name=f"conv_{name}")([x, style])
    x = layers.NoiseInjection(gain=SQRT_2, name=f"noise_{name}")([x, noise])
    return leaky(f"leaky_{name}")(layers.Bias(gain=SQRT_2, name=f"bias_{name}")(x))


def _added(before, x, style, side, channels):
    rgb = layers.ModulatedConv2D(channels, 1, demodulate=False, use_bias=True, name=f"rgb_{side}")([x, style])
    rgb = finished(rgb, f"to_rgb_{side}")
    if before is None:
        return rgb
    before = layers.UpFIRDown(resample="up", name=f"grow_{side}", dtype="float32")(before)
    return keras.layers.Add(name=f"image_{side}", dtype="float32")([before, rgb])


def discriminator(image_shape=(1024, 1024, 3), *, channel_base=32768, channel_max=512, group_size=4, dropout=0.0):
    """Residual discriminator: blocks that blur and halve, minibatch deviation, one logit.

    Args:
        image_shape: (side, side, channels), side a power of two >= 8.
        channel_base: int >= 1; a resolution has `channel_base / side` channels,
        channel_max: int >= 1, but no more than this.
        group_size: int >= 1, see `tfgan_zoo.layers.MinibatchStandardDeviation`.
        dropout: float in [0, 1), share dropped before the logit; the paper has none.

    Returns:
        A built `keras.Model`, (batch, *image_shape) -> float32 (batch, 1), logits. With the defaults it has 29,012,513
        trainable parameters.

    Raises:
        ValueError: if the image shape does not fit or a number is out of range.

    Example:

    >>> tfgan_zoo.networks.style2.discriminator((16, 16, 3), channel_base=64).output_shape
    (None, 1)

    Reference:
        Karras et al. 2020, arXiv 1912.04958, figure 7c and appendix B.
    """
    resolutions = sides(image_shape)
    check_counts(channel_base=channel_base, channel_max=channel_max, group_size=group_size)
    check_dropout(dropout)
    images = keras.Input(image_shape, name="image")
    x = _activated(images, width(image_shape[0], channel_base, channel_max), 1, "rgb")
    for side in reversed(resolutions[1:]):
        x = _residual(x, side, *(width(each, channel_base, channel_max) for each in (side, side // 2)))
    x = layers.MinibatchStandardDeviation(group_size, name="deviation")(x)
    filters = width(4, channel_base, channel_max)
    x = keras.layers.Flatten(name="flatten")(_activated(x, filters, 3, "conv_4"))
    x = leaky("leaky_dense")(layers.EqualizedDense(filters, gain=SQRT_2, name="dense")(x))
    if dropout:
        x = keras.layers.Dropout(dropout, name="dropout")(x)
    x = layers.EqualizedDense(1, name="to_logit")(x)
    return keras.Model(images, finished(x, "logit"), name="style2_discriminator")


def _activated(x, filters, kernel_size, name):
    x = layers.EqualizedConv2D(filters, kernel_size, gain=SQRT_2, bias_gain=SQRT_2, name=name)(x)
    return leaky(f"leaky_{name}")(x)


def _residual(x, side, filters, next_filters):
    """Both branches are divided by sqrt(2): for the left one that is its activation's gain."""
    left = _activated(x, filters, 3, f"conv_{side}_0")
    left = layers.UpFIRDown(padding=(2, 2), name=f"blur_{side}")(left)
    left = layers.EqualizedConv2D(next_filters, 3, strides=2, padding="valid", name=f"conv_{side}_1")(left)
    left = leaky(f"leaky_{side}_1")(left)
    right = layers.UpFIRDown(resample="down", name=f"shrink_{side}")(x)
    right = layers.EqualizedConv2D(next_filters, 1, gain=1 / SQRT_2, use_bias=False, name=f"skip_{side}")(right)
    return keras.layers.Add(name=f"sum_{side}")([left, right])
