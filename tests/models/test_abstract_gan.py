"""The plumbing that all models share: constructor, compile, fit, averages, samples, files, callbacks."""

import csv

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgan_zoo as zoo
from tests.models import tiny
from tfgan_zoo.models import GAN, AbstractGAN

NAMES = ["discriminator_loss", "generator_loss", "real_logits", "fake_logits", "real_accuracy", "fake_accuracy"]


def eager(**options):
    """A small model that runs step by step in Python, which spares the trace."""
    gan = tiny.perceptrons(GAN, **options)
    gan.compile(run_eagerly=True)
    return gan


@pytest.fixture(scope="module")
def plain():
    """A compiled model that its tests do not change."""
    return eager(seed=3)


@pytest.fixture(scope="module")
def trained():
    """A model trained in graphs for three epochs of two steps, with validation, and what that gave."""
    gan = tiny.perceptrons(GAN, ema_decay=0.5)
    gan.compile()
    data, validation = tiny.samples(16, 3), tiny.samples(8, 3, seed=1)
    before = gan.evaluate(tf.data.Dataset.from_tensor_slices(validation).batch(8), return_dict=True, verbose=0)
    history = gan.fit(data, batch_size=8, epochs=3, validation_data=validation, verbose=0)
    return gan, history, before


# --- An abstract class


def test_a_subclass_without_its_own_step_is_named():
    class Unfinished(AbstractGAN):
        pass

    gan = Unfinished(generator=tiny.dense(1, 1, (1, 0), "g"), discriminator=tiny.dense(1, 1, (1, 0), "d"))
    with pytest.raises(
        NotImplementedError, match=r"Unfinished must define `train_step\(data\)`, its paper's algorithm"
    ):
        gan.train_step(tf.zeros((2, 1)))
    with pytest.raises(NotImplementedError, match=r"Unfinished must define `default_optimizer\(player\)`"):
        gan.compile()


# --- Constructor


@pytest.mark.parametrize("decay", [-0.1, 1.0, float("nan")])
def test_decay_out_of_range_is_refused(decay):
    with pytest.raises(ValueError, match=rf"`ema_decay` must be None or in \[0, 1\). Received: `ema_decay={decay}`"):
        tiny.perceptrons(GAN, ema_decay=decay)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"prior": "norml"}, "`prior` must be one of .*Received: `prior='norml'`.*'normal'"),
        ({"adversarial_loss": "hing"}, "`loss` must be one of .*Received: `loss='hing'`.*'hinge'"),
        ({"penalty": "r3"}, "`penalty` must be None or one of .*Received: `penalty='r3'`"),
        (
            {"penalty": "r1", "penalty_weight": -1.0},
            "`penalty_weight` must be at least 0. Received: `penalty_weight=-1.0`",
        ),
    ],
)
@pytest.mark.parametrize("cls", [zoo.models.GAN, zoo.models.DCGAN])
def test_wrong_options_are_refused(cls, options, match):
    with pytest.raises(ValueError, match=match):
        tiny.perceptrons(cls, **options)


@pytest.mark.parametrize("cls", [zoo.models.GAN, zoo.models.DCGAN])
def test_networks_that_do_not_fit_are_refused(cls):
    generator = zoo.networks.mlp.generator((4, 4, 1), latent_dim=2, units=(3,))
    discriminator = zoo.networks.mlp.discriminator((4, 4, 3), units=(3,))
    match = (
        r"The generator's output must be the discriminator's input. Received: "
        r"generator.output_shape=\(None, 4, 4, 1\), discriminator.input_shape=\(None, 4, 4, 3\)"
    )
    with pytest.raises(ValueError, match=match):
        cls(generator, discriminator)


@pytest.mark.parametrize(
    "network", [keras.Sequential([keras.layers.Dense(1)]), keras.layers.Dense(1), "generator", None]
)
def test_what_is_not_a_built_model_is_refused(network):
    with pytest.raises(ValueError, match="`generator` must be a built `keras.Model`. Received: .*`keras.Input"):
        GAN(network, tiny.dense(1, 1, (1, 0), "d"))
    with pytest.raises(ValueError, match="`discriminator` must be a built `keras.Model`"):
        GAN(tiny.dense(1, 1, (1, 0), "g"), network)


@pytest.mark.parametrize("half", ["generator", "discriminator"])
def test_half_precision_outputs_are_refused(half):
    networks = {
        name: tiny.dense(1, 1, (1, 0), name, dtype="mixed_bfloat16" if name == half else None)
        for name in ("generator", "discriminator")
    }
    match = f'`{half}` must return float32, also under mixed precision.*Received: bfloat16.*dtype="float32"'
    with pytest.raises(ValueError, match=match):
        GAN(**networks)


def test_networks_made_outside_of_the_scope_are_refused(two_replicas):
    networks = tiny.dense(1, 1, (1, 0), "g"), tiny.dense(1, 1, (1, 0), "d")
    match = "`generator` was built outside of the `strategy.scope\\(\\)` .*live on one device only"
    with two_replicas.scope(), pytest.raises(ValueError, match=match):
        GAN(*networks)


def test_a_model_shows_its_parts(plain):
    assert list(plain.networks) == ["generator", "discriminator"]
    assert plain.networks["generator"] is plain.generator is plain.sampler
    assert (plain.latent_dim, plain.prior, plain.seed, plain.batches_per_step) == (2, "uniform", 3, 1)
    assert plain.built
    lines = []
    plain.summary(print_fn=lines.append)
    assert "mlp_generator" in "".join(lines) and "mlp_discriminator" in "".join(lines)
    z = np.ones((2, 2), "float32")
    np.testing.assert_array_equal(plain(z), plain.generator(z))


# --- compile


@pytest.mark.parametrize("argument", ["loss", "metrics", "optimizer", "generator_optimiser"])
def test_unknown_compile_arguments_are_refused(argument):
    gan = tiny.perceptrons(GAN)
    with pytest.raises(
        ValueError, match=rf"`compile` takes optimizers, .* belong to the model. Received: \['{argument}'\]"
    ):
        gan.compile(**{argument: "adam"})


def test_one_optimizer_for_both_players_is_refused():
    gan, optimizer = tiny.perceptrons(GAN), keras.optimizers.Adam()
    with pytest.raises(ValueError, match="`generator_optimizer` and `discriminator_optimizer` must be two objects"):
        gan.compile(optimizer, optimizer)


def test_accumulation_below_one_is_refused():
    with pytest.raises(ValueError, match="must be at least 1. Received: `gradient_accumulation_steps=0`"):
        tiny.perceptrons(GAN).compile(gradient_accumulation_steps=0)


def test_optimizers_made_outside_of_the_scope_are_refused(two_replicas):
    optimizer = keras.optimizers.SGD()
    with two_replicas.scope():
        gan = tiny.perceptrons(GAN)
    with pytest.raises(ValueError, match="`discriminator_optimizer` was made outside of the `strategy.scope"):
        gan.compile(None, optimizer)


def test_optimizers_by_name_and_their_slots_exist_before_the_first_step():
    gan = tiny.perceptrons(GAN)
    gan.compile("adam", keras.optimizers.RMSprop(1e-3))
    assert type(gan.generator_optimizer) is keras.optimizers.Adam
    weights = len(gan.generator.trainable_variables)
    assert len(gan.generator_optimizer.variables) == 2 + 2 * weights  # Iterations, learning rate, two moments each.
    assert gan.jit_compile is False


def test_fit_before_compile_is_refused():
    with pytest.raises(ValueError, match=r"`compile` must be called before `fit`: `gan.compile\(\)` takes the paper's"):
        tiny.perceptrons(GAN).fit(tiny.samples(8, 3))


# --- fit and evaluate


def test_history_has_the_reported_names_for_training_and_validation(trained):
    _, history, _ = trained
    assert isinstance(history, keras.callbacks.History)
    assert sorted(history.history) == sorted([*NAMES, *(f"val_{name}" for name in NAMES)])
    assert all(len(values) == 3 and np.isfinite(values).all() for values in history.history.values())


def test_evaluate_reports_the_same_names_and_trains_nothing(trained):
    gan, _, before = trained
    assert sorted(before) == sorted(NAMES)
    state = {name: variable.numpy() for name, variable in gan.state.items() if not name.startswith("metrics/")}
    gan.evaluate(tf.data.Dataset.from_tensor_slices(tiny.samples(8, 3)).batch(8), verbose=0)
    for name, value in state.items():
        np.testing.assert_array_equal(gan.state[name], value, err_msg=name)


def test_running_means_start_anew_with_each_epoch():
    gan = tiny.line(GAN, generator=(0.0, 1.0), discriminator=(1.0, 0.0), rate=0.0)
    rows = np.array([[1.0], [3.0], [5.0], [11.0]], "float32")
    epochs = gan.fit(rows, batch_size=2, epochs=2, shuffle=False, verbose=0).history["real_logits"]
    assert epochs == pytest.approx([5.0, 5.0])


def test_step_counter_counts_steps(trained):
    gan, _, _ = trained
    assert int(gan.step_counter.numpy()) == 6
    assert gan.step_counter.dtype == "int64"


def test_several_steps_per_execution_give_the_same_weights():
    weights = []
    for steps in (1, 3):
        keras.utils.set_random_seed(1)
        gan = tiny.perceptrons(GAN)
        gan.compile(steps_per_execution=steps)
        gan.fit(tiny.samples(24, 3), batch_size=8, verbose=0)
        weights.append(gan.get_weights())
        assert int(gan.step_counter.numpy()) == 3
    for one, three in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, three)


# --- Randomness


def test_seeds_of_draws_differ_by_seed_step_purpose_and_index():
    def seed(gan, *arguments):
        return tuple(gan.draw_seed(*arguments).numpy())

    gan, twin, other = eager(seed=1), eager(seed=1), eager(seed=2)
    at_zero = [seed(gan, "latents"), seed(gan, "latents", 1), seed(gan, "discriminator"), seed(other, "latents")]
    assert seed(twin, "latents") == at_zero[0]
    gan.step_counter.assign(1)
    assert len({*at_zero, seed(gan, "latents")}) == 5


@pytest.mark.parametrize("prior", sorted(zoo.latents.PRIORS))
def test_training_draws_from_the_prior(prior):
    gan = eager(prior=prior)
    z = gan.draw_latents(tf.zeros((7, 3)), 5)
    np.testing.assert_array_equal(z, zoo.latents.draw((7, 2), gan.draw_seed("latents", 5), prior))


def test_equal_seeds_train_equally_and_others_do_not():
    weights = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(0)
        gan = eager(seed=seed)
        gan.train_step(tf.constant(tiny.samples(8, 3)))
        weights.append(gan.generator.get_weights()[0])
    np.testing.assert_array_equal(weights[0], weights[1])
    assert (weights[0] != weights[2]).any()


# --- The moving average of the generator


@pytest.mark.parametrize(
    ("ema_decay", "decays"), [(0.15, [0.1, 0.15, 0.15]), (0.999, [1 / 10, 2 / 11, 3 / 12]), (0.0, [0] * 3)]
)
def test_average_by_hand(ema_decay, decays):
    gan = eager(ema_decay=ema_decay)
    expected = gan.generator.get_weights()
    for decay in decays:
        gan.train_step(tf.constant(tiny.samples(8, 3)))
        now = gan.generator.get_weights()
        expected = [decay * mean + (1 - decay) * weight for mean, weight in zip(expected, now, strict=True)]
    for found, wanted in zip(gan.ema_generator.get_weights(), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-7)


def test_normalisation_statistics_are_copied_not_averaged():
    shape = (8, 8, 1)
    gan = zoo.models.DCGAN(
        zoo.networks.dcgan.generator(shape, latent_dim=2, base_channels=2),
        zoo.networks.dcgan.discriminator(shape, base_channels=2),
        ema_decay=0.999,
    )
    gan.compile(keras.optimizers.SGD(0.5), run_eagerly=True)
    for _ in range(2):
        gan.train_step(tf.constant(tiny.samples(4, *shape)))
    norm, mean = (network.get_layer("norm_0") for network in (gan.generator, gan.ema_generator))
    np.testing.assert_array_equal(mean.moving_mean, norm.moving_mean)
    np.testing.assert_array_equal(mean.moving_variance, norm.moving_variance)
    assert (norm.moving_variance.numpy() != 1.0).all()
    assert (mean.gamma.numpy() != norm.gamma.numpy()).any()


def test_the_average_is_what_samples_and_is_not_trained():
    gan = eager(ema_decay=0.9)
    assert gan.sampler is gan.ema_generator is not gan.generator
    assert not gan.ema_generator.trainable_variables
    gan.generator.set_weights([weight + 1.0 for weight in gan.generator.get_weights()])
    z = zoo.latents.sample(4, 2, prior=gan.prior, seed=5)
    np.testing.assert_allclose(gan.sample(4, seed=5), gan.ema_generator(z), rtol=1e-5)
    assert np.abs(gan.sample(4, seed=5) - gan.generator(z)).max() > 0.01


def test_there_is_no_average_without_a_decay(plain):
    assert not hasattr(plain, "ema_generator")


# --- sample


def test_samples_are_determined_by_seed_and_row(plain):
    long, short, other = plain.sample(9, seed=1), plain.sample(4, seed=1), plain.sample(4, seed=2)
    assert long.dtype == np.float32 and long.shape == (9, 3) and isinstance(long, np.ndarray)
    np.testing.assert_allclose(long[:4], short, rtol=1e-6)
    assert (short != other).any()
    assert len(np.unique(long, axis=0)) == 9


def test_samples_do_not_depend_on_the_batch_size(plain):
    np.testing.assert_allclose(plain.sample(9, batch_size=2), plain.sample(9), rtol=1e-6)


def test_samples_of_given_latents(plain):
    z = np.array([[0.5, -1.0], [2.0, 0.0], [0.5, -1.0]])
    samples = plain.sample(z=z)
    np.testing.assert_allclose(samples, plain.generator(z.astype("float32")), rtol=1e-6)
    np.testing.assert_array_equal(samples[0], samples[2])


@pytest.mark.parametrize("shape", [(4, 3), (2,), (4, 2, 1)])
def test_latents_of_another_width_are_refused(plain, shape):
    match = rf"`z` must have shape \(num, 2\), the width that the generator takes. Received: shape \({shape[0]},"
    with pytest.raises(ValueError, match=match):
        plain.sample(z=np.zeros(shape))


def test_no_samples_are_refused(plain):
    with pytest.raises(ValueError, match="must be at least 1. Received: `num=0`"):
        plain.sample(0)


def test_sampling_uses_inference_statistics():
    generator = zoo.networks.dcgan.generator((8, 8, 1), latent_dim=2, base_channels=2)
    gan = zoo.models.DCGAN(generator, zoo.networks.dcgan.discriminator((8, 8, 1), base_channels=2))
    before = [weight.copy() for weight in generator.get_weights()]
    one, many = gan.sample(1), gan.sample(20)
    np.testing.assert_allclose(one, many[:1], atol=1e-6)
    assert all(np.array_equal(a, b) for a, b in zip(generator.get_weights(), before, strict=True))


# --- State and files


def test_state_holds_everything_once_under_unique_names(trained):
    gan, _, _ = trained
    variables = list(gan.state.values())
    assert len({id(variable) for variable in variables}) == len(variables)
    wanted = [*gan.generator.variables, *gan.discriminator.variables, *gan.ema_generator.variables, gan.step_counter]
    wanted += [*gan.generator_optimizer.variables, *gan.discriminator_optimizer.variables]
    wanted += [variable for tracker in gan.trackers.values() for variable in tracker.variables]
    assert {id(variable) for variable in wanted} <= {id(variable) for variable in variables}


def test_state_before_compile_has_no_optimizers():
    groups = {name.split("/")[0] for name in tiny.perceptrons(GAN).state}
    assert groups == {"model", "metrics"}


def test_a_model_that_was_not_compiled_comes_back_so(tmp_path):
    gan = tiny.perceptrons(GAN, ema_decay=0.5)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert not loaded.compiled
    np.testing.assert_array_equal(loaded.sample(3), gan.sample(3))


def test_a_loaded_model_trains_on_as_the_saved_one(tmp_path):
    keras.utils.set_random_seed(4)
    gan = eager(penalty="r1", ema_decay=0.9)
    gan.compile("adam", "rmsprop", gradient_accumulation_steps=2, run_eagerly=True)
    batch = tf.constant(tiny.samples(8, 3))
    gan.train_step(batch)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert (loaded.gradient_accumulation_steps, loaded.run_eagerly) == (2, True)
    for model in (gan, loaded):
        model.train_step(batch)
    assert int(loaded.step_counter.numpy()) == 2
    for mine, theirs in zip(gan.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(theirs, mine)


# --- Keras callbacks


@pytest.mark.parametrize("watched", ["discriminator_loss", "val_generator_loss"])
def test_keras_callbacks_work(watched, tmp_path):
    gan = eager()
    callbacks = [
        keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        keras.callbacks.ModelCheckpoint(tmp_path / "best.keras", monitor=watched, save_best_only=True, mode="min"),
        keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.weights.h5", save_weights_only=True),
        # An improvement of 1000 never comes: training stops after the second epoch.
        keras.callbacks.EarlyStopping(monitor=watched, patience=1, min_delta=1000.0, mode="min"),
        keras.callbacks.TerminateOnNaN(),
    ]
    validation = tiny.samples(8, 3, seed=1)
    history = gan.fit(
        tiny.samples(16, 3), batch_size=8, epochs=5, validation_data=validation, callbacks=callbacks, verbose=0
    )
    assert len(history.epoch) == 2
    with open(tmp_path / "log.csv") as file:
        rows = list(csv.DictReader(file))
    assert [float(row[watched]) for row in rows] == pytest.approx(history.history[watched], rel=1e-5)
    best = keras.saving.load_model(tmp_path / "best.keras")
    assert int(best.step_counter.numpy()) == 2 * (1 + int(np.argmin(history.history[watched])))
    fresh = eager()
    fresh.load_weights(tmp_path / "2.weights.h5")
    np.testing.assert_array_equal(fresh.sample(3), gan.sample(3))


def test_terminate_on_nan_stops_once_it_is_given_the_loss_that_it_looks_for():
    gan = eager()
    gan.generator.set_weights([np.full_like(weight, np.nan) for weight in gan.generator.get_weights()])

    class NameItLoss(keras.callbacks.Callback):
        """Keras looks for `loss`, and an adversarial model has two others."""

        def on_train_batch_end(self, batch, logs=None):
            logs["loss"] = logs["generator_loss"]

    gan.fit(tiny.samples(24, 3), batch_size=8, callbacks=[NameItLoss(), keras.callbacks.TerminateOnNaN()], verbose=0)
    assert int(gan.step_counter.numpy()) == 1


def test_tensorboard_writes_all_scalars(tmp_path):
    event_accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    gan = eager()
    gan.fit(tiny.samples(8, 3), batch_size=8, epochs=2, callbacks=[keras.callbacks.TensorBoard(tmp_path)], verbose=0)
    events = event_accumulator.EventAccumulator(str(tmp_path / "train"))
    events.Reload()
    assert {f"epoch_{name}" for name in NAMES} <= set(events.Tags()["tensors"])
