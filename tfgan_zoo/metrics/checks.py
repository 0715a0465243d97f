"""What every distance demands of its arguments, said in one place and in one voice."""

import numpy as np


def features(name, array, *, minimum, reason):
    """Return `array` as a finite `(samples, dimensions)` array of floats, or say what is wrong with it.

    Args:
        name: argument name for the message.
        array: array-like of shape `(samples, dimensions)`; integers become float64.
        minimum: least number of samples the calling formula needs.
        reason: why it needs them, for the message.

    Returns:
        Array of the same shape; float32 and float64 keep their dtype, everything else becomes float64.

    Raises:
        ValueError: if the shape, the number of samples or a value is unfit.
    """
    array = np.asarray(array)
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float64)
    if array.ndim != 2 or array.shape[1] == 0:
        raise ValueError(
            f"`{name}` should have shape (samples, dimensions); flatten images or extract features first. "
            f"Received: shape {array.shape}"
        )
    if len(array) < minimum:
        raise ValueError(f"`{name}` should hold at least {minimum} samples ({reason}). Received: {len(array)} samples")
    finite(name, array)
    return array


def finite(name, array):
    """Raise `ValueError` naming the first sample of `array` that holds a NaN or an infinity."""
    # One pass without a mask as large as the data: any NaN or infinity makes the row sum non-finite.
    rows = np.isfinite(array.reshape(len(array), -1).sum(axis=1, dtype=np.float64))
    if not rows.all():
        bad = int(np.argmin(rows))
        raise ValueError(
            f"`{name}` should be finite; a diverged generator or extractor gives NaN. "
            f"Received: a NaN or infinity in sample {bad}"
        )


def same_dimensions(first_name, first, second_name, second):
    """Raise `ValueError` unless both sets live in the same feature space."""
    if first.shape[1:] != second.shape[1:]:
        raise ValueError(
            f"`{first_name}` and `{second_name}` should have the same dimensions: use one extractor. "
            f"Received: shapes {first.shape} and {second.shape}"
        )


def pair(real, fake, *, minimum, reason):
    """Return the validated `(real, fake)` feature sets of one comparison."""
    real = features("real", real, minimum=minimum, reason=reason)
    fake = features("fake", fake, minimum=minimum, reason=reason)
    same_dimensions("real", real, "fake", fake)
    return real, fake


def logits(array):
    """Return `array` as `(samples, classes)` floats with a finite largest logit in every row.

    float32 and float64 keep their dtype, everything else becomes float64.

    Raises:
        ValueError: if the shape or a value is unfit.
    """
    array = np.asarray(array)
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float64)
    if array.ndim != 2 or not len(array) or array.shape[1] < 2:
        raise ValueError(
            f"`logits` should have shape (samples, classes) with at least one sample and at least 2 classes. "
            f"Received: shape {array.shape}"
        )
    # Minus infinity is the logarithm of an honest zero; the largest logit of a row has to be a number.
    finite("logits", array.max(axis=1, keepdims=True))
    return array


def labels(array):
    """Return `array` as `(samples,)` integers, at least one.

    Raises:
        ValueError: if the shape or the dtype is another.
    """
    array = np.asarray(array)
    if array.ndim != 1 or not len(array) or not np.issubdtype(array.dtype, np.integer):
        raise ValueError(
            f"`labels` should be integers of shape (samples,). Received: {array.dtype} of shape {array.shape}"
        )
    return array


def at_least(name, value, minimum):
    """Raise `ValueError` unless `value` is an integer of at least `minimum`."""
    if isinstance(value, bool) or int(value) != value or value < minimum:
        raise ValueError(f"`{name}` should be an integer of at least {minimum}. Received: `{name}={value!r}`")


def positive(name, value):
    """Raise `ValueError` unless `value` is a finite number above zero."""
    if not np.isfinite(value) or value <= 0:
        raise ValueError(f"`{name}` should be a finite number above zero. Received: `{name}={value!r}`")
