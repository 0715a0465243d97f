"""Exported generators opened again, by their runtimes alone: no training code is loaded."""

import json
import pathlib

import numpy as np

from tfgan_zoo import latents
from tfgan_zoo.export.opened_classifier import ExportedClassifier
from tfgan_zoo.export.opened_translator import ExportedTranslator
from tfgan_zoo.export.plain import runners


class ExportedGenerator:
    """An exported generator, run by TensorFlow (a SavedModel) or by LiteRT (a `.tflite` file).

    Made by `tfgan_zoo.export.open`.

    Attributes:
        path: `pathlib.Path` of the SavedModel folder or the file.
        card: dict, its model card.
    """

    def __init__(self, path, card, run):
        self.path = path
        self.card = card
        self._run = run

    def generate(self, z, label=None, *, batch_size=64):
        """Makes images from latent vectors.

        Args:
            z: float array of shape (num, latent_dim).
            label: ints of shape (num,), for label-conditioned generators.
            batch_size: int >= 1, rows at once.

        Returns:
            float32 array of shape (num, height, width, channels).

        Raises:
            ValueError: if the latents have another width, or labels are missing or too many.
        """
        z = np.asarray(z, np.float32)
        if z.ndim != 2 or z.shape[1] != self.card["latent_dim"]:
            raise ValueError(
                f"`z` must have shape (num, {self.card['latent_dim']}), the width that the generator takes. Received: "
                f"shape {z.shape}."
            )
        inputs = {"z": z, **self._labels(label, len(z))}
        parts = [
            self._run(**{k: v[i : i + batch_size] for k, v in inputs.items()}) for i in range(0, len(z), batch_size)
        ]
        return np.concatenate(parts)

    def sample(self, num=16, *, seed=0, label=None, batch_size=64):
        """Makes images from the prior, the same that `gan.sample(num, seed=seed)` gave before the export.

        Args:
            num: int >= 1, how many.
            seed: int. Image i depends on (seed, i) alone.
            label: ints of shape (num,), for label-conditioned generators.
            batch_size: int >= 1, rows at once.

        Returns:
            float32 array of shape (num, height, width, channels).

        Raises:
            ValueError: see `generate`.
        """
        z = latents.sample(num, self.card["latent_dim"], prior=self.card["prior"], seed=seed)
        return self.generate(z, label, batch_size=batch_size)

    def _labels(self, label, num):
        wanted = "label" in self.card["signatures"]["serving_default"]["inputs"]
        if wanted != (label is not None) or (wanted and np.shape(label) != (num,)):
            rule = f"ints of shape ({num},)" if wanted else "None, as this generator takes none"
            raise ValueError(f"`label` must be {rule}. Received: `label={label!r}`.")
        return {"label": np.asarray(label, np.int32)} if wanted else {}


def open(path):
    """Opens an exported generator without loading any training code.

    Args:
        path: folder of a model's versions (the highest is opened, as TensorFlow Serving does), a version folder, or a
            `.tflite` file in one.

    Returns:
        An `ExportedGenerator`, or an `ExportedTranslator` or `ExportedClassifier` of a model that takes pictures.

    Raises:
        ValueError: if there is no exported model.

    Example:

    >>> zoo.export.open("exported/dcgan_digits").sample(16, seed=1).shape  # doctest: +SKIP
    (16, 32, 32, 1)
    """
    path = pathlib.Path(path)
    if path.is_dir() and not (path / "saved_model.pb").exists():
        versions = [child for child in path.iterdir() if child.name.isdigit()]
        path = max(versions, key=lambda child: int(child.name), default=path)
    folder = path.parent if path.suffix == ".tflite" else path
    if not path.exists() or not (folder / "card.json").exists():
        raise ValueError(
            "`path` must be a folder that `tfgan_zoo.export.generator` wrote, or a `.tflite` file in one, with its "
            f"`card.json`. Received: `path={str(path)!r}`."
        )
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    opened = _OPENED.get(card.get("kind"), ExportedGenerator)
    return opened(path, card, _runner(path))


# Kind of model in the card -> what opens it; a generator's card has no kind.
_OPENED = {"translator": ExportedTranslator, "classifier": ExportedClassifier}


def _runner(path):
    if path.suffix == ".tflite":
        return runners.Lite(path).run
    model = runners.SavedModel(path)
    return lambda **inputs: next(iter(model.run("serving_default", **inputs).values()))
