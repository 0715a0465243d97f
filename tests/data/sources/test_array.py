"""Arrays: which shapes, types and values are images, and what is said about the others."""

import numpy as np
import pytest

from tfgan_zoo.data.preprocessing import Preprocessing
from tfgan_zoo.data.sources.array import ArraySource, read_array_file

BYTES = np.random.default_rng(0).integers(0, 256, (5, 4, 6, 3), dtype=np.uint8)
FLOATS = np.linspace(-1, 1, 5 * 4 * 6 * 3, dtype=np.float32).reshape(5, 4, 6, 3)


def _decoded(source):
    return np.stack([source.decode(item.payload) for item in source.items()])


@pytest.mark.parametrize("images", [BYTES, FLOATS, BYTES[..., :1]])
def test_images_in_stored_form_are_not_copied(images):
    source = ArraySource(images)
    finished, labels = source.finished(Preprocessing())
    assert np.shares_memory(finished, images) and labels is None
    np.testing.assert_array_equal(_decoded(source), images)
    assert source.finished(Preprocessing(image_size=(2, 2))) is None


def test_greyscale_without_a_channel_axis():
    assert ArraySource(BYTES[..., 0]).finished(Preprocessing())[0].shape == (5, 4, 6, 1)


def test_float64_is_rounded_to_float32():
    source = ArraySource(FLOATS.astype(np.float64))
    assert source.finished(Preprocessing()) is None
    assert _decoded(source).dtype == np.float32
    np.testing.assert_array_equal(_decoded(source), FLOATS)


@pytest.mark.parametrize(
    "images, value_range, expected",
    [
        ([0.0, 0.25, 1.0], (0, 1), [-1.0, -0.5, 1.0]),
        ([0.0, 51.0, 255.0], (0, 255), [-1.0, -0.6, 1.0]),
        (np.array([0, 4, 16]), (0, 16), [-1.0, -0.5, 1.0]),
        (np.array([0, 4, 16], np.uint8), (0, 16), [-1.0, -0.5, 1.0]),
        ([True, False, True], (0, 1), [1.0, -1.0, 1.0]),
        ([2.0, 3.0, 3.0], (2, 4), [-1.0, 0.0, 0.0]),
    ],
)
def test_value_range(images, value_range, expected):
    decoded = _decoded(ArraySource(np.reshape(images, (1, 1, 3, 1)), value_range=value_range))
    assert decoded.dtype == np.float32
    np.testing.assert_allclose(decoded[0, 0, :, 0], expected, rtol=1e-6)


def test_value_range_of_the_stored_form_changes_nothing():
    positive = np.abs(FLOATS)
    assert ArraySource(positive, value_range=(-1, 1)).finished(Preprocessing())[0] is positive
    assert ArraySource(BYTES, value_range=(0, 255)).finished(Preprocessing())[0] is BYTES


@pytest.mark.parametrize(
    "images, found, way_out",
    [
        (FLOATS * 0.5 + 0.5, "float32 with values from 0 to 1", r"\(0, 1\)"),
        (BYTES.astype(np.float32), "float32 with values from 0 to 255", r"\(0, 255\)"),
        (FLOATS * 3, "float32 with values from -3 to 3", r"\(-3, 3\)"),
        (FLOATS * 1.0001, "from -1.0001 to 1.0001", r"\(-1.0001, 1.0001\)"),
        (BYTES.astype(np.int64), "int64 with values from 0 to 255", r"\(0, 255\)"),
        (BYTES > 100, "bool with values from 0 to 1", r"\(0, 1\)"),
        (BYTES.astype(np.uint16) * 257, "uint16 with values from 0 to 65535", r"\(0, 65535\)"),
    ],
)
def test_values_whose_meaning_is_not_known(images, found, way_out):
    with pytest.raises(ValueError, match=f"Received: array of .*{found}.*`value_range={way_out}`"):
        ArraySource(images)


def test_values_outside_value_range():
    with pytest.raises(ValueError, match=r"values from -1 to 1, `value_range=\(0.0, 1.0\)`"):
        ArraySource(FLOATS, value_range=(0, 1))


@pytest.mark.parametrize("value_range", [(1, 1), (1, 0), (0, np.inf), 255, "ab", (0, 1, 2)])
def test_bad_value_range(value_range):
    with pytest.raises(ValueError, match="`value_range` must be a pair .*Received: `value_range="):
        ArraySource(FLOATS, value_range=value_range)


@pytest.mark.parametrize("value, text", [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")])
def test_values_that_are_not_finite(monkeypatch, value, text):
    # Chunks of two images: the index must count from the first image, not from the chunk's.
    monkeypatch.setattr("tfgan_zoo.data.sources.array._CHUNK_BYTES", 2 * FLOATS[0].nbytes)
    images = FLOATS.copy()
    images[3, 1, 5, 2] = value
    with pytest.raises(ValueError, match=rf"must be finite. Received: {text} in array at index \(3, 1, 5, 2\)"):
        ArraySource(images)


@pytest.mark.parametrize("shape", [(4,), (5, 4), (5, 4, 6, 2), (5, 4, 6, 4), (1, 5, 4, 6, 3)])
def test_bad_shape(shape):
    with pytest.raises(ValueError, match=rf"must have shape \(N, H, W\).*Received: array of shape \({shape[0]}"):
        ArraySource(np.zeros(shape, np.uint8))


def test_channels_first():
    with pytest.raises(ValueError, match=r"shape \(5, 3, 4, 6\). Move the channels last: `images.transpose"):
        ArraySource(BYTES.transpose(0, 3, 1, 2))


@pytest.mark.parametrize("shape", [(0, 4, 6, 3), (5, 0, 6, 3)])
def test_empty(shape):
    with pytest.raises(ValueError, match=rf"at least one image. Received: array of shape \({shape[0]}, {shape[1]}, 6"):
        ArraySource(np.zeros(shape, np.uint8))


def test_not_numbers():
    with pytest.raises(TypeError, match="must be numbers. Received: array of dtype <U1"):
        ArraySource(np.full((2, 3, 3), "a"))


def test_labels():
    source = ArraySource(BYTES, np.array([[2], [0], [1], [0], [3]], np.int64))
    assert [item.label for item in source.items()] == [2, 0, 1, 0, 3]
    assert source.class_names == ("0", "1", "2", "3")
    _, labels = source.finished(Preprocessing())
    assert labels.dtype == np.int32 and labels.tolist() == [2, 0, 1, 0, 3]


@pytest.mark.parametrize("labels", [np.zeros(4, int), np.zeros(5), np.zeros((5, 10), int)])
def test_bad_labels(labels):
    with pytest.raises(ValueError, match=r"integers of shape \(5,\).*Received: (int|float)64 of shape \([45]"):
        ArraySource(BYTES, labels)


def test_fingerprint_follows_the_content():
    changed = BYTES.copy()
    changed[4, 3, 5, 2] ^= 1
    sources = [ArraySource(BYTES), ArraySource(changed), ArraySource(BYTES, np.arange(5)), ArraySource(FLOATS)]
    prints = [str(source.fingerprint()) for source in sources]
    assert len(set(prints)) == 4
    assert str(ArraySource(BYTES.copy()).fingerprint()) == prints[0]


def test_npy_is_mapped(tmp_path):
    np.save(tmp_path / "a.npy", BYTES)
    images, labels = read_array_file(tmp_path / "a.npy").finished(Preprocessing())
    assert isinstance(images, np.memmap) and labels is None
    np.testing.assert_array_equal(images, BYTES)


def test_npz_of_images_and_labels(tmp_path):
    np.savez(tmp_path / "a.npz", images=BYTES, labels=np.arange(5))
    images, labels = read_array_file(tmp_path / "a.npz").finished(Preprocessing())
    np.testing.assert_array_equal(images, BYTES)
    assert labels.tolist() == [0, 1, 2, 3, 4]


def test_npz_of_one_array(tmp_path):
    np.savez(tmp_path / "a.npz", BYTES)
    assert read_array_file(tmp_path / "a.npz").class_names is None


def test_npz_in_the_layout_of_keras(tmp_path):
    path = tmp_path / "mnist.npz"
    np.savez(path, x_train=BYTES[..., 0], y_train=np.arange(5), x_test=BYTES[:2, ..., 0], y_test=np.arange(2))
    assert [read_array_file(path, split=split).num_images for split in ("train", "test")] == [5, 2]
    with pytest.raises(ValueError, match=r"`split` must be one of \['train', 'test'\].*Received: `split='val'`"):
        read_array_file(path, split="val")


def test_npz_of_unnamed_arrays(tmp_path):
    np.savez(tmp_path / "a.npz", BYTES, np.arange(5))
    with pytest.raises(ValueError, match=r"which array of file `.*a.npz`.*\['arr_0', 'arr_1'\]. Name them `images`"):
        read_array_file(tmp_path / "a.npz")


def test_split_of_a_file_without_splits(tmp_path):
    np.save(tmp_path / "a.npy", BYTES)
    with pytest.raises(ValueError, match="'train' or 'all' for file .*Received: `split='test'`"):
        read_array_file(tmp_path / "a.npy", split="test")


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
@pytest.mark.parametrize("keep", [0, 30, 200])
def test_truncated_file(tmp_path, name, keep):
    path = tmp_path / name
    np.save(path, BYTES) if name == "a.npy" else np.savez(path, BYTES)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ValueError, match=f"Cannot read file `.*{name}`: "):
        read_array_file(path)


def test_file_of_objects(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{}, None], object), allow_pickle=True)
    with pytest.raises(ValueError, match="Cannot read file `.*a.npy`: .*Python objects"):
        read_array_file(tmp_path / "a.npy")
