"""Image sets of TensorFlow Datasets, by name and split."""

import difflib
import os
import socket
import urllib.parse
import urllib.request

import numpy as np

from tfgan_zoo.data.sources.base import AbstractSource, Item
from tfgan_zoo.data.sources.builtin import BUILTIN

_READ_BATCH = 256


class TfdsSource(AbstractSource):
    """One split of a TensorFlow Datasets image set, in its stored order.

    Data that is already prepared is used as it is; else it is downloaded and prepared, if there is a network.

    Args:
        name: name, optionally with configuration and version, such as "cycle_gan/monet2photo".
        split: any split expression, such as "train", "train[:1000]" or "train+test".
        data_dir: folder of the prepared sets; by default `TFDS_DATA_DIR`, else the library's own default.
        image_key: name of the image feature, where there are several.
    """

    def __init__(self, name, split="train", *, data_dir=None, image_key=None):
        self.title = f"`{name}`"
        self._builder = _open_builder(name, data_dir or os.environ.get("TFDS_DATA_DIR"))
        self._split = split
        self._image_key = _find_image_key(self._builder, image_key, name)
        self._label_key = _find_label_key(self._builder)
        _make_ready(self._builder, name)
        self._split_info = _find_split(self._builder, split, name)
        self.num_images = self._split_info.num_examples
        if self._label_key:
            self.class_names = tuple(self._builder.info.features[self._label_key].names)
        else:
            self.unlabelled_because = f"its features are {sorted(self._builder.info.features)}, none of them the class"

    def items(self):
        import tensorflow_datasets as tfds

        wanted = [key for key in (self._image_key, self._label_key) if key]
        dataset = self._builder.as_dataset(
            split=self._split,
            decoders=tfds.decode.PartialDecoding({key: True for key in wanted}),
            read_config=tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False),
        )
        batches = dataset.batch(_READ_BATCH if self._has_one_shape() else 1)
        index = 0
        for batch in batches.prefetch(2).as_numpy_iterator():
            for row, image in enumerate(batch[self._image_key]):
                label = int(batch[self._label_key][row]) if self._label_key else None
                yield Item(f"{self.title} {self._split}[{index}]", image, label)
                index += 1

    def decode(self, payload):
        if payload.shape[-1] != 4:
            return payload
        opaque = payload[..., 3:] / 255.0
        return np.rint(payload[..., :3] * opaque + 255.0 * (1.0 - opaque)).astype(np.uint8)

    def fingerprint(self):
        info = self._split_info
        return {
            "kind": "tfds",
            "name": self._builder.info.full_name,
            "folder": str(self._builder.data_dir),
            "split": self._split,
            "num_examples": info.num_examples,
            "bytes": {name: part.num_bytes for name, part in self._builder.info.splits.items()},
            "image_key": self._image_key,
        }

    def finished(self, preprocessing):
        return None

    def _has_one_shape(self):
        return None not in self._builder.info.features[self._image_key].shape


def _open_builder(name, data_dir):
    import tensorflow_datasets as tfds

    try:
        return tfds.builder(name, data_dir=data_dir)
    except tfds.core.DatasetNotFoundError:
        raise ValueError(_unknown_name_message(name, data_dir)) from None
    except (ValueError, AssertionError, RuntimeError) as error:
        raise ValueError(f"TensorFlow Datasets cannot open `{name}`: {error}") from error


def _unknown_name_message(name, data_dir):
    import tensorflow_datasets as tfds

    prepared = os.listdir(data_dir) if data_dir and os.path.isdir(data_dir) else []
    known = sorted({*BUILTIN, *tfds.list_builders(), *prepared})
    nearest = difflib.get_close_matches(name.split("/")[0].split(":")[0], known, n=3)
    hint = f"Did you mean {' or '.join(map(repr, nearest))}?" if nearest else "`tfds.list_builders()` lists the names."
    return (
        f"Unknown dataset. Received: {name!r}, which is no name of a built-in set {sorted(BUILTIN)} or of "
        f"TensorFlow Datasets, and no file or folder `{os.path.abspath(name)}` exists. {hint}"
    )


def _find_image_key(builder, image_key, name):
    import tensorflow_datasets as tfds

    features = builder.info.features
    features = dict(features.items()) if isinstance(features, tfds.features.FeaturesDict) else {}
    keys = sorted(key for key, feature in features.items() if type(feature) is tfds.features.Image)
    if image_key is not None and image_key not in keys:
        raise ValueError(f"`image_key` must be one of {keys} for `{name}`. Received: `image_key={image_key!r}`.")
    found = image_key or ("image" if "image" in keys else keys[0] if len(keys) == 1 else None)
    if not keys:
        raise ValueError(
            f"`{name}` is not an image set. Received: the features {sorted(features)}, none of them an image."
        )
    if found is None:
        raise ValueError(f"`{name}` has several image features, {keys}: choose one with `image_key`.")
    dtype = np.dtype(features[found].np_dtype)
    if dtype != np.uint8:
        raise ValueError(f"Feature `{found}` of `{name}` must be uint8. Received: {dtype.name}.")
    return found


def _find_label_key(builder):
    import tensorflow_datasets as tfds

    features = builder.info.features.items()
    keys = [key for key, feature in features if isinstance(feature, tfds.features.ClassLabel)]
    return "label" if "label" in keys else keys[0] if len(keys) == 1 else None


def _find_split(builder, split, name):
    known = sorted(builder.info.splits)
    try:
        found = builder.info.splits[split]
    except (KeyError, ValueError) as error:
        raise ValueError(
            f"`split` must be one of {[*known, 'all']} for `{name}`, or an expression of these such as "
            f"'{known[0]}[:1000]'. Received: `split={split!r}`."
        ) from error
    if not found.num_examples:
        raise ValueError(f"Split {split!r} of `{name}` holds no images. Received: `split={split!r}`.")
    return found


def _make_ready(builder, name):
    """Prepares the set if it is not; without a network, says at once what to do."""
    if builder.is_prepared():
        return
    try:
        _check_network(builder)
        builder.download_and_prepare()
    except Exception as error:
        folder = builder.data_dir_root
        raise ValueError(
            f"Dataset `{name}` is not prepared in `{folder}` and could not be downloaded: {error} "
            f"Prepare it where there is a network with `tfds build {name} --data_dir={folder}`, or pass the "
            "folder in which it is prepared as `data_dir` (or the environment variable TFDS_DATA_DIR)."
        ) from error


def _check_network(builder):
    """Fails at once where no host can be resolved: the library itself would retry for minutes."""
    hosts = sorted({urllib.parse.urlparse(url).hostname or "" for url in builder.url_infos})
    if not hosts or urllib.request.getproxies():
        return
    for host in hosts:
        try:
            socket.getaddrinfo(host, 443)
            return
        except OSError:
            continue
    raise ConnectionError(f"no network: {', '.join(hosts)} cannot be resolved.")
