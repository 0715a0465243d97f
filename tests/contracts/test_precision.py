"""Mixed precision: two finite steps, float32 weights and outputs, loss scaling where float16 needs it."""

import keras
import numpy as np
import pytest

from tests.contracts import table

POLICIES = pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])


@POLICIES
@table.rows("precision", "model")
def test_model_trains(row, policy):
    keras.config.set_dtype_policy(policy)
    # Step by step in Python: two steps cost less than one trace. Graphs of half precision are traced in test_switches.
    gan = table.compiled(row, run_eagerly=True)
    if policy == "mixed_float16":
        # Loss scaling starts at 2^15, skips every step that overflows and halves: here as it stands some steps later.
        for player in gan.players:
            getattr(gan, f"{player}_optimizer").dynamic_scale.assign(2.0**9)
    before = {name: network.get_weights() for name, network in gan.networks.items()}
    history = gan.fit(table.dataset(row, 2), verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values()), history
    for player in gan.players:
        scaled = isinstance(getattr(gan, f"{player}_optimizer"), keras.optimizers.LossScaleOptimizer)
        assert scaled == (policy == "mixed_float16")
    for name, network in gan.networks.items():
        assert {variable.dtype for variable in network.trainable_variables} == {"float32"}
        moved = [not np.array_equal(a, b) for a, b in zip(before[name], network.get_weights(), strict=True)]
        assert any(moved)
        assert all(np.isfinite(weight).all() for weight in network.get_weights())
    samples = table.outputs(gan, row)
    assert samples.dtype == np.float32 and np.isfinite(samples).all()


@POLICIES
@table.rows("precision", "network")
def test_network_computes_in_half_precision_and_returns_float32(row, policy):
    keras.config.set_dtype_policy(policy)
    network = row.make()
    half = {layer.compute_dtype for layer in network.layers if layer.weights}
    assert half == {policy.removeprefix("mixed_")}
    output = network(row.batch(3), training=False)
    assert output.dtype == "float32" and np.isfinite(output).all()


@POLICIES
@table.rows("precision", "layer")
def test_layer_computes_in_half_precision(row, policy):
    keras.config.set_dtype_policy(policy)
    layer = row.make()
    output = layer(row.batch(3))
    assert {weight.dtype for weight in layer.weights} <= {"float32"}
    assert output.dtype == policy.removeprefix("mixed_")
