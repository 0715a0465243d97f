"""Multilayer perceptrons, as in the first GAN paper."""

import math

import keras

from tfgan_zoo.layers import Maxout

__all__ = ["discriminator", "generator"]


def _check_shape(name, shape):
    if not shape or any(not isinstance(size, int) or size < 1 for size in shape):
        raise ValueError(f"`{name}` must be a tuple of ints >= 1, batch axis left out. Received: `{name}={shape}`.")


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
    for name, share in (("input_dropout", input_dropout), ("dropout", dropout)):
        if not 0.0 <= share < 1.0:
            raise ValueError(f"`{name}` must be in [0, 1). Received: `{name}={share}`.")
    samples = keras.Input(input_shape, name="image")
    x = keras.layers.Flatten(name="flatten")(samples)
    x = keras.layers.Dropout(input_dropout, name="drop_input")(x)
    for index, width in enumerate(units):
        x = Maxout(width, pieces, name=f"hidden_{index}")(x)
        x = keras.layers.Dropout(dropout, name=f"drop_{index}")(x)
    x = keras.layers.Dense(1, name="to_logit")(x)
    x = keras.layers.Activation("linear", dtype="float32", name="logit")(x)
    return keras.Model(samples, x, name="mlp_discriminator")
