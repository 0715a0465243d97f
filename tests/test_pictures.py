"""Tests of pictures: levels, arrangement, labels and files."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from sklearn.datasets import load_digits

from tfgan_zoo import metrics, pictures

LEVELS = np.arange(256, dtype=np.uint8)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_all_256_levels_survive_the_round_trip(dtype):
    floats = LEVELS.astype(np.float32) / np.float32(127.5) - np.float32(1.0)
    np.testing.assert_array_equal(pictures.to_uint8(floats.astype(dtype)), LEVELS)


def test_levels_by_hand():
    # 127.5 x + 127.5 is 0, 63.75, 127.5, 191.25, 255 and beyond the ends.
    images = [-1.0, -0.5, 0.0, 0.5, 1.0, -1.5, 1.5]
    np.testing.assert_array_equal(pictures.to_uint8(images), [0, 64, 128, 191, 255, 0, 255])


def test_levels_are_those_that_metrics_measure():
    values = np.linspace(-1.2, 1.2, 1201, dtype=np.float32).reshape(1, 1, -1, 1)
    np.testing.assert_array_equal(pictures.to_uint8(values), metrics.images.to_uint8(values))


def test_levels_of_tensors():
    np.testing.assert_array_equal(pictures.to_uint8(tf.constant([-1.0, 0.5])), [0, 191])
    np.testing.assert_array_equal(pictures.to_uint8(tf.constant([-1.0, 0.5], tf.bfloat16)), [0, 191])
    assert pictures.to_uint8(LEVELS) is LEVELS


@pytest.mark.parametrize(
    ("images", "match"),
    [
        ([0.0, np.nan], "must be finite"),
        ([0.0, -np.inf], "must be finite"),
        ([0.0, 200.0], "levels from 0 to 255: cast them to uint8. Received: values from 0 to 200"),
        ([0, 1], "must be uint8, or floats in .* Received: dtype int64"),
        ([True, False], "Received: dtype bool"),
    ],
)
def test_levels_refuse(images, match):
    with pytest.raises(ValueError, match=match):
        pictures.to_uint8(np.array(images))


def test_grid_by_hand():
    images = np.array([10, 20, 30], np.uint8).reshape(3, 1, 1, 1) + np.zeros((3, 1, 2, 1), np.uint8)
    grid = pictures.grid(images, columns=2, pad=1, tile=2)
    expected = [
        [255, 255, 255, 255, 255, 255, 255],
        [255, 10, 10, 255, 20, 20, 255],
        [255, 255, 255, 255, 255, 255, 255],
        [255, 30, 30, 255, 255, 255, 255],
        [255, 255, 255, 255, 255, 255, 255],
    ]
    np.testing.assert_array_equal(grid[..., 0], expected)
    assert grid.dtype == np.uint8


def test_grid_enlarges_by_repeating_pixels():
    image = np.array([[1, 2], [3, 4]], np.uint8).reshape(1, 2, 2, 1)
    grid = pictures.grid(image, pad=0, tile=3)
    np.testing.assert_array_equal(grid[..., 0], [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]])


@pytest.mark.parametrize(("size", "side"), [(8, 64), (28, 84), (32, 64), (64, 64), (100, 100)])
def test_small_tiles_reach_64_pixels(size, side):
    assert pictures.grid(np.zeros((1, size, size, 1)), pad=0).shape == (side, side, 1)


@pytest.mark.parametrize(
    ("count", "shape"), [(16, (4, 4)), (10, (2, 5)), (8, (2, 4)), (7, (3, 3)), (64, (8, 8)), (2, (1, 2))]
)
def test_grid_is_nearly_square(count, shape):
    assert pictures.grid(np.zeros((count, 2, 2, 3)), pad=0, tile=2).shape == (2 * shape[0], 2 * shape[1], 3)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"images": np.zeros((4, 4, 1))}, r"`images` must have shape .* Received: shape \(4, 4, 1\)"),
        ({"images": np.zeros((2, 4, 4, 2))}, r"1 channel .* Received: shape \(2, 4, 4, 2\)"),
        ({"images": np.zeros((0, 4, 4, 1))}, r"none of them zero"),
        ({"columns": 0}, "`columns` must be an int >= 1. Received: `columns=0`"),
        ({"columns": 2.0}, "Received: `columns=2.0`"),
        ({"pad": -1}, "`pad` must be an int >= 0. Received: `pad=-1`"),
        ({"tile": True}, "Received: `tile=True`"),
    ],
)
def test_grid_refuses(arguments, match):
    with pytest.raises(ValueError, match=match):
        pictures.grid(**{"images": np.zeros((2, 4, 4, 1)), **arguments})


def test_sheet_without_labels_is_a_grid():
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 4, 3), np.uint8)
    np.testing.assert_array_equal(pictures.sheet(images), pictures.grid(images.reshape(6, 4, 4, 3), columns=3))


def test_sheet_shows_all_rows_at_one_size_and_in_colour():
    low = np.full((2, 2, 2, 1), 7, np.uint8)
    high = np.full((2, 4, 4, 3), 9, np.uint8)
    sheet = pictures.sheet([low, high], pad=0, tile=4)
    assert sheet.shape == (8, 8, 3)
    assert (sheet[:4] == 7).all()
    assert (sheet[4:] == 9).all()


def test_sheet_labels_stand_beside_the_images():
    images = np.zeros((2, 2, 16, 16, 1))
    bare = pictures.sheet(images)
    sheet = pictures.sheet(images, row_labels=[0, 1], column_labels=["first", "second"])
    top, left = sheet.shape[0] - bare.shape[0], sheet.shape[1] - bare.shape[1]
    np.testing.assert_array_equal(sheet[top:, left:], bare)
    assert sheet[:top, left : left + 68].min() < 100 and sheet[:top, left + 68 :].min() < 100
    assert sheet[top : top + 68, :left].min() < 100 and sheet[top + 68 :, :left].min() < 100
    assert (sheet[:top, :left] == 255).all()


def test_long_label_widens_its_column():
    images = np.zeros((1, 2, 16, 16, 1))
    short = pictures.sheet(images, column_labels=["a", "b"])
    long = pictures.sheet(images, column_labels=["a", "a label wider than the image"])
    assert long.shape[1] > short.shape[1] + 100
    assert (long[:, [0, -1]] == 255).all()


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"rows": []}, r"one or more batches .* Received: batches of \[\] images"),
        ({"rows": [np.zeros((1, 2, 2, 1)), np.zeros((3, 2, 2, 1))]}, r"Received: batches of \[1, 3\] images"),
        ({"row_labels": ["a", "b", "c"]}, "`row_labels` must hold 2 texts. Received: 3"),
        ({"column_labels": []}, "`column_labels` must hold 3 texts. Received: 0"),
    ],
)
def test_sheet_refuses(arguments, match):
    with pytest.raises(ValueError, match=match):
        pictures.sheet(**{"rows": np.zeros((2, 3, 4, 4, 1)), **arguments})


def test_caption_keeps_the_picture_below_the_text():
    picture = np.full((5, 200, 3), 77, np.uint8)
    captioned = pictures.caption(picture, "step 500")
    np.testing.assert_array_equal(captioned[-5:], picture)
    text = captioned[:-5]
    assert text.shape[1:] == (200, 3) and text.min() == 0 and text.max() == 255
    assert not np.array_equal(text, pictures.caption(picture, "step 600")[:-5])
    assert pictures.caption(picture, "a text that is wider than two hundred pixels").shape[1] > 200


def test_png_of_real_digits_reads_back_exactly(tmp_path):
    digits = (load_digits().images[:16] / 8.0 - 1.0).astype(np.float32)[..., None]
    path = pictures.save_png(tmp_path / "new" / "folder" / "digits.png", digits)
    with Image.open(path) as image:
        assert image.mode == "L"
        np.testing.assert_array_equal(np.asarray(image), pictures.grid(digits)[..., 0])


def test_png_of_one_picture_is_written_pixel_by_pixel(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    with Image.open(pictures.save_png(str(tmp_path / "picture.png"), picture)) as image:
        np.testing.assert_array_equal(np.asarray(image), picture)
    with Image.open(pictures.save_png(tmp_path / "grey.png", picture[..., 0])) as image:
        np.testing.assert_array_equal(np.asarray(image), picture[..., 0])


def test_gif_loops_and_holds_the_frames(tmp_path):
    frames = [np.full((6, 4), level, np.uint8) for level in (0, 100, 200)]
    with Image.open(pictures.save_gif(tmp_path / "walk.gif", iter(frames), fps=20)) as image:
        assert (image.n_frames, image.info["loop"], image.info["duration"]) == (3, 0, 50)
        for index, frame in enumerate(frames):
            image.seek(index)
            np.testing.assert_array_equal(np.asarray(image.convert("L")), frame)


def test_gif_in_colour_stays_near_its_colours(tmp_path):
    ramp = np.linspace(0, 255, 32).astype(np.uint8)
    frame = np.stack(np.broadcast_arrays(ramp[:, None], ramp[None, :], ramp[None, ::-1]), axis=-1)
    with Image.open(pictures.save_gif(tmp_path / "colour.gif", [frame, frame[::-1]])) as image:
        first = np.asarray(image.convert("RGB"))
    assert np.abs(first.astype(int) - frame).mean() < 10.0


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"frames": []}, "at least one picture"),
        ({"frames": [np.zeros((4, 4)), np.zeros((4, 5))]}, r"Received: \(4, 4, 1\) first, and \(4, 5, 1\) at frame 1"),
        ({"frames": [np.zeros(4)]}, r"`frames` must be a picture of shape .* Received: shape \(4,\)"),
        ({"fps": 0}, r"`fps` must be in \(0, 50\]; .* Received: `fps=0`"),
        ({"fps": 60}, "Received: `fps=60`"),
        ({"path": "walk.png"}, "`path` must end in '.gif'. Received: `path='walk.png'`"),
    ],
)
def test_gif_refuses(arguments, match, tmp_path):
    given = {"path": tmp_path / "walk.gif", "frames": [np.zeros((4, 4))], **arguments}
    with pytest.raises(ValueError, match=match):
        pictures.save_gif(**given)
    assert list(tmp_path.iterdir()) == []


def test_png_refuses_what_is_no_picture(tmp_path):
    with pytest.raises(ValueError, match=r"`picture` must be a picture .* Received: shape \(2, 2, 4\)"):
        pictures.save_png(tmp_path / "a.png", np.zeros((2, 2, 4)))
    with pytest.raises(ValueError, match="must end in '.png'"):
        pictures.save_png(tmp_path / "a.jpg", np.zeros((2, 2)))


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = pictures.save_png(tmp_path / "a.png", np.zeros((2, 2)))
    old = path.read_bytes()

    def fail(source, target):
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        pictures.save_png(path, np.ones((2, 2)))
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]
