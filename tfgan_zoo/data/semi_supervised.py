"""Few labelled images beside many unlabelled ones: a balanced subset, and batches of both."""

import numpy as np
import tensorflow as tf

from tfgan_zoo.data import pipeline
from tfgan_zoo.data.store import prepare
from tfgan_zoo.data.stream import Stream, repeated, to_dataset

__all__ = ["balanced_subset", "semi_supervised"]


def balanced_subset(labels, num, *, num_classes=None, seed=0):
    """Indices of a random subset in which every class is equally frequent.

    Every class gets `num // num_classes` samples; of what is left over, one each goes to classes drawn at random among
    those that have so many.

    Args:
        labels: integers of shape (samples,), classes from 0 on.
        num: int >= num_classes, samples of the subset.
        num_classes: int >= 1; None for the largest label and one.
        seed: non-negative int.

    Returns:
        int64 array of shape (num,), in ascending order.

    Raises:
        ValueError: if the labels are one-hot, no integers or out of range, `num` is more than there are samples or less
            than there are classes, or a class has too few samples.

    Example:

    >>> labels = np.array([0, 1, 1, 0, 2, 1, 2, 1])
    >>> labels[tfgan_zoo.data.balanced_subset(labels, 6)].tolist()
    [0, 1, 0, 2, 2, 1]
    """
    return _balanced(_checked_labels(labels), num, num_classes, seed, names=("num", "seed"))


def _balanced(labels, num, num_classes, seed, names):
    """The indices; errors call the number and the seed by the names that the user knows."""
    num_classes = int(labels.max()) + 1 if num_classes is None else pipeline.checked_int("num_classes", num_classes, 1)
    if labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError(
            f"`labels` must lie in [0, {num_classes}), the classes. Received: labels from {labels.min()} to "
            f"{labels.max()}."
        )
    num, seed = pipeline.checked_int(names[0], num, 1), pipeline.checked_int(names[1], seed, 0)
    if not num_classes <= num <= len(labels):
        raise ValueError(
            f"`{names[0]}` must be at least {num_classes}, so that no class is without labelled samples, and at most "
            f"{len(labels)}, the samples there are. Received: `{names[0]}={num}`. Pass a number between these."
        )
    random = np.random.RandomState(np.random.MT19937(np.random.SeedSequence(seed)))
    found = np.bincount(labels, minlength=num_classes)
    wanted = np.full(num_classes, num // num_classes)
    # What is left over goes to classes that have one more; the others only if these are too few, for the error.
    order = sorted(random.permutation(num_classes), key=lambda label: found[label] <= wanted[label])
    wanted[order[: num % num_classes]] += 1
    _check_enough(found, wanted, names[0])
    chosen = [random.permutation(np.flatnonzero(labels == label))[:count] for label, count in enumerate(wanted)]
    return np.sort(np.concatenate(chosen))


def semi_supervised(
    source,
    *,
    num_labels,
    label_seed=0,
    split="train",
    image_size=None,
    channels=None,
    batch_size=64,
    seed=0,
    repeat=False,
    skip_batches=0,
    crop="center",
    value_range=None,
    cache="auto",
    on_error="raise",
    data_dir=None,
    image_key=None,
):
    """Batches of labelled and of unlabelled images for semi-supervised models.

    The labelled images are a balanced subset of the source, see `balanced_subset`; they are repeated, in a new order
    each time. The unlabelled ones are all images of the source, in the order that `zoo.data.images` gives them. Batch
    `n` is a pure function of `(seed, n)`, and the subset one of `label_seed` alone.

    Args:
        num_labels: int, labelled images, at least one for each class.
        label_seed: non-negative int, of the choice of the subset.
        batch_size: labelled images in a batch, and as many unlabelled ones.
        repeat: endless stream instead of one epoch of the unlabelled images per iteration.
        source, split, image_size, channels, seed, skip_batches, crop, value_range, cache, on_error, data_dir,
            image_key: as for `zoo.data.images`.

    Returns:
        A `tf.data.Dataset` of `((images, labels), unlabelled)`: float32 `(batch_size, height, width, channels)` in
        [-1, 1], int32 `(batch_size,)`, and again float32 of the images' shape.

    Raises:
        ValueError: as `zoo.data.images` and `balanced_subset`.

    Example:

    >>> dataset = tfgan_zoo.data.semi_supervised("digits", num_labels=100, batch_size=50)
    >>> ((images, labels), unlabelled), *_ = dataset.take(1)
    >>> images.shape, labels.shape, unlabelled.shape
    (TensorShape([50, 8, 8, 1]), TensorShape([50]), TensorShape([50, 8, 8, 1]))
    """
    batch_size = pipeline.checked_int("batch_size", batch_size, 1)
    opened, preprocessing = pipeline.open_prepared(
        source, split, image_size, channels, crop, value_range, on_error, data_dir, image_key
    )
    pipeline.check_labelled(opened, True)
    store = prepare(opened, preprocessing, cache=cache, on_error=on_error)
    seeds = [pipeline.checked_int(name, value, 0) for name, value in (("seed", seed), ("skip_batches", skip_batches))]
    classes, names = len(opened.class_names), ("num_labels", "label_seed")
    subset = _balanced(store.labels, num_labels, classes, label_seed, names)
    stream = Stream(len(store.images), batch_size, seed=seeds[0])
    fetch, signature = _reader(store, stream, subset)
    return to_dataset(stream, fetch, _finish, signature, repeat=repeat, skip_batches=seeds[1])


def _reader(store, stream, subset):
    """Function from a batch of the unlabelled stream to the arrays of an element, and their signature."""
    pixels = tf.TensorSpec((stream.batch_size, *store.images.shape[1:]), store.images.dtype)

    def fetch(batch):
        number = batch.epoch * stream.batches_per_epoch + batch.rows.start // stream.batch_size
        labelled = subset[repeated(len(subset), stream.batch_size, stream.seed, number)]
        return store.images[labelled], store.labels[labelled], np.take(store.images, batch.indices, axis=0)

    return fetch, (pixels, tf.TensorSpec((stream.batch_size,), tf.int32), pixels)


def _finish(images, labels, unlabelled):
    return (pipeline.to_floats(images), labels), pipeline.to_floats(unlabelled)


def _checked_labels(labels):
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu" or labels.ndim != 1 or not labels.size:
        raise ValueError(
            f"`labels` must be integers, one for each sample. Received: shape {labels.shape}, dtype {labels.dtype}. "
            "One-hot rows become that with `labels.argmax(axis=-1)`, whole floats with `labels.astype(int)`."
        )
    return labels


def _check_enough(found, wanted, name):
    short = np.flatnonzero(found < wanted)
    if short.size:
        label = short[0]
        raise ValueError(
            f"`{name}` asks for {wanted[label]} samples of class {label}, of which there are {found[label]}. Lower it, "
            "or add samples of this class."
        )
