"""Every image once, decoded, cropped and resized: in memory where it fits, else in a memory-mapped file."""

import dataclasses
import itertools
import os
import pathlib
import warnings
from concurrent import futures

import numpy as np

from tfgan_zoo.data import disk_cache
from tfgan_zoo.data.sources import UndecodableImageError

# "auto" keeps a store in memory if it takes at most this share of what is available.
MEMORY_SHARE = 0.25

# Images decoded before the first of them is stored, and by one thread at a time.
_READ_AHEAD, _TASK = 256, 16


@dataclasses.dataclass(frozen=True)
class Store:
    """Prepared images.

    Attributes:
        images: `(N, H, W, C)`, uint8 in [0, 255] or float32 in [-1, 1], read-only; an array or a memory map.
        labels: `(N,)` int32, or None.
    """

    images: np.ndarray
    labels: np.ndarray | None


def prepare(source, preprocessing, *, cache="auto", on_error="raise"):
    """Decodes and preprocesses every image of a source, or finds that this was done before.

    Args:
        source: an `AbstractSource`.
        preprocessing: a `Preprocessing`.
        cache: "auto" (disk if the images lie there already or take more than a quarter of the memory available, else
            memory), "memory", "disk" (in `~/.cache/tfgan_zoo/data`, or `$XDG_CACHE_HOME/tfgan_zoo/data`), or a folder.
        on_error: "raise", or "skip" to leave out undecodable images with a warning that counts them.

    Returns:
        A `Store`. Arrays that need no work are taken as they are, without a copy.
    """
    folder = disk_cache.cache_folder(cache)
    finished = source.finished(preprocessing)
    if finished is not None:
        return _read_only(*finished)
    first = first_image(source, preprocessing, on_error)
    fits = source.num_images * first.nbytes <= MEMORY_SHARE * available_memory()
    key = disk_cache.key(source.fingerprint(), dataclasses.asdict(preprocessing), on_error)
    if cache == "memory" or (cache == "auto" and fits and not (folder / key).exists()):
        images, labels, skipped = _in_memory(source, preprocessing, on_error, first)
    else:
        skipped = []
        pairs = _prepared(source, preprocessing, on_error, first, skipped)
        shape = (source.num_images, *first.shape)
        images, labels, skipped = disk_cache.load_or_save(folder / key, pairs, shape, first.dtype, skipped)
    _warn_skipped(skipped, source)
    return _read_only(images, labels)


def first_image(source, preprocessing, on_error="raise"):
    """The first image that can be decoded: all others must have its shape."""
    for image, _, _ in _decoded(source, preprocessing, on_error, [], num_threads=1, read_ahead=1):
        return image
    raise ValueError(f"Not one image of {source.title} can be decoded. Received: {source.num_images} images.")


def available_memory():
    """Bytes of memory that can be taken: the machine's, or the container's if that is less."""
    import psutil

    available = psutil.virtual_memory().available
    group = pathlib.Path("/sys/fs/cgroup")
    try:
        limit = int((group / "memory.max").read_text())
        return min(available, limit - int((group / "memory.current").read_text()))
    except (OSError, ValueError):
        # Not in a container, or in one without a limit ("max").
        return available


def _in_memory(source, preprocessing, on_error, first):
    images = np.empty((source.num_images, *first.shape), first.dtype)
    labels, skipped = [], []
    for index, (image, label) in enumerate(_prepared(source, preprocessing, on_error, first, skipped)):
        images[index] = image
        labels.append(label)
    return images[: len(labels)], disk_cache.label_array(labels), skipped


def _prepared(source, preprocessing, on_error, first, skipped):
    """Yields `(image, label)` in order, all of one shape; shows progress if it takes long."""
    from tqdm import tqdm

    with tqdm(
        total=source.num_images, desc=f"Preparing {source.title}", unit=" images", delay=2.0, mininterval=0.5
    ) as progress:
        for image, label, name in _decoded(source, preprocessing, on_error, skipped, os.cpu_count() or 1):
            _check_shape(image, first, name, source)
            yield image, label
            progress.update()


def _decoded(source, preprocessing, on_error, skipped, num_threads, read_ahead=_READ_AHEAD):
    """Yields `(image, label, name)` in order; undecodable images are raised, or named in `skipped`."""

    def load(item):
        try:
            return item, preprocessing(source.decode(item.payload))
        except UndecodableImageError as error:
            return item, error

    with futures.ThreadPoolExecutor(num_threads) as pool:
        items = iter(source.items())
        # In groups, so that decoding never runs far ahead of the writer.
        while group := list(itertools.islice(items, read_ahead)):
            tasks = [group[start : start + _TASK] for start in range(0, len(group), _TASK)]
            for item, image in itertools.chain.from_iterable(pool.map(lambda task: [*map(load, task)], tasks)):
                if not isinstance(image, UndecodableImageError):
                    yield image, item.label, item.name
                elif on_error == "skip":
                    skipped.append(item.name)
                else:
                    raise ValueError(f"{image}. Remove it, or pass `on_error='skip'`.") from image


def _check_shape(image, first, name, source):
    if image.shape == first.shape:
        return
    if image.shape[2] != first.shape[2]:
        what, way_out = "number of channels", "Pass `channels=1` or `channels=3` to convert them."
    else:
        what, way_out = "size", "Pass `image_size` to crop and resize them."
    raise ValueError(
        f"All images of {source.title} must have the same {what}. Received: {image.shape} for `{name}`, "
        f"{first.shape} for the first. {way_out}"
    )


def _warn_skipped(skipped, source):
    if skipped:
        names = ", ".join(f"`{name}`" for name in skipped[:3]) + (", ..." if len(skipped) > 3 else "")
        warnings.warn(
            f"Skipped {len(skipped)} of the {source.num_images} images of {source.title}, which cannot be "
            f"decoded: {names}",
            stacklevel=4,
        )


def _read_only(images, labels):
    images = images.view()
    images.flags.writeable = False
    return Store(images, labels)
