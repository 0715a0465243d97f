"""ACGAN: the discriminator is not told the class but has to find it."""

import keras
import tensorflow as tf

from tfgan_zoo import losses, penalties
from tfgan_zoo.models.abstract_gan import AbstractGAN
from tfgan_zoo.models.labels import check_network


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class ACGAN(AbstractGAN):
    """GAN with an auxiliary classifier: D maximises `L_S + L_C`, G maximises `L_C - L_S`.

    `L_S = E[log P(real | x)] + E[log P(fake | G(c, z))]` and `L_C = E[log P(c | x)] + E[log P(c | G(c, z))]`: the
    discriminator has two outputs, and both players want the class to be recognised, in real and generated images.

    `fit` takes batches of (images, labels). One `train_step` is one step of each player on one batch. The classes of
    the generated images are those of the real ones, which are draws from p_c. One generator pass serves both updates.

    Args:
        generator: built functional `keras.Model` with the inputs `z`, (batch, latent_dim), and `label`, int32
            (batch,) -> (batch, height, width, channels) in [-1, 1].
        discriminator: built functional `keras.Model` with the input `image` -> [logits of being real, (batch, 1),
            logits of the classes, (batch, num_classes)].
        num_classes: int >= 1, the number of classes that both were built for.
        class_loss_weight: float >= 0, weight of L_C; 1 in the paper.
        adversarial_loss: name of a loss pair or a `tfgan_zoo.losses.AdversarialLoss`, for L_S.
        penalty: name of a gradient penalty on the discriminator's first output, see `tfgan_zoo.penalties.get`, or None
            as in the paper.
        penalty_weight: float >= 0, or None for the weight of the penalty's paper.
        prior: see `AbstractGAN`.
        seed: see `AbstractGAN`.
        ema_decay: see `AbstractGAN`; the paper has no average.

    Raises:
        ValueError: if an argument is out of range or the networks do not fit each other.

    Example:

    >>> gan = tfgan_zoo.models.ACGAN(
    ...     generator=tfgan_zoo.networks.dcgan.conditional_generator((8, 8, 1), latent_dim=4, base_channels=4),
    ...     discriminator=tfgan_zoo.networks.dcgan.auxiliary_discriminator((8, 8, 1), base_channels=4),
    ...     num_classes=10,
    ... )
    >>> gan.compile()
    >>> images, labels = np.zeros((64, 8, 8, 1), "float32"), np.arange(64) % 10
    >>> history = gan.fit(images, labels, batch_size=32, verbose=0)
    >>> gan.sample(2, labels=7).shape
    (2, 8, 8, 1)

    Reference:
        Odena et al. 2017, arXiv 1610.09585, equations 2 and 3; Adam with learning rate 0.0002 and beta1 0.5 from
        appendix A.
    """

    batch_parts = ("images", "labels")
    reported = (*AbstractGAN.reported, "real_class_accuracy", "fake_class_accuracy")

    def __init__(
        self,
        generator,
        discriminator,
        *,
        num_classes,
        class_loss_weight=1.0,
        adversarial_loss="non_saturating",
        penalty=None,
        penalty_weight=None,
        prior="normal",
        seed=0,
        ema_decay=None,
        name=None,
    ):
        super().__init__(
            generator=generator,
            discriminator=discriminator,
            prior=prior,
            seed=seed,
            ema_decay=ema_decay,
            name=name,
        )
        check_network("generator", generator, ("z", "label"), num_classes)
        check_network("discriminator", discriminator, ("image",), num_classes)
        self.check_adversaries(generator, discriminator)
        _check_outputs(discriminator, num_classes)
        if not class_loss_weight >= 0.0:
            raise ValueError(
                f"`class_loss_weight` must be at least 0. Received: `class_loss_weight={class_loss_weight}`."
            )
        self.num_classes = num_classes
        self.class_loss_weight = class_loss_weight
        self.adversarial_loss = losses.pair(adversarial_loss)
        self.penalty = penalty
        self.penalty_weight = penalty_weight
        self._penalize = penalties.get(penalty, penalty_weight)

    def default_optimizer(self, player):
        return keras.optimizers.Adam(2e-4, beta_1=0.5)

    def train_step(self, data):
        passes = []
        with self.update("discriminator") as update:  # Maximise L_S + L_C.
            for part, (real, labels, z) in enumerate(self.parts(*data, self.draw_latents(data[0]))):
                with tf.GradientTape() as generator_tape:
                    fake = self.generate(z, labels)
                with tf.GradientTape() as tape:
                    (real_logits, real_classes), (fake_logits, fake_classes) = self.critique(real), self.critique(fake)
                    seed = self.draw_seed("discriminator", part)
                    loss = self.adversarial_loss.discriminator(real_logits, fake_logits, seed)
                    loss += self._class_loss(real_classes, labels) + self._class_loss(fake_classes, labels)
                    if self._penalize:
                        loss += self._penalize(lambda images: self.critique(images)[0], real, fake, seed)
                update.add(loss, tape)
                self.report(discriminator_loss=loss)
                self._report_all(real_logits, fake_logits, real_classes, fake_classes, labels)
                passes.append((real, fake, labels, generator_tape))
        with self.update("generator") as update:  # Maximise L_C - L_S.
            for real, fake, labels, tape in passes:
                real_logits = self.critique(real)[0] if self.adversarial_loss.relativistic else None
                with tape:
                    fake_logits, fake_classes = self.critique(fake)
                    loss = self.adversarial_loss.generator(real_logits, fake_logits)
                    loss += self._class_loss(fake_classes, labels)
                update.add(loss, tape)
                self.report(generator_loss=loss)
        return self.finish_step()

    def test_step(self, data):
        real, labels = data
        fake = self.generator({"z": self.draw_latents(real, "test"), "label": labels}, training=False)
        real_logits, real_classes = self.discriminator(real, training=False)
        fake_logits, fake_classes = self.discriminator(fake, training=False)
        loss = self.adversarial_loss.discriminator(real_logits, fake_logits, self.draw_seed("test"))
        of_fakes = self._class_loss(fake_classes, labels)
        self.report(
            discriminator_loss=loss + self._class_loss(real_classes, labels) + of_fakes,
            generator_loss=self.adversarial_loss.generator(real_logits, fake_logits) + of_fakes,
        )
        self._report_all(real_logits, fake_logits, real_classes, fake_classes, labels)
        return self.results()

    def _class_loss(self, logits, labels):
        """The part of -L_C that one kind of images has, float32 of shape (batch,)."""
        return self.class_loss_weight * tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)

    def _report_all(self, real_logits, fake_logits, real_classes, fake_classes, labels):
        self.report_logits(real_logits, fake_logits, self.adversarial_loss.undecided)
        for name, logits in (("real", real_classes), ("fake", fake_classes)):
            right = tf.argmax(logits, axis=1, output_type=labels.dtype) == labels
            self.report(**{f"{name}_class_accuracy": tf.cast(right, tf.float32)})


def _check_outputs(discriminator, num_classes):
    shapes = [tuple(output.shape[1:]) for output in discriminator.outputs]
    if shapes != [(1,), (num_classes,)]:
        raise ValueError(
            "`discriminator` must return [logits of being real, (batch, 1), logits of the classes, (batch, "
            f"{num_classes})]. Received: outputs of shape {[output.shape for output in discriminator.outputs]} for "
            f"`num_classes={num_classes}`. `tfgan_zoo.networks.dcgan.auxiliary_discriminator` makes one."
        )
