"""Style-based generator (StyleGAN): a mapping network, and a synthesis network that styles and noise steer.

Its discriminator is `tfgan_zoo.networks.progressive.discriminator(..., blur=True)`. The synthesis network is grown as
the generator of `tfgan_zoo.networks.progressive` is, and has the same names.
"""

import keras

from tfgan_zoo import layers
from tfgan_zoo.networks import _pyramid
from tfgan_zoo.networks._pyramid import SQRT_2, check_counts, finished, leaky, sides, width

__all__ = ["mapping", "synthesis"]


def mapping(latent_dim=512, *, style_dim=512, depth=8, lr_multiplier=0.01):
    """Mapping network: normalised latents through dense layers to styles.

    Args:
        latent_dim: int >= 1.
        style_dim: int >= 1, width of all layers.
        depth: int >= 1, number of layers.
        lr_multiplier: float > 0, how much slower it learns than the rest.

    Returns:
        A built `keras.Model`, (batch, latent_dim) -> float32 (batch, style_dim).

    Raises:
        ValueError: if a number is out of range.

    Example:

    >>> tfgan_zoo.networks.style.mapping(8, style_dim=6, depth=2).output_shape
    (None, 6)

    Reference:
        Karras et al. 2019, arXiv 1812.04948, section 2 and appendix C.
    """
    return _pyramid.mapping(latent_dim, style_dim, depth, lr_multiplier, "style_mapping")


def synthesis(image_shape=(1024, 1024, 3), style_dim=512, *, channel_base=16384, channel_max=512):
    """Synthesis network: a learnt 4x4 constant, then two layers a resolution, each with noise, bias and a style.

    A layer is a convolution (doubling the size and blurring with (1, 2, 1), for the first of a resolution), noise with
    a strength per channel, a bias, leaky ReLU, and adaptive instance normalisation.

    Args:
        image_shape: (side, side, channels), side a power of two >= 8.
        style_dim: int >= 1.
        channel_base: int >= 1; a resolution has `channel_base / side` channels,
        channel_max: int >= 1, but no more than this.

    Returns:
        A built `keras.Model` of two inputs: `styles` (batch, layers, style_dim), the style of each layer, and `noise`
        (batch, pixels), the noise images of all layers one after the other -> float32 (batch, *image_shape). With the
        defaults and `mapping()` there are 26,219,627 trainable parameters, of which every resolution's layer to RGB is
        a part.

    Raises:
        ValueError: if the image shape does not fit or a number is out of range.

    Example:

    >>> network = tfgan_zoo.networks.style.synthesis((16, 16, 3), 6, channel_base=64)
    >>> [tuple(tensor.shape) for tensor in network.inputs], network.output_shape
    ([(None, 6, 6), (None, 672)], (None, 16, 16, 3))

    Reference:
        Karras et al. 2019, arXiv 1812.04948, section 2 and figure 1.
    """
    resolutions = sides(image_shape)
    check_counts(style_dim=style_dim, channel_base=channel_base, channel_max=channel_max)
    shapes = [side for side in resolutions for _ in range(2)]
    styles = keras.Input((len(shapes), style_dim), name="styles")
    noise = keras.Input((sum(side * side for side in shapes),), name="noise")
    noises, each, image, x = _pyramid.noise_parts(noise, shapes), keras.ops.unstack(styles, axis=1), None, None
    for level, side in enumerate(resolutions):
        filters = width(side, channel_base, channel_max)
        for index in (0, 1):
            place = 2 * level + index
            x = _convolved(x, filters, side, index, styles)
            x = _styled(x, noises[place], each[place], f"{side}_{index}")
        image = _faded(image, x, side, image_shape[2])
    return keras.Model([styles, noise], finished(image, "image"), name="style_synthesis")


def _convolved(x, filters, side, index, styles):
    if index == 1:
        return layers.EqualizedConv2D(filters, 3, gain=SQRT_2, use_bias=False, name=f"conv_{side}_1")(x)
    if side == 4:
        return layers.Constant((4, 4, filters), name="constant")(styles)
    x = layers.EqualizedConv2D(filters, 3, gain=SQRT_2, use_bias=False, box="up", name=f"conv_{side}_0")(x)
    return layers.UpFIRDown((1, 2, 1), name=f"blur_{side}")(x)


def _styled(x, noise, style, name):
    x = layers.NoiseInjection(per_channel=True, name=f"noise_{name}")([x, noise])
    x = leaky(f"leaky_{name}")(layers.Bias(name=f"bias_{name}")(x))
    return layers.AdaptiveInstanceNormalization(name=f"style_{name}")([x, style])


def _faded(before, x, side, channels):
    """The image at a resolution, faded in over the one at half of it."""
    image = finished(layers.EqualizedConv2D(channels, 1, name=f"rgb_{side}")(x), f"to_rgb_{side}")
    if before is None:
        return image
    before = keras.layers.UpSampling2D(2, name=f"grow_{side}", dtype="float32")(before)
    return layers.FadeIn(name=f"fade_{side}")([before, image])
