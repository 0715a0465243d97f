"""Tests of the stop at numbers that are not finite."""

import keras
import numpy as np
import pytest

from tests.callbacks.scripted import Scripted, feed
from tfgan_zoo import callbacks, models, networks

NAMES = ("discriminator_loss", "generator_loss")


def _error(model, data, **kwargs):
    with pytest.raises(callbacks.NonFiniteError) as caught:
        model.fit(data, callbacks=[callbacks.NonFiniteGuard()], **kwargs)
    return caught.value


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_names_the_step_the_scalar_and_its_last_finite_mean(value):
    model = Scripted(NAMES)
    error = _error(model, feed([1, 5], [2, 5], [3, value], [4, 5]))
    assert (error.first_step, error.last_step, error.names) == (3, 3, ("generator_loss",))
    assert f"in step 3: `generator_loss` is {value} (last finite mean 5)" in str(error)
    assert "discriminator_loss" not in str(error)
    assert int(model.step_counter.numpy()) == 3


def test_counts_steps_over_epochs():
    model = Scripted(NAMES)
    model.fit(feed([1, 1], [2, 1], [3, 1]), epochs=2)
    error = _error(model, feed([6, 1], [np.nan, np.inf]))
    assert (error.first_step, error.last_step, error.names) == (8, 8, NAMES)
    assert "`discriminator_loss` is nan (last finite mean 6), `generator_loss` is inf (last finite mean 1)" in str(
        error
    )


def test_first_step():
    assert "in step 1: `generator_loss` is nan (never finite before)" in str(_error(Scripted(NAMES), feed([1, np.nan])))


def test_names_the_range_when_several_steps_pass_between_looks():
    model = Scripted(NAMES)
    model.compile(optimizer=None, steps_per_execution=3)
    error = _error(model, feed([1, 1], [1, 1], [1, 1], [1, 1], [np.nan, 1], [1, 1], [1, 1]))
    assert (error.first_step, error.last_step) == (4, 6)
    assert "within steps [4, 6]" in str(error)


def test_finds_weights_that_the_last_step_spoilt():
    class Spoil(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 1:
                self.model.weight.assign(np.nan)

    model = Scripted(NAMES)
    with pytest.raises(FloatingPointError, match=r"within steps \[1, 2\]: the weights of `generator`") as caught:
        model.fit(feed([1, 1], [1, 1]), callbacks=[Spoil(), callbacks.NonFiniteGuard()])
    assert caught.value.names == ("generator",)


def test_leaves_a_finite_training_alone():
    model = Scripted(NAMES)
    history = model.fit(feed([1, 1e30], [-1, 3e30]), epochs=2, callbacks=[callbacks.NonFiniteGuard()])
    np.testing.assert_allclose(history.history["generator_loss"], [2e30, 2e30])


def test_stops_a_gan_that_diverges():
    gan = models.GAN(
        generator=networks.mlp.generator((4, 4, 1), latent_dim=2, units=(4,)),
        discriminator=networks.mlp.discriminator((4, 4, 1), units=(4,)),
    )
    gan.compile(discriminator_optimizer=keras.optimizers.SGD(1e6))
    images = np.random.default_rng(0).uniform(-1, 1, (64, 4, 4, 1)).astype(np.float32)
    error = _error(gan, images, batch_size=8, epochs=3, verbose=0)
    assert error.names and set(error.names) <= set(gan.reported)
    assert 1 < error.first_step == error.last_step == int(gan.step_counter.numpy())
    assert "Lower the learning rates" in str(error)


def test_refuses_a_model_without_steps():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(loss="mse")
    with pytest.raises(TypeError, match="`NonFiniteGuard` needs a model with `step_counter`, .* Received: Sequential"):
        model.fit(np.zeros((4, 1)), np.zeros((4, 1)), callbacks=[callbacks.NonFiniteGuard()])
