"""What models share that learn a classifier from few labelled and many unlabelled images."""

import keras
import numpy as np
import tensorflow as tf

from tfgan_zoo import replicas
from tfgan_zoo.models.abstract_gan import AbstractGAN


class AbstractSemiSupervisedGAN(AbstractGAN):
    """Base of models whose discriminator classifies.

    A batch of `fit` is `((images, labels), unlabelled)`, as `tf.data.Dataset.zip((labelled, unlabelled))` gives it, of
    as many labelled as unlabelled images. `evaluate` takes `(images, labels)` and reports `loss`, the cross-entropy,
    and `accuracy`; `predict` takes images and gives class probabilities, and so does `classify`, which takes any number
    of images on any number of devices. All use the average of the discriminator's weights where there is one, and so
    does `classifier`.

    Class attributes that a variant may set, beside those of `AbstractGAN`:
        fake_classes: number of the discriminator's outputs, the last ones, that stand for no real class.

    Args:
        generator: built `keras.Model`, see `AbstractGAN`.
        discriminator: built `keras.Model`, images -> logits, (batch, num_classes + fake_classes).
        **kwargs: of `AbstractGAN`.
    """

    fake_classes = 0

    predictor_name = "classifier"
    averaged = ("generator", "discriminator")
    batch_parts = ("images", "labels", "unlabelled")
    test_parts = ("images", "labels")
    reported = (
        "discriminator_loss",
        "generator_loss",
        "accuracy",
        "real_logits",
        "fake_logits",
        "real_accuracy",
        "fake_accuracy",
    )
    tested = ("loss", "accuracy")

    def __init__(self, *, generator, discriminator, **kwargs):
        super().__init__(generator=generator, discriminator=discriminator, **kwargs)
        self.check_adversaries(generator, discriminator)
        shape = discriminator.output_shape
        if len(discriminator.outputs) != 1 or len(shape) != 2 or shape[1] < 2 + self.fake_classes:
            raise ValueError(
                f"`discriminator` must return a logit for each of two classes or more, and {self.fake_classes} for "
                f"generated images, shape (batch, classes). Received: discriminator.output_shape={shape}."
            )
        self.num_classes = shape[1] - self.fake_classes
        judge = self.ema_discriminator if self._averaged else discriminator
        classifier = _classifier(judge, self.num_classes)
        # A function and no attribute: Keras has its layers already, as the discriminator's.
        self._get_classifier = lambda: classifier

    @property
    def classifier(self):
        """`keras.Model`, images -> float32 probabilities of the classes, (batch, num_classes)."""
        return self._get_classifier()

    def classify(self, images, *, batch_size=500):
        """Class probabilities, computed by the process that asks, whatever the strategy: like `sample`, and unlike
        `predict`, which shares every batch between the devices.

        Args:
            images: float array (num, height, width, channels) in [-1, 1], num >= 1.
            batch_size: int >= 1, how many at once.

        Returns:
            float32 array (num, num_classes).

        Raises:
            ValueError: if the images are of another shape or not floating point.
        """
        images = np.asarray(images)
        shape = self.classifier.input_shape[1:]
        if images.dtype.kind != "f" or images.shape[1:] != shape or not len(images):
            raise ValueError(
                f"`images` must be floating point in [-1, 1], of shape (num, {', '.join(map(str, shape))}), at least "
                f"one. Received: shape {images.shape}, dtype {images.dtype}. Pixels from 0 to 255 become that with "
                "`images / 127.5 - 1.0`."
            )
        rows = [slice(i, i + batch_size) for i in range(0, len(images), batch_size)]
        return tf.concat([self._classify(tf.constant(images[i], tf.float32)) for i in rows], axis=0).numpy()

    @property
    def _classify(self):
        """`classifier` as a compiled function, made once."""
        if getattr(self, "_classify_function", None) is None:
            self._classify_function = tf.function(
                lambda images: self.classifier(images, training=False), reduce_retracing=True, autograph=False
            )
        return self._classify_function

    def test_step(self, data):
        images, labels, *weights = data
        probabilities = self.classifier(images, training=False)
        loss = keras.losses.sparse_categorical_crossentropy(labels, probabilities)
        # Keras averages over the replicas, whatever the weights that each has seen: so let each see those of all.
        loss, accuracy, *weights = map(replicas.gather, (loss, right(probabilities, labels), *weights))
        self.report(*weights, loss=loss, accuracy=accuracy)
        return self.results(self.tested)


def right(scores, labels):
    """1 where the largest score is that of the label, else 0, float32 of shape (batch,)."""
    return tf.cast(tf.argmax(scores, axis=-1, output_type=labels.dtype) == labels, tf.float32)


def _classifier(discriminator, num_classes):
    logits = discriminator.outputs[0][:, :num_classes]
    probabilities = keras.layers.Softmax(dtype="float32", name="probabilities")(logits)
    return keras.Model(discriminator.inputs[0], probabilities, name="classifier")
