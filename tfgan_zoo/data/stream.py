"""Which images make up batch `n`: a pure function of `(seed, n)`, so that a stream can start anywhere.

Epoch `e` visits the images in a permutation drawn from `(seed, e)`; whatever else is random about an image
(is it mirrored?) is drawn from `(seed, e)` as well. Nothing depends on what was read before, and an
interrupted run goes on with exactly the batches the unbroken one would have seen.
"""

import dataclasses
import functools
import weakref
import zlib

import numpy as np
import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Batch:
    """One batch of a stream.

    Attributes:
        indices: `(size,)` int64, positions in the store.
        epoch: the epoch the batch belongs to, from 0.
        rows: slice of the epoch's order that `indices` is.
    """

    indices: np.ndarray
    epoch: int
    rows: slice


@dataclasses.dataclass(frozen=True)
class Stream:
    """An endless sequence of batches of indices.

    Args:
        num_images: number of images N to choose from.
        batch_size: images in a batch.
        shuffle: a new order every epoch; False keeps 0, 1, ..., N - 1.
        seed: non-negative int from which all order and all draws derive.
        drop_remainder: leave out the `N % batch_size` images at each epoch's end (others every epoch); False
            makes them a smaller batch.
    """

    num_images: int
    batch_size: int
    shuffle: bool = True
    seed: int = 0
    drop_remainder: bool = True

    def __post_init__(self):
        if self.drop_remainder and self.num_images < self.batch_size:
            raise ValueError(
                f"There must be at least `batch_size` images. Received: {self.num_images} images, "
                f"`batch_size={self.batch_size}`. Use a smaller batch, or `drop_remainder=False`."
            )

    @property
    def batches_per_epoch(self):
        whole, rest = divmod(self.num_images, self.batch_size)
        return whole if self.drop_remainder or not rest else whole + 1

    def batch(self, number):
        """Batch `number`, counted from 0 through all epochs."""
        epoch, place = divmod(int(number), self.batches_per_epoch)
        rows = slice(place * self.batch_size, min((place + 1) * self.batch_size, self.num_images))
        order = _permutation(self.num_images, self.seed, epoch) if self.shuffle else np.arange(self.num_images)
        return Batch(order[rows], epoch, rows)

    def uniform(self, batch, purpose):
        """One draw from [0, 1) for each image of a batch, independent for every `purpose` (a str)."""
        return _uniform(self.num_images, self.seed, batch.epoch, purpose)[batch.rows]


def repeated(size, batch_size, seed, number):
    """Indices of batch `number` of few samples that are repeated without end, in a new order each time.

    Unlike those of a `Stream` a batch reaches across the end of one order, or several, into the next.
    """
    rounds, places = np.divmod(np.arange(number * batch_size, (number + 1) * batch_size), size)
    orders = {turn: _generator(seed, turn, "repeated").permutation(size) for turn in np.unique(rounds).tolist()}
    return np.array([orders[turn][place] for turn, place in zip(rounds.tolist(), places, strict=True)])


def to_dataset(stream, fetch, finish, signature, *, repeat=False, skip_batches=0):
    """The `tf.data` pipeline of a stream.

    Args:
        stream: a `Stream`.
        fetch: function from a `Batch` to a tuple of arrays, called by several threads. It keeps the images it
            reads from out of the graph, which cannot hold more than 2 GB.
        finish: function from these as tensors to one element of the dataset, traced by TensorFlow.
        signature: tuple of `tf.TensorSpec` of what `fetch` returns.
        repeat: True gives the endless stream; False `batches_per_epoch` batches an iteration, each iteration
            beginning where the one before ended.
        skip_batches: number of the first batch; those before are never fetched.
    """

    # TensorFlow keeps whatever it calls through `numpy_function` for the life of the process, and would keep
    # the images with it. So it gets a weak reference, and the dataset the strong one.
    weak_fetch = weakref.ref(fetch)

    def read(number):
        arrays = tf.numpy_function(
            lambda number: weak_fetch()(stream.batch(number)),
            [number],
            [spec.dtype for spec in signature],
            stateful=False,
        )
        return finish(*(tf.ensure_shape(array, spec.shape) for array, spec in zip(arrays, signature, strict=True)))

    numbers = tf.data.Dataset.counter(skip_batches) if repeat else _epoch_by_epoch(stream, skip_batches)
    dataset = numbers.map(read, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    options = tf.data.Options()
    options.deterministic = True
    # Its thread can miss the end of an iteration and let the program hang for up to a minute.
    options.autotune.enabled = False
    # Several machines: each takes its share of every batch; there are no files to distribute.
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    dataset = dataset.prefetch(tf.data.AUTOTUNE).with_options(options)
    dataset.fetch = fetch
    return dataset


def _epoch_by_epoch(stream, first):
    """Batch numbers of one epoch; every new iteration goes on with the next."""
    size = stream.batches_per_epoch
    starts = iter(range(first, np.iinfo(np.int64).max, size))
    start = tf.data.Dataset.from_generator(lambda: [next(starts)], output_signature=tf.TensorSpec((), tf.int64))
    numbers = start.flat_map(lambda begin: tf.data.Dataset.range(begin, begin + size))
    return numbers.apply(tf.data.experimental.assert_cardinality(size))


@functools.lru_cache(maxsize=4)
def _permutation(size, seed, epoch):
    return _generator(seed, epoch, "order").permutation(size)


@functools.lru_cache(maxsize=4)
def _uniform(size, seed, epoch, purpose):
    return _generator(seed, epoch, purpose).random_sample(size)


def _generator(seed, epoch, purpose):
    """A legacy generator: NumPy promises that its numbers never change, unlike those of `default_rng`."""
    sequence = np.random.SeedSequence(seed, spawn_key=(epoch, zlib.crc32(purpose.encode())))
    return np.random.RandomState(np.random.MT19937(sequence))
