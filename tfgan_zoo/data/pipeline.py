"""The public functions: images as batches for training, as one array, or only described."""

import dataclasses
import operator

import numpy as np
import tensorflow as tf

from tfgan_zoo.data.augmentation import reader
from tfgan_zoo.data.preprocessing import CROPS, Preprocessing
from tfgan_zoo.data.sources import open_source
from tfgan_zoo.data.store import first_image, prepare
from tfgan_zoo.data.stream import Stream, to_dataset


@dataclasses.dataclass(frozen=True)
class Description:
    """What a source holds, after preprocessing.

    Attributes:
        num_images: number of images; under `on_error="skip"` undecodable ones are still counted.
        image_shape: `(height, width, channels)` of the first image.
        class_names: tuple of str, or None for an unlabelled source.
    """

    num_images: int
    image_shape: tuple[int, int, int]
    class_names: tuple[str, ...] | None

    @property
    def num_classes(self):
        """Number of classes; 0 for an unlabelled source."""
        return len(self.class_names or ())


def images(
    source,
    *,
    split="train",
    image_size=None,
    channels=None,
    batch_size=64,
    labels=False,
    shuffle=True,
    seed=0,
    repeat=False,
    skip_batches=0,
    crop="center",
    flip=False,
    value_range=None,
    cache="auto",
    on_error="raise",
    drop_remainder=True,
    data_dir=None,
    image_key=None,
):
    """Batches of images in [-1, 1] from a name, a folder, a file or an array.

    `x = uint8 / 127.5 - 1`; float arrays that lie in [-1, 1] are passed on as they are. Decoding, cropping
    and resizing happen once, before the first batch; an epoch only reads, mirrors and scales.

    Batch `n` is a pure function of `(seed, n)`: epoch `e = n // batches_per_epoch` visits the images in a
    permutation drawn from `(seed, e)`. `repeat=True` gives this endless stream, which `skip_batches` starts
    at any batch at no cost. With `repeat=False` an iteration gives one epoch, and the next iteration over the
    same dataset object the next epoch, so that `fit(images, epochs=20)` sees 20 orders; `skip_batches` is
    then best a multiple of the batches in an epoch, for an iteration always has the length of one.

    Args:
        source: one of
            "digits" (1797 real handwritten digits, 8x8x1) and "sample_photos" (432 patches of two photos,
            64x64x3), which need no download, with splits "train", "test" and "all";
            the name of a TensorFlow Datasets image set, such as "mnist" or "cycle_gan/monet2photo": prepared
            data is used where there is some, else it is downloaded;
            a folder, read recursively (PNG, JPEG, WebP, BMP, first frame of GIF), upright by EXIF,
            transparency over white;
            a .npy or .npz file (`images`, `labels`, or `x_train`, `y_train`, `x_test`, `y_test`);
            an array (N, H, W), (N, H, W, 1) or (N, H, W, 3), or a tuple (images, labels) of arrays: uint8 in
            [0, 255] or float in [-1, 1]. One that needs no preprocessing is not copied: leave it unchanged.
        split: part of the source: any TensorFlow Datasets split expression for these sets; for a folder whose
            sub-folders are named "train", "test", "val" and the like, one of them or "all".
        image_size: int or (height, width) in pixels: the largest centred box of that aspect ratio is cut out
            and resized to it (bicubic, antialiased). An image that has that size already is not touched. None
            keeps the images' own size, which must then be the same for all.
        channels: 1 (grey, ITU-R BT.601 luma) or 3 (RGB). None keeps the images' own, the same for all.
        batch_size: images in a batch.
        labels: True gives `(images, labels)`. For a folder the classes are its first-level sub-folders in
            alphabetical order.
        shuffle: a new order every epoch.
        seed: non-negative int; order and flips derive from it.
        repeat: endless stream instead of one epoch per iteration. `fit` then needs `steps_per_epoch`.
        skip_batches: number of batches to leave out at the beginning, without reading them.
        crop: "center", or "stretch" to resize the whole image whatever its aspect ratio.
        flip: mirror every image left to right with probability 1/2, drawn anew every epoch.
        value_range: (black, white), the values of an array that become -1 and 1. None: as described under
            `source`.
        cache: where prepared images are held: "auto" (disk if they lie there already or take more than a quarter of
            the memory available, else memory), "memory", "disk" (`~/.cache/tfgan_zoo/data`, or below
            `$XDG_CACHE_HOME`), or a folder. On disk they are found again by the next run, under a key of all that
            determines them.
        on_error: "raise", or "skip" to leave out files that cannot be decoded, with a warning that counts
            them.
        drop_remainder: leave out what does not fill a batch at the end of an epoch (other images every
            epoch).
        data_dir: folder of prepared TensorFlow Datasets; default `$TFDS_DATA_DIR`. Other sources do not look
            at it.
        image_key: which feature of a TensorFlow Datasets set, where several are images.

    Returns:
        A `tf.data.Dataset` of float32 `(batch_size, height, width, channels)` in [-1, 1], or of tuples of
        that and int32 `(batch_size,)`. Its cardinality is known; its batch dimension is static if
        `drop_remainder`.

    Raises:
        ValueError: an unknown name, a missing or empty source, an undecodable file, images of mixed sizes or
            channels, values out of range or not finite, fewer images than a batch, or an argument out of its
            range.
        TypeError: a `source` of another kind.

    Example:

    ```python
    images = zoo.data.images("digits", image_size=32, batch_size=64)
    for batch in images.take(1):
        print(batch.shape)  # (64, 32, 32, 1)
    ```
    """
    check_options(labels=labels, shuffle=shuffle, repeat=repeat, flip=flip, drop_remainder=drop_remainder)
    batch_size = checked_int("batch_size", batch_size, 1)
    seed, skip_batches = checked_int("seed", seed, 0), checked_int("skip_batches", skip_batches, 0)
    opened, preprocessing = open_prepared(
        source, split, image_size, channels, crop, value_range, on_error, data_dir, image_key
    )
    check_labelled(opened, labels)
    store = prepare(opened, preprocessing, cache=cache, on_error=on_error)
    stream = Stream(len(store.images), batch_size, shuffle, seed, drop_remainder)
    fetch, finish, signature = _reader(store, stream, labels, flip)
    return to_dataset(stream, fetch, finish, signature, repeat=repeat, skip_batches=skip_batches)


def arrays(
    source,
    *,
    split="train",
    image_size=None,
    channels=None,
    labels=False,
    num=None,
    seed=0,
    crop="center",
    value_range=None,
    cache="auto",
    on_error="raise",
    data_dir=None,
    image_key=None,
):
    """Prepared images as one uint8 array: a reference set for metrics, or a look at the data.

    Args:
        num: number of images; None for all. Fewer than all are a random subset, drawn without replacement
            from `seed` and kept in the source's order.
        seed: non-negative int.
        source, split, image_size, channels, labels, crop, value_range, cache, on_error, data_dir, image_key:
            as for `zoo.data.images`.

    Returns:
        uint8 `(num, height, width, channels)` in [0, 255], or a tuple of that and int32 `(num,)` if `labels`.
        Float images x become `round((x + 1) * 127.5)`.

    Raises:
        ValueError: as `zoo.data.images`, and if `num` is more than there are.

    Example:

    ```python
    digits, classes = zoo.data.arrays("digits", labels=True)  # (1500, 8, 8, 1) and (1500,)
    ```
    """
    check_options(labels=labels)
    opened, preprocessing = open_prepared(
        source, split, image_size, channels, crop, value_range, on_error, data_dir, image_key
    )
    check_labelled(opened, labels)
    store = prepare(opened, preprocessing, cache=cache, on_error=on_error)
    indices = _subset(len(store.images), num, checked_int("seed", seed, 0))
    chosen = np.take(store.images, indices, axis=0)
    if chosen.dtype != np.uint8:
        chosen = np.rint((chosen + 1.0) * 127.5).astype(np.uint8)
    return (chosen, store.labels[indices]) if labels else chosen


def describe(
    source,
    *,
    split="train",
    image_size=None,
    channels=None,
    crop="center",
    value_range=None,
    on_error="raise",
    data_dir=None,
    image_key=None,
):
    """Number, shape and classes of the images of a source, at the cost of decoding one.

    Args:
        source, split, image_size, channels, crop, value_range, on_error, data_dir, image_key: as for
            `zoo.data.images`.

    Returns:
        A `Description`.

    Raises:
        ValueError: as `zoo.data.images`.

    Example:

    ```python
    zoo.data.describe("digits").image_shape  # (8, 8, 1)
    ```
    """
    opened, preprocessing = open_prepared(
        source, split, image_size, channels, crop, value_range, on_error, data_dir, image_key
    )
    shape = first_image(opened, preprocessing, on_error).shape
    return Description(opened.num_images, tuple(int(side) for side in shape), opened.class_names)


def _reader(store, stream, labels, flip):
    """The three parts of the pipeline for single images: `fetch`, `finish` and the signature between them."""
    read, spec = reader(store, stream, jitter=0, flip=flip)
    signature = (spec, tf.TensorSpec(spec.shape[:1], tf.int32)) if labels else (spec,)

    def fetch(batch):
        return (read(batch), store.labels[batch.indices]) if labels else (read(batch),)

    def finish(chosen, *rest):
        chosen = to_floats(chosen)
        return (chosen, *rest) if rest else chosen

    return fetch, finish, signature


def to_floats(images):
    """Levels as floats in [-1, 1]; floats unchanged."""
    return tf.cast(images, tf.float32) / 127.5 - 1.0 if images.dtype == tf.uint8 else images


def open_prepared(source, split, image_size, channels, crop, value_range, on_error, data_dir, image_key):
    """The source and what is to be done with its images, both checked."""
    if channels not in (None, 1, 3) or isinstance(channels, bool):
        raise ValueError(f"`channels` must be 1, 3 or None. Received: `channels={channels!r}`.")
    check_choices(crop, on_error)
    preprocessing = Preprocessing(checked_size(image_size), channels, crop)
    opened = open_source(source, split=split, value_range=value_range, data_dir=data_dir, image_key=image_key)
    return opened, preprocessing


def _subset(total, num, seed):
    if num is None:
        return np.arange(total)
    num = checked_int("num", num, 1)
    if num > total:
        raise ValueError(f"`num` must be at most the number of images, {total}. Received: `num={num}`.")
    return np.sort(Stream(total, num, seed=seed).batch(0).indices)


def check_labelled(source, labels):
    """Refuses labels where there are none."""
    if labels and source.class_names is None:
        raise ValueError(
            f"There are no labels for {source.title}: {source.unlabelled_because}. Received: `labels=True`."
        )


def check_choices(crop, on_error):
    """Refuses other ways to cut and to go on than there are."""
    if crop not in CROPS:
        raise ValueError(f"`crop` must be one of {CROPS}. Received: `crop={crop!r}`.")
    if on_error not in ("raise", "skip"):
        raise ValueError(f"`on_error` must be 'raise' or 'skip'. Received: `on_error={on_error!r}`.")


def check_options(**options):
    """Refuses all but True and False, or an error that names the option."""
    for name, value in options.items():
        if not isinstance(value, (bool, np.bool_)):
            raise ValueError(f"`{name}` must be True or False. Received: `{name}={value!r}`.")


def checked_int(name, value, lowest):
    """An integer of at least `lowest`, or an error that names it."""
    try:
        number = operator.index(value)
    except TypeError:
        number = lowest - 1
    if isinstance(value, bool) or number < lowest:
        raise ValueError(f"`{name}` must be an integer of at least {lowest}. Received: `{name}={value!r}`.")
    return number


def with_margin(image_size, jitter):
    """(height, width) to prepare images in, so that `image_size` can be cut out of them with `jitter` to spare."""
    size = checked_size(image_size)
    return None if size is None else (size[0] + jitter, size[1] + jitter)


def checked_size(image_size):
    """(height, width), or None for the images' own."""
    if image_size is None:
        return None
    sides = image_size if isinstance(image_size, (tuple, list)) else (image_size, image_size)
    try:
        height, width = (checked_int("image_size", side, 1) for side in sides)
    except ValueError:
        raise ValueError(
            "`image_size` must be a positive integer or a pair (height, width) of such. "
            f"Received: `image_size={image_size!r}`."
        ) from None
    return height, width
