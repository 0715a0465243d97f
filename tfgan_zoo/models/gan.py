"""The first GAN: Algorithm 1, with k discriminator steps."""

import keras
import tensorflow as tf

from tfgan_zoo import losses, penalties
from tfgan_zoo.models.abstract_gan import AbstractGAN


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class GAN(AbstractGAN):
    """Generative adversarial network, `min_G max_D E[log D(x)] + E[log(1 - D(G(z)))]`.

    One `train_step` is one round of Algorithm 1: k discriminator steps, each on a fresh batch of real samples and of
    noise, then one generator step on fresh noise. `fit` must therefore be given batches of k times the batch size:
    with `discriminator_steps=2` and a dataset of batches of 200, each discriminator step sees 100 samples.

    Args:
        generator: built `keras.Model`, (batch, latent_dim) -> (batch, ...).
        discriminator: built `keras.Model`, (batch, ...) -> logits of being real, (batch, 1).
        discriminator_steps: int >= 1, k of Algorithm 1.
        adversarial_loss: name of a loss pair or a `tfgan_zoo.losses.AdversarialLoss`. "minimax" is Algorithm 1 to the
            letter; the default is the non-saturating generator loss that the paper recommends in section 3.
        penalty: name of a gradient penalty on the discriminator, see `tfgan_zoo.penalties.get`, or None.
        penalty_weight: float >= 0, or None for the weight of the penalty's paper.
        prior: see `AbstractGAN`; the authors' code draws uniform noise.
        seed: see `AbstractGAN`.
        ema_decay: see `AbstractGAN`.

    Raises:
        ValueError: if an argument is out of range or the networks do not fit each other.

    Example:

    >>> gan = tfgan_zoo.models.GAN(
    ...     generator=tfgan_zoo.networks.mlp.generator((8, 8, 1), latent_dim=4, units=(16,)),
    ...     discriminator=tfgan_zoo.networks.mlp.discriminator((8, 8, 1), units=(16,)),
    ... )
    >>> gan.compile()
    >>> history = gan.fit(np.zeros((64, 8, 8, 1), "float32"), batch_size=32, verbose=0)
    >>> gan.sample(2).shape
    (2, 8, 8, 1)

    Reference:
        Goodfellow et al. 2014, arXiv 1406.2661, Algorithm 1. Momentum SGD is the paper's; its constants (learning rate
        0.1, momentum 0.5) are those with which the authors' code begins (goodfeli/adversarial, mnist.yaml).
    """

    def __init__(
        self,
        generator,
        discriminator,
        *,
        discriminator_steps=1,
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
        if isinstance(discriminator_steps, bool) or not isinstance(discriminator_steps, int) or discriminator_steps < 1:
            raise ValueError(
                f"`discriminator_steps` must be an int >= 1. Received: `discriminator_steps={discriminator_steps!r}`."
            )
        self.check_adversaries(generator, discriminator)
        self.discriminator_steps = discriminator_steps
        self.adversarial_loss = losses.pair(adversarial_loss)
        self.penalty = penalty
        self.penalty_weight = penalty_weight
        self._penalize = penalties.get(penalty, penalty_weight)

    @property
    def batches_per_step(self):
        return self.discriminator_steps

    def default_optimizer(self, player):
        return keras.optimizers.SGD(0.1, momentum=0.5)

    def train_step(self, data):
        for k, images in enumerate(self.rounds(data)):  # Lines 1 to 3: k times, noise and fresh examples.
            with self.update("discriminator") as update:  # Line 4: ascend the stochastic gradient.
                for part, (real, z) in enumerate(self.parts(images, self.draw_latents(images, k))):
                    fake = self.generate(z)
                    with tf.GradientTape() as tape:
                        real_logits, fake_logits = self.critique(real), self.critique(fake)
                        seed = self.draw_seed("discriminator", k * self.gradient_accumulation_steps + part)
                        loss = self.adversarial_loss.discriminator(real_logits, fake_logits, seed)
                        if self._penalize:
                            loss += self._penalize(self.critique, real, fake, seed)
                    update.add(loss, tape)
                    self.report(discriminator_loss=loss)
                    self.report_logits(real_logits, fake_logits, self.adversarial_loss.undecided)
        with self.update("generator") as update:  # Lines 6 and 7: fresh noise, descend.
            for real, z in self.parts(images, self.draw_latents(images, "generator")):
                real_logits = self.critique(real) if self.adversarial_loss.relativistic else None
                with tf.GradientTape() as tape:
                    loss = self.adversarial_loss.generator(real_logits, self.critique(self.generate(z)))
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
