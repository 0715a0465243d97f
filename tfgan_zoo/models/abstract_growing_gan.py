"""The plumbing of models that grow: which part of the networks trains at which step, and no algorithm."""

import dataclasses

import keras
import tensorflow as tf

from tfgan_zoo.models.abstract_gan import AbstractGAN
from tfgan_zoo.models.batches import strided
from tfgan_zoo.models.update import Update


@dataclasses.dataclass(frozen=True)
class Phase:
    """A part of the training in which one graph trains.

    Attributes:
        start: int, step at which it begins.
        steps: int, how many it has; None for the last, which has no end.
        side: int, side of the images in pixels.
        fading: bool, whether this resolution is being faded in.
    """

    start: int
    steps: int | None
    side: int
    fading: bool


def phases(side, steps):
    """Phases from 4x4 pixels to a side: the first resolution, then each next one faded in and trained on.

    Args:
        side: int, side of the last, a power of two.
        steps: int, steps of every phase but the last, or a tuple with the steps of each of them; 0 skips one.

    Returns:
        tuple of `Phase`.

    Raises:
        ValueError: if there are too few or too many `steps`, or one is negative.

    Example:

    >>> [(p.start, p.side, p.fading) for p in tfgan_zoo.models.abstract_growing_gan.phases(8, (10, 20))]
    [(0, 4, False), (10, 8, True), (30, 8, False)]
    """
    kinds = [(4, False)]
    while kinds[-1][0] < side:
        kinds += [(2 * kinds[-1][0], fading) for fading in (True, False)]
    steps = (steps,) * (len(kinds) - 1) if isinstance(steps, int) else tuple(steps)
    before = len(kinds) - 1
    if len(steps) != before or min(steps, default=0) < 0:
        raise ValueError(
            f"`phase_steps` must be an int of at least 0, or a tuple of {before}, one for each phase but the last. "
            f"Received: `phase_steps={steps}`."
        )
    starts = [sum(steps[:index]) for index in range(len(kinds))]
    return tuple(Phase(start, length, *kind) for start, length, kind in zip(starts, (*steps, None), kinds, strict=True))


class Stage:
    """The graphs of one phase, cut out of the whole networks, with which they share all variables."""

    def __init__(self, painter, critic, phase):
        self.phase = phase
        self.painter = painter_at(painter, phase)
        self.critic = critic_at(critic, phase)

    def critique(self, images):
        """Discriminator's logits in training mode."""
        return self.critic(images, training=True)


def painter_at(network, phase):
    """A generator (or synthesis network) up to the image of a phase."""
    name = f"fade_{phase.side}" if phase.fading else f"to_rgb_{phase.side}"
    return keras.Model(network.input, network.get_layer(name).output, name=f"{network.name}_{phase.side}")


def critic_at(network, phase):
    """A discriminator from the images of a phase on."""
    side, part = phase.side, network.get_layer
    images = keras.Input((side, side, network.input_shape[-1]), name="image")
    x = part(f"block_{side}")(part(f"from_rgb_{side}")(images)) if side > 4 else part("from_rgb_4")(images)
    if phase.fading:
        shrunk = keras.layers.AveragePooling2D(2)(images)
        x = part(f"fade_{side}")([part(f"from_rgb_{side // 2}")(shrunk), x])
    while side > 8:
        side //= 2
        x = part(f"block_{side}")(x)
    logits = keras.layers.Activation("linear", dtype="float32", name="logit")(part("head")(x))
    return keras.Model(images, logits, name=f"{network.name}_{phase.side}")


class AbstractGrowingGAN(AbstractGAN):
    """Base of the models that grow from small images to large ones while they train.

    All variables exist from the start, so that checkpoints are alike at every stage. The phase is a function of the
    step counter, and alpha of a new resolution, which rises linearly from 0 to 1 within its phase, a variable of the
    networks: a resumed run is where it was without more. A phase has a graph of its own, so `fit` traces once for each.

    `fit` takes images of the final size, and shrinks them to that of the phase; while a resolution is faded in, real
    images are mixed with their coarser selves likewise. Every phase begins with fresh optimizers.

    Args:
        painter: str, name of the network that draws.
        phase_steps: int or tuple of ints, steps of the phases before the last, see `phases`.
        batch_divisors: dict from side to int: at that side a step takes one in so many samples of the batch.
        **kwargs: of `AbstractGAN`.
    """

    sampler_name = "grown"

    def __init__(self, *, painter, phase_steps, batch_divisors, discriminator, **kwargs):
        super().__init__(discriminator=discriminator, **kwargs)
        self.phase_steps = phase_steps if isinstance(phase_steps, int) else tuple(phase_steps)
        self.batch_divisors = {int(side): count for side, count in (batch_divisors or {}).items()}
        side = discriminator.input_shape[1]
        if any(count < 1 or max(self.batch_divisors.values()) % count for count in self.batch_divisors.values()):
            raise ValueError(
                "`batch_divisors` must be ints of at least 1 that divide the largest of them. Received: "
                f"`batch_divisors={self.batch_divisors}`."
            )
        # An object, because Keras would track (and save) models in a dict as parts of this one.
        self._growth = _Growth(painter, phases(side, phase_steps))

    # === What a user asks ===

    @property
    def phase(self):
        """The `Phase` of the next step."""
        if not tf.inside_function():
            self._enter(self._growth.at(int(self.step_counter.numpy())))
        return self._growth.phase

    @property
    def grown(self):
        """The network that `sample` calls: what has been grown by now, of the moving averages where there are any."""
        phase = self.phase
        if phase not in self._growth.samplers:
            with tf.init_scope():
                self._growth.samplers[phase] = self.compose(painter_at(self.average(self._growth.painter), phase))
        return self._growth.samplers[phase]

    def compose(self, painter):
        """Returns the network from latents to images clipped to [-1, 1] around what draws in a phase."""
        raise NotImplementedError(f"{type(self).__name__} must define `compose(painter)`.")

    # === What a train_step is written with ===

    @property
    def batches_per_step(self):
        return max(self.batch_divisors.values(), default=1)

    @property
    def stage(self):
        """The `Stage` of the current phase."""
        phase = self.phase
        if phase not in self._growth.stages:
            with tf.init_scope():
                painter = getattr(self, self._growth.painter)
                self._growth.stages[phase] = Stage(painter, self.discriminator, phase)
        return self._growth.stages[phase]

    def growing_batch(self, data):
        """A step's real images, as many and as large as the phase asks for; sets alpha."""
        phase = self.phase
        images = self._share(data)
        side = images.shape[1]
        if side > phase.side:
            images = tf.nn.avg_pool2d(images, side // phase.side, side // phase.side, "VALID")
        if not phase.fading:
            return images
        alpha = self._alpha(phase)
        self._set_alpha(phase, alpha, getattr(self, self._growth.painter), self.discriminator)
        coarse = tf.repeat(tf.repeat(tf.nn.avg_pool2d(images, 2, 2, "VALID"), 2, axis=1), 2, axis=2)
        return coarse + alpha * (images - coarse)

    def growing_update(self, player, *networks):
        """As `update`, for the parts of the networks that train in this phase."""
        return Update(getattr(self, f"{player}_optimizer"), networks, self.gradient_accumulation_steps)

    # === Plumbing ===

    def make_train_function(self, force=False):
        position = int(self.step_counter.numpy())
        if self.train_function is not None and not force:
            self.train_function.position = position
            return
        self.train_function = _TrainFunction(self, super().make_train_function, position)

    def make_test_function(self, force=False):
        # Its phase may have gone since it was made.
        force = force or self._growth.tested is not self.phase
        self._growth.tested = self.phase
        super().make_test_function(force)

    def _alpha(self, phase):
        done = tf.cast(self.step_counter.value - phase.start, tf.float32)
        return tf.clip_by_value(done / phase.steps, 0.0, 1.0)

    def _set_alpha(self, phase, alpha, *networks):
        for network in networks:
            network.get_layer(f"fade_{phase.side}").alpha.assign(alpha)

    def _share(self, data):
        return strided(data, self.batch_divisors.get(self.phase.side, 1))[0]

    def _enter(self, phase):
        if phase is not self._growth.phase:
            self._growth.phase = phase
            self._generate_function = None  # It was made for the sampler of another phase.
            if phase.fading and int(self.step_counter.numpy()) == phase.start:
                # Alpha begins at 1, for whole networks: samples before the first step would show untrained layers.
                painter = self._growth.painter
                self._set_alpha(phase, 0.0, getattr(self, painter), self.average(painter), self.discriminator)

    def _renew_optimizers(self):
        """Sets the optimizers back to their first step, as the authors do whenever the graph changes."""
        for player in self.players:
            optimizer = getattr(self, f"{player}_optimizer")
            optimizer = getattr(optimizer, "inner_optimizer", optimizer)
            for variable in optimizer.variables:
                if variable is not getattr(optimizer, "_learning_rate", None):
                    variable.assign(keras.ops.zeros_like(variable))

    def _sample_shape(self):
        return self.discriminator.input_shape[1:]


class _Growth:
    """What a growing model keeps besides variables: its phases, and the graphs made by now."""

    def __init__(self, painter, schedule):
        self.painter = painter
        self.schedule = schedule
        self.phase = schedule[0]
        self.tested = None
        self.samplers = {}
        self.stages = {}

    def at(self, step):
        """The phase of a step."""
        return [phase for phase in self.schedule if phase.start <= step][-1]


class _TrainFunction:
    """What `fit` calls for each batch: the train function of the phase, made at its first step."""

    def __init__(self, gan, make, position):
        self.gan = gan
        self.make = make
        self.position = position
        self.functions = {}
        self.check()

    def check(self):
        every = self.gan.steps_per_execution
        wrong = [phase.start for phase in self.gan._growth.schedule if phase.start % every]
        if wrong:
            raise ValueError(
                "`phase_steps` must be multiples of `steps_per_execution`, because a phase ends between two calls. "
                f"Received: a phase that begins at step {wrong[0]}, `steps_per_execution={every}`."
            )

    def __call__(self, iterator):
        gan = self.gan
        phase = gan._growth.at(self.position)
        gan._enter(phase)
        if phase.start == self.position > 0:
            gan._renew_optimizers()
        if phase not in self.functions:
            _ = gan.stage, gan.grown  # Graphs are made here, and not while a step is traced.
            gan.train_function = None
            self.make()
            self.functions[phase], gan.train_function = gan.train_function, self
        logs = self.functions[phase](iterator)
        self.position += gan.steps_per_execution
        return logs
