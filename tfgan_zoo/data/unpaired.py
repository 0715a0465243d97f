"""Pictures of two domains that have nothing to do with each other, as batches for unpaired translation."""

import dataclasses

from tfgan_zoo.data import pipeline
from tfgan_zoo.data.augmentation import reader
from tfgan_zoo.data.store import prepare
from tfgan_zoo.data.stream import Stream, to_dataset

__all__ = ["unpaired"]

# Far from every other seed, so that domains of equal size are not shuffled alike, which would pair them.
OTHER_SEED = 2**32


@dataclasses.dataclass(frozen=True)
class _Streams:
    """Two streams side by side; an epoch is that of the longer one, and the shorter one begins anew in between."""

    both: tuple

    @property
    def batches_per_epoch(self):
        return max(stream.batches_per_epoch for stream in self.both)

    def batch(self, number):
        return tuple(stream.batch(number) for stream in self.both)


def unpaired(
    source,
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
    cache="auto",
    on_error="raise",
    data_dir=None,
):
    """Batches of (images of A, images of B), each domain shuffled by itself.

    The domains may be of different sizes: an epoch is that of the larger one.

    Args:
        source: one of
            the name of a TensorFlow Datasets set with splits A and B, such as "cycle_gan/monet2photo";
            a folder with sub-folders such as "trainA", "trainB", "testA" and "testB";
            a tuple of two sources, A and B, each anything that `zoo.data.images` takes.
        split: part of the source; of a set or folder with splits A and B it is "train" for "trainA" and "trainB".
        image_size: int or (height, width) in pixels; None for the images' own.
        channels: 1 (grey), 3 (RGB) or None for the images' own.
        batch_size: images of each domain in a batch.
        jitter: int >= 0, pixels: images are prepared larger by so many, and cut out at a random place every epoch.
        flip: mirror images left to right with probability 1/2, drawn anew every epoch.
        shuffle, seed, repeat, skip_batches, crop, cache, on_error, data_dir: as for `zoo.data.images`.

    Returns:
        A `tf.data.Dataset` of tuples of two float32 `(batch_size, height, width, channels)` in [-1, 1].

    Raises:
        ValueError: an empty domain, or as `zoo.data.images`.

    Example:

    >>> images, classes = tfgan_zoo.data.arrays("sample_photos", labels=True)
    >>> china, flower = images[classes == 0], images[classes == 1]
    >>> a, b = next(iter(tfgan_zoo.data.unpaired((china, flower), image_size=32, batch_size=2)))
    >>> a.shape, b.shape
    (TensorShape([2, 32, 32, 3]), TensorShape([2, 32, 32, 3]))
    """
    pipeline.check_options(shuffle=shuffle, repeat=repeat, flip=flip)
    jitter, seed = pipeline.checked_int("jitter", jitter, 0), pipeline.checked_int("seed", seed, 0)
    size = pipeline.with_margin(image_size, jitter)
    streams, fetches, specs = [], [], []
    for index, (one, part) in enumerate(_domains(source, split)):
        opened = pipeline.open_prepared(one, part, size, channels, crop, None, on_error, data_dir, None)
        store = prepare(*opened, cache=cache, on_error=on_error)
        batch_size = pipeline.checked_int("batch_size", batch_size, 1)
        streams.append(Stream(len(store.images), batch_size, shuffle, seed + index * OTHER_SEED))
        fetch, spec = reader(store, streams[-1], jitter, flip)
        fetches.append(fetch)
        specs.append(spec)

    def fetch(batches):
        return tuple(one(batch) for one, batch in zip(fetches, batches, strict=True))

    def finish(a, b):
        return pipeline.to_floats(a), pipeline.to_floats(b)

    skip_batches = pipeline.checked_int("skip_batches", skip_batches, 0)
    return to_dataset(_Streams(tuple(streams)), fetch, finish, tuple(specs), repeat=repeat, skip_batches=skip_batches)


def _domains(source, split):
    if isinstance(source, (tuple, list)):
        if len(source) != 2:
            raise ValueError(f"Unpaired sources must be two, (A, B). Received: {len(source)} sources.")
        return [(one, split) for one in source]
    return [(source, f"{split}A"), (source, f"{split}B")]
