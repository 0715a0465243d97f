"""Multilayer perceptrons, as in the first GAN paper and the first conditional one."""

import math

import keras

from tfgan_zoo.layers import Maxout

__all__ = ["conditional_discriminator", "conditional_generator", "discriminator", "generator"]


def _check_shape(name, shape):
    if not shape or any(not isinstance(size, int) or size < 1 for size in shape):
        raise ValueError(f"`{name}` must be a tuple of ints >= 1, batch axis left out. Received: `{name}={shape}`.")


def _check_share(name, share):
    if not 0.0 <= share < 1.0:
        raise ValueError(f"`{name}` must be in [0, 1). Received: `{name}={share}`.")


def generator(output_shape=(28, 28, 1), latent_dim=100, *, units=(1200, 1200), activation="relu", output="tanh"):
    """Perceptron from latent vectors to samples of any shape.

    The paper ends in a sigmoid for pixels in [0, 1]; for pixels in [-1, 1] the same function is
    `2 sigmoid(a) - 1 = tanh(a / 2)`, so "tanh" is the paper's output up to the scale of the last weights.

    Args:
        output_shape: tuple of ints, shape of one sample.
        latent_dim: int >= 1.
        units: ints, widths of the hidden layers; the paper's code has (1200, 1200) for MNIST.
        activation: Keras activation of the hidden layers; rectifier in the paper.
        output: Keras activation of the output; None for samples without bounds.

    Returns:
        A built `keras.Model`, (batch, latent_dim) -> float32 (batch, *output_shape).

    Raises:
        ValueError: if a size is below 1.

    Example:

    >>> tfgan_zoo.networks.mlp.generator((28, 28, 1)).output_shape
    (None, 28, 28, 1)

    Reference:
        Goodfellow et al. 2014, arXiv 1406.2661, section 5; sizes from the authors' code
        (goodfeli/adversarial, mnist.yaml).
    """
    _check_shape("output_shape", output_shape)
    _check_shape("units", units)
    _check_shape("latent_dim", (latent_dim,))
    # The paper's uniform(-0.05, 0.05) suits 1200 units; Glorot's rule gives the same there and scales with width.
    latents = keras.Input((latent_dim,), name="z")
    x = latents
    for index, width in enumerate(units):
        x = keras.layers.Dense(width, activation=activation, name=f"hidden_{index}")(x)
    x = keras.layers.Dense(math.prod(output_shape), name="to_sample")(x)
    x = keras.layers.Reshape(output_shape, name="reshape")(x)
    x = keras.layers.Activation(output or "linear", dtype="float32", name="sample")(x)
    return keras.Model(latents, x, name="mlp_generator")


def discriminator(input_shape=(28, 28, 1), *, units=(240, 240), pieces=5, input_dropout=0.2, dropout=0.5):
    """Maxout perceptron with dropout, from samples to one logit.

    Args:
        input_shape: tuple of ints, shape of one sample.
        units: ints, widths of the hidden layers.
        pieces: int >= 1, linear pieces of a maxout unit.
        input_dropout: float in [0, 1), share of the inputs dropped.
        dropout: float in [0, 1), share of the hidden units dropped.

    Returns:
        A built `keras.Model`, (batch, *input_shape) -> float32 (batch, 1), logits of being real.

    Raises:
        ValueError: if a size is below 1 or a share outside [0, 1).

    Example:

    >>> tfgan_zoo.networks.mlp.discriminator((28, 28, 1)).output_shape
    (None, 1)

    Reference:
        Goodfellow et al. 2014, arXiv 1406.2661, section 5; sizes from the authors' code
        (goodfeli/adversarial, mnist.yaml).
    """
    _check_shape("input_shape", input_shape)
    _check_shape("units", units)
    _check_share("input_dropout", input_dropout)
    _check_share("dropout", dropout)
    samples = keras.Input(input_shape, name="image")
    x = keras.layers.Flatten(name="flatten")(samples)
    x = keras.layers.Dropout(input_dropout, name="drop_input")(x)
    for index, width in enumerate(units):
        x = Maxout(width, pieces, name=f"hidden_{index}")(x)
        x = keras.layers.Dropout(dropout, name=f"drop_{index}")(x)
    x = keras.layers.Dense(1, name="to_logit")(x)
    x = keras.layers.Activation("linear", dtype="float32", name="logit")(x)
    return keras.Model(samples, x, name="mlp_discriminator")


def conditional_generator(
    output_shape=(28, 28, 1),
    latent_dim=100,
    *,
    num_classes=10,
    latent_units=200,
    label_units=1000,
    units=1200,
    dropout=0.5,
    output="tanh",
):
    """Perceptron from latent vectors and labels: a hidden layer for each of the two, then one for both.

    Args:
        output_shape: tuple of ints, shape of one sample.
        latent_dim: int >= 1.
        num_classes: int >= 1.
        latent_units: int >= 1, width of the hidden layer of z.
        label_units: int >= 1, width of the hidden layer of the label.
        units: int >= 1, width of the joint hidden layer.
        dropout: float in [0, 1), share of the joint hidden units dropped.
        output: Keras activation of the output; None for samples without bounds. See `generator` for the paper's.

    Returns:
        A built `keras.Model` with the inputs `z`, (batch, latent_dim), and `label`, int32 (batch,)
        -> float32 (batch, *output_shape).

    Raises:
        ValueError: if a size is below 1 or the share outside [0, 1).

    Example:

    >>> tfgan_zoo.networks.mlp.conditional_generator((28, 28, 1)).output_shape
    (None, 28, 28, 1)

    Reference:
        Mirza and Osindero 2014, arXiv 1411.1784, section 4.1.
    """
    _check_shape("output_shape", output_shape)
    sizes = {"latent_dim": latent_dim, "latent_units": latent_units, "label_units": label_units, "units": units}
    for name, size in sizes.items():
        _check_shape(name, (size,))
    _check_share("dropout", dropout)
    latents, label = keras.Input((latent_dim,), name="z"), keras.Input((), dtype="int32", name="label")
    hidden = keras.layers.Dense(latent_units, activation="relu", name="hidden_z")(latents)
    of_class = keras.layers.ReLU(name="hidden_label")(_table(num_classes, label_units)(label))
    x = keras.layers.Concatenate(name="join")([hidden, of_class])
    x = keras.layers.Dense(units, activation="relu", name="hidden")(x)
    x = keras.layers.Dropout(dropout, name="drop")(x)
    x = keras.layers.Dense(math.prod(output_shape), name="to_sample")(x)
    x = keras.layers.Reshape(output_shape, name="reshape")(x)
    x = keras.layers.Activation(output or "linear", dtype="float32", name="sample")(x)
    return keras.Model([latents, label], x, name="mlp_conditional_generator")


def conditional_discriminator(
    input_shape=(28, 28, 1),
    *,
    num_classes=10,
    sample_units=240,
    label_units=50,
    units=240,
    pieces=5,
    joint_pieces=4,
    dropout=0.5,
):
    """Maxout perceptron from samples and labels to one logit: a hidden layer for each of the two, then one for both.

    Args:
        input_shape: tuple of ints, shape of one sample.
        num_classes: int >= 1.
        sample_units: int >= 1, width of the hidden layer of the sample.
        label_units: int >= 1, width of the hidden layer of the label.
        units: int >= 1, width of the joint hidden layer.
        pieces: int >= 1, linear pieces of a unit in the sample's hidden layer.
        joint_pieces: int >= 1, linear pieces of a unit in the joint hidden layer.
        dropout: float in [0, 1), share of the hidden units dropped.

    Returns:
        A built `keras.Model` with the inputs `image`, (batch, *input_shape), and `label`, int32 (batch,)
        -> float32 (batch, 1), logits of being real.

    Raises:
        ValueError: if a size is below 1 or the share outside [0, 1).

    Example:

    >>> tfgan_zoo.networks.mlp.conditional_discriminator((28, 28, 1)).output_shape
    (None, 1)

    Reference:
        Mirza and Osindero 2014, arXiv 1411.1784, section 4.1.

    Notes:
        The paper's hidden layer of the label has 5 pieces as well. Of a one-hot label the largest of several pieces is
        one free number for each class and unit, so it is a plain table here.
    """
    _check_shape("input_shape", input_shape)
    for name, size in {"sample_units": sample_units, "label_units": label_units, "units": units}.items():
        _check_shape(name, (size,))
    _check_share("dropout", dropout)
    samples, label = keras.Input(input_shape, name="image"), keras.Input((), dtype="int32", name="label")
    x = Maxout(sample_units, pieces, name="hidden_image")(keras.layers.Flatten(name="flatten")(samples))
    x = keras.layers.Concatenate(name="join")([x, _table(num_classes, label_units)(label)])
    x = keras.layers.Dropout(dropout, name="drop_0")(x)
    x = Maxout(units, joint_pieces, name="hidden")(x)
    x = keras.layers.Dropout(dropout, name="drop_1")(x)
    x = keras.layers.Dense(1, name="to_logit")(x)
    x = keras.layers.Activation("linear", dtype="float32", name="logit")(x)
    return keras.Model([samples, label], x, name="mlp_conditional_discriminator")


def _table(num_classes, units):
    """A dense layer of one-hot labels: a row for each class."""
    _check_shape("num_classes", (num_classes,))
    return keras.layers.Embedding(num_classes, units, embeddings_initializer="glorot_uniform", name="embed")
