"""Adversarial losses: hand-computed numbers, saturated logits, options, names."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo import losses

REAL, FAKE = [2.0, -1.0], [-3.0, 0.5]
SEED = (1, 2)

# softplus(2) = 2.126928, softplus(1) = 1.313262, softplus(3) = 3.048587, softplus(0.5) = 0.974077,
# softplus(5) = 5.006715, softplus(1.5) = 1.701413, softplus(3.25) = 3.288041, softplus(3.5) = 3.529751,
# softplus(0.25) = 0.825939, softplus(0) = 0.693147, and softplus(-a) = softplus(a) - a.
# The means that the relativistic average compares with: D(x) 0.5, D(G(z)) -1.25.
BY_HAND = {
    "minimax": ([0.126928 + 0.048587, 1.313262 + 0.974077], [-0.048587, -0.974077]),
    "non_saturating": ([0.126928 + 0.048587, 1.313262 + 0.974077], [3.048587, 0.474077]),
    "least_squares": ([(1 + 9) / 2, (4 + 0.25) / 2], [16 / 2, 0.25 / 2]),
    "hinge": ([0.0, 2.0 + 1.5], [3.0, -0.5]),
    "wasserstein": ([-5.0, 1.5], [3.0, -0.5]),
    "relativistic": ([0.006715, 1.701413], [5.006715, 0.201413]),
    "relativistic_average": ([0.038041 + 0.029751, 0.575939 + 0.693147], [3.529751 + 3.288041, 0.693147 + 0.825939]),
}
ALL_PAIRS = sorted(losses.PAIRS)


def test_every_pair_has_hand_computed_numbers():
    assert set(BY_HAND) == set(losses.PAIRS)


@pytest.mark.parametrize("name", ALL_PAIRS)
def test_pair_by_hand(name):
    pair = losses.pair(name)
    discriminator, generator = pair.discriminator(REAL, FAKE), pair.generator(REAL, FAKE)
    assert discriminator.dtype == generator.dtype == tf.float32
    assert discriminator.numpy() == pytest.approx(BY_HAND[name][0], abs=2e-6)
    assert generator.numpy() == pytest.approx(BY_HAND[name][1], abs=2e-6)


# --- The table of binary cross-entropy: 0 when right and sure, unbounded when wrong and sure, never NaN.


@pytest.mark.parametrize(
    ("real", "fake", "expected"),
    [
        (20.0, -20.0, 0.0),
        (1e4, -1e4, 0.0),
        (0.0, 0.0, 2 * np.log(2)),
        (-20.0, -20.0, 20.0),
        (20.0, 20.0, 20.0),
        (-1e4, -1e4, 1e4),
        (1e4, 1e4, 1e4),
        (-1e4, 1e4, 2e4),
    ],
)
def test_cross_entropy_table(real, fake, expected):
    loss = losses.minimax_discriminator_loss([real], [fake]).numpy()
    assert loss == pytest.approx([expected], rel=1e-6, abs=1e-8)
    assert loss >= 0.0


@pytest.mark.parametrize("name", ALL_PAIRS)
@pytest.mark.parametrize("real", [-1e4, 0.0, 1e4])
@pytest.mark.parametrize("fake", [-1e4, 0.0, 1e4])
def test_saturated_logits_give_finite_losses_and_gradients(name, real, fake):
    real, fake = tf.constant([real]), tf.constant([fake])
    pair = losses.pair(name)
    with tf.GradientTape() as tape:
        tape.watch([real, fake])
        values = [pair.discriminator(real, fake), pair.generator(real, fake)]
        total = tf.add_n(values)
    gradients = tape.gradient(total, [real, fake], unconnected_gradients="zero")
    assert np.isfinite(values).all()
    assert np.isfinite(gradients).all()


def slope_at(loss, logit):
    logit = tf.constant([logit])
    with tf.GradientTape() as tape:
        tape.watch(logit)
        value = loss(logit)
    return float(tape.gradient(value, logit)[0])


@pytest.mark.parametrize(("logit", "minimax", "non_saturating"), [(-20.0, 0.0, -1.0), (0.0, -0.5, -0.5)])
def test_minimax_saturates_where_the_discriminator_is_sure(logit, minimax, non_saturating):
    # d/da log(1 - sigmoid(a)) = -sigmoid(a), d/da -log sigmoid(a) = sigmoid(a) - 1.
    assert slope_at(losses.minimax_generator_loss, logit) == pytest.approx(minimax, abs=1e-8)
    assert slope_at(losses.non_saturating_generator_loss, logit) == pytest.approx(non_saturating, abs=1e-8)


# --- Shapes and dtypes


@pytest.mark.parametrize("name", ALL_PAIRS)
def test_patches_of_a_sample_are_averaged(name):
    patch_1, patch_2 = (np.array(REAL), np.array(FAKE)), (np.array([0.5, 3.0]), np.array([1.0, -2.0]))
    real, fake = (np.stack([patch_1[i], patch_2[i]], axis=1).reshape(2, 1, 2, 1).astype("float32") for i in (0, 1))
    pair = losses.pair(name)
    for player in (pair.discriminator, pair.generator):
        if name == "relativistic_average":  # Each patch is compared with the mean logit at its own place.
            expected = (player(*patch_1).numpy() + player(*patch_2).numpy()) / 2
        else:
            expected = [np.mean([player([r[i]], [f[i]])[0] for r, f in (patch_1, patch_2)]) for i in (0, 1)]
        assert player(real, fake).shape == (2,)
        assert player(real, fake).numpy() == pytest.approx(expected, rel=1e-6)


def test_half_precision_logits_are_computed_in_float32():
    real, fake = tf.constant([12.0], tf.float16), tf.constant([-12.0], tf.float16)
    loss = losses.minimax_discriminator_loss(real, fake)
    assert loss.dtype == tf.float32
    assert loss.numpy() == pytest.approx([2 * np.log1p(np.exp(-12.0))], rel=1e-5)  # Would be 0 in float16.


@pytest.mark.parametrize("name", ALL_PAIRS)
def test_unequal_shapes_are_refused(name):
    match = r"same shape.*real_logits.shape=\(4, 1\), fake_logits.shape=\(4,\)"
    with pytest.raises(ValueError, match=match):
        losses.pair(name).discriminator(tf.zeros((4, 1)), tf.zeros(4))


@pytest.mark.parametrize("name", ["relativistic", "relativistic_average"])
def test_unequal_shapes_are_refused_by_relativistic_generators(name):
    with pytest.raises(ValueError, match="must have the same shape"):
        losses.pair(name).generator(tf.zeros((4, 1)), tf.zeros(4))


def test_a_scalar_is_refused():
    with pytest.raises(ValueError, match="`fake_logits` must have a batch axis.*Received a scalar"):
        losses.hinge_generator_loss(1.0)


# --- Options of the logistic losses


def test_label_smoothing_is_one_sided():
    smooth = losses.minimax_discriminator_loss([2.0], [-3.0], label_smoothing=0.1).numpy()
    # 0.9 softplus(-2) + 0.1 softplus(2) for the real sample; softplus(-3), unchanged, for the fake.
    assert smooth == pytest.approx([0.9 * 0.126928 + 0.1 * 2.126928 + 0.048587], abs=2e-6)


def test_label_smoothing_moves_the_optimum_to_its_label():
    logits = tf.linspace(-5.0, 5.0, 10001)
    loss = losses.minimax_discriminator_loss(logits, tf.fill(10001, -30.0), label_smoothing=0.2)
    assert float(tf.sigmoid(logits[tf.argmin(loss)])) == pytest.approx(0.8, abs=1e-3)


def test_label_noise_flips_its_share_of_each_kind_independently():
    count = 20_000
    sure = tf.fill([count], 30.0)
    loss = losses.minimax_discriminator_loss(sure, -sure, label_noise=0.2, seed=SEED).numpy()
    # A flipped sample costs 30: real or fake alone 30, both 60.
    shares = [np.mean(np.isclose(loss, value, atol=1e-3)) for value in (0.0, 30.0, 60.0)]
    deviation = np.sqrt(0.32 * 0.68 / count)
    assert shares == pytest.approx([0.64, 0.32, 0.04], abs=4 * deviation)


def test_label_noise_repeats_with_its_seed_and_changes_with_it():
    sure = tf.fill([200], 30.0)
    first, again, other = (
        losses.minimax_discriminator_loss(sure, -sure, label_noise=0.3, seed=seed).numpy()
        for seed in (SEED, SEED, (1, 3))
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_label_noise_is_the_same_on_two_replicas(on_two_replicas):
    real, fake = np.linspace(-4, 4, 40).astype("float32"), np.linspace(3, -2, 40).astype("float32")
    pair = losses.AdversarialLoss("non_saturating", label_noise=0.3)
    one = pair.discriminator(real, fake, SEED).numpy()
    two = on_two_replicas(lambda real, fake: pair.discriminator(real, fake, SEED), real, fake)
    np.testing.assert_allclose(two, one, rtol=1e-6)
    assert np.abs(one - losses.minimax_discriminator_loss(real, fake)).max() > 0.1


def test_label_noise_needs_a_seed():
    with pytest.raises(ValueError, match="`label_noise=0.1` draws random labels, so it needs `seed`"):
        losses.minimax_discriminator_loss([0.0], [0.0], label_noise=0.1)


@pytest.mark.parametrize("option", ["label_smoothing", "label_noise"])
@pytest.mark.parametrize("value", [-0.1, 0.5, float("nan")])
def test_options_out_of_range_are_refused(option, value):
    match = rf"`{option}` must be in \[0, 0.5\). Received: `{option}={value}`"
    with pytest.raises(ValueError, match=match):
        losses.minimax_discriminator_loss([0.0], [0.0], **{option: value})
    with pytest.raises(ValueError, match=match):
        losses.AdversarialLoss("minimax", **{option: value})


@pytest.mark.parametrize("name", sorted(set(losses.PAIRS) - {"minimax", "non_saturating"}))
@pytest.mark.parametrize("option", ["label_smoothing", "label_noise"])
def test_options_are_refused_by_pairs_without_labels(name, option):
    with pytest.raises(ValueError, match=f"'{name}' has none. Received: .*`{option}=0.1`"):
        losses.AdversarialLoss(name, **{option: 0.1})


def test_pair_passes_its_options_on():
    pair = losses.AdversarialLoss("minimax", label_smoothing=0.1, label_noise=0.2)
    direct = losses.minimax_discriminator_loss(REAL, FAKE, label_smoothing=0.1, label_noise=0.2, seed=SEED)
    np.testing.assert_array_equal(pair.discriminator(REAL, FAKE, SEED), direct)


# --- The relativistic average needs the whole batch


def test_relativistic_average_is_the_same_on_two_replicas(on_two_replicas):
    real, fake = np.array([2.0, -1.0, 4.0, 0.5], "float32"), np.array([-3.0, 0.5, 1.0, 7.0], "float32")
    pair = losses.pair("relativistic_average")
    for player in (pair.discriminator, pair.generator):
        np.testing.assert_allclose(on_two_replicas(player, real, fake), player(real, fake), rtol=1e-6)


def test_gradient_of_the_relativistic_average_is_the_same_on_two_replicas(on_two_replicas):
    real, fake = np.array([2.0, -1.0, 4.0, 0.5], "float32"), np.array([-3.0, 0.5, 1.0, 7.0], "float32")

    def gradient(real, fake):
        with tf.GradientTape() as tape:
            tape.watch(fake)
            loss = tf.reduce_sum(losses.relativistic_average_discriminator_loss(real, fake))
        return tape.gradient(loss, fake)

    one = gradient(tf.constant(real), tf.constant(fake)).numpy()
    np.testing.assert_allclose(on_two_replicas(gradient, real, fake), one, rtol=1e-5)


# --- Names and configuration


@pytest.mark.parametrize(
    ("given", "nearest"), [("hing", "hinge"), ("WGAN", "wasserstein"), ("non-saturating", "non_saturating")]
)
def test_unknown_names_get_the_nearest(given, nearest):
    with pytest.raises(ValueError, match=f"`loss` must be one of .*Received: `loss='{given}'`.*'{nearest}'"):
        losses.pair(given)


def test_pair_returns_what_is_one_already():
    pair = losses.AdversarialLoss("minimax", label_smoothing=0.1)
    assert losses.pair(pair) is pair


def test_pairs_compare_by_configuration_and_survive_serialization():
    pair = losses.AdversarialLoss("minimax", label_smoothing=0.1, label_noise=0.05)
    twin = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(pair))
    assert twin == pair and hash(twin) == hash(pair)
    assert pair != losses.AdversarialLoss("minimax") and pair != "minimax"
    assert repr(pair) == "AdversarialLoss(name='minimax', label_smoothing=0.1, label_noise=0.05)"


def test_l1_is_the_mean_distance_of_each_sample():
    targets = np.array([[[1.0, -1.0]], [[0.5, 0.5]]])
    images = np.array([[[0.0, 2.0]], [[0.5, 0.0]]])
    assert losses.l1_loss(targets, images).numpy().tolist() == [2.0, 0.25]
    assert losses.l1_loss(tf.cast(targets, tf.float16), tf.cast(images, tf.float16)).dtype == tf.float32


def test_l1_refuses_to_broadcast():
    with pytest.raises(ValueError, match=r"targets.shape=\(2, 3\), images.shape=\(2, 1\)"):
        losses.l1_loss(np.zeros((2, 3)), np.zeros((2, 1)))
