"""Exports compute in float32, whatever a generator was trained in, and files of float16 weights stay close to it."""

import keras

HALF = ("mixed_float16", "mixed_bfloat16", "float16", "bfloat16")


def is_mixed(model):
    """Whether any layer of a model computes in half precision."""
    return any(_config(layer) != layer.get_config() for layer in model.layers)


def in_float32(model):
    """A copy of a model that computes in float32, with the same weights.

    Mixed precision keeps weights in float32, so the copy is the same function, computed more precisely.

    Args:
        model: functional or sequential `keras.Model`.

    Returns:
        A `keras.Model`; the model itself if it computes in float32 anyway.
    """
    if not is_mixed(model):
        return model
    copy = keras.models.clone_model(model, clone_function=lambda layer: type(layer).from_config(_config(layer)))
    copy.set_weights(model.get_weights())
    return copy


def for_half_weights(model):
    """What is to be converted to float16 weights: the model, or a copy with the mapping network's weights in two parts.

    A whole picture turns with its style: the weights of the mapping network, a small part of a generator, make the
    largest errors when they are rounded. Each is kept as its rounding and the rest, two float16 numbers that give 22
    bits. Mapping layers are known by learning slower than the others.

    Args:
        model: functional `keras.Model` in float32.

    Returns:
        A `keras.Model`; the model itself if it has no mapping network.
    """
    # By name: what only opens exports has no business with layers, and imports none.
    layers = (layer for layer in model._flatten_layers() if type(layer).__name__ == "EqualizedDense")
    if not any(layer.lr_multiplier < 1.0 for layer in layers):
        return model
    copy = type(model).from_config(_in_two_parts(model.get_config()))
    copy.set_weights(model.get_weights())
    return copy


def _in_two_parts(config):
    """Replaces the mapping layers in a serialized model, also those of models inside."""
    if isinstance(config, (list, tuple)):
        return type(config)(_in_two_parts(item) for item in config)
    if not isinstance(config, dict):
        return config
    if config.get("class_name") == "EqualizedDense" and config["config"]["lr_multiplier"] < 1.0:
        return config | {"class_name": "_InTwoParts", "registered_name": "tfgan_zoo>_InTwoParts"}
    return {key: _in_two_parts(value) for key, value in config.items()}


def _config(layer):
    return _with_float32(layer.get_config())


def _with_float32(config):
    """Replaces serialized half-precision policies in a configuration, also those of layers wrapped inside."""
    if isinstance(config, (list, tuple)):
        return type(config)(_with_float32(item) for item in config)
    if not isinstance(config, dict):
        return config
    if config.get("class_name") == "DTypePolicy" and config["config"]["name"] in HALF:
        return {**config, "config": {**config["config"], "name": "float32"}}
    return {key: _with_float32(value) for key, value in config.items()}
