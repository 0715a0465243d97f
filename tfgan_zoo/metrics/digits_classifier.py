"""The handwritten-digit classifier: an extractor that ships with the package and needs no download.

Five convolutions and two dense layers (234,410 weights) trained on MNIST by `train_digits_classifier.py`. Its
128 penultimate activations are the features and its ten logits give the class probabilities. The weights
are kept in half precision (0.5 MB); the accuracy in `weights/digits.json` was measured on what is kept.
"""

import json
from pathlib import Path

import numpy as np

from tfgan_zoo.metrics.precision import float32_layers

WEIGHTS = Path(__file__).parent / "weights" / "digits.npz"
CARD = WEIGHTS.with_suffix(".json")
IMAGE_SIZE = 28
FEATURES = 128
CLASSES = 10

# (filters, stride) of the 3x3 convolutions: 28 -> 28 -> 14 -> 14 -> 7 -> 4.
CONVOLUTIONS = ((32, 1), (32, 2), (64, 1), (64, 2), (64, 2))


def network():
    """Build the untrained classifier.

    Returns:
        `keras.Model`: `(batch, 28, 28, 1)` floats in `[-1, 1]` -> (`features` `(batch, 128)`, at least zero,
        `logits` `(batch, 10)`).
    """
    import keras

    images = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 1), name="images")
    x = images
    for index, (filters, stride) in enumerate(CONVOLUTIONS):
        x = keras.layers.Conv2D(filters, 3, stride, "same", activation="relu", name=f"conv_{index}")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    features = keras.layers.Dense(FEATURES, activation="relu", name="features")(x)
    logits = keras.layers.Dense(CLASSES, name="logits")(features)
    return keras.Model(images, [features, logits], name="digits_classifier")


def save(model, path=WEIGHTS):
    """Write the weights of `model` in half precision, one array per weight under its layer's name."""
    arrays = {weight.path: np.asarray(weight).astype(np.float16) for weight in model.weights}
    np.savez(path, **arrays)


def load(path=WEIGHTS):
    """Return the trained classifier, in float32.

    Raises:
        FileNotFoundError: if the weights are not where the package keeps them.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(
            f"`path` should hold the digit classifier's weights; "
            f"make them with `python -m tfgan_zoo.metrics.train_digits_classifier`. Received: {path}"
        )
    with float32_layers():
        model = network()
    with np.load(path, allow_pickle=False) as arrays:
        for weight in model.weights:
            weight.assign(arrays[weight.path].astype(np.float32))
    return model


def card():
    """Return the record of how the shipped weights were trained and how well they classify."""
    return json.loads(CARD.read_text())
