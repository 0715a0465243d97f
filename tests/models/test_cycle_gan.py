"""CycleGAN: one step against derivatives of the formula, pools, identity, wrong networks."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgan_zoo as zoo
from tests.models import tiny
from tfgan_zoo.models import cycle_gan

A = np.array([0.3, -0.6, 0.9, 0.1])
B = np.array([-0.2, 0.5, 0.7, -0.8])
# Slope and offset of G, F, D_A and D_B.
START = {
    "generator_ab": (0.7, -0.1),
    "generator_ba": (-0.5, 0.2),
    "discriminator_a": (0.6, 0.3),
    "discriminator_b": (-0.4, 0.1),
}
RATE, CYCLE, IDENTITY = 0.05, 3.0, 0.4


def pixels(values):
    return np.asarray(values, "float32").reshape(-1, 1, 1, 1)


def pointwise(weights, name):
    network = keras.Sequential([keras.Input((1, 1, 1)), keras.layers.Conv2D(1, 1)], name=name)
    network.set_weights([np.reshape(weights[0], (1, 1, 1, 1)), np.reshape(weights[1], (1,))])
    return network


def line(**options):
    networks = {name: pointwise(weights, name) for name, weights in START.items()}
    gan = zoo.models.CycleGAN(**networks, **{"cycle_weight": CYCLE, "identity_weight": IDENTITY, **options})
    gan.compile(keras.optimizers.SGD(RATE), keras.optimizers.SGD(RATE), run_eagerly=True)
    return gan


def weights(gan, *names):
    return [float(np.squeeze(value)) for name in names for value in getattr(gan, name).get_weights()]


def apply(line, x):
    return line[0] * x + line[1]


def generator_loss(values, identity=IDENTITY):
    """The formula of the paper, in slopes and offsets of G and F."""
    g, f = values[:2], values[2:]
    d_a, d_b = START["discriminator_a"], START["discriminator_b"]
    adversarial = (apply(d_b, apply(g, A)) - 1) ** 2 + (apply(d_a, apply(f, B)) - 1) ** 2
    cycle = np.abs(apply(f, apply(g, A)) - A) + np.abs(apply(g, apply(f, B)) - B)
    same = np.abs(apply(g, B) - B) + np.abs(apply(f, A) - A)
    return np.mean(adversarial + CYCLE * cycle + CYCLE * identity * same)


def discriminator_loss(values, fake_a, fake_b):
    d_a, d_b = values[:2], values[2:]
    by_a = (apply(d_a, A) - 1) ** 2 + apply(d_a, fake_a) ** 2
    by_b = (apply(d_b, B) - 1) ** 2 + apply(d_b, fake_b) ** 2
    return np.mean(0.5 * by_a + 0.5 * by_b)


def descended(loss, values):
    """The values after one step along the numerical gradient of a loss."""
    values, small = np.array(values), 1e-6
    slopes = [(loss(values + step) - loss(values - step)) / (2 * small) for step in small * np.eye(len(values))]
    return values - RATE * np.array(slopes)


@pytest.mark.parametrize("identity", [IDENTITY, 0.0])
def test_one_step_follows_the_formula(identity):
    gan = line(identity_weight=identity)
    history = gan.fit(pixels(A), pixels(B), batch_size=4, shuffle=False, verbose=0).history
    begin = [*START["generator_ab"], *START["generator_ba"]]
    expected = descended(lambda values: generator_loss(values, identity), begin)
    np.testing.assert_allclose(weights(gan, "generator_ab", "generator_ba"), expected, rtol=1e-4)
    np.testing.assert_allclose(history["generator_loss"], generator_loss(np.array(begin), identity), rtol=1e-5)
    # Discriminators learn from what the generators made before their update; an empty pool returns just that.
    fakes = apply(START["generator_ba"], B), apply(START["generator_ab"], A)
    begin = [*START["discriminator_a"], *START["discriminator_b"]]
    expected = descended(lambda values: discriminator_loss(values, *fakes), begin)
    np.testing.assert_allclose(weights(gan, "discriminator_a", "discriminator_b"), expected, rtol=1e-4)
    np.testing.assert_allclose(history["discriminator_loss"], discriminator_loss(np.array(begin), *fakes), rtol=1e-5)


def test_discriminators_learn_from_the_pools():
    gan = line()
    past_a, past_b = A[::-1] - 0.1, B[::-1] + 0.2
    gan.pool_a, gan.pool_b = (lambda images, seed, past=past: tf.constant(pixels(past)) for past in (past_a, past_b))
    gan.train_step((tf.constant(pixels(A)), tf.constant(pixels(B))))
    begin = [*START["discriminator_a"], *START["discriminator_b"]]
    expected = descended(lambda values: discriminator_loss(values, past_a, past_b), begin)
    np.testing.assert_allclose(weights(gan, "discriminator_a", "discriminator_b"), expected, rtol=1e-4)


def test_pools_are_state_and_remember_what_was_made():
    gan = line(pool_size=6)
    assert sum("pool_a/images" in name or "pool_b/count" in name for name in gan.state) == 2
    gan.fit(pixels(A), pixels(B), batch_size=4, shuffle=False, verbose=0)
    assert int(gan.pool_a.count.numpy()) == int(gan.pool_b.count.numpy()) == 4
    np.testing.assert_allclose(gan.pool_b.images.numpy().ravel()[:4], apply(START["generator_ab"], A), rtol=1e-5)
    np.testing.assert_allclose(gan.pool_a.images.numpy().ravel()[:4], apply(START["generator_ba"], B), rtol=1e-5)


def test_without_pools():
    gan = line(pool_size=0)
    assert gan.pool_a is None and gan.pool_b is None
    gan.fit(pixels(A), pixels(B), batch_size=4, verbose=0)


def test_evaluation_reports_the_losses_of_a_step():
    gan = line()
    losses = gan.evaluate(pixels(A), pixels(B), batch_size=4, verbose=0, return_dict=True)
    begin = np.array([*START["generator_ab"], *START["generator_ba"]])
    np.testing.assert_allclose(losses["generator_loss"], generator_loss(begin), rtol=1e-5)
    assert int(gan.pool_a.count.numpy()) == 0


def generator(taken=3, made=3):
    return zoo.networks.residual_translator.generator(
        (None, None, taken), output_channels=made, blocks=1, base_channels=2
    )


def judge(shape=(8, 8, 3)):
    return zoo.networks.patch.discriminator(shape, receptive_field=16, base_channels=2, affine=False)


def test_translates_in_both_directions():
    gan = zoo.models.CycleGAN(generator(1, 3), generator(3, 1), judge((8, 8, 1)), judge(), ema_decay=0.9)
    grey, colour = tiny.samples(2, 12, 8, 1), tiny.samples(2, 12, 8, 3)
    np.testing.assert_allclose(gan.translate(grey), gan.ema_generator_ab(grey, training=False), atol=1e-6)
    there = gan.translate(colour, direction="BtoA")
    np.testing.assert_allclose(there, gan.ema_generator_ba(colour, training=False), atol=1e-6)
    with pytest.raises(ValueError, match=r"\['AtoB', 'BtoA'\] for CycleGAN. Received: `direction='A'`"):
        gan.translate(grey, direction="A")


@pytest.mark.parametrize(
    ("networks", "message"),
    [
        ([(1, 3), (3, 3), (8, 8, 3), (8, 8, 3)], "`generator_ab` must take what `generator_ba` makes"),
        ([(3, 3), (3, 3), (8, 8, 1), (8, 8, 3)], "`discriminator_a` must take what `generator_ba` makes"),
        ([(3, 3), (3, 3), (8, 8, 3), (8, 8, 1)], r"discriminator_b.input_shape=\(None, 8, 8, 1\)"),
        ([(3, 3), (3, 3), (None, None, 3), (8, 8, 3)], "`discriminator_a` must take images of a known size"),
    ],
)
def test_wrong_networks(networks, message):
    with pytest.raises(ValueError, match=message):
        zoo.models.CycleGAN(*(generator(*each) for each in networks[:2]), *(judge(each) for each in networks[2:]))


@pytest.mark.parametrize("option", ["cycle_weight", "identity_weight", "pool_size"])
def test_negative_numbers(option):
    with pytest.raises(ValueError, match=f"`{option}` must be at least 0. Received: `{option}=-1`"):
        zoo.models.CycleGAN(generator(), generator(), judge(), judge(), **{option: -1})


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ((8, 8, 3), (8, 8, 1), r"`images_b` must have the shape.*8, 8, 3\). Received: \(2, 8, 8, 1\)"),
        ((12, 8, 3), (8, 8, 3), r"`images_a` must have the shape.*Received: \(2, 12, 8, 3\)"),
    ],
)
def test_data_that_do_not_suit_the_networks(a, b, message):
    gan = zoo.models.CycleGAN(generator(), generator(), judge(), judge())
    gan.compile()
    with pytest.raises(ValueError, match=message):
        gan.fit(np.zeros((2, *a), "float32"), np.zeros((2, *b), "float32"), batch_size=2, verbose=0)


class Centered(keras.layers.Layer):
    """A layer of somebody's own that lets pictures of a batch see each other."""

    def call(self, inputs):
        return inputs - tf.reduce_mean(inputs, axis=0)


@pytest.mark.parametrize(
    ("layer", "passes"),
    [
        (keras.layers.GroupNormalization(groups=-1, epsilon=1e-5), 1),
        (zoo.layers.SpectralNormalization(keras.layers.Conv2D(3, 1)), 1),
        (keras.Sequential([zoo.layers.ReflectionPadding2D(1)]), 1),
        (keras.layers.BatchNormalization(), 2),
        (keras.Sequential([zoo.layers.MinibatchStandardDeviation()]), 2),
        (Centered(), 2),
        (keras.layers.Lambda(lambda images: images - tf.reduce_mean(images, axis=0)), 2),
        (lambda images: images - keras.ops.mean(images, axis=0), 2),
    ],
    ids=["instances", "spectral", "nested padding", "batch", "nested deviation", "own layer", "lambda", "operations"],
)
def test_batches_share_a_pass_only_where_none_sees_the_other(layer, passes, monkeypatch):
    inputs = keras.Input((8, 8, 3))
    network = keras.Model(inputs, layer(inputs))
    call, calls = network.call, []

    def counted(images, **options):
        calls.append(images.shape[0])
        return call(images, **options)

    one, other = (tf.random.stateless_normal((2, 8, 8, 3), (0, seed)) * (seed + 1.0) for seed in range(2))
    with monkeypatch.context() as patch:
        patch.setattr(network, "call", counted)
        found = cycle_gan._both(network, one, other, training=False)
    assert calls == [4 // passes] * passes
    for outputs, batch in zip(found, (one, other), strict=True):
        np.testing.assert_allclose(outputs, network(batch, training=False), rtol=1e-5, atol=1e-5)


def test_a_model_with_a_call_of_its_own_gets_a_pass_for_each_batch():
    class Own(keras.Model):
        def call(self, images, training=False):
            return images - tf.reduce_mean(images, axis=0)

    one, other = tf.ones((2, 8, 8, 3)), tf.zeros((2, 8, 8, 3))
    for outputs in cycle_gan._both(Own(), one, other):
        np.testing.assert_array_equal(outputs, tf.zeros((2, 8, 8, 3)))
