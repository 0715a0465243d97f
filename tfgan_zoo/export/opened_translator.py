"""An exported translator opened again, for pictures of any size."""

import numpy as np


class ExportedTranslator:
    """An exported translator, run by TensorFlow (a SavedModel) or by LiteRT (a `.tflite` file).

    Made by `tfgan_zoo.export.open`.

    Attributes:
        path: `pathlib.Path` of the SavedModel folder or the file.
        card: dict, its model card.
        channels: int, channels of the pictures that it takes.
        size: (height, width) that it is fixed to, or None where it takes any.
    """

    def __init__(self, path, card, run):
        self.path = path
        self.card = card
        self._run = run
        shape = card["signatures"]["serving_default"]["inputs"]["image"]["shape"]
        self.channels = shape[3]
        sides = tuple(card["tflite_size"]) if path.suffix == ".tflite" else tuple(shape[1:3])
        self.size = None if None in sides else sides

    def translate(self, image):
        """Translates one picture of any size.

        A picture is filled up by reflection to a size that the network takes, and cut back afterwards. For a network of
        one size it is first shrunk or enlarged until it fits in, and brought back to its own size afterwards.

        Args:
            image: float array of shape (height, width, channels) in [-1, 1].

        Returns:
            float32 array of shape (height, width, channels of the output) in [-1, 1].

        Raises:
            ValueError: if it is no such picture.
        """
        image = np.asarray(image)
        if image.ndim != 3 or image.shape[2] != self.channels or image.dtype.kind != "f" or 0 in image.shape:
            raise ValueError(
                f"`image` must be floats in [-1, 1] of shape (height, width, {self.channels}). Received: "
                f"{image.dtype} of shape {image.shape}."
            )
        image = image.astype(np.float32)
        if self.size is None:
            return self._filled_up(image, [-(-side // self._multiple) * self._multiple for side in image.shape[:2]])
        scale = min(whole / side for whole, side in zip(self.size, image.shape[:2], strict=True))
        fitting = [
            max(1, min(whole, round(side * scale))) for whole, side in zip(self.size, image.shape[:2], strict=True)
        ]
        return _resized(self._filled_up(_resized(image, fitting), self.size), image.shape[:2])

    @property
    def _multiple(self):
        return self.card["side_multiple"]

    def _filled_up(self, image, size):
        height, width = image.shape[:2]
        filled = np.pad(image, [(0, size[0] - height), (0, size[1] - width), (0, 0)], mode="symmetric")
        return np.asarray(self._run(image=filled[None]))[0, :height, :width]


def _resized(image, size):
    """Bicubic, with antialiasing where it shrinks; a picture of that size already stays as it is."""
    if tuple(size) == image.shape[:2]:
        return image
    from PIL import Image

    planes = [
        Image.fromarray(np.ascontiguousarray(image[..., channel])).resize(tuple(size)[::-1], Image.Resampling.BICUBIC)
        for channel in range(image.shape[2])
    ]
    return np.clip(np.stack([np.asarray(plane) for plane in planes], axis=-1), -1.0, 1.0)
