"""Folders of image files of every kind, sound and broken."""

import pathlib

import numpy as np
import pytest
from PIL import Image

from tfgan_zoo.data.sources import UndecodableImageError
from tfgan_zoo.data.sources.folder import FolderSource, read_image

# Four colours only, so that a palette holds them exactly; no symmetry.
COLOURS = np.array([[255, 0, 0], [0, 128, 0], [10, 20, 250], [90, 90, 90]], np.uint8)
PIXELS = COLOURS[np.random.default_rng(0).integers(0, 4, (12, 20))]


def _save(path, pixels=PIXELS, mode=None, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(pixels)
    (picture.convert(mode) if mode else picture).save(path, **options)
    return path


def _names(root, split="train"):
    return [pathlib.Path(item.name).relative_to(root).as_posix() for item in FolderSource(root, split).items()]


@pytest.mark.parametrize(
    "name, options",
    [
        ("a.png", {}),
        ("a.BMP", {}),
        ("a.webp", {"lossless": True}),
        ("a.gif", {}),
        ("a.jpg", {"quality": 100, "subsampling": 0}),
    ],
)
def test_formats(tmp_path, name, options):
    columns, rows = np.meshgrid(np.arange(20) * 12, np.arange(12) * 20)
    smooth = np.stack([columns, rows, np.full((12, 20), 77)], axis=-1).astype(np.uint8)
    pixels = smooth if name == "a.jpg" else PIXELS
    image = read_image(_save(tmp_path / name, pixels, **options))
    assert image.dtype == np.uint8 and image.shape == (12, 20, 3)
    assert np.abs(image.astype(int) - pixels).max() <= (3 if name == "a.jpg" else 0)


def test_grey_files_have_one_channel(tmp_path):
    grey = np.arange(240, dtype=np.uint8).reshape(12, 20)
    np.testing.assert_array_equal(read_image(_save(tmp_path / "a.png", grey))[..., 0], grey)
    assert read_image(_save(tmp_path / "a.jpeg", grey)).shape == (12, 20, 1)
    np.testing.assert_array_equal(read_image(_save(tmp_path / "b.png", grey > 99))[..., 0], (grey > 99) * 255)


def test_sixteen_bits_are_scaled(tmp_path):
    levels = np.array([[0, 257, 65535, 32896, 128, 129]], np.uint16)
    image = read_image(_save(tmp_path / "a.png", levels))
    np.testing.assert_array_equal(image[..., 0], [[0, 1, 255, 128, 0, 1]])


def test_palette(tmp_path):
    picture = Image.fromarray(np.arange(4, dtype=np.uint8).reshape(2, 2)).convert("P")
    picture.putpalette(COLOURS.tobytes())
    picture.save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), COLOURS.reshape(2, 2, 3))


def test_transparency_is_laid_over_white(tmp_path):
    pixels = np.array([[[100, 0, 200, 255], [100, 0, 200, 0], [100, 0, 200, 128]]], np.uint8)
    image = read_image(_save(tmp_path / "a.png", pixels)).astype(int)
    # 100 * 128 / 255 + 255 * 127 / 255 = 177.2; 127.0; 227.4
    assert np.abs(image[0] - [[100, 0, 200], [255, 255, 255], [177, 127, 227]]).max() <= 1


def test_transparency_of_grey_images(tmp_path):
    image = read_image(_save(tmp_path / "a.png", np.array([[[50, 255], [50, 0]]], np.uint8)))
    np.testing.assert_array_equal(image, [[[50], [255]]])


def test_cmyk(tmp_path):
    pixels = np.broadcast_to(np.array([200, 40, 90], np.uint8), (16, 16, 3))
    image = read_image(_save(tmp_path / "a.jpg", pixels, "CMYK", quality=100))
    assert np.abs(image.astype(int) - [200, 40, 90]).max() <= 6


def test_first_frame_of_an_animation(tmp_path):
    frames = [Image.fromarray(np.full((4, 4, 3), level, np.uint8)) for level in (10, 200)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(read_image(tmp_path / "a.gif"), np.full((4, 4, 3), 10))


def test_exif_orientation(tmp_path):
    exif = Image.Exif()
    exif[274] = 6  # Orientation: the camera was turned; show it rotated by 90 degrees clockwise.
    image = read_image(_save(tmp_path / "a.png", exif=exif))
    np.testing.assert_array_equal(image, np.rot90(PIXELS, -1))


def test_files_are_found_in_sub_folders_in_a_fixed_order(tmp_path):
    for name in ("b/2.PNG", "b/10.jpeg", "a.Jpg", "c/d/1.gif", ".hidden/1.png", "b/._2.png", "b/.png"):
        _save(tmp_path / name, format="png")
    (tmp_path / "b" / "notes.txt").write_text("")
    assert _names(tmp_path) == ["a.Jpg", "b/10.jpeg", "b/2.PNG", "c/d/1.gif"]
    assert FolderSource(tmp_path).num_images == 4


def test_links_are_followed_once(tmp_path):
    _save(tmp_path / "elsewhere" / "1.png")
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path / "elsewhere")
    (root / "loop").symlink_to(root)
    assert _names(root) == ["link/1.png"]


def test_classes_are_the_sub_folders(tmp_path):
    for name in ("dog/1.png", "cat/2.png", "cat/x/3.png", "owl/1.png"):
        _save(tmp_path / name)
    source = FolderSource(tmp_path)
    assert source.class_names == ("cat", "dog", "owl")
    assert [item.label for item in source.items()] == [0, 0, 1, 2]


def test_images_beside_the_sub_folders_have_no_class(tmp_path):
    _save(tmp_path / "1.png")
    _save(tmp_path / "cat" / "1.png")
    assert FolderSource(tmp_path).class_names is None


def test_splits(tmp_path):
    for name in ("train/cat/1.png", "train/dog/1.png", "test/dog/1.png"):
        _save(tmp_path / name)
    assert _names(tmp_path) == ["train/cat/1.png", "train/dog/1.png"]
    assert _names(tmp_path, "test") == ["test/dog/1.png"]
    assert len(_names(tmp_path, "all")) == 3
    assert FolderSource(tmp_path, "all").class_names == ("cat", "dog")
    assert FolderSource(tmp_path / "train").class_names == ("cat", "dog")


def test_a_class_may_be_called_train(tmp_path):
    for name in ("train/1.png", "plane/1.png"):
        _save(tmp_path / name)
    assert FolderSource(tmp_path).class_names == ("plane", "train")


def test_unknown_split(tmp_path):
    _save(tmp_path / "train" / "1.png")
    _save(tmp_path / "val" / "1.png")
    with pytest.raises(ValueError, match=r"one of \['train', 'val', 'all'\]. Received: `split='test'`"):
        FolderSource(tmp_path, "test")
    with pytest.raises(ValueError, match="no split sub-folders. Received: `split='test'`"):
        FolderSource(tmp_path / "val", "test")


def test_folder_without_images(tmp_path):
    with pytest.raises(ValueError, match=r"no images in folder `.*` or below: looked for .png, .*Received: no files"):
        FolderSource(tmp_path)
    (tmp_path / "a.tiff").write_text("")
    with pytest.raises(ValueError, match="Received: files ending in '.tiff' only"):
        FolderSource(tmp_path)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.bmp", "a.gif"])
@pytest.mark.parametrize("share", [0.0, 0.4, 0.9])
def test_truncated_file(tmp_path, name, share):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    path = _save(tmp_path / name, pixels)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(UndecodableImageError, match=f"Cannot decode image file `.*{name}`: "):
        read_image(path)


@pytest.mark.parametrize("content", [b"not an image", b"\x89PNG\r\n\x1a\n" + bytes(50), b"\xff\xd8\xff" + bytes(50)])
def test_file_that_is_no_image(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(UndecodableImageError, match="Cannot decode image file `.*a.png`"):
        read_image(tmp_path / "a.png")


def test_flipped_byte(tmp_path):
    path = _save(tmp_path / "a.png", np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(UndecodableImageError, match="a.png"):
        read_image(path)


def test_fingerprint_follows_the_files(tmp_path):
    _save(tmp_path / "1.png")
    before = FolderSource(tmp_path).fingerprint()
    assert FolderSource(tmp_path).fingerprint() == before
    _save(tmp_path / "2.png")
    after = FolderSource(tmp_path).fingerprint()
    _save(tmp_path / "2.png", PIXELS[:5])
    assert before != after != FolderSource(tmp_path).fingerprint()
