"""A `.keras` file holds everything: weights, moving averages, optimizer slots, the step, how it was compiled."""

import keras
import numpy as np

from tests.contracts import table


@table.rows("keras_file", "model")
def test_model_comes_back_whole(row, tmp_path):
    gan = table.trained(row).gan
    gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert type(loaded) is type(gan)
    assert int(loaded.step_counter.numpy()) == int(gan.step_counter.numpy()) > 0
    np.testing.assert_array_equal(table.outputs(loaded, row), table.outputs(gan, row))
    assert loaded.compiled
    assert loaded.get_compile_config() == gan.get_compile_config()
    for player in gan.players:
        old, new = getattr(gan, f"{player}_optimizer"), getattr(loaded, f"{player}_optimizer")
        assert len(old.variables) > 2
        for mine, theirs in zip(old.variables, new.variables, strict=True):
            np.testing.assert_array_equal(theirs, mine, err_msg=mine.path)


@table.rows("keras_file", "model")
def test_optimizers_of_the_shared_model_hold_something(row):
    """Otherwise the comparison above would compare zeros."""
    gan = table.trained(row).gan
    for player in gan.players:
        slots = [v.numpy() for v in getattr(gan, f"{player}_optimizer").variables if v.shape]
        assert sum(np.any(slot != 0) for slot in slots) > len(slots) / 2


@table.rows("keras_file", "network", "layer")
def test_network_comes_back_with_its_outputs(row, tmp_path):
    network = table.network(row)
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    inputs = table.call_inputs(network, 3)
    np.testing.assert_array_equal(loaded(inputs, training=False), network(inputs, training=False))
