"""TensorFlow Datasets: small sets written here, and the real ones where they are prepared."""

import socket

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.data.preprocessing import Preprocessing
from tfgan_zoo.data.sources.tfds import TfdsSource
from tfgan_zoo.data.store import prepare

PIXELS = np.random.default_rng(0).integers(0, 256, (7, 4, 6, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def tfds():
    """Imported late: it takes seconds."""
    import tensorflow_datasets as tfds

    return tfds


@pytest.fixture
def write(tfds, tmp_path):
    """Writes a prepared set with one split "train", as `tfds build` would leave it."""

    def write(features, **columns):
        splits = {"train": tf.data.Dataset.from_tensor_slices(columns)}
        tfds.dataset_builders.store_as_tfds_dataset(
            "written_here",
            version="1.0.0",
            features=tfds.features.FeaturesDict(features),
            split_datasets=splits,
            data_dir=tmp_path,
        )
        return tmp_path

    return write


def _open(data_dir, **options):
    return TfdsSource("written_here", data_dir=data_dir, **options)


def _sorted(images):
    return sorted(np.asarray(image).tolist() for image in images)


def _images(source):
    return np.stack([source.decode(item.payload) for item in source.items()])


def test_images_and_labels(tfds, write):
    features = {"image": tfds.features.Image(shape=(4, 6, 3)), "label": tfds.features.ClassLabel(names=list("abcdefg"))}
    source = _open(write(features, image=PIXELS, label=range(7)))
    assert (source.num_images, source.class_names) == (7, tuple("abcdefg"))
    labels = [item.label for item in source.items()]
    assert sorted(labels) == list(range(7))
    np.testing.assert_array_equal(_images(source), PIXELS[labels])


def test_order_is_the_stored_one(tfds, write):
    folder = write({"image": tfds.features.Image(shape=(4, 6, 3))}, image=PIXELS)
    stored = [
        example["image"] for example in tfds.load("written_here", split="train", data_dir=folder).as_numpy_iterator()
    ]
    np.testing.assert_array_equal(_images(_open(folder)), stored)
    np.testing.assert_array_equal(_images(_open(folder, split="train[2:5]")), stored[2:5])
    assert _open(folder, split="all").num_images == 7
    assert _open(folder).class_names is None


def test_environment_names_the_folder(tfds, write, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(write({"image": tfds.features.Image(shape=(4, 6, 3))}, image=PIXELS)))
    assert TfdsSource("written_here").num_images == 7


def test_images_of_any_size(tfds, write):
    source = _open(write({"photo": tfds.features.Image()}, photo=PIXELS))
    assert _sorted(_images(source)) == _sorted(PIXELS)


def test_transparency_is_laid_over_white(tfds, write):
    images = np.concatenate([PIXELS, np.full((7, 4, 6, 1), 255, np.uint8)], axis=-1)
    images[0, ..., 3] = 0
    decoded = _images(_open(write({"image": tfds.features.Image(shape=(4, 6, 4))}, image=images)))
    assert _sorted(decoded) == _sorted([np.full((4, 6, 3), 255), *PIXELS[1:]])


def test_several_image_features(tfds, write):
    feature = tfds.features.Image(shape=(4, 6, 3))
    folder = write({"left": feature, "right": feature}, left=PIXELS, right=255 - PIXELS)
    with pytest.raises(ValueError, match=r"several image features, \['left', 'right'\]: choose one with `image_key`"):
        _open(folder)
    assert _sorted(_images(_open(folder, image_key="right"))) == _sorted(255 - PIXELS)
    with pytest.raises(ValueError, match=r"one of \['left', 'right'\].*Received: `image_key='up'`"):
        _open(folder, image_key="up")


def test_image_feature_of_sixteen_bits(tfds, write):
    folder = write(
        {"image": tfds.features.Image(shape=(4, 6, 1), dtype=np.uint16)}, image=PIXELS[..., :1].astype(np.uint16)
    )
    with pytest.raises(ValueError, match="`image` of `written_here` must be uint8. Received: uint16"):
        _open(folder)


def test_unlabelled_set_says_what_it_has(tfds, write):
    source = _open(
        write({"image": tfds.features.Image(shape=(4, 6, 3)), "id": tfds.features.Text()}, image=PIXELS, id=["a"] * 7)
    )
    assert source.class_names is None
    assert source.unlabelled_because == "its features are ['id', 'image'], none of them the class"


@pytest.mark.parametrize("split", ["trian", "train[", "train[:9]+val"])
def test_unknown_split(tfds, write, split):
    folder = write({"image": tfds.features.Image(shape=(4, 6, 3))}, image=PIXELS)
    with pytest.raises(ValueError, match=r"one of \['train', 'all'\] for `written_here`.*Received: `split='tr"):
        _open(folder, split=split)


def test_empty_split(tfds, write):
    folder = write({"image": tfds.features.Image(shape=(4, 6, 3))}, image=PIXELS)
    with pytest.raises(ValueError, match=r"holds no images. Received: `split='train\[:0\]'`"):
        _open(folder, split="train[:0]")


@pytest.mark.parametrize("name, nearest", [("mnits", "mnist"), ("digit", "digits"), ("written_hare", "written_here")])
def test_unknown_name(tfds, write, name, nearest):
    folder = write({"image": tfds.features.Image(shape=(4, 6, 3))}, image=PIXELS)
    with pytest.raises(ValueError, match=f"Unknown dataset. Received: '{name}'.*Did you mean .*'{nearest}'"):
        TfdsSource(name, data_dir=folder)


def test_name_like_no_other(tfds, tmp_path):
    with pytest.raises(ValueError, match=r"Received: 'qqqqqqqqqqqq'.*`tfds.list_builders\(\)` lists the names"):
        TfdsSource("qqqqqqqqqqqq", data_dir=tmp_path)


@pytest.mark.parametrize("name, text", [("cycle_gan/mone2photo", "monet2photo"), ("mnist:9.9.9", "only: 3")])
def test_unknown_configuration_or_version(tfds, tmp_path, name, text):
    with pytest.raises(ValueError, match=f"(?s)TensorFlow Datasets cannot open `{name}`: .*{text}"):
        TfdsSource(name, data_dir=tmp_path)


def test_set_without_images(tfds, tmp_path):
    with pytest.raises(
        ValueError, match=r"`imdb_reviews` is not an image set. Received: the features \['label', 'text'\]"
    ):
        TfdsSource("imdb_reviews", data_dir=tmp_path)


def test_set_that_is_not_prepared_and_no_network(tfds, tmp_path, monkeypatch):
    def no_network(*_):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    monkeypatch.setattr("urllib.request.getproxies", dict)
    text = (
        f"`kmnist` is not prepared in `{tmp_path}` and could not be downloaded: no network: codh.rois.ac.jp cannot be "
        f"resolved. Prepare it where there is a network with `tfds build kmnist --data_dir={tmp_path}`"
    )
    with pytest.raises(ValueError, match=text):
        TfdsSource("kmnist", data_dir=tmp_path)


def test_set_that_is_not_prepared_is_downloaded(tfds, tmp_path, monkeypatch):
    def fail(builder):
        raise OSError(f"the server of {builder.name} is closed.")

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [])
    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fail)
    with pytest.raises(ValueError, match="could not be downloaded: the server of kmnist is closed. Prepare it"):
        TfdsSource("kmnist", data_dir=tmp_path)


def test_fingerprint(tfds, write):
    folder = write({"image": tfds.features.Image(shape=(4, 6, 3))}, image=PIXELS)
    prints = [str(_open(folder, split=split).fingerprint()) for split in ("train", "train[:3]")]
    assert prints[0] != prints[1] and str(_open(folder).fingerprint()) == prints[0]


@pytest.mark.parametrize(
    "name, split, num_images, num_classes, shape",
    [
        ("mnist", "train[:300]", 300, 10, (28, 28, 1)),
        ("cifar10", "test[:300]", 300, 10, (32, 32, 3)),
        ("celeba64", "train[:300]", 300, 0, (64, 64, 3)),
        ("cycle_gan/monet2photo", "testA", 30, 2, (256, 256, 3)),
    ],
)
def test_real_sets(tfds_data_dir, name, split, num_images, num_classes, shape):
    source = TfdsSource(name, split)
    assert (source.num_images, len(source.class_names or ())) == (num_images, num_classes)
    store = prepare(source, Preprocessing())
    assert store.images.shape == (num_images, *shape)
    assert store.images.std() > 30
    assert (store.labels is None) == (num_classes == 0)


def test_first_digits_of_mnist(tfds, tfds_data_dir):
    store = prepare(TfdsSource("mnist", "test[:3]"), Preprocessing())
    expected = tfds.load("mnist", split="test[:3]", as_supervised=True)
    images, labels = zip(*expected.as_numpy_iterator(), strict=True)
    np.testing.assert_array_equal(store.images, images)
    np.testing.assert_array_equal(store.labels, labels)
