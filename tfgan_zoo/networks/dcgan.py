"""Deep convolutional generator and discriminator (DCGAN), for any image size that halves down to a small one."""

import keras

from tfgan_zoo import layers

__all__ = [
    "auxiliary_discriminator",
    "conditional_discriminator",
    "conditional_generator",
    "discriminator",
    "generator",
]

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
    _check_counts(latent_dim=latent_dim)
    latents = keras.Input((latent_dim,), name="z")
    image = _grown(latents, image_shape, base_channels, kernel_size, synchronized)
    return keras.Model(latents, image, name="dcgan_generator")


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
    images = keras.Input(image_shape, name="image")
    features = _shrunk(images, base_channels, kernel_size, synchronized, dropout)
    return keras.Model(images, _head(features, 1, "logit"), name="dcgan_discriminator")


def conditional_generator(
    image_shape=(64, 64, 3),
    latent_dim=100,
    *,
    num_classes=10,
    label_dim=50,
    base_channels=64,
    kernel_size=4,
    synchronized=True,
):
    """DCGAN generator of a class: an embedding of the label is concatenated to the latent vector.

    Args:
        image_shape: see `generator`.
        latent_dim: see `generator`.
        num_classes: int >= 1.
        label_dim: int >= 1, numbers that stand for a class, initially normal with variance `1 / label_dim`.
        base_channels: see `generator`.
        kernel_size: see `generator`.
        synchronized: see `generator`.

    Returns:
        A built `keras.Model` with the inputs `z`, (batch, latent_dim), and `label`, int32 (batch,)
        -> float32 (batch, *image_shape) in [-1, 1].

    Raises:
        ValueError: if the image shape does not fit or a number is out of range.

    Example:

    >>> tfgan_zoo.networks.dcgan.conditional_generator((32, 32, 1)).output_shape
    (None, 32, 32, 1)

    Reference:
        Mirza and Osindero 2014, arXiv 1411.1784, section 3.2, and Odena et al. 2017, arXiv 1610.09585, section 3, both
        feed noise and class together; the network is that of Radford et al. 2015, arXiv 1511.06434.
    """
    _check_counts(latent_dim=latent_dim, num_classes=num_classes, label_dim=label_dim)
    latents, label = keras.Input((latent_dim,), name="z"), keras.Input((), dtype="int32", name="label")
    # Length 1 in the mean, as a one-hot label has. Longer ones drown the latent vector: the generator of an ACGAN then
    # learns to ignore it within a few hundred steps and draws one image for each class.
    initializer = keras.initializers.RandomNormal(stddev=label_dim**-0.5)
    embed = keras.layers.Embedding(num_classes, label_dim, embeddings_initializer=initializer, name="embed")
    x = keras.layers.Concatenate(name="join")([latents, embed(label)])
    image = _grown(x, image_shape, base_channels, kernel_size, synchronized)
    return keras.Model([latents, label], image, name="dcgan_conditional_generator")


def conditional_discriminator(
    image_shape=(64, 64, 3), *, num_classes=10, base_channels=64, kernel_size=4, synchronized=True, dropout=0.0
):
    """DCGAN discriminator of an image and its class: every convolution has a bias for each class.

    That is what concatenating the one-hot label, as constant feature maps, to the input of every convolution comes to,
    borders apart, without the cost of the wider convolutions.

    Args:
        image_shape: see `discriminator`.
        num_classes: int >= 1.
        base_channels: see `discriminator`.
        kernel_size: see `discriminator`.
        synchronized: see `discriminator`.
        dropout: see `discriminator`.

    Returns:
        A built `keras.Model` with the inputs `image`, (batch, *image_shape), and `label`, int32 (batch,)
        -> float32 (batch, 1), logits of being real.

    Raises:
        ValueError: if the image shape does not fit or a number is out of range.

    Example:

    >>> tfgan_zoo.networks.dcgan.conditional_discriminator((32, 32, 1)).output_shape
    (None, 1)

    Reference:
        Mirza and Osindero 2014, arXiv 1411.1784, section 3.2; labels at every layer as in the conditional MNIST code of
        Radford et al. 2015, arXiv 1511.06434 (Newmu/dcgan_code, mnist).
    """
    _check_counts(num_classes=num_classes)
    images, label = keras.Input(image_shape, name="image"), keras.Input((), dtype="int32", name="label")

    def shift(x, level):
        width = x.shape[-1]
        embed = keras.layers.Embedding(num_classes, width, embeddings_initializer=_normal(), name=f"embed_{level}")
        bias = keras.layers.Reshape((1, 1, width), name=f"bias_{level}")(embed(label))
        return keras.layers.Add(name=f"shift_{level}")([x, bias])

    features = _shrunk(images, base_channels, kernel_size, synchronized, dropout, shift)
    return keras.Model([images, label], _head(features, 1, "logit"), name="dcgan_conditional_discriminator")


def auxiliary_discriminator(
    image_shape=(64, 64, 3), *, num_classes=10, base_channels=64, kernel_size=4, synchronized=True, dropout=0.0
):
    """DCGAN discriminator that also classifies: one body, a logit of being real and the logits of the classes.

    Args:
        image_shape: see `discriminator`.
        num_classes: int >= 1.
        base_channels: see `discriminator`.
        kernel_size: see `discriminator`.
        synchronized: see `discriminator`.
        dropout: see `discriminator`; before both outputs.

    Returns:
        A built `keras.Model`, (batch, *image_shape) -> [float32 (batch, 1), logits of being real; float32
        (batch, num_classes), logits of the classes].

    Raises:
        ValueError: if the image shape does not fit or a number is out of range.

    Example:

    >>> tfgan_zoo.networks.dcgan.auxiliary_discriminator((32, 32, 1), num_classes=5).output_shape
    [(None, 1), (None, 5)]

    Reference:
        Odena et al. 2017, arXiv 1610.09585, section 3; the network is that of Radford et al. 2015, arXiv 1511.06434.
    """
    _check_counts(num_classes=num_classes)
    images = keras.Input(image_shape, name="image")
    features = _shrunk(images, base_channels, kernel_size, synchronized, dropout)
    heads = [_head(features, 1, "logit"), _head(features, num_classes, "class_logits")]
    return keras.Model(images, heads, name="dcgan_auxiliary_discriminator")


def _grown(x, image_shape, base_channels, kernel_size, synchronized):
    """From vectors to images."""
    levels, smallest = _levels(image_shape)
    _check_counts(base_channels=base_channels)
    channels = [base_channels * 2**level for level in reversed(range(levels))]
    x = keras.layers.Dense(
        smallest[0] * smallest[1] * channels[0], use_bias=False, kernel_initializer=_normal(), name="project"
    )(x)
    x = keras.layers.Reshape((*smallest, channels[0]), name="reshape")(x)
    for index, width in enumerate([*channels[1:], image_shape[2]]):
        x = _batch_norm(f"norm_{index}", synchronized)(x)
        x = keras.layers.ReLU(name=f"relu_{index}")(x)
        x = layers.StridedConv2DTranspose(
            width, kernel_size, 2, "same", use_bias=False, kernel_initializer=_normal(), name=f"up_{index}"
        )(x)
    return keras.layers.Activation("tanh", dtype="float32", name="image")(x)


def _shrunk(images, base_channels, kernel_size, synchronized, dropout, shift=None):
    """From images to features; `shift`, a function of (maps, level), stands where biases would."""
    levels, _ = _levels(images.shape[1:])
    _check_counts(base_channels=base_channels)
    if not 0.0 <= dropout < 1.0:
        raise ValueError(f"`dropout` must be in [0, 1). Received: `dropout={dropout}`.")
    x = images
    for level in range(levels):
        x = layers.StridedConv2D(
            base_channels * 2**level,
            kernel_size,
            2,
            "same",
            use_bias=False,
            kernel_initializer=_normal(),
            name=f"down_{level}",
        )(x)
        if shift:
            x = shift(x, level)
        if level:
            x = _batch_norm(f"norm_{level}", synchronized)(x)
        x = keras.layers.LeakyReLU(0.2, name=f"leaky_{level}")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    return keras.layers.Dropout(dropout, name="dropout")(x) if dropout else x


def _head(features, units, name):
    """Logits in float32, whatever the precision before."""
    x = keras.layers.Dense(units, use_bias=False, kernel_initializer=_normal(), name=f"to_{name}")(features)
    return keras.layers.Activation("linear", dtype="float32", name=name)(x)
