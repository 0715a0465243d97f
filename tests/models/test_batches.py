"""What `fit` accepts, and what it refuses before the first step, with a message that says what to do."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgan_zoo as zoo
from tests.models import tiny
from tfgan_zoo.models.batches import BatchCheck, as_dataset, filled_dataset, strided

IMAGE = (4, 4, 1)


@pytest.fixture(scope="module")
def gan():
    """A model of images that refuses everything here, so that one serves all tests."""
    gan = tiny.perceptrons(zoo.models.GAN, IMAGE, discriminator_steps=2)
    gan.compile(run_eagerly=True)
    return gan


@pytest.fixture(autouse=True)
def _untouched(gan):
    """No step was made and no weight moved by data that was refused."""
    before = gan.get_weights()
    yield
    assert int(gan.step_counter.numpy()) == 0
    assert all(np.array_equal(a, b) for a, b in zip(gan.get_weights(), before, strict=True))


def batched(images, size=8, drop_remainder=True):
    return tf.data.Dataset.from_tensor_slices(images).batch(size, drop_remainder=drop_remainder)


# --- Values


def test_uint8_images_are_refused(gan):
    images = np.zeros((16, *IMAGE), "uint8")
    match = r"`images` must be floating point in \[-1, 1\]. Received: dtype uint8. .*/ 127.5 - 1.0"
    with pytest.raises(ValueError, match=match):
        gan.fit(images, batch_size=8, verbose=0)
    with pytest.raises(ValueError, match=match):
        gan.fit(batched(images), verbose=0)


@pytest.mark.parametrize(("low", "high"), [(0.0, 255.0), (-3.0, 0.5), (0.0, 1.2)])
def test_images_beyond_the_range_are_refused(gan, low, high):
    images = np.full((16, *IMAGE), high, "float32")
    images[:, 0] = low
    match = rf"`images` must lie in \[-1, 1\]. Received: a batch with values from {low:g}\d* to {high:g}\d*\. Pixel"
    with pytest.raises(ValueError, match=match):
        gan.fit(images, batch_size=8, verbose=0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_non_finite_images_are_refused(gan, value):
    images = tiny.samples(16, *IMAGE)
    images[3, 1, 2, 0] = images[5, 0, 0, 0] = value
    match = "`images` must be finite. Received: a batch with 2 NaN or infinite values. Remove or repair these samples"
    with pytest.raises(ValueError, match=match):
        gan.fit(images, batch_size=16, shuffle=False, verbose=0)


def test_messages_are_the_same_in_a_compiled_step():
    compiled = tiny.perceptrons(zoo.models.GAN, IMAGE)
    compiled.compile()
    with pytest.raises(ValueError, match=r"^`images` must lie in \[-1, 1\]\..*does it for you\.$"):
        compiled.fit(np.full((16, *IMAGE), 255.0, "float32"), batch_size=8, verbose=0)
    assert int(compiled.step_counter.numpy()) == 0


def test_validation_data_is_checked_too(gan):
    images = tiny.samples(16, *IMAGE)
    with pytest.raises(ValueError, match="Received: dtype uint8"):
        gan.fit(images, batch_size=8, validation_data=np.zeros((16, *IMAGE), "uint8"), verbose=0)


# --- Shapes


@pytest.mark.parametrize("shape", [(5, 4, 1), (4, 4, 3), (4, 4), (1, 4, 4, 1)])
def test_samples_of_another_shape_are_refused(gan, shape):
    match = rf"`images` must have the shape that the networks take, \(batch, 4, 4, 1\). Received: \(8, {shape[0]}, "
    with pytest.raises(ValueError, match=match):
        gan.fit(np.zeros((16, *shape), "float32"), batch_size=8, verbose=0)


def test_batches_with_labels_are_refused(gan):
    pairs = tf.data.Dataset.from_tensor_slices((tiny.samples(16, *IMAGE), np.arange(16))).batch(8, drop_remainder=True)
    with pytest.raises(ValueError, match="A batch must be images. Received a batch of 2 parts. Map the dataset"):
        gan.fit(pairs, verbose=0)
    with pytest.raises(ValueError, match="A batch must be images. Received a batch of 2 parts"):
        gan.fit(tiny.samples(16, *IMAGE), np.arange(16), batch_size=8, verbose=0)


@pytest.mark.parametrize("size", [7, 1])
def test_batch_that_the_discriminator_steps_do_not_divide_is_refused(gan, size):
    match = (
        r"The batch size must be a multiple of 2, because a step takes 2 fresh batches on 1 replicas in 1 parts each. "
        rf"Received: a batch size of {size}. Use {max(2, size - 1)}\."
    )
    with pytest.raises(ValueError, match=match):
        gan.fit(tiny.samples(16, *IMAGE), batch_size=size, verbose=0)


def test_last_smaller_batch_is_refused_when_it_does_not_divide(gan):
    odd = batched(tiny.samples(7, *IMAGE), size=8, drop_remainder=False)
    with pytest.raises(ValueError, match=r"must be a multiple of 2, because .* Received: a batch of 7\."):
        gan.fit(odd, verbose=0)


def test_parts_of_gradient_accumulation_must_divide_the_batch():
    parted = tiny.perceptrons(zoo.models.GAN, IMAGE, discriminator_steps=2)
    parted.compile(gradient_accumulation_steps=3)
    with pytest.raises(
        ValueError, match="a multiple of 6, because .* in 3 parts each. Received: a batch size of 16. Use 12"
    ):
        parted.fit(tiny.samples(32, *IMAGE), batch_size=16, verbose=0)


def test_replicas_need_whole_batches(two_replicas):
    with two_replicas.scope():
        shared = tiny.perceptrons(zoo.models.GAN, IMAGE)
        shared.compile()
    with pytest.raises(ValueError, match="The batch size must be fixed when 2 replicas share a batch.*drop_remainder"):
        shared.fit(batched(tiny.samples(12, *IMAGE), drop_remainder=False), verbose=0)
    with pytest.raises(ValueError, match="a multiple of 2, because a step takes 1 fresh batches on 2 replicas"):
        shared.fit(batched(tiny.samples(12, *IMAGE), size=3), verbose=0)


# --- Amounts


def test_empty_dataset_is_refused(gan):
    too_few = batched(tiny.samples(4, *IMAGE), size=8)
    with pytest.raises(ValueError, match="The dataset is empty: it holds no batch.*fewer samples than one batch"):
        gan.fit(too_few, verbose=0)


def test_dataset_that_turns_out_empty_is_refused(gan):
    nothing = batched(tiny.samples(16, *IMAGE)).filter(lambda batch: tf.reduce_any(batch > 9.0))
    match = "The dataset is empty: it gave no batch, so nothing was trained"
    # Keras finds it out too, but merely warns.
    with pytest.warns(UserWarning, match="ran out of data"), pytest.raises(ValueError, match=match):
        gan.fit(nothing, verbose=0)


def test_empty_arrays_are_refused(gan):
    with pytest.raises(ValueError, match=r"`x` is empty: it holds no sample. Received: shape \(0, 4, 4, 1\)"):
        gan.fit(np.zeros((0, *IMAGE), "float32"), verbose=0)


def test_fewer_samples_than_one_batch_are_refused(gan):
    images = tiny.samples(10, *IMAGE)
    match = (
        "`x` holds 10 samples, fewer than one batch. Received: `batch_size={}`. Pass more samples or `batch_size=10`"
    )
    with pytest.raises(ValueError, match=match.format(16)):
        gan.fit(images, batch_size=16, verbose=0)
    with pytest.raises(ValueError, match=match.format(32)):
        gan.fit(images, verbose=0)


def test_nothing_at_all_is_refused(gan):
    with pytest.raises(ValueError, match="`x` must be a `tf.data.Dataset` or an array of samples. Received: `x=None`"):
        gan.fit(verbose=0)


def test_labels_beside_a_dataset_are_refused(gan):
    with pytest.raises(ValueError, match="`y` must be None when `x` is a dataset: put labels into it"):
        gan.fit(batched(tiny.samples(16, *IMAGE)), np.arange(16), verbose=0)


# --- What is accepted


def accepting(**options):
    gan = tiny.perceptrons(zoo.models.GAN, IMAGE, **options)
    gan.compile(run_eagerly=True)
    return gan


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_floats_of_other_widths_are_trained_on(dtype):
    gan = accepting(penalty="gradient_penalty")
    history = gan.fit(tiny.samples(16, *IMAGE).astype(dtype), batch_size=8, verbose=0).history
    assert np.isfinite(history["discriminator_loss"]).all()
    assert int(gan.step_counter.numpy()) == 2


def test_overshoot_of_resizing_filters_is_let_pass():
    gan = accepting()
    gan.fit(np.full((8, *IMAGE), 1.05, "float32"), batch_size=8, verbose=0)
    assert int(gan.step_counter.numpy()) == 1


def test_samples_that_are_not_images_may_have_any_range():
    gan = tiny.perceptrons(zoo.models.GAN, (3,))
    gan.compile(run_eagerly=True)
    gan.fit(100.0 * tiny.samples(8, 3), batch_size=8, verbose=0)
    assert int(gan.step_counter.numpy()) == 1


def test_last_smaller_batch_is_trained_on_when_nothing_forbids():
    gan = accepting()
    gan.fit(batched(tiny.samples(11, *IMAGE), drop_remainder=False), verbose=0)
    assert int(gan.step_counter.numpy()) == 2


# --- How batches are cut


def test_strided_parts_by_hand():
    rows = tf.constant([[0, 1], [2, 3], [4, 5], [6, 7], [8, 9], [10, 11]])
    parts = strided(rows, 3)
    assert [part.numpy().tolist() for part in parts] == [[[0, 1], [6, 7]], [[2, 3], [8, 9]], [[4, 5], [10, 11]]]
    assert strided(rows, 1)[0] is rows


def test_parts_of_all_replicas_together_are_those_of_one_device():
    rows = np.arange(24)
    halves = [strided(tf.constant(half), 3) for half in np.split(rows, 2)]
    for part, first, second in zip(strided(tf.constant(rows), 3), *halves, strict=True):
        assert part.numpy().tolist() == [*first.numpy(), *second.numpy()]


def test_static_shapes_survive_the_cut():
    for rows, part in ((None, None), (6, 3)):
        graph = tf.function(lambda rows: strided(rows, 2)).get_concrete_function(tf.TensorSpec((rows, 5)))
        assert [output.shape.as_list() for output in graph.outputs] == [[part, 5]] * 2


def test_arrays_are_shuffled_with_the_seed_and_differently_each_epoch():
    rows = np.arange(40.0)
    first, again, other = (as_dataset(rows, None, 10, True, seed) for seed in (1, 1, 2))
    epochs = [np.concatenate(list(data.as_numpy_iterator())) for data in (first, again, other, first)]
    assert all(sorted(epoch) == list(rows) for epoch in epochs)
    np.testing.assert_array_equal(epochs[0], epochs[1])
    assert (epochs[0] != epochs[2]).any() and (epochs[0] != epochs[3]).any()


def test_arrays_keep_their_order_without_shuffling_and_drop_the_rest():
    batches = list(as_dataset(np.arange(7.0), None, 3, False, 0).as_numpy_iterator())
    assert [batch.tolist() for batch in batches] == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(("count", "expected"), [(7, [0, 1, 2, 3, 4, 5, 6, 0, 1]), (2, [0, 1, 0]), (3, [0, 1, 2])])
def test_the_last_batch_is_filled_with_samples_of_no_weight(count, expected):
    samples, weights = filled_dataset(np.arange(float(count)), None, 3)
    np.testing.assert_array_equal(np.concatenate(list(samples.as_numpy_iterator())), expected)
    np.testing.assert_array_equal(np.concatenate(list(weights.as_numpy_iterator())), np.arange(len(expected)) < count)
    assert samples.element_spec.shape == weights.element_spec.shape == (3,)


def test_datasets_pass_unchanged():
    data = batched(tiny.samples(8, 3))
    assert as_dataset(data, None, None, True, 0) is data
    assert filled_dataset(data, None, None) == (data, None)
    assert keras.tree.is_nested(as_dataset((np.ones(4), np.zeros(4)), None, 2, False, 0).element_spec)


@pytest.mark.parametrize("given", [None, False, True])
def test_no_thread_of_the_dataset_can_miss_the_end(given):
    """TensorFlow's autotuner does at times, and `fit` then hangs; whoever asks for it gets it."""
    options = tf.data.Options()
    if given is not None:
        options.autotune.enabled = given
    data = batched(np.zeros((8, *IMAGE), "float32")).with_options(options)
    checked = BatchCheck(IMAGE, ("images",), 1, "", 1).dataset(data)
    assert checked.options().autotune.enabled is bool(given)
