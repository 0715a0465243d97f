"""What models that make a picture of a picture share: how they are called once they are trained."""

import keras
import numpy as np
import tensorflow as tf

from tfgan_zoo.models.abstract_gan import AbstractGAN


class AbstractTranslator(AbstractGAN):
    """Base of models that translate pictures: instead of `sample` they have `translate`.

    A variant is a final subclass, as of `AbstractGAN`. Its generators take pictures; sides that are None in their
    inputs stand for any size.

    Class attributes that a variant may set:
        directions: dict from the name of a direction to the name of the network that translates in it, the usual
            direction first.
    """

    directions = {"AtoB": "generator"}

    def translate(self, images, *, direction=None, batch_size=16):
        """Translates pictures, without dropout: equal pictures become equal ones.

        Args:
            images: float array of shape (num, height, width, channels) in [-1, 1]. The sides must be those of the
                network or, where it takes any, multiples of `side_multiple()`.
            direction: key of `directions`; the first when None.
            batch_size: int >= 1, how many at once.

        Returns:
            float32 array of shape (num, height, width, channels of the output), in [-1, 1].

        Raises:
            ValueError: if the pictures do not suit the network or there is no such direction.
        """
        run, images = self._translation(direction), tf.convert_to_tensor(images)
        self.check_pictures(images, direction)
        images = tf.cast(images, tf.float32)
        parts = [run(images[i : i + batch_size]) for i in range(0, images.shape[0], batch_size)]
        return tf.concat(parts, axis=0).numpy()

    def translator(self, direction=None):
        """The network that translates in a direction, the first when None: the moving average where there is one."""
        direction = next(iter(self.directions)) if direction is None else direction
        if direction not in self.directions:
            raise ValueError(
                f"`direction` must be one of {list(self.directions)} for {type(self).__name__}. Received: "
                f"`direction={direction!r}`."
            )
        name = self.directions[direction]
        return getattr(self, f"ema_{name}" if name in self._averaged else name)

    def side_multiple(self, direction=None):
        """Number that must divide the sides of a picture: 2 for each time that the network halves them."""
        return int(np.prod([_stride(layer) for layer in self.translator(direction).layers]))

    def check_pictures(self, images, direction=None):
        """Refuses a tensor of pictures of a dtype, shape or size that a translator does not take."""
        expected, multiple = self.translator(direction).input_shape, self.side_multiple(direction)
        if not images.dtype.is_floating:
            raise ValueError(
                f"`images` must be floats in [-1, 1]. Received: dtype {images.dtype.name}. Levels from 0 to 255 become "
                "that with `images / 127.5 - 1.0`."
            )
        if not images.shape.is_compatible_with(expected):
            raise ValueError(
                f"`images` must have shape {expected}, that of the network's input. Received: shape "
                f"{tuple(images.shape)}. A network with sides of None, `image_shape=(None, None, 3)`, takes any size."
            )
        if any(side is not None and side % multiple for side in images.shape[1:3]):
            raise ValueError(
                f"The sides of `images` must be multiples of {multiple}, because the network halves them so often. "
                f"Received: shape {tuple(images.shape)}. Resize or pad them, as `python -m tfgan_zoo.translate` does."
            )

    def _translation(self, direction):
        """A translator as a compiled function, made once for each direction."""
        network = self.translator(direction)
        name = f"_translate_{direction or next(iter(self.directions))}"
        if not hasattr(self, name):
            function = tf.function(
                lambda images: network(images, training=False), reduce_retracing=True, autograph=False
            )
            setattr(self, name, function)
        return getattr(self, name)


def known_shape(one, other):
    """Shape of one sample as two networks take it, batch axis left out: what one leaves open the other may fix."""
    return tuple(a if b is None else b for a, b in zip(one[1:], other[1:], strict=True))


def _stride(layer):
    """How often a layer halves the resolution, as a factor; 1 for layers that do not."""
    reducing = (keras.layers.Conv2D, keras.layers.AveragePooling2D, keras.layers.MaxPooling2D)
    return max(layer.strides) if isinstance(layer, reducing) else 1
