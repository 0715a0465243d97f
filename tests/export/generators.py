"""Tiny generators to export, and what stands in for a trained model."""

import types

import keras
import numpy as np
import tensorflow as tf

import tfgan_zoo as zoo

IMAGE_SHAPE, LATENT_DIM = (16, 16, 1), 8


def spread(model, seed=0):
    """Gives kernels weights of a size that training reaches, so that images fill the range from -1 to 1."""
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        if variable.path.endswith("kernel"):
            variable.assign(rng.normal(0.0, 0.3, variable.shape))


def stand_in(model, *, steps=3, **attributes):
    """What the export needs of a trained model."""
    return types.SimpleNamespace(
        sampler=model, prior="normal", step_counter=tf.Variable(steps, dtype=tf.int64), **attributes
    )


def tiny_generator(image_shape=IMAGE_SHAPE):
    model = zoo.networks.dcgan.generator(image_shape, LATENT_DIM, base_channels=4)
    spread(model)
    return model


def labelled_generator(inputs="list"):
    """Takes (label, z), in this order, so that names and not places must decide."""
    label, z = keras.Input((), dtype="int32", name="label"), keras.Input((LATENT_DIM,), name="z")
    x = keras.layers.Concatenate()([z, keras.layers.Embedding(5, 4, name="embed")(label)])
    x = keras.layers.Dense(8 * 6 * 3, activation="tanh", name="dense")(x)
    x = keras.layers.Reshape((8, 6, 3))(x)
    model = keras.Model([label, z] if inputs == "list" else {"label": label, "z": z}, x)
    spread(model)
    return model
