"""Gradient penalties: pure functions on a critic and images, one float32 value per sample.

`critic` is any callable from a batch of samples to their logits, with nothing that mixes samples (no batch
normalisation): the gradient of the summed logits is then the gradient of each sample's own logit.
"""

import difflib

import tensorflow as tf

from tfgan_zoo import replicas

__all__ = ["PENALTIES", "dragan", "get", "gradient_penalty", "path_lengths", "r1", "r2"]

# Inside the root: where the slope is exactly zero the derivative of the root is infinite, and 0 * inf is NaN.
EPSILON = 1e-12


def _squared_slopes(critic, samples):
    """Squared Euclidean norm of the gradient of each sample's logit, float32 of shape (batch,)."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(samples)
        logits = tf.cast(critic(samples), tf.float32)
        # The logits of one sample (one per patch) are averaged, the samples summed.
        logits = tf.reduce_sum(tf.reduce_mean(tf.reshape(logits, (tf.shape(logits)[0], -1)), axis=1))
    gradients = tf.cast(tape.gradient(logits, samples), tf.float32)
    return tf.reduce_sum(tf.square(tf.reshape(gradients, (tf.shape(gradients)[0], -1))), axis=1)


def _per_sample_uniform(samples, seed):
    """One uniform number in [0, 1) per sample, of shape (batch, 1, ..., 1)."""
    shape = tf.concat([tf.shape(samples)[:1], tf.ones(samples.shape.rank - 1, tf.int32)], axis=0)
    return tf.cast(replicas.draw(tf.random.stateless_uniform, shape, seed), samples.dtype)


def _require_seed(seed, name):
    if seed is None:
        raise ValueError(
            f"`{name}` draws random points, so it needs `seed`, an int32 tensor of shape (2,). Received: `seed=None`."
        )


def gradient_penalty(critic, real, fake, *, seed, target=1.0):
    """WGAN gradient penalty, `(||grad D(x_hat)|| - target)^2` with `x_hat = u x + (1 - u) G(z)`, `u ~ U[0, 1]`.

    Args:
        critic: callable from (batch, ...) to logits of shape (batch,) or (batch, ...).
        real: float tensor of shape (batch, ...).
        fake: float tensor of the same shape.
        seed: int32 tensor of shape (2,), for the interpolation factors, one per sample.
        target: float, the slope that costs nothing.

    Returns:
        float32 tensor of shape (batch,), non-negative. Multiply by the weight (10 in the paper).

    Raises:
        ValueError: if the shapes differ or `seed` is missing.

    Example:

    >>> critic = lambda x: 2.0 * tf.reduce_sum(x, axis=1)  # slope sqrt(4 * 2^2) = 4 on four inputs
    >>> tfgan_zoo.penalties.gradient_penalty(critic, tf.zeros((1, 4)), tf.ones((1, 4)), seed=(0, 0)).numpy().round(4)
    array([9.], dtype=float32)

    Reference:
        Gulrajani et al. 2017, arXiv 1704.00028, equation 3 and Algorithm 1, lines 5 to 7.
    """
    _require_seed(seed, "gradient_penalty")
    real, fake = tf.convert_to_tensor(real), tf.convert_to_tensor(fake)
    if not real.shape.is_compatible_with(fake.shape):
        raise ValueError(
            "`real` and `fake` must have the same shape, because the penalty is taken between them. Received: "
            f"real.shape={tuple(real.shape)}, fake.shape={tuple(fake.shape)}."
        )
    mix = _per_sample_uniform(real, seed)
    slopes = tf.sqrt(_squared_slopes(critic, mix * real + (1.0 - mix) * fake) + EPSILON)
    return tf.square(slopes - target)


def r1(critic, real):
    """R1 penalty, `||grad D(x)||^2` at real samples.

    Args:
        critic: callable from (batch, ...) to logits of shape (batch,) or (batch, ...).
        real: float tensor of shape (batch, ...).

    Returns:
        float32 tensor of shape (batch,), non-negative. Multiply by gamma / 2.

    Example:

    >>> tfgan_zoo.penalties.r1(lambda x: 2.0 * tf.reduce_sum(x, axis=1), tf.zeros((1, 4))).numpy()
    array([16.], dtype=float32)

    Reference:
        Mescheder et al. 2018, arXiv 1801.04406, equation 9.
    """
    return _squared_slopes(critic, tf.convert_to_tensor(real))


def r2(critic, fake):
    """R2 penalty, `||grad D(G(z))||^2` at generated samples.

    Args:
        critic: callable from (batch, ...) to logits of shape (batch,) or (batch, ...).
        fake: float tensor of shape (batch, ...).

    Returns:
        float32 tensor of shape (batch,), non-negative. Multiply by gamma / 2.

    Example:

    >>> tfgan_zoo.penalties.r2(lambda x: 2.0 * tf.reduce_sum(x, axis=1), tf.zeros((1, 4))).numpy()
    array([16.], dtype=float32)

    Reference:
        Mescheder et al. 2018, arXiv 1801.04406, equation 10.
    """
    return _squared_slopes(critic, tf.convert_to_tensor(fake))


def dragan(critic, real, *, seed):
    """DRAGAN penalty, `(||grad D(x + delta)|| - 1)^2` with `delta = 0.5 std(x) u`, `u ~ U[0, 1]` per component.

    The standard deviation is that of all numbers of the batch at hand. The points perturbed are real samples;
    following the authors' code each is moved a random share of the way to its noisy copy.

    Args:
        critic: callable from (batch, ...) to logits of shape (batch,) or (batch, ...).
        real: float tensor of shape (batch, ...).
        seed: int32 tensor of shape (2,), for the noise and the share.

    Returns:
        float32 tensor of shape (batch,), non-negative. Multiply by the weight (10 in the paper).

    Raises:
        ValueError: if `seed` is missing.

    Example:

    >>> critic = lambda x: 2.0 * tf.reduce_sum(x, axis=1)
    >>> tfgan_zoo.penalties.dragan(critic, tf.zeros((1, 4)), seed=(0, 0)).numpy().round(4)
    array([9.], dtype=float32)

    Reference:
        Kodali et al. 2017, arXiv 1705.07215, section 2.3 and Algorithm 1; kodalinaveen3/DRAGAN on GitHub.
    """
    _require_seed(seed, "dragan")
    real = tf.convert_to_tensor(real)
    seeds = tf.random.experimental.stateless_split(seed, 2)
    mean = tf.reduce_mean(replicas.batch_mean(real))
    deviation = tf.sqrt(tf.reduce_mean(replicas.batch_mean(tf.square(real - mean))))
    noise = 0.5 * deviation * replicas.draw(tf.random.stateless_uniform, tf.shape(real), seeds[0])
    slopes = tf.sqrt(_squared_slopes(critic, real + _per_sample_uniform(real, seeds[1]) * noise) + EPSILON)
    return tf.square(slopes - 1.0)


def path_lengths(synthesize, styles, *, seed):
    """Lengths `||J^T y||` by which images change with their styles, `y ~ N(0, 1 / pixels)`, J = d image / d styles.

    The gradient of `sum(image y)` is J^T y. Styles of several layers count as their mean square: the root is taken of
    the mean over layers of the sum over components.

    Args:
        synthesize: callable from styles to images (batch, height, width, channels).
        styles: float tensor of shape (batch, layers, style_dim).
        seed: int tensor of shape (2,), for y.

    Returns:
        float32 tensor of shape (batch,), non-negative. The regulariser is `(lengths - their running mean)^2`.

    Example:

    >>> images = lambda styles: tf.reshape(3.0 * styles, (-1, 1, 1, 1))  # one pixel of slope 3: the length is 3 |y|
    >>> y = tf.random.stateless_normal((2, 1, 1, 1), (0, 0))
    >>> lengths = tfgan_zoo.penalties.path_lengths(images, tf.ones((2, 1, 1)), seed=(0, 0))
    >>> np.allclose(lengths, 3.0 * np.abs(y[:, 0, 0, 0]))
    True

    Reference:
        Karras et al. 2020, arXiv 1912.04958, equation 4; the mean over layers from the authors' code.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(styles)
        images = tf.cast(synthesize(styles), tf.float32)
        y = replicas.draw(tf.random.stateless_normal, tf.shape(images), seed)
        pixels = tf.cast(images.shape[1] * images.shape[2], tf.float32)
        projected = tf.reduce_sum(images * y) / tf.sqrt(pixels)
    gradients = tf.cast(tape.gradient(projected, styles), tf.float32)
    return tf.sqrt(tf.reduce_mean(tf.reduce_sum(tf.square(gradients), axis=2), axis=1) + EPSILON)


# Name -> (penalty on (critic, real, fake, seed), the weight that makes the paper's default).
PENALTIES = {
    "gradient_penalty": (
        lambda critic, real, fake, seed: gradient_penalty(critic, real, fake, seed=seed),
        10.0,
    ),
    "r1": (lambda critic, real, fake, seed: r1(critic, real), 5.0),
    "r2": (lambda critic, real, fake, seed: r2(critic, fake), 5.0),
    "r1_r2": (lambda critic, real, fake, seed: r1(critic, real) + r2(critic, fake), 5.0),
    "dragan": (lambda critic, real, fake, seed: dragan(critic, real, seed=seed), 10.0),
}


def get(name, weight=None):
    """Looks up a penalty by name, with one signature for all of them.

    Args:
        name: one of `tfgan_zoo.penalties.PENALTIES`, or None for no penalty.
        weight: float >= 0, what multiplies the penalty in the loss; None for the paper's: 10 for
            "gradient_penalty" and "dragan", gamma / 2 = 5 for "r1", "r2" and "r1_r2" (gamma = 10).

    Returns:
        None, or a function of (critic, real, fake, seed) to float32 of shape (batch,), weight included.

    Raises:
        ValueError: if the name is unknown, the weight negative, or a weight is given without a name.

    Example:

    >>> penalty = tfgan_zoo.penalties.get("r1", weight=0.5)
    >>> penalty(lambda x: 2.0 * tf.reduce_sum(x, axis=1), tf.zeros((1, 4)), None, None).numpy()
    array([8.], dtype=float32)
    """
    if name is None and weight is not None:
        raise ValueError(
            f"`penalty_weight` needs a `penalty` to multiply. Received: `penalty=None`, `penalty_weight={weight}`. "
            f"Choose a penalty from {sorted(PENALTIES)}, or leave the weight out."
        )
    if name is None:
        return None
    if name not in PENALTIES:
        near = difflib.get_close_matches(str(name), PENALTIES, n=1, cutoff=0.0)[0]
        raise ValueError(
            f"`penalty` must be None or one of {sorted(PENALTIES)}. Received: `penalty={name!r}`. The nearest known "
            f"one is {near!r}."
        )
    function, default_weight = PENALTIES[name]
    weight = default_weight if weight is None else weight
    if not weight >= 0.0:
        raise ValueError(f"`penalty_weight` must be at least 0. Received: `penalty_weight={weight}`.")
    return lambda critic, real, fake, seed: weight * function(critic, real, fake, seed)
