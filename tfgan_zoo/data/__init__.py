"""Images from a name, a folder, a file or an array, as batches for `fit` or as one NumPy array.

Four ideas, one file each: a *source* says where images come from and decodes them (`sources/`), the *store*
holds every image once, already cropped and resized (`store.py`), the *stream* says which images make up batch
`n` (`stream.py`), and the *pipeline* joins them to a `tf.data.Dataset` (`pipeline.py`).
"""

from tfgan_zoo.data.corrupted import corrupted
from tfgan_zoo.data.corruptions import CORRUPTIONS, Corruption, corruption
from tfgan_zoo.data.pairs import pairs
from tfgan_zoo.data.pipeline import Description, arrays, describe, images
from tfgan_zoo.data.semi_supervised import balanced_subset, semi_supervised
from tfgan_zoo.data.unpaired import unpaired

__all__ = [
    "CORRUPTIONS",
    "Corruption",
    "Description",
    "arrays",
    "balanced_subset",
    "corrupted",
    "corruption",
    "describe",
    "images",
    "pairs",
    "semi_supervised",
    "unpaired",
]
