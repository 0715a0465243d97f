"""The one way images become numbers for an extractor: 256 levels, then the first TensorFlow's bilinear resize.

Scores of two tools differ by more than most papers' gains when the tools round or resize differently
(Parmar, Zhang and Zhu 2022, arXiv 2104.11222), so every extractor here takes its images through this file.
"""

import numpy as np
import tensorflow as tf

from tfgan_zoo.metrics import checks

# Named in cache keys and in reports; change it whenever a function of this file gives other numbers.
PREPARATION = "uint8-floor128+tf1-bilinear"


def to_uint8(images):
    """Quantise images to the 256 levels that an image file holds.

    `level = floor(clip(127.5 * x + 128, 0, 255))`, the rule of the StyleGAN2-ADA and StyleGAN3 tools. It
    inverts `x = level / 127.5 - 1` exactly: real images that came from files get their own bytes back.

    Args:
        images: `(batch, height, width, channels)` uint8, returned as they are, or floats in `[-1, 1]`; floats
            outside are clipped, as saving a PNG would.

    Returns:
        uint8 array of the same shape.

    Raises:
        ValueError: if the shape or dtype is wrong, a value is not finite, or the floats look like `[0, 255]`.

    Example:

    >>> tfgan_zoo.metrics.images.to_uint8(np.array([-1.0, 0.0, 1.0]).reshape(3, 1, 1, 1)).ravel()
    array([  0, 128, 255], dtype=uint8)
    """
    images = np.asarray(images)
    _check_shape(images)
    if images.dtype == np.uint8:
        return images
    _check_floats(images)
    return np.clip(images * np.float32(127.5) + np.float32(128), 0, 255).astype(np.uint8)


def _check_shape(images):
    if images.ndim != 4 or 0 in images.shape:
        raise ValueError(
            f"`images` should have shape (batch, height, width, channels), none of them zero. "
            f"Received: shape {images.shape}"
        )


def _check_floats(images):
    if not np.issubdtype(images.dtype, np.floating):
        raise ValueError(f"`images` should be uint8, or floats in [-1, 1]. Received: dtype {images.dtype}")
    checks.finite("images", images)
    if images.min() >= 0 and images.max() > 2:
        raise ValueError(
            "`images` of floats should lie in [-1, 1]; these look like levels 0 to 255: cast them to uint8. "
            f"Received: values from {images.min()} to {images.max()}"
        )


def resize(images, size):
    """Resize with the bilinear kernel of TensorFlow 1: corners not aligned, pixel centres at integer places.

    Output pixel `i` reads the input at `i * in / out` (not at pixel centres, and without antialiasing). This
    is what the 2015 Inception graph does to its input, so the published FID numbers contain it.

    Args:
        images: `(batch, height, width, channels)` tensor or array, any real dtype.
        size: `(height, width)` of the result.

    Returns:
        float32 tensor `(batch, *size, channels)` in the range of the input.

    Example:

    >>> tfgan_zoo.metrics.images.resize(np.array([0.0, 4.0]).reshape(1, 1, 2, 1), (1, 4)).numpy().ravel()
    array([0., 2., 4., 4.], dtype=float32)
    """
    images = tf.cast(images, tf.float32)
    return tf.raw_ops.ResizeBilinear(images=images, size=size, align_corners=False, half_pixel_centers=False)


def to_channels(images, channels):
    """Give images the number of channels an extractor was trained on.

    One channel is repeated into three; three become one by luma (Rec. 601), which returns a repeated grey
    unchanged.

    Args:
        images: float tensor `(batch, height, width, channels found)`.
        channels: channels wanted.

    Returns:
        float tensor `(batch, height, width, channels)`.

    Raises:
        ValueError: if they differ and are not one and three.
    """
    found = images.shape[-1]
    if found == channels:
        return images
    if (found, channels) not in ((1, 3), (3, 1)):
        raise ValueError(
            f"`images` should have 1 or 3 channels, or the {channels} of this extractor's network. "
            f"Received: {found} channels"
        )
    return tf.repeat(images, 3, axis=-1) if channels == 3 else tf.image.rgb_to_grayscale(images)
