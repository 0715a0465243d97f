"""Pairs of pictures of equal size: side by side in one picture, or in two parallel sources."""

import dataclasses
import pathlib

import numpy as np

from tfgan_zoo.data.preprocessing import Preprocessing
from tfgan_zoo.data.sources.base import AbstractSource, Item


class SideBySideSource(AbstractSource):
    """Pictures that are two of equal size, A on the left and B on the right, as in the data sets of pix2pix.

    Args:
        source: an `AbstractSource`.
    """

    def __init__(self, source):
        self._source = source
        self.title = source.title
        self.num_images = source.num_images

    def items(self):
        for item in self._source.items():
            yield Item(item.name, (item.name, item.payload), None)

    def decode(self, payload):
        """Returns the two halves."""
        name, payload = payload
        both = self._source.decode(payload)
        if both.shape[1] % 2:
            raise ValueError(
                f"A picture of {self.title} must be two of equal size side by side, so its width must be even. "
                f"Received: {both.shape[1]}x{both.shape[0]} pixels for `{name}`. Two parallel folders are passed as "
                "`(folder_a, folder_b)`."
            )
        return np.split(both, 2, axis=1)

    def fingerprint(self):
        return {"kind": "side by side", "source": self._source.fingerprint()}

    def finished(self, preprocessing):
        return None


class ParallelSource(AbstractSource):
    """Two sources whose pictures belong together in order; files must have the same names but for the ending.

    Args:
        source_a: an `AbstractSource`.
        source_b: an `AbstractSource` with as many pictures.
    """

    def __init__(self, source_a, source_b):
        self.title = f"{source_a.title} and {source_b.title}"
        if source_a.num_images != source_b.num_images:
            raise ValueError(
                f"Pairs need as many pictures on both sides. Received: {source_a.num_images} in {source_a.title}, "
                f"{source_b.num_images} in {source_b.title}."
            )
        self._sources = source_a, source_b
        self.num_images = source_a.num_images

    def items(self):
        for a, b in zip(*(source.items() for source in self._sources), strict=True):
            if isinstance(a.payload, pathlib.Path) and a.payload.stem != getattr(b.payload, "stem", a.payload.stem):
                raise ValueError(
                    f"The files of a pair must have the same name in both folders. Received: `{a.name}` beside "
                    f"`{b.name}`."
                )
            yield Item(a.name, (a, b), None)

    def decode(self, payload):
        """Returns the two pictures."""
        one, other = (source.decode(item.payload) for source, item in zip(self._sources, payload, strict=True))
        if one.shape[:2] != other.shape[:2]:
            raise ValueError(
                f"The two pictures of a pair must have the same size. Received: {one.shape[1]}x{one.shape[0]} of "
                f"`{payload[0].name}` and {other.shape[1]}x{other.shape[0]} of `{payload[1].name}`."
            )
        return one, other

    def fingerprint(self):
        return {"kind": "parallel", "sources": [source.fingerprint() for source in self._sources]}

    def finished(self, preprocessing):
        return None


@dataclasses.dataclass(frozen=True)
class PairPreprocessing:
    """Turns a pair into one array of (height, width, channels of A and of B), in which it is stored.

    Args:
        image_size: `(height, width)` of the result, or None.
        channels: pair of 1, 3 or None, as of `Preprocessing`.
        crop: as of `Preprocessing`.
    """

    image_size: tuple[int, int] | None
    channels: tuple[int | None, int | None]
    crop: str

    def __call__(self, pair):
        both = [
            Preprocessing(self.image_size, c, self.crop)(image) for c, image in zip(self.channels, pair, strict=True)
        ]
        if len({image.dtype for image in both}) > 1:  # Levels beside floats, which lie in [-1, 1].
            both = [image if image.dtype != np.uint8 else image.astype(np.float32) / 127.5 - 1.0 for image in both]
        return np.concatenate(both, axis=-1)
