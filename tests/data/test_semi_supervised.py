"""Few labelled images beside many unlabelled ones: balance, repetition, and errors that say what to do."""

import numpy as np
import pytest

from tfgan_zoo.data import arrays, balanced_subset, semi_supervised
from tfgan_zoo.data.stream import repeated

LABELS = np.repeat([0, 1, 2], [30, 5, 14])
# Image i holds the level i.
NUMBERED = np.zeros((49, 2, 3, 1), np.uint8) + np.arange(49, dtype=np.uint8)[:, None, None, None]


def levels(images):
    return np.rint((images[:, 0, 0, 0] + 1) * 127.5).astype(int).tolist()


def batches(num, **options):
    options = {"num_labels": 7, "batch_size": 4, "repeat": True, **options}
    found = semi_supervised((NUMBERED, LABELS), **options).take(num).as_numpy_iterator()
    return [(levels(images), labels.tolist(), levels(rest)) for (images, labels), rest in found]


@pytest.mark.parametrize(("num", "counts"), [(3, [1, 1, 1]), (9, [3, 3, 3]), (15, [5, 5, 5]), (14, [4, 5, 5])])
def test_subset_is_balanced(num, counts):
    chosen = balanced_subset(LABELS, num, seed=3)
    assert sorted(set(chosen)) == chosen.tolist() and chosen.dtype == np.int64
    assert sorted(np.bincount(LABELS[chosen])) == counts


def test_what_is_left_over_goes_to_classes_that_have_it():
    for seed in range(30):
        assert np.bincount(LABELS[balanced_subset(LABELS, 17, seed=seed)]).tolist() == [6, 5, 6]


def test_classes_of_the_rest_differ_with_the_seed():
    labels = np.arange(100) % 10
    extra = {tuple(np.flatnonzero(np.bincount(labels[balanced_subset(labels, 25, seed=s)]) == 3)) for s in range(5)}
    assert len(extra) > 1 and {len(classes) for classes in extra} == {5}


def test_subset_is_a_function_of_the_seed_and_reaches_every_sample():
    np.testing.assert_array_equal(balanced_subset(LABELS, 9, seed=1), balanced_subset(LABELS, 9, seed=1))
    seen = np.concatenate([balanced_subset(LABELS, 9, seed=seed) for seed in range(60)])
    assert set(seen) == set(range(49))


@pytest.mark.parametrize(
    ("labels", "options", "message"),
    [
        (np.eye(3), {}, r"integers, one for each sample. Received: shape \(3, 3\).*argmax"),
        (np.array([0.0, 1.0]), {}, r"dtype float64.*astype\(int\)"),
        (np.array([0, -1, 1]), {}, r"must lie in \[0, 2\), the classes. Received: labels from -1 to 1"),
        (LABELS, {"num_classes": 2}, r"must lie in \[0, 2\), the classes. Received: labels from 0 to 2"),
        (LABELS, {"num": 50}, "at most 49, the samples there are. Received: `num=50`"),
        (LABELS, {"num": 2}, "at least 3, so that no class is without labelled samples.*Received: `num=2`"),
        (LABELS, {"num": 18}, "6 samples of class 1, of which there are 5"),
        (np.array([0, 2, 0, 2]), {"num": 3}, "1 samples of class 1, of which there are 0"),
        (LABELS, {"num_classes": 4, "num": 8}, "2 samples of class 3, of which there are 0"),
        (LABELS, {"num_classes": 3.5}, "`num_classes` must be an integer of at least 1. Received: `num_classes=3.5`"),
        (LABELS, {"num": 3.5}, "`num` must be an integer of at least 1. Received: `num=3.5`"),
        (LABELS, {"seed": -1}, "`seed` must be an integer of at least 0"),
    ],
)
def test_impossible_subsets_are_refused(labels, options, message):
    options = {"num": 3, **options}
    with pytest.raises(ValueError, match=message):
        balanced_subset(labels, options.pop("num"), **options)


def test_repetition_visits_all_before_any_again_across_batches():
    indices = np.concatenate([repeated(5, 3, seed=2, number=n) for n in range(10)])
    rounds = indices.reshape(-1, 5)
    assert all(sorted(row) == [0, 1, 2, 3, 4] for row in rounds.tolist())
    assert len(set(map(tuple, rounds.tolist()))) > 1
    assert sorted(np.bincount(repeated(2, 7, seed=2, number=0))) == [3, 4]


def test_labelled_images_are_the_subset_with_its_labels():
    subset = balanced_subset(LABELS, 7, seed=5)
    found = batches(14, label_seed=5)
    labelled = [level for images, _, _ in found for level in images]
    assert sorted(labelled) == sorted(subset.tolist() * 8)
    assert all(LABELS[images].tolist() == labels for images, labels, _ in found)


def test_unlabelled_images_are_all_images():
    found = batches(12)
    assert len({level for _, _, rest in found for level in rest}) == 48  # 12 batches of 4, of 49 images.


def test_batch_n_is_a_function_of_the_seed_and_n():
    unbroken = batches(30, seed=4)
    assert batches(5, seed=4, skip_batches=25) == unbroken[25:]
    assert batches(3, seed=5) != unbroken[:3]
    other = batches(9, seed=4, label_seed=1)
    assert [images for images, _, _ in other] != [images for images, _, _ in unbroken[:9]]
    assert [rest for _, _, rest in other] == [rest for _, _, rest in unbroken[:9]]


def test_one_epoch_is_one_of_the_unlabelled_images():
    dataset = semi_supervised((NUMBERED, LABELS), num_labels=7, batch_size=4)
    assert dataset.cardinality() == 12
    first, second = ([levels(rest) for _, rest in dataset.as_numpy_iterator()] for _ in range(2))
    assert first != second


def test_floats_are_kept():
    floats = np.random.default_rng(0).uniform(-1, 1, (49, 2, 3, 1)).astype("float32")
    ((images, _), rest), *_ = semi_supervised((floats, LABELS), num_labels=3, batch_size=4).take(1).as_numpy_iterator()
    for batch in (images, rest):
        assert all(any(np.array_equal(image, known) for known in floats) for image in batch)


def test_digits_need_no_download():
    (images, labels), rest = next(iter(semi_supervised("digits", num_labels=25, image_size=16, batch_size=100)))
    assert images.shape == rest.shape == (100, 16, 16, 1) and labels.shape == (100,)
    known, classes = arrays("digits", labels=True)
    assert sorted(set(classes)) == sorted(set(labels.numpy().tolist()))


def test_unlabelled_source_is_refused():
    with pytest.raises(ValueError, match="no labels.*pass `\\(images, labels\\)`"):
        semi_supervised(NUMBERED, num_labels=3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_labels": 50}, "at most 49, the samples there are. Received: `num_labels=50`. Pass a number between"),
        ({"num_labels": 18}, "`num_labels` asks for 6 samples of class 1, of which there are 5"),
        ({"num_labels": 9, "label_seed": -1}, "`label_seed` must be an integer of at least 0"),
    ],
)
def test_errors_name_the_arguments_of_batches(options, message):
    with pytest.raises(ValueError, match=message):
        semi_supervised((NUMBERED, LABELS), **options)
