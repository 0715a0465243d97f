"""Feature extractors: from images to the vectors and class logits that the distances take.

Every extractor sees images through the one preparation of `tfgan_zoo.metrics.images` and has a `name`, which
belongs to every number made with it, and a `fingerprint`, which belongs into the key of every stored one.
"""

import functools
import hashlib
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from tfgan_zoo.metrics import checks, digits_classifier, images
from tfgan_zoo.metrics.frechet import Moments

BATCH_SIZE = 64


class Features(NamedTuple):
    """`features` `(images, dimensions)` float32 and `logits` `(images, classes)` float32 or `None`."""

    features: np.ndarray
    logits: np.ndarray | None


class Extractor:
    """A frozen network with its input preparation.

    Call it on a batch of images (uint8, or floats in `[-1, 1]`; one or three channels) to get `Features`.

    Args:
        network: `keras.Model` from `(batch, height, width, channels)` to features, or to (features, logits).
            Feature maps are averaged over their places. With a fixed input size, images are resized to it.
        name: short name that reports carry, such as `"digits"`.
        offset: levels are brought to the network by `(level - offset) / scale`.
        scale: see `offset`; the defaults give `[-1, 1]`.
    """

    def __init__(self, network, *, name, offset=127.5, scale=127.5):
        self.network = network
        self.name = name
        self.offset = offset
        self.scale = scale
        _, height, width, self.channels = network.input_shape
        self.size = (height, width) if height and width else None
        # One trace for all batch sizes and image sizes: evaluating again and again must not build graphs.
        signature = [tf.TensorSpec((None, None, None, self.channels), tf.float32)]
        self._run = tf.function(self._forward, input_signature=signature)

    def __call__(self, batch):
        return self._numpy(images.to_uint8(batch))

    def unrounded(self, batch):
        """Return the `Features` of images in `[-1, 1]`, not rounded to 256 levels: for tiny differences."""
        return self._numpy((tf.cast(batch, tf.float32) + 1) * 127.5)

    def tensors(self, batch):
        """Return the features of images in `[-1, 1]` as a tensor, for losses: gradients flow through it."""
        levels = (tf.cast(batch, tf.float32) + 1) * 127.5
        return self._run(images.to_channels(levels, self.channels or levels.shape[-1]))[0]

    @property
    def fingerprint(self):
        """Name, preparation and a digest of the weights: extractors that share it give equal numbers."""
        digest = hashlib.sha256(repr((self.size, self.channels, self.offset, self.scale)).encode())
        for weight in self.network.weights:
            digest.update(weight.path.encode())
            digest.update(np.ascontiguousarray(weight).tobytes())
        return f"{self.name}-{digest.hexdigest()[:16]}-{images.PREPARATION}"

    def _numpy(self, levels):
        levels = images.to_channels(tf.cast(levels, tf.float32), self.channels or levels.shape[-1])
        return Features(*(None if part is None else part.numpy() for part in self._run(levels)))

    def _forward(self, levels):
        if self.size:
            levels = images.resize(levels, self.size)
        outputs = self.network((levels - self.offset) / self.scale, training=False)
        outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
        features = tf.cast(outputs[0], tf.float32)
        if features.shape.rank == 4:
            features = tf.reduce_mean(features, axis=(1, 2))
        return features, tf.cast(outputs[1], tf.float32) if len(outputs) > 1 else None


class CallableExtractor:
    """A user's function as an extractor.

    Args:
        function: from uint8 images `(batch, height, width, channels)` to features `(batch, dimensions)`, or
            to a pair (features, logits).
        name: what the function computes; also its fingerprint, so give a changed function another name.
    """

    def __init__(self, function, *, name):
        self.function = function
        self.name = name

    def __call__(self, batch):
        return self._features(self.function(images.to_uint8(batch)))

    def unrounded(self, batch):
        """Return the `Features` of images in `[-1, 1]`, given to the function as floats from 0 to 255."""
        return self._features(self.function((np.asarray(batch, np.float32) + 1) * np.float32(127.5)))

    @property
    def fingerprint(self):
        """Name and preparation; the code of the function is not looked at."""
        return f"{self.name}-{images.PREPARATION}"

    def _features(self, outputs):
        features, logits = outputs if isinstance(outputs, tuple) else (outputs, None)
        features = np.asarray(features, np.float32)
        if features.ndim != 2:
            raise ValueError(
                f"`function` should return features of shape (batch, dimensions). Received: shape {features.shape}"
            )
        return Features(features, None if logits is None else np.asarray(logits, np.float32))


@functools.cache
def digits():
    """Return the extractor of handwritten digits that ships with the package: 128 features, 10 logits.

    Any images are brought to 28x28 grey pixels. The weights are loaded once per process.

    Returns:
        `Extractor` with the name `"digits"`.

    Example:

    >>> tfgan_zoo.metrics.features.digits()(np.zeros((2, 32, 32, 3), np.uint8)).features.shape
    (2, 128)
    """
    return Extractor(digits_classifier.load(), name="digits")


def inception(weights=None):
    """Return the extractor of published FID and KID numbers: 2048 features, 1008 logits without bias.

    Images of any size are resized to 299x299 by the first TensorFlow's bilinear rule, as in the 2015 graph. Tools
    that resize otherwise (pytorch-fid by PyTorch's half-pixel rule, clean-fid with antialiasing) give other numbers.

    Args:
        weights: path of the published `.pth` or of its converted `.npz`; `None` downloads the file once (96 MB) and
            verifies its checksum.

    Returns:
        `Extractor` with the name `"inception"`, kept for the life of the process.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file holds other weights, or a download does not match its checksum.

    Reference: Heusel et al. 2017, arXiv 1706.08500; the weight file of pytorch-fid (Seitzer 2020).
    """
    return _inception(str(weights) if weights else None)


@functools.cache
def _inception(weights):
    from tfgan_zoo.metrics import inception as graph

    network = graph.load(weights or graph.download())
    # The inception score of the literature multiplies by the last layer's matrix and leaves its bias out.
    unbiased = keras.Model(network.input, network.outputs[:2], name="inception")
    return Extractor(unbiased, name="inception", offset=graph.OFFSET, scale=graph.SCALE)


def as_extractor(extractor, *, name=None):
    """Return `extractor` if it is one, or make one of a name, a `keras.Model` or a callable.

    Args:
        extractor: `"digits"`; an extractor; a `keras.Model` (features, or features and logits); or a callable
            from uint8 images to features.
        name: name of a model or callable; the model's own name by default.

    Returns:
        A callable from images to `Features`, with `name` and `fingerprint`.

    Raises:
        ValueError: if a callable has no name, or a name is unknown.
        TypeError: if it is nothing of all this.

    Example:

    >>> def mean_level(batch):
    ...     return batch.reshape(len(batch), -1).mean(axis=1, keepdims=True)
    >>> tfgan_zoo.metrics.as_extractor(mean_level, name="mean")(np.full((1, 2, 2, 1), 7, np.uint8)).features
    array([[7.]], dtype=float32)
    """
    if isinstance(extractor, (Extractor, CallableExtractor)):
        return extractor
    if extractor == "digits":
        return digits()
    if isinstance(extractor, str):
        raise ValueError(
            f"`extractor` should be 'digits', a keras.Model or a callable; for the Inception network pass "
            f"`features.inception(weights)`. Received: `extractor={extractor!r}`"
        )
    if isinstance(extractor, keras.Model):
        return Extractor(extractor, name=name or extractor.name)
    if not callable(extractor):
        raise TypeError(f"`extractor` should be callable on images. Received: {type(extractor).__name__}")
    if not name:
        raise ValueError("`name` should say what a callable `extractor` computes. Received: `name=None`")
    return CallableExtractor(extractor, name=name)


def batches(source, batch_size=BATCH_SIZE):
    """Yield uint8 batches from an array of images or from an iterable of batches.

    Args:
        source: `(images, height, width, channels)` array, or an iterable (a `tf.data.Dataset`, a generator)
            of such batches; of tuples, the first entry is taken.
        batch_size: how an array is cut; an iterable keeps its own batches.

    Yields:
        uint8 `(batch, height, width, channels)`.
    """
    checks.at_least("batch_size", batch_size, 1)
    if hasattr(source, "ndim") or hasattr(source, "__array__"):
        source = np.asarray(source)
        for start in range(0, len(source), batch_size):
            yield images.to_uint8(source[start : start + batch_size])
        return
    for batch in source:
        yield images.to_uint8(batch[0] if isinstance(batch, (tuple, list)) else batch)


def extract(extractor, source, *, batch_size=BATCH_SIZE):
    """Return the features of all images at once: 8 kB an image for 2048 features.

    Args:
        extractor: anything that `as_extractor` takes.
        source: array of images or iterable of batches, as in `batches`.
        batch_size: images per call of the network.

    Returns:
        `Features`.

    Raises:
        ValueError: if the source is empty or holds unfit images.
    """
    extractor = as_extractor(extractor)
    parts = [extractor(batch) for batch in batches(source, batch_size)]
    if not parts:
        raise ValueError("`source` should hold at least one image. Received: none")
    features = np.concatenate([part.features for part in parts])
    if parts[0].logits is None:
        return Features(features, None)
    return Features(features, np.concatenate([part.logits for part in parts]))


def extract_moments(extractor, source, *, batch_size=BATCH_SIZE):
    """Return the `Moments` of the features, in memory that does not depend on the number of images.

    Args and errors as in `extract`.
    """
    extractor = as_extractor(extractor)
    moments = None
    for batch in batches(source, batch_size):
        features = extractor(batch).features
        moments = moments or Moments(features.shape[1])
        moments.add(features)
    if moments is None:
        raise ValueError("`source` should hold at least one image. Received: none")
    return moments


def squared_distance(extractor):
    """Return a callable from two batches of images to the `(batch,)` squared distances of their features."""
    extractor = as_extractor(extractor)

    def distance(first, second):
        gap = extractor.unrounded(first).features.astype(np.float64) - extractor.unrounded(second).features
        return np.square(gap).sum(axis=1)

    return distance
