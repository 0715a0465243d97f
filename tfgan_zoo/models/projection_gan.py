"""Projection GAN: the discriminator compares features with an embedding of the class."""

import keras
import tensorflow as tf

from tfgan_zoo import losses
from tfgan_zoo.models.abstract_gan import AbstractGAN
from tfgan_zoo.models.labels import check_network


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class ProjectionGAN(AbstractGAN):
    """Conditional GAN with a projection discriminator, `D(x, y) = v_y . phi(x) + psi(phi(x))`, and the hinge loss.

    The form of the discriminator, a matter of its network, follows from the ratio of the densities p(y|x) p(x) of real
    and generated images when both p(y|x) are log-linear; see `tfgan_zoo.networks.resnet.discriminator`.

    One `train_step` is `discriminator_steps` steps of the discriminator, each on a fresh batch of real images, then one
    of the generator. `fit` must therefore be given batches of (images, labels) of `discriminator_steps` times the
    batch size: with the paper's 5 and a dataset of batches of 320, each discriminator step sees 64 images.

    Args:
        generator: built functional `keras.Model` with the inputs `z`, (batch, latent_dim), and `label`, int32
            (batch,) -> (batch, height, width, channels) in [-1, 1].
        discriminator: built functional `keras.Model` with the inputs `image` and `label`, int32 (batch,) -> logits of
            being real, (batch, 1).
        num_classes: int >= 1, the number of classes that both were built for.
        discriminator_steps: int >= 1; 5 in the paper.
        adversarial_loss: name of a loss pair or a `tfgan_zoo.losses.AdversarialLoss`; "hinge" in the paper.
        prior: see `AbstractGAN`; normal in the paper.
        seed: see `AbstractGAN`.
        ema_decay: see `AbstractGAN`; the paper has no average.

    Raises:
        ValueError: if an argument is out of range or the networks do not fit each other.

    Example:

    >>> gan = tfgan_zoo.models.ProjectionGAN(
    ...     generator=tfgan_zoo.networks.resnet.generator((8, 8, 1), latent_dim=4, num_classes=10, width=4),
    ...     discriminator=tfgan_zoo.networks.resnet.discriminator((8, 8, 1), num_classes=10, width=4),
    ...     num_classes=10,
    ...     discriminator_steps=2,
    ... )
    >>> gan.compile()
    >>> images, labels = np.zeros((64, 8, 8, 1), "float32"), np.arange(64) % 10
    >>> history = gan.fit(images, labels, batch_size=32, verbose=0)
    >>> gan.sample(2, labels=[7, 0]).shape
    (2, 8, 8, 1)

    Reference:
        Miyato and Koyama 2018, arXiv 1802.05637, equation 3 and section 4: hinge loss, 5 discriminator steps, Adam with
        learning rate 0.0002, beta1 0 and beta2 0.9.

    Notes:
        The authors' code draws the classes of generated images uniformly; here they are those of the real ones, which
        is the same for balanced classes and right for others. Its generator steps see twice as many images as its
        discriminator steps, here as many.
    """

    batch_parts = ("images", "labels")

    def __init__(
        self,
        generator,
        discriminator,
        *,
        num_classes,
        discriminator_steps=5,
        adversarial_loss="hinge",
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
        if isinstance(discriminator_steps, bool) or not isinstance(discriminator_steps, int) or discriminator_steps < 1:
            raise ValueError(
                f"`discriminator_steps` must be an int >= 1. Received: `discriminator_steps={discriminator_steps!r}`."
            )
        check_network("generator", generator, ("z", "label"), num_classes)
        check_network("discriminator", discriminator, ("image", "label"), num_classes)
        self.check_adversaries(generator, discriminator)
        self.num_classes = num_classes
        self.discriminator_steps = discriminator_steps
        self.adversarial_loss = losses.pair(adversarial_loss)

    @property
    def batches_per_step(self):
        return self.discriminator_steps

    def default_optimizer(self, player):
        return keras.optimizers.Adam(2e-4, beta_1=0.0, beta_2=0.9)

    def train_step(self, data):
        for k, (images, classes) in enumerate(self.rounds(data)):
            with self.update("discriminator") as update:
                for part, (real, labels, z) in enumerate(self.parts(images, classes, self.draw_latents(images, k))):
                    fake = self.generate(z, labels)
                    with tf.GradientTape() as tape:
                        real_logits, fake_logits = self.critique(real, labels), self.critique(fake, labels)
                        seed = self.draw_seed("discriminator", k * self.gradient_accumulation_steps + part)
                        loss = self.adversarial_loss.discriminator(real_logits, fake_logits, seed)
                    update.add(loss, tape)
                    self.report(discriminator_loss=loss)
                    self.report_logits(real_logits, fake_logits, self.adversarial_loss.undecided)
        with self.update("generator") as update:
            for real, labels, z in self.parts(images, classes, self.draw_latents(images, "generator")):
                real_logits = self.critique(real, labels) if self.adversarial_loss.relativistic else None
                with tf.GradientTape() as tape:
                    fake_logits = self.critique(self.generate(z, labels), labels)
                    loss = self.adversarial_loss.generator(real_logits, fake_logits)
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
