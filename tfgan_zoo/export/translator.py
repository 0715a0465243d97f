"""Export of a trained translator: pictures in, pictures out, compared elsewhere before anything appears."""

import pathlib
import tempfile

import numpy as np
import tensorflow as tf

from tfgan_zoo import pictures
from tfgan_zoo.export import attempts, card, exporter, lite, precision, signatures, staging

_BATCH = 4  # Pictures that are run at once in comparisons.
_SHOWN = 8  # Pictures in the sheet of samples.
INTENDED_USE = (
    "Makes a picture of a picture, in the manner of the pairs or domains that it was trained on, for study, "
    "demonstration and design. What it adds is invented, it repeats the biases of its training data, and it must not "
    "be passed off as a record."
)


def translator(
    gan,
    path,
    *,
    examples,
    direction=None,
    version=1,
    overwrite=False,
    tflite=lite.KINDS,
    recipe=None,
    config=None,
    scores=None,
    num_verify=16,
):
    """Exports a translation network as SavedModel, TFLite files, card and sheet of samples.

    `path/version/` is a SavedModel that TensorFlow Serving loads. Its signatures have a free batch size and, where the
    network takes pictures of any size, free sides: `serving_default` (`image` float32 (batch, height, width, channels)
    in [-1, 1], sides multiples of what the card says -> `images`) and `png` (`image_bytes`, encoded PNG or JPEG
    pictures of one size, whatever it is -> `image_bytes`, PNG; sides are filled up by reflection and cut off again).

    In the same folder lie `<name>_float32.tflite`, `<name>_float16.tflite` and `<name>_int8.tflite` for one picture of
    the size of the examples (input `image`, output `images`), `card.json` and `samples.png`. In the int8 file weights
    are int8 and activations are quantised by the range that they have in the picture at hand, because normalisation by
    instance makes a calibrated range fit no picture. All of it is compared with the trained model as by
    `tfgan_zoo.export.generator`, where the float16 file may have to be made again in its second way, and appears by one
    rename or not at all.

    Args:
        gan: trained model with `translate`; the moving average is exported if there is one.
        path: folder of this model's versions, for example "exported/pix2pix_facades".
        examples: float array (num, height, width, channels) in [-1, 1] of inputs that the model was not trained on.
            They are what files are compared on, so noise will not do.
        direction: of the model's `directions`; the first when None.
        version, overwrite, tflite, recipe, config, scores: as for `tfgan_zoo.export.generator`.
        num_verify: int >= 1, how many of the examples are compared.

    Returns:
        `Export`: path, parity figures and card; printed, it is a short table.

    Raises:
        ValueError: before anything is written, if an argument is wrong, the version exists, the folder cannot be
            written, or the model was never trained or has diverged.
        TypeError: if `config` or `scores` are neither dicts nor dataclass instances.
        ExportError: if a file cannot be made or does not do what the trained model does.

    Example:

    >>> gan.fit(pairs, epochs=1)  # doctest: +SKIP
    >>> print(zoo.export.translator(gan, "exported/pix2pix_facades", examples=labels))  # doctest: +SKIP
    """
    path = pathlib.Path(path).expanduser().resolve()
    exporter.check_trained(gan)
    exporter.check_numbers(num_verify=num_verify)
    kinds = exporter.check_kinds(tflite)
    examples = _checked_examples(gan, examples, direction)
    about = {"recipe": recipe, "config": card.plain("config", config), "scores": card.plain("scores", scores)}
    staging.check_target(path, version, overwrite)
    network = gan.translator(direction)
    model, multiple = precision.in_float32(network), gan.side_multiple(direction)
    expected = _expected(model, examples[:num_verify], multiple)
    with staging.staged(path, version) as stage, tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        described = signatures.write(_endpoints(model, multiple), stage)
        parity = attempts.write_and_verify(
            stage,
            path.name,
            kinds,
            lambda folder: signatures.write(_endpoint_of_one(model, examples.shape[1:]), folder),
            expected,
            work=work,
            batch_size=_BATCH,
        )
        _draw_samples(stage, work / "levels.npy", expected["serving_default"]["image"])
        contents = {
            "name": path.name,
            "version": version,
            "kind": "translator",
            "created": card.created(),
            "model": type(gan).__name__,
            "direction": direction or next(iter(gan.directions)),
            "intended_use": INTENDED_USE,
            **about,
            "training_steps": int(gan.step_counter.numpy()),
            "side_multiple": multiple,
            "tflite_size": list(examples.shape[1:3]),
            "value_range": {"nominal": [-1.0, 1.0]},
            "signatures": described,
            "parity": parity,
            "versions": card.versions(),
            "files": card.files(stage),
        }
        card.write(stage / "card.json", contents)
    return exporter.Export(path / str(version), parity, contents)


def _checked_examples(gan, examples, direction):
    examples = np.asarray(examples)
    if examples.ndim != 4 or not len(examples):
        raise ValueError(
            "`examples` must be inputs of the model, (num, height, width, channels), at least one. Received: shape "
            f"{examples.shape}."
        )
    gan.check_pictures(tf.convert_to_tensor(examples), direction)
    exporter.check_range(examples)
    return examples.astype(np.float32)


# === What a translator answers to ===


def _endpoints(model, multiple):
    """Functions to export and their input signatures, for pictures of the size that the model takes, or of any."""
    shape = model.input_shape
    image = tf.TensorSpec(shape, tf.float32, "image")
    found = {"serving_default": (lambda image: {"images": _run(model, image)}, [image])}
    if shape[-1] in signatures.PNG_CHANNELS and model.output_shape[-1] in signatures.PNG_CHANNELS:

        def from_bytes(image_bytes):
            images = _decoded(image_bytes, shape)
            size = tf.shape(images)[1:3]
            outputs = _run(model, _filled_up(images, multiple))[:, : size[0], : size[1]]
            return {"image_bytes": tf.io.encode_png(signatures.to_levels(outputs))}

        found["png"] = (from_bytes, [tf.TensorSpec((None,), tf.string, "image_bytes")])
    return found


def _endpoint_of_one(model, shape):
    """The function that TFLite files hold, for one picture of a given shape."""
    fixed = tf.TensorSpec((1, *shape), tf.float32, "image")
    return {"serving_default": (lambda image: {"images": _run(model, image)}, [fixed])}


def _run(model, images):
    return tf.cast(model(images, training=False), tf.float32)


def _decoded(image_bytes, shape):
    """Encoded pictures of one size as floats in [-1, 1]."""

    def decode(one):
        levels = tf.io.decode_image(one, channels=shape[-1], expand_animations=False)
        return tf.ensure_shape(tf.cast(levels, tf.float32) / 127.5 - 1.0, shape[1:])

    return tf.map_fn(decode, image_bytes, fn_output_signature=tf.TensorSpec(shape[1:], tf.float32))


def _filled_up(images, multiple):
    """Mirrors pictures at their lower and right border until both sides are multiples."""
    for axis in (1, 2):
        side = tf.shape(images)[axis]
        index = tf.range((side + multiple - 1) // multiple * multiple) % (2 * side)
        images = tf.gather(images, tf.minimum(index, 2 * side - 1 - index), axis=axis)
    return images


# === The parts ===


def _expected(model, examples, multiple):
    """Inputs of every signature and the trained model's outputs, those of `png` for a size that must be filled up."""
    outputs = _outputs(model, examples)
    if not np.isfinite(outputs).all():
        raise ValueError(
            "The model must give finite pictures. Received: NaN or infinite values from `examples`, so its training "
            "has diverged. Go back to an earlier checkpoint; `callbacks.NonFiniteGuard` stops in time."
        )
    expected = {"serving_default": {"image": examples, "images": outputs}}
    if "png" in _endpoints(model, multiple):
        levels = pictures.to_uint8(examples[:_SHOWN])
        if None in model.input_shape[1:3]:
            levels = levels[:, : levels.shape[1] - multiple // 2]
        files = np.array([pictures.encode_png(image) for image in levels])
        expected["png"] = {"image_bytes": files, "images": _outputs_of_any_size(model, levels, multiple)}
    return expected


def _outputs(model, images):
    with tf.device("CPU:0"):
        parts = [_run(model, tf.constant(images[i : i + _BATCH])).numpy() for i in range(0, len(images), _BATCH)]
    return np.concatenate(parts)


def _outputs_of_any_size(model, levels, multiple):
    height, width = levels.shape[1:3]
    more = [(0, 0), (0, -height % multiple), (0, -width % multiple), (0, 0)]
    images = np.pad(levels / np.float32(127.5) - np.float32(1.0), more, mode="symmetric")
    return _outputs(model, images)[:, :height, :width]


def _draw_samples(stage, levels, inputs):
    """Draws inputs over what the exported model made of them."""
    if levels.exists():
        shown = np.load(levels)[:_SHOWN]
        height, width = shown.shape[1:3]
        inputs = inputs[: len(shown), :height, :width]
        pictures.save_png(stage / "samples.png", pictures.sheet([inputs, shown], row_labels=["input", "output"]))
