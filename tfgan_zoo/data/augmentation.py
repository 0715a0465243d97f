"""Random places and mirrors of stored pictures, a function of (seed, epoch) alone."""

import numpy as np
import tensorflow as tf


def reader(store, stream, jitter, flip):
    """Function from a `Batch` to its pictures, cut out and mirrored, and the `tf.TensorSpec` of what it returns."""
    height, width, channels = store.images.shape[1:]
    shape = (height - jitter, width - jitter, channels)
    if min(shape) < 1:
        raise ValueError(
            f"`jitter` must leave something of a picture of {width}x{height} pixels. Received: `jitter={jitter}`."
        )

    def fetch(batch):
        chosen = np.take(store.images, batch.indices, axis=0)
        if jitter:
            tops, lefts = (_places(stream, batch, purpose, jitter) for purpose in ("top", "left"))
            cut = [
                image[top : top + shape[0], left : left + shape[1]]
                for image, top, left in zip(chosen, tops, lefts, strict=True)
            ]
            chosen = np.stack(cut)
        if flip:
            mirrored = stream.uniform(batch, "flip") < 0.5
            chosen[mirrored] = chosen[mirrored, :, ::-1]
        return chosen

    batch_size = stream.batch_size if stream.drop_remainder else None
    return fetch, tf.TensorSpec((batch_size, *shape), store.images.dtype)


def _places(stream, batch, purpose, jitter):
    return (stream.uniform(batch, purpose) * (jitter + 1)).astype(int)
