"""ProGAN: Wasserstein GAN with gradient penalty that grows from 4x4 pixels to the final size."""

import keras
import tensorflow as tf

from tfgan_zoo import losses, penalties
from tfgan_zoo.models.abstract_growing_gan import AbstractGrowingGAN


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class ProGAN(AbstractGrowingGAN):
    """Progressive growing of GANs.

    Training begins with images of 4x4 pixels. From phase to phase a resolution is added to both networks, faded in
    (`image = (1 - alpha) enlarged old + alpha new`), and trained on. A step is one step of each player, the critic's
    loss being `D(fake) - D(real) + 10 (||grad D|| - 1)^2 + 0.001 D(real)^2`. One generator pass serves both players.

    One `fit` on images of the final size goes through all phases. While it grows, `sample` gives images of the size
    reached. At a new phase `fit` traces again, and both optimizers begin afresh, as in the authors' code; a
    learning-rate schedule counts from the beginning of the phase.

    Args:
        generator: `keras.Model` as `tfgan_zoo.networks.progressive.generator` makes it.
        discriminator: `keras.Model` as `tfgan_zoo.networks.progressive.discriminator` makes it.
        phase_steps: int, steps of every phase but the last, which goes on for as long as `fit` does; or a tuple with
            the steps of each: 4x4, fading in 8x8, 8x8, fading in 16x16, and so on. 0 skips a phase.
        batch_divisors: dict from side to int: at that side a step takes one in so many samples of the batch, to
            save memory and time at the larger resolutions. None for the whole batch always.
        penalty_weight: float >= 0, of the gradient penalty.
        drift_weight: float >= 0, of the square of the logits of real images.
        prior: see `AbstractGAN`; the generator normalises the latent vectors.
        seed: see `AbstractGAN`.
        ema_decay: see `AbstractGAN`; 0.999 in the paper.

    Raises:
        ValueError: if an argument is out of range or the networks do not fit each other.

    Example:

    >>> gan = tfgan_zoo.models.ProGAN(
    ...     tfgan_zoo.networks.progressive.generator((8, 8, 1), 4, channel_base=16),
    ...     tfgan_zoo.networks.progressive.discriminator((8, 8, 1), channel_base=16),
    ...     phase_steps=2,
    ... )
    >>> gan.compile()
    >>> history = gan.fit(np.zeros((16, 8, 8, 1), "float32"), batch_size=8, verbose=0)
    >>> gan.phase.side, gan.phase.fading
    (8, True)

    Reference:
        Karras et al. 2018, arXiv 1710.10196, sections 2 and 4, appendix A: Adam with learning rate 0.001, beta1 0,
        beta2 0.99.
    """

    def __init__(
        self,
        generator,
        discriminator,
        *,
        phase_steps,
        batch_divisors=None,
        penalty_weight=10.0,
        drift_weight=0.001,
        prior="normal",
        seed=0,
        ema_decay=0.999,
        name=None,
    ):
        self.check_adversaries(generator, discriminator)
        super().__init__(
            painter="generator",
            phase_steps=phase_steps,
            batch_divisors=batch_divisors,
            generator=generator,
            discriminator=discriminator,
            prior=prior,
            seed=seed,
            ema_decay=ema_decay,
            name=name,
        )
        self.penalty_weight = penalty_weight
        self.drift_weight = drift_weight
        self._penalize = penalties.get("gradient_penalty", penalty_weight)

    def default_optimizer(self, player):
        return keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.99, epsilon=1e-8)

    def compose(self, painter):
        return keras.Model(painter.input, keras.ops.clip(painter.output, -1.0, 1.0), name="grown_generator")

    def train_step(self, data):
        images, stage, passes = self.growing_batch(data), self.stage, []
        with self.growing_update("discriminator", stage.critic) as update:
            for part, (real, z) in enumerate(self.parts(images, self.draw_latents(images))):
                with tf.GradientTape() as generator_tape:
                    fake = stage.painter(z, training=True)
                with tf.GradientTape() as tape:
                    real_logits, fake_logits = stage.critique(real), stage.critique(fake)
                    loss = losses.wasserstein_discriminator_loss(real_logits, fake_logits)
                    loss += self._penalize(stage.critique, real, fake, self.draw_seed("penalty", part))
                    loss += self.drift_weight * tf.square(real_logits[:, 0])
                update.add(loss, tape)
                self.report(discriminator_loss=loss)
                self.report_logits(real_logits, fake_logits)
                passes.append((fake, generator_tape))
        with self.growing_update("generator", stage.painter) as update:
            for fake, tape in passes:
                with tape:
                    loss = losses.wasserstein_generator_loss(stage.critique(fake))
                update.add(loss, tape)
                self.report(generator_loss=loss)
        return self.finish_step()

    def test_step(self, data):
        real, stage = self.growing_batch(data), self.stage
        fake = stage.painter(self.draw_latents(real, "test"), training=False)
        real_logits, fake_logits = stage.critic(real, training=False), stage.critic(fake, training=False)
        self.report(
            discriminator_loss=losses.wasserstein_discriminator_loss(real_logits, fake_logits),
            generator_loss=losses.wasserstein_generator_loss(fake_logits),
        )
        self.report_logits(real_logits, fake_logits)
        return self.results()
