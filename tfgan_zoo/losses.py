"""Adversarial losses: pure functions on logits, one float32 value per sample.

A logit is the discriminator's output before the sigmoid: `P(real) = sigmoid(logit)`. Real comes before fake
everywhere. Nothing is reduced here: a model divides by the global batch size in one place
(`tfgan_zoo.models.AbstractGAN`), so that one device and many give the same gradients.
"""

import dataclasses
import difflib
from collections.abc import Callable

import keras
import tensorflow as tf

from tfgan_zoo import replicas

__all__ = [
    "PAIRS",
    "AdversarialLoss",
    "hinge_discriminator_loss",
    "hinge_generator_loss",
    "l1_loss",
    "least_squares_discriminator_loss",
    "least_squares_generator_loss",
    "minimax_discriminator_loss",
    "minimax_generator_loss",
    "non_saturating_generator_loss",
    "pair",
    "relativistic_average_discriminator_loss",
    "relativistic_average_generator_loss",
    "relativistic_discriminator_loss",
    "relativistic_generator_loss",
    "wasserstein_discriminator_loss",
    "wasserstein_generator_loss",
]


def _per_sample(logits, name):
    """Casts to float32 and averages everything but the batch axis (a PatchGAN has one logit per patch)."""
    logits = tf.cast(tf.convert_to_tensor(logits, name=name), tf.float32)
    if logits.shape.rank == 0:
        raise ValueError(
            f"`{name}` must have a batch axis, shape (batch,) or (batch, ...). Received a scalar. "
            f"Pass `tf.reshape({name}, (1,))` for a single sample."
        )
    return logits


def _mean_over_patches(values):
    return tf.reduce_mean(tf.reshape(values, (tf.shape(values)[0], -1)), axis=1)


def _real_and_fake(real_logits, fake_logits):
    real_logits = _per_sample(real_logits, "real_logits")
    fake_logits = _per_sample(fake_logits, "fake_logits")
    if not real_logits.shape.is_compatible_with(fake_logits.shape):
        raise ValueError(
            "`real_logits` and `fake_logits` must have the same shape, or a loss would silently broadcast one "
            f"against the other. Received: real_logits.shape={tuple(real_logits.shape)}, "
            f"fake_logits.shape={tuple(fake_logits.shape)}. Reshape one of them to the other's shape."
        )
    return real_logits, fake_logits


def _check_fraction(name, value, upper):
    if not 0.0 <= value < upper:
        raise ValueError(f"`{name}` must be in [0, {upper}). Received: `{name}={value}`. Use 0.0 to switch it off.")


def _flip(logits, label_noise, seed, salt):
    """Negates a random share of the logits: for the logistic loss that is the same as swapping the label."""
    if not label_noise:
        return logits
    if seed is None:
        raise ValueError(
            f"`label_noise={label_noise}` draws random labels, so it needs `seed`, an int32 tensor of shape (2,)."
        )
    seed = tf.random.experimental.stateless_fold_in(seed, salt)
    flipped = replicas.draw(tf.random.stateless_uniform, tf.shape(logits), seed) < label_noise
    return tf.where(flipped, -logits, logits)


def minimax_discriminator_loss(real_logits, fake_logits, *, label_smoothing=0.0, label_noise=0.0, seed=None):
    """Cross-entropy of the discriminator, `-log D(x) - log(1 - D(G(z)))`.

    With one-sided label smoothing `s` the real term becomes `-(1 - s) log D(x) - s log(1 - D(x))`. The sum of the
    two terms is minimised, as in the paper; some codes halve it, which is the same as halving the learning rate.
    Computed from logits as `softplus`, so it is finite for every finite logit.

    Args:
        real_logits: tensor of shape (batch,) or (batch, ...), logits of real samples.
        fake_logits: tensor of the same shape, logits of generated samples.
        label_smoothing: float in [0, 0.5), how far the label of real samples is below 1. One-sided: labels of
            fakes stay 0, otherwise the optimal discriminator is no longer a function of the density ratio alone.
        label_noise: float in [0, 0.5), probability with which the label of a sample is swapped.
        seed: int32 tensor of shape (2,), needed when `label_noise` is positive.

    Returns:
        float32 tensor of shape (batch,), non-negative, unbounded above. `2 log 2 = 1.386` when both logits are 0.

    Raises:
        ValueError: if the shapes differ, or an option is out of range.

    Example:

    >>> tfgan_zoo.losses.minimax_discriminator_loss([0.0], [0.0]).numpy().round(4)
    array([1.3863], dtype=float32)

    Reference:
        Goodfellow et al. 2014, arXiv 1406.2661, Algorithm 1, line 5. Label smoothing: Salimans et al. 2016,
        arXiv 1606.03498, section 3.4.
    """
    _check_fraction("label_smoothing", label_smoothing, 0.5)
    _check_fraction("label_noise", label_noise, 0.5)
    real_logits, fake_logits = _real_and_fake(real_logits, fake_logits)
    real_logits = _flip(real_logits, label_noise, seed, 0)
    fake_logits = _flip(fake_logits, label_noise, seed, 1)
    real_loss = (1.0 - label_smoothing) * tf.nn.softplus(-real_logits) + label_smoothing * tf.nn.softplus(real_logits)
    return _mean_over_patches(real_loss + tf.nn.softplus(fake_logits))


def minimax_generator_loss(fake_logits):
    """Generator's side of the minimax game, `log(1 - D(G(z)))`.

    Its gradient vanishes where the discriminator is sure (`D(G(z))` near 0): that is why
    `non_saturating_generator_loss` is the common choice.

    Args:
        fake_logits: tensor of shape (batch,) or (batch, ...), logits of generated samples.

    Returns:
        float32 tensor of shape (batch,), at most 0, unbounded below.

    Example:

    >>> tfgan_zoo.losses.minimax_generator_loss([0.0]).numpy().round(4)
    array([-0.6931], dtype=float32)

    Reference:
        Goodfellow et al. 2014, arXiv 1406.2661, equation 1 and Algorithm 1, line 9.
    """
    return -_mean_over_patches(tf.nn.softplus(_per_sample(fake_logits, "fake_logits")))


def non_saturating_generator_loss(fake_logits):
    """Non-saturating generator loss, `-log D(G(z))`.

    Args:
        fake_logits: tensor of shape (batch,) or (batch, ...), logits of generated samples.

    Returns:
        float32 tensor of shape (batch,), non-negative, unbounded above.

    Example:

    >>> tfgan_zoo.losses.non_saturating_generator_loss([0.0]).numpy().round(4)
    array([0.6931], dtype=float32)

    Reference:
        Goodfellow et al. 2014, arXiv 1406.2661, section 3, last paragraph.
    """
    return _mean_over_patches(tf.nn.softplus(-_per_sample(fake_logits, "fake_logits")))


def least_squares_discriminator_loss(real_logits, fake_logits):
    """Least-squares loss of the discriminator, `((D(x) - 1)^2 + D(G(z))^2) / 2`, on raw outputs.

    Args:
        real_logits: tensor of shape (batch,) or (batch, ...), raw outputs for real samples.
        fake_logits: tensor of the same shape, raw outputs for generated samples.

    Returns:
        float32 tensor of shape (batch,), non-negative.

    Raises:
        ValueError: if the shapes differ.

    Example:

    >>> tfgan_zoo.losses.least_squares_discriminator_loss([1.0], [2.0]).numpy()
    array([2.], dtype=float32)

    Reference:
        Mao et al. 2017, arXiv 1611.04076, equation 9 (a=0, b=c=1).
    """
    real_logits, fake_logits = _real_and_fake(real_logits, fake_logits)
    return _mean_over_patches(0.5 * (tf.square(real_logits - 1.0) + tf.square(fake_logits)))


def least_squares_generator_loss(fake_logits):
    """Least-squares loss of the generator, `(D(G(z)) - 1)^2 / 2`, on raw outputs.

    Args:
        fake_logits: tensor of shape (batch,) or (batch, ...), raw outputs for generated samples.

    Returns:
        float32 tensor of shape (batch,), non-negative.

    Example:

    >>> tfgan_zoo.losses.least_squares_generator_loss([3.0]).numpy()
    array([2.], dtype=float32)

    Reference:
        Mao et al. 2017, arXiv 1611.04076, equation 9 (a=0, b=c=1).
    """
    return _mean_over_patches(0.5 * tf.square(_per_sample(fake_logits, "fake_logits") - 1.0))


def hinge_discriminator_loss(real_logits, fake_logits):
    """Hinge loss of the discriminator, `max(0, 1 - D(x)) + max(0, 1 + D(G(z)))`.

    Args:
        real_logits: tensor of shape (batch,) or (batch, ...), raw outputs for real samples.
        fake_logits: tensor of the same shape, raw outputs for generated samples.

    Returns:
        float32 tensor of shape (batch,), non-negative; 0 where both are on the right side of the margin.

    Raises:
        ValueError: if the shapes differ.

    Example:

    >>> tfgan_zoo.losses.hinge_discriminator_loss([0.25], [-3.0]).numpy()
    array([0.75], dtype=float32)

    Reference:
        Lim and Ye 2017, arXiv 1705.02894, equations 1 to 5; Miyato et al. 2018, arXiv 1802.05957, equation 16.
    """
    real_logits, fake_logits = _real_and_fake(real_logits, fake_logits)
    return _mean_over_patches(tf.nn.relu(1.0 - real_logits) + tf.nn.relu(1.0 + fake_logits))


def hinge_generator_loss(fake_logits):
    """Generator loss that goes with the hinge discriminator, `-D(G(z))`.

    Args:
        fake_logits: tensor of shape (batch,) or (batch, ...), raw outputs for generated samples.

    Returns:
        float32 tensor of shape (batch,), unbounded on both sides.

    Example:

    >>> tfgan_zoo.losses.hinge_generator_loss([0.25]).numpy()
    array([-0.25], dtype=float32)

    Reference:
        Miyato et al. 2018, arXiv 1802.05957, equation 17.
    """
    return -_mean_over_patches(_per_sample(fake_logits, "fake_logits"))


def wasserstein_discriminator_loss(real_logits, fake_logits):
    """Critic loss, `D(G(z)) - D(x)`: minus the estimate of the Wasserstein-1 distance for a 1-Lipschitz critic.

    Args:
        real_logits: tensor of shape (batch,) or (batch, ...), critic values of real samples.
        fake_logits: tensor of the same shape, critic values of generated samples.

    Returns:
        float32 tensor of shape (batch,), unbounded on both sides.

    Raises:
        ValueError: if the shapes differ.

    Example:

    >>> tfgan_zoo.losses.wasserstein_discriminator_loss([3.0], [1.0]).numpy()
    array([-2.], dtype=float32)

    Reference:
        Arjovsky et al. 2017, arXiv 1701.07875, Algorithm 1, line 5.
    """
    real_logits, fake_logits = _real_and_fake(real_logits, fake_logits)
    return _mean_over_patches(fake_logits - real_logits)


def wasserstein_generator_loss(fake_logits):
    """Generator loss that goes with a Wasserstein critic, `-D(G(z))`.

    Args:
        fake_logits: tensor of shape (batch,) or (batch, ...), critic values of generated samples.

    Returns:
        float32 tensor of shape (batch,), unbounded on both sides.

    Example:

    >>> tfgan_zoo.losses.wasserstein_generator_loss([1.0]).numpy()
    array([-1.], dtype=float32)

    Reference:
        Arjovsky et al. 2017, arXiv 1701.07875, Algorithm 1, line 10.
    """
    return -_mean_over_patches(_per_sample(fake_logits, "fake_logits"))


def relativistic_discriminator_loss(real_logits, fake_logits):
    """Relativistic pairing loss (RpGAN) of the discriminator, `softplus(-(D(x) - D(G(z))))`.

    Args:
        real_logits: tensor of shape (batch,) or (batch, ...), logits of real samples.
        fake_logits: tensor of the same shape; sample i is paired with real sample i.

    Returns:
        float32 tensor of shape (batch,), non-negative; `log 2` when the two logits are equal.

    Raises:
        ValueError: if the shapes differ.

    Example:

    >>> tfgan_zoo.losses.relativistic_discriminator_loss([5.0], [5.0]).numpy().round(4)
    array([0.6931], dtype=float32)

    Reference:
        Jolicoeur-Martineau 2018, arXiv 1807.00734, section 4.1 (RSGAN); used by R3GAN, Huang et al. 2024,
        arXiv 2501.05441, equation 2.
    """
    real_logits, fake_logits = _real_and_fake(real_logits, fake_logits)
    return _mean_over_patches(tf.nn.softplus(fake_logits - real_logits))


def relativistic_generator_loss(real_logits, fake_logits):
    """Relativistic pairing loss (RpGAN) of the generator, `softplus(-(D(G(z)) - D(x)))`.

    Args:
        real_logits: tensor of shape (batch,) or (batch, ...), logits of real samples.
        fake_logits: tensor of the same shape; sample i is paired with real sample i.

    Returns:
        float32 tensor of shape (batch,), non-negative; `log 2` when the two logits are equal.

    Raises:
        ValueError: if the shapes differ.

    Example:

    >>> tfgan_zoo.losses.relativistic_generator_loss([5.0], [5.0]).numpy().round(4)
    array([0.6931], dtype=float32)

    Reference:
        Jolicoeur-Martineau 2018, arXiv 1807.00734, section 4.1 (RSGAN).
    """
    real_logits, fake_logits = _real_and_fake(real_logits, fake_logits)
    return _mean_over_patches(tf.nn.softplus(real_logits - fake_logits))


def relativistic_average_discriminator_loss(real_logits, fake_logits):
    """Relativistic average loss of the discriminator.

    `softplus(-(D(x) - mean D(G(z)))) + softplus(D(G(z)) - mean D(x))`, the means taken over the global batch.

    Args:
        real_logits: tensor of shape (batch,) or (batch, ...), logits of real samples.
        fake_logits: tensor of the same shape, logits of generated samples.

    Returns:
        float32 tensor of shape (batch,), non-negative.

    Raises:
        ValueError: if the shapes differ.

    Example:

    >>> tfgan_zoo.losses.relativistic_average_discriminator_loss([5.0], [5.0]).numpy().round(4)
    array([1.3863], dtype=float32)

    Reference:
        Jolicoeur-Martineau 2018, arXiv 1807.00734, section 4.2 (RaSGAN).
    """
    real_logits, fake_logits = _real_and_fake(real_logits, fake_logits)
    real_relative = real_logits - replicas.batch_mean(fake_logits)
    fake_relative = fake_logits - replicas.batch_mean(real_logits)
    return _mean_over_patches(tf.nn.softplus(-real_relative) + tf.nn.softplus(fake_relative))


def relativistic_average_generator_loss(real_logits, fake_logits):
    """Relativistic average loss of the generator: the discriminator's with the labels swapped.

    `softplus(-(D(G(z)) - mean D(x))) + softplus(D(x) - mean D(G(z)))`, the means taken over the global batch.

    Args:
        real_logits: tensor of shape (batch,) or (batch, ...), logits of real samples.
        fake_logits: tensor of the same shape, logits of generated samples.

    Returns:
        float32 tensor of shape (batch,), non-negative.

    Raises:
        ValueError: if the shapes differ.

    Example:

    >>> tfgan_zoo.losses.relativistic_average_generator_loss([5.0], [5.0]).numpy().round(4)
    array([1.3863], dtype=float32)

    Reference:
        Jolicoeur-Martineau 2018, arXiv 1807.00734, section 4.2 (RaSGAN).
    """
    return relativistic_average_discriminator_loss(fake_logits, real_logits)


def l1_loss(targets, images):
    """Mean absolute difference, `|y - x|`, the reconstruction loss of image translation.

    Args:
        targets: tensor of shape (batch, ...).
        images: tensor of the same shape.

    Returns:
        float32 tensor of shape (batch,), non-negative.

    Raises:
        ValueError: if the shapes differ.

    Example:

    >>> tfgan_zoo.losses.l1_loss([[1.0, 2.0]], [[0.0, 4.0]]).numpy()
    array([1.5], dtype=float32)

    Reference:
        Isola et al. 2017, arXiv 1611.07004, equation 3; Zhu et al. 2017, arXiv 1703.10593, equation 2.
    """
    targets, images = (tf.cast(tf.convert_to_tensor(value), tf.float32) for value in (targets, images))
    if not targets.shape.is_compatible_with(images.shape):
        raise ValueError(
            "`targets` and `images` must have the same shape. Received: "
            f"targets.shape={tuple(targets.shape)}, images.shape={tuple(images.shape)}."
        )
    return _mean_over_patches(tf.abs(targets - images))


@dataclasses.dataclass(frozen=True)
class _Pair:
    discriminator: Callable
    generator: Callable
    relativistic: bool = False
    takes_labels: bool = False
    undecided: float = 0.0  # The output that takes a sample neither for real nor for generated.


PAIRS = {
    "minimax": _Pair(minimax_discriminator_loss, minimax_generator_loss, takes_labels=True),
    "non_saturating": _Pair(minimax_discriminator_loss, non_saturating_generator_loss, takes_labels=True),
    "least_squares": _Pair(least_squares_discriminator_loss, least_squares_generator_loss, undecided=0.5),
    "hinge": _Pair(hinge_discriminator_loss, hinge_generator_loss),
    "wasserstein": _Pair(wasserstein_discriminator_loss, wasserstein_generator_loss),
    "relativistic": _Pair(relativistic_discriminator_loss, relativistic_generator_loss, relativistic=True),
    "relativistic_average": _Pair(
        relativistic_average_discriminator_loss, relativistic_average_generator_loss, relativistic=True
    ),
}


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class AdversarialLoss:
    """A discriminator's and a generator's loss that belong together, with the options of the logistic ones.

    Args:
        name: one of `tfgan_zoo.losses.PAIRS`: "minimax", "non_saturating", "least_squares", "hinge",
            "wasserstein", "relativistic" or "relativistic_average".
        label_smoothing: float in [0, 0.5), see `minimax_discriminator_loss`; logistic pairs only.
        label_noise: float in [0, 0.5), see `minimax_discriminator_loss`; logistic pairs only.

    Raises:
        ValueError: if the name is unknown, or an option is given to a pair that has no labels.

    Example:

    >>> tfgan_zoo.losses.AdversarialLoss("non_saturating", label_smoothing=0.1).generator([0.0], [0.0]).numpy().round(4)
    array([0.6931], dtype=float32)
    """

    def __init__(self, name, *, label_smoothing=0.0, label_noise=0.0):
        if name not in PAIRS:
            near = difflib.get_close_matches(str(name), PAIRS, n=1, cutoff=0.0)[0]
            raise ValueError(
                f"`loss` must be one of {sorted(PAIRS)}. Received: `loss={name!r}`. The nearest known one is {near!r}."
            )
        _check_fraction("label_smoothing", label_smoothing, 0.5)
        _check_fraction("label_noise", label_noise, 0.5)
        if (label_smoothing or label_noise) and not PAIRS[name].takes_labels:
            raise ValueError(
                "`label_smoothing` and `label_noise` change the labels of the logistic losses ('minimax', "
                f"'non_saturating'); '{name}' has none. Received: `label_smoothing={label_smoothing}`, "
                f"`label_noise={label_noise}`. Leave both at 0.0, or choose a logistic loss."
            )
        self.name = name
        self.label_smoothing = label_smoothing
        self.label_noise = label_noise
        self.relativistic = PAIRS[name].relativistic
        self.undecided = PAIRS[name].undecided

    def discriminator(self, real_logits, fake_logits, seed=None):
        """Discriminator's loss per sample, float32 of shape (batch,)."""
        if not PAIRS[self.name].takes_labels:
            return PAIRS[self.name].discriminator(real_logits, fake_logits)
        options = {"label_smoothing": self.label_smoothing, "label_noise": self.label_noise, "seed": seed}
        return PAIRS[self.name].discriminator(real_logits, fake_logits, **options)

    def generator(self, real_logits, fake_logits):
        """Generator's loss per sample, float32 of shape (batch,); `real_logits` matters to relativistic pairs only."""
        if self.relativistic:
            return PAIRS[self.name].generator(real_logits, fake_logits)
        return PAIRS[self.name].generator(fake_logits)

    def get_config(self):
        return {"name": self.name, "label_smoothing": self.label_smoothing, "label_noise": self.label_noise}

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def __eq__(self, other):
        return isinstance(other, AdversarialLoss) and self.get_config() == other.get_config()

    def __hash__(self):
        return hash(tuple(self.get_config().items()))

    def __repr__(self):
        return f"AdversarialLoss({', '.join(f'{k}={v!r}' for k, v in self.get_config().items())})"


def pair(loss):
    """Turns a name or an `AdversarialLoss` into an `AdversarialLoss`.

    Args:
        loss: str, one of `tfgan_zoo.losses.PAIRS`, or an `AdversarialLoss`, returned as it is.

    Returns:
        An `AdversarialLoss`.

    Raises:
        ValueError: if the name is unknown; the message names the nearest known one.

    Example:

    >>> tfgan_zoo.losses.pair("hinge")
    AdversarialLoss(name='hinge', label_smoothing=0.0, label_noise=0.0)
    """
    return loss if isinstance(loss, AdversarialLoss) else AdversarialLoss(loss)
