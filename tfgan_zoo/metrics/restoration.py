"""How well pictures are restored: PSNR, SSIM, mean absolute difference, and labels hit."""

import numpy as np
import tensorflow as tf

__all__ = ["CMP_FACADE_COLOURS", "label_accuracy", "nearest_labels", "restoration"]

# Colours of the twelve classes in the label maps of CMP Facades as pix2pix distributes them, measured inside of areas:
# background, facade, window, door, cornice, sill, balcony, blind, deco, molding, pillar, shop.
CMP_FACADE_COLOURS = (
    (0, 0, 223),
    (0, 48, 255),
    (0, 128, 255),
    (0, 207, 255),
    (32, 255, 223),
    (112, 255, 143),
    (191, 255, 64),
    (255, 239, 0),
    (255, 159, 0),
    (255, 80, 0),
    (255, 0, 0),
    (175, 0, 0),
)


def restoration(images, targets):
    """Distances of restored pictures from the true ones.

    `PSNR = 10 log10(4 / mean square error)` in decibels, for values from -1 to 1; SSIM with the window of its paper, an
    11x11 Gaussian, or one as wide as smaller pictures.

    Args:
        images: float array (num, height, width, channels) in [-1, 1].
        targets: array of the same shape, in the same order.

    Returns:
        dict of floats, means over the pictures: "psnr" (higher is better; at most 100, where pictures are equal),
        "ssim" (at most 1), "l1" (mean absolute difference).

    Raises:
        ValueError: if the shapes differ.

    Example:

    >>> scores = tfgan_zoo.metrics.restoration(np.full((2, 16, 16, 1), 0.1), np.zeros((2, 16, 16, 1)))
    >>> round(scores["psnr"], 2), round(scores["l1"], 2)
    (26.02, 0.1)

    Reference:
        SSIM: Wang et al. 2004, Image quality assessment: from error visibility to structural similarity.
    """
    images, targets = (np.asarray(value, np.float32) for value in (images, targets))
    if images.shape != targets.shape or images.ndim != 4 or not len(images):
        raise ValueError(
            "`images` and `targets` must have the same shape (num, height, width, channels). Received: "
            f"{images.shape} and {targets.shape}."
        )
    window = min(11, *images.shape[1:3])
    psnr = tf.minimum(tf.image.psnr(images, targets, max_val=2.0), 100.0)
    # SSIM is made for brightness from 0 up: its product of means would take two negative ones for a positive one.
    ssim = tf.image.ssim((images + 1.0) / 2.0, (targets + 1.0) / 2.0, max_val=1.0, filter_size=window)
    return {
        "psnr": float(np.mean(psnr)),
        "ssim": float(np.mean(ssim)),
        "l1": float(np.abs(images - targets).mean()),
    }


def nearest_labels(images, colours=CMP_FACADE_COLOURS):
    """Labels of the colours that pixels are nearest to.

    Args:
        images: float array (..., 3) in [-1, 1].
        colours: sequence of RGB colours from 0 to 255; label i is the i-th.

    Returns:
        int array (...).

    Example:

    >>> tfgan_zoo.metrics.nearest_labels([[-1.0, -0.9, 0.9]])
    array([0])
    """
    palette = np.asarray(colours, np.float32) / 127.5 - 1.0
    pixels = np.asarray(images, np.float32)[..., None, :]
    return np.square(pixels - palette).sum(axis=-1).argmin(axis=-1)


def label_accuracy(images, targets, colours=CMP_FACADE_COLOURS):
    """Share of pixels whose nearest label colour is that of the true label map.

    Args:
        images: float array (num, height, width, 3) in [-1, 1], label maps that a model painted.
        targets: array of the same shape, the true ones.
        colours: sequence of RGB colours from 0 to 255.

    Returns:
        dict of floats: "accuracy", and "majority", that of painting all in the most frequent label of the targets.

    Raises:
        ValueError: if the shapes differ.

    Example:

    >>> painted, true = np.full((1, 2, 2, 3), -1.0), np.full((1, 2, 2, 3), 1.0)
    >>> tfgan_zoo.metrics.label_accuracy(painted, true, colours=[(0, 0, 0), (255, 255, 255)])
    {'accuracy': 0.0, 'majority': 1.0}
    """
    if np.shape(images) != np.shape(targets):
        raise ValueError(
            f"`images` and `targets` must have the same shape. Received: {np.shape(images)} and {np.shape(targets)}."
        )
    # One after the other: the distances to all colours at once would take a dozen times the memory of all pictures.
    hits, counts = [], np.zeros(len(colours), int)
    for image, target in zip(images, targets, strict=True):
        true = nearest_labels(target, colours)
        hits.append((nearest_labels(image, colours) == true).mean())
        counts += np.bincount(true.ravel(), minlength=len(colours))
    return {"accuracy": float(np.mean(hits)), "majority": float(counts.max() / counts.sum())}
