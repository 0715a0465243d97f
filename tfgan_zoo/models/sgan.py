"""SGAN: the discriminator classifies, with one class more for generated images."""

import keras
import tensorflow as tf

from tfgan_zoo.models.abstract_semi_supervised_gan import AbstractSemiSupervisedGAN, right
from tfgan_zoo.models.batches import strided


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class SGAN(AbstractSemiSupervisedGAN):
    """Semi-supervised GAN: discriminator and classifier are one network D/C of C + 1 outputs.

    One `train_step` is one round of Algorithm 1. D/C minimizes the negative log-likelihood of a minibatch of 2m: m real
    images, half of them with their class and half known as real alone, and m generated ones,

        -log p(y | x),  -log sum_c p(c | x) = -log(1 - p(fake | x)),  -log p(fake | G(z)).

    The generator, on m fresh latents, minimizes `-log(1 - p(fake | G(z)))`.

    Args:
        generator: built `keras.Model`, (batch, latent_dim) -> (batch, height, width, channels) in [-1, 1].
        discriminator: built `keras.Model`, images -> logits, (batch, C + 1), the last that of generated ones.
        prior: see `AbstractGAN`.
        seed: see `AbstractGAN`.
        ema_decay: see `AbstractGAN`; here of the discriminator too. The paper has no average.

    A batch of `fit` is `((images, labels), unlabelled)`, of m / 2 labelled and m / 2 unlabelled images, such as
    `tfgan_zoo.data.semi_supervised` gives. `predict` gives class probabilities, those of real images; `evaluate` takes
    `(images, labels)` and reports cross-entropy and accuracy.

    Raises:
        ValueError: if an argument is out of range or the networks do not fit each other.

    Example:

    >>> images = np.random.default_rng(0).uniform(-1.0, 1.0, (40, 8, 8, 1)).astype("float32")
    >>> gan = tfgan_zoo.models.SGAN(
    ...     generator=tfgan_zoo.networks.dcgan.generator((8, 8, 1), latent_dim=4, base_channels=4),
    ...     discriminator=tfgan_zoo.networks.sgan.discriminator((8, 8, 1), channels=(4, 8)),
    ... )
    >>> gan.compile()
    >>> labelled = tf.data.Dataset.from_tensor_slices((images[:20], np.arange(20) % 10)).repeat().batch(10)
    >>> unlabelled = tf.data.Dataset.from_tensor_slices(images).batch(10)
    >>> history = gan.fit(tf.data.Dataset.zip((labelled, unlabelled)), verbose=0)
    >>> gan.predict(images[:3], verbose=0).shape
    (3, 10)

    Reference:
        Odena 2016, arXiv 1606.01583, section 2 and Algorithm 1. Adam with learning rate 0.0002 and beta1 0.5 is that of
        arXiv 1511.06434, on whose networks it builds.

    Notes:
        The paper's generator maximizes the likelihood loss of "fake"; like most implementations this one minimizes that
        of "real", which has the same fixed point and keeps its gradient when D/C is sure. Unlabelled real images enter
        as real of an unknown class.
    """

    fake_classes = 1

    def __init__(self, generator, discriminator, *, prior="uniform", seed=0, ema_decay=None, name=None):
        super().__init__(
            generator=generator,
            discriminator=discriminator,
            prior=prior,
            seed=seed,
            ema_decay=ema_decay,
            name=name,
        )

    def default_optimizer(self, player):
        return keras.optimizers.Adam(2e-4, beta_1=0.5)

    def train_step(self, data):
        real = tf.repeat(data[1], 2)  # As many rows as there are real images, m: labelled and unlabelled ones.
        with self.update("discriminator") as update:  # Lines 2 and 3: m latents, m examples.
            for images, labels, unlabelled, z in self.parts(*data, self.draw_latents(real)):
                fake = self.generate(z)
                with tf.GradientTape() as tape:
                    logits = self.in_one_pass(self.critique, images, unlabelled, *strided(fake, 2))
                    odds = [log_odds(each) for each in logits]
                    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits[0])
                    others = (tf.nn.softplus(-odds[1]), tf.nn.softplus(odds[2]), tf.nn.softplus(odds[3]))
                    loss = tf.concat([loss, *others], axis=0)
                update.add(loss, tape)  # Line 4: descend the negative log-likelihood of the 2m.
                self.report(discriminator_loss=loss, accuracy=right(logits[0][:, : self.num_classes], labels))
                self.report_logits(tf.concat(odds[:2], axis=0), tf.concat(odds[2:], axis=0))
        with self.update("generator") as update:  # Lines 5 and 6: m fresh latents, descend.
            for (z,) in self.parts(self.draw_latents(real, "generator")):
                with tf.GradientTape() as tape:
                    loss = tf.nn.softplus(-log_odds(self.critique(self.generate(z))))
                update.add(loss, tape)
                self.report(generator_loss=loss)
        return self.finish_step()


def log_odds(logits):
    """Log odds of being real, `log sum_c exp l_c - l_fake`, of logits (batch, num_classes + 1); shape (batch,)."""
    return tf.reduce_logsumexp(logits[:, :-1], axis=1) - logits[:, -1]
