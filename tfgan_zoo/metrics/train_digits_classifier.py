"""Train the digit classifier behind the `digits` extractor and write its weights and card.

    python -m tfgan_zoo.metrics.train_digits_classifier

Needs MNIST through `tfgan_zoo.data`. Every image is drawn anew in each epoch under a small random affine map,
so that the features stay meaningful for resized and slightly displaced digits. Same seed, same machine: same
weights.
"""

import argparse
import json
import time

import keras
import numpy as np
import tensorflow as tf

from tfgan_zoo.metrics import digits_classifier
from tfgan_zoo.metrics.classification import class_agreement

ROTATION = 12.0  # degrees, largest either way
ZOOM = 0.15  # largest relative change of scale, per axis
SHIFT = 2.0  # pixels, largest either way, per axis
BATCH_SIZE = 128
LEARNING_RATE = 2e-3  # first value of a cosine that ends at zero


def random_affine(num, generator):
    """Return `(num, 8)` float32 projective maps: rotate, scale and shift about the image centre.

    The eight numbers are those of `tf.raw_ops.ImageProjectiveTransformV3`, which map output places to input
    places.
    """
    angle = np.deg2rad(generator.uniform(-ROTATION, ROTATION, num))
    scale_x, scale_y = generator.uniform(1 - ZOOM, 1 + ZOOM, (2, num))
    shift_x, shift_y = generator.uniform(-SHIFT, SHIFT, (2, num))
    centre = (digits_classifier.IMAGE_SIZE - 1) / 2
    a, b = np.cos(angle) * scale_x, -np.sin(angle) * scale_y
    c, d = np.sin(angle) * scale_x, np.cos(angle) * scale_y
    offset_x = centre - a * centre - b * centre + shift_x
    offset_y = centre - c * centre - d * centre + shift_y
    zero = np.zeros(num)
    return np.stack([a, b, offset_x, c, d, offset_y, zero, zero], axis=1).astype(np.float32)


def warp(images, maps):
    """Apply one map to each image; what comes from outside is background (-1)."""
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=maps,
        output_shape=[digits_classifier.IMAGE_SIZE, digits_classifier.IMAGE_SIZE],
        fill_value=-1.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )


class Epochs(keras.utils.PyDataset):
    """Batches of warped images; the order and the maps of an epoch follow from the seed alone."""

    def __init__(self, images, labels, seed):
        super().__init__()
        self.images, self.labels, self.seed, self.epoch = images, labels, seed, 0
        self.shuffle()

    def __len__(self):
        return len(self.images) // BATCH_SIZE

    def __getitem__(self, index):
        rows = self.order[index * BATCH_SIZE : (index + 1) * BATCH_SIZE]
        return warp(self.images[rows], self.maps[rows]), self.labels[rows]

    def on_epoch_end(self):
        self.epoch += 1
        self.shuffle()

    def shuffle(self):
        """Draw the order and the maps of the current epoch."""
        generator = np.random.default_rng((self.seed, self.epoch))
        self.order = generator.permutation(len(self.images))
        self.maps = random_affine(len(self.images), generator)


def train(images, labels, *, epochs, seed):
    """Return the classifier fitted to uint8 `images` `(n, 28, 28, 1)` and integer `labels` `(n,)`."""
    keras.utils.set_random_seed(seed)
    batches = Epochs(images.astype(np.float32) / 127.5 - 1, labels.astype(np.int32), seed)
    model = digits_classifier.network()
    classifier = keras.Model(model.input, model.get_layer("logits").output)
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, epochs * len(batches))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    classifier.compile(keras.optimizers.Adam(schedule), loss, metrics=["accuracy"])
    classifier.fit(batches, epochs=epochs, shuffle=False, verbose=2)
    return model


def accuracy(model, images, labels):
    """Return the share of uint8 `images` whose largest logit is that of their label."""
    _, logits = model.predict(images.astype(np.float32) / 127.5 - 1, batch_size=500, verbose=0)
    return class_agreement(logits, labels)


def main(arguments=None):
    """Train, keep in half precision, measure what was kept, write the card."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", default="mnist", help="name for tfgan_zoo.data with 28x28 digits and labels")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    train_images, train_labels = load_split(options.data, "train")
    test_images, test_labels = load_split(options.data, "test")
    started = time.perf_counter()
    digits_classifier.save(train(train_images, train_labels, epochs=options.epochs, seed=options.seed))
    kept = digits_classifier.load()
    card = {
        "data": options.data,
        "train_images": len(train_images),
        "test_images": len(test_images),
        "test_accuracy": accuracy(kept, test_images, test_labels),
        "train_accuracy": accuracy(kept, train_images, train_labels),
        "epochs": options.epochs,
        "seed": options.seed,
        "parameters": kept.count_params(),
        "seconds": round(time.perf_counter() - started),
        "command": "python -m tfgan_zoo.metrics.train_digits_classifier",
        "licence": "Apache-2.0, as the project; the training images have their own",
    }
    digits_classifier.CARD.write_text(json.dumps(card, indent=2) + "\n")
    print(json.dumps(card, indent=2))


def load_split(name, split):
    """Return uint8 images `(n, 28, 28, 1)` and labels of a named data set."""
    from tfgan_zoo import data
    from tfgan_zoo.metrics.images import to_uint8

    images, labels = data.arrays(name, split=split, labels=True)
    return to_uint8(images), np.asarray(labels)


if __name__ == "__main__":
    main()
