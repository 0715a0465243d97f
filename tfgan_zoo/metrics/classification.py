"""What a classifier of real images says of generated ones: the class that was asked for, certainty, balance."""

from typing import NamedTuple

import keras
import numpy as np

from tfgan_zoo.metrics import checks


class ClassifierSummary(NamedTuple):
    """Mean probability of the most probable class, and the shares of the rarest and the commonest class."""

    mean_top_probability: float
    smallest_class_share: float
    largest_class_share: float


def class_agreement(logits, labels):
    """Return the share of samples whose most probable class is the wanted one.

    `mean_i [argmax_c logits(i, c) = label(i)]`: the accuracy of a classifier of real images on generated ones,
    with the classes that were asked for as the truth. Give the same of real test images beside it, where it is the
    classifier's own accuracy. It does not see variety within a class.

    Args:
        logits: `(samples, classes)` from a classifier trained on real images; anything that rises with the
            probability does. Of equal largest ones the first counts.
        labels: `(samples,)` integers, the wanted classes. One that the classifier does not know never agrees.

    Returns:
        float from 0 to 1; `1 / classes` for samples that do not depend on their label, if classes are even.

    Raises:
        ValueError: if the shapes do not match, the labels are no integers, there is no sample or only one class, or
            a value is NaN or plus infinity.

    Example:

    >>> tfgan_zoo.metrics.class_agreement([[2.0, 0.5], [0.1, 0.3], [1.0, 0.0], [3.0, 1.0]], [0, 1, 1, 0])
    0.75

    Reference: Shmelkov et al. 2018, arXiv 1807.09499 (GAN-test).
    """
    logits, labels = checks.logits(logits), checks.labels(labels)
    if len(logits) != len(labels):
        raise ValueError(
            f"`logits` and `labels` should hold equal numbers of samples. Received: {len(logits)} and {len(labels)}"
        )
    return float(np.mean(logits.argmax(axis=1) == labels))


def classifier_summary(logits):
    """Return how sure a classifier is of samples, and how evenly it sees the classes.

    `mean_i max_c p(c|i)`, and the smallest and the largest share of the samples that have a class as their most
    probable one. Unsure answers tell of samples that look like no class, a small share of a dropped class, a large
    one of collapse. As the inception score, which joins certainty and balance in one number, they look at the
    generated images alone.

    Args:
        logits: `(samples, classes)` unscaled log probabilities from a classifier trained on real images; minus
            infinity is a probability of 0.

    Returns:
        `ClassifierSummary(mean_top_probability, smallest_class_share, largest_class_share)`, all from 0 to 1. A class
        that no sample has makes the smallest share 0.

    Raises:
        ValueError: if the shape is another, there is no sample or only one class, or a value is NaN or plus infinity.

    Example:

    >>> tfgan_zoo.metrics.classifier_summary(np.log([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]])).smallest_class_share
    0.0

    Notes:
        Computed in the precision of the logits: float32 and float64 are kept, all else becomes float64.
    """
    logits = checks.logits(logits)
    probabilities = keras.ops.convert_to_numpy(keras.ops.softmax(logits))
    shares = np.bincount(probabilities.argmax(axis=1), minlength=logits.shape[1]) / len(logits)
    return ClassifierSummary(float(probabilities.max(axis=1).mean()), float(shares.min()), float(shares.max()))
