"""The perceptrons with which feature matching learns from few labels."""

import math

import keras
import numpy as np

from tfgan_zoo import layers

__all__ = ["discriminator", "generator"]


def _check_sizes(**sizes):
    for name, size in sizes.items():
        values = size if isinstance(size, (tuple, list)) else (size,)
        if not values or any(not isinstance(value, int) or value < 1 for value in values):
            raise ValueError(f"`{name}` must be ints >= 1, without the batch axis. Received: `{name}={size}`.")


def generator(image_shape=(28, 28, 1), latent_dim=100, *, units=(500, 500)):
    """Perceptron with batch normalization and softplus inside, weight normalization and a sigmoid at the output.

    The authors' images lie in [0, 1] and their latents are uniform there; here both lie in [-1, 1]: the sigmoid is
    stretched to it, and the first normalization undoes any shift and scale of the latents.

    Args:
        image_shape: (height, width, channels), or the shape of any other sample.
        latent_dim: int >= 1.
        units: ints, widths of the hidden layers.

    Returns:
        A built `keras.Model`, (batch, latent_dim) -> float32 (batch, *image_shape) in [-1, 1].

    Raises:
        ValueError: if a size is below 1.

    Example:

    >>> tfgan_zoo.networks.feature_matching.generator((8, 8, 1)).output_shape
    (None, 8, 8, 1)

    Reference:
        Salimans et al. 2016, arXiv 1606.03498, section 5.1; sizes and constants from the authors' code
        (openai/improved-gan, mnist_svhn_cifar10/train_mnist_feature_matching.py).
    """
    _check_sizes(image_shape=image_shape, latent_dim=latent_dim, units=units)
    latents = keras.Input((latent_dim,), name="z")
    x = latents
    for index, width in enumerate(units):
        x = keras.layers.Dense(width, use_bias=False, name=f"hidden_{index}")(x)
        x = keras.layers.BatchNormalization(
            momentum=0.9, epsilon=1e-6, scale=False, synchronized=True, name=f"norm_{index}"
        )(x)
        x = keras.layers.Activation("softplus", name=f"softplus_{index}")(x)
    to_image = keras.layers.Dense(math.prod(image_shape), use_bias=False, name="kernel")
    x = layers.WeightNormalization(to_image, name="to_image")(x)
    x = keras.layers.Reshape(image_shape, name="reshape")(x)
    # In float32 also under mixed precision: the slope s (1 - s) of a bright pixel's s that was rounded to 1 is 0.
    x = keras.layers.Activation("sigmoid", dtype="float32", name="sigmoid")(x)
    x = keras.layers.Rescaling(2.0, -1.0, dtype="float32", name="image")(x)
    return keras.Model(latents, x, name="feature_matching_generator")


def discriminator(
    image_shape=(28, 28, 1),
    num_classes=10,
    *,
    units=(1000, 500, 250, 250, 250),
    input_noise=0.3,
    noise=0.5,
    examples=None,
):
    """Perceptron with weight normalization and Gaussian noise, from images to one logit for each class.

    The last hidden layer is named "features": its mean activations are what the generator is to match. Lengths of
    weight vectors are trained in the last layer alone.

    Args:
        image_shape: (height, width, channels), or the shape of any other sample. The images in [-1, 1] are brought to
            the authors' [0, 1], which their noise fits.
        num_classes: int >= 2.
        units: ints, widths of the hidden layers.
        input_noise: float >= 0, standard deviation of the noise on the images in [0, 1].
        noise: float >= 0, standard deviation of the noise on the hidden layers' outputs.
        examples: float array (num, *image_shape) in [-1, 1], on which lengths and biases are initialized so that every
            unit has mean 0 and variance 1 there, noise included; 500 in the authors' code. None leaves ones and zeros.

    Returns:
        A built `keras.Model`, (batch, *image_shape) -> float32 (batch, num_classes), logits.

    Raises:
        ValueError: if a size is out of range, a deviation negative, or `examples` have another shape, dtype or range or
            do not vary.

    Example:

    >>> images = np.random.default_rng(0).uniform(-1.0, 1.0, (50, 8, 8, 1)).astype("float32")
    >>> network = tfgan_zoo.networks.feature_matching.discriminator((8, 8, 1), units=(30, 20), examples=images)
    >>> network.output_shape, network.get_layer("features").output.shape
    ((None, 10), (None, 20))

    Reference:
        Salimans et al. 2016, arXiv 1606.03498, section 5.1; sizes and constants from the authors' code
        (openai/improved-gan, mnist_svhn_cifar10/train_mnist_feature_matching.py); initialization from data:
        Salimans and Kingma 2016, arXiv 1602.07868, section 3.
    """
    _check_sizes(image_shape=image_shape, units=units)
    if not isinstance(num_classes, int) or num_classes < 2:
        raise ValueError(f"`num_classes` must be an int of at least 2. Received: `num_classes={num_classes}`.")
    stack = [
        keras.layers.Flatten(name="flatten"),
        keras.layers.Rescaling(0.5, 0.5, name="to_unit_range"),
        layers.GaussianNoise(input_noise, name="noise_input"),
    ]
    for index, width in enumerate(units):
        name = "features" if index == len(units) - 1 else f"hidden_{index}"
        stack += [_dense(width, name, "relu"), layers.GaussianNoise(noise, name=f"noise_{index}")]
    stack += [_dense(num_classes, "to_logits", None), keras.layers.Activation("linear", dtype="float32", name="logits")]
    images = keras.Input(image_shape, name="image")
    x = images
    for layer in stack:
        x = layer(x)
    if examples is not None:
        _initialize(stack, _checked_examples(examples, image_shape))
    return keras.Model(images, x, name="feature_matching_discriminator")


def _dense(units, name, activation):
    directions = keras.layers.Dense(
        units, use_bias=False, kernel_initializer=keras.initializers.RandomNormal(stddev=0.1), name="kernel"
    )
    return layers.WeightNormalization(directions, activation=activation, train_scale=activation is None, name=name)


def _checked_examples(examples, image_shape):
    examples, shape = np.asarray(examples), tuple(image_shape)
    largest = np.max(np.abs(examples), initial=0)
    if examples.dtype.kind != "f" or examples.shape[1:] != shape or not largest <= 1.1:
        raise ValueError(
            f"`examples` must be floating point images in [-1, 1], shape (num, {', '.join(map(str, shape))}). "
            f"Received: shape {examples.shape}, dtype {examples.dtype}, largest {largest}. Pixels from 0 to 255, such "
            "as `tfgan_zoo.data.arrays` gives, become that with `images / 127.5 - 1.0`."
        )
    return examples


def _initialize(stack, examples):
    """Lengths and biases from data, one layer after the other."""
    x = keras.ops.convert_to_tensor(examples, "float32")
    for layer in stack:
        x = layer.initialize(x) if isinstance(layer, layers.WeightNormalization) else layer(x, **_training(layer))


def _training(layer):
    return {"training": True} if isinstance(layer, layers.GaussianNoise) else {}
