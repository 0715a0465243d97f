"""Pairs made of any images on the fly: a spoilt picture and the picture itself."""

import numpy as np
import tensorflow as tf

from tfgan_zoo.data import pipeline
from tfgan_zoo.data.augmentation import reader
from tfgan_zoo.data.corruptions import corruption as by_name
from tfgan_zoo.data.store import prepare
from tfgan_zoo.data.stream import Stream, to_dataset

__all__ = ["corrupted"]


def corrupted(
    source,
    corruption,
    *,
    split="train",
    image_size=None,
    channels=None,
    batch_size=1,
    jitter=0,
    flip=False,
    shuffle=True,
    seed=0,
    repeat=False,
    skip_batches=0,
    crop="center",
    value_range=None,
    cache="auto",
    on_error="raise",
    drop_remainder=True,
    data_dir=None,
    image_key=None,
):
    """Batches of (input, target), where the target is an image and the input what a corruption leaves of it.

    What is random about a corruption is drawn anew in every epoch; batch `n` remains a pure function of `(seed, n)`.

    Args:
        source: as for `zoo.data.images`.
        corruption: name or `Corruption`, see `zoo.data.corruption`.
        batch_size: pairs in a batch.
        jitter: int >= 0, pixels: images are prepared larger by so many, and cut out at a random place every epoch.
        split, image_size, channels, flip, shuffle, seed, repeat, skip_batches, crop, value_range, cache, on_error,
            drop_remainder, data_dir, image_key: as for `zoo.data.images`.

    Returns:
        A `tf.data.Dataset` of tuples (inputs, targets), float32 `(batch_size, height, width, channels)` in [-1, 1];
        inputs have one channel where the corruption makes them grey.

    Raises:
        ValueError: an unknown corruption, or as `zoo.data.images`.

    Example:

    >>> dataset = tfgan_zoo.data.corrupted("sample_photos", "grey", image_size=32, batch_size=4)
    >>> [part.shape for part in next(iter(dataset))]
    [TensorShape([4, 32, 32, 1]), TensorShape([4, 32, 32, 3])]
    """
    spoil = by_name(corruption).apply
    pipeline.check_options(shuffle=shuffle, repeat=repeat, flip=flip, drop_remainder=drop_remainder)
    jitter, seed = pipeline.checked_int("jitter", jitter, 0), pipeline.checked_int("seed", seed, 0)
    size = pipeline.with_margin(image_size, jitter)
    opened = pipeline.open_prepared(source, split, size, channels, crop, value_range, on_error, data_dir, image_key)
    store = prepare(*opened, cache=cache, on_error=on_error)
    batch_size = pipeline.checked_int("batch_size", batch_size, 1)
    stream = Stream(len(store.images), batch_size, shuffle, seed, drop_remainder)
    read, spec = reader(store, stream, jitter, flip)

    def fetch(batch):
        return read(batch), np.array([seed * 2**16 + batch.epoch, batch.rows.start], np.int64)

    def finish(images, draw):
        images = pipeline.to_floats(images)
        return spoil(images, draw), images

    skip_batches = pipeline.checked_int("skip_batches", skip_batches, 0)
    specs = (spec, tf.TensorSpec((2,), tf.int64))
    return to_dataset(stream, fetch, finish, specs, repeat=repeat, skip_batches=skip_batches)
