"""Exports compute in float32, whatever a generator was trained in."""

import keras


def is_mixed(model):
    """Whether any layer of a model computes in another floating type than float32."""
    return any(layer.compute_dtype in ("float16", "bfloat16") for layer in model._flatten_layers())


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
    copy = keras.models.clone_model(model, clone_function=_clone)
    copy.set_weights(model.get_weights())
    return copy


def _clone(layer):
    return type(layer).from_config(_with_float32(layer.get_config()))


def _with_float32(config):
    """Replaces every serialized dtype policy in a layer's configuration, also of layers wrapped inside."""
    if isinstance(config, (list, tuple)):
        return type(config)(_with_float32(item) for item in config)
    if not isinstance(config, dict):
        return config
    if config.get("class_name") == "DTypePolicy":
        return {**config, "config": {**config["config"], "name": "float32"}}
    return {key: _with_float32(value) for key, value in config.items()}
