"""What SGAN and FeatureMatchingGAN share: batches, prediction, evaluation, errors."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models import tiny
from tfgan_zoo.layers import GaussianNoise
from tfgan_zoo.models import SGAN, FeatureMatchingGAN

CLASSES = 3
BOTH = pytest.mark.parametrize("cls", [SGAN, FeatureMatchingGAN])


def make(cls, *, noise=0.0, rate=0.1, **options):
    """A model of small perceptrons on samples of two numbers, compiled with SGD."""
    image = keras.Input((2,), name="image")
    features = keras.layers.Dense(4, "tanh", name="features")(GaussianNoise(noise)(image))
    logits = keras.layers.Dense(CLASSES + cls.fake_classes)(features)
    generator = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)])
    gan = cls(generator, keras.Model(image, logits), **{"ema_decay": None, **options})
    gan.compile(keras.optimizers.SGD(rate), keras.optimizers.SGD(rate))
    return gan


def batch(size=4, seed=0):
    """Labelled samples, labels, unlabelled samples."""
    rng = np.random.default_rng(seed)
    return tiny.samples(size, 2, seed=seed), rng.integers(0, CLASSES, size), tiny.samples(size, 2, seed=seed + 1)


def flat(*parts, size=4):
    return tf.data.Dataset.from_tensor_slices(parts or batch(8)).batch(size)


@BOTH
def test_zipped_datasets_and_flat_tuples_are_the_same_batches(cls):
    images, labels, unlabelled = batch(8)
    labelled = tf.data.Dataset.from_tensor_slices((images, labels)).batch(4)
    zipped = tf.data.Dataset.zip((labelled, tf.data.Dataset.from_tensor_slices(unlabelled).batch(4)))
    weights = []
    for dataset in (zipped, flat()):
        keras.utils.set_random_seed(1)
        gan = make(cls)
        history = gan.fit(dataset, verbose=0).history
        weights.append(gan.get_weights())
    assert set(history) == set(cls.reported)
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


@BOTH
def test_predict_gives_probabilities_of_the_real_classes(cls):
    gan, images = make(cls), batch(5)[0]
    probabilities = gan.predict(images, batch_size=2, verbose=0)
    logits = gan.discriminator(images).numpy()[:, :CLASSES]
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probabilities, expected, rtol=1e-5)
    np.testing.assert_array_equal(gan.classifier(images), gan(images))


@BOTH
def test_classify_is_predict_for_any_number_of_images(cls, two_replicas):
    images = batch(5)[0]
    with two_replicas.scope():
        gan = make(cls, ema_decay=0.9)
    expected = gan.classifier(images).numpy()
    for batch_size in (2, 500):
        np.testing.assert_allclose(gan.classify(images, batch_size=batch_size), expected, rtol=1e-6)
    with pytest.raises(ValueError, match=r"`images` must be .* \(num, 2\).*Received: shape \(5, 2\), dtype uint8"):
        gan.classify(images.astype("uint8"))
    with pytest.raises(ValueError, match=r"Received: shape \(5, 1\), dtype float32"):
        gan.classify(images[:, :1])


@BOTH
def test_every_sample_is_judged_on_several_replicas(cls, two_replicas):
    images, labels, _ = batch(11, seed=4)
    single = make(cls)
    expected = single.evaluate(images, labels, verbose=0)
    assert 0.0 < expected[1] < 1.0
    with two_replicas.scope():
        gan = make(cls)
    gan.set_weights(single.get_weights())
    for batch_size in (2, 4, 32):
        assert gan.evaluate(images, labels, batch_size=batch_size, verbose=0) == pytest.approx(expected, rel=1e-5)
    whole = tf.data.Dataset.from_tensor_slices((images, labels)).batch(2, drop_remainder=True)
    assert gan.evaluate(whole, verbose=0) == pytest.approx(single.evaluate(images[:10], labels[:10], verbose=0))
    with pytest.raises(ValueError, match="batch size must be a multiple of 2, because 2 replicas share it.*Use 2"):
        gan.evaluate(images, labels, batch_size=3, verbose=0)
    history = gan.fit(batch(8), validation_data=(images, labels), batch_size=4, verbose=0).history
    final = gan.evaluate(images, labels, verbose=0)
    assert [history["val_loss"][-1], history["val_accuracy"][-1]] == pytest.approx(final, rel=1e-5)


@BOTH
def test_arrays_of_all_three_parts_are_learnt_from(cls):
    gan, (images, labels, unlabelled) = make(cls), batch(8)
    gan.fit((images, labels, unlabelled), batch_size=4, verbose=0)
    gan.fit(((images, labels), unlabelled), batch_size=4, verbose=0)
    assert gan.step_counter.numpy() == 4
    with pytest.raises(ValueError, match="as many samples each.*joined by `tfgan_zoo.data.semi_supervised`"):
        gan.fit(((images[:4], labels[:4]), unlabelled), batch_size=4, verbose=0)
    with pytest.raises(ValueError, match="Received a batch of 3 parts"):
        gan.evaluate((images, labels, labels), verbose=0)


@BOTH
def test_a_discriminator_of_two_outputs_is_refused(cls):
    image = keras.Input((2,))
    two = keras.Model(image, [keras.layers.Dense(1)(image), keras.layers.Dense(3, name="features")(image)])
    with pytest.raises(ValueError, match="`discriminator` must return"):
        cls(keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)]), two)


@BOTH
def test_evaluate_counts_every_sample(cls):
    """Ten samples in batches of four: Keras's own loss and accuracy of the classifier, a last batch of two included."""
    gan, (images, labels, _) = make(cls), batch(10, seed=3)
    classifier = gan.classifier
    classifier.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    expected = classifier.evaluate(images, labels, batch_size=4, verbose=0)
    assert 0.0 < expected[1] < 1.0
    assert gan.evaluate(images, labels, batch_size=4, verbose=0) == pytest.approx(expected, rel=1e-5)
    named = gan.evaluate(images, labels, batch_size=64, return_dict=True, verbose=0)
    assert named == pytest.approx({"loss": expected[0], "accuracy": expected[1]}, rel=1e-5)


@BOTH
def test_validation_data_are_labelled_samples(cls):
    gan, (images, labels, _) = make(cls), batch(5)
    history = gan.fit(flat(), epochs=2, validation_data=(images, labels), verbose=0).history
    assert set(history) == {*cls.reported, "val_loss", "val_accuracy"}
    final = gan.evaluate(images, labels, verbose=0)
    assert [history["val_loss"][-1], history["val_accuracy"][-1]] == pytest.approx(final, rel=1e-5)


@BOTH
def test_the_average_predicts(cls):
    gan, images = make(cls, ema_decay=0.5, rate=1.0), batch()[0]
    gan.fit(flat(), verbose=0)
    average = keras.ops.softmax(gan.ema_discriminator(images)[:, :CLASSES])
    np.testing.assert_allclose(gan.predict(images, verbose=0), average, rtol=1e-5)
    assert np.abs(gan.ema_discriminator(images) - gan.discriminator(images)).max() > 1e-3
    assert gan.sampler is gan.ema_generator


@BOTH
def test_samples_come_from_the_generator(cls):
    gan = make(cls)
    assert gan.sample(3).shape == (3, 2)


@BOTH
def test_noise_acts_in_training_alone(cls):
    gan, (images, labels, _) = make(cls, noise=5.0), batch()
    first, second = (gan.evaluate(images, labels, verbose=0) for _ in range(2))
    assert first == second


def test_samples_side_by_side_come_back_apart():
    gan, rows = make(SGAN), []
    first, second = np.arange(6.0).reshape(3, 2), -np.arange(6.0).reshape(3, 2)
    parts = gan.in_one_pass(lambda x: rows.append(x.numpy()) or 10.0 * x, first, second)
    np.testing.assert_array_equal(rows[0][:4], [first[0], second[0], first[1], second[1]])
    np.testing.assert_array_equal(parts[0], 10.0 * first)
    np.testing.assert_array_equal(parts[1], 10.0 * second)


IMAGES, LABELS, UNLABELLED = batch(8)


@BOTH
@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((IMAGES, LABELS), r"\(images, labels, unlabelled\). Received a batch of 2 parts.*data.semi_supervised"),
        ((IMAGES, np.eye(3)[LABELS], UNLABELLED), "`labels` must be integers from 0 to 2. Received: dtype float64"),
        ((IMAGES, np.eye(3, dtype=int)[LABELS], UNLABELLED), r"Received: \(None, 3\). One-hot rows"),
        ((IMAGES, LABELS + 1, UNLABELLED), r"^`labels` must lie in \[0, 3\).*labels from . to 3"),
        ((IMAGES, LABELS - 1, UNLABELLED), r"^`labels` must lie in \[0, 3\).*labels from -1 to"),
        ((IMAGES, LABELS, UNLABELLED.astype(int)), "`unlabelled` must be floating point.*Received: dtype int64"),
        ((IMAGES, LABELS, UNLABELLED[:, :1]), r"`unlabelled` must have the shape.*Received: \(None, 1\)"),
        ((IMAGES, LABELS, UNLABELLED * np.inf), "^`unlabelled` must be finite"),
    ],
)
def test_wrong_batches_are_refused(cls, parts, message):
    with pytest.raises(ValueError, match=message):
        make(cls).fit(flat(*parts), verbose=0)


def test_batches_of_different_sizes_are_refused():
    labelled = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS))
    unlabelled = tf.data.Dataset.from_tensor_slices(UNLABELLED)
    known = labelled.batch(4, drop_remainder=True), unlabelled.batch(2, drop_remainder=True)
    with pytest.raises(ValueError, match="`unlabelled` must be as many as `images`. Received: batches of 4 and 2"):
        make(SGAN).fit(tf.data.Dataset.zip(known), verbose=0)
    with pytest.raises(ValueError, match="^`unlabelled` must be as many .* a batch of 2 unlabelled and 4 samples"):
        make(SGAN).fit(tf.data.Dataset.zip((labelled.batch(4), unlabelled.batch(2))), verbose=0)


@BOTH
@pytest.mark.parametrize("count", [0, 1])
def test_a_discriminator_needs_two_classes(cls, count):
    outputs = count + cls.fake_classes
    generator = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)])
    discriminator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(max(outputs, 1), name="features")])
    with pytest.raises(ValueError, match=f"two classes or more.*output_shape=\\(None, {max(outputs, 1)}\\)"):
        cls(generator, discriminator)


def test_networks_must_fit():
    with pytest.raises(ValueError, match="generator's output must be the discriminator's input"):
        FeatureMatchingGAN(
            keras.Sequential([keras.Input((1,)), keras.layers.Dense(3)]),
            keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="features")]),
        )
