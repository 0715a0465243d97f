"""ProGAN: phases by the step, what trains in each, growth in one fit, exact resume across a change of phase."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgan_zoo as zoo
from tfgan_zoo.models.abstract_growing_gan import phases

SHAPE = (8, 8, 1)
IMAGES = np.random.default_rng(0).uniform(-1.0, 1.0, (64, *SHAPE)).astype("float32")


def small(phase_steps=2, dropout=0.0, **options):
    """A model that grows from 4x4 to 8x8, compiled."""
    gan = zoo.models.ProGAN(
        zoo.networks.progressive.generator(SHAPE, 3, channel_base=16, channel_max=3),
        zoo.networks.progressive.discriminator(SHAPE, channel_base=16, channel_max=3, group_size=2, dropout=dropout),
        phase_steps=phase_steps,
        **options,
    )
    gan.compile(run_eagerly=True)
    return gan


def values(gan):
    return [np.array(variable.numpy()) for variable in gan.state.values()]


def batches(count):
    return tf.data.Dataset.from_tensor_slices(IMAGES[: 4 * count]).batch(4)


# --- Phases


def test_phases_go_from_four_pixels_to_the_side():
    found = [(p.start, p.steps, p.side, p.fading) for p in phases(16, 10)]
    fading = [(10, 10, 8, True), (20, 10, 8, False), (30, 10, 16, True), (40, None, 16, False)]
    assert found == [(0, 10, 4, False), *fading]


def test_a_phase_without_steps_is_skipped():
    gan = small((0, 3))
    assert (gan.phase.side, gan.phase.fading, gan.phase.start) == (8, True, 0)
    gan.step_counter.assign(3)
    assert (gan.phase.side, gan.phase.fading) == (8, False)


@pytest.mark.parametrize("steps", [(1,), (1, 2, 3), (1, -1), -1])
def test_unfit_phases_are_refused(steps):
    with pytest.raises(ValueError, match="`phase_steps` must be an int of at least 0, or a tuple of 2"):
        small(steps)


def test_phases_fit_the_steps_of_an_execution():
    gan = small(3)
    gan.compile(steps_per_execution=2)
    with pytest.raises(ValueError, match="phase that begins at step 3, `steps_per_execution=2`"):
        gan.fit(batches(4), verbose=0)


# --- Images of a stage


def at(step, **options):
    gan = small((4, 4), **options)
    gan.step_counter.assign(step)
    return gan


def test_samples_grow_with_the_steps():
    gan = at(0)
    assert gan.sample(2).shape == (2, 4, 4, 1)
    gan.step_counter.assign(4)
    assert gan.sample(2).shape == (2, 8, 8, 1)


def test_samples_before_the_first_step_of_a_resolution_are_those_of_the_last_one():
    gan = at(0)
    gan.compile()
    gan.fit(IMAGES, batch_size=4, steps_per_epoch=4, verbose=0)
    assert gan.phase.side == 8
    z = np.random.default_rng(1).normal(size=(3, 3)).astype("float32")
    before = gan.sample(z=z)
    gan.step_counter.assign(3)
    np.testing.assert_allclose(before, gan.sample(z=z).repeat(2, axis=1).repeat(2, axis=2), rtol=0, atol=1e-6)


@pytest.mark.parametrize(("step", "alpha"), [(4, 0.0), (5, 0.25), (7, 0.75)])
def test_real_images_fade_as_generated_ones_do(step, alpha):
    gan = at(step)
    made = gan.growing_batch(tf.constant(IMAGES[:4])).numpy()
    coarse = IMAGES[:4].reshape(4, 4, 2, 4, 2, 1).mean(axis=(2, 4)).repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_allclose(made, (1 - alpha) * coarse + alpha * IMAGES[:4], rtol=0, atol=1e-6)
    for network in (gan.generator, gan.discriminator):
        assert float(network.get_layer("fade_8").alpha) == alpha


@pytest.mark.parametrize(("step", "side"), [(0, 4), (8, 8)])
def test_real_images_are_shrunk_by_averages(step, side):
    made = at(step).growing_batch(tf.constant(IMAGES[:4])).numpy()
    factor = 8 // side
    np.testing.assert_allclose(made, IMAGES[:4].reshape(4, side, factor, side, factor, 1).mean(axis=(2, 4)), atol=1e-6)


def test_a_stage_is_the_whole_network_with_the_later_resolutions_cut_off():
    """Alpha 0 gives the enlarged image of the stage before, alpha 1 that of the new one alone, as samples do."""
    gan, z = at(4, ema_decay=None), np.random.default_rng(1).normal(size=(3, 3)).astype("float32")
    fade = gan.generator.get_layer("fade_8")
    fade.alpha.assign(0.0)
    first = gan.sample(z=z)
    fade.alpha.assign(1.0)
    last = gan.sample(z=z)
    gan.step_counter.assign(0)
    np.testing.assert_allclose(first, gan.sample(z=z).repeat(2, axis=1).repeat(2, axis=2), rtol=0, atol=1e-6)
    gan.step_counter.assign(8)
    np.testing.assert_allclose(last, gan.sample(z=z), rtol=0, atol=1e-6)
    assert np.abs(first - last).max() > 0.01


def test_a_larger_side_can_take_a_part_of_the_batch():
    gan = at(8, batch_divisors={8: 2})
    np.testing.assert_array_equal(gan.growing_batch(tf.constant(IMAGES[:4])), IMAGES[:4:2])
    gan.step_counter.assign(0)
    assert gan.growing_batch(tf.constant(IMAGES[:4])).shape == (4, 4, 4, 1)
    with pytest.raises(ValueError, match="The batch size must be a multiple of 2"):
        gan.fit(IMAGES, batch_size=3, verbose=0)


def test_divisors_that_do_not_divide_each_other_are_refused():
    with pytest.raises(ValueError, match="`batch_divisors` must be ints of at least 1 that divide the largest"):
        small(batch_divisors={4: 2, 8: 3})


# --- The step


def test_losses_by_hand():
    """Critics and generator of one constant each would need no network: here the networks are asked themselves."""
    gan = at(8, penalty_weight=0.0, drift_weight=0.5, ema_decay=None)
    z = gan.draw_latents(IMAGES[:4])
    real = gan.discriminator(IMAGES[:4]).numpy().ravel()
    fake = gan.discriminator(gan.generator(z)).numpy().ravel()
    gan.compile(*(keras.optimizers.SGD(0.0) for _ in range(2)), run_eagerly=True)
    logs = gan.fit(batches(1), verbose=0).history
    assert logs["discriminator_loss"][0] == pytest.approx(np.mean(fake - real + 0.5 * real**2), abs=1e-5)
    assert logs["generator_loss"][0] == pytest.approx(-fake.mean(), abs=1e-5)


def test_only_the_stage_trains():
    gan = small((2, 2))
    before = {id(v): v.numpy() for network in gan.networks.values() for v in network.trainable_variables}
    gan.fit(batches(2), verbose=0)
    moved = {
        v.path.split("/")[-2]
        for network in gan.networks.values()
        for v in network.trainable_variables
        if not np.array_equal(v, before[id(v)])
    }
    assert {"rgb_4", "conv_4_1", "dense", "conv_4", "to_logit"} <= moved
    assert not any("8" in name for name in moved)


def test_optimizers_begin_afresh_at_a_new_phase():
    gan = small((2, 2))
    counts, rates = [], []

    def note(batch, logs=None):
        counts.append(int(gan.generator_optimizer.iterations.numpy()))
        rates.append(float(gan.generator_optimizer.learning_rate))

    gan.fit(batches(5), verbose=0, callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=note)])
    assert counts == [1, 2, 1, 2, 1]
    assert rates == pytest.approx([0.001] * 5)


@pytest.mark.thorough
def test_a_step_is_traced_once_for_each_phase():
    gan, traces = small((2, 2)), []
    gan.compile()
    step = gan.train_step
    gan.train_step = lambda data: traces.append(gan.phase) or step(data)
    gan.fit(batches(6).repeat(), steps_per_epoch=3, epochs=2, verbose=0)
    assert [(phase.side, phase.fading) for phase in traces] == [(4, False), (8, True), (8, False)]
    gan.fit(batches(2), verbose=0)
    assert len(traces) == 3


@pytest.mark.thorough
def test_exact_resume_across_changes_of_phase():
    """Interrupted exactly at the end of a phase and within one."""
    keras.utils.set_random_seed(1)
    unbroken, kept = small((2, 2), dropout=0.4), {}
    keep = keras.callbacks.LambdaCallback(on_train_batch_end=lambda b, logs: kept.update({b + 1: values(unbroken)}))
    unbroken.fit(batches(5), verbose=0, callbacks=[keep])
    for step in (2, 3):
        keras.utils.set_random_seed(step)
        gan = small((2, 2), dropout=0.4)
        for variable, value in zip(gan.state.values(), kept[step], strict=True):
            variable.assign(value)
        gan.fit(batches(5).skip(step), verbose=0)
        for (name, variable), expected in zip(gan.state.items(), values(unbroken), strict=True):
            if not name.startswith("metrics/"):  # An epoch that began later has another mean.
                np.testing.assert_array_equal(variable, expected, err_msg=f"{step} {name}")


def test_evaluate_follows_the_phase():
    gan = at(0)
    first = gan.evaluate(batches(1), return_dict=True, verbose=0)
    gan.step_counter.assign(8)
    second = gan.evaluate(batches(1), return_dict=True, verbose=0)
    assert np.isfinite([*first.values(), *second.values()]).all()
    assert first["real_logits"] != second["real_logits"]
