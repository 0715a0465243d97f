"""DCGAN: the convolutional GAN, one generator pass for both updates."""

import keras
import tensorflow as tf

from tfgan_zoo import losses, penalties
from tfgan_zoo.models.abstract_gan import AbstractGAN


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class DCGAN(AbstractGAN):
    """Deep convolutional GAN.

    One `train_step` is one step of each player on one batch. As in the authors' training code the generator learns from
    the same generated images that the discriminator has just been trained on, so one generator pass serves both
    updates. Real and generated images go through the discriminator as two batches, each with its own statistics.

    Args:
        generator: built `keras.Model`, (batch, latent_dim) -> (batch, height, width, channels) in [-1, 1].
        discriminator: built `keras.Model`, images -> logits of being real, (batch, 1).
        adversarial_loss: name of a loss pair or a `tfgan_zoo.losses.AdversarialLoss`.
        penalty: name of a gradient penalty on the discriminator, see `tfgan_zoo.penalties.get`, or None.
        penalty_weight: float >= 0, or None for the weight of the penalty's paper.
        prior: see `AbstractGAN`; the paper draws 100 uniform numbers.
        seed: see `AbstractGAN`.
        ema_decay: see `AbstractGAN`; the paper has no average.

    Raises:
        ValueError: if an argument is out of range or the networks do not fit each other.

    Example:

    >>> gan = tfgan_zoo.models.DCGAN(
    ...     generator=tfgan_zoo.networks.dcgan.generator((16, 16, 1), latent_dim=8, base_channels=4),
    ...     discriminator=tfgan_zoo.networks.dcgan.discriminator((16, 16, 1), base_channels=4),
    ... )
    >>> gan.compile()
    >>> history = gan.fit(np.zeros((64, 16, 16, 1), "float32"), batch_size=32, verbose=0)
    >>> gan.sample(2).shape
    (2, 16, 16, 1)

    Reference:
        Radford et al. 2015, arXiv 1511.06434, sections 3 and 4: Adam with learning rate 0.0002 and beta1 0.5.
    """

    def __init__(
        self,
        generator,
        discriminator,
        *,
        adversarial_loss="non_saturating",
        penalty=None,
        penalty_weight=None,
        prior="uniform",
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
        self.check_adversaries(generator, discriminator)
        self.adversarial_loss = losses.pair(adversarial_loss)
        self.penalty = penalty
        self.penalty_weight = penalty_weight
        self._penalize = penalties.get(penalty, penalty_weight)

    def default_optimizer(self, player):
        return keras.optimizers.Adam(2e-4, beta_1=0.5)

    def train_step(self, data):
        passes = []
        with self.update("discriminator") as update:
            for part, (real, z) in enumerate(self.parts(data, self.draw_latents(data))):
                with tf.GradientTape() as generator_tape:
                    fake = self.generate(z)
                with tf.GradientTape() as tape:
                    real_logits, fake_logits = self.critique(real), self.critique(fake)
                    seed = self.draw_seed("discriminator", part)
                    loss = self.adversarial_loss.discriminator(real_logits, fake_logits, seed)
                    if self._penalize:
                        loss += self._penalize(self.critique, real, fake, seed)
                update.add(loss, tape)
                self.report(discriminator_loss=loss)
                self.report_logits(real_logits, fake_logits, self.adversarial_loss.undecided)
                passes.append((real, fake, generator_tape))
        with self.update("generator") as update:
            for real, fake, tape in passes:
                real_logits = self.critique(real) if self.adversarial_loss.relativistic else None
                with tape:
                    loss = self.adversarial_loss.generator(real_logits, self.critique(fake))
                update.add(loss, tape)
                self.report(generator_loss=loss)
        return self.finish_step()

    def test_step(self, data):
        fake = self.generator(self.draw_latents(data, "test"), training=False)
        real_logits = self.discriminator(data, training=False)
        fake_logits = self.discriminator(fake, training=False)
        self.report(
            discriminator_loss=self.adversarial_loss.discriminator(real_logits, fake_logits, self.draw_seed("test")),
            generator_loss=self.adversarial_loss.generator(real_logits, fake_logits),
        )
        self.report_logits(real_logits, fake_logits, self.adversarial_loss.undecided)
        return self.results()
