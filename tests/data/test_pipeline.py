"""The public functions on data that needs no download."""

import gc
import os
import pathlib
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from sklearn import datasets

from tfgan_zoo.data import Description, arrays, describe, images

PIXELS = np.random.default_rng(0).integers(0, 256, (13, 6, 4, 3), dtype=np.uint8)
# Image i holds the level i, and one white pixel at its left edge that shows whether it was mirrored.
NUMBERED = np.zeros((13, 2, 3, 1), np.uint8) + np.arange(13, dtype=np.uint8)[:, None, None, None]
NUMBERED[:, 0, 0] = 255


def _batches(dataset):
    return [tf.nest.map_structure(np.asarray, batch) for batch in dataset]


def _levels(batch):
    return np.rint((batch[:, 1, 1, 0] + 1) * 127.5).astype(int).tolist()


def _mirrored(batch):
    return (batch[:, 0, 2, 0] == 1).tolist()


def test_bytes_become_floats_from_minus_one_to_one():
    every = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    (batch,) = _batches(images(every, batch_size=1))
    assert batch.dtype == np.float32
    np.testing.assert_allclose(batch.ravel(), np.arange(256) / 127.5 - 1, atol=1e-7)
    assert (batch.min(), batch.max()) == (-1, 1)


def test_floats_are_kept_exactly():
    floats = np.random.default_rng(0).uniform(-1, 1, (8, 4, 4, 3)).astype(np.float32)
    (batch,) = _batches(images(floats, batch_size=8, shuffle=False))
    np.testing.assert_array_equal(batch, floats)


def test_digits():
    dataset = images("digits", image_size=16, labels=True, batch_size=50)
    assert dataset.cardinality() == 30
    assert dataset.element_spec == (tf.TensorSpec((50, 16, 16, 1), tf.float32), tf.TensorSpec((50,), tf.int32))
    found = np.concatenate([labels for _, labels in dataset.as_numpy_iterator()])
    np.testing.assert_array_equal(np.bincount(found), np.bincount(datasets.load_digits().target[:1500]))


def test_labels_stay_with_their_images():
    for batch, labels in _batches(images((NUMBERED, np.arange(13)), labels=True, batch_size=4, flip=True)):
        assert _levels(batch) == labels.tolist()


def test_labels_of_a_tuple_may_be_left_out():
    assert images((NUMBERED, np.arange(13)), batch_size=4).element_spec == tf.TensorSpec((4, 2, 3, 1), tf.float32)


def test_epochs_of_fit_have_new_orders():
    seen = []

    class Recorder(keras.Model):
        def train_step(self, data):
            tf.py_function(lambda batch: seen.append(batch.numpy()), [data], [])
            return {"loss": 0.0}

    model = Recorder()
    model.compile(run_eagerly=False)
    model.fit(images(NUMBERED, batch_size=4), epochs=3, shuffle=False, verbose=0)
    endless = _batches(images(NUMBERED, batch_size=4, repeat=True).take(9))
    np.testing.assert_array_equal(seen, endless)
    assert len({str(_levels(np.concatenate(endless[i : i + 3]))) for i in (0, 3, 6)}) == 3


@pytest.mark.parametrize("options", [{}, {"drop_remainder": False}, {"flip": True}, {"shuffle": False, "flip": True}])
@pytest.mark.parametrize("skip", [3, 8])
def test_skipping_gives_the_same_bits(options, skip):
    whole = _batches(images(NUMBERED, batch_size=4, repeat=True, seed=2, **options).take(11))
    resumed = _batches(
        images(NUMBERED, batch_size=4, repeat=True, seed=2, skip_batches=skip, **options).take(11 - skip)
    )
    assert [batch.tobytes() for batch in resumed] == [batch.tobytes() for batch in whole[skip:]]


def test_flips():
    epochs = _batches(images(NUMBERED, batch_size=13, shuffle=False, flip=True, repeat=True).take(40))
    flips = np.array([_mirrored(epoch) for epoch in epochs])
    assert all(_levels(epoch) == list(range(13)) for epoch in epochs)
    assert 0.4 < flips.mean() < 0.6
    assert flips.mean(axis=0).min() > 0 and flips.mean(axis=0).max() < 1
    assert not any(map(any, [_mirrored(batch) for batch in _batches(images(NUMBERED, batch_size=13))]))
    assert (NUMBERED[:, 0, 0] == 255).all()


def test_seed_decides():
    first, again, other = (_batches(images(NUMBERED, batch_size=13, seed=seed))[0].tobytes() for seed in (1, 1, 2))
    assert first == again != other


def test_images_are_not_part_of_the_graph():
    large = np.zeros((1000, 32, 32, 3), np.uint8)
    dataset = images(large, batch_size=10, flip=True)
    graph = tf.raw_ops.DatasetToGraphV2(input_dataset=dataset._variant_tensor, external_state_policy=1).numpy()
    assert len(graph) < 50_000


def test_images_live_as_long_as_the_dataset_or_its_iterators():
    pixels = PIXELS.copy()
    alive = weakref.ref(pixels)
    iterator = iter(images(pixels, batch_size=2).map(lambda batch: batch + 0).take(6))
    del pixels
    gc.collect()
    assert len(list(iterator)) == 6
    del iterator
    gc.collect()
    assert alive() is None


def test_folder_with_classes(tmp_path):
    for index, name in enumerate(["b/x.png", "a/x.jpg", "b/y.gif"]):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(np.full((8, 12, 3), 80 * index, np.uint8)).save(tmp_path / name)
    ((batch, labels),) = _batches(images(tmp_path, image_size=4, channels=1, labels=True, batch_size=3, shuffle=False))
    assert batch.shape == (3, 4, 4, 1) and labels.tolist() == [0, 1, 1]
    np.testing.assert_allclose((batch[:, 0, 0, 0] + 1) * 127.5, [80, 0, 160], atol=1)
    assert describe(tmp_path, image_size=(4, 6)) == Description(3, (4, 6, 3), ("a", "b"))


def test_facades():
    if "TFGAN_ZOO_DATA" not in os.environ:
        pytest.skip("needs the folder of real pairs `facades`: set TFGAN_ZOO_DATA to the folder that holds it")
    source = pathlib.Path(os.environ["TFGAN_ZOO_DATA"], "facades")
    assert describe(source) == describe(source / "train") == Description(400, (256, 512, 3), None)
    assert describe(source, split="val").num_images == 100
    batch = _batches(images(source, split="val", image_size=(32, 64), batch_size=100))[0]
    assert batch.shape == (100, 32, 64, 3)
    # The label maps on the right are mostly blue, the photos on the left are not.
    left, right = batch[:, :, :32].mean(axis=(0, 1, 2)), batch[:, :, 32:].mean(axis=(0, 1, 2))
    assert right[2] > right[0] + 0.5 and abs(left[2] - left[0]) < 0.3


def test_mnist(tfds_data_dir):
    assert describe("mnist", image_size=32) == Description(60000, (32, 32, 1), tuple("0123456789"))
    batch, labels = _batches(images("mnist", split="test[:100]", labels=True, batch_size=100, shuffle=False))[0]
    pixels, classes = arrays("mnist", split="test[:100]", labels=True)
    np.testing.assert_allclose((batch + 1) * 127.5, pixels, atol=1e-4)
    np.testing.assert_array_equal(labels, classes)


# === arrays and describe ===


def test_arrays():
    pixels, labels = arrays((PIXELS, np.arange(13)), labels=True)
    np.testing.assert_array_equal(pixels, PIXELS)
    assert labels.tolist() == list(range(13))
    pixels[0] = 0
    assert not np.shares_memory(pixels, PIXELS)


def test_arrays_of_floats_are_bytes():
    floats = PIXELS.astype(np.float32) / np.float32(127.5) - 1
    pixels = arrays(floats)
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, PIXELS)


def test_subset_of_arrays():
    (one, labels), (two, _), (other, others) = (
        arrays((NUMBERED, np.arange(13)), labels=True, num=5, seed=seed) for seed in (1, 1, 2)
    )
    assert len(set(labels)) == 5 and labels.tolist() == sorted(labels) != sorted(others)
    np.testing.assert_array_equal(one, NUMBERED[labels])
    np.testing.assert_array_equal(one, two)


def test_describe():
    found = describe("digits", image_size=(10, 12), channels=3)
    assert (found.num_images, found.image_shape, found.num_classes) == (1500, (10, 12, 3), 10)
    assert describe(PIXELS).num_classes == 0


# === Bad input ===


@pytest.mark.parametrize(
    "name, value, text",
    [
        ("batch_size", 0, "`batch_size` must be an integer of at least 1. Received: `batch_size=0`"),
        ("batch_size", 2.0, "Received: `batch_size=2.0`"),
        ("batch_size", True, "Received: `batch_size=True`"),
        ("image_size", 0, r"positive integer or a pair \(height, width\).*Received: `image_size=0`"),
        ("image_size", (8, -1), r"Received: `image_size=\(8, -1\)`"),
        ("image_size", (8, 8, 3), r"Received: `image_size=\(8, 8, 3\)`"),
        ("image_size", "32", "Received: `image_size='32'`"),
        ("channels", 4, "`channels` must be 1, 3 or None. Received: `channels=4`"),
        ("channels", True, "Received: `channels=True`"),
        ("seed", -1, "`seed` must be an integer of at least 0. Received: `seed=-1`"),
        ("skip_batches", -1, "Received: `skip_batches=-1`"),
        ("skip_batches", 1.5, "Received: `skip_batches=1.5`"),
        ("crop", "random", r"`crop` must be one of \('center', 'stretch'\). Received: `crop='random'`"),
        ("on_error", "ignore", "`on_error` must be 'raise' or 'skip'. Received: `on_error='ignore'`"),
        ("cache", "ram", "`cache` must be 'auto', .*Received: `cache='ram'`"),
        ("split", "test", "Received: `split='test'`"),
        ("labels", 1, "`labels` must be True or False. Received: `labels=1`"),
        ("labels", True, "There are no labels for array: only images were passed.*Received: `labels=True`"),
        ("shuffle", None, "`shuffle` must be True or False. Received: `shuffle=None`"),
        ("repeat", 3, "`repeat` must be True or False. Received: `repeat=3`"),
        ("flip", "yes", "`flip` must be True or False. Received: `flip='yes'`"),
        ("batch_size", 14, "Received: 13 images, `batch_size=14`. Use a smaller batch, or `drop_remainder=False`"),
    ],
)
def test_bad_arguments(name, value, text):
    with pytest.raises(ValueError, match=text):
        images(PIXELS, **{"batch_size": 4, name: value})


def test_numpy_numbers_are_numbers():
    dataset = images(PIXELS, batch_size=np.int64(4), image_size=(np.int32(3), 5), seed=np.uint8(1))
    assert dataset.element_spec.shape == (4, 3, 5, 3)


def test_more_than_there_are():
    with pytest.raises(ValueError, match="`num` must be at most the number of images, 13. Received: `num=14`"):
        arrays(PIXELS, num=14)
    with pytest.raises(ValueError, match="`num` must be an integer of at least 1. Received: `num=0`"):
        arrays(PIXELS, num=0)


def test_labels_of_an_unlabelled_folder(tmp_path):
    Image.fromarray(PIXELS[0]).save(tmp_path / "1.png")
    with pytest.raises(ValueError, match="no labels for folder `.*`: labels need one sub-folder for each class"):
        images(tmp_path, labels=True, batch_size=1)


def test_values_out_of_range():
    with pytest.raises(ValueError, match="float32 with values from 0 to 255.*`value_range=\\(0, 255\\)`"):
        images(PIXELS.astype(np.float32) * np.float32(255 / PIXELS.max()), batch_size=4)


def test_not_finite():
    floats = np.full((4, 2, 2, 1), -0.5, np.float32)
    floats[2, 1, 0, 0] = np.nan
    with pytest.raises(ValueError, match=r"Received: nan in array at index \(2, 1, 0, 0\)"):
        images(floats, batch_size=4)
