"""Pairs side by side and in parallel: which half is which, one crop and one mirror for both, wrong pairs."""

import numpy as np
import pytest
from PIL import Image

import tfgan_zoo as zoo

NUM, SIDE = 6, 8


def picture(number, side, channels=3):
    """A picture whose pixels tell which it is, which half, and where."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    values = np.stack([rows * 16 + columns, np.full_like(rows, 40 * number), np.full_like(rows, 100 * side)], -1)
    return values[..., :channels].astype("uint8")


def both(number):
    return np.concatenate([picture(number, 0), picture(number, 1)], axis=1)


SIDE_BY_SIDE = np.stack([both(number) for number in range(NUM)])
A, B = np.split(SIDE_BY_SIDE, 2, axis=2)


def levels(image):
    return np.rint((np.asarray(image) + 1.0) * 127.5).astype(int)


def folder(root, pictures, names=None):
    root.mkdir(parents=True)
    for index, pixels in enumerate(pictures):
        Image.fromarray(pixels).save(root / (names[index] if names else f"{index}.png"))
    return root


def elements(*args, **options):
    return list(zoo.data.pairs(*args, **options).as_numpy_iterator())


@pytest.mark.parametrize(("direction", "order"), [("AtoB", (0, 1)), ("BtoA", (1, 0))])
def test_left_is_a_and_right_is_b(tmp_path, direction, order):
    source = folder(tmp_path / "pairs" / "train", SIDE_BY_SIDE).parent
    for number, parts in enumerate(elements(source, direction=direction, shuffle=False)):
        for part, half in zip(parts, order, strict=True):
            assert part.dtype == np.float32 and part.shape == (1, SIDE, SIDE, 3)
            np.testing.assert_array_equal(levels(part[0]), (A, B)[half][number])


def test_parallel_folders_are_joined_by_name(tmp_path):
    a = folder(tmp_path / "a", A, [f"{i}.png" for i in range(NUM)])
    b = folder(tmp_path / "b", B, [f"{i}.bmp" for i in range(NUM)])
    for one, other in zip(elements((a, b)), elements((A, B)), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_pair_shares_its_crop_and_its_mirror():
    seen = set()
    dataset = zoo.data.pairs(SIDE_BY_SIDE, image_size=SIDE - 3, jitter=3, flip=True, batch_size=NUM, repeat=True)
    for inputs, targets in dataset.take(4).as_numpy_iterator():
        assert inputs.shape == (NUM, SIDE - 3, SIDE - 3, 3)
        a, b = levels(inputs), levels(targets)
        np.testing.assert_array_equal(a[..., :2], b[..., :2])
        assert (a[..., 2] == 0).all() and (b[..., 2] == 100).all()
        for image in a:
            corner, step = divmod(image[0, 0, 0], 16), image[0, 1, 0] - image[0, 0, 0]
            row, left = corner[0], corner[1] if step == 1 else corner[1] - (SIDE - 4)
            assert step in (1, -1) and 0 <= row <= 3 and 0 <= left <= 3
            seen.add((row, left, step))
    assert len(seen) > 10


def test_batches_are_a_function_of_the_seed_and_their_number():
    options = {"image_size": 6, "jitter": 2, "flip": True, "batch_size": 2, "repeat": True}
    unbroken = list(zoo.data.pairs(SIDE_BY_SIDE, **options).take(8).as_numpy_iterator())
    resumed = list(zoo.data.pairs(SIDE_BY_SIDE, skip_batches=5, **options).take(3).as_numpy_iterator())
    for one, other in zip(unbroken[5:], resumed, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(unbroken[0][0], unbroken[3][0])


def test_channels_of_both_sides():
    grey = np.stack([picture(number, 0, channels=1) for number in range(NUM)])
    (inputs, targets), *_ = elements((grey, B), shuffle=False)
    assert inputs.shape[-1] == 1 and targets.shape[-1] == 3
    np.testing.assert_array_equal(levels(targets[0]), B[0])
    (inputs, targets), *_ = elements((A, B), channels=(1, None), shuffle=False)
    assert inputs.shape[-1] == 1 and targets.shape[-1] == 3


def test_prepared_pairs_are_found_on_disk_again(tmp_path):
    source = folder(tmp_path / "pairs", SIDE_BY_SIDE)
    first, again = (elements(source, image_size=4, cache=tmp_path / "cache") for _ in range(2))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_odd_width(tmp_path):
    source = folder(tmp_path / "pairs", [SIDE_BY_SIDE[0, :, 1:]], ["odd.png"])
    with pytest.raises(ValueError, match=r"width must be even. Received: 15x8 pixels for `.*odd.png`.*\(folder_a"):
        zoo.data.pairs(source)


def test_a_pair_of_two_sizes(tmp_path):
    a, b = folder(tmp_path / "a", A[:2]), folder(tmp_path / "b", [B[0], B[1, 1:]])
    with pytest.raises(ValueError, match=r"same size. Received: 8x8 of `.*a/1.png` and 8x7 of `.*b/1.png`"):
        zoo.data.pairs((a, b), image_size=4)


def test_pictures_without_a_partner(tmp_path):
    a = folder(tmp_path / "a", A[:2])
    with pytest.raises(ValueError, match="as many pictures on both sides. Received: 2 in .* 3 in"):
        zoo.data.pairs((a, B[:3]))
    b = folder(tmp_path / "b", B[:2], ["0.png", "7.png"])
    with pytest.raises(ValueError, match=r"same name in both folders. Received: `.*1.png` beside `.*7.png`"):
        zoo.data.pairs((a, b))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"direction": "A2B"}, r"one of \('AtoB', 'BtoA'\). Received: `direction='A2B'`"),
        ({"channels": 2}, "`channels=2`"),
        ({"channels": (1, 3, 3)}, r"`channels=\(1, 3, 3\)`"),
        ({"jitter": 8}, "leave something of a picture of 8x8 pixels. Received: `jitter=8`"),
        ({"jitter": -1}, "`jitter=-1`"),
        ({"flip": 1}, "`flip=1`"),
        ({"batch_size": 0}, "`batch_size=0`"),
        ({"crop": "strech"}, "`crop` must be one of .* Received: `crop='strech'`"),
        ({"on_error": "pass"}, "`on_error` must be 'raise' or 'skip'. Received: `on_error='pass'`"),
    ],
)
def test_wrong_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        zoo.data.pairs(SIDE_BY_SIDE, **options)


def test_levels_beside_floats_are_brought_to_their_range():
    floats = (B / 127.5 - 1.0).astype("float32")
    ((a, b),) = zoo.data.pairs((A, floats), batch_size=NUM, shuffle=False, flip=False, jitter=0).take(1)
    np.testing.assert_allclose(a, A / 127.5 - 1.0, atol=1e-6)
    np.testing.assert_allclose(b, floats, atol=1e-6)


def test_three_sources():
    with pytest.raises(ValueError, match="two, .A, B.. Received: 3 sources"):
        zoo.data.pairs((A, B, A))
