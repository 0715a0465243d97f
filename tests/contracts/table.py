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
        tied: arguments that the networks fix, so that no other value is accepted.
        exempt: contract -> the reason why it does not apply. A contract is the name of its file without `test_`.
        thorough: whether tracing its step takes so long that contracts which run the step are for thorough runs alone.
    """

    covers: Callable
    kind: str
    make: Callable
    batch: Callable[[int], np.ndarray | tuple | list]
    tied: tuple = ()
    exempt: Mapping[str, str] = dataclasses.field(default_factory=dict)
    thorough: bool = False

    @property
    def name(self):
        """Name within the package, such as `networks.dcgan.generator`."""
        module = self.covers.__module__.removeprefix("tfgan_zoo.")
        return f"{module}.{self.covers.__name__}"


def uniform(*shape):
    """Function of a size to a batch of samples in [-1, 1], no two of them alike."""
    return lambda size: np.random.default_rng(7).uniform(-1.0, 1.0, (size, *shape)).astype("float32")


def together(*shapes):
    """Function of a size to a tuple of batches, for what takes several inputs."""
    return lambda size: tuple(uniform(*shape)(size) for shape in shapes)


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


def pair(one, other):
    """Function of a size to a batch of two parts, each a function of a size."""
    return lambda size: (one(size), -other(size))


def _pix2pix(dropout=0.0):
    return zoo.models.Pix2Pix(
        zoo.networks.unet.generator((8, 8, 1), output_channels=2, base_channels=2, dropout=dropout),
        zoo.networks.patch.discriminator((8, 8, 3), receptive_field=16, base_channels=2),
        adversarial_loss="least_squares",
        l1_weight=5.0,
        seed=6,
        ema_decay=0.9,
        name="pairs",
    )


def _cycle_gan(dropout=0.0):
    generators = [
        zoo.networks.unet.generator((8, 8, taken), output_channels=made, base_channels=2, dropout=dropout)
        for taken, made in ((1, 2), (2, 1))
    ]
    discriminators = [
        zoo.networks.patch.discriminator((8, 8, channels), receptive_field=16, base_channels=2) for channels in (1, 2)
    ]
    # Normalised maps of a few small weights have gradients beyond float16; those of networks of real width have not.
    for part in (*generators, *discriminators):
        enliven(part)
    return zoo.models.CycleGAN(
        *generators,
        *discriminators,
        cycle_weight=5.0,
        identity_weight=0.0,
        pool_size=10,
        seed=7,
        ema_decay=0.9,
        name="circle",
    )


def _semi_supervised(*shape):
    """Function of a size to labelled images, labels of five classes, and unlabelled images."""
    return lambda size: (uniform(*shape)(size), np.arange(size) % 5, np.flip(uniform(*shape)(size), axis=0))


def _feature_matching_gan(dropout=0.0):
    return zoo.models.FeatureMatchingGAN(
        zoo.networks.feature_matching.generator((3, 2, 1), latent_dim=4, units=(6, 5)),
        zoo.networks.feature_matching.discriminator((3, 2, 1), 5, units=(7, 6, 4)),
        unlabelled_weight=0.5,
        prior="normal",
        seed=3,
        ema_decay=0.9,
        name="matching",
    )


def _sgan(dropout=0.0):
    return zoo.models.SGAN(
        zoo.networks.mlp.generator((6, 5, 1), latent_dim=4, units=(6,)),
        zoo.networks.sgan.discriminator((6, 5, 1), 5, channels=(3, 4), dropout=dropout),
        prior="sphere",
        seed=3,
        ema_decay=0.9,
        name="classes",
    )


def _progan(dropout=0.0):
    return zoo.models.ProGAN(
        zoo.networks.progressive.generator((8, 8, 1), latent_dim=3, channel_base=16, channel_max=3),
        zoo.networks.progressive.discriminator(
            (8, 8, 1), channel_base=16, channel_max=3, group_size=2, dropout=dropout
        ),
        phase_steps=(0, 100),
        batch_divisors={8: 2},
        penalty_weight=2.0,
        drift_weight=0.1,
        prior="uniform",
        seed=3,
        ema_decay=0.9,
        name="growing",
    )


def _stylegan(dropout=0.0):
    return zoo.models.StyleGAN(
        zoo.networks.style.mapping(3, style_dim=3, depth=1, lr_multiplier=0.5),
        zoo.networks.style.synthesis((8, 8, 1), style_dim=3, channel_base=16, channel_max=3),
        zoo.networks.progressive.discriminator((8, 8, 1), channel_base=16, channel_max=3, blur=True, dropout=dropout),
        phase_steps=(0, 100),
        r1_gamma=1.0,
        mixing=0.5,
        truncation=0.7,
        prior="uniform",
        seed=3,
        ema_decay=0.9,
        name="styled",
    )


def _stylegan2(dropout=0.0):
    return zoo.models.StyleGAN2(
        zoo.networks.style2.mapping(3, style_dim=3, depth=1, lr_multiplier=0.5),
        zoo.networks.style2.synthesis((8, 8, 1), style_dim=3, channel_base=16, channel_max=3),
        zoo.networks.style2.discriminator((8, 8, 1), channel_base=16, channel_max=3, dropout=dropout),
        r1_gamma=1.0,
        r1_interval=3,
        path_length_weight=0.5,
        path_length_interval=2,
        mixing=0.5,
        truncation=0.7,
        seed=3,
        ema_decay=0.9,
        name="modulated",
    )


def labelled(batch, kind=tuple):
    """The same with labels of five classes beside the samples: in a tuple for `fit`, in a list for a call."""
    return lambda size: kind((batch(size), np.arange(size, dtype="int32") % 5))


def joined(network):
    """A network of several outputs as one of a single output, which is what contracts compare."""
    outputs = keras.layers.Concatenate(dtype="float32", name="joined")(network.outputs)
    return keras.Model(network.input, outputs, name=network.name)


def _conditional_gan(dropout=0.0):
    sizes = {"num_classes": 5, "label_units": 4, "units": 5, "dropout": dropout}
    return zoo.models.ConditionalGAN(
        zoo.networks.mlp.conditional_generator((3, 2, 1), latent_dim=4, latent_units=6, **sizes),
        zoo.networks.mlp.conditional_discriminator((3, 2, 1), sample_units=6, **sizes),
        num_classes=5,
        adversarial_loss=zoo.losses.AdversarialLoss("minimax", label_noise=0.2),
        penalty="gradient_penalty",
        penalty_weight=0.5,
        seed=3,
        ema_decay=0.9,
        name="conditional",
    )


def _acgan(dropout=0.0):
    sizes = {"num_classes": 5, "base_channels": 3}
    return zoo.models.ACGAN(
        zoo.networks.dcgan.conditional_generator((8, 8, 2), latent_dim=4, label_dim=3, **sizes),
        zoo.networks.dcgan.auxiliary_discriminator((8, 8, 2), dropout=dropout, **sizes),
        num_classes=5,
        class_loss_weight=0.5,
        prior="uniform",
        seed=4,
        ema_decay=0.9,
        name="auxiliary",
    )


def _projection_gan(dropout=0.0):
    return zoo.models.ProjectionGAN(
        zoo.networks.resnet.generator((8, 8, 2), latent_dim=4, num_classes=5, width=3),
        zoo.networks.resnet.discriminator((8, 8, 2), num_classes=5, width=3, dropout=dropout),
        num_classes=5,
        discriminator_steps=1,  # Of several: the row of GAN, in graphs of a tenth of the size.
        adversarial_loss="non_saturating",
        seed=6,
        ema_decay=0.9,
        name="projection",
    )


ROWS = (
    Row(zoo.models.ConditionalGAN, "model", _conditional_gan, labelled(uniform(3, 2, 1)), tied=("num_classes",)),
    Row(zoo.models.ACGAN, "model", _acgan, labelled(uniform(8, 8, 2)), tied=("num_classes",)),
    Row(
        zoo.models.ProjectionGAN,
        "model",
        _projection_gan,
        labelled(uniform(8, 8, 2)),
        tied=("num_classes",),
        thorough=True,
    ),
    Row(
        zoo.networks.mlp.conditional_generator,
        "network",
        lambda: zoo.networks.mlp.conditional_generator((3, 2, 1), 4, latent_units=6, label_units=3, units=5),
        labelled(uniform(4), list),
    ),
    Row(
        zoo.networks.mlp.conditional_discriminator,
        "network",
        lambda: zoo.networks.mlp.conditional_discriminator((3, 2, 1), sample_units=6, label_units=3, units=5),
        labelled(uniform(3, 2, 1), list),
    ),
    Row(
        zoo.networks.dcgan.conditional_generator,
        "network",
        lambda: zoo.networks.dcgan.conditional_generator((8, 8, 1), 4, num_classes=5, label_dim=3, base_channels=3),
        labelled(uniform(4), list),
    ),
    Row(
        zoo.networks.dcgan.conditional_discriminator,
        "network",
        lambda: zoo.networks.dcgan.conditional_discriminator((16, 8, 1), num_classes=5, base_channels=3, dropout=0.3),
        labelled(uniform(16, 8, 1), list),
    ),
    Row(
        zoo.networks.dcgan.auxiliary_discriminator,
        "network",
        lambda: joined(
            zoo.networks.dcgan.auxiliary_discriminator((8, 8, 1), num_classes=5, base_channels=3, dropout=0.3)
        ),
        uniform(8, 8, 1),
    ),
    Row(
        zoo.networks.resnet.generator,
        "network",
        lambda: zoo.networks.resnet.generator((8, 8, 2), 4, num_classes=5, width=3),
        labelled(uniform(4), list),
    ),
    Row(
        zoo.networks.resnet.discriminator,
        "network",
        lambda: zoo.networks.resnet.discriminator((8, 8, 2), num_classes=5, width=2),
        labelled(uniform(8, 8, 2), list),
    ),
    Row(zoo.models.FeatureMatchingGAN, "model", _feature_matching_gan, _semi_supervised(3, 2, 1)),
    Row(zoo.models.SGAN, "model", _sgan, _semi_supervised(6, 5, 1)),
    Row(
        zoo.networks.feature_matching.generator,
        "network",
        lambda: zoo.networks.feature_matching.generator((3, 2, 1), latent_dim=4, units=(6, 5)),
        uniform(4),
    ),
    Row(
        zoo.networks.feature_matching.discriminator,
        "network",
        lambda: zoo.networks.feature_matching.discriminator((3, 2, 1), 5, units=(7, 4)),
        uniform(3, 2, 1),
    ),
    Row(
        zoo.networks.sgan.discriminator,
        "network",
        lambda: zoo.networks.sgan.discriminator((6, 5, 1), 5, channels=(3, 4)),
        uniform(6, 5, 1),
    ),
    Row(zoo.models.GAN, "model", _gan, uniform(3, 2, 1)),
    Row(zoo.models.DCGAN, "model", _dcgan, uniform(16, 8, 2)),
    Row(zoo.models.ProGAN, "model", _progan, uniform(8, 8, 1), thorough=True),
    Row(zoo.models.StyleGAN, "model", _stylegan, uniform(8, 8, 1), thorough=True),
    Row(zoo.models.StyleGAN2, "model", _stylegan2, uniform(8, 8, 1), thorough=True),
    Row(zoo.models.Pix2Pix, "model", _pix2pix, pair(uniform(8, 8, 1), uniform(8, 8, 2))),
    Row(zoo.models.CycleGAN, "model", _cycle_gan, pair(uniform(8, 8, 1), uniform(8, 8, 2)), thorough=True),
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
    Row(
        zoo.layers.StridedConv2D,
        "layer",
        lambda: zoo.layers.StridedConv2D(5, activation="tanh"),
        uniform(6, 8, 3),
    ),
    Row(
        zoo.layers.StridedConv2DTranspose,
        "layer",
        lambda: zoo.layers.StridedConv2DTranspose(3, activation="tanh"),
        uniform(3, 5, 4),
    ),
    Row(
        zoo.networks.progressive.generator,
        "network",
        lambda: zoo.networks.progressive.generator((8, 8, 2), latent_dim=4, channel_base=16, channel_max=3),
        uniform(4),
    ),
    Row(
        zoo.networks.progressive.discriminator,
        "network",
        lambda: zoo.networks.progressive.discriminator((8, 8, 2), channel_base=16, blur=True, dropout=0.3),
        uniform(8, 8, 2),
    ),
    Row(
        zoo.networks.style.mapping,
        "network",
        lambda: zoo.networks.style.mapping(4, style_dim=3, depth=2, lr_multiplier=0.5),
        uniform(4),
    ),
    Row(
        zoo.networks.style.synthesis,
        "network",
        lambda: zoo.networks.style.synthesis((8, 8, 2), style_dim=3, channel_base=16),
        together((4, 3), (160,)),
    ),
    Row(
        zoo.networks.style2.mapping,
        "network",
        lambda: zoo.networks.style2.mapping(4, style_dim=3, depth=2, lr_multiplier=0.5),
        uniform(4),
    ),
    Row(
        zoo.networks.style2.synthesis,
        "network",
        lambda: zoo.networks.style2.synthesis((8, 8, 2), style_dim=3, channel_base=16),
        together((4, 3), (144,)),
    ),
    Row(
        zoo.networks.style2.discriminator,
        "network",
        lambda: zoo.networks.style2.discriminator((8, 8, 2), channel_base=16, group_size=3, dropout=0.3),
        uniform(8, 8, 2),
    ),
    Row(
        zoo.layers.AdaptiveInstanceNormalization,
        "layer",
        lambda: zoo.layers.AdaptiveInstanceNormalization(epsilon=1e-4),
        together((4, 5, 2), (3,)),
    ),
    Row(zoo.layers.Bias, "layer", lambda: zoo.layers.Bias(gain=0.5), uniform(4, 5, 2)),
    Row(
        zoo.layers.Constant,
        "layer",
        lambda: zoo.layers.Constant(
            (4, 5, 2), initializer=keras.initializers.RandomNormal(stddev=0.5), trainable=False
        ),
        uniform(3),
    ),
    Row(
        zoo.layers.EqualizedConv2D,
        "layer",
        lambda: zoo.layers.EqualizedConv2D(3, 3, gain=2.0, bias_gain=0.5, strides=2, padding="valid"),
        uniform(4, 5, 2),
    ),
    Row(
        zoo.layers.EqualizedDense,
        "layer",
        lambda: zoo.layers.EqualizedDense(3, gain=2.0, lr_multiplier=0.5, bias=1.0),
        uniform(4),
    ),
    Row(
        zoo.layers.FadeIn,
        "layer",
        lambda: zoo.layers.FadeIn(),
        together((4, 2), (4, 2)),
        exempt={
            "config": "it has no arguments, so there is none to keep",
            "precision": "it keeps the type of its inputs",
        },
    ),
    Row(
        zoo.layers.MinibatchStandardDeviation,
        "layer",
        lambda: zoo.layers.MinibatchStandardDeviation(group_size=3),
        uniform(4, 5, 2),
    ),
    Row(
        zoo.layers.ModulatedConv2D,
        "layer",
        lambda: zoo.layers.ModulatedConv2D(3, 3, up=True, gain=2.0, use_bias=True),
        together((4, 5, 2), (3,)),
    ),
    Row(
        zoo.layers.NoiseInjection,
        "layer",
        lambda: zoo.layers.NoiseInjection(per_channel=True, gain=2.0),
        together((4, 5, 2), (4, 5, 1)),
    ),
    Row(zoo.layers.PixelNorm, "layer", lambda: zoo.layers.PixelNorm(epsilon=1e-4), uniform(4, 5, 2)),
    Row(zoo.layers.Truncation, "layer", lambda: zoo.layers.Truncation(0.5, decay=0.9), uniform(3)),
    Row(
        zoo.layers.UpFIRDown,
        "layer",
        lambda: zoo.layers.UpFIRDown((1, 2, 1), resample="down", gain=0.5),
        uniform(4, 6, 2),
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
        labelled(uniform(5, 4, 3), list),
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


# Contracts that run the training step, or look at a model that was trained.
TRACED = ("keras_file", "precision", "replicas", "resume", "retracing", "saved_model", "tflite")


def rows(contract, *kinds):
    """Parametrization over the rows of some kinds; exempt ones are shown as skipped, with the reason."""

    def marks(row):
        if contract in row.exempt:
            yield pytest.mark.skip(reason=row.exempt[contract])
        if row.thorough and contract in TRACED:
            yield pytest.mark.thorough

    chosen = [pytest.param(row, id=row.name, marks=tuple(marks(row))) for row in ROWS if row.kind in kinds]
    return pytest.mark.parametrize("row", chosen)


def dataset(row, steps, *, size=BATCH):
    """Dataset of `steps` different batches for the row's model."""
    data = tf.data.Dataset.from_tensor_slices(row.batch(steps * size))
    return data.batch(size, drop_remainder=True)


def compiled(row, *, dropout=0.0, sgd=None, **options):
    """The row's model, compiled with the paper's optimizers, or all with SGD of one learning rate."""
    gan = row.make(dropout)
    players = gan.players if sgd else ()
    gan.compile(**{f"{player}_optimizer": keras.optimizers.SGD(sgd) for player in players}, **options)
    return gan


def state(gan):
    """Values of all that training changes, in the order of `gan.state`."""
    return [np.array(variable.numpy()) for variable in gan.state.values()]


def outputs(gan, row):
    """What a model makes: samples, or translations of a few pictures."""
    return gan.translate(row.batch(3)[0]) if hasattr(gan, "translate") else gan.sample(3, seed=4)


def restore(gan, values):
    """Gives a model the state of another of the same row."""
    for variable, value in zip(gan.state.values(), values, strict=True):
        variable.assign(value)


def call_inputs(network, size):
    """Normal inputs for a network, in the structure it was made with; integer inputs count up from zero."""
    rng = np.random.default_rng(11)
    arrays = []
    for tensor in network.inputs:
        shape = (size, *tensor.shape[1:])
        integer = "int" in str(tensor.dtype)
        arrays.append(np.arange(np.prod(shape)).reshape(shape) if integer else rng.normal(size=shape))
        arrays[-1] = arrays[-1].astype(tensor.dtype)
    return keras.tree.pack_sequence_as(network.input, arrays)


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
