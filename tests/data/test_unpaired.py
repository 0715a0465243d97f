"""Two domains: every picture of both, in orders that do not go together, from folders, arrays and TFDS."""

import numpy as np
import pytest
from PIL import Image

import tfgan_zoo as zoo


def domain(num, channel):
    """Pictures of one colour, whose level is their number."""
    pixels = np.zeros((num, 6, 6, 3), "uint8")
    pixels[..., channel] = 10 * np.arange(num)[:, None, None] + 5
    return pixels


A, B = domain(5, 0), domain(12, 1)


def numbers(images, channel):
    return ((np.rint((images[:, 0, 0, channel] + 1.0) * 127.5) - 5) / 10).astype(int).tolist()


def orders(dataset):
    batches = list(dataset.as_numpy_iterator())
    return [sum((numbers(batch[side], side) for batch in batches), []) for side in (0, 1)]


def test_an_epoch_is_that_of_the_larger_domain():
    dataset = zoo.data.unpaired((A, B), batch_size=1)
    a, b = orders(dataset)
    assert sorted(b) == list(range(12))
    assert sorted(a[:5]) == sorted(a[5:10]) == list(range(5)) and a[:5] != a[5:10]
    assert int(dataset.cardinality()) == 12
    assert orders(dataset)[1] != b


def test_domains_of_one_size_are_not_shuffled_alike():
    a, b = orders(zoo.data.unpaired((B, domain(12, 1)[:, :, :, [1, 0, 2]]), batch_size=1).map(lambda a, b: (b, a)))
    assert sorted(a) == sorted(b) == list(range(12)) and a != b


def test_batches_are_a_function_of_the_seed_and_their_number():
    options = {"image_size": 5, "jitter": 1, "flip": True, "batch_size": 2, "repeat": True, "seed": 3}
    unbroken = list(zoo.data.unpaired((A, B), **options).take(9).as_numpy_iterator())
    resumed = list(zoo.data.unpaired((A, B), skip_batches=6, **options).take(3).as_numpy_iterator())
    for one, other in zip(unbroken[6:], resumed, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture
def folder(tmp_path):
    for name, pictures in {"trainA": A, "trainB": B, "testA": A[:1], "testB": B[:2]}.items():
        (tmp_path / "set" / name).mkdir(parents=True)
        for index, pixels in enumerate(pictures):
            Image.fromarray(pixels).save(tmp_path / "set" / name / f"{index}.png")
    return tmp_path / "set"


def test_folder_with_two_domains(folder):
    assert sorted(orders(zoo.data.unpaired(folder))[1]) == list(range(12))
    assert orders(zoo.data.unpaired(folder, split="test", shuffle=False)) == [[0, 0], [0, 1]]


def test_an_empty_domain(folder):
    for path in (folder / "testB").iterdir():
        path.unlink()
    with pytest.raises(ValueError, match="no images in folder `.*testB`"):
        zoo.data.unpaired(folder, split="test")


def test_a_missing_domain(folder):
    with pytest.raises(ValueError, match=r"`split` of folder.*'trainB'.*Received: `split='valA'`"):
        zoo.data.unpaired(folder, split="val")


def test_one_source_is_not_two():
    with pytest.raises(ValueError, match="two, .A, B.. Received: 1 sources"):
        zoo.data.unpaired((A,))


def test_grey_beside_colour_is_converted(folder):
    a, b = next(iter(zoo.data.unpaired((A[..., :1], B), channels=3)))
    assert a.shape == b.shape == (1, 6, 6, 3)


def test_set_of_tensorflow_datasets(tfds_data_dir):
    a, b = next(iter(zoo.data.unpaired("cycle_gan/monet2photo", split="test", image_size=16, batch_size=2)))
    assert a.shape == b.shape == (2, 16, 16, 3)
    assert np.abs(a.numpy()).max() <= 1.0 and not np.array_equal(a, b)
