"""The convolutional classifier of SGAN, with one class more for generated images."""

import keras

__all__ = ["discriminator"]


def discriminator(image_shape=(28, 28, 1), num_classes=10, *, channels=(32, 64, 128), dropout=0.4):
    """Strided convolutions with one body for discriminator and classifier, from images to `num_classes + 1` logits.

    The last logit is that of generated images. There is no batch normalization, so that what is said of an image does
    not depend on those beside it; dropout before the logits regularizes.

    Args:
        image_shape: (height, width, channels).
        num_classes: int >= 2.
        channels: ints, channels of the convolutions, each of which halves the sides.
        dropout: float in [0, 1), share dropped before the logits.

    Returns:
        A built `keras.Model`, (batch, *image_shape) -> float32 (batch, num_classes + 1), logits.

    Raises:
        ValueError: if a number is out of range.

    Example:

    >>> tfgan_zoo.networks.sgan.discriminator((28, 28, 1), 10).output_shape
    (None, 11)

    Reference:
        Odena 2016, arXiv 1606.01583, section 2: N + 1 outputs, all weights shared.
    """
    if num_classes < 2 or not channels or min(channels) < 1:
        raise ValueError(
            "`num_classes` must be at least 2, and `channels` ints >= 1. Received: "
            f"`num_classes={num_classes}`, `channels={channels}`."
        )
    if not 0.0 <= dropout < 1.0:
        raise ValueError(f"`dropout` must be in [0, 1). Received: `dropout={dropout}`.")
    images = keras.Input(image_shape, name="image")
    x = images
    for index, width in enumerate(channels):
        x = keras.layers.Conv2D(width, 5 if index == 0 else 3, 2, "same", name=f"down_{index}")(x)
        x = keras.layers.LeakyReLU(0.2, name=f"leaky_{index}")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    if dropout:
        x = keras.layers.Dropout(dropout, name="dropout")(x)
    x = keras.layers.Dense(num_classes + 1, name="to_logits")(x)
    x = keras.layers.Activation("linear", dtype="float32", name="logits")(x)
    return keras.Model(images, x, name="sgan_discriminator")
