"""StyleGAN: a style-based generator that grows, with style mixing and truncation."""

import keras
import tensorflow as tf

from tfgan_zoo import layers, losses, penalties
from tfgan_zoo.models import styles as style_tools
from tfgan_zoo.models.abstract_growing_gan import AbstractGrowingGAN


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class StyleGAN(AbstractGrowingGAN):
    """Style-based generator.

    A mapping network turns latents into styles, which steer every layer of a synthesis network; noise adds detail. In
    most training images two styles are mixed, one for the early layers, one for the late ones, so that layers do not
    rely on each other's style. The loss is the non-saturating one with an R1 penalty; training grows as in `ProGAN`.

    `to_styles` and `from_styles` are the two halves of `sample`, for mixing, truncation and editing.

    Args:
        mapping: `keras.Model` as `tfgan_zoo.networks.style.mapping` makes it.
        synthesis: `keras.Model` as `tfgan_zoo.networks.style.synthesis` makes it.
        discriminator: `keras.Model` as `tfgan_zoo.networks.progressive.discriminator(..., blur=True)` makes it.
        phase_steps: see `ProGAN`. The paper begins at 8x8, `(0, 0, n, n, ...)`; 0 trains without growing.
        batch_divisors: see `ProGAN`.
        r1_gamma: float >= 0, weight of the penalty `gamma / 2 ||grad D||^2`.
        mixing: float in [0, 1], share of training images with two styles.
        truncation: float, psi of `sample` and of exports, see `tfgan_zoo.layers.Truncation`.
        prior: see `AbstractGAN`; the mapping network normalises the latent vectors.
        seed: see `AbstractGAN`.
        ema_decay: see `AbstractGAN`.

    Raises:
        ValueError: if an argument is out of range or the networks do not fit each other.

    Example:

    >>> gan = tfgan_zoo.models.StyleGAN(
    ...     tfgan_zoo.networks.style.mapping(4, style_dim=3, depth=2),
    ...     tfgan_zoo.networks.style.synthesis((8, 8, 1), 3, channel_base=16),
    ...     tfgan_zoo.networks.progressive.discriminator((8, 8, 1), channel_base=16, blur=True),
    ...     phase_steps=2,
    ... )
    >>> gan.compile()
    >>> history = gan.fit(np.zeros((16, 8, 8, 1), "float32"), batch_size=8, verbose=0)
    >>> gan.from_styles(gan.to_styles(np.ones((2, 4)), truncation=0.7)).shape
    (2, 8, 8, 1)

    Reference:
        Karras et al. 2019, arXiv 1812.04948, configuration F, and appendix C: Adam with learning rate 0.001, beta1 0,
        beta2 0.99.
    """

    players = {"generator": ("mapping", "synthesis"), "discriminator": ("discriminator",)}

    def __init__(
        self,
        mapping,
        synthesis,
        discriminator,
        *,
        phase_steps,
        batch_divisors=None,
        r1_gamma=10.0,
        mixing=0.9,
        truncation=1.0,
        prior="normal",
        seed=0,
        ema_decay=0.999,
        name=None,
    ):
        self.check_adversaries(synthesis, discriminator)
        style_tools.check_networks(mapping, synthesis)
        style_tools.check_mixing(mixing)
        super().__init__(
            painter="synthesis",
            phase_steps=phase_steps,
            batch_divisors=batch_divisors,
            mapping=mapping,
            synthesis=synthesis,
            discriminator=discriminator,
            prior=prior,
            seed=seed,
            ema_decay=ema_decay,
            name=name,
        )
        self.r1_gamma = r1_gamma
        self.mixing = mixing
        self.truncation = truncation
        self.latent_mean = layers.Truncation(truncation, name="truncation")
        self.latent_mean.build(mapping.output_shape)
        self.fixed_noise = style_tools.fixed_noise(synthesis)
        self._penalize = penalties.get("r1", r1_gamma / 2)

    def default_optimizer(self, player):
        return keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.99, epsilon=1e-8)

    def compose(self, painter):
        return style_tools.compose(self.average("mapping"), painter, self.latent_mean, self.fixed_noise)

    def to_styles(self, z, truncation=1.0):
        """Styles of all layers, float32 array (num, layers, style_dim), for latents (num, latent_dim)."""
        return style_tools.to_styles(self, z, truncation)

    def from_styles(self, styles):
        """Images, float32 array in [-1, 1] of the size reached, for styles (num, layers, style_dim)."""
        return style_tools.from_styles(self, self.painter, styles)

    @property
    def painter(self):
        """The network that draws samples from styles and noise, up to the size reached."""
        return self.grown.get_layer(f"{self.synthesis.name}_{self.phase.side}")

    def train_step(self, data):
        images, stage, passes = self.growing_batch(data), self.stage, []
        adversarial = losses.pair("non_saturating")
        with self.growing_update("discriminator", stage.critic) as update:
            for part, (real, noise, *draws) in enumerate(self.parts(images, *self._draw(images))):
                with tf.GradientTape() as generator_tape:
                    styles, unmixed = style_tools.mapped(self, *draws)
                    fake = stage.painter([styles, noise], training=True)
                with tf.GradientTape() as tape:
                    real_logits, fake_logits = stage.critique(real), stage.critique(fake)
                    loss = adversarial.discriminator(real_logits, fake_logits)
                    loss += self._penalize(stage.critique, real, fake, self.draw_seed("penalty", part))
                update.add(loss, tape)
                self.report(discriminator_loss=loss)
                self.report_logits(real_logits, fake_logits)
                passes.append((fake, generator_tape, unmixed))
        with self.growing_update("generator", self.mapping, stage.painter) as update:
            for fake, tape, _ in passes:
                with tape:
                    loss = adversarial.generator(None, stage.critique(fake))
                update.add(loss, tape)
                self.report(generator_loss=loss)
        self.latent_mean.track(tf.concat([unmixed for *_, unmixed in passes], axis=0))
        return self.finish_step()

    def test_step(self, data):
        real, stage = self.growing_batch(data), self.stage
        noise, *draws = self._draw(real, "test")
        styles, _ = style_tools.mapped(self, *draws)
        real_logits = stage.critic(real, training=False)
        fake_logits = stage.critic(stage.painter([styles, noise], training=False), training=False)
        adversarial = losses.pair("non_saturating")
        self.report(
            discriminator_loss=adversarial.discriminator(real_logits, fake_logits),
            generator_loss=adversarial.generator(None, fake_logits),
        )
        self.report_logits(real_logits, fake_logits)
        return self.results()

    def _draw(self, like, index=0):
        """Noise, latents, latents of the later layers, crossover."""
        used = 2 * (self.phase.side.bit_length() - 2)
        *draws, noise = style_tools.draw(self, like, self.mixing, used, index)
        return noise, *draws
