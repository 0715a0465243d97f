"""Small real image sets that scikit-learn carries, so that everything runs without a download."""

import numpy as np

from tfgan_zoo.data.sources.array import ArraySource

_NUM_DIGITS_TRAIN = 1500
_PATCH, _STRIDE, _PHOTO_TRAIN_WIDTH = 64, 32, 480


def open_builtin(name, split):
    """Opens "digits" or "sample_photos" with split "train", "test" or "all".

    digits: 1797 handwritten digits, 8x8x1, ten classes (UCI optdigits test set). Values 0..16 are scaled to
    0..255. The first 1500 are "train", the last 297, by other writers and nearly balanced (27 to 33 a class),
    "test".

    sample_photos: 432 overlapping 64x64x3 patches of two photos, classes "china" and "flower". "train" is cut
    from the left 480 columns, "test" from the right 160, so that no pixel is in both.
    """
    if split not in ("train", "test", "all"):
        raise ValueError(f"`split` must be 'train', 'test' or 'all' for `{name}`. Received: `split={split!r}`.")
    images, labels, class_names = BUILTIN[name](split)
    return ArraySource(
        images, labels, title=f"`{name}`", class_names=class_names, identity={"builtin": name, "split": split}
    )


def _digits(split):
    from sklearn import datasets

    digits = datasets.load_digits()
    images = np.rint(digits.images * (255.0 / 16.0)).astype(np.uint8)
    part = {"train": slice(_NUM_DIGITS_TRAIN), "test": slice(_NUM_DIGITS_TRAIN, None), "all": slice(None)}[split]
    return images[part], digits.target[part], tuple(str(digit) for digit in range(10))


def _sample_photos(split):
    from sklearn import datasets

    photos = datasets.load_sample_images().images
    parts = {"train": (slice(_PHOTO_TRAIN_WIDTH),), "test": (slice(_PHOTO_TRAIN_WIDTH, None),)}
    parts["all"] = parts["train"] + parts["test"]
    patches = [[_patches(photo[:, part]) for part in parts[split]] for photo in photos]
    patches = [np.concatenate(of_one_photo) for of_one_photo in patches]
    labels = np.repeat(np.arange(len(photos)), [len(of_one_photo) for of_one_photo in patches])
    return np.concatenate(patches), labels, ("china", "flower")


def _patches(photo):
    windows = np.lib.stride_tricks.sliding_window_view(photo, (_PATCH, _PATCH), axis=(0, 1))[::_STRIDE, ::_STRIDE]
    return windows.transpose(0, 1, 3, 4, 2).reshape(-1, _PATCH, _PATCH, 3)


BUILTIN = {"digits": _digits, "sample_photos": _sample_photos}
