"""Exports compute in float32, whatever a generator was trained in."""

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
