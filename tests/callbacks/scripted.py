"""A model whose reported scalars and samples a test dictates, so that callbacks can be checked by hand."""

import types

import keras
import numpy as np
import tensorflow as tf

SCALARS = ("real_logits", "fake_logits", "real_accuracy", "fake_accuracy")


class Scripted(keras.Model):
    """Reports the running means of what it is fed; its weight, and its samples' level, is the number of steps done."""

    latent_dim = 3
    prior = "normal"

    def __init__(self, names=SCALARS):
        super().__init__()
        self.trackers = [keras.metrics.Mean(name=name) for name in names]
        self.step_counter = keras.Variable(0, dtype="int64", trainable=False, aggregation="only_first_replica")
        self.weight = keras.Variable(0.0, trainable=False, aggregation="only_first_replica")
        self.sampled = []
        self.built = True
        self.compile(optimizer=None, run_eagerly=True)

    @property
    def networks(self):
        return {"generator": types.SimpleNamespace(weights=[self.weight])}

    def train_step(self, data):
        for column, tracker in enumerate(self.trackers):
            tracker.update_state(data[:, column])
        self.step_counter.assign_add(1)
        self.weight.assign_add(1.0)
        return {tracker.name: tracker.result() for tracker in self.trackers}

    def fit(self, data, **kwargs):
        # Keras warns of its own default when it is given a dataset.
        return super().fit(data, shuffle=False, verbose=0, **kwargs)

    def sample(self, num=16, *, seed=0, z=None):
        """Images of two grey pixels: above the seed, or 100 for a given latent vector, below the step, as levels."""
        self.sampled.append((num, seed) if z is None else np.asarray(z))
        upper = np.full(num, seed) if z is None else np.full(len(z), 100)
        levels = np.stack([upper, np.full(len(upper), float(self.weight.numpy()))], axis=1)
        return (levels / 127.5 - 1.0).astype(np.float32).reshape(-1, 2, 1, 1)


def feed(*rows):
    """Dataset of one batch of one row for each step."""
    return tf.data.Dataset.from_tensor_slices(np.array(rows, np.float32)).batch(1)


def steps(count):
    """Dataset of a number of steps, whatever they report."""
    return feed(*[[0.0] * len(SCALARS)] * count)
