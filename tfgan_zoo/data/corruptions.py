"""Ways to spoil pictures, whose repair a translator can learn from pictures alone, and the trivial repair of each."""

import dataclasses
import difflib
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tfgan_zoo.data.preprocessing import LUMA_WEIGHTS

__all__ = ["CORRUPTIONS", "Corruption", "corruption"]

NOISE, BLUR, SHRINKING, LEVELS = 0.4, 1.5, 4, 3
STROKES, STROKE_WIDTH = 6, 0.12


@dataclasses.dataclass(frozen=True)
class Corruption:
    """A way to spoil pictures.

    Attributes:
        apply: function of (images, seed): float32 (batch, height, width, channels) in [-1, 1] and int64 (2,), to
            float32 (batch, height, width, channels or 1) in [-1, 1]. TensorFlow traces it.
        repair: function of what `apply` returned, a NumPy array, to the best trivial guess at the images.
        channels: 1 where the result is grey whatever the images, else None.
    """

    apply: Callable
    repair: Callable
    channels: int | None = None


def _grey(images, seed=None):
    if images.shape[-1] == 1:
        return images
    return tf.tensordot(images, tf.constant(LUMA_WEIGHTS, tf.float32), 1)[..., None]


def _noise(images, seed):
    return tf.clip_by_value(images + NOISE * tf.random.stateless_normal(tf.shape(images), seed), -1.0, 1.0)


def _blurred(images, sigma):
    radius = int(3 * sigma + 0.5)
    places = tf.range(-radius, radius + 1, dtype=tf.float32)
    weights = tf.nn.softmax(-tf.square(places / sigma) / 2.0)
    channels = images.shape[-1]
    padded = tf.pad(images, [[0, 0], [radius, radius], [radius, radius], [0, 0]], "SYMMETRIC")
    for shape in ((-1, 1, 1, 1), (1, -1, 1, 1)):
        kernel = tf.tile(tf.reshape(weights, shape), (1, 1, channels, 1))
        padded = tf.nn.depthwise_conv2d(padded, kernel, (1, 1, 1, 1), "VALID")
    return padded


def _blur(images, seed=None):
    return _blurred(images, BLUR)


def _downscale(images, seed=None):
    size = tf.shape(images)[1:3]
    small = tf.image.resize(images, tf.maximum(size // SHRINKING, 1), "bicubic", antialias=True)
    large = tf.clip_by_value(tf.image.resize(small, size, "bicubic"), -1.0, 1.0)
    return tf.ensure_shape(large, images.shape)


def _centre_hole(images, seed=None):
    height, width = images.shape[1:3]
    rows, columns = (
        (np.arange(side) >= side // 4) & (np.arange(side) < side // 4 + side // 2) for side in (height, width)
    )
    return images * tf.constant(~(rows[:, None] & columns)[..., None], tf.float32)


def _free_holes(images, seed):
    """Six thick strokes from a random point to a random point; zeros there, and nowhere else by chance."""
    batch, height, width = tf.shape(images)[0], *images.shape[1:3]
    ends = tf.random.stateless_uniform((batch, STROKES, 2, 2), seed)
    begin, along = ends[:, :, 0], (ends[:, :, 1] - ends[:, :, 0]) / 2.0
    rows, columns = (tf.cast((np.arange(side) + 0.5) / side, tf.float32) for side in (height, width))
    points = tf.stack(tf.meshgrid(rows, columns, indexing="ij"), axis=-1)
    towards = points[None, None] - begin[:, :, None, None]
    along = along[:, :, None, None]
    share = tf.reduce_sum(towards * along, -1) / (tf.reduce_sum(tf.square(along), -1) + 1e-9)
    off = towards - tf.clip_by_value(share, 0.0, 1.0)[..., None] * along
    known = tf.reduce_min(tf.norm(off, axis=-1), axis=1) > STROKE_WIDTH / 2.0
    return images * tf.cast(known, tf.float32)[..., None]


def _edges(images, seed=None):
    """Black lines on white, where the slope of the smoothed brightness is steep."""
    slopes = tf.image.sobel_edges(_blurred(_grey(images), 1.0))
    steepness = tf.sqrt(tf.reduce_sum(tf.square(slopes), axis=-1) + 1e-9)
    return 1.0 - 2.0 * tf.clip_by_value(steepness / 2.0, 0.0, 1.0)


def _flat(images, seed=None):
    """Areas of a few flat colours, such as a label map has."""
    levels = tf.round((_blurred(images, 2.0) + 1.0) / 2.0 * (LEVELS - 1))
    return levels / (LEVELS - 1) * 2.0 - 1.0


def _as_it_is(inputs):
    return inputs


def _median(inputs):
    padded = np.pad(inputs, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    return np.median(windows, axis=(-2, -1)).astype(inputs.dtype)


def _mean_filled(inputs):
    hole = (inputs == 0.0).all(axis=-1, keepdims=True)
    known = np.maximum((~hole).sum(axis=(1, 2), keepdims=True), 1)
    mean = (inputs * ~hole).sum(axis=(1, 2), keepdims=True) / known
    return np.where(hole, mean, inputs).astype(inputs.dtype)


CORRUPTIONS = {
    "grey": Corruption(_grey, lambda inputs: np.repeat(inputs, 3, axis=-1), channels=1),
    "noise": Corruption(_noise, _median),
    "blur": Corruption(_blur, _as_it_is),
    "downscale": Corruption(_downscale, _as_it_is),
    "centre_hole": Corruption(_centre_hole, _mean_filled),
    "free_holes": Corruption(_free_holes, _mean_filled),
    "edges": Corruption(_edges, lambda inputs: np.repeat(inputs, 3, axis=-1), channels=1),
    "flat": Corruption(_flat, _as_it_is),
}


def corruption(name):
    """A `Corruption` by name.

    Args:
        name: one of
            "grey", the brightness alone, to be coloured;
            "noise", normal noise of standard deviation 0.4 (51 levels), cut off at the ends of the range;
            "blur", a Gaussian blur of 1.5 pixels;
            "downscale", made four times smaller with antialiasing and enlarged again, both bicubic;
            "centre_hole", zeros in the inner quarter of the area;
            "free_holes", zeros along six random strokes;
            "edges", black lines on white by Sobel's operator;
            "flat", few flat colours;
            or a `Corruption`, returned as it is.

    Returns:
        A `Corruption`. Its trivial repairs: grey repeated, a 3x3 median, nothing, nothing (bicubic enlargement), the
        mean colour of what is known, the same, the lines themselves, nothing.

    Raises:
        ValueError: if the name is unknown.

    Example:

    >>> tfgan_zoo.data.corruption("grey").apply(tf.ones((1, 8, 8, 3)), None).shape
    TensorShape([1, 8, 8, 1])
    """
    if isinstance(name, Corruption):
        return name
    if name not in CORRUPTIONS:
        nearest = difflib.get_close_matches(str(name), CORRUPTIONS, 1, 0.0)[0]
        raise ValueError(
            f"`corruption` must be one of {list(CORRUPTIONS)} or a `Corruption`. Received: `corruption={name!r}`. The "
            f"nearest known one is {nearest!r}."
        )
    return CORRUPTIONS[name]
