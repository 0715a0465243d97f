"""Models small enough to compute by hand."""

import keras
import numpy as np
import tensorflow as tf

import tfgan_zoo as zoo


def dense(inputs, outputs, weights, name, **options):
    """A network of one dense layer, with the given kernel and bias."""
    layer = keras.layers.Dense(outputs, **options)
    network = keras.Sequential([keras.Input((inputs,)), layer], name=name)
    network.set_weights([np.reshape(value, v.shape) for value, v in zip(weights, network.weights, strict=True)])
    return network


def line(cls, *, generator=(0.7, -0.4), discriminator=(0.8, 0.3), rate=0.5, compile_options=None, **options):
    """G(z) = a z + b and D(x) = w x + c on the real line, moved by plain SGD, step by step in Python."""
    gan = cls(dense(1, 1, generator, "g"), dense(1, 1, discriminator, "d"), **options)
    optimizers = {f"{player}_optimizer": keras.optimizers.SGD(rate) for player in gan.players}
    gan.compile(**{"run_eagerly": True, **optimizers, **(compile_options or {})})
    return gan


def parameters(network):
    """The slope and the offset of a network of `line`."""
    return [float(np.squeeze(value)) for value in network.get_weights()]


def perceptrons(cls, shape=(3,), *, latent_dim=2, dropout=0.0, **options):
    """A model of two small perceptrons, not compiled."""
    return cls(
        zoo.networks.mlp.generator(shape, latent_dim=latent_dim, units=(5,)),
        zoo.networks.mlp.discriminator(shape, units=(4,), pieces=2, input_dropout=0.0, dropout=dropout),
        **options,
    )


def samples(count, *shape, seed=0):
    """Different samples in [-1, 1]."""
    return np.random.default_rng(seed).uniform(-1.0, 1.0, (count, *shape)).astype("float32")


REAL = np.array([1.0, -0.5, 0.25, 2.0, -1.5, 0.75, 3.0, -2.0, 0.1, 1.2, -0.3, 0.6], "float32")[:, None]


def record(gan):
    """Watches what a step does, in order."""
    events = []

    def watch(name, function):
        def watched(argument):
            events.append((name, np.array(argument)))
            return function(argument)

        return watched

    gan.generate, gan.critique = watch("generate", gan.generate), watch("critique", gan.critique)
    for player in gan.players:
        optimizer = getattr(gan, f"{player}_optimizer")
        apply = optimizer.apply
        optimizer.apply = lambda *args, player=player, apply=apply: events.append((player, None)) or apply(*args)
    return events


def trained_weights(cls, batches, parts, **options):
    """Name -> weight of a model of perceptrons after a step on each batch, cut into parts."""
    keras.utils.set_random_seed(2)
    gan = perceptrons(cls, batches.shape[2:], **options)
    gan.compile(keras.optimizers.SGD(0.2), keras.optimizers.SGD(0.2), gradient_accumulation_steps=parts)
    initial = gan.get_weights()
    step = tf.function(gan.train_step)
    for batch in batches:
        step(tf.constant(batch))
    steps = {player: int(getattr(gan, f"{player}_optimizer").iterations.numpy()) for player in gan.players}
    assert steps == {"discriminator": len(batches) * gan.batches_per_step, "generator": len(batches)}
    # Of all weights a relativistic loss does not see one: the offset of the logits.
    assert sum(np.array_equal(new, old) for new, old in zip(gan.get_weights(), initial, strict=True)) <= 1
    return {f"{i} {v.path}": v.numpy() for i, v in enumerate(gan.weights)}


def penalised_points(cls, steps, **options):
    """Where the gradient penalty looked, between fakes at 0 and reals at 1, in one step of two parts."""
    gan = line(
        cls,
        generator=(0.0, 0.0),
        penalty="gradient_penalty",
        compile_options={"gradient_accumulation_steps": 2},
        **options,
    )
    points, critique = [], gan.critique
    gan.critique = lambda rows: points.append(rows.numpy().ravel()) or critique(rows)
    gan.train_step(tf.ones((8 * steps, 1)))
    return [row for row in points if not np.isin(row, (0.0, 1.0)).all()]


def sigmoid(a):
    return 1.0 / (1.0 + np.exp(-a))


def softplus(a):
    return np.logaddexp(0.0, a)
