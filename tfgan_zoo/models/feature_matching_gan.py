"""Feature matching: a generator that matches mean features teaches a classifier from few labels."""

import keras
import tensorflow as tf

from tfgan_zoo import replicas
from tfgan_zoo.models.abstract_semi_supervised_gan import AbstractSemiSupervisedGAN, right


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class FeatureMatchingGAN(AbstractSemiSupervisedGAN):
    """Semi-supervised GAN with feature matching.

    The discriminator has one logit l_k for each of K classes, and a logit of 0 for generated images, so that with
    `Z(x) = sum_k exp l_k(x)` an image is real with probability `Z / (Z + 1)`, the sigmoid of `log Z`. It minimizes

        -E[log p(y | x, real)] + unlabelled_weight / 2 (-E[log D(x)] - E[log(1 - D(G(z)))]),

    on labelled, unlabelled and generated images, and the generator the distance of mean features f,
    `mean_i (E[f_i(x)] - E[f_i(G(z))])^2`.

    Args:
        generator: built `keras.Model`, (batch, latent_dim) -> (batch, height, width, channels) in [-1, 1].
        discriminator: built `keras.Model`, images -> logits of the K classes, (batch, K), of which one layer gives the
            features.
        features: str, name of the discriminator's layer whose outputs are matched.
        unlabelled_weight: float >= 0.
        prior: see `AbstractGAN`; the authors draw uniform noise.
        seed: see `AbstractGAN`.
        ema_decay: see `AbstractGAN`; here of the discriminator too. The authors test with an average of decay 0.9999.

    A batch of `fit` is `((images, labels), unlabelled)`, of as many labelled as unlabelled images, such as
    `tfgan_zoo.data.semi_supervised` gives. `predict` gives class probabilities, `evaluate` takes `(images, labels)` and
    reports cross-entropy and accuracy.

    Raises:
        ValueError: if an argument is out of range or the networks do not fit each other.

    Example:

    >>> images = np.random.default_rng(0).uniform(-1.0, 1.0, (40, 8, 8, 1)).astype("float32")
    >>> gan = tfgan_zoo.models.FeatureMatchingGAN(
    ...     generator=tfgan_zoo.networks.feature_matching.generator((8, 8, 1), latent_dim=4, units=(16,)),
    ...     discriminator=tfgan_zoo.networks.feature_matching.discriminator((8, 8, 1), units=(16, 8), examples=images),
    ... )
    >>> gan.compile()
    >>> labelled = tf.data.Dataset.from_tensor_slices((images[:20], np.arange(20) % 10)).repeat().batch(10)
    >>> unlabelled = tf.data.Dataset.from_tensor_slices(images).batch(10)
    >>> history = gan.fit(tf.data.Dataset.zip((labelled, unlabelled)), verbose=0)
    >>> gan.predict(images[:3], verbose=0).shape
    (3, 10)

    Reference:
        Salimans et al. 2016, arXiv 1606.03498, sections 3.1 and 5; constants from the authors' code
        (openai/improved-gan, mnist_svhn_cifar10/train_mnist_feature_matching.py): Adam with learning rate 0.003 and
        beta1 0.5.

    Notes:
        The authors draw another unlabelled batch and other latents for the generator's update; here both updates see
        the same, and one generator pass serves both. Their average of weights begins at zero, this one at the first
        weights and forgets them faster.
    """

    def __init__(
        self,
        generator,
        discriminator,
        *,
        features="features",
        unlabelled_weight=1.0,
        prior="uniform",
        seed=0,
        ema_decay=0.9999,
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
        if not unlabelled_weight >= 0.0:
            raise ValueError(
                f"`unlabelled_weight` must be at least 0. Received: `unlabelled_weight={unlabelled_weight}`."
            )
        self.features = features
        self.unlabelled_weight = unlabelled_weight
        extractor = _extractor(discriminator, features)
        self._extract = lambda images: extractor(images, training=True)

    def default_optimizer(self, player):
        # The authors' Adam has its 1e-8 under the root, where it bounds the divisor by 1e-4.
        return keras.optimizers.Adam(3e-3, beta_1=0.5, epsilon=1e-4)

    def train_step(self, data):
        passes = []
        with self.update("discriminator") as update:
            for images, labels, unlabelled, z in self.parts(*data, self.draw_latents(data[0])):
                with tf.GradientTape() as generator_tape:
                    fake = self.generate(z)
                with tf.GradientTape() as tape:
                    logits, *others = self.in_one_pass(self.critique, images, unlabelled, fake)
                    real_logits, fake_logits = (tf.reduce_logsumexp(each, axis=1) for each in others)  # log Z
                    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
                    loss += 0.5 * self.unlabelled_weight * (tf.nn.softplus(-real_logits) + tf.nn.softplus(fake_logits))
                update.add(loss, tape)
                self.report(discriminator_loss=loss, accuracy=right(logits, labels))
                self.report_logits(real_logits, fake_logits)
                passes.append((unlabelled, fake, generator_tape))
        with self.update("generator") as update:
            for unlabelled, fake, tape in passes:
                with tape:
                    loss = self.feature_distance(unlabelled, fake)
                update.add(loss, tape)
                self.report(generator_loss=loss)
        return self.finish_step()

    def feature_distance(self, real, fake):
        """Mean squared distance of the mean features over the global batch, float32 of shape (1,)."""
        features = self.in_one_pass(self._extract, real, fake)
        real_mean, fake_mean = (replicas.batch_mean(tf.cast(part, tf.float32)) for part in features)
        return tf.reduce_mean(tf.square(real_mean - fake_mean), axis=1)


def _extractor(discriminator, features):
    names = [layer.name for layer in discriminator.layers]
    if features not in names:
        raise ValueError(
            f"`features` must name a layer of the discriminator, one of {names}. Received: `features={features!r}`."
        )
    outputs = keras.layers.Flatten(name="flat_features")(discriminator.get_layer(features).output)
    return keras.Model(discriminator.inputs[0], outputs, name="features")
