"""The table of tiny instances: one row for every public model, network, layer and augmentation.

A row is all that a new class needs to be held to every contract. `test_coverage` fails when one is missing.
"""

import dataclasses
import functools
import types
from collections.abc import Callable, Mapping

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgan_zoo as zoo

STEPS_PER_EPOCH = 3
BATCH = 8


@dataclasses.dataclass(frozen=True, eq=False)
class Row:
    """A tiny instance and what it takes.

    Attributes:
        covers: the public class or function that the row stands for.
        kind: "model", "network", "layer" or "augmentation".
        make: for a model, function of `dropout`, the share to drop in its discriminators (ignored where the network
            has none), to the model, not compiled; for the others, function of nothing to the object.
        batch: function of a size to what one call (networks, layers) or one batch of `fit` (models) takes: a float32
            array, or several: a tuple for `fit`, a list for a call.
        exempt: contract -> the reason why it does not apply. A contract is the name of its file without `test_`.
    """

    covers: Callable
    kind: str
    make: Callable
    batch: Callable[[int], np.ndarray | tuple | list]
    exempt: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def name(self):
        """Name within the package, such as `networks.dcgan.generator`."""
        module = self.covers.__module__.removeprefix("tfgan_zoo.")
        return f"{module}.{self.covers.__name__}"


def uniform(*shape):
    """Function of a size to a batch of samples in [-1, 1], no two of them alike."""
    return lambda size: np.random.default_rng(7).uniform(-1.0, 1.0, (size, *shape)).astype("float32")


def _gan(dropout=0.0):
    return zoo.models.GAN(
        zoo.networks.mlp.generator((3, 2, 1), latent_dim=4, units=(6, 5)),
        zoo.networks.mlp.discriminator((3, 2, 1), units=(5, 4), pieces=3, input_dropout=0.0, dropout=dropout),
        discriminator_steps=2,
        adversarial_loss=zoo.losses.AdversarialLoss("minimax", label_smoothing=0.1, label_noise=0.2),
        penalty="gradient_penalty",
        penalty_weight=0.5,
        prior="sphere",
        seed=3,
        ema_decay=0.9,
        name="first",
    )


def _dcgan(dropout=0.0):
    return zoo.models.DCGAN(
        zoo.networks.dcgan.generator((16, 8, 2), latent_dim=4, base_channels=3),
        zoo.networks.dcgan.discriminator((16, 8, 2), base_channels=3, dropout=dropout),
        adversarial_loss="relativistic_average",
        prior="normal",
        seed=5,
        ema_decay=0.99,
        name="second",
    )


ROWS = (
    Row(zoo.models.GAN, "model", _gan, uniform(3, 2, 1)),
    Row(zoo.models.DCGAN, "model", _dcgan, uniform(16, 8, 2)),
    Row(
        zoo.networks.mlp.generator,
        "network",
        lambda: zoo.networks.mlp.generator((3, 2, 1), latent_dim=4, units=(6, 5)),
        uniform(4),
    ),
    Row(
        zoo.networks.mlp.discriminator,
        "network",
        lambda: zoo.networks.mlp.discriminator((3, 2, 1), units=(5, 4), pieces=3),
        uniform(3, 2, 1),
    ),
    Row(
        zoo.networks.dcgan.generator,
        "network",
        lambda: zoo.networks.dcgan.generator((16, 8, 2), latent_dim=4, base_channels=3),
        uniform(4),
    ),
    Row(
        zoo.networks.unet.generator,
        "network",
        lambda: zoo.networks.unet.generator((8, 16, 2), output_channels=1, base_channels=2),
        uniform(8, 16, 2),
    ),
    Row(
        zoo.networks.patch.discriminator,
        "network",
        lambda: zoo.networks.patch.discriminator((8, 10, 2), receptive_field=16, base_channels=2),
        uniform(8, 10, 2),
    ),
    Row(
        zoo.networks.residual_translator.generator,
        "network",
        lambda: zoo.networks.residual_translator.generator((8, 12, 2), blocks=1, base_channels=2),
        uniform(8, 12, 2),
    ),
    Row(
        zoo.networks.dcgan.discriminator,
        "network",
        lambda: zoo.networks.dcgan.discriminator((16, 8, 2), base_channels=3, dropout=0.3),
        uniform(16, 8, 2),
    ),
    Row(
        zoo.layers.FusedBatchNormalization,
        "layer",
        lambda: zoo.layers.FusedBatchNormalization(momentum=0.7, epsilon=0.1, synchronized=True, scale=False),
        uniform(5, 4, 3),
    ),
    Row(zoo.layers.GaussianNoise, "layer", lambda: zoo.layers.GaussianNoise(0.3, seed=5), uniform(4)),
    Row(
        zoo.layers.WeightNormalization,
        "layer",
        lambda: zoo.layers.WeightNormalization(
            keras.layers.Conv2D(4, 2, use_bias=False), activation="relu", train_scale=False
        ),
        uniform(4, 3, 2),
    ),
    Row(zoo.layers.ReflectionPadding2D, "layer", lambda: zoo.layers.ReflectionPadding2D(2), uniform(4, 5, 2)),
    Row(
        zoo.layers.ConditionalBatchNormalization,
        "layer",
        lambda: zoo.layers.ConditionalBatchNormalization(5, momentum=0.7, epsilon=0.1, synchronized=True),
        lambda size: [uniform(5, 4, 3)(size), np.arange(size) % 5],
    ),
    Row(
        zoo.layers.MeanPoolConv2D,
        "layer",
        lambda: zoo.layers.MeanPoolConv2D(4, 3, activation="tanh"),
        uniform(4, 6, 3),
    ),
    Row(zoo.layers.UpsampleConv2D, "layer", lambda: zoo.layers.UpsampleConv2D(4, 3, use_bias=False), uniform(3, 2, 3)),
    Row(
        zoo.layers.MinibatchDiscrimination,
        "layer",
        lambda: zoo.layers.MinibatchDiscrimination(3, 2, kernel_initializer="ones"),
        uniform(4),
    ),
    Row(
        zoo.layers.SpectralNormalization,
        "layer",
        lambda: zoo.layers.SpectralNormalization(keras.layers.Conv2D(3, 2), power_iterations=2),
        uniform(4, 3, 2),
    ),
    Row(zoo.layers.Maxout, "layer", lambda: zoo.layers.Maxout(4, pieces=3, bias_initializer="ones"), uniform(5)),
)


# --- What must stand in the table


def public_objects():
    """Every public class or function that must have a row, each with its kind."""
    objects = {model: "model" for model in _public(zoo.models) if not model.__name__.startswith("Abstract")}
    objects.update((layer, "layer") for layer in _public(zoo.layers))
    for family in _public(zoo.networks):
        objects.update((function, "network") for function in _public(family))
    augment = getattr(zoo, "augment", None)
    if augment is not None:
        objects.update((item, "augmentation") for item in _public(augment) if not item.__name__.startswith("Abstract"))
    return objects


def _public(module):
    members = [getattr(module, name) for name in module.__all__]
    return [member for member in members if callable(member) or isinstance(member, types.ModuleType)]


# --- What the contracts are written with


def rows(contract, *kinds):
    """Parametrization over the rows of some kinds; exempt ones are shown as skipped, with the reason."""
    marks = {row: pytest.mark.skip(reason=row.exempt[contract]) for row in ROWS if contract in row.exempt}
    chosen = [pytest.param(row, id=row.name, marks=marks.get(row, ())) for row in ROWS if row.kind in kinds]
    return pytest.mark.parametrize("row", chosen)


def dataset(row, steps, *, size=BATCH):
    """Dataset of `steps` different batches for the row's model."""
    data = tf.data.Dataset.from_tensor_slices(row.batch(steps * size))
    return data.batch(size, drop_remainder=True)


def compiled(row, *, dropout=0.0, sgd=None):
    """The row's model, compiled with the paper's optimizers, or all with SGD of one learning rate."""
    gan = row.make(dropout)
    players = gan.players if sgd else ()
    gan.compile(**{f"{player}_optimizer": keras.optimizers.SGD(sgd) for player in players})
    return gan


def state(gan):
    """Values of all that training changes, in the order of `gan.state`."""
    return [np.array(variable.numpy()) for variable in gan.state.values()]


def restore(gan, values):
    """Gives a model the state of another of the same row."""
    for variable, value in zip(gan.state.values(), values, strict=True):
        variable.assign(value)


def call_inputs(network, size):
    """Normal inputs for a functional network, one array or a list; integer inputs count up from zero."""
    rng = np.random.default_rng(11)
    arrays = []
    for tensor in network.inputs:
        shape = (size, *tensor.shape[1:])
        integer = "int" in str(tensor.dtype)
        arrays.append(np.arange(np.prod(shape)).reshape(shape) if integer else rng.normal(size=shape))
        arrays[-1] = arrays[-1].astype(tensor.dtype)
    return arrays[0] if len(arrays) == 1 else arrays


def network(row):
    """The part of a row that is called and exported: the sampler of a model, a layer wrapped into a network."""
    if row.kind == "model":
        return trained(row).gan.sampler
    made = row.make()
    if row.kind == "layer":
        inputs = keras.tree.map_structure(lambda x: keras.Input(x.shape[1:], dtype=x.dtype.name), row.batch(1))
        made = keras.Model(inputs, made(inputs))
    enliven(made)
    return made


def enliven(network):
    """Gives every weight a value that shows in the output: initial ones are zeros, ones, or small."""
    rng = np.random.default_rng(13)
    for variable in network.weights:
        fan_in = np.prod(variable.shape[:-1]) if len(variable.shape) > 1 else 4
        values = rng.normal(0.0, fan_in**-0.5, variable.shape)
        variable.assign(np.abs(values) + 0.5 if "variance" in variable.path else values)


@dataclasses.dataclass(frozen=True, eq=False)
class Trained:
    """A trained model that contracts share and must not change, and its state after each of two epochs."""

    gan: keras.Model
    after_first_epoch: list
    after_second_epoch: list
    traces: list


@functools.cache
def trained(row):
    """Trains the row's model, with dropout, for two epochs without interruption. Made once for all contracts."""
    keras.utils.set_random_seed(1)
    gan, traces = compiled(row, dropout=0.4), []
    for name, part in gan.networks.items():
        enliven(part)
        getattr(gan, f"ema_{name}", part).set_weights(part.get_weights())
    step = gan.train_step
    gan.train_step = lambda data: traces.append(1) or step(data)
    epochs = []
    snapshot = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: epochs.append(state(gan)))
    data = dataset(row, 2 * STEPS_PER_EPOCH)
    gan.fit(data, epochs=2, steps_per_epoch=STEPS_PER_EPOCH, callbacks=[snapshot], verbose=0)
    return Trained(gan, *epochs, traces)
