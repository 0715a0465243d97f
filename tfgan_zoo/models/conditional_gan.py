"""Conditional GAN: generator and discriminator are both told the class."""

import keras
import tensorflow as tf

from tfgan_zoo import losses, penalties
from tfgan_zoo.models.abstract_gan import AbstractGAN
from tfgan_zoo.models.labels import check_network


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class ConditionalGAN(AbstractGAN):
    """Conditional generative adversarial network, `min_G max_D E[log D(x|y)] + E[log(1 - D(G(z|y)|y))]`.

    `fit` takes batches of (images, labels). One `train_step` is one step of each player on one batch; the generated
    images are asked for with the labels of the real ones, so that both are of the same distribution of classes. One
    generator pass serves both updates.

    Args:
        generator: built functional `keras.Model` with the inputs `z`, (batch, latent_dim), and `label`, int32
            (batch,) -> (batch, ...).
        discriminator: built functional `keras.Model` with the inputs `image`, (batch, ...), and `label`, int32
            (batch,) -> logits of being real, (batch, 1).
        num_classes: int >= 1, the number of classes that both were built for.
        adversarial_loss: name of a loss pair or a `tfgan_zoo.losses.AdversarialLoss`.
        penalty: name of a gradient penalty on the discriminator, see `tfgan_zoo.penalties.get`, or None.
        penalty_weight: float >= 0, or None for the weight of the penalty's paper.
        prior: see `AbstractGAN`; the paper draws uniform noise.
        seed: see `AbstractGAN`.
        ema_decay: see `AbstractGAN`; the paper has no average.

    Raises:
        ValueError: if an argument is out of range or the networks do not fit each other.

    Example:

    >>> gan = tfgan_zoo.models.ConditionalGAN(
    ...     generator=tfgan_zoo.networks.mlp.conditional_generator((8, 8, 1), latent_dim=4, units=16),
    ...     discriminator=tfgan_zoo.networks.mlp.conditional_discriminator((8, 8, 1), units=16),
    ...     num_classes=10,
    ... )
    >>> gan.compile()
    >>> images, labels = np.zeros((64, 8, 8, 1), "float32"), np.arange(64) % 10
    >>> history = gan.fit(images, labels, batch_size=32, verbose=0)
    >>> gan.sample(3, labels=[7, 0, 7]).shape
    (3, 8, 8, 1)

    Reference:
        Mirza and Osindero 2014, arXiv 1411.1784, equation 2; optimizer from section 4.1.

    Notes:
        The paper draws z from the unit cube, here from [-1, 1), and lets the learning rate end at 1e-6 and the momentum
        rise from 0.5 to 0.7; here the rate decays without end and the momentum stays 0.5. The generator's loss is the
        non-saturating one of Goodfellow et al. 2014, section 3; "minimax" is equation 2 to the letter.
    """

    batch_parts = ("images", "labels")

    def __init__(
        self,
        generator,
        discriminator,
        *,
        num_classes,
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
        check_network("generator", generator, ("z", "label"), num_classes)
        check_network("discriminator", discriminator, ("image", "label"), num_classes)
        self.check_adversaries(generator, discriminator)
        self.num_classes = num_classes
        self.adversarial_loss = losses.pair(adversarial_loss)
        self.penalty = penalty
        self.penalty_weight = penalty_weight
        self._penalize = penalties.get(penalty, penalty_weight)

    def default_optimizer(self, player):
        rate = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=1, decay_rate=1.0 / 1.00004)
        return keras.optimizers.SGD(rate, momentum=0.5)

    def train_step(self, data):
        passes = []
        with self.update("discriminator") as update:  # Ascend equation 2, real and generated of the same classes.
            for part, (real, labels, z) in enumerate(self.parts(*data, self.draw_latents(data[0]))):
                with tf.GradientTape() as generator_tape:
                    fake = self.generate(z, labels)
                with tf.GradientTape() as tape:
                    real_logits, fake_logits = self.critique(real, labels), self.critique(fake, labels)
                    seed = self.draw_seed("discriminator", part)
                    loss = self.adversarial_loss.discriminator(real_logits, fake_logits, seed)
                    if self._penalize:
                        loss += self._penalize(lambda images, y=labels: self.critique(images, y), real, fake, seed)
                update.add(loss, tape)
                self.report(discriminator_loss=loss)
                self.report_logits(real_logits, fake_logits, self.adversarial_loss.undecided)
                passes.append((real, fake, labels, generator_tape))
        with self.update("generator") as update:
            for real, fake, labels, tape in passes:
                real_logits = self.critique(real, labels) if self.adversarial_loss.relativistic else None
                with tape:
                    loss = self.adversarial_loss.generator(real_logits, self.critique(fake, labels))
                update.add(loss, tape)
                self.report(generator_loss=loss)
        return self.finish_step()

    def test_step(self, data):
        real, labels = data
        fake = self.generator({"z": self.draw_latents(real, "test"), "label": labels}, training=False)
        real_logits, fake_logits = (
            self.discriminator({"image": images, "label": labels}, training=False) for images in (real, fake)
        )
        self.report(
            discriminator_loss=self.adversarial_loss.discriminator(real_logits, fake_logits, self.draw_seed("test")),
            generator_loss=self.adversarial_loss.generator(real_logits, fake_logits),
        )
        self.report_logits(real_logits, fake_logits, self.adversarial_loss.undecided)
        return self.results()
