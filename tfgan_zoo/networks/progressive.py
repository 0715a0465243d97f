"""Generator and discriminator of progressive growing: all resolutions from 4x4 exist from the start.

The networks are whole graphs, of which a model trains the part that a stage needs (`tfgan_zoo.models.ProGAN`). It finds
the parts by name: in the generator `to_rgb_<side>` (image at a resolution) and `fade_<side>` (image while that
resolution is faded in); in the discriminator `from_rgb_<side>`, `block_<side>` (features of one resolution to those of
half of it), `fade_<side>` and `head` (features at 4x4 to logits).
"""

import keras

from tfgan_zoo import layers
from tfgan_zoo.networks._pyramid import SQRT_2, check_counts, check_dropout, finished, leaky, sides, width

__all__ = ["discriminator", "generator"]


def generator(image_shape=(1024, 1024, 3), latent_dim=512, *, channel_base=16384, channel_max=512):
    """Generator of progressive growing: doubles the size and convolves twice, pixel norm after every convolution.

    Sizes are doubled by repeating pixels. There is no activation at the output: images leave [-1, 1] a little, and are
    cut off when they are shown.

    Args:
        image_shape: (side, side, channels), side a power of two >= 8.
        latent_dim: int >= 1.
        channel_base: int >= 1; a resolution has `channel_base / side` channels,
        channel_max: int >= 1, but no more than this.

    Returns:
        A built `keras.Model`, (batch, latent_dim) -> float32 (batch, *image_shape). With the defaults it has
        23,079,115 trainable parameters.

    Raises:
        ValueError: if the image shape does not fit or a number is out of range.

    Example:

    >>> tfgan_zoo.networks.progressive.generator((16, 16, 3), 8, channel_base=64).output_shape
    (None, 16, 16, 3)

    Reference:
        Karras et al. 2018, arXiv 1710.10196, table 2.
    """
    resolutions = sides(image_shape)
    check_counts(latent_dim=latent_dim, channel_base=channel_base, channel_max=channel_max)
    latents = keras.Input((latent_dim,), name="z")
    x, image = layers.PixelNorm(name="normalize")(latents), None
    for side in resolutions:
        filters = width(side, channel_base, channel_max)
        if side == 4:
            # A dense layer onto 4x4 pixels with one bias per channel; the gain is the authors', a quarter of He's.
            x = layers.EqualizedDense(16 * filters, gain=SQRT_2 / 4, use_bias=False, name="dense")(x)
            x = layers.Bias(name="dense_bias")(keras.layers.Reshape((4, 4, filters), name="reshape")(x))
        else:
            x = layers.EqualizedConv2D(filters, 3, gain=SQRT_2, box="up", name=f"conv_{side}_0")(x)
        x = layers.PixelNorm(name=f"norm_{side}_0")(leaky(f"leaky_{side}_0")(x))
        x = layers.EqualizedConv2D(filters, 3, gain=SQRT_2, name=f"conv_{side}_1")(x)
        x = layers.PixelNorm(name=f"norm_{side}_1")(leaky(f"leaky_{side}_1")(x))
        image = _faded(image, x, side, image_shape[2])
    return keras.Model(latents, finished(image, "image"), name="progressive_generator")


def _faded(before, x, side, channels):
    """The image at a resolution, faded in over the one at half of it."""
    image = finished(layers.EqualizedConv2D(channels, 1, name=f"rgb_{side}")(x), f"to_rgb_{side}")
    if before is None:
        return image
    before = keras.layers.UpSampling2D(2, name=f"grow_{side}", dtype="float32")(before)
    return layers.FadeIn(name=f"fade_{side}")([before, image])


def discriminator(
    image_shape=(1024, 1024, 3),
    *,
    channel_base=16384,
    channel_max=512,
    group_size=4,
    blur=False,
    dropout=0.0,
):
    """Discriminator of progressive growing: convolves and halves the size, then minibatch deviation and one logit.

    Args:
        image_shape: (side, side, channels), side a power of two >= 8.
        channel_base: int >= 1; a resolution has `channel_base / side` channels,
        channel_max: int >= 1, but no more than this.
        group_size: int >= 1, see `tfgan_zoo.layers.MinibatchStandardDeviation`.
        blur: bool, whether to blur with (1, 2, 1) before halving, as StyleGAN's discriminator does.
        dropout: float in [0, 1), share dropped before the logit; the papers have none.

    Returns:
        A built `keras.Model`, (batch, *image_shape) -> float32 (batch, 1), logits. With the defaults it has 23,087,249
        trainable parameters.

    Raises:
        ValueError: if the image shape does not fit or a number is out of range.

    Example:

    >>> tfgan_zoo.networks.progressive.discriminator((16, 16, 3), channel_base=64).output_shape
    (None, 1)

    Reference:
        Karras et al. 2018, arXiv 1710.10196, table 2; the blur from arXiv 1812.04948, section 2.
    """
    resolutions = sides(image_shape)
    check_counts(channel_base=channel_base, channel_max=channel_max, group_size=group_size)
    check_dropout(dropout)
    widths = {side: width(side, channel_base, channel_max) for side in resolutions}
    images = keras.Input(image_shape, name="image")
    rest, x = images, _from_rgb(image_shape[0], image_shape[2], widths)(images)
    for side in reversed(resolutions[1:]):
        x = _block(side, widths, blur)(x)
        rest = keras.layers.AveragePooling2D(2, name=f"shrink_{side}")(rest)
        old = _from_rgb(side // 2, image_shape[2], widths)(rest)
        x = layers.FadeIn(name=f"fade_{side}")([old, x])
    x = _head(widths[4], group_size, dropout)(x)
    return keras.Model(images, finished(x, "logit"), name="progressive_discriminator")


def _from_rgb(side, channels, widths):
    image = keras.Input((side, side, channels))
    x = layers.EqualizedConv2D(widths[side], 1, gain=SQRT_2, name=f"rgb_{side}")(image)
    return keras.Model(image, leaky(f"leaky_rgb_{side}")(x), name=f"from_rgb_{side}")


def _block(side, widths, blur):
    features = keras.Input((side, side, widths[side]))
    x = layers.EqualizedConv2D(widths[side], 3, gain=SQRT_2, name=f"conv_{side}_0")(features)
    x = leaky(f"leaky_{side}_0")(x)
    if blur:
        x = layers.UpFIRDown((1, 2, 1), name=f"blur_{side}")(x)
    x = layers.EqualizedConv2D(widths[side // 2], 3, gain=SQRT_2, box="down", name=f"conv_{side}_1")(x)
    return keras.Model(features, leaky(f"leaky_{side}_1")(x), name=f"block_{side}")


def _head(filters, group_size, dropout):
    features = keras.Input((4, 4, filters))
    x = layers.MinibatchStandardDeviation(group_size, name="deviation")(features)
    x = leaky("leaky_4_0")(layers.EqualizedConv2D(filters, 3, gain=SQRT_2, name="conv_4")(x))
    x = keras.layers.Flatten(name="flatten")(x)
    x = leaky("leaky_4_1")(layers.EqualizedDense(filters, gain=SQRT_2, name="dense")(x))
    if dropout:
        x = keras.layers.Dropout(dropout, name="dropout")(x)
    return keras.Model(features, layers.EqualizedDense(1, name="to_logit")(x), name="head")
