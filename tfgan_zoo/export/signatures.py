"""What an exported generator answers to: endpoints built from the named inputs of its Keras model."""

import keras
import tensorflow as tf

from tfgan_zoo import latents

PNG_CHANNELS = (1, 3)  # Grey and RGB.


def input_specs(model):
    """Names, shapes and dtypes of a generator's inputs, batch axis first and free.

    Args:
        model: functional or sequential `keras.Model`. A lone input is the latent vector, whatever its name;
            several must be named.

    Returns:
        dict from name to `tf.TensorSpec`, in the model's order.

    Raises:
        ValueError: if there are no symbolic inputs, or no endpoints are known for them.
    """
    inputs = getattr(model, "inputs", None)
    if not inputs:
        raise ValueError(
            "The generator must be a functional or sequential `keras.Model` that starts with `keras.Input(...)`, so "
            f"that its inputs have shapes and names. Received: {model!r}."
        )
    names = ["z"] if len(inputs) == 1 else [tensor.name for tensor in inputs]
    if tuple(sorted(names)) not in _KINDS:
        known = ", ".join(str(sorted(kind, reverse=True)) for kind in _KINDS)
        raise ValueError(
            f"The generator's inputs must be named as one of {known}. Received: inputs {names}. Name them with "
            '`keras.Input(..., name="z")`.'
        )
    return {
        name: tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype, name)
        for name, tensor in zip(names, inputs, strict=True)
    }


def makes_pictures(model):
    """Whether a model's output is grey or RGB pictures, (batch, height, width, 1 or 3)."""
    shape = model.output_shape
    return len(shape) == 4 and shape[-1] in PNG_CHANNELS


def call(model, **values):
    """Runs a model in inference mode on values by input name; float32 images."""
    ordered = [values[name] for name in input_specs(model)]
    # Inputs must come in the structure, a list or a dict, that a functional model was made with.
    packed = ordered[0] if isinstance(model, keras.Sequential) else keras.tree.pack_sequence_as(model.input, ordered)
    return tf.cast(model(packed, training=False), tf.float32)


def to_levels(images):
    """Images in [-1, 1] as the 256 levels of a PNG, `floor(clip(127.5 x + 128, 0, 255))`.

    The graph form of `tfgan_zoo.pictures.to_uint8`: the nearest level, halves upwards; a level that became
    `level / 127.5 - 1` comes back unchanged.
    """
    return tf.cast(tf.floor(tf.clip_by_value(images * 127.5 + 128.0, 0.0, 255.0)), tf.uint8)


def endpoints(model, prior):
    """Functions to export and their input signatures.

    Args:
        model: the generator.
        prior: name of the latent prior, see `tfgan_zoo.latents.check_prior`.

    Returns:
        dict from endpoint name to (function, list of `tf.TensorSpec`). `png` is there only if the model makes
        pictures.
    """
    specs = input_specs(model)
    found = _KINDS[tuple(sorted(specs))](model, prior, specs)
    if not makes_pictures(model):
        del found["png"]
    return found


def _png(images):
    return {"image_bytes": tf.io.encode_png(to_levels(images))}


_SEED = tf.TensorSpec((None,), tf.int64, "seed")


def _latent_endpoints(model, prior, specs):
    def generate(z):
        return call(model, z=z)

    def from_seed(seed):
        return generate(latents.from_seeds(seed, specs["z"].shape[1], prior))

    return {
        "serving_default": (lambda z: {"images": generate(z)}, [specs["z"]]),
        "sample": (lambda seed: {"images": from_seed(seed)}, [_SEED]),
        "png": (lambda seed: _png(from_seed(seed)), [_SEED]),
    }


def _labelled_endpoints(model, prior, specs):
    def generate(z, label):
        return call(model, z=z, label=label)

    def from_seed(seed, label):
        return generate(latents.from_seeds(seed, specs["z"].shape[1], prior), label)

    label = specs["label"]
    return {
        "serving_default": (lambda z, label: {"images": generate(z, label)}, [specs["z"], label]),
        "sample": (lambda seed, label: {"images": from_seed(seed, label)}, [_SEED, label]),
        "png": (lambda seed, label: _png(from_seed(seed, label)), [_SEED, label]),
    }


# Sorted input names -> the endpoints of that kind of generator.
_KINDS = {("z",): _latent_endpoints, ("label", "z"): _labelled_endpoints}


def write(found, folder):
    """Writes a SavedModel with the given endpoints as signatures.

    Args:
        found: what `endpoints` returned.
        folder: where to write it.

    Returns:
        dict from endpoint name to {"inputs": ..., "outputs": ...}, each a dict from tensor name to
        {"shape": list with None for the batch, "dtype": str}.
    """
    archive = keras.export.ExportArchive()
    described = {}
    for name, (function, specs) in found.items():
        traced = archive.add_endpoint(name, function, specs).get_concrete_function()
        described[name] = {
            "inputs": {spec.name: _describe(spec) for spec in specs},
            "outputs": {key: _describe(value) for key, value in traced.structured_outputs.items()},
        }
    archive.write_out(str(folder), verbose=False)
    return described


def write_for_lite(model, folder, batch_size):
    """Writes the SavedModel that TFLite files are converted from: `serving_default` alone, in one batch size."""
    function, specs = endpoints(model, "normal")["serving_default"]
    fixed = [tf.TensorSpec((batch_size, *spec.shape[1:]), spec.dtype, spec.name) for spec in specs]
    write({"serving_default": (function, fixed)}, folder)


def _describe(spec):
    return {"shape": spec.shape.as_list(), "dtype": spec.dtype.name}
