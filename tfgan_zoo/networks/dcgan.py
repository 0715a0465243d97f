"""Deep convolutional generator and discriminator (DCGAN), for any image size that halves down to a small one."""

import keras

from tfgan_zoo import layers

__all__ = ["discriminator", "generator"]

SMALLEST = 7  # A side is halved until it is at most this: 64, 32 and 16 end at 4, 28 and 56 at 7.


def _levels(image_shape):
    """Number of times the sides are halved, and the size of the smallest feature map."""
    if len(image_shape) != 3 or image_shape[2] < 1:
        raise ValueError(
            "`image_shape` must be (height, width, channels), batch axis left out. "
            f"Received: `image_shape={image_shape}`."
        )
    height, width, _ = image_shape
    levels = 0
    while max(height, width) > SMALLEST and height % 2 == 0 and width % 2 == 0:
        height, width, levels = height // 2, width // 2, levels + 1
    if levels == 0 or max(height, width) > SMALLEST:
        raise ValueError(
            f"`image_shape` must have sides that can be halved until the longer one is at most {SMALLEST} pixels, "
            f"such as 28, 32, 48, 64 or 128. Received: `image_shape={image_shape}`. Pass a fitting `image_size` to "
            "`tfgan_zoo.data.images`."
        )
    return levels, (height, width)


def _check_counts(**counts):
    for name, count in counts.items():
        if count < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: `{name}={count}`.")


def _normal():
    return keras.initializers.RandomNormal(stddev=0.02)


def _batch_norm(name, synchronized):
    # Reference implementations count 0.1 of the new statistics, Keras names that 0.9 of the old.
    return layers.FusedBatchNormalization(
        momentum=0.9,
        epsilon=1e-5,
        gamma_initializer=keras.initializers.RandomNormal(mean=1.0, stddev=0.02),
        synchronized=synchronized,
        name=name,
    )


def generator(image_shape=(64, 64, 3), latent_dim=100, *, base_channels=64, kernel_size=4, synchronized=True):
    """DCGAN generator: a projection, then fractionally-strided convolutions that double the size.

    Guidelines of the paper that it keeps: no pooling and no fixed upsampling, batch normalisation in all layers but the
    output, no hidden fully connected layer (the projection of z is reshaped at once), ReLU inside, tanh at the
    output. No convolution has a bias.

    Args:
        image_shape: (height, width, channels); the sides halve down to at most 7 pixels.
        latent_dim: int >= 1.
        base_channels: int >= 1, channels before the output; each lower resolution has twice as many.
        kernel_size: int >= 2; 5 in the paper's figure, 4 in the common implementations (even sizes avoid
            checkerboards at stride 2).
        synchronized: bool, whether batch statistics are those of the global batch when several replicas train.

    Returns:
        A built `keras.Model`, (batch, latent_dim) -> float32 (batch, *image_shape) in [-1, 1].

    Raises:
        ValueError: if the image shape does not fit or a number is out of range.

    Example:

    >>> tfgan_zoo.networks.dcgan.generator((64, 64, 3)).output_shape
    (None, 64, 64, 3)

    Reference:
        Radford et al. 2015, arXiv 1511.06434, section 3 and figure 1; initial weights N(0, 0.02) from section 4.
    """
    levels, smallest = _levels(image_shape)
    _check_counts(latent_dim=latent_dim, base_channels=base_channels)
    channels = [base_channels * 2**level for level in reversed(range(levels))]
    latents = keras.Input((latent_dim,), name="z")
    x = keras.layers.Dense(
        smallest[0] * smallest[1] * channels[0], use_bias=False, kernel_initializer=_normal(), name="project"
    )(latents)
    x = keras.layers.Reshape((*smallest, channels[0]), name="reshape")(x)
    for index, width in enumerate([*channels[1:], image_shape[2]]):
        x = _batch_norm(f"norm_{index}", synchronized)(x)
        x = keras.layers.ReLU(name=f"relu_{index}")(x)
        x = keras.layers.Conv2DTranspose(
            width, kernel_size, 2, "same", use_bias=False, kernel_initializer=_normal(), name=f"up_{index}"
        )(x)
    x = keras.layers.Activation("tanh", dtype="float32", name="image")(x)
    return keras.Model(latents, x, name="dcgan_generator")


def discriminator(image_shape=(64, 64, 3), *, base_channels=64, kernel_size=4, synchronized=True, dropout=0.0):
    """DCGAN discriminator: strided convolutions that halve the size, then one logit.

    Guidelines of the paper that it keeps: strides instead of pooling, batch normalisation in all layers but the input,
    no hidden fully connected layer (the last feature map is flattened into the logit), LeakyReLU of slope 0.2.
    No convolution has a bias.

    Args:
        image_shape: (height, width, channels); the sides halve down to at most 7 pixels.
        base_channels: int >= 1, channels after the first convolution; each lower resolution has twice as many.
        kernel_size: int >= 2.
        synchronized: bool, whether batch statistics are those of the global batch when several replicas train.
        dropout: float in [0, 1), share dropped before the logit; the paper has none.

    Returns:
        A built `keras.Model`, (batch, *image_shape) -> float32 (batch, 1), logits of being real.

    Raises:
        ValueError: if the image shape does not fit or a number is out of range.

    Example:

    >>> tfgan_zoo.networks.dcgan.discriminator((64, 64, 3)).output_shape
    (None, 1)

    Reference:
        Radford et al. 2015, arXiv 1511.06434, section 3; initial weights and slope from section 4.
    """
    levels, _ = _levels(image_shape)
    _check_counts(base_channels=base_channels)
    if not 0.0 <= dropout < 1.0:
        raise ValueError(f"`dropout` must be in [0, 1). Received: `dropout={dropout}`.")
    images = keras.Input(image_shape, name="image")
    x = images
    for level in range(levels):
        x = keras.layers.Conv2D(
            base_channels * 2**level,
            kernel_size,
            2,
            "same",
            use_bias=False,
            kernel_initializer=_normal(),
            name=f"down_{level}",
        )(x)
        if level:
            x = _batch_norm(f"norm_{level}", synchronized)(x)
        x = keras.layers.LeakyReLU(0.2, name=f"leaky_{level}")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    if dropout:
        x = keras.layers.Dropout(dropout, name="dropout")(x)
    x = keras.layers.Dense(1, use_bias=False, kernel_initializer=_normal(), name="to_logit")(x)
    x = keras.layers.Activation("linear", dtype="float32", name="logit")(x)
    return keras.Model(images, x, name="dcgan_discriminator")
