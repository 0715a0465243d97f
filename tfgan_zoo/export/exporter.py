"""Export of a trained generator: written, reloaded elsewhere, compared, and only then moved into place."""

import dataclasses
import difflib
import pathlib
import tempfile

import numpy as np
import tensorflow as tf

from tfgan_zoo import latents, pictures
from tfgan_zoo.export import attempts, card, lite, precision, signatures, staging

_BATCH = 16  # Rows that are run at once in comparisons.


@dataclasses.dataclass(frozen=True)
class Export:
    """What an export left behind.

    Attributes:
        path: `pathlib.Path` of the version folder.
        parity: dict of differences from the trained model, as in the card.
        card: dict, the contents of `card.json`.
    """

    path: pathlib.Path
    parity: dict
    card: dict

    def __str__(self):
        """A line for each artefact, with its difference and bound and the way that a TFLite file was made in."""
        lines = [f"Exported {self.path}"]
        for part, figures in self.parity.items():
            for name, one in figures.items():
                lines.append(f"  {part:<12} {name:<16} {_figures(one)}")
        return "\n".join(lines)


def _figures(one):
    if isinstance(one, str):
        return one
    ((figure, bound),) = one["bound"].items()
    way = f", {one['way']}" if "way" in one else ""
    return f"{figure} difference {one[figure]:.2e} (allowed {bound:.2e}){way}"


def generator(
    gan,
    path,
    *,
    version=1,
    overwrite=False,
    tflite=lite.KINDS,
    tflite_batch_size=1,
    recipe=None,
    config=None,
    scores=None,
    num_verify=64,
    num_representative=128,
    seed=0,
):
    """Exports the generator of a trained model as SavedModel, TFLite files, card and sheet of samples.

    `path/version/` is a SavedModel that TensorFlow Serving loads. Its signatures have a free batch size:
    `serving_default` (`z` float32 (batch, latent_dim) -> `images` float32), `sample` (`seed` int64 (batch,) ->
    `images`, row i a function of seed i alone, so that `sample` of [s] is `gan.sample(1, seed=s)`) and, for pictures,
    `png` (`seed` -> `image_bytes`, encoded PNG). A label-conditioned generator takes `label` int32 (batch,) besides.

    In the same folder, beside `saved_model.pb`, lie `<name>_float32.tflite`, `<name>_float16.tflite` and
    `<name>_int8.tflite` (input `z`, output `images`, both float32), `card.json` and `samples.png`, where `<name>` is
    the last part of `path`. So a version is one folder, which appears by one rename. TensorFlow Serving takes no
    notice of files there that it does not know.

    Before that, a Python process that imports none of this package runs every file on fresh latents, the SavedModel
    through TensorFlow's C API as well, and compares it with the trained model. A TFLite file that differs by more than
    `verification.BOUNDS` is made again in a way that keeps more, and compared again:

    - float16: all weights; then the kernels of convolutions alone, because the weights that make a style turn a whole
      picture;
    - int8: full integer, with ranges calibrated on the prior; then dynamic ranges, integer weights and activations
      quantised by the range that they have in the picture at hand, because residual sums and styles can differ too much
      for one range.

    The card and the printed table name the way. A difference beyond its bound for which no way is left is an error and
    leaves nothing behind.

    All files compute in float32. A generator trained in mixed precision is copied with its float32 weights, and it is
    this copy that the files are compared with; the card tells how far the mixed model lies from it.

    Args:
        gan: trained model of `tfgan_zoo.models`; its `sampler` (the moving average, if there is one) is exported.
        path: folder of this model's versions, for example "exported/dcgan_digits".
        version: int >= 1.
        overwrite: bool, whether an existing version may be replaced.
        tflite: TFLite files to make, any of "float32", "float16" (weights) and "int8".
        tflite_batch_size: int >= 1, or None for a free one where the converter can do it. A fixed size is several times
            faster for generators with transposed convolutions.
        recipe: str or None, for the card: what trained the model.
        config: dict, dataclass instance or None, for the card.
        scores: dict or None, for the card, for example `{"fid_10k": 12.3}`.
        num_verify: int >= 1, fresh latents to compare on, and as many seeds, which make the sheet of samples.
        num_representative: int >= 1, latents from the prior that int8 is calibrated on.
        seed: int, of the latents for comparison and calibration.

    Returns:
        `Export`: path, parity figures and card; printed, it is a short table.

    Raises:
        ValueError: before anything is written, if an argument is wrong, the version exists, the folder cannot be
            written, or the generator was never built or trained, or has diverged.
        TypeError: if `config` or `scores` are neither dicts nor dataclass instances.
        ExportError: if a file cannot be made or does not do what the trained model does.

    Example:

    >>> gan.fit(images, epochs=1)  # doctest: +SKIP
    >>> print(zoo.export.generator(gan, "exported/dcgan_digits"))  # doctest: +SKIP
    """
    path = pathlib.Path(path).expanduser().resolve()
    _check_model(gan)
    _check_batch_size(tflite_batch_size, num_representative)
    check_numbers(num_verify=num_verify, num_representative=num_representative)
    tflite = check_kinds(tflite)
    about = {"recipe": recipe, "config": card.plain("config", config), "scores": card.plain("scores", scores)}
    staging.check_target(path, version, overwrite)
    model = precision.in_float32(gan.sampler)
    expected = _expected(gan, model, num_verify, seed)
    with staging.staged(path, version) as stage, tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        described = signatures.write(signatures.endpoints(model, gan.prior), stage)
        parity = attempts.write_and_verify(
            stage,
            path.name,
            tflite,
            lambda folder: signatures.write_for_lite(model, folder, tflite_batch_size),
            expected,
            work=work,
            representative=lite.batches(_inputs(gan, model, num_representative, seed + 1), tflite_batch_size or 1),
            batch_size=_BATCH,
            scale=max(1.0, float(np.abs(expected["serving_default"]["images"]).max())),
        )
        _draw_samples(stage, work / "levels.npy")
        contents = _card(gan, model, path.name, version, about, described, expected, parity, stage)
        card.write(stage / "card.json", contents)
    return Export(path / str(version), parity, contents)


# === Checks before anything is written ===


def _check_model(gan):
    model = gan.sampler
    if not model.built:
        raise ValueError(
            f"The generator must be built before it is exported. Received: {model!r}. Start it with `keras.Input(...)`."
        )
    specs = signatures.input_specs(model)
    if "z" in specs and specs["z"].shape.rank != 2:
        raise ValueError(
            f"The generator must take latent vectors. Received: {type(gan).__name__}, whose generator takes "
            f"{specs['z'].shape}. A model that translates pictures is exported with `tfgan_zoo.export.translator`."
        )
    check_trained(gan)
    if "label" in specs and not getattr(gan, "num_classes", None):
        raise ValueError(
            "A model whose generator takes `label` must tell its number of classes as `num_classes`, from which labels "
            f"for the comparison are drawn. Received: {type(gan).__name__} without `num_classes`."
        )


def check_trained(gan):
    """Refuses a model that has not done one step."""
    if int(gan.step_counter.numpy()) == 0:
        raise ValueError(
            "The generator must be trained before it is exported. Received: a model with `step_counter=0`. Call `fit`, "
            "or load the weights of a trained model."
        )


def check_range(examples):
    """Refuses images that do not lie in [-1, 1], up to what resizing filters overshoot, or are not finite."""
    low, high = examples.min(), examples.max()
    if not -1.1 <= low <= high <= 1.1:
        raise ValueError(
            f"`examples` must be finite and lie in [-1, 1]. Received: values from {low:g} to {high:g}. Pixels from 0 "
            "to 255 become that with `images / 127.5 - 1.0`."
        )


def check_numbers(**numbers):
    """Refuses all but ints of at least 1."""
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"`{name}` must be an int >= 1. Received: `{name}={value!r}`.")


def _check_batch_size(tflite_batch_size, num_representative):
    if tflite_batch_size is None:
        return
    check_numbers(tflite_batch_size=tflite_batch_size, num_representative=num_representative)
    if num_representative < tflite_batch_size:
        raise ValueError(
            "`num_representative` must be at least `tflite_batch_size`. Received: "
            f"`num_representative={num_representative}`, `tflite_batch_size={tflite_batch_size}`."
        )


def check_kinds(kinds):
    """The kinds of TFLite files, each once; refuses unknown ones."""
    if isinstance(kinds, str):
        raise ValueError(
            f"`tflite` must be a tuple of names. Received: `tflite={kinds!r}`. Pass `tflite=({kinds!r},)`."
        )
    for kind in kinds:
        if kind not in lite.KINDS:
            near = difflib.get_close_matches(str(kind), lite.KINDS, n=1, cutoff=0.0)[0]
            raise ValueError(
                f"`tflite` must hold names from {lite.KINDS}. Received: `tflite={tuple(kinds)!r}`. The nearest known "
                f"one to {kind!r} is {near!r}."
            )
    return tuple(dict.fromkeys(kinds))


# === The parts ===


def _labels(gan, specs, num):
    """Labels that go round all classes, if the generator takes any."""
    if "label" not in specs:
        return {}
    return {"label": np.arange(num, dtype=specs["label"].dtype.as_numpy_dtype) % gan.num_classes}


def _inputs(gan, model, num, seed):
    """Inputs of `serving_default`: latents from the prior, and labels."""
    specs = signatures.input_specs(model)
    z = latents.sample(num, specs["z"].shape[1], prior=gan.prior, seed=seed).numpy()
    return {"z": z, **_labels(gan, specs, num)}


def _run(model, inputs):
    """The trained model's images, on the CPU as in the process that they are compared in."""
    rows = len(inputs["z"])
    with tf.device("CPU:0"):
        parts = [
            signatures.call(model, **{k: tf.constant(v[i : i + _BATCH]) for k, v in inputs.items()}).numpy()
            for i in range(0, rows, _BATCH)
        ]
    images = np.concatenate(parts)
    if not np.isfinite(images).all():
        raise ValueError(
            "The generator must give finite images. Received: NaN or infinite values from fresh latents, so its "
            "training has diverged. Go back to an earlier checkpoint; `callbacks.NonFiniteGuard` stops in time."
        )
    return images


def _expected(gan, model, num, seed):
    """Inputs of every signature, and the trained model's images, those from seeds made by a path of their own."""
    specs = signatures.input_specs(model)
    fresh = _inputs(gan, model, num, seed)
    seeds, labels = np.arange(num, dtype=np.int64), _labels(gan, specs, num)
    z = [latents.sample(1, specs["z"].shape[1], prior=gan.prior, seed=int(s)).numpy() for s in seeds]
    from_seeds = {"seed": seeds, **labels, "images": _run(model, {"z": np.concatenate(z), **labels})}
    expected = {"serving_default": {**fresh, "images": _run(model, fresh)}, "sample": from_seeds}
    return {**expected, "png": from_seeds} if signatures.makes_pictures(model) else expected


def _draw_samples(stage, levels):
    """Draws the sheet of samples from what the exported model gave."""
    if levels.exists():
        pictures.save_png(stage / "samples.png", np.load(levels))


def _card(gan, model, name, version, about, described, expected, parity, stage):
    images = expected["serving_default"]["images"]
    z = signatures.input_specs(model)["z"]
    contents = {
        "name": name,
        "version": version,
        "created": card.created(),
        "model": type(gan).__name__,
        "intended_use": card.intended_use(model.output_shape[1:]),
        **about,
        "training_steps": int(gan.step_counter.numpy()),
        "latent_dim": z.shape[1],
        "prior": gan.prior,
        "value_range": {"nominal": [-1.0, 1.0], "seen": [float(images.min()), float(images.max())]},
        "signatures": described,
        "parity": parity,
        "versions": card.versions(),
        "files": card.files(stage),
    }
    if not signatures.makes_pictures(model):
        del contents["value_range"]["nominal"]
    if precision.is_mixed(gan.sampler):
        inputs = {k: v for k, v in expected["serving_default"].items() if k != "images"}
        contents["mixed_precision_difference"] = float(np.abs(_run(gan.sampler, inputs) - images).max())
    return contents
