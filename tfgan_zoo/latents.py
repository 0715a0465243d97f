"""Latent vectors: priors, interpolation, arithmetic. Everything is stateless: the same seed, the same numbers."""

import difflib

import numpy as np
import tensorflow as tf

__all__ = [
    "PRIORS",
    "arithmetic",
    "check_prior",
    "draw",
    "from_seeds",
    "grid",
    "lerp",
    "sample",
    "slerp",
    "walk",
]


def _normal(shape, seed):
    return tf.random.stateless_normal(shape, seed)


def _uniform(shape, seed):
    return tf.random.stateless_uniform(shape, seed, -1.0, 1.0)


def _sphere(shape, seed):
    # Radius sqrt(dim), so that a component has unit variance, like the normal prior's.
    vectors = tf.random.stateless_normal(shape, seed)
    return tf.math.l2_normalize(vectors, axis=-1) * tf.sqrt(tf.cast(tf.shape(vectors)[-1], tf.float32))


PRIORS = {"normal": _normal, "uniform": _uniform, "sphere": _sphere}


def check_prior(prior):
    """Returns `prior` if it is a known name, else raises.

    Args:
        prior: str, one of `tfgan_zoo.latents.PRIORS`: "normal" (mean 0, variance 1), "uniform" (on [-1, 1)) or
            "sphere" (uniform on the sphere of radius sqrt(dim)).

    Returns:
        The name.

    Raises:
        ValueError: if it is unknown; the message names the nearest known one.

    Example:

    >>> tfgan_zoo.latents.check_prior("sphere")
    'sphere'
    """
    if prior not in PRIORS:
        near = difflib.get_close_matches(str(prior), PRIORS, n=1, cutoff=0.0)[0]
        raise ValueError(
            f"`prior` must be one of {sorted(PRIORS)}. Received: `prior={prior!r}`. The nearest known one is {near!r}."
        )
    return prior


def draw(shape, seed, prior="normal"):
    """Draws a whole batch of latent vectors at once from one seed: what a training step uses.

    Args:
        shape: (batch, dim), ints or an int32 tensor.
        seed: int tensor of shape (2,).
        prior: see `check_prior`.

    Returns:
        float32 tensor of that shape.

    Raises:
        ValueError: if the prior is unknown.

    Example:

    >>> tfgan_zoo.latents.draw((2, 3), seed=(0, 7), prior="uniform").shape
    TensorShape([2, 3])
    """
    return PRIORS[check_prior(prior)](shape, seed)


@tf.function(reduce_retracing=True)
def _rows(seed_pairs, dim, prior):
    return tf.map_fn(lambda pair: draw((1, dim), pair, prior)[0], seed_pairs, fn_output_signature=tf.float32)


def from_seeds(seeds, dim, prior="normal"):
    """Latent vectors of which each is a pure function of its own seed.

    Args:
        seeds: ints of shape (batch,) or pairs of ints of shape (batch, 2). A single int s means the pair (s, 0).
        dim: int >= 1, width of a vector.
        prior: see `check_prior`.

    Returns:
        float32 tensor of shape (batch, dim).

    Raises:
        ValueError: if the prior is unknown or `seeds` has another rank.

    Example:

    >>> a = tfgan_zoo.latents.from_seeds([5, 6], 8)
    >>> b = tfgan_zoo.latents.from_seeds([6], 8)
    >>> bool(tf.reduce_all(a[1] == b[0]))
    True
    """
    seeds = tf.cast(tf.convert_to_tensor(seeds), tf.int64)
    if seeds.shape.rank == 1:
        seeds = tf.stack([seeds, tf.zeros_like(seeds)], axis=1)
    if seeds.shape.rank != 2 or seeds.shape[1] != 2:
        raise ValueError(f"`seeds` must have shape (batch,) or (batch, 2). Received: shape {tuple(seeds.shape)}.")
    return _rows(seeds, dim, check_prior(prior))


def sample(num, dim, *, prior="normal", seed=0):
    """Draws `num` latent vectors. Row i depends on (seed, i) alone, so a longer draw begins with a shorter one.

    Args:
        num: int >= 1, number of vectors.
        dim: int >= 1, width of a vector.
        prior: see `check_prior`.
        seed: int.

    Returns:
        float32 tensor of shape (num, dim).

    Raises:
        ValueError: if `num` or `dim` is below 1, or the prior unknown.

    Example:

    >>> tfgan_zoo.latents.sample(16, 100, seed=1).shape
    TensorShape([16, 100])
    """
    if num < 1 or dim < 1:
        raise ValueError(f"`num` and `dim` must be at least 1. Received: `num={num}`, `dim={dim}`.")
    pairs = tf.stack([tf.fill([num], tf.constant(seed, tf.int64)), tf.range(num, dtype=tf.int64)], axis=1)
    return from_seeds(pairs, dim, prior)


def _endpoints(start, end):
    start, end = tf.convert_to_tensor(start, tf.float32), tf.convert_to_tensor(end, tf.float32)
    if not start.shape.is_compatible_with(end.shape):
        raise ValueError(
            "`start` and `end` must have the same shape. Received: "
            f"start.shape={tuple(start.shape)}, end.shape={tuple(end.shape)}."
        )
    return start, end


def _fractions(fractions, rank):
    """Shapes fractions of (steps,) so that they broadcast in front of vectors of the given rank."""
    fractions = tf.convert_to_tensor(fractions, tf.float32)
    return tf.reshape(fractions, tf.concat([tf.shape(fractions), tf.ones(rank, tf.int32)], axis=0))


def lerp(start, end, fractions):
    """Linear interpolation, `(1 - t) start + t end`.

    Args:
        start: float tensor of shape (..., dim).
        end: float tensor of the same shape.
        fractions: scalar t, or t of shape (steps,), usually in [0, 1]; beyond it extrapolates.

    Returns:
        float32 tensor of shape (..., dim), or (steps, ..., dim) for several fractions.

    Raises:
        ValueError: if the shapes differ.

    Example:

    >>> tfgan_zoo.latents.lerp([0.0, 2.0], [4.0, 2.0], 0.25).numpy()
    array([1., 2.], dtype=float32)
    """
    start, end = _endpoints(start, end)
    fractions = _fractions(fractions, start.shape.rank)
    return (1.0 - fractions) * start + fractions * end


def slerp(start, end, fractions):
    """Spherical interpolation, `sin((1 - t) w) / sin(w) start + sin(t w) / sin(w) end`, w the angle between them.

    It keeps the length that the prior gives to vectors, which a straight line through the middle does not. Where
    the two are parallel, the angle has no plane and the limit, linear interpolation, is returned.

    Args:
        start: float tensor of shape (..., dim).
        end: float tensor of the same shape.
        fractions: scalar t, or t of shape (steps,), in [0, 1].

    Returns:
        float32 tensor of shape (..., dim), or (steps, ..., dim) for several fractions.

    Raises:
        ValueError: if the shapes differ.

    Example:

    >>> tfgan_zoo.latents.slerp([1.0, 0.0], [0.0, 1.0], 0.5).numpy().round(4)
    array([0.7071, 0.7071], dtype=float32)

    Reference:
        White 2016, arXiv 1609.04468, section 2.1.
    """
    start, end = _endpoints(start, end)
    fractions = _fractions(fractions, start.shape.rank)
    cosine = tf.reduce_sum(tf.math.l2_normalize(start, -1) * tf.math.l2_normalize(end, -1), -1, keepdims=True)
    angle = tf.acos(tf.clip_by_value(cosine, -1.0, 1.0))
    # By the cosine, because float32 knows the angle of opposite vectors to about 1e-3 only.
    parallel = tf.abs(cosine) > 1.0 - 1e-6
    safe_sine = tf.where(parallel, 1.0, tf.sin(angle))
    curved = (tf.sin((1.0 - fractions) * angle) * start + tf.sin(fractions * angle) * end) / safe_sine
    return tf.where(parallel, (1.0 - fractions) * start + fractions * end, curved)


_PATHS = {"lerp": lerp, "slerp": slerp}


def _path(interpolation):
    if interpolation not in _PATHS:
        raise ValueError(
            f"`interpolation` must be one of {sorted(_PATHS)}. Received: `interpolation={interpolation!r}`."
        )
    return _PATHS[interpolation]


def arithmetic(plus, minus, base):
    """Vector arithmetic on concepts, `mean(plus) - mean(minus) + mean(base)`.

    The paper found single vectors unstable and averages of three exemplars stable, so each argument may hold
    several.

    Args:
        plus: float tensor of shape (dim,) or (exemplars, dim), for example smiling women.
        minus: likewise, for example neutral women.
        base: likewise, for example neutral men.

    Returns:
        float32 tensor of shape (dim,), in the example a smiling man.

    Raises:
        ValueError: if the widths differ.

    Example:

    >>> tfgan_zoo.latents.arithmetic([[4.0], [6.0]], [1.0], [2.0]).numpy()
    array([6.], dtype=float32)

    Reference:
        Radford et al. 2015, arXiv 1511.06434, section 6.3.2.
    """
    means = [tf.convert_to_tensor(x, tf.float32) for x in (plus, minus, base)]
    means = [tf.reduce_mean(x, axis=0) if x.shape.rank == 2 else x for x in means]
    widths = [x.shape[-1] if x.shape.rank else None for x in means]
    if len(set(widths)) != 1 or None in widths:
        raise ValueError(
            "`plus`, `minus` and `base` must be vectors of one width, shape (dim,) or (exemplars, dim). Received "
            f"widths {widths}."
        )
    return means[0] - means[1] + means[2]


def grid(corners, rows, columns, *, interpolation="slerp"):
    """Bilinear grid between four corner vectors, row by row.

    Args:
        corners: float tensor of shape (4, dim): top left, top right, bottom left, bottom right.
        rows: int >= 2.
        columns: int >= 2.
        interpolation: "slerp" or "lerp".

    Returns:
        float32 tensor of shape (rows * columns, dim).

    Raises:
        ValueError: if there are not four corners, or fewer than two rows or columns.

    Example:

    >>> tfgan_zoo.latents.grid(tf.eye(4), 3, 5).shape
    TensorShape([15, 4])
    """
    corners = tf.convert_to_tensor(corners, tf.float32)
    if corners.shape.rank != 2 or corners.shape[0] != 4 or rows < 2 or columns < 2:
        raise ValueError(
            "`corners` must have shape (4, dim), and `rows` and `columns` must be at least 2. Received: "
            f"corners.shape={tuple(corners.shape)}, `rows={rows}`, `columns={columns}`."
        )
    path = _path(interpolation)
    left = path(corners[0], corners[2], np.linspace(0.0, 1.0, rows))
    right = path(corners[1], corners[3], np.linspace(0.0, 1.0, rows))
    table = path(left, right, np.linspace(0.0, 1.0, columns))
    return tf.reshape(tf.transpose(table, (1, 0, 2)), (rows * columns, -1))


def walk(stops, steps, *, interpolation="slerp"):
    """Closed walk through latent space: from stop to stop and back to the first, for a looping animation.

    Args:
        stops: float tensor of shape (count, dim), count >= 2.
        steps: int >= 1, frames from one stop to the next.
        interpolation: "slerp" or "lerp".

    Returns:
        float32 tensor of shape (count * steps, dim); the frame after the last would be the first.

    Raises:
        ValueError: if there are fewer than two stops or no steps.

    Example:

    >>> tfgan_zoo.latents.walk(tf.eye(3), 10).shape
    TensorShape([30, 3])
    """
    stops = tf.convert_to_tensor(stops, tf.float32)
    if stops.shape.rank != 2 or stops.shape[0] < 2 or steps < 1:
        raise ValueError(
            "`stops` must have shape (count, dim) with count >= 2, and `steps` must be at least 1. Received: "
            f"stops.shape={tuple(stops.shape)}, `steps={steps}`."
        )
    frames = _path(interpolation)(stops, tf.roll(stops, -1, axis=0), np.arange(steps) / steps)
    return tf.reshape(tf.transpose(frames, (1, 0, 2)), (-1, stops.shape[1]))
