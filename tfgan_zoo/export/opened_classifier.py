"""An exported classifier opened again."""

import numpy as np


class ExportedClassifier:
    """An exported classifier, run by TensorFlow (a SavedModel) or by LiteRT (a `.tflite` file).

    Made by `tfgan_zoo.export.open`.

    Attributes:
        path: `pathlib.Path` of the SavedModel folder or the file.
        card: dict, its model card.
        class_names: list of str.
    """

    def __init__(self, path, card, run):
        self.path = path
        self.card = card
        self.class_names = card["class_names"]
        self._run = run

    def predict(self, images, *, batch_size=64):
        """Gives the probabilities of the classes.

        Args:
            images: float array of shape (num, height, width, channels) in [-1, 1].
            batch_size: int >= 1, images at once.

        Returns:
            float32 array of shape (num, classes).

        Raises:
            ValueError: if the images have another shape.
        """
        images = np.asarray(images, np.float32)
        shape = tuple(self.card["signatures"]["serving_default"]["inputs"]["image"]["shape"][1:])
        if images.shape[1:] != shape or not len(images):
            raise ValueError(
                f"`images` must have shape (num, {', '.join(map(str, shape))}), the size that the classifier takes, "
                f"and be at least one. Received: shape {images.shape}."
            )
        parts = [self._run(image=images[i : i + batch_size]) for i in range(0, len(images), batch_size)]
        return np.concatenate(parts)
