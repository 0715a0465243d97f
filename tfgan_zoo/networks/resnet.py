"""Residual networks of spectral normalization and the projection discriminator (SNGAN), for any size that halves."""

import keras

from tfgan_zoo import layers

__all__ = ["discriminator", "generator"]

SMALLEST = 7  # The generator begins at a side of at most this: 32 and 64 begin at 4, 28 and 56 at 7.
PLAIN = 8  # The discriminator halves sides until they are at most this; its last two blocks keep them.


def _check(image_shape, **counts):
    if len(image_shape) != 3 or min(image_shape) < 1:
        raise ValueError(
            "`image_shape` must be (height, width, channels), batch axis left out. "
            f"Received: `image_shape={image_shape}`."
        )
    for name, count in counts.items():
        if count < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: `{name}={count}`.")


def _halvings(image_shape, smallest):
    """How often the sides are halved until the longer one is at most `smallest`, at least once."""
    height, width, _ = image_shape
    times = 0
    while times == 0 or max(height, width) > smallest:
        if height % 2 or width % 2:
            raise ValueError(
                f"`image_shape` must have sides that can be halved until the longer one is at most {smallest} pixels, "
                f"such as 28, 32, 48, 64 or 128. Received: `image_shape={image_shape}`. Pass a fitting `image_size` "
                "to `tfgan_zoo.data.images`."
            )
        height, width, times = height // 2, width // 2, times + 1
    return times, (height, width)


def _wide():
    """Glorot's uniform rule with a gain of the square root of 2, for convolutions before a rectifier."""
    return keras.initializers.VarianceScaling(2.0, "fan_avg", "uniform")


# === Generator ===


def generator(
    image_shape=(32, 32, 3), latent_dim=128, *, num_classes=None, width=256, synchronized=True, name="resnet_generator"
):
    """Residual generator: a projection, then blocks that double the size, normalized by the statistics of the batch.

    With classes, the scales and offsets of the normalizations in the blocks are those of the sample's class; the last
    one is shared by all. For CIFAR-10 with its ten classes the network has 4,304,387 trainable parameters.

    Args:
        image_shape: (height, width, channels); the sides halve down to at most 7 pixels.
        latent_dim: int >= 1.
        num_classes: int >= 1, or None for a network without labels.
        width: int >= 1, channels of all feature maps.
        synchronized: bool, whether batch statistics are those of the global batch when several replicas train.
        name: str, of the Keras model.

    Returns:
        A built `keras.Model`, (batch, latent_dim) -> float32 (batch, *image_shape) in [-1, 1]; with classes its inputs
        are `z` and `label`, int32 (batch,).

    Raises:
        ValueError: if the image shape does not fit or a number is below 1.

    Example:

    >>> tfgan_zoo.networks.resnet.generator((32, 32, 3), num_classes=10, width=16).output_shape
    (None, 32, 32, 3)

    Reference:
        Miyato et al. 2018, arXiv 1802.05957, table 4; with classes, Miyato and Koyama 2018, arXiv 1802.05637, section
        4. Initial weights and constants are those of the authors' code (pfnet-research/sngan_projection).
    """
    _check(image_shape, latent_dim=latent_dim, width=width)
    doublings, smallest = _halvings(image_shape, SMALLEST)
    latents, label = keras.Input((latent_dim,), name="z"), _label(num_classes)
    x = keras.layers.Dense(smallest[0] * smallest[1] * width, name="project")(latents)
    x = keras.layers.Reshape((*smallest, width), name="reshape")(x)
    for index in range(doublings):
        x = _growing_block(x, label, width, num_classes, synchronized, f"block_{index}")
    x = _batch_norm(synchronized, "norm")(x)
    x = keras.layers.ReLU(name="relu")(x)
    x = keras.layers.Conv2D(image_shape[2], 3, padding="same", name="to_image")(x)
    x = keras.layers.Activation("tanh", dtype="float32", name="image")(x)
    return keras.Model(latents if label is None else [latents, label], x, name=name)


def _label(num_classes):
    if num_classes is None:
        return None
    if num_classes < 1:
        raise ValueError(f"`num_classes` must be None or at least 1. Received: `num_classes={num_classes}`.")
    return keras.Input((), dtype="int32", name="label")


def _batch_norm(synchronized, name):
    return layers.FusedBatchNormalization(momentum=0.9, epsilon=2e-5, synchronized=synchronized, name=name)


def _growing_block(x, label, width, num_classes, synchronized, name):
    """Twice: normalize, rectify, convolve; upsampling before the first convolution. Beside it a 1x1 convolution."""
    # A convolution of single pixels before the upsampling is the same as one after it, on a quarter of the pixels.
    shortcut = keras.layers.Conv2D(width, 1, name=f"{name}_shortcut")(x)
    shortcut = keras.layers.UpSampling2D(name=f"{name}_up")(shortcut)
    for index, convolution in enumerate((layers.UpsampleConv2D, keras.layers.Conv2D)):
        norm_name = f"{name}_norm_{index}"
        if label is None:
            x = _batch_norm(synchronized, norm_name)(x)
        else:
            norm = layers.ConditionalBatchNormalization(num_classes, synchronized=synchronized, name=norm_name)
            x = norm([x, label])
        x = keras.layers.ReLU(name=f"{name}_relu_{index}")(x)
        options = {} if convolution is layers.UpsampleConv2D else {"padding": "same"}
        x = convolution(width, 3, kernel_initializer=_wide(), name=f"{name}_conv_{index}", **options)(x)
    return keras.layers.Add(name=f"{name}_sum")([x, shortcut])


# === Discriminator ===


def discriminator(image_shape=(32, 32, 3), *, num_classes=None, width=128, dropout=0.0, name="resnet_discriminator"):
    """Residual discriminator with spectral normalization in all layers; with classes, a projection discriminator.

    From the features phi, summed over the image, the logit is `psi . phi + b`, to which a projection on the embedding
    of the class adds `v_c . phi`. For CIFAR-10 with its ten classes the network has 1,055,105 trainable parameters.

    Args:
        image_shape: (height, width, channels); the sides halve down to at most 8 pixels.
        num_classes: int >= 1, or None for a network without labels.
        width: int >= 1, channels of all feature maps.
        dropout: float in [0, 1), share of the features dropped before the logit; the paper has none.
        name: str, of the Keras model.

    Returns:
        A built `keras.Model`, (batch, *image_shape) -> float32 (batch, 1), logits of being real; with classes its
        inputs are `image` and `label`, int32 (batch,).

    Raises:
        ValueError: if the image shape does not fit or a number is below 1.

    Example:

    >>> tfgan_zoo.networks.resnet.discriminator((32, 32, 3), num_classes=10, width=16).output_shape
    (None, 1)

    Reference:
        Miyato et al. 2018, arXiv 1802.05957, table 4; projection: Miyato and Koyama 2018, arXiv 1802.05637, equation
        3. Initial weights are those of the authors' code (pfnet-research/sngan_projection).
    """
    _check(image_shape, width=width)
    if not 0.0 <= dropout < 1.0:
        raise ValueError(f"`dropout` must be in [0, 1). Received: `dropout={dropout}`.")
    halvings, smallest = _halvings(image_shape, PLAIN)
    images, label = keras.Input(image_shape, name="image"), _label(num_classes)
    x = _first_block(images, width)
    for index in range(1, halvings):
        x = _shrinking_block(x, width, f"block_{index}")
    for index in range(halvings, halvings + 2):
        x = _plain_block(x, width, f"block_{index}")
    x = keras.layers.ReLU(name="relu")(x)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    features = keras.layers.Rescaling(float(smallest[0] * smallest[1]), name="features")(x)  # Their sum, not mean.
    if dropout:
        features = keras.layers.Dropout(dropout, name="dropout")(features)
    logits = _normalized(keras.layers.Dense(1, name="dense"), "to_logit")(features)
    if label is not None:
        table = keras.layers.Embedding(num_classes, width, embeddings_initializer="glorot_uniform", name="classes")
        projection = keras.layers.Dot(1, name="projection")([_normalized(table, "embed")(label), features])
        logits = keras.layers.Add(name="sum")([logits, projection])
    logits = keras.layers.Activation("linear", dtype="float32", name="logit")(logits)
    return keras.Model(images if label is None else [images, label], logits, name=name)


def _normalized(layer, name):
    return layers.SpectralNormalization(layer, name=name)


def _conv(x, width, name, kind=keras.layers.Conv2D):
    """A 3x3 convolution with spectral normalization, merged with mean pooling where `kind` says so."""
    options = {"padding": "same"} if kind is keras.layers.Conv2D else {}
    return _normalized(kind(width, 3, kernel_initializer=_wide(), name="conv", **options), name)(x)


def _pooled_shortcut(x, width, name):
    # Mean pooling before a convolution of single pixels is the same as after it, on a quarter of the pixels.
    x = keras.layers.AveragePooling2D(2, name=f"{name}_pool")(x)
    return _normalized(keras.layers.Conv2D(width, 1, name="conv"), f"{name}_shortcut")(x)


def _first_block(x, width):
    """The block that begins with the image itself: no rectifier in front."""
    shortcut = _pooled_shortcut(x, width, "block_0")
    x = _conv(x, width, "block_0_conv_0")
    x = keras.layers.ReLU(name="block_0_relu")(x)
    x = _conv(x, width, "block_0_conv_1", layers.MeanPoolConv2D)
    return keras.layers.Add(name="block_0_sum")([x, shortcut])


def _shrinking_block(x, width, name):
    shortcut = _pooled_shortcut(x, width, name)
    return keras.layers.Add(name=f"{name}_sum")([_residual(x, width, name, layers.MeanPoolConv2D), shortcut])


def _plain_block(x, width, name):
    return keras.layers.Add(name=f"{name}_sum")([_residual(x, width, name, keras.layers.Conv2D), x])


def _residual(x, width, name, last):
    for index, kind in enumerate((keras.layers.Conv2D, last)):
        x = keras.layers.ReLU(name=f"{name}_relu_{index}")(x)
        x = _conv(x, width, f"{name}_conv_{index}", kind)
    return x
