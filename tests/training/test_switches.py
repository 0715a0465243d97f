"""Switches that hold for every model: accumulation, several steps at once, precision, XLA; one trace each."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgan_zoo as zoo
from tests.training import tiny_recipe
from tfgan_zoo.training import run as runs


def traced(config, strategy=None, monkeypatch=None):
    """Trains in three calls of `fit` at least; returns the model and how often its step was traced."""
    if strategy is not None:
        monkeypatch.setattr(runs, "choose_strategy", lambda name: strategy)
    traces = []

    def build_model(config):
        gan = tiny_recipe.build_model(config)
        step = gan.train_step
        gan.train_step = lambda data: (traces.append(1), step(data))[1]
        return gan

    with zoo.training.Run(config) as run:
        gan = run.build(build_model)
        run.fit(gan, tiny_recipe.build_dataset)
        # As after an interruption at step 6: the rest of an epoch, whole ones, and the beginning of one.
        gan.step_counter.assign(6)
        keeper = runs._Keeper(run, gan, runs.Records(run.folder, config.report_every), config.steps)
        keeper.step = 6
        run._train(gan, tiny_recipe.build_dataset, [keeper], 6, config.steps)
    return gan, len(traces)


def config(folder, **options):
    return tiny_recipe.Config(run_dir=str(folder), steps=14, deterministic=False, checkpoint_seconds=1e9, **options)


def test_one_trace_serves_all_calls_of_fit(tmp_path):
    gan, traces = traced(config(tmp_path, model="gan", gradient_accumulation_steps=2, precision="mixed_bfloat16"))
    assert traces == 1
    assert int(gan.step_counter.numpy()) == 14


@pytest.mark.thorough
def test_one_trace_on_each_of_two_replicas(tmp_path, two_replicas, monkeypatch):
    options = {"precision": "mixed_float16", "steps_per_execution": 2, "optimizer": "sgd"}
    gan, traces = traced(config(tmp_path, **options), two_replicas, monkeypatch)
    assert traces == 2
    assert isinstance(gan.generator_optimizer, keras.optimizers.LossScaleOptimizer)
    assert all(np.isfinite(weight).all() for weight in gan.generator.get_weights())


@pytest.mark.thorough
def test_one_trace_with_xla(tmp_path):
    gan, traces = traced(config(tmp_path, model="gan", optimizer="sgd", ema_decay=None, jit_compile=True))
    assert traces == 1
    assert all(np.isfinite(weight).all() for weight in gan.generator.get_weights())


def weights_after_five_steps(config, strategy):
    with strategy.scope():
        keras.utils.set_random_seed(0)
        gan = tiny_recipe.build_model(config)
    data = zoo.data.images("digits", batch_size=128, repeat=True)
    gan.fit(data, steps_per_epoch=5, verbose=0)
    return {name: network.get_weights() for name, network in gan.networks.items()}


def test_accumulating_four_times_sixteen_equals_sixty_four(two_replicas):
    """Each of two replicas cuts its half of the batch into four."""
    options = {"model": "gan", "optimizer": "sgd", "dropout": 0.0, "ema_decay": None, "batch_size": 64}
    whole = weights_after_five_steps(tiny_recipe.Config(**options), tf.distribute.get_strategy())
    cut = weights_after_five_steps(tiny_recipe.Config(gradient_accumulation_steps=4, **options), two_replicas)
    for name in whole:
        for one, two in zip(whole[name], cut[name], strict=True):
            assert np.abs(one - two).max() <= 1e-5 * max(1e-2, np.abs(one).max()), name
