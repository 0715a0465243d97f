"""An object equals the one made from its configuration, and its constructor arguments are attributes and keys of it."""

import inspect

import keras
import numpy as np
import pytest

from tests.contracts import table


def arguments(cls):
    parameters = inspect.signature(cls.__init__).parameters.values()
    return [p.name for p in parameters if p.name != "self" and p.kind is not inspect.Parameter.VAR_KEYWORD]


def serialized(value):
    return keras.saving.serialize_keras_object(value)


@table.rows("config", "model", "layer", "augmentation")
def test_every_argument_is_an_attribute_and_a_key_of_its_value(row):
    made = row.make()
    config = made.get_config()
    for name in arguments(row.covers):
        assert hasattr(made, name), name
        assert name in config, name
        assert serialized(config[name]) == serialized(getattr(made, name)), name


def changed(value):
    """Another value of the same kind, or None for what is not a number."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return value / 2 if isinstance(value, float) else None


@table.rows("config", "model", "layer", "augmentation")
def test_numbers_of_a_configuration_reach_the_attributes(row):
    config = row.make().get_config()
    free = [name for name in arguments(row.covers) if name not in row.tied]
    others = {name: changed(config[name]) for name in free if changed(config[name]) is not None}
    assert others
    twin = row.covers.from_config({**config, **others})
    assert {name: getattr(twin, name) for name in others} == others
    assert {name: twin.get_config()[name] for name in others} == others


@table.rows("config", "model", "layer", "augmentation")
def test_what_the_networks_fix_cannot_be_changed(row):
    config = row.make().get_config()
    for name in row.tied:
        with pytest.raises(ValueError, match=f"`{name}` must|`{name}={changed(config[name])}`"):
            row.covers.from_config({**config, name: changed(config[name])})


@table.rows("config", "model", "layer", "augmentation")
def test_the_row_sets_arguments_that_are_not_defaults(row):
    """Otherwise a forgotten key would go unnoticed."""
    parameters = inspect.signature(row.covers.__init__).parameters
    made, given = row.make(), [name for name in arguments(row.covers) if name != "name"]
    optional = [name for name in given if parameters[name].default is not inspect.Parameter.empty]
    changed = [name for name in optional if serialized(getattr(made, name)) != serialized(parameters[name].default)]
    assert len(changed) >= (len(optional) + 1) // 2, f"only {changed} differ from their defaults"


@table.rows("config", "model", "layer", "augmentation", "network")
def test_twin_from_the_configuration_has_the_same_one(row):
    made = row.make()
    twin = type(made).from_config(made.get_config())
    assert twin is not made
    assert twin.name == made.name
    assert serialized(twin.get_config()) == serialized(made.get_config())


@table.rows("config", "network", "layer")
def test_twin_with_the_same_weights_gives_the_same_outputs(row):
    network = table.network(row)
    twin = keras.Model.from_config(network.get_config())
    twin.set_weights(network.get_weights())
    inputs = table.call_inputs(network, 3)
    np.testing.assert_array_equal(twin(inputs, training=False), network(inputs, training=False))


@table.rows("config", "model", "layer", "augmentation")
def test_class_is_registered_for_saving(row):
    assert keras.saving.get_registered_name(row.covers) == f"tfgan_zoo>{row.covers.__name__}"


@table.rows("config", "model", "layer", "augmentation")
def test_unknown_arguments_are_refused(row):
    config = {**row.make().get_config(), "colour": "red"}
    with pytest.raises((TypeError, ValueError), match="colour"):
        row.covers.from_config(config)
