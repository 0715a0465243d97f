"""pix2pix: pictures translated by a conditional GAN that learns from pairs."""

import keras
import tensorflow as tf

from tfgan_zoo import losses
from tfgan_zoo.models.abstract_translator import AbstractTranslator, known_shape


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class Pix2Pix(AbstractTranslator):
    """Image translation from pairs, `min_G max_D E[log D(x, y)] + E[log(1 - D(x, G(x)))] + lambda E|y - G(x)|`.

    The discriminator sees the input beside the real or the generated output, so it judges whether they belong together.
    The generator's noise is its dropout. `fit` takes batches `(inputs, targets)`, for example from
    `tfgan_zoo.data.pairs`; the direction of the translation is that of the pairs.

    Args:
        generator: built `keras.Model`, pictures (batch, height, width, channels) in [-1, 1] -> pictures in [-1, 1].
        discriminator: built `keras.Model`, input and output joined along the channels -> logits of being real, one a
            picture or one for each patch.
        adversarial_loss: name of a loss pair or a `tfgan_zoo.losses.AdversarialLoss`.
        l1_weight: float >= 0, lambda; 0 trains by the discriminator alone.
        seed: see `AbstractGAN`.
        ema_decay: see `AbstractGAN`; the paper has no average.

    Raises:
        ValueError: if an argument is out of range or the networks do not fit each other.

    Example:

    >>> gan = tfgan_zoo.models.Pix2Pix(
    ...     generator=tfgan_zoo.networks.unet.generator((16, 16, 3), levels=2, base_channels=2),
    ...     discriminator=tfgan_zoo.networks.patch.discriminator((16, 16, 6), receptive_field=16, base_channels=2),
    ... )
    >>> gan.compile()
    >>> drawings, photos = np.zeros((4, 16, 16, 3), "float32"), np.ones((4, 16, 16, 3), "float32")
    >>> history = gan.fit(drawings, photos, batch_size=1, verbose=0)
    >>> gan.translate(drawings).shape
    (4, 16, 16, 3)

    Reference:
        Isola et al. 2017, arXiv 1611.07004, equations 1, 3 and 4, and section 3.3: one step of D and one of G in turn,
        the objective of D halved, G maximises log D, Adam with learning rate 0.0002 and beta1 0.5.

    Notes:
        `translate` leaves dropout out, because an exported translator should give one answer. The paper keeps it at
        test, where it changes little (section 3.2): `gan.generator(images, training=True)` does that.
    """

    batch_parts = ("inputs", "targets")
    reported = (
        "discriminator_loss",
        "generator_loss",
        "l1",
        "real_logits",
        "fake_logits",
        "real_accuracy",
        "fake_accuracy",
    )

    def __init__(
        self,
        generator,
        discriminator,
        *,
        adversarial_loss="non_saturating",
        l1_weight=100.0,
        seed=0,
        ema_decay=None,
        name=None,
    ):
        super().__init__(generator=generator, discriminator=discriminator, seed=seed, ema_decay=ema_decay, name=name)
        if l1_weight < 0.0:
            raise ValueError(f"`l1_weight` must be at least 0. Received: `l1_weight={l1_weight}`.")
        self.adversarial_loss = losses.pair(adversarial_loss)
        self.l1_weight = l1_weight
        self._check_join()

    def default_optimizer(self, player):
        return keras.optimizers.Adam(2e-4, beta_1=0.5)

    def train_step(self, data):
        self.check_pictures(data[0])
        passes = []
        with self.update("discriminator") as update:
            for part, (inputs, targets) in enumerate(self.parts(*data)):
                with tf.GradientTape() as generator_tape:
                    fakes = self.generate(inputs)
                with tf.GradientTape() as tape:
                    real_logits = self.critique(_joined(inputs, targets))
                    fake_logits = self.critique(_joined(inputs, fakes))
                    seed = self.draw_seed("discriminator", part)
                    loss = 0.5 * self.adversarial_loss.discriminator(real_logits, fake_logits, seed)
                update.add(loss, tape)
                self.report(discriminator_loss=loss)
                self.report_logits(real_logits, fake_logits, self.adversarial_loss.undecided)
                passes.append((inputs, targets, fakes, generator_tape))
        with self.update("generator") as update:
            for inputs, targets, fakes, tape in passes:
                relativistic = self.adversarial_loss.relativistic
                real_logits = self.critique(_joined(inputs, targets)) if relativistic else None
                with tape:
                    adversarial = self.adversarial_loss.generator(real_logits, self.critique(_joined(inputs, fakes)))
                    l1 = losses.l1_loss(targets, fakes)
                    loss = adversarial + self.l1_weight * l1
                update.add(loss, tape)
                self.report(generator_loss=loss, l1=l1)
        return self.finish_step()

    def test_step(self, data):
        inputs, targets = data
        fakes = self.generator(inputs, training=False)
        real_logits = self.discriminator(_joined(inputs, targets), training=False)
        fake_logits = self.discriminator(_joined(inputs, fakes), training=False)
        loss = 0.5 * self.adversarial_loss.discriminator(real_logits, fake_logits, self.draw_seed("test"))
        adversarial = self.adversarial_loss.generator(real_logits, fake_logits)
        l1 = losses.l1_loss(targets, fakes)
        self.report(discriminator_loss=loss, generator_loss=adversarial + self.l1_weight * l1, l1=l1)
        self.report_logits(real_logits, fake_logits, self.adversarial_loss.undecided)
        return self.results()

    def _check_join(self):
        self.check_outputs(generator=self.generator, discriminator=self.discriminator)
        taken, made = self.generator.input_shape, self.generator.output_shape
        judged = (*made[:3], taken[3] + made[3])
        if not tf.TensorShape(judged).is_compatible_with(self.discriminator.input_shape):
            raise ValueError(
                "The discriminator must take the generator's input and output joined along the channels, shape "
                f"{judged}. Received: discriminator.input_shape={self.discriminator.input_shape}."
            )

    def _sample_shape(self):
        judged = self.discriminator.input_shape
        taken, made = self.generator.input_shape, self.generator.output_shape
        return {
            "inputs": known_shape(taken, (*judged[:3], None)),
            "targets": known_shape(made, (*judged[:3], None)),
        }


def _joined(inputs, outputs):
    return tf.concat([inputs, outputs], axis=-1)
