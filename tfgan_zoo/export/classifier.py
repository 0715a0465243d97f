"""Export of a trained classifier: images in, class probabilities out, compared elsewhere before anything appears."""

import pathlib
import tempfile

import numpy as np
import tensorflow as tf

from tfgan_zoo.export import attempts, card, exporter, lite, precision, signatures, staging

_BATCH = 16  # Images that are run at once in comparisons.
INTENDED_USE = (
    "Tells which of the classes that it was trained on an image belongs to, for study and demonstration. It names one "
    "of them for any image whatever, and repeats the biases of its labelled and unlabelled training data."
)


def classifier(
    gan,
    path,
    *,
    examples,
    class_names=None,
    version=1,
    overwrite=False,
    tflite=lite.KINDS,
    recipe=None,
    config=None,
    scores=None,
    num_verify=64,
    num_representative=128,
):
    """Exports the classifier of a trained model as SavedModel, TFLite files and card.

    `path/version/` is a SavedModel that TensorFlow Serving loads, with a free batch size: `serving_default` (`image`
    float32 (batch, height, width, channels) in [-1, 1] -> `probabilities` float32 (batch, classes)). In the same folder
    lie `<name>_float32.tflite`, `<name>_float16.tflite` and `<name>_int8.tflite`, for one image with the same input and
    output, and `card.json`. All of it is compared with the trained model as by `tfgan_zoo.export.generator`, which may
    make a TFLite file again in its next way, and appears by one rename or not at all.

    Args:
        gan: trained model with a `classifier`, such as `tfgan_zoo.models.SGAN`.
        path: folder of this model's versions, for example "exported/sgan_mnist_classifier".
        examples: float array (num, height, width, channels) in [-1, 1]: images that files are compared on and int8 is
            calibrated on.
        class_names: sequence of str for the card; "0", "1" and so on when None.
        version, overwrite, tflite, recipe, config, scores: as for `tfgan_zoo.export.generator`.
        num_verify: int >= 1, how many of the examples are compared.
        num_representative: int >= 1, how many of the examples int8 is calibrated on.

    Returns:
        `Export`: path, parity figures and card; printed, it is a short table.

    Raises:
        ValueError: before anything is written, if an argument is wrong, the version exists, the folder cannot be
            written, or the model was never trained or has diverged.
        TypeError: if `config` or `scores` are neither dicts nor dataclass instances.
        ExportError: if a file cannot be made or does not do what the trained model does.

    Example:

    >>> gan.fit(batches, epochs=1)  # doctest: +SKIP
    >>> print(zoo.export.classifier(gan, "exported/sgan_mnist_classifier", examples=images))  # doctest: +SKIP
    """
    path = pathlib.Path(path).expanduser().resolve()
    exporter.check_trained(gan)
    exporter.check_numbers(num_verify=num_verify, num_representative=num_representative)
    kinds = exporter.check_kinds(tflite)
    examples = _checked_examples(gan.classifier, examples)
    names = _checked_names(gan.num_classes, class_names)
    about = {"recipe": recipe, "config": card.plain("config", config), "scores": card.plain("scores", scores)}
    staging.check_target(path, version, overwrite)
    model = precision.in_float32(gan.classifier)
    expected = _expected(model, examples[:num_verify])
    with staging.staged(path, version) as stage, tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        described = signatures.write(_endpoint(model, None), stage)
        parity = attempts.write_and_verify(
            stage,
            path.name,
            kinds,
            lambda folder: signatures.write(_endpoint(model, 1), folder),
            expected,
            work=work,
            representative=lite.batches({"image": examples[:num_representative]}, 1),
            batch_size=_BATCH,
        )
        contents = {
            "name": path.name,
            "version": version,
            "kind": "classifier",
            "created": card.created(),
            "model": type(gan).__name__,
            "intended_use": INTENDED_USE,
            **about,
            "training_steps": int(gan.step_counter.numpy()),
            "class_names": names,
            "value_range": {"nominal": [-1.0, 1.0]},
            "signatures": described,
            "parity": parity,
            "versions": card.versions(),
            "files": card.files(stage),
        }
        card.write(stage / "card.json", contents)
    return exporter.Export(path / str(version), parity, contents)


def _checked_examples(model, examples):
    examples = np.asarray(examples)
    shape = model.input_shape[1:]
    if examples.shape[1:] != shape or not len(examples) or examples.dtype.kind != "f":
        raise ValueError(
            f"`examples` must be floating point images of the shape that the classifier takes, (num, "
            f"{', '.join(map(str, shape))}), at least one. Received: shape {examples.shape}, dtype {examples.dtype}."
        )
    exporter.check_range(examples)
    return examples.astype(np.float32)


def _checked_names(num_classes, names):
    names = [str(label) for label in range(num_classes)] if names is None else list(names)
    if len(names) != num_classes or not all(isinstance(name, str) for name in names):
        raise ValueError(f"`class_names` must be {num_classes} names. Received: `class_names={names}`.")
    return names


def _endpoint(model, batch_size):
    """The one function to export and its input signature."""

    def classify(image):
        return {"probabilities": tf.cast(model(image, training=False), tf.float32)}

    return {"serving_default": (classify, [tf.TensorSpec((batch_size, *model.input_shape[1:]), tf.float32, "image")])}


def _expected(model, images):
    with tf.device("CPU:0"):
        parts = [model(images[i : i + _BATCH], training=False).numpy() for i in range(0, len(images), _BATCH)]
    probabilities = np.concatenate(parts)
    if not np.isfinite(probabilities).all():
        raise ValueError(
            "The classifier must give finite probabilities. Received: NaN or infinite values from `examples`, so its "
            "training has diverged. Go back to an earlier checkpoint; `callbacks.NonFiniteGuard` stops in time."
        )
    return {"serving_default": {"image": images, "probabilities": probabilities}}
