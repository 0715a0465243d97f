"""What style-based models share: draws of latents and noise, mixing, truncation, the way from latents to images."""

import keras
import numpy as np
import tensorflow as tf

from tfgan_zoo import layers, replicas


def check_mixing(mixing):
    """Refuses probabilities outside of [0, 1]."""
    if not 0.0 <= mixing <= 1.0:
        raise ValueError(f"`mixing` must be in [0, 1]. Received: `mixing={mixing}`.")


def check_networks(mapping, synthesis):
    """Refuses networks that do not follow each other."""
    shapes = [tuple(tensor.shape) for tensor in synthesis.inputs]
    if len(shapes) != 2 or len(shapes[0]) != 3 or mapping.output_shape[-1] != shapes[0][-1]:
        raise ValueError(
            "`synthesis` must take `styles` (batch, layers, style_dim) and `noise` (batch, pixels), of the width that "
            f"`mapping` gives. Received: mapping.output_shape={mapping.output_shape}, synthesis inputs {shapes}."
        )


def fixed_noise(synthesis):
    """The layer that holds the noise of samples, built."""
    normal = keras.initializers.RandomNormal(stddev=1.0)
    layer = layers.Constant(synthesis.inputs[1].shape[1:], normal, trainable=False, name="fixed_noise")
    layer.build((None, 1))
    return layer


def compose(mapping, synthesis, truncate, fixed_noise):
    """One network from latents to images clipped to [-1, 1]: mapping, truncation, synthesis with a fixed noise."""
    z = keras.Input(mapping.input_shape[1:], name="z")
    styles = keras.layers.RepeatVector(synthesis.inputs[0].shape[1], name="repeat")(truncate(mapping(z)))
    images = keras.ops.clip(synthesis([styles, fixed_noise(z)]), -1.0, 1.0)
    return keras.Model(z, images, name="style_generator")


def draw(gan, like, mixing, used, index=0):
    """All that a batch of images is drawn from: two latents, the layer where the second takes over, and noise.

    Args:
        gan: model with `mapping` and `synthesis`.
        like: tensor with as many rows as images are wanted.
        mixing: float in [0, 1], share of images that mix two latents.
        used: int, layers in use; the crossover lies between two of them.
        index: int or str, tells apart the draws of one step.

    Returns:
        Tuple (z, z of the later layers, crossover, noise), each with one row per image.
    """
    rows = tf.shape(like)[0]
    z, other = gan.draw_latents(like, index), gan.draw_latents(like, f"{index}/other")
    uniform = replicas.draw(tf.random.stateless_uniform, (rows, 2), gan.draw_seed("mixing", index))
    crossover = 1 + tf.cast(uniform[:, 0] * (used - 1), tf.int32)
    never = gan.synthesis.inputs[0].shape[1]
    crossover = tf.where(uniform[:, 1] < mixing, crossover, never)
    pixels = gan.synthesis.inputs[1].shape[1]
    return z, other, crossover, replicas.draw(tf.random.stateless_normal, (rows, pixels), gan.draw_seed("noise", index))


def mix(first, second, crossover, count):
    """Styles of all layers: those below the crossover from the first, the others from the second.

    Args:
        first: float tensor of shape (batch, style_dim).
        second: float tensor of shape (batch, style_dim).
        crossover: int tensor of shape (batch,), the first layer that takes the second style.
        count: int, number of layers.

    Returns:
        float tensor of shape (batch, count, style_dim).

    Example:

    >>> mix = tfgan_zoo.models.styles.mix
    >>> mix(tf.constant([[1.0]]), tf.constant([[2.0]]), [1], 3).numpy().ravel()
    array([1., 2., 2.], dtype=float32)
    """
    early = tf.range(count)[tf.newaxis, :, tf.newaxis] < tf.reshape(crossover, (-1, 1, 1))
    return tf.where(early, first[:, tf.newaxis], second[:, tf.newaxis])


def mapped(gan, z, other, crossover):
    """Styles of a batch in training mode, and the unmixed first ones."""
    first, second = tf.split(gan.mapping(tf.concat([z, other], axis=0), training=True), 2)
    return mix(first, second, crossover, gan.synthesis.inputs[0].shape[1]), first


def to_styles(gan, z, truncation=1.0):
    """Styles of all layers for latents, float32 array (num, layers, style_dim)."""
    styles = gan.average("mapping")(tf.convert_to_tensor(z, tf.float32), training=False)
    mean = gan.latent_mean.mean.value
    styles = mean + truncation * (styles - mean)
    return np.repeat(styles.numpy()[:, np.newaxis], gan.synthesis.inputs[0].shape[1], axis=1)


def from_styles(gan, painter, styles, batch_size=64):
    """Images for styles of all layers, with the noise that samples have; float32 array in [-1, 1]."""
    styles = tf.convert_to_tensor(styles, tf.float32)
    wanted = tuple(gan.synthesis.inputs[0].shape[1:])
    if styles.shape.rank != 3 or tuple(styles.shape[1:]) != wanted:
        raise ValueError(f"`styles` must have shape (num, {wanted[0]}, {wanted[1]}). Received: {tuple(styles.shape)}.")
    parts = [styles[i : i + batch_size] for i in range(0, styles.shape[0], batch_size)]
    images = [painter([part, gan.fixed_noise(part)], training=False) for part in parts]
    return np.clip(np.concatenate([part.numpy() for part in images]), -1.0, 1.0)
