"""Editing images in latent space: projection of given images, directions, and how attributes answer to them.

A code is what these functions edit: styles (layers, style_dim) for models that have them, else latent vectors.
"""

import math
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tfgan_zoo import latents

__all__ = ["Projection", "attribute_direction", "codes", "directions", "draw", "project", "response"]


class Projection(NamedTuple):
    """What `project` found.

    Attributes:
        codes: float32 array, the codes with the smallest loss: (num, latent_dim), or (num, layers, style_dim).
        images: float32 array (num, height, width, channels), what they give.
        errors: float32 array (num,), mean squared difference of these images from the wanted ones.
    """

    codes: np.ndarray
    images: np.ndarray
    errors: np.ndarray


def codes(gan, num, seed=0):
    """Codes of random samples.

    Args:
        gan: model with `sample`, `latent_dim` and `prior`, and `to_styles` if it has styles.
        num: int >= 1.
        seed: int.

    Returns:
        float32 array, (num, layers, style_dim) for models with styles, else (num, latent_dim).

    Example:

    >>> tfgan_zoo.editing.codes(gan, 4).shape  # doctest: +SKIP
    (4, 100)
    """
    z = latents.sample(num, gan.latent_dim, prior=gan.prior, seed=seed).numpy()
    return gan.to_styles(z) if hasattr(gan, "to_styles") else z


def draw(gan, values):
    """Images of codes.

    Args:
        gan: see `codes`; `from_styles` if it has styles.
        values: float array of codes.

    Returns:
        float32 array of shape (num, height, width, channels), in [-1, 1].

    Example:

    >>> tfgan_zoo.editing.draw(gan, tfgan_zoo.editing.codes(gan, 4)).shape  # doctest: +SKIP
    (4, 32, 32, 1)
    """
    values = np.asarray(values, np.float32)
    return gan.from_styles(values) if hasattr(gan, "to_styles") else gan.sample(z=values)


# === Projection ===


def project(
    gan,
    images,
    *,
    steps=300,
    learning_rate=0.1,
    candidates=512,
    features=None,
    feature_weight=1.0,
    layerwise=False,
    seed=0,
):
    """Looks for the codes whose images come closest to given ones.

    From the best of some random codes, Adam descends `mean (image - wanted)^2 + weight mean (features - wanted)^2`, its
    rate falling to zero along a cosine; the best code on the way is kept, so that more steps never make it worse.

    Args:
        gan: trained model with `sampler`, or `painter` and `to_styles` if it has styles.
        images: float array of shape (num, height, width, channels) in [-1, 1].
        steps: int >= 0, of Adam.
        learning_rate: float > 0, of the first step.
        candidates: int >= 1, random codes to begin from.
        features: differentiable callable from images in [-1, 1] to (num, ...), compared besides pixels, or None.
        feature_weight: float >= 0.
        layerwise: bool, whether each layer may take a style of its own (W+), for models that have styles.
        seed: int, of the random codes.

    Returns:
        `Projection`.

    Raises:
        ValueError: if the images have another shape than the model's, or a number is out of range.

    Example:

    >>> found = tfgan_zoo.editing.project(gan, images)  # doctest: +SKIP

    Reference:
        Lipton and Tripathi 2017, arXiv 1702.04782; into styles: Karras et al. 2020, arXiv 1912.04958, appendix D.
    """
    images = tf.convert_to_tensor(images, tf.float32)
    if images.shape.rank != 4 or images.shape[1:] != gan.sampler.output_shape[1:]:
        raise ValueError(
            f"`images` must have the shape of samples, (num, {', '.join(map(str, gan.sampler.output_shape[1:]))}). "
            f"Received: shape {tuple(images.shape)}."
        )
    if steps < 0 or candidates < 1 or not learning_rate > 0.0:
        raise ValueError(
            "`steps` must be at least 0, `candidates` at least 1 and `learning_rate` above 0. Received: "
            f"`steps={steps}`, `candidates={candidates}`, `learning_rate={learning_rate}`."
        )
    start = _nearest(gan, images, codes(gan, candidates, seed))
    loss = _Loss(images, features, feature_weight)
    found = _descend(_painted(gan), _tied(start, layerwise), loss, steps, learning_rate, gan.prior)
    values = np.broadcast_to(found, start.shape).copy()
    drawn = draw(gan, values)
    return Projection(values, drawn, np.mean(np.square(drawn - images.numpy()), axis=(1, 2, 3)))


def _nearest(gan, images, values):
    """For each image the code whose image is nearest, in mean squared pixels."""
    flat = draw(gan, values).reshape(len(values), -1)
    wanted = images.numpy().reshape(images.shape[0], -1)
    distances = (wanted**2).sum(axis=1)[:, None] - 2.0 * wanted @ flat.T + (flat**2).sum(axis=1)
    return values[distances.argmin(axis=1)]


def _tied(values, layerwise):
    """Styles with one row for all layers, unless each is to have its own; latent vectors as they are."""
    return values if layerwise or values.ndim == 2 else values[:, :1]


def _painted(gan):
    """Differentiable function from codes to images."""
    if not hasattr(gan, "to_styles"):
        return lambda values: gan.sampler(values, training=False)
    shape = gan.painter.inputs[0].shape[1:]

    def paint(values):
        styles = tf.broadcast_to(values, (tf.shape(values)[0], *shape))
        return gan.painter([styles, gan.fixed_noise(values)], training=False)

    return paint


class _Loss:
    """What a projection makes small, per image."""

    def __init__(self, images, features, weight):
        self.images = images
        self.features = features
        self.weight = weight
        self.wanted = None if features is None else tf.stop_gradient(tf.convert_to_tensor(features(images)))

    def __call__(self, drawn):
        differences = drawn - self.images
        # Samples are cut off at -1 and 1: what lies there may have been anything beyond.
        beyond = (tf.abs(self.images) >= 1.0) & (differences * self.images > 0.0)
        loss = _mean_squares(tf.where(beyond, 0.0, differences))
        if self.features is not None:
            loss += self.weight * _mean_squares(self.features(drawn) - self.wanted)
        return loss


def _mean_squares(differences):
    return tf.reduce_mean(tf.square(tf.reshape(differences, (tf.shape(differences)[0], -1))), axis=1)


_ONTO_PRIOR = {
    "normal": lambda z: z,
    "uniform": lambda z: tf.clip_by_value(z, -1.0, 1.0),
    "sphere": lambda z: tf.math.l2_normalize(z, axis=-1) * tf.sqrt(tf.cast(tf.shape(z)[-1], tf.float32)),
}


def _descend(paint, start, loss, steps, learning_rate, prior):
    """Adam from some codes; returns the best on the way."""
    onto = _ONTO_PRIOR[prior] if start.ndim == 2 else lambda values: values
    value, first, second = tf.constant(start), tf.zeros_like(start), tf.zeros_like(start)
    best, best_loss = value, tf.fill(start.shape[:1], math.inf)

    @tf.function
    def step(value, first, second, best, best_loss, count):
        with tf.GradientTape() as tape:
            tape.watch(value)
            losses = loss(paint(value))
        gradient = tape.gradient(losses, value)
        better = losses < best_loss
        best = tf.where(tf.reshape(better, (-1, *[1] * (value.shape.rank - 1))), value, best)
        first, second = 0.9 * first + 0.1 * gradient, 0.99 * second + 0.01 * tf.square(gradient)
        rate = learning_rate * 0.5 * (1.0 + tf.cos(math.pi * count / (steps + 1)))
        unbiased = first / (1.0 - 0.9 ** (count + 1.0)), second / (1.0 - 0.99 ** (count + 1.0))
        value = onto(value - rate * unbiased[0] / (tf.sqrt(unbiased[1]) + 1e-8))
        return value, first, second, best, tf.where(better, losses, best_loss)

    for count in range(steps + 1):  # The last one looks at what the step before it gave.
        value, first, second, best, best_loss = step(value, first, second, best, best_loss, tf.constant(float(count)))
    return best.numpy()


# === Directions ===


def directions(gan, num=5):
    """Directions in which codes change images most, in closed form: no samples, no training.

    They are the eigenvectors of `A A^T` with the largest eigenvalues, A being the weights, each column of unit length,
    that codes meet first: of all affine maps for styles, of the first dense layer for latent vectors.

    Args:
        gan: model with `sampler`, or `painter` and `to_styles` if it has styles.
        num: int >= 1, how many.

    Returns:
        float32 array of shape (num, style_dim or latent_dim), of unit length, strongest first.

    Raises:
        ValueError: if there are fewer, or the generator begins with no dense layer.

    Example:

    >>> tfgan_zoo.editing.directions(gan, 3).shape  # doctest: +SKIP
    (3, 100)

    Reference:
        Shen and Zhou 2021, arXiv 2007.06600, equation 5.
    """
    weights = np.concatenate(_first_weights(gan), axis=1)
    if not 1 <= num <= len(weights):
        raise ValueError(f"`num` must be from 1 to {len(weights)}, the width of a code. Received: `num={num}`.")
    weights = weights / np.linalg.norm(weights, axis=0, keepdims=True)
    values, vectors = np.linalg.eigh(weights @ weights.T)
    return vectors[:, np.argsort(values)[::-1][:num]].T.astype(np.float32)


def _first_weights(gan):
    """Matrices (width of a code, outputs) that codes are multiplied with."""
    if hasattr(gan, "to_styles"):
        return [layer.affine.kernel.numpy() for layer in gan.painter.layers if hasattr(layer, "affine")]
    found = [layer.kernel for layer in gan.sampler.layers if hasattr(layer, "kernel")]
    if not found or len(found[0].shape) != 2:
        raise ValueError(
            f"The generator must begin with a dense layer. Received: {gan.sampler.name!r}, whose first weights are "
            f"{tuple(found[0].shape) if found else 'none'}."
        )
    return [found[0].numpy()]


def attribute_direction(gan, attribute, *, exemplars=50, num=1000, seed=0):
    """Direction from codes that lack an attribute to codes that have it: `mean(with) - mean(without)`.

    Args:
        gan: see `codes`.
        attribute: callable from images (num, height, width, channels) to one number each.
        exemplars: int >= 1, how many of the random samples with the largest and the smallest attribute are averaged.
        num: int >= 2 `exemplars`, random samples.
        seed: int.

    Returns:
        float32 array of the shape of a code.

    Raises:
        ValueError: if a number is out of range.

    Example:

    >>> thicker = tfgan_zoo.editing.attribute_direction(gan, tfgan_zoo.sheets.brightness)  # doctest: +SKIP

    Reference:
        Radford et al. 2015, arXiv 1511.06434, section 6.3.2.
    """
    if exemplars < 1 or num < 2 * exemplars:
        raise ValueError(
            "`exemplars` must be at least 1 and `num` at least twice as many. Received: "
            f"`exemplars={exemplars}`, `num={num}`."
        )
    values = codes(gan, num, seed)
    order = np.argsort(attribute(draw(gan, values)))
    return values[order[-exemplars:]].mean(axis=0) - values[order[:exemplars]].mean(axis=0)


def response(gan, direction, attribute, *, strengths=(-1.0, -0.5, 0.0, 0.5, 1.0), num=100, seed=1):
    """How an attribute answers when codes move along a direction.

    Args:
        gan: see `codes`.
        direction: float array of the shape of a code, or of its last axis.
        attribute: callable from images to one number each.
        strengths: factors of the direction.
        num: int >= 1, random samples that are moved.
        seed: int, another one than that of the samples that the direction was found with.

    Returns:
        (values, correlation): float array (num, strengths) of the attribute, and the correlation in [-1, 1] of the
        strength with the attribute, each sample's own mean taken away.

    Example:

    >>> values, correlation = tfgan_zoo.editing.response(gan, thicker, tfgan_zoo.sheets.brightness)  # doctest: +SKIP
    """
    base = codes(gan, num, seed)
    values = np.stack([attribute(draw(gan, base + strength * direction)) for strength in strengths], axis=1)
    centred = values - values.mean(axis=1, keepdims=True)
    return values, float(np.corrcoef(np.tile(strengths, num), centred.ravel())[0, 1])
