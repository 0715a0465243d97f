"""Mode coverage on mixtures and labelled data: how many modes appear, how evenly, and how well each is hit."""

from typing import NamedTuple

import numpy as np
import scipy.special

from tfgan_zoo.metrics import checks, distances

# The two mixtures of the mode-collapse literature (Srivastava et al. 2017, arXiv 1705.07761; Lin et al. 2018,
# arXiv 1712.04086): centres by `ring_centres()` and `grid_centres()`, deviations below.
RING_DEVIATION = 0.01
GRID_DEVIATION = 0.05
EVALUATION_SAMPLES = 2500
HIGH_QUALITY_DEVIATIONS = 3

STACKED_MODES = 1000
STACKED_SAMPLES = 26_000  # evaluation samples of arXiv 1712.04086


class MixtureModes(NamedTuple):
    """Modes that hold a high-quality sample, share of high-quality samples, and reverse KL in nats."""

    count: int
    high_quality: float
    reverse_kl: float


class LabelModes(NamedTuple):
    """Labels that occur at least once, and reverse KL in nats."""

    count: int
    reverse_kl: float


def ring_centres(modes=8, radius=1.0):
    """Return the centres of a ring of Gaussians, `(modes, 2)` float64, the first one at `(radius, 0)`."""
    checks.at_least("modes", modes, 1)
    checks.positive("radius", radius)
    angles = 2 * np.pi * np.arange(modes) / modes
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def grid_centres(side=5, spacing=2.0):
    """Return the centres of a square grid of Gaussians about the origin, `(side^2, 2)` float64."""
    checks.at_least("side", side, 1)
    checks.positive("spacing", spacing)
    ticks = spacing * (np.arange(side) - (side - 1) / 2)
    return np.stack(np.meshgrid(ticks, ticks, indexing="ij"), axis=-1).reshape(-1, 2)


def mixture_samples(centres, deviation, num, *, seed=0):
    """Draw from an even mixture of round Gaussians.

    Args:
        centres: `(modes, dimensions)`.
        deviation: standard deviation of every Gaussian along each axis, above 0.
        num: how many samples, at least 1.
        seed: the same seed gives the same samples.

    Returns:
        float32 `(num, dimensions)`.

    Example:

    >>> tfgan_zoo.metrics.mixture_samples(tfgan_zoo.metrics.ring_centres(), 0.01, 100).shape
    (100, 2)
    """
    centres = checks.features("centres", centres, minimum=1, reason="a mixture has a mode")
    checks.positive("deviation", deviation)
    checks.at_least("num", num, 1)
    generator = np.random.default_rng(seed)
    chosen = centres[generator.integers(len(centres), size=num)]
    return (chosen + deviation * generator.standard_normal(chosen.shape)).astype(np.float32)


def mixture_modes(samples, centres, deviation):
    """Count the modes of a mixture that samples reach.

    A sample is of high quality within 3 deviations of its nearest centre, and a mode counts once it holds one
    such sample. The reverse KL is that of the shares of samples nearest to each centre, high quality or not,
    against equal shares. For round Gaussians in the plane `1 - exp(-9 / 2)` = 98.9 % of perfect samples are
    of high quality.

    Args:
        samples: `(samples, dimensions)`; the papers take 2500.
        centres: `(modes, dimensions)`.
        deviation: of the mixture.

    Returns:
        `MixtureModes(count, high_quality, reverse_kl)`; the reverse KL lies between 0 and `log(modes)`.

    Raises:
        ValueError: if the dimensions differ or a value is unfit.

    Example:

    >>> tfgan_zoo.metrics.mixture_modes([[1.0, 0.0], [1.0, 0.01], [0.0, 0.9]], tfgan_zoo.metrics.ring_centres(4), 0.01)
    MixtureModes(count=1, high_quality=0.6666666666666666, reverse_kl=0.7497801928250778)

    Reference: Srivastava et al. 2017, arXiv 1705.07761; Lin et al. 2018, arXiv 1712.04086.
    """
    samples = checks.features("samples", samples, minimum=1, reason="nothing to count otherwise")
    centres = checks.features("centres", centres, minimum=1, reason="a mixture has a mode")
    checks.same_dimensions("samples", samples, "centres", centres)
    checks.positive("deviation", deviation)
    nearest, squared = distances.nearest(samples, centres)
    good = squared[:, 0] <= (HIGH_QUALITY_DEVIATIONS * deviation) ** 2
    reached = np.unique(nearest[good, 0])
    return MixtureModes(len(reached), float(good.mean()), label_modes(nearest[:, 0], len(centres)).reverse_kl)


def label_modes(labels, modes, *, expected=None):
    """Count the labels that occur, and measure how far their shares are from those of the data.

    `reverse KL = sum_m g(m) log(g(m) / p(m))`, the divergence of the generated shares `g` from the data's
    `p`.

    Args:
        labels: `(samples,)` integers from 0 to `modes - 1`, from a classifier or a mixture.
        modes: how many labels there are.
        expected: `(modes,)` shares in the data; equal ones by default.

    Returns:
        `LabelModes(count, reverse_kl)`; the reverse KL is infinite if a label occurs that the data lack.

    Raises:
        ValueError: if a label lies outside or the shares are no distribution.

    Example:

    >>> tfgan_zoo.metrics.label_modes([0, 0, 2, 2], 4)
    LabelModes(count=2, reverse_kl=0.6931471805599453)
    """
    checks.at_least("modes", modes, 1)
    labels = checks.labels(labels)
    if labels.min() < 0 or labels.max() >= modes:
        raise ValueError(
            f"`labels` should lie between 0 and {modes - 1}. Received: from {labels.min()} to {labels.max()}"
        )
    shares = np.bincount(labels, minlength=modes) / len(labels)
    expected = _expected(expected, modes)
    return LabelModes(int(np.count_nonzero(shares)), float(scipy.special.rel_entr(shares, expected).sum()))


def _expected(expected, modes):
    if expected is None:
        return np.full(modes, 1 / modes)
    expected = np.asarray(expected, np.float64)
    if expected.shape != (modes,) or expected.min() < 0 or abs(expected.sum() - 1) > 1e-6:
        raise ValueError(
            f"`expected` should be {modes} shares that sum to 1. "
            f"Received: shape {expected.shape} with sum {expected.sum()}"
        )
    return expected


def stacked_labels(images, classify):
    """Return the labels 0 to 999 of stacked digits, one digit in each colour channel.

    `label = 100 * digit(red) + 10 * digit(green) + digit(blue)`.

    Args:
        images: `(images, height, width, 3)` uint8 or floats in `[-1, 1]`.
        classify: callable from one-channel images `(images, height, width, 1)` to digits `(images,)`, such as
            `lambda images: features.extract(features.digits(), images).logits.argmax(axis=1)`.

    Returns:
        int64 `(images,)`.

    Raises:
        ValueError: if the images have not three channels.
    """
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[-1] != 3:
        raise ValueError(
            f"`images` should have shape (images, height, width, 3), one digit a channel. "
            f"Received: shape {images.shape}"
        )
    red, green, blue = (np.asarray(classify(images[..., channel : channel + 1])) for channel in range(3))
    return (100 * red + 10 * green + blue).astype(np.int64)


def stacked_modes(images, classify):
    """Return the mode count (of 1000) and reverse KL of generated stacked digits.

    The protocol of Lin et al. takes 26,000 samples. The classifier's own errors make a few modes appear that
    were not drawn: name the classifier, and give the value of real stacked digits beside the number.

    Returns:
        `LabelModes(count, reverse_kl)`.

    Reference: Metz et al. 2017, arXiv 1611.02163; Lin et al. 2018, arXiv 1712.04086.
    """
    return label_modes(stacked_labels(images, classify), STACKED_MODES)
