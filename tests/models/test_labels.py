"""Class labels in the plumbing that all models share: what `fit` and `sample` take, and what they refuse."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgan_zoo as zoo
from tests.models import tiny
from tfgan_zoo.models import AbstractGAN, labels

IMAGE, CLASSES = (2, 2, 1), 3


class Labelled(AbstractGAN):
    """A model whose step only notes what it was given, so that the plumbing is all there is to see."""

    batch_parts = ("images", "labels")

    def __init__(self, generator, discriminator, *, num_classes=CLASSES, **options):
        super().__init__(generator=generator, discriminator=discriminator, **options)
        self.check_adversaries(generator, discriminator)
        self.num_classes = num_classes
        self.seen = []

    @property
    def batches_per_step(self):
        return 2

    def default_optimizer(self, player):
        return keras.optimizers.SGD(0.1)

    def train_step(self, data):
        self.seen.extend((images.numpy(), classes.numpy()) for images, classes in self.rounds(data))
        return self.finish_step()


def generator(order=("z", "label")):
    """`G(z, c)` = class number in all pixels but the first, which is z_0."""
    z, label = keras.Input((2,), name="z"), keras.Input((), dtype="int32", name="label")
    embed = keras.layers.Embedding(CLASSES, 3, embeddings_initializer=rows, name="embed")
    x = keras.layers.Concatenate()([z[:, :1], embed(label)])
    inputs = {"z": z, "label": label}
    return keras.Model([inputs[name] for name in order], keras.layers.Reshape(IMAGE)(x))


def rows(shape, dtype=None):
    return tf.cast(tf.repeat(tf.range(shape[0])[:, None], shape[1], axis=1), dtype or "float32")


def discriminator(order=("image", "label")):
    """`D(x, c)` = sum of x, plus ten times the class."""
    image, label = keras.Input(IMAGE, name="image"), keras.Input((), dtype="int32", name="label")
    x = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")(keras.layers.Flatten()(image))
    embed = keras.layers.Embedding(CLASSES, 1, embeddings_initializer=rows)
    logits = keras.layers.Add()([x, keras.layers.Rescaling(10.0)(embed(label))])
    inputs = {"image": image, "label": label}
    return keras.Model([inputs[name] for name in order], logits)


@pytest.fixture
def gan():
    gan = Labelled(generator(), discriminator(), prior="normal")
    gan.compile(run_eagerly=True)
    return gan


def images(count):
    return tiny.samples(count, *IMAGE)


def batched(*parts, size=4):
    return tf.data.Dataset.from_tensor_slices(parts).batch(size, drop_remainder=True)


# --- fit: what arrives


@pytest.mark.parametrize("dtype", ["uint8", "int64", "int32"])
def test_steps_see_fresh_labelled_batches_of_one_dtype(gan, dtype):
    x, y = images(8), np.array([0, 2, 1, 1, 2, 0, 0, 2], dtype)
    gan.fit(x, y, batch_size=4, shuffle=False, verbose=0)
    assert [seen.tolist() for _, seen in gan.seen] == [[0, 1], [2, 1], [2, 0], [0, 2]]
    assert {seen.dtype.name for _, seen in gan.seen} == {"int32"}
    np.testing.assert_array_equal(gan.seen[1][0], x[1:4:2])


def test_shuffled_images_keep_their_labels(gan):
    y = np.arange(12) % CLASSES
    x = np.broadcast_to(y[:, None, None, None] / 2.0 - 0.5, (12, *IMAGE)).astype("float32")
    gan.fit(x, y, batch_size=4, verbose=0)
    seen = np.concatenate([seen for _, seen in gan.seen])
    assert (seen != y).any()
    for rows, found in gan.seen:
        np.testing.assert_array_equal(rows[:, 0, 0, 0], found / 2.0 - 0.5)


# --- fit: what is refused before the first step


def refused(gan, match, *data, **options):
    with pytest.raises(ValueError, match=match):
        gan.fit(*data, verbose=0, **options)
    assert gan.seen == [] and int(gan.step_counter.numpy()) == 0


@pytest.mark.parametrize("value", [-1, 3, 200])
def test_labels_out_of_range_are_refused(gan, value):
    y = np.array([0, 1, 2, value, 0, 1, 2, 0])
    match = (
        rf"^`labels` must lie in \[0, 3\), .* Received: a batch with labels from {min(value, 0)} to {max(value, 2)}\."
    )
    refused(gan, match, images(8), y, batch_size=4, shuffle=False)
    refused(gan, match, batched(images(8), y))


def test_small_integers_do_not_wrap_around():
    gan = Labelled(generator(), discriminator(), num_classes=300)
    gan.compile(run_eagerly=True)
    gan.fit(images(4), np.array([0, 255, 44, 45], "uint8"), batch_size=4, verbose=0)
    assert int(gan.step_counter.numpy()) == 1


@pytest.mark.parametrize("dtype", ["float32", "bool"])
def test_labels_that_are_no_integers_are_refused(gan, dtype):
    match = rf"`labels` must be integers from 0 to 2. Received: dtype {dtype}. Convert with `tf.cast"
    refused(gan, match, images(8), np.zeros(8, dtype), batch_size=4)


def test_one_hot_labels_are_refused(gan):
    one_hot = np.eye(CLASSES, dtype="int32")[np.arange(8) % CLASSES]
    match = (
        r"one integer for each sample, shape \(batch,\). Received: \(4, 3\). One-hot rows become that with `tf.argmax"
    )
    refused(gan, match, images(8), one_hot, batch_size=4)
    refused(gan, "Received: dtype float32.*or one-hot rows", images(8), one_hot.astype("float32"), batch_size=4)
    refused(gan, r"Received: \(4, 1\).*`tf.squeeze\(labels, axis=-1\)`", images(8), np.zeros((8, 1), int), batch_size=4)


def test_labels_of_another_number_are_refused(gan):
    refused(gan, "Received: 8 samples and 7 labels", images(8), np.zeros(7, int), batch_size=4)
    sizes = [tf.data.Dataset.from_tensor_slices(part) for part in (images(8), np.zeros(8, int))]
    known = [part.batch(size, drop_remainder=True) for part, size in zip(sizes, (4, 2), strict=True)]
    refused(gan, "as many as `images`. Received: batches of 4 and 2", tf.data.Dataset.zip(*known))
    unknown = [part.batch(size) for part, size in zip(sizes, (4, 2), strict=True)]
    refused(gan, "^`labels` must be as many .* a batch of 2 labels and 4 samples", tf.data.Dataset.zip(*unknown))


def test_images_alone_are_refused(gan):
    match = (
        r"must be a tuple \(images, labels\). Received a batch of 1 parts. .*`tfgan_zoo.data.images\(..., labels=True"
    )
    refused(gan, match, images(8), batch_size=4)


# --- Networks by the names of their inputs


@pytest.mark.parametrize("order", [1, -1])
def test_inputs_go_by_name(order):
    gan = Labelled(generator(("z", "label")[::order]), discriminator(("image", "label")[::order]))
    z, y = tf.constant([[0.5, 9.0], [-0.25, 9.0]]), tf.constant([2, 1])
    fake = gan.generate(z, y)
    np.testing.assert_array_equal(fake[..., 0], [[[0.5, 2.0], [2.0, 2.0]], [[-0.25, 1.0], [1.0, 1.0]]])
    np.testing.assert_array_equal(gan.critique(fake, y), [[6.5 + 20.0], [2.75 + 10.0]])
    assert gan.latent_dim == 2


def test_networks_of_another_image_shape_are_refused():
    image, label = keras.Input((2, 3, 1), name="image"), keras.Input((), dtype="int32", name="label")
    other = keras.Model([label, image], keras.layers.Dense(1)(keras.layers.Flatten()(image)))
    with pytest.raises(ValueError, match=r"discriminator.input_shape=\(None, 2, 3, 1\)"):
        Labelled(generator(), other)


def test_every_output_must_be_float32():
    image = keras.Input(IMAGE, name="image")
    x = keras.layers.Flatten()(image)
    two = keras.Model(image, [keras.layers.Dense(1)(x), keras.layers.Dense(3, dtype="float16")(x)])
    with pytest.raises(ValueError, match="`discriminator` must return float32.*Received: float16"):
        Labelled(generator(), two)


@pytest.mark.parametrize("name", ["y", "labels"])
def test_inputs_of_other_names_are_refused(name):
    label = keras.Input((), dtype="int32", name=name)
    other = keras.Model([keras.Input((2,), name="z"), label], keras.layers.Embedding(3, 2)(label))
    with pytest.raises(ValueError, match=rf"`generator` must be .* named \['z', 'label'\]. Received: .*'{name}'"):
        labels.check_network("generator", other, ("z", "label"), 3)


def test_networks_of_another_number_of_classes_are_refused():
    match = "`num_classes` must be the number of classes that `generator` was built for, 3. Received: `num_classes=4`"
    with pytest.raises(ValueError, match=match):
        labels.check_network("generator", generator(), ("z", "label"), 4)
    labels.check_network("generator", generator(), ("z", "label"), 3)


@pytest.mark.parametrize("value", [0, 2.0, True])
def test_a_number_of_classes_is_a_positive_int(value):
    with pytest.raises(ValueError, match=f"`num_classes` must be an int >= 1. Received: `num_classes={value}`"):
        labels.check_network("generator", generator(), ("z", "label"), value)


# --- sample


def shown(samples):
    return samples[:, 1, 1, 0].tolist()


def test_samples_go_round_the_classes(gan):
    assert shown(gan.sample(7, batch_size=2)) == [0, 1, 2, 0, 1, 2, 0]


@pytest.mark.parametrize("given", [[2, 0, 0], np.array([2, 0, 0], "uint8"), tf.constant([2, 0, 0])])
def test_samples_of_given_labels(gan, given):
    samples = gan.sample(3, labels=given, seed=5)
    assert shown(samples) == [2, 0, 0]
    np.testing.assert_allclose(samples[:, 0, 0, 0], zoo.latents.sample(3, 2, seed=5)[:, 0])


def test_one_label_serves_all_samples(gan):
    assert shown(gan.sample(3, labels=1)) == shown(gan.sample(z=np.zeros((3, 2)), labels=np.int64(1))) == [1, 1, 1]


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ([0, 1], r"one for each of the 3, shape \(3,\). Received: shape \(2,\). .*`num=2`"),
        ([[0], [1], [2]], r"Received: shape \(3, 1\). .*`labels.ravel\(\)`"),
        (np.eye(3, dtype=int), r"Received: shape \(3, 3\). One-hot rows .*`labels.argmax\(axis=-1\)`"),
        (np.eye(3), r"Received: dtype float64.*one-hot rows with `labels.argmax\(axis=-1\)`"),
        ([0, 1, 3], r"must lie in \[0, 3\), .* Received: labels from 0 to 3"),
        (-1, r"Received: labels from -1 to -1"),
        ([0.0, 1.0, 2.0], "must be integers from 0 to 2. Received: dtype float64"),
    ],
)
def test_labels_that_do_not_fit_are_refused(gan, given, match):
    with pytest.raises(ValueError, match=match):
        gan.sample(3, labels=given)


def test_a_generator_without_labels_takes_none():
    plain = tiny.perceptrons(zoo.models.GAN)
    assert not plain.takes_labels
    with pytest.raises(ValueError, match="`labels` must be None: the generator takes none. Received: `labels=1`"):
        plain.sample(3, labels=1)


def test_predict_gives_every_row_on_several_replicas(two_replicas):
    z = tiny.samples(5, 2)
    inputs = {"z": z, "label": np.array([0, 1, 2, 0, 1])}
    expected = generator()(inputs)
    with two_replicas.scope():
        shared = Labelled(generator(), discriminator())
    alone = Labelled(generator(), discriminator())
    for batch_size in (2, 4, None):
        for gan in (alone, shared):
            np.testing.assert_allclose(gan.predict(inputs, batch_size, verbose=0), expected, rtol=1e-6)
    np.testing.assert_allclose(alone.predict([z, inputs["label"]], batch_size=2, verbose=0), expected, rtol=1e-6)
    with pytest.raises(ValueError, match="`batch_size` must be a multiple of 2, because 2 replicas.*`batch_size=3`"):
        shared.predict(inputs, batch_size=3)
    with pytest.raises(ValueError, match="must hold as many samples each"):
        alone.predict({"z": z, "label": np.array([0, 1])})
