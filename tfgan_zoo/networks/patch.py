"""PatchGAN: a discriminator that judges overlapping patches of a picture, each by itself."""

import keras

from tfgan_zoo.networks._translation import check_counts, check_shape, instance_norm, normal

__all__ = ["RECEPTIVE_FIELDS", "discriminator"]

# Side of a patch in pixels -> number of convolutions that halve the resolution.
RECEPTIVE_FIELDS = {1: 0, 16: 1, 34: 2, 70: 3, 142: 4, 286: 5}


def discriminator(
    image_shape=(256, 256, 6), *, receptive_field=70, base_channels=64, affine=True, name="patch_discriminator"
):
    """PatchGAN: one logit for each patch of `receptive_field` pixels.

    With 70 pixels it is C64-C128-C256 of stride 2, C512 of stride 1, and a last convolution to one map, all 4x4 and
    padded by one pixel; the PixelGAN of 1 pixel is C64-C128 of 1x1 convolutions. LeakyReLU of slope 0.2; the first
    layer is not normalised.

    Args:
        image_shape: (height, width, channels); sides may be None. A conditional discriminator takes input and output
            joined, 6 channels.
        receptive_field: int, side of the patch that a logit sees, one of 1, 16, 34, 70, 142, 286.
        base_channels: int >= 1, channels of the first convolution.
        affine: bool, whether normalised maps are scaled and shifted, as in pix2pix; else, as in CycleGAN, they are not
            and the convolutions before them have biases.
        name: str, name of the Keras model.

    Returns:
        A built `keras.Model`, (batch, height, width, channels) -> float32 logits (batch, rows, columns, 1).
        2,768,705 parameters for 6 channels; 2,764,737 for 3 channels without `affine`.

    Raises:
        ValueError: if the pictures are too small for such patches or a number is out of range.

    Example:

    >>> tfgan_zoo.networks.patch.discriminator((256, 256, 6)).output_shape
    (None, 30, 30, 1)

    Reference:
        Isola et al. 2017, arXiv 1611.07004, sections 3.2.2 and 6.1.2; Zhu et al. 2017, arXiv 1703.10593, section 7.2.
    """
    check_shape(image_shape)
    check_counts(base_channels=base_channels)
    if receptive_field not in RECEPTIVE_FIELDS:
        raise ValueError(
            f"`receptive_field` must be one of {sorted(RECEPTIVE_FIELDS)}. Received: "
            f"`receptive_field={receptive_field}`."
        )
    halvings = RECEPTIVE_FIELDS[receptive_field]
    _check_size(image_shape, halvings, receptive_field)
    images = keras.Input(image_shape, name="image")
    x = images
    kernel = 4 if halvings else 1
    for level in range(halvings + 1 if halvings else 2):
        plain = level == 0
        width, stride = base_channels * min(2**level, 8), 2 if level < halvings else 1
        x = _convolve(x, width, kernel, stride, plain or not affine, f"down_{level}")
        if not plain:
            x = instance_norm(f"norm_{level}", affine)(x)
        x = keras.layers.LeakyReLU(0.2, name=f"leaky_{level}")(x)
    x = _convolve(x, 1, kernel, 1, True, "to_logits")
    x = keras.layers.Activation("linear", dtype="float32", name="logits")(x)
    return keras.Model(images, x, name=name)


def _convolve(x, width, kernel, stride, use_bias, name):
    if kernel > 1:  # Padded by hand: "same" would pad an even kernel of stride 1 by one side more.
        x = keras.layers.ZeroPadding2D(1, name=f"pad_{name}")(x)
    return keras.layers.Conv2D(width, kernel, stride, use_bias=use_bias, kernel_initializer=normal(), name=name)(x)


def _check_size(image_shape, halvings, receptive_field):
    least = 3 * 2**halvings if halvings else 1  # At least one patch is left by two 4x4 convolutions without stride.
    if any(side is not None and side < least for side in image_shape[:2]):
        raise ValueError(
            f"`image_shape` must have sides of at least {least} pixels for `receptive_field={receptive_field}`. "
            f"Received: `image_shape={image_shape}`. Take smaller patches."
        )
