"""Pool of past images, from which a discriminator is shown half of what it learns from."""

import keras
import tensorflow as tf

from tfgan_zoo import replicas


class ImagePool(keras.layers.Layer):
    """Remembers images; once it is full, each new one is swapped for a remembered one with probability 1/2.

    For one image after the other: while there is room it is stored and returned; then, with probability 1/2, an image
    drawn from the pool is returned and the new one takes its place, else the new one is returned and forgotten. All
    replicas keep the same pool, of the images of the global batch. The images are state of the model that holds the
    pool, so that an interrupted run goes on with them.

    Args:
        size: int >= 1, images that it holds.
        image_shape: (height, width, channels).

    Reference:
        Shrivastava et al. 2017, arXiv 1612.07828, section 2.3, as used by Zhu et al. 2017, arXiv 1703.10593, section 4.
    """

    def __init__(self, size, image_shape, **kwargs):
        super().__init__(dtype="float32", trainable=False, **kwargs)
        self.size = size
        state = {"initializer": "zeros", "trainable": False, "aggregation": "only_first_replica"}
        self.images = self.add_weight(name="images", shape=(size, *image_shape), **state)
        self.count = self.add_weight(name="count", shape=(), dtype="int32", **state)
        self.built = True

    def call(self, images, seed):
        """Returns as many images as it is given, float32 of the same shape; `seed` is that of one random draw."""
        everyone = replicas.gather(images)
        kept, given = self._exchange(tf.shape(everyone)[0], seed)
        known = tf.concat([self.images.value, everyone], axis=0)
        given, kept = tf.gather(known, given), tf.gather(known, kept)
        self.images.assign(kept)
        self.count.assign(tf.minimum(self.count.value + tf.shape(everyone)[0], self.size))
        return tf.ensure_shape(replicas.cut(given), images.shape)

    def _exchange(self, num, seed):
        """Numbers of the images that stay in the pool and of those returned; new images count on from `size`."""
        swap = tf.random.stateless_uniform((num,), seed) < 0.5
        other_seed = tf.random.experimental.stateless_fold_in(seed, 1)
        place = tf.random.stateless_uniform((num,), other_seed, maxval=self.size, dtype=tf.int32)
        new = self.size + tf.range(num)
        filled = self.count.value + tf.range(num)

        def step(state, one):
            kept, _ = state
            new, filled, swap, place = one
            has_room = filled < self.size
            place = tf.where(has_room, filled, place)
            given = tf.where(has_room | ~swap, new, kept[place])
            stored = tf.tensor_scatter_nd_update(kept, [[place]], [new])
            return tf.where(has_room | swap, stored, kept), given

        kept, given = tf.scan(step, (new, filled, swap, place), (tf.range(self.size), 0))
        return kept[-1], given
