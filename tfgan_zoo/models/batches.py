"""What `fit` accepts: batches are checked before a step sees them, and cut the same way for one device and many."""

import keras
import numpy as np
import tensorflow as tf

# Marks our own message inside the longer one that TensorFlow wraps around a failed assertion.
MARK = "tfgan_zoo: "


def strided(tensor, count):
    """Cuts a batch into `count` interleaved parts, `tensor[i::count]`.

    Interleaved and not one after the other, because replicas hold contiguous shares of the global batch: so the
    parts of all replicas together are the parts that one device would have cut.
    """
    if count == 1:
        return [tensor]
    # A reshape and unstack: no strided gather on the hot path.
    shape = tf.shape(tensor)
    rows = tf.reshape(tensor, tf.concat([[shape[0] // count, count], shape[1:]], axis=0))
    static = None if tensor.shape[0] is None else tensor.shape[0] // count
    parts = tf.unstack(rows, num=count, axis=1)
    return [tf.ensure_shape(part, (static, *tensor.shape[1:])) for part in parts]


def as_dataset(x, y, batch_size, shuffle, seed, drop_remainder=True):
    """Turns what a Keras user passes to `fit` into a `tf.data.Dataset` of batches; datasets pass unchanged."""
    if isinstance(x, tf.data.Dataset):
        return _without_labels(x, y)
    arrays, count = _joined(x, y)
    batch_size = 32 if batch_size is None else batch_size
    if count < batch_size and drop_remainder:
        raise ValueError(
            f"`x` holds {count} samples, fewer than one batch. Received: `batch_size={batch_size}`. Pass more samples "
            f"or `batch_size={count}` or less."
        )
    dataset = tf.data.Dataset.from_tensor_slices(arrays)
    if shuffle:
        dataset = dataset.shuffle(count, seed=seed, reshuffle_each_iteration=True)
    return dataset.batch(batch_size, drop_remainder=drop_remainder)


def filled_dataset(x, y, batch_size):
    """Whole batches of all samples of arrays, the last one filled up with samples that were there before.

    Returns:
        A `tf.data.Dataset` of batches, and one of float32 weights, 1 for a sample and 0 for a filler; None in its place
        if `x` is a dataset, which passes unchanged.
    """
    if isinstance(x, tf.data.Dataset):
        return _without_labels(x, y), None
    arrays, count = _joined(x, y)
    batch_size = 32 if batch_size is None else batch_size
    total = -(-count // batch_size) * batch_size
    samples = tf.data.Dataset.from_tensor_slices(arrays).repeat().take(total)
    weights = tf.data.Dataset.range(total).map(lambda i: tf.cast(i < count, tf.float32))
    return tuple(each.batch(batch_size, drop_remainder=True) for each in (samples, weights))


def _without_labels(dataset, y):
    if y is not None:
        raise ValueError("`y` must be None when `x` is a dataset: put labels into it, as `(images, labels)`.")
    return dataset


def _joined(x, y):
    """Arrays as `from_tensor_slices` takes them, and the number of their samples."""
    arrays = x if y is None else (x, y)
    shapes = [np.shape(array) for array in keras.tree.flatten(arrays)]
    count = shapes[0][0] if shapes[0] else 0
    if count == 0:
        raise ValueError(f"`x` is empty: it holds no sample. Received: shape {shapes[0]}.")
    if y is not None and len(y) != count:
        raise ValueError(f"`y` must hold one label for each sample. Received: {count} samples and {len(y)} labels.")
    if any(shape[:1] != (count,) for shape in shapes):
        raise ValueError(
            f"Arrays must hold as many samples each. Received: shapes {shapes}. Few labelled images beside many "
            "without labels are joined by `tfgan_zoo.data.semi_supervised`."
        )
    return arrays, count


class BatchCheck:
    """Refuses batches that a model cannot learn from.

    Args:
        sample_shape: tuple, shape of one sample as the networks take it, or a dict of one for each part of samples.
        parts: tuple of names of what a batch holds, however it is nested; all are samples, but for "labels".
        multiple: int, number that must divide the batch size, with the reason in `why`.
        why: str, completes "the batch size must be a multiple of {multiple}, {why}".
        replicas: int, number of devices that share a batch.
        num_classes: int, for a part named "labels", or None.
    """

    def __init__(self, sample_shape, parts, multiple, why, replicas, num_classes=None):
        shapes = sample_shape if isinstance(sample_shape, dict) else dict.fromkeys(parts, sample_shape)
        self.shapes = {name: tuple(shape) for name, shape in shapes.items()}
        self.parts = parts
        self.multiple = multiple
        self.why = why
        self.replicas = replicas
        self.num_classes = num_classes

    def dataset(self, dataset):
        """Returns the dataset with every batch checked; what can be known now is checked now."""
        self.structure(dataset.element_spec)
        if int(dataset.cardinality()) == 0:
            raise ValueError(
                "The dataset is empty: it holds no batch. With `drop_remainder=True` that happens when there are fewer "
                "samples than one batch: lower `batch_size`."
            )
        # No control flow on tensors in it: AutoGraph would only cost a second of every start.
        check = tf.autograph.experimental.do_not_convert(self.contents)
        checked = dataset.map(check, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        return without_autotuner(checked)

    def structure(self, spec):
        """Checks dtypes and shapes."""
        parts = tf.nest.flatten(spec)
        if len(parts) != len(self.parts):
            raise ValueError(
                f"A batch must be {self._names()}. Received a batch of {len(parts)} parts. {self._way_out()}"
            )
        for name, part in self._samples(parts).items():
            self._sample_structure(name, part)
        if "labels" in self.parts:
            self._label_structure(parts[self.parts.index("labels")])
        rows = parts[0].shape[:1]
        self._divides(rows[0] if rows.rank else None)
        for name, part in zip(self.parts, parts, strict=True):
            if not part.shape[:1].is_compatible_with(rows):
                raise ValueError(
                    f"`{name}` must be as many as `{self.parts[0]}`. Received: batches of {rows[0]} and "
                    f"{part.shape[0]}."
                )

    def _samples(self, parts):
        """The parts of a batch that are samples, by name."""
        return {name: part for name, part in zip(self.parts, parts, strict=True) if name != "labels"}

    def _sample_structure(self, name, samples):
        if not samples.dtype.is_floating:
            raise ValueError(
                f"`{name}` must be floating point in [-1, 1]. Received: dtype {samples.dtype.name}. Convert "
                "with `tf.cast(images, tf.float32) / 127.5 - 1.0`, or load with `tfgan_zoo.data.images`."
            )
        shape = self.shapes[name]
        if samples.shape.rank is not None and not samples.shape[1:].is_compatible_with(shape):
            raise ValueError(
                f"`{name}` must have the shape that the networks take, (batch, "
                f"{', '.join(map(str, shape))}). Received: {tuple(samples.shape)}. Build the networks for "
                "this size, or resize with `tfgan_zoo.data.images(..., image_size=, channels=)`."
            )

    def _label_structure(self, labels):
        if not labels.dtype.is_integer:
            raise ValueError(
                f"`labels` must be integers from 0 to {self.num_classes - 1}. Received: dtype {labels.dtype.name}. "
                "Convert with `tf.cast(labels, tf.int32)`, or one-hot rows with `tf.argmax(labels, axis=-1)`."
            )
        if not labels.shape.is_compatible_with((None,)):
            raise ValueError(
                "`labels` must be one integer for each sample, shape (batch,). Received: "
                f"{tuple(labels.shape)}. One-hot rows become that with `tf.argmax(labels, axis=-1)`, a last axis of "
                "length 1 goes with `tf.squeeze(labels, axis=-1)`."
            )

    def contents(self, *batch):
        """Checks the values of a batch inside the pipeline; returns it with floats as float32 and integers as int32."""
        batch = tf.nest.flatten(batch)
        first, checks = batch[0], []
        for name, samples in self._samples(batch).items():
            checks.append(_finite(samples, name))
            if len(self.shapes[name]) == 3:
                checks.append(_in_range(samples, name))
        if self.multiple > 1 and first.shape[0] is None:
            checks.append(self._multiple(tf.shape(first)[0]))
        checks += [_as_many(name, part, first) for name, part in zip(self.parts[1:], batch[1:], strict=True)]
        if "labels" in self.parts:
            checks.append(_known(batch[self.parts.index("labels")], self.num_classes))
        with tf.control_dependencies(checks):
            batch = tuple(_in_standard_width(part) for part in batch)
        return batch if len(batch) > 1 else batch[0]

    def _divides(self, batch_size):
        if batch_size is None and self.replicas > 1:
            raise ValueError(
                f"The batch size must be fixed when {self.replicas} replicas share a batch: a last, smaller batch "
                "would leave a replica empty. Use `dataset.batch(..., drop_remainder=True)`."
            )
        if batch_size is not None and batch_size % self.multiple:
            raise ValueError(
                f"The batch size must be a multiple of {self.multiple}, {self.why}. Received: a batch size of "
                f"{batch_size}. Use {max(1, batch_size // self.multiple) * self.multiple}."
            )

    def _multiple(self, size):
        text = f"{MARK}The batch size must be a multiple of {self.multiple}, {self.why}. Received: a batch of {{}}."
        return tf.debugging.Assert(tf.equal(size % self.multiple, 0), [tf.strings.format(text, (size,))])

    def _names(self):
        return self.parts[0] if len(self.parts) == 1 else f"a tuple ({', '.join(self.parts)})"

    def _way_out(self):
        if "unlabelled" in self.parts:
            return (
                "Load with `tfgan_zoo.data.semi_supervised`, or join two datasets with "
                "`tf.data.Dataset.zip(((images, labels), unlabelled))`."
            )
        if "labels" in self.parts:
            return "Load with `tfgan_zoo.data.images(..., labels=True)`, or pass `x` and `y`."
        return "Map the dataset to what the model takes, for example with `dataset.map`."


def _in_standard_width(part):
    """NumPy makes float64, which would meet the networks' float32 inside of a penalty, and labels of any width."""
    if part.dtype.is_floating:
        part = tf.cast(part, tf.float32)
    return tf.identity(tf.cast(part, tf.int32) if part.dtype.is_integer else part)


def _finite(samples, name):
    bad = tf.reduce_sum(tf.cast(~tf.math.is_finite(samples), tf.int32))
    text = (
        f"`{name}` must be finite. Received: a batch with {{}} NaN or infinite values. Remove or repair these samples."
    )
    return tf.debugging.Assert(tf.equal(bad, 0), [tf.strings.format(MARK + text, (bad,))])


def _in_range(samples, name):
    low, high = tf.reduce_min(samples), tf.reduce_max(samples)
    text = (
        f"`{name}` must lie in [-1, 1]. Received: a batch with values from {{}} to {{}}. Pixel values from 0 to 255 "
        "become that with `images / 127.5 - 1.0`; `tfgan_zoo.data.images` does it for you."
    )
    # A little slack: resizing filters overshoot the range that they were given.
    inside = tf.logical_and(low >= tf.cast(-1.1, low.dtype), high <= tf.cast(1.1, high.dtype))
    return tf.debugging.Assert(inside, [tf.strings.format(MARK + text, (low, high))])


def _as_many(name, part, samples):
    counts = tf.shape(part)[0], tf.shape(samples)[0]
    text = f"{MARK}`{name}` must be as many as the samples. Received: a batch of {{}} {name} and {{}} samples."
    return tf.debugging.Assert(tf.equal(*counts), [tf.strings.format(text, counts)])


def _known(labels, num_classes):
    labels = tf.cast(labels, tf.int64)  # Before the comparison: 300 classes do not fit into the uint8 of some labels.
    low, high = tf.reduce_min(labels), tf.reduce_max(labels)
    text = (
        f"{MARK}`labels` must lie in [0, {num_classes}), the classes that the model knows. Received: a batch with "
        "labels from {} to {}. Build the networks and the model with a larger `num_classes`, or map the labels."
    )
    inside = tf.logical_and(low >= 0, high < num_classes)
    return tf.debugging.Assert(inside, [tf.strings.format(text, (low, high))])


def own_message(error):
    """The text of one of our checks inside a TensorFlow error, or None."""
    text = str(error)
    if MARK not in text:
        return None
    return text.split(MARK, 1)[1].split("\n", 1)[0].strip("'] ")


def without_autotuner(dataset):
    """Switches tf.data's autotuner off, unless the dataset's options say something of it.

    Its thread sleeps twice as long from one look to the next, up to a minute, and at times misses the end of the
    iteration: then `fit` and `evaluate` hang after their last step until it wakes. AUTOTUNE stands for one call on each
    core without it.
    """
    options = tf.data.Options()
    if dataset.options().autotune.enabled is None:
        options.autotune.enabled = False
    return dataset.with_options(options)
