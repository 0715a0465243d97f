"""Pairs of pictures as batches for paired translation."""

import tensorflow as tf

from tfgan_zoo.data import pipeline
from tfgan_zoo.data.augmentation import reader
from tfgan_zoo.data.sources import open_source
from tfgan_zoo.data.sources.pairs import PairPreprocessing, ParallelSource, SideBySideSource
from tfgan_zoo.data.store import first_image, prepare
from tfgan_zoo.data.stream import Stream, to_dataset

__all__ = ["pairs"]

DIRECTIONS = ("AtoB", "BtoA")


def pairs(
    source,
    *,
    direction="AtoB",
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
    cache="auto",
    on_error="raise",
    drop_remainder=True,
):
    """Batches of (input, target) from pairs of pictures.

    Args:
        source: one of
            a folder, .npy or .npz file, or array of pictures that are two side by side, A on the left (the layout of
            the data sets of pix2pix);
            a tuple of two such sources, A and B, that are parallel: files of the same names, or arrays in the same
            order.
        direction: "AtoB", or "BtoA" to translate right into left.
        split: as for `zoo.data.images`.
        image_size: int or (height, width) of one picture in pixels; None for its own.
        channels: 1 (grey), 3 (RGB) or None for the pictures' own, or a pair of these for A and B.
        batch_size: pairs in a batch.
        jitter: int >= 0, pixels: pictures are prepared larger by so many, and cut out at a random place every epoch,
            the same for both of a pair. The paper has 286 - 256 = 30.
        flip: mirror pairs left to right with probability 1/2, drawn anew every epoch.
        shuffle, seed, repeat, skip_batches, crop, cache, on_error, drop_remainder: as for `zoo.data.images`.

    Returns:
        A `tf.data.Dataset` of tuples (inputs, targets), float32 `(batch_size, height, width, channels)` in [-1, 1].

    Raises:
        ValueError: an odd width, pictures of unequal sizes or names, or as `zoo.data.images`.

    Example:

    >>> a = np.zeros((8, 32, 32, 3), "uint8")
    >>> inputs, targets = next(iter(tfgan_zoo.data.pairs((a, 255 - a), image_size=16, jitter=2, batch_size=4)))
    >>> inputs.shape, float(inputs[0, 0, 0, 0]), float(targets[0, 0, 0, 0])
    (TensorShape([4, 16, 16, 3]), -1.0, 1.0)
    """
    if direction not in DIRECTIONS:
        raise ValueError(f"`direction` must be one of {DIRECTIONS}. Received: `direction={direction!r}`.")
    pipeline.check_options(shuffle=shuffle, repeat=repeat, flip=flip, drop_remainder=drop_remainder)
    pipeline.check_choices(crop, on_error)
    jitter = pipeline.checked_int("jitter", jitter, 0)
    opened = _open(source, split)
    preprocessing = PairPreprocessing(pipeline.with_margin(image_size, jitter), _two(channels), crop)
    store = prepare(opened, preprocessing, cache=cache, on_error=on_error)
    split_at = _channels_of_a(opened, preprocessing, on_error)
    batch_size = pipeline.checked_int("batch_size", batch_size, 1)
    stream = Stream(len(store.images), batch_size, shuffle, pipeline.checked_int("seed", seed, 0), drop_remainder)
    read, spec = reader(store, stream, jitter, flip)

    def fetch(batch):
        return (read(batch),)

    def finish(both):
        a, b = tf.split(pipeline.to_floats(both), [split_at, both.shape[-1] - split_at], axis=-1)
        return (a, b) if direction == "AtoB" else (b, a)

    skip_batches = pipeline.checked_int("skip_batches", skip_batches, 0)
    return to_dataset(stream, fetch, finish, (spec,), repeat=repeat, skip_batches=skip_batches)


def _open(source, split):
    if isinstance(source, (tuple, list)):
        if len(source) != 2:
            raise ValueError(f"Parallel sources must be two, (A, B). Received: {len(source)} sources.")
        return ParallelSource(*(open_source(one, split=split) for one in source))
    return SideBySideSource(open_source(source, split=split))


def _two(channels):
    both = tuple(channels) if isinstance(channels, (tuple, list)) else (channels, channels)
    if len(both) != 2 or any(one not in (None, 1, 3) or isinstance(one, bool) for one in both):
        raise ValueError(f"`channels` must be 1, 3 or None, or two of these. Received: `channels={channels!r}`.")
    return both


def _channels_of_a(opened, preprocessing, on_error):
    """Where A ends among the channels of a stored pair."""
    return preprocessing.channels[0] or first_image(opened, lambda pair: pair[0], on_error).shape[-1]
