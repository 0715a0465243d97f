"""The fused Adam moves variables as Keras's own does, and other optimizers stay as they are."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgan_zoo as zoo
from tfgan_zoo.models.fused_adam import fuse


def moved(optimizer, steps=6):
    """Variables of two shapes after steps of different gradients, and the optimizer's state."""
    random = np.random.default_rng(0)
    variables = [keras.Variable(random.normal(size=shape), dtype="float32") for shape in ((7, 5), (3,))]
    optimizer.build(variables)

    @tf.function
    def step(*gradients):
        optimizer.apply(gradients, variables)

    for power in np.linspace(-6.0, 2.0, steps):
        step(*(tf.constant(10.0**power * random.normal(size=v.shape), tf.float32) for v in variables))
    return [v.numpy() for v in (*variables, *optimizer.variables)]


@pytest.mark.parametrize(
    "options",
    [
        {"learning_rate": 2e-4, "beta_1": 0.5},
        {"learning_rate": keras.optimizers.schedules.ExponentialDecay(1e-2, 2, 0.5), "beta_1": 0.0},
        {"learning_rate": 1e-3, "epsilon": 1e-4, "clipnorm": 0.3, "weight_decay": 0.01, "use_ema": True},
    ],
)
def test_it_is_the_same_adam(options):
    # Betas that float32 holds exactly: of others Keras takes 1 - beta before rounding, the fused operation after it.
    options = {"beta_1": 0.875, "beta_2": 1.0 - 2.0**-10, **options}
    own, fused = moved(keras.optimizers.Adam(**options)), moved(fuse(keras.optimizers.Adam(**options)))
    for expected, got in zip(own, fused, strict=True):
        np.testing.assert_allclose(got, expected, rtol=2e-6, atol=1e-12)
    other = moved(keras.optimizers.Adam(**{**options, "epsilon": 1e-2}))
    assert not np.allclose(other[0], own[0], rtol=2e-6)


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.Adam(amsgrad=True),
        keras.optimizers.AdamW(),
        keras.optimizers.SGD(momentum=0.9),
        keras.optimizers.LossScaleOptimizer(keras.optimizers.RMSprop()),
    ],
    ids=["amsgrad", "AdamW", "SGD", "scaled RMSprop"],
)
def test_others_keep_their_own_update(optimizer):
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    assert fuse(optimizer) is optimizer
    assert "update_step" not in vars(inner)


def test_the_optimizer_inside_of_loss_scaling_is_fused():
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam())
    assert "update_step" in vars(fuse(optimizer).inner_optimizer)


def test_models_train_with_it():
    gan = zoo.models.GAN(
        zoo.networks.mlp.generator((4, 4, 1), 2, units=(3,)), zoo.networks.mlp.discriminator((4, 4, 1), units=(3,))
    )
    gan.compile(keras.optimizers.Adam(), keras.optimizers.Adam())
    step = tf.function(gan.train_step, autograph=False).get_concrete_function(tf.zeros((4, 4, 4, 1)))
    kinds = [node.op for node in step.graph.as_graph_def().node]
    assert kinds.count("ResourceApplyAdam") == len(gan.trainable_variables)
