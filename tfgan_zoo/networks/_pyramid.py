"""What networks share that work at 4x4, 8x8, 16x16, ... pixels."""

import itertools

import keras

from tfgan_zoo import layers

SMALLEST = 4
SQRT_2 = 2.0**0.5


def sides(image_shape):
    """Sides of the resolutions from 4 to that of the images: a list of ints."""
    fits = len(image_shape) == 3 and image_shape[0] == image_shape[1] and image_shape[2] >= 1
    side = image_shape[0] if fits else 0
    if side < 2 * SMALLEST or side & (side - 1):
        raise ValueError(
            "`image_shape` must be (side, side, channels) with a power of two of at least 8 as side, such as 32, 64 or "
            f"1024. Received: `image_shape={image_shape}`. Pass a fitting `image_size` to `tfgan_zoo.data.images`."
        )
    return [2**level for level in range(2, side.bit_length())]


def width(side, channel_base, channel_max):
    """Channels at a resolution: the fewer, the larger it is."""
    return max(1, min(channel_base // side, channel_max))


def check_counts(**counts):
    """Refuses numbers below 1."""
    for name, count in counts.items():
        if count < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: `{name}={count}`.")


def check_dropout(dropout):
    """Refuses shares outside of [0, 1)."""
    if not 0.0 <= dropout < 1.0:
        raise ValueError(f"`dropout` must be in [0, 1). Received: `dropout={dropout}`.")


def leaky(name):
    """The activation of all these networks."""
    return keras.layers.LeakyReLU(0.2, name=name)


def finished(x, name):
    """Ends a network in float32, also under mixed precision."""
    return keras.layers.Activation("linear", dtype="float32", name=name)(x)


def mapping(latent_dim, style_dim, depth, lr_multiplier, name):
    """Perceptron from latents to styles: latents of unit mean square, equalised dense layers, leaky ReLU."""
    check_counts(latent_dim=latent_dim, style_dim=style_dim, depth=depth)
    latents = keras.Input((latent_dim,), name="z")
    x = layers.PixelNorm(name="normalize")(latents)
    for index in range(depth):
        x = layers.EqualizedDense(style_dim, gain=SQRT_2, lr_multiplier=lr_multiplier, name=f"dense_{index}")(x)
        x = leaky(f"leaky_{index}")(x)
    return keras.Model(latents, finished(x, "style"), name=name)


def noise_parts(noise, shapes):
    """Cuts the flat noise input into one image for each of `shapes`, sides of square images."""
    ends = list(itertools.accumulate(side * side for side in shapes))
    parts = keras.ops.split(noise, ends[:-1], axis=1)
    images = zip(parts, shapes, strict=True)
    return [
        keras.layers.Reshape((side, side, 1), name=f"noise_image_{index}")(part)
        for index, (part, side) in enumerate(images)
    ]
