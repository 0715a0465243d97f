"""StyleGAN2: modulated convolutions, lazy R1 and lazy path-length regularisation."""

import keras
import tensorflow as tf

from tfgan_zoo import layers, losses, penalties, replicas
from tfgan_zoo.models import styles as style_tools
from tfgan_zoo.models.abstract_gan import AbstractGAN

PATH_LENGTH_DECAY = 0.01  # share of a new mean in the running one
PATH_LENGTH_SHRINK = 2  # the path length is measured on so many times fewer images


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class StyleGAN2(AbstractGAN):
    """StyleGAN2.

    The loss is the non-saturating one with two regularisers, both computed in one of so many steps only and then
    weighted by as much: R1, and the path length `(||J^T y|| - a)^2`, which asks a step in style space to change the
    image by the same amount a everywhere; a follows the mean length. One generator pass serves both players.

    `to_styles` and `from_styles` are the two halves of `sample`, for mixing, truncation and editing.

    Args:
        mapping: `keras.Model` as `tfgan_zoo.networks.style2.mapping` makes it.
        synthesis: `keras.Model` as `tfgan_zoo.networks.style2.synthesis` makes it.
        discriminator: `keras.Model`, images -> logits (batch, 1), such as `tfgan_zoo.networks.style2.discriminator`.
        r1_gamma: float >= 0, weight of the penalty `gamma / 2 ||grad D||^2`. Smaller images want less: the authors'
            later heuristic is `0.0002 side^2 / batch`.
        r1_interval: int >= 1, steps from one R1 penalty to the next.
        path_length_weight: float >= 0; 0 leaves the regulariser out.
        path_length_interval: int >= 1, steps from one to the next.
        mixing: float in [0, 1], share of training images with two styles.
        truncation: float, psi of `sample` and of exports, see `tfgan_zoo.layers.Truncation`.
        prior: see `AbstractGAN`; the mapping network normalises the latent vectors.
        seed: see `AbstractGAN`.
        ema_decay: see `AbstractGAN`; the paper's half-life of 10,000 images is 0.5^(batch / 10000).

    Raises:
        ValueError: if an argument is out of range or the networks do not fit each other.

    Example:

    >>> gan = tfgan_zoo.models.StyleGAN2(
    ...     tfgan_zoo.networks.style2.mapping(4, style_dim=3, depth=2),
    ...     tfgan_zoo.networks.style2.synthesis((8, 8, 1), 3, channel_base=16),
    ...     tfgan_zoo.networks.style2.discriminator((8, 8, 1), channel_base=16),
    ... )
    >>> gan.compile()
    >>> history = gan.fit(np.zeros((16, 8, 8, 1), "float32"), batch_size=8, verbose=0)
    >>> gan.from_styles(gan.to_styles(np.ones((2, 4)), truncation=0.7)).shape
    (2, 8, 8, 1)

    Reference:
        Karras et al. 2020, arXiv 1912.04958, equations 1 to 4 and appendix B: Adam with learning rate 0.002, beta1 0,
        beta2 0.99, both adjusted by `c = k / (k + 1)` for a regulariser in one of k steps.

    Notes:
        The authors give a regulariser an optimizer step of its own. Here its gradient joins that of the same step's
        loss in one update, because a step inside of a condition cannot be shared by replicas.
    """

    players = {"generator": ("mapping", "synthesis"), "discriminator": ("discriminator",)}
    sampler_name = "composed"
    reported = (*AbstractGAN.reported, "path_length")

    def __init__(
        self,
        mapping,
        synthesis,
        discriminator,
        *,
        r1_gamma=10.0,
        r1_interval=16,
        path_length_weight=2.0,
        path_length_interval=8,
        mixing=0.9,
        truncation=1.0,
        prior="normal",
        seed=0,
        ema_decay=0.998,
        name=None,
    ):
        self.check_adversaries(synthesis, discriminator)
        style_tools.check_networks(mapping, synthesis)
        style_tools.check_mixing(mixing)
        for key, value in (("r1_interval", r1_interval), ("path_length_interval", path_length_interval)):
            if value < 1:
                raise ValueError(f"`{key}` must be at least 1. Received: `{key}={value}`.")
        if not path_length_weight >= 0.0:
            raise ValueError(f"`path_length_weight` must be at least 0. Received: `{path_length_weight=}`.")
        super().__init__(
            mapping=mapping,
            synthesis=synthesis,
            discriminator=discriminator,
            prior=prior,
            seed=seed,
            ema_decay=ema_decay,
            name=name,
        )
        self.r1_gamma = r1_gamma
        self.r1_interval = r1_interval
        self.path_length_weight = path_length_weight
        self.path_length_interval = path_length_interval
        self.mixing = mixing
        self.truncation = truncation
        self.path_length = keras.Variable(0.0, trainable=False, aggregation="only_first_replica", name="path_length")
        self.latent_mean = layers.Truncation(truncation, name="truncation")
        self.fixed_noise = style_tools.fixed_noise(synthesis)
        mapping = self.average("mapping")
        self.composed = style_tools.compose(mapping, self.painter, self.latent_mean, self.fixed_noise)
        self._penalize = penalties.get("r1", r1_gamma / 2)

    def default_optimizer(self, player):
        interval = self.r1_interval if player == "discriminator" else self.path_length_interval
        c = interval / (interval + 1)
        return keras.optimizers.Adam(2e-3 * c, beta_1=0.0, beta_2=0.99**c, epsilon=1e-8)

    def to_styles(self, z, truncation=1.0):
        """Styles of all layers, float32 array (num, layers, style_dim), for latents (num, latent_dim)."""
        return style_tools.to_styles(self, z, truncation)

    def from_styles(self, styles):
        """Images, float32 array (num, height, width, channels) in [-1, 1], for styles (num, layers, style_dim)."""
        return style_tools.from_styles(self, self.painter, styles)

    @property
    def painter(self):
        """The network that draws samples from styles and noise."""
        return self.average("synthesis")

    def train_step(self, data):
        adversarial, passes = losses.pair("non_saturating"), []
        with self.update("discriminator") as update:
            for real, *draws, noise in self.parts(data, *self._draw(data)):
                with tf.GradientTape() as generator_tape:
                    styles, unmixed = style_tools.mapped(self, *draws)
                    fake = self.synthesis([styles, noise], training=True)
                with tf.GradientTape() as tape:
                    real_logits, fake_logits = self.critique(real), self.critique(fake)
                    loss = adversarial.discriminator(real_logits, fake_logits)
                    loss += self._r1(real)
                update.add(loss, tape)
                self.report(discriminator_loss=loss)
                self.report_logits(real_logits, fake_logits)
                passes.append((fake, unmixed, generator_tape))
        with self.update("generator") as update:
            for part, (fake, _, tape) in enumerate(passes):
                with tape:
                    loss = adversarial.generator(None, self.critique(fake))
                    self.report(generator_loss=loss)
                    if self.path_length_weight:
                        loss += self._path_length_penalty(fake, part)
                update.add(loss, tape)
        self.latent_mean.track(tf.concat([unmixed for _, unmixed, _ in passes], axis=0))
        self.report(path_length=self.path_length.value[tf.newaxis])
        return self.finish_step()

    def test_step(self, data):
        *draws, noise = self._draw(data, "test")
        styles, _ = style_tools.mapped(self, *draws)
        fake = self.synthesis([styles, noise], training=False)
        real_logits = self.discriminator(data, training=False)
        fake_logits = self.discriminator(fake, training=False)
        adversarial = losses.pair("non_saturating")
        self.report(
            discriminator_loss=adversarial.discriminator(real_logits, fake_logits),
            generator_loss=adversarial.generator(None, fake_logits),
            path_length=self.path_length.value[tf.newaxis],
        )
        self.report_logits(real_logits, fake_logits)
        return self.results()

    def _draw(self, like, index=0):
        return style_tools.draw(self, like, self.mixing, self.synthesis.inputs[0].shape[1], index)

    def _due(self, interval):
        return tf.equal(self.step_counter.value % interval, 0)

    def _r1(self, real):
        """Penalty per sample, zero in the steps between."""

        def penalty():
            return self.r1_interval * self._penalize(self.critique, real, None, None)

        if self.r1_interval == 1:
            return penalty()
        return tf.cond(self._due(self.r1_interval), penalty, lambda: tf.zeros(tf.shape(real)[:1]))

    def _path_length_penalty(self, like, part):
        """Mean penalty of this part, zero in the steps between; moves the running mean."""
        few = like[: tf.maximum(1, tf.shape(like)[0] // PATH_LENGTH_SHRINK)]
        due = self._due(self.path_length_interval)
        # Nothing is shared by replicas inside of the condition: a collective there would wait for ever.
        lengths = tf.cond(due, lambda: self._path_lengths(few, f"path/{part}"), lambda: tf.zeros(tf.shape(few)[:1]))
        mean = self.path_length.value
        target = mean + PATH_LENGTH_DECAY * (replicas.batch_mean(lengths)[0] - mean)
        self.path_length.assign(tf.where(due, tf.stop_gradient(target), mean))
        weight = self.path_length_weight * self.path_length_interval
        return weight * tf.where(due, tf.reduce_mean(tf.square(lengths - target)), 0.0)

    def _path_lengths(self, like, index):
        *draws, noise = self._draw(like, index)
        styles, _ = style_tools.mapped(self, *draws)

        def synthesize(styles):
            return self.synthesis([styles, noise], training=True)

        return penalties.path_lengths(synthesize, styles, seed=self.draw_seed("path", index))
