"""The plumbing that every adversarial model shares, and no algorithm."""

import contextlib
import inspect
import zlib

import keras
import numpy as np
import tensorflow as tf

from tfgan_zoo import latents, replicas
from tfgan_zoo.models import labels as classes
from tfgan_zoo.models.batches import BatchCheck, as_dataset, filled_dataset, own_message, strided, without_autotuner
from tfgan_zoo.models.fused_adam import fuse
from tfgan_zoo.models.update import Update


class AbstractGAN(keras.Model):
    """Base of all models: it owns optimizers, reduction, randomness, averages and checks; a variant owns its step.

    A variant is a final subclass with a `train_step` that reads like the algorithm box of its paper, the constructor
    arguments it needs (kept as attributes of the same name: that is its configuration) and `default_optimizer`.

    Class attributes that a variant may set:
        players: dict from player to the names of the networks that its optimizer moves. The optimizer is the
            `compile` argument `<player>_optimizer`.
        sampler_name: name of the network that `sample` calls.
        predictor_name: name of the attribute that calling the model, and so `predict`, runs.
        averaged: names of the players whose weights are averaged.
        batch_parts: names of what a batch holds, the samples first. A part named "labels" is integers in
            [0, num_classes), one for each sample, where `num_classes` is an attribute that the variant sets.
        test_parts: the same for a batch of `evaluate`, which then takes every sample; None if it is that of `fit`. On
            several replicas `test_step` gets the weights of the samples besides, (batch,), 0 for what fills the last
            batch.
        reported: names of the scalars that a step reports.
        tested: names of the scalars that a test step reports; None if they are those of a step.

    All state is Keras variables reachable from the model, so `state` is everything that a checkpoint must hold.

    Args:
        prior: str, distribution of the latent vectors, see `tfgan_zoo.latents.check_prior`.
        seed: int, from which, with the step, every random draw of training derives.
        ema_decay: float in [0, 1), decay of the moving average of the generator's weights, or None for no average.
            As in TensorFlow's own averages the decay is `min(ema_decay, (1 + step) / (10 + step))`, so that the first
            weights are soon forgotten. Normalisation statistics are copied, not averaged.
        name: str, name of the Keras model.

    Raises:
        ValueError: if an argument is out of range or the networks do not fit each other.
    """

    players = {"generator": ("generator",), "discriminator": ("discriminator",)}
    sampler_name = "generator"
    predictor_name = "sampler"
    averaged = ("generator",)
    batch_parts = ("images",)
    test_parts = None
    num_classes = None
    reported = (
        "discriminator_loss",
        "generator_loss",
        "real_logits",
        "fake_logits",
        "real_accuracy",
        "fake_accuracy",
    )
    tested = None

    def __init__(self, *, prior="normal", seed=0, ema_decay=None, name=None, **networks):
        super().__init__(name=name)
        if ema_decay is not None and not 0.0 <= ema_decay < 1.0:
            raise ValueError(f"`ema_decay` must be None or in [0, 1). Received: `ema_decay={ema_decay}`.")
        self.prior = latents.check_prior(prior)
        self.seed = seed
        self.ema_decay = ema_decay
        for network_name, network in networks.items():
            self._check_network(network_name, network)
            setattr(self, network_name, network)
        averaged = self.averaged if ema_decay is not None else ()
        self._averaged = tuple(name for player in averaged for name in self.players[player])
        for network_name in self._averaged:
            setattr(self, f"ema_{network_name}", _copy(networks[network_name]))
        self.step_counter = keras.Variable(
            0, dtype="int64", trainable=False, aggregation="only_first_replica", name="step"
        )
        self.trackers = {name: keras.metrics.Mean(name=name) for name in (*(self.tested or ()), *self.reported)}
        self.gradient_accumulation_steps = 1
        # The networks arrive built. Said aloud, or `fit` would build the model by calling it on an image.
        self.built = True

    # === What a user calls ===

    @property
    def networks(self):
        """Dict from name to network, those of all players."""
        return {name: getattr(self, name) for names in self.players.values() for name in names}

    @property
    def sampler(self):
        """The network that `sample` and exports use: the moving average of the generator where there is one."""
        return self.average(self.sampler_name)

    def average(self, name):
        """The network of a name as it is used outside of training: its moving average where there is one."""
        return getattr(self, f"ema_{name}" if name in self._averaged else name)

    @property
    def state(self):
        """Dict from name to variable of everything that training changes: what a checkpoint must hold.

        Networks and averages (with normalisation statistics and seed generators), the step, optimizers, running means,
        and every `keras.Variable` that a variant keeps as an attribute. Names are unique and stable.
        """
        groups = {"model": self.variables, "metrics": [v for t in self.trackers.values() for v in t.variables]}
        if self.compiled:
            groups |= {f"{player}_optimizer": getattr(self, f"{player}_optimizer").variables for player in self.players}
        return {
            f"{group}/{index:04d}/{variable.path}": variable
            for group, variables in groups.items()
            for index, variable in enumerate(variables)
        }

    @property
    def latent_dim(self):
        """Width of the latent vectors; a model without them does not have this attribute."""
        shape = classes.input_named(self.sampler, "z").shape
        if len(shape) != 2:
            raise AttributeError(
                f"{type(self).__name__} makes nothing of latent vectors: its generator takes {tuple(shape)}. A model "
                "that takes pictures has `translate`."
            )
        return shape[-1]

    @property
    def takes_labels(self):
        """Whether samples are made for a class: whether the generator has an input named `label`."""
        return classes.takes_labels(self.sampler)

    def compile(
        self,
        generator_optimizer=None,
        discriminator_optimizer=None,
        *,
        gradient_accumulation_steps=1,
        **kwargs,
    ):
        """Configures training.

        Learning-rate schedules belong into the optimizers: Keras callbacks such as `LearningRateScheduler` look for a
        single `model.optimizer`, which an adversarial model does not have. Likewise `TerminateOnNaN` looks for a single
        `loss`; `tfgan_zoo.callbacks.NonFiniteGuard` watches them all.

        Args:
            generator_optimizer: Keras optimizer or its name; None for the paper's.
            discriminator_optimizer: Keras optimizer or its name; None for the paper's.
            gradient_accumulation_steps: int >= 1, parts into which a batch is cut to save memory. The gradients are
                averaged before the one update, so the step is that of the whole batch, except where something looks
                at a batch as a whole or draws for it: batch statistics, relativistic averages, label noise, and the
                points of random penalties.
            **kwargs: `run_eagerly`, `steps_per_execution` and `jit_compile`, as in `keras.Model.compile`.
                `jit_compile` is off by default: XLA slows these steps on CPUs.

        Raises:
            ValueError: if one optimizer serves two players, or an argument is unknown.
        """
        given = {"generator": generator_optimizer, "discriminator": discriminator_optimizer}
        unknown = sorted(set(kwargs) - {"run_eagerly", "steps_per_execution", "jit_compile"})
        if unknown:
            raise ValueError(
                f"`compile` takes optimizers, `gradient_accumulation_steps`, `run_eagerly`, `steps_per_execution` and "
                f"`jit_compile`; losses and metrics belong to the model. Received: {unknown}."
            )
        if gradient_accumulation_steps < 1:
            raise ValueError(
                "`gradient_accumulation_steps` must be at least 1. Received: "
                f"`gradient_accumulation_steps={gradient_accumulation_steps}`."
            )
        if generator_optimizer is not None and generator_optimizer is discriminator_optimizer:
            raise ValueError(
                "`generator_optimizer` and `discriminator_optimizer` must be two objects, because an optimizer keeps "
                "the moments of the variables it moves. Pass a second one of the same settings."
            )
        self.gradient_accumulation_steps = gradient_accumulation_steps
        with self.distribute_strategy.scope():
            super().compile(optimizer="sgd", **{"jit_compile": False, **kwargs})
            self.optimizer = None  # There are several; see above.
            for player in self.players:
                setattr(self, f"{player}_optimizer", self._ready_optimizer(player, given[player]))

    def fit(self, x=None, y=None, *, batch_size=None, shuffle=True, validation_data=None, **kwargs):
        """Trains, as `keras.Model.fit` does; every batch is checked before a step sees it.

        Args:
            x: `tf.data.Dataset` of batches, as the variant takes them, or arrays. Images are floats in [-1, 1].
            y: labels for arrays of a label-conditioned model.
            batch_size: int, for arrays only; 32 when None. A last, smaller batch is dropped.
            shuffle: bool, for arrays only.
            validation_data: like `x`; its losses are reported with the prefix `val_`.
            **kwargs: all other arguments of `keras.Model.fit`.

        Returns:
            A `keras.callbacks.History`.

        Raises:
            ValueError: if the data does not suit the model; the message says what to do.
        """
        if not self.compiled:
            raise ValueError("`compile` must be called before `fit`: `gan.compile()` takes the paper's optimizers.")
        before = int(self.step_counter.numpy())
        data = self._checked(x, y, batch_size, shuffle)
        if validation_data is not None:
            validation_data = self._checked_test(validation_data, None, batch_size)
        with _own_errors():
            # `shuffle` is done: Keras would warn that it cannot shuffle a dataset.
            history = super().fit(data, shuffle=False, validation_data=validation_data, **kwargs)
        if int(self.step_counter.numpy()) == before and kwargs.get("epochs", 1) > kwargs.get("initial_epoch", 0):
            raise ValueError("The dataset is empty: it gave no batch, so nothing was trained. Check its source.")
        return history

    def evaluate(self, x=None, y=None, *, batch_size=None, **kwargs):
        """Reports the losses on other data, as `keras.Model.evaluate` does, with the checks of `fit`.

        Args:
            x: `tf.data.Dataset` of batches or arrays, as for `fit`.
            y: labels for arrays of a label-conditioned model.
            batch_size: int, for arrays only; 32 when None. A last, smaller batch is left out, except by a classifier,
                which judges every sample.
            **kwargs: all other arguments of `keras.Model.evaluate`.

        Returns:
            The reported scalars: a list in the order of their names in the class, or a dict with `return_dict=True`.

        Raises:
            ValueError: if the data does not suit the model.
        """
        # Keras evaluates the validation data of `fit` through this method too; `fit` has checked them.
        if not kwargs.get("_use_cached_eval_dataset"):
            x, y = self._checked_test(x, y, batch_size), None
        as_dict = kwargs.pop("return_dict", False)
        with _own_errors():
            results = super().evaluate(x, y, return_dict=True, **kwargs)
        # Keras would put them in the order of all metrics, of which it has a "loss" of its own.
        return results if as_dict else [results[name] for name in self.tested or self.reported]

    def predict(self, x, batch_size=None, **kwargs):
        """What the model gives for other inputs, batch by batch, as `keras.Model.predict` does; of an array, or a dict
        of arrays, every row on any number of replicas.

        Args:
            x: what `call` takes: an array, or a dict of arrays by the names of inputs; or what else Keras allows.
            batch_size: int, for arrays only; 32 when None. On several replicas a multiple of their number.
            **kwargs: all other arguments of `keras.Model.predict`.

        Returns:
            Array, or a structure of arrays, with as many rows as `x`.

        Raises:
            ValueError: if the arrays are empty, of different lengths, or `batch_size` is no multiple of the replicas.
        """
        if not all(isinstance(part, (np.ndarray, tf.Tensor)) for part in (x.values() if isinstance(x, dict) else [x])):
            return super().predict(x, batch_size=batch_size, **kwargs)
        count = self.distribute_strategy.num_replicas_in_sync
        if count == 1:
            dataset = as_dataset(x, None, batch_size, False, self.seed, drop_remainder=False)
            return super().predict(without_autotuner(dataset), **kwargs)
        if (batch_size or 32) % count:
            raise ValueError(
                f"`batch_size` must be a multiple of {count}, because {count} replicas share a batch. Received: "
                f"`batch_size={batch_size or 32}`."
            )
        dataset, _ = filled_dataset(x, None, batch_size)  # Keras fails where a replica gets nothing.
        num = len(keras.tree.flatten(x)[0])
        results = super().predict(without_autotuner(dataset), **kwargs)
        return keras.tree.map_structure(lambda result: result[:num], results)

    def sample(self, num=16, *, labels=None, seed=0, z=None, batch_size=256):
        """Generates samples.

        Args:
            num: int >= 1, how many; ignored when `z` is given.
            labels: for a model that `takes_labels`: ints in [0, num_classes) of shape (num,), or one int for all
                samples. None goes round the classes: 0, 1, 2 and so on, again and again.
            seed: int. Sample i depends on (seed, i) and its label alone.
            z: float array of shape (num, latent_dim), latent vectors to use instead.
            batch_size: int >= 1, how many at once.

        Returns:
            float32 array of shape (num, height, width, channels), in [-1, 1].

        Raises:
            ValueError: if `z` has another width, or the labels are out of range, of another number, or not wanted.
        """
        if z is None:
            z = latents.sample(num, self.latent_dim, prior=self.prior, seed=seed)
        z = tf.convert_to_tensor(z, tf.float32)
        if z.shape.rank != 2 or z.shape[1] != self.latent_dim:
            raise ValueError(
                f"`z` must have shape (num, {self.latent_dim}), the width that the generator takes. "
                f"Received: shape {tuple(z.shape)}."
            )
        if labels is not None and not self.takes_labels:
            raise ValueError(f"`labels` must be None: the generator takes none. Received: `labels={labels!r}`.")
        if self.takes_labels:
            labels = tf.constant(classes.chosen(labels, z.shape[0], self.num_classes))
        rows = [slice(i, i + batch_size) for i in range(0, z.shape[0], batch_size)]
        parts = [self._generate(z[i], None if labels is None else labels[i]) for i in rows]
        return tf.concat(parts, axis=0).numpy()

    def call(self, inputs, training=False):
        return getattr(self, self.predictor_name)(inputs, training=training)

    # === What a train_step is written with ===

    def default_optimizer(self, player):
        """Returns the paper's optimizer for a player; each variant names its own."""
        raise NotImplementedError(f"{type(self).__name__} must define `default_optimizer(player)`.")

    def train_step(self, data):
        raise NotImplementedError(f"{type(self).__name__} must define `train_step(data)`, its paper's algorithm.")

    @property
    def batches_per_step(self):
        """Number of fresh batches that one `train_step` takes; a variant with k discriminator steps says k."""
        return 1

    def rounds(self, data):
        """Cuts what `fit` hands to a step into its `batches_per_step` fresh batches, tuples where it is one."""
        if not isinstance(data, tuple):
            return strided(data, self.batches_per_step)
        return list(zip(*(strided(part, self.batches_per_step) for part in data), strict=True))

    def parts(self, *tensors):
        """Cuts a batch into the parts of gradient accumulation, a list of tuples; usually one part."""
        count = self.gradient_accumulation_steps
        return list(zip(*(strided(tensor, count) for tensor in tensors), strict=True))

    def draw_seed(self, purpose, index=0):
        """Seed of one random draw: int64 of shape (2,), a function of (seed, step, purpose, index) alone."""
        seed = tf.stack([tf.constant(self.seed, tf.int64), tf.cast(self.step_counter.value, tf.int64)])
        salt = zlib.crc32(f"{purpose}/{index}".encode()) & 0x7FFFFFFF
        return tf.random.experimental.stateless_fold_in(seed, salt)

    def draw_latents(self, like, index=0):
        """Latent vectors for as many samples as `like` holds, float32 of shape (batch, latent_dim)."""
        seed = self.draw_seed("latents", index)
        shape = (tf.shape(like)[0], self.latent_dim)
        return replicas.draw(lambda shape, seed: latents.draw(shape, seed, self.prior), shape, seed)

    def generate(self, z, labels=None):
        """Generator's output in training mode; with labels for a generator that takes them."""
        return self.generator(classes.with_labels("z", z, labels), training=True)

    def critique(self, images, labels=None):
        """Discriminator's logits in training mode; with labels for a discriminator that takes them."""
        return self.discriminator(classes.with_labels("image", images, labels), training=True)

    def in_one_pass(self, function, *batches):
        """Applies a function of images to several batches of one size at once, and returns its result for each.

        They then share the batch statistics of the networks that have any. Sample i of every batch lies beside sample i
        of the others: replicas hold contiguous shares of the global batch, so the rows they pass on are those that one
        device would have passed on.
        """
        rows = tf.stack(batches, axis=1)
        together = tf.reshape(rows, tf.concat([[-1], tf.shape(rows)[2:]], axis=0))
        outputs = function(tf.ensure_shape(together, (None, *batches[0].shape[1:])))
        if isinstance(outputs, (list, tuple)):
            return list(zip(*(strided(output, len(batches)) for output in outputs), strict=True))
        return strided(outputs, len(batches))

    def update(self, player):
        """Context in which one optimizer step of a player is collected, see `Update`."""
        networks = [getattr(self, name) for name in self.players[player]]
        return Update(getattr(self, f"{player}_optimizer"), networks, self.gradient_accumulation_steps)

    def report(self, weights=None, **values):
        """Adds per-sample values of shape (batch, ...) to the running means that `fit` shows, weighted if asked."""
        for name, value in values.items():
            self.trackers[name].update_state(value, weights)

    def report_logits(self, real_logits, fake_logits, undecided=0.0):
        """Reports the mean logits and how often they lie on the right side of the undecided one."""
        self.report(
            real_logits=real_logits,
            fake_logits=fake_logits,
            real_accuracy=tf.cast(real_logits > undecided, tf.float32),
            fake_accuracy=tf.cast(fake_logits < undecided, tf.float32),
        )

    def finish_step(self):
        """Ends a step: moves the averages, counts, and returns the reported scalars."""
        for name in self._averaged:
            self._move_average(getattr(self, f"ema_{name}"), getattr(self, name))
        results = self.results()
        # Without the dependency the counter would also move in a step that finds no data, at the end of a dataset.
        with tf.control_dependencies(list(results.values())):
            self.step_counter.assign_add(1)
        return results

    def results(self, names=None):
        """The running means by name, the reported ones by default, as Keras can reduce them over workers."""
        results = {name: self.trackers[name].result() for name in names or self.reported}
        if _on_several_machines(self.distribute_strategy):
            # Keras (checked up to 3.15) reduces the results of several workers along their first axis: give them one.
            return {name: tf.reshape(result, (1,)) for name, result in results.items()}
        return results

    # === Plumbing ===

    def get_config(self):
        names = _arguments(type(self).__init__)
        config = {name: keras.saving.serialize_keras_object(getattr(self, name)) for name in names}
        return {**config, "name": self.name}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**keras.saving.deserialize_keras_object(config, custom_objects=custom_objects))

    def get_compile_config(self):
        if not self.compiled:
            return None
        optimizers = {f"{player}_optimizer": getattr(self, f"{player}_optimizer") for player in self.players}
        return {
            **{name: keras.saving.serialize_keras_object(value) for name, value in optimizers.items()},
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
            "run_eagerly": self.run_eagerly,
            "steps_per_execution": self.steps_per_execution,
            "jit_compile": self.jit_compile,
        }

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        # Keras (checked up to 3.15) builds unbuilt models and metrics from a first batch, and fails on one that is
        # spread over several machines. Here everything arrives built, so there is nothing to do.
        return

    @staticmethod
    def check_adversaries(generator, discriminator):
        """Refuses a generator whose output is not the discriminator's input, and half-precision outputs."""
        made, taken = generator.output_shape, classes.input_named(discriminator, "image").shape
        if made[1:] != taken[1:]:
            raise ValueError(
                "The generator's output must be the discriminator's input. Received: generator.output_shape="
                f"{made}, discriminator.input_shape={taken}. Build both for one image shape."
            )
        AbstractGAN.check_outputs(generator=generator, discriminator=discriminator)

    @staticmethod
    def check_outputs(**networks):
        """Refuses networks with half-precision outputs."""
        for name, network in networks.items():
            for output in network.outputs:
                if output.dtype != "float32":
                    raise ValueError(
                        f"`{name}` must return float32, also under mixed precision, because losses and penalties are "
                        f"computed from it. Received: {output.dtype}. End it with "
                        '`keras.layers.Activation("linear", dtype="float32")`.'
                    )

    def _check_network(self, name, network):
        if not isinstance(network, keras.Model) or not network.built:
            raise ValueError(
                f"`{name}` must be a built `keras.Model`. Received: {network!r}. Start it with `keras.Input(...)`, or "
                "call it once on a batch."
            )
        outside = [v.path for v in network.variables if not _created_here(self.distribute_strategy, v)]
        if outside:
            raise ValueError(
                f"`{name}` was built outside of the `strategy.scope()` that this model is made in, so its variables "
                f"(such as {outside[0]!r}) live on one device only. Build the networks inside of the same scope."
            )

    def _ready_optimizer(self, player, optimizer):
        """Resolves, wraps and builds an optimizer. Built lazily, its slots could not be made inside of a replica."""
        optimizer = self.default_optimizer(player) if optimizer is None else keras.optimizers.get(optimizer)
        if optimizer._distribution_strategy is not self.distribute_strategy:
            raise ValueError(
                f"`{player}_optimizer` was made outside of the `strategy.scope()` that this model was made in. Make "
                "the optimizers inside of the same scope."
            )
        networks = [getattr(self, name) for name in self.players[player]]
        half = any(layer.compute_dtype == "float16" for network in networks for layer in network.layers)
        if half and not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
        optimizer.build([variable for network in networks for variable in network.trainable_variables])
        return fuse(optimizer)

    def _checked(self, x, y, batch_size, shuffle):
        if x is None:
            raise ValueError("`x` must be a `tf.data.Dataset` or an array of samples. Received: `x=None`.")
        if isinstance(x, tuple) and len(x) == len(self.batch_parts) == 2 and y is None:
            x, y = x
        count = self.distribute_strategy.num_replicas_in_sync
        k, parts = self.batches_per_step, self.gradient_accumulation_steps
        why = f"because a step takes {k} fresh batches on {count} replicas in {parts} parts each"
        check = BatchCheck(self._sample_shape(), self.batch_parts, k * count * parts, why, count, self.num_classes)
        return check.dataset(as_dataset(x, y, batch_size, shuffle, self.seed))

    def _checked_test(self, x, y, batch_size):
        if self.test_parts is None:
            return self._checked(x, y, batch_size, False)
        if isinstance(x, tuple) and len(x) == 2 and y is None:
            x, y = x
        count = self.distribute_strategy.num_replicas_in_sync
        why = f"because {count} replicas share it"
        check = BatchCheck(self._sample_shape(), self.test_parts, count, why, count, self.num_classes)
        if count == 1:
            return check.dataset(as_dataset(x, y, batch_size, False, self.seed, drop_remainder=False))
        dataset, weights = filled_dataset(x, y, batch_size)  # Replicas share whole batches only.
        checked = check.dataset(dataset)
        if weights is None:
            return checked
        return tf.data.Dataset.zip((checked, weights)).map(lambda batch, weights: (*batch, weights))

    def _sample_shape(self):
        return self.sampler.output_shape[1:]

    @property
    def _generate(self):
        """`sampler` as a compiled function, made once for each sampler."""
        if getattr(self, "_generate_function", None) is None:
            self._generate_function = tf.function(
                lambda z, labels: self.sampler(classes.with_labels("z", z, labels), training=False),
                reduce_retracing=True,
                autograph=False,
            )
        return self._generate_function

    def _move_average(self, average, network):
        step = tf.cast(self.step_counter.value, tf.float32)
        rate = 1.0 - tf.minimum(self.ema_decay, (1.0 + step) / (10.0 + step))
        for mean, weight in zip(average.weights, network.weights, strict=True):
            share = tf.cast(rate, mean.dtype) if weight.trainable else tf.ones((), mean.dtype)
            mean.assign_add(share * (tf.cast(weight.value, mean.dtype) - mean.value))


@contextlib.contextmanager
def _own_errors():
    """Raises what a check found inside of a data pipeline as the `ValueError` that it is."""
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        message = own_message(error)
        if message is None:
            raise
        raise ValueError(message) from None


def _arguments(function):
    """Names of the constructor arguments that are configuration."""
    return [name for name in inspect.signature(function).parameters if name not in ("self", "name", "networks")]


def _copy(network):
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    copy.trainable = False
    return copy


def _created_here(strategy, variable):
    return strategy.extended.variable_created_in_scope(variable.value)


def _on_several_machines(strategy):
    return isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)
