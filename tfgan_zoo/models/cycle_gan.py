"""CycleGAN: pictures translated between two domains, learnt without pairs."""

import keras
import tensorflow as tf

from tfgan_zoo import layers, losses
from tfgan_zoo.models.abstract_translator import AbstractTranslator, known_shape
from tfgan_zoo.models.image_pool import ImagePool


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class CycleGAN(AbstractTranslator):
    """Image translation between domains A and B without pairs: there and back again must lead home.

    `L = L_GAN(G, D_B) + L_GAN(F, D_A) + lambda (E|F(G(a)) - a| + E|G(F(b)) - b|)`, where G translates from A to B, F
    from B to A, and L_GAN is the least-squares loss: generators minimise `(D(G(a)) - 1)^2`, discriminators half of
    `(D(b) - 1)^2 + D(G(a))^2`, on images from a pool of past ones. With `identity_weight` i the generators
    are also to leave alone what is in their target domain already: `+ lambda i (E|G(b) - b| + E|F(a) - a|)`.

    `fit` takes batches of two parts, images of A and of B that have nothing to do with each other, for example from
    `tfgan_zoo.data.unpaired`.

    Two batches for one network are one pass, if it consists of layers of Keras and of `tfgan_zoo.layers` none of which
    lets pictures of a batch see each other (as batch normalisation and the minibatch layers do).

    Args:
        generator_ab: built `keras.Model`, pictures of A (batch, height, width, channels) in [-1, 1] -> pictures of B.
        generator_ba: built `keras.Model`, pictures of B -> pictures of A.
        discriminator_a: built `keras.Model`, pictures of A -> raw outputs, 1 for real ones, one for each patch.
        discriminator_b: built `keras.Model`, pictures of B -> raw outputs.
        cycle_weight: float >= 0, lambda.
        identity_weight: float >= 0, i, as a part of lambda; 0 leaves the term out.
        pool_size: int >= 0, past images of each domain that discriminators learn from; 0 for no pools. A pool holds
            images of one size, that of its discriminator's input.
        seed: see `AbstractGAN`.
        ema_decay: see `AbstractGAN`; the paper has no average.

    Raises:
        ValueError: if an argument is out of range or the networks do not fit each other.

    Example:

    >>> generators = [
    ...     tfgan_zoo.networks.residual_translator.generator((16, 16, 3), blocks=1, base_channels=2) for _ in "AB"
    ... ]
    >>> discriminators = [
    ...     tfgan_zoo.networks.patch.discriminator((16, 16, 3), receptive_field=16, base_channels=2, affine=False)
    ...     for _ in "AB"
    ... ]
    >>> gan = tfgan_zoo.models.CycleGAN(*generators, *discriminators, pool_size=2)
    >>> gan.compile()
    >>> paintings, photos = np.zeros((4, 16, 16, 3), "float32"), np.ones((4, 16, 16, 3), "float32")
    >>> history = gan.fit(paintings, photos, batch_size=1, verbose=0)
    >>> gan.translate(photos, direction="BtoA").shape
    (4, 16, 16, 3)

    Reference:
        Zhu et al. 2017, arXiv 1703.10593, equations 1 to 3, section 4 (least squares, pools of 50, Adam with learning
        rate 0.0002, lambda 10) and section 5.2 (identity, half of lambda); beta1 0.5 is that of the authors' code. For
        its learning rate, constant and then linear to zero, see `tfgan_zoo.training.LinearDecay`.
    """

    players = {
        "generator": ("generator_ab", "generator_ba"),
        "discriminator": ("discriminator_a", "discriminator_b"),
    }
    sampler_name = "generator_ab"
    directions = {"AtoB": "generator_ab", "BtoA": "generator_ba"}
    batch_parts = ("images_a", "images_b")
    reported = ("discriminator_loss", "generator_loss", "adversarial", "cycle", "identity")

    def __init__(
        self,
        generator_ab,
        generator_ba,
        discriminator_a,
        discriminator_b,
        *,
        cycle_weight=10.0,
        identity_weight=0.5,
        pool_size=50,
        seed=0,
        ema_decay=None,
        name=None,
    ):
        super().__init__(
            generator_ab=generator_ab,
            generator_ba=generator_ba,
            discriminator_a=discriminator_a,
            discriminator_b=discriminator_b,
            seed=seed,
            ema_decay=ema_decay,
            name=name,
        )
        for argument, value in (("cycle_weight", cycle_weight), ("identity_weight", identity_weight)):
            if value < 0.0:
                raise ValueError(f"`{argument}` must be at least 0. Received: `{argument}={value}`.")
        self._check_circle()
        self.cycle_weight = cycle_weight
        self.identity_weight = identity_weight
        self.pool_size = pool_size
        self.pool_a, self.pool_b = (self._new_pool(domain) for domain in "ab")

    def default_optimizer(self, player):
        return keras.optimizers.Adam(2e-4, beta_1=0.5)

    def train_step(self, data):
        self.check_pictures(data[0], "AtoB")
        self.check_pictures(data[1], "BtoA")
        passes = []
        with self.update("generator") as update:
            for a, b in self.parts(*data):
                with tf.GradientTape() as tape:
                    if self.identity_weight:
                        fake_b, same_b = _both(self.generator_ab, a, b)
                        fake_a, same_a = _both(self.generator_ba, b, a)
                    else:
                        fake_b, fake_a = self.generator_ab(a, training=True), self.generator_ba(b, training=True)
                    adversarial = self._fool(self.discriminator_b, fake_b) + self._fool(self.discriminator_a, fake_a)
                    cycle = losses.l1_loss(a, self.generator_ba(fake_b, training=True))
                    cycle += losses.l1_loss(b, self.generator_ab(fake_a, training=True))
                    loss = adversarial + self.cycle_weight * cycle
                    if self.identity_weight:
                        identity = losses.l1_loss(b, same_b) + losses.l1_loss(a, same_a)
                        loss += self.cycle_weight * self.identity_weight * identity
                        self.report(identity=identity)
                update.add(loss, tape)
                self.report(generator_loss=loss, adversarial=adversarial, cycle=cycle)
                passes.append((a, b, fake_a, fake_b))
        with self.update("discriminator") as update:
            for part, (a, b, fake_a, fake_b) in enumerate(passes):
                past_a, past_b = self._recall("a", fake_a, part), self._recall("b", fake_b, part)
                with tf.GradientTape() as tape:
                    loss = self._tell_apart(self.discriminator_a, a, past_a)
                    loss += self._tell_apart(self.discriminator_b, b, past_b)
                update.add(loss, tape)
                self.report(discriminator_loss=loss)
        return self.finish_step()

    def test_step(self, data):
        a, b = data
        fake_b, fake_a = self.generator_ab(a, training=False), self.generator_ba(b, training=False)
        cycle = losses.l1_loss(a, self.generator_ba(fake_b, training=False))
        cycle += losses.l1_loss(b, self.generator_ab(fake_a, training=False))
        identity = losses.l1_loss(b, self.generator_ab(b, training=False))
        identity += losses.l1_loss(a, self.generator_ba(a, training=False))
        adversarial = self._fool(self.discriminator_b, fake_b, training=False)
        adversarial += self._fool(self.discriminator_a, fake_a, training=False)
        loss = adversarial + self.cycle_weight * (cycle + self.identity_weight * identity)
        told = self._tell_apart(self.discriminator_a, a, fake_a, training=False)
        told += self._tell_apart(self.discriminator_b, b, fake_b, training=False)
        self.report(generator_loss=loss, adversarial=adversarial, cycle=cycle, identity=identity)
        self.report(discriminator_loss=told)
        return self.results()

    def _fool(self, discriminator, fake, training=True):
        # Twice the loss of least-squares GANs, which halves it: here it is weighed against the cycle.
        return 2.0 * losses.least_squares_generator_loss(discriminator(fake, training=training))

    def _tell_apart(self, discriminator, real, fake, training=True):
        return losses.least_squares_discriminator_loss(*_both(discriminator, real, fake, training=training))

    def _recall(self, domain, fake, part):
        pool = getattr(self, f"pool_{domain}")
        return fake if pool is None else pool(fake, self.draw_seed(f"pool_{domain}", part))

    def _new_pool(self, domain):
        if self.pool_size < 0:
            raise ValueError(f"`pool_size` must be at least 0. Received: `pool_size={self.pool_size}`.")
        if self.pool_size == 0:
            return None
        shape = getattr(self, f"discriminator_{domain}").input_shape[1:]
        if None in shape:
            raise ValueError(
                f"`discriminator_{domain}` must take images of a known size, because a pool keeps them. Received: "
                f"discriminator_{domain}.input_shape={(None, *shape)}. Build the discriminators for the size of the "
                "training images (the generators may take any), or pass `pool_size=0`."
            )
        return ImagePool(self.pool_size, shape, name=f"pool_{domain}")

    def _check_circle(self):
        self.check_outputs(**self.networks)
        there, back = self.generator_ab, self.generator_ba
        pairs = [
            ("generator_ab", there.output_shape, "generator_ba", back.input_shape),
            ("generator_ba", back.output_shape, "generator_ab", there.input_shape),
            ("generator_ab", there.output_shape, "discriminator_b", self.discriminator_b.input_shape),
            ("generator_ba", back.output_shape, "discriminator_a", self.discriminator_a.input_shape),
        ]
        for maker, made, taker, taken in pairs:
            if not tf.TensorShape(made).is_compatible_with(taken):
                raise ValueError(
                    f"`{taker}` must take what `{maker}` makes. Received: {maker}.output_shape={made}, "
                    f"{taker}.input_shape={taken}."
                )

    def _sample_shape(self):
        return {
            "images_a": known_shape(self.generator_ab.input_shape, self.discriminator_a.input_shape),
            "images_b": known_shape(self.generator_ba.input_shape, self.discriminator_b.input_shape),
        }


def _both(network, one, other, training=True):
    """Outputs for two batches of pictures, in one pass where that makes no difference but in time."""
    if one.shape[1:] != other.shape[1:] or not _keeps_apart(network):
        return network(one, training=training), network(other, training=training)
    outputs = network(tf.concat([one, other], axis=0), training=training)
    return tf.split(outputs, [tf.shape(one)[0], tf.shape(other)[0]])


def _keeps_apart(part):
    """Whether a model's or layer's output for a picture is known not to depend on the other pictures of the batch."""
    if not type(part).__module__.startswith(("keras.src.layers.", "keras.src.models.", "tfgan_zoo.layers.")):
        return False  # Somebody's own layer or model, or a bare operation such as `keras.ops.mean`, can do anything.
    if isinstance(part, keras.Model):
        return all(map(_keeps_apart, part.layers if isinstance(part, keras.Sequential) else part.operations))
    if isinstance(part, keras.layers.Wrapper):
        return _keeps_apart(part.layer)
    mixing = (keras.layers.BatchNormalization, layers.MinibatchDiscrimination, layers.MinibatchStandardDeviation)
    return not isinstance(part, (*mixing, keras.layers.Lambda))
