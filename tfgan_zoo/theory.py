"""The theory of the first GAN paper as numbers, for densities on a line."""

import keras
import numpy as np
import tensorflow as tf

from tfgan_zoo import latents, losses

__all__ = [
    "draw_densities",
    "jensen_shannon_divergence",
    "normal_density",
    "optimal_discriminator",
    "train_discriminator",
    "train_generator_alone",
    "value",
]


def normal_density(x, mean, std):
    """Density of the normal distribution, `exp(-((x - mean) / std)^2 / 2) / (std sqrt(2 pi))`.

    Args:
        x: float array.
        mean: float.
        std: float > 0.

    Returns:
        float64 array of the shape of `x`.

    Example:

    >>> round(float(tfgan_zoo.theory.normal_density(0.0, 0.0, 1.0)), 4)
    0.3989
    """
    return np.exp(-0.5 * np.square((np.asarray(x, np.float64) - mean) / std)) / (std * np.sqrt(2.0 * np.pi))


def optimal_discriminator(p, q):
    """The best discriminator for a fixed generator, `D*(x) = p(x) / (p(x) + q(x))`.

    Args:
        p: float array, density of the data at some points, >= 0.
        q: float array of the same shape, density of the generator.

    Returns:
        float64 array of that shape, in [0, 1]; 1/2 where both densities are 0.

    Example:

    >>> tfgan_zoo.theory.optimal_discriminator([0.3], [0.1])
    array([0.75])

    Reference:
        Goodfellow et al. 2014, arXiv 1406.2661, proposition 1.
    """
    p, q = np.asarray(p, np.float64), np.asarray(q, np.float64)
    total = p + q
    return np.where(total > 0.0, p / np.where(total > 0.0, total, 1.0), 0.5)


def value(x, p, q, discriminator):
    """Value of the game, `V = integral of p log D + q log(1 - D)`, by the trapezoid rule.

    At `D*` it is `-2 log 2 + 2 JSD(p, q)`, and at the equilibrium `p = q`, `D = 1/2` it is `-2 log 2 = -1.3863`.

    Args:
        x: float array of shape (points,), increasing.
        p: float array of shape (points,), density of the data.
        q: float array of shape (points,), density of the generator.
        discriminator: float array of shape (points,), in [0, 1].

    Returns:
        float, at most 0.

    Example:

    >>> x = np.linspace(-8.0, 8.0, 1001)
    >>> p = tfgan_zoo.theory.normal_density(x, 0.0, 1.0)
    >>> round(tfgan_zoo.theory.value(x, p, p, np.full(1001, 0.5)), 4)
    -1.3863

    Reference:
        Goodfellow et al. 2014, arXiv 1406.2661, equation 1 and theorem 1.
    """
    p, q, d = (np.asarray(values, np.float64) for values in (p, q, discriminator))
    tiny = np.finfo(np.float64).tiny  # Where a density is 0 its logarithm does not count.
    terms = p * np.log(np.maximum(d, tiny)) + q * np.log(np.maximum(1.0 - d, tiny))
    return float(np.trapezoid(terms, x))


def jensen_shannon_divergence(x, p, q):
    """Jensen-Shannon divergence, `(KL(p || m) + KL(q || m)) / 2` with `m = (p + q) / 2`, in nats.

    Args:
        x: float array of shape (points,), increasing.
        p: float array of shape (points,), a density.
        q: float array of shape (points,), a density.

    Returns:
        float in [0, log 2].

    Example:

    >>> x = np.linspace(-8.0, 8.0, 1001)
    >>> p = tfgan_zoo.theory.normal_density(x, 0.0, 1.0)
    >>> round(tfgan_zoo.theory.jensen_shannon_divergence(x, p, p), 6)
    0.0

    Reference:
        Goodfellow et al. 2014, arXiv 1406.2661, equations 5 and 6.
    """
    p, q = np.asarray(p, np.float64), np.asarray(q, np.float64)
    middle = np.maximum((p + q) / 2.0, np.finfo(np.float64).tiny)
    divergences = [np.where(d > 0.0, d * np.log(np.maximum(d, 1e-300) / middle), 0.0) for d in (p, q)]
    return float(np.trapezoid(sum(divergences), x) / 2.0)


def train_discriminator(network, x, p, q, *, steps=4000, learning_rate=3e-3):
    """Trains a discriminator to its optimum against known densities, expectations taken by quadrature.

    Args:
        network: built `keras.Model`, (points, 1) -> logits (points, 1).
        x: float array of shape (points,), evenly spaced.
        p: float array of shape (points,), density of the data.
        q: float array of shape (points,), density of the generator.
        steps: int >= 1, Adam steps on all points.
        learning_rate: float > 0, falls to 0 along a cosine.

    Returns:
        float64 array of shape (points,), `D(x)` after training.

    Example:

    >>> d = tfgan_zoo.theory.train_discriminator(network, x, p, q)  # doctest: +SKIP

    Reference:
        Goodfellow et al. 2014, arXiv 1406.2661, proposition 1: the result should be `optimal_discriminator(p, q)`.
    """
    points = tf.constant(np.asarray(x)[:, None], tf.float32)
    spacing = float(x[1] - x[0])
    real_weight, fake_weight = (tf.constant(np.asarray(density) * spacing, tf.float32) for density in (p, q))
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(learning_rate, steps))
    optimizer.build(network.trainable_variables)

    @tf.function
    def train():
        for _ in tf.range(steps):
            with tf.GradientTape() as tape:
                logits = network(points, training=True)
                # The two terms of the loss one at a time, each under its own density.
                real = -losses.minimax_generator_loss(-logits)
                fake = -losses.minimax_generator_loss(logits)
                loss = tf.reduce_sum(real_weight * real + fake_weight * fake)
            gradients = tape.gradient(loss, [variable.value for variable in network.trainable_variables])
            optimizer.apply(gradients, network.trainable_variables)

    train()
    return tf.sigmoid(network(points, training=False))[:, 0].numpy().astype(np.float64)


def train_generator_alone(generator, discriminator, *, steps=2000, batch_size=256, learning_rate=1e-3, seed=0):
    """Trains a generator against a discriminator that does not answer: it collapses to `argmax D`.

    Args:
        generator: built `keras.Model` of latent vectors.
        discriminator: built `keras.Model` of samples; it stays as it is.
        steps: int >= 1, Adam steps.
        batch_size: int >= 1.
        learning_rate: float > 0.
        seed: int, of the latent vectors.

    Returns:
        float32 array of shape (1000, ...), samples after training.

    Example:

    >>> samples = tfgan_zoo.theory.train_generator_alone(generator, discriminator)  # doctest: +SKIP

    Reference:
        Goodfellow et al. 2014, arXiv 1406.2661, section 6 ("the Helvetica scenario"): G must not be trained too much
        without updating D.
    """
    optimizer = keras.optimizers.Adam(learning_rate)
    optimizer.build(generator.trainable_variables)
    width = generator.input_shape[-1]

    @tf.function
    def train():
        for step in tf.range(steps):
            with tf.GradientTape() as tape:
                fake = generator(latents.draw((batch_size, width), tf.stack([seed, step])), training=True)
                loss = tf.reduce_mean(losses.non_saturating_generator_loss(discriminator(fake, training=False)))
            gradients = tape.gradient(loss, [variable.value for variable in generator.trainable_variables])
            optimizer.apply(gradients, generator.trainable_variables)

    train()
    return generator(latents.sample(1000, width, seed=seed), training=False).numpy()


def draw_densities(gan, mean, std, title, *, num=20_000, seed=0):
    """Draws figure 1 of the paper for a GAN of numbers: p(x), q(x), D(x) and D*(x) = p / (p + q).

    Args:
        gan: model with `sample` and `discriminator`, its data normally distributed.
        mean: float, mean of the data.
        std: float, standard deviation of the data.
        title: str.
        num: int >= 100, samples from which q is estimated (Gaussian kernels, Scott's bandwidth).
        seed: int.

    Returns:
        uint8 array of shape (height, width, 3).

    Example:

    >>> picture = tfgan_zoo.theory.draw_densities(gan, 4.0, 0.5, "epoch 90")  # doctest: +SKIP

    Reference:
        Goodfellow et al. 2014, arXiv 1406.2661, figure 1.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from scipy.stats import gaussian_kde

    samples = gan.sample(num, seed=seed)[:, 0]
    x = np.linspace(mean - 8.0 * std, mean + 8.0 * std, 601)
    p, q = normal_density(x, mean, std), gaussian_kde(samples)(x)
    logits = gan.discriminator(x[:, None].astype(np.float32), training=False)
    figure = Figure(figsize=(7.2, 4.0), dpi=100, layout="constrained")
    axes = figure.add_subplot(xlabel="x", ylabel="density, or probability of being real", title=title)
    axes.set(xlim=(x[0], x[-1]), ylim=(0.0, 1.2 * max(1.0, p.max())))
    axes.plot(x, p, "k:", label="p(x), data")
    axes.plot(x, q, "g-", label=f"q(x), generator: mean {samples.mean():.2f}, std {samples.std():.2f}")
    axes.plot(x, tf.sigmoid(logits)[:, 0].numpy(), "b--", label="D(x)")
    axes.plot(x, optimal_discriminator(p, q), color="0.7", zorder=0, label="D*(x) = p / (p + q)")
    axes.legend(loc="upper left", frameon=False)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
