"""Class-conditional models of a few numbers, for steps by hand."""

import keras
import numpy as np

from tests.models import tiny

CLASSES = 3
LABELS = np.array([2, 0, 1, 1, 0, 2, 1, 1, 0, 2, 0, 0])  # Of `tiny.REAL`.
RATE = 0.5


def _label():
    return keras.Input((), dtype="int32", name="label")


def _table(values, name):
    values = np.reshape(values, (CLASSES, -1))
    initializer = keras.initializers.Constant(values)
    return keras.layers.Embedding(*values.shape, embeddings_initializer=initializer, name=name)


def _line(slope, name):
    return keras.layers.Dense(
        np.size(slope), use_bias=False, kernel_initializer=keras.initializers.Constant(slope), name=name
    )


def generator(slope=0.7, offsets=(0.5, -0.4, 0.2)):
    """G(z, c) = a z + e_c."""
    z, label = keras.Input((1,), name="z"), _label()
    return keras.Model([z, label], keras.layers.Add()([_line(slope, "a")(z), _table(offsets, "e")(label)]))


def with_offsets(slope=0.8, offsets=(0.3, -0.6, 0.1)):
    """D(x, c) = w x + v_c."""
    image, label = keras.Input((1,), name="image"), _label()
    return keras.Model([image, label], keras.layers.Add()([_line(slope, "w")(image), _table(offsets, "v")(label)]))


def with_projection(slope=0.3, offsets=(0.4, -0.2, 0.1)):
    """D(x, c) = (w + v_c) x."""
    image, label = keras.Input((1,), name="image"), _label()
    projection = keras.layers.Dot(1)([_table(offsets, "v")(label), image])
    return keras.Model([image, label], keras.layers.Add()([_line(slope, "w")(image), projection]))


def with_classes(slope=0.8, class_slopes=(0.4, -0.3, 0.9)):
    """D(x) = (w x, m x)."""
    image = keras.Input((1,), name="image")
    kernel = keras.initializers.Constant(np.reshape(class_slopes, (1, CLASSES)))
    classes = keras.layers.Dense(CLASSES, use_bias=False, kernel_initializer=kernel, name="m")(image)
    return keras.Model(image, [_line(slope, "w")(image), classes])


def made(cls, discriminator, **options):
    """A model that steps in Python, moved by plain SGD."""
    gan = cls(generator(), discriminator, num_classes=CLASSES, **options)
    gan.compile(keras.optimizers.SGD(RATE), keras.optimizers.SGD(RATE), run_eagerly=True)
    return gan


def values(gan):
    """Name -> weights of both networks, as float64; a lone number as a float."""
    named = {
        layer.name: layer.get_weights()[0] for net in gan.networks.values() for layer in net.layers if layer.weights
    }
    return {name: value.astype("float64").ravel() for name, value in named.items()}


def by_class(numbers, labels=LABELS):
    """Mean over the batch of numbers that concern one class each, (classes,)."""
    return np.array([np.sum(numbers[labels == c]) for c in range(CLASSES)]) / len(labels)


def batch():
    return tiny.REAL, LABELS.astype("int32")
