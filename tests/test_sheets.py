"""Sheets of classes, interpolation and arithmetic, on a generator whose answer is known."""

import numpy as np
import pytest

from tfgan_zoo import latents, pictures, sheets


class Linear:
    """A generator whose images are as bright as the first number of their latent vector."""

    latent_dim = 2
    prior = "normal"

    def __init__(self):
        self.seen = []

    def sample(self, num=16, *, z, seed=0):
        z = np.asarray(z)
        self.seen.append(z)
        return np.tanh(z[:, :1, None, None]) * np.ones((1, 8, 8, 1), np.float32)


class Labelled(Linear):
    """The same with three classes, of which it notes the labels; class 2 is black."""

    takes_labels = True
    num_classes = 3

    def __init__(self):
        super().__init__()
        self.labels = []

    def sample(self, num=16, *, z, labels, seed=0):
        self.labels.append(np.asarray(labels).tolist())
        images = super().sample(z=z)
        return np.where(np.broadcast_to(labels, (len(images),))[:, None, None, None] == 2, -1.0, images)


def test_classes_are_rows_and_latents_columns():
    gan = Labelled()
    picture = sheets.classes(gan, columns=2, seed=4)
    assert gan.labels == [[0, 0, 1, 1, 2, 2]]
    z = latents.sample(2, 2, seed=4).numpy()
    np.testing.assert_allclose(gan.seen[0], np.tile(z, (3, 1)))
    tiles = pictures.sheet(np.zeros((3, 2, 8, 8, 1)), row_labels=["0", "1", "2"])
    assert picture.shape == tiles.shape
    levels = pictures.to_uint8(np.tanh(z[:, 0]))
    left = tiles.shape[1] - 2 * (64 + 4)  # Where the first tile begins; 64 pixels each, 4 between them.
    found = picture[[40, 108, 176]][:, [left + 30, left + 98], 0]
    np.testing.assert_array_equal(found, [levels, levels, [0, 0]])


def test_classes_have_their_names():
    numbers, names = sheets.classes(Labelled()), sheets.classes(Labelled(), class_names=["horse", "frog", "aeroplane"])
    assert names.shape[1] > numbers.shape[1]
    with pytest.raises(ValueError, match="`row_labels` must hold 3 texts. Received: 2"):
        sheets.classes(Labelled(), class_names=["horse", "frog"])


def test_classes_of_a_model_without_them_are_refused():
    with pytest.raises(ValueError, match="`gan` must make samples for a class. Received: a Linear whose generator"):
        sheets.classes(Linear())


def test_interpolation_keeps_to_a_class_in_each_row():
    gan = Labelled()
    sheets.interpolation(gan, rows=4, columns=2)
    assert gan.labels == [[0, 0, 1, 1, 2, 2, 0, 0]]


def test_arithmetic_keeps_to_one_class():
    gan = Labelled()
    assert sheets.arithmetic(gan, columns=4, num=50)[1] == 1.0
    assert len(gan.labels) > 1 and set(gan.labels) == {0}


def test_interpolation_goes_from_end_to_end():
    gan = Linear()
    picture = sheets.interpolation(gan, rows=2, columns=5, seed=3)
    z = gan.seen[0].reshape(2, 5, 2)
    ends = latents.sample(4, 2, seed=3).numpy()
    np.testing.assert_allclose(z[:, 0], ends[::2], atol=1e-6)
    np.testing.assert_allclose(z[:, -1], ends[1::2], atol=1e-6)
    assert picture.dtype == np.uint8 and picture.ndim == 3


def test_uniform_latents_are_joined_by_straight_lines():
    gan = Linear()
    gan.prior = "uniform"
    sheets.interpolation(gan, rows=1, columns=3)
    start, middle, end = gan.seen[0]
    np.testing.assert_allclose(middle, (start + end) / 2.0, atol=1e-6)


def test_arithmetic_adds_the_attribute():
    gan = Linear()
    picture, gain = sheets.arithmetic(gan, columns=4, num=50)
    assert gain == 1.0
    exemplars_with, exemplars_without = gan.seen[-2], gan.seen[-1]
    before, after = gan.seen[1], gan.seen[2]
    direction = exemplars_with.mean(axis=0) - exemplars_without.mean(axis=0)
    assert direction[0] > 0
    np.testing.assert_allclose(after, before + direction, atol=1e-6)
    assert picture.dtype == np.uint8


@pytest.mark.parametrize("options", [{"exemplars": 0}, {"exemplars": 9, "columns": 8}, {"num": 6}])
def test_arithmetic_refuses_too_few(options):
    with pytest.raises(ValueError, match="`exemplars` must be at least 1"):
        sheets.arithmetic(Linear(), **options)


def test_interpolation_refuses_too_few():
    with pytest.raises(ValueError, match="`rows` must be at least 1"):
        sheets.interpolation(Linear(), columns=1)


# --- Styles and directions


class Styles:
    """Four layers of styles of one number; an image's rows show the layers' styles."""

    latent_dim = 1
    prior = "uniform"

    def to_styles(self, z, truncation=1.0):
        return np.repeat(truncation * np.asarray(z)[:, None], 4, axis=1)

    def from_styles(self, styles):
        return np.tile(np.asarray(styles)[..., None], (1, 1, 4, 1))


def tiles(picture, rows, columns):
    """Tiles of 64 pixels of a sheet from its lower right corner, with 4 pixels between them."""
    places = [[(-(64 + 4) * (rows - r), -(64 + 4) * (columns - c)) for c in range(columns)] for r in range(rows)]
    cut = lambda y, x: picture[y : y + 64 or None, x : x + 64 or None, 0]  # noqa: E731
    return np.stack([[cut(*place) for place in row] for row in places])


def test_truncation_sheet_begins_with_the_mean():
    parts = tiles(sheets.truncation(Styles(), psis=(0.0, 0.5, 1.0), rows=3), 3, 3)
    assert np.ptp(parts[:, 0]) == 0 and np.ptp(parts[:, 2, 0, 0]) > 0


def test_mixing_sheet_takes_some_layers_from_above():
    parts = tiles(sheets.mixing(Styles(), layers=[(0, 1), (1, 4)], sources=2, rows=1), 3, 3)
    layers = parts[:, :, 8::16, 32]  # One value for each layer.
    for column in (1, 2):
        source = layers[0, column, 0]
        for row, taken in ((1, [True, False, False, False]), (2, [False, True, True, True])):
            assert layers[row, column].tolist() == np.where(taken, source, layers[row, 0, 0]).tolist()


def test_rows_go_along_directions():
    draw = lambda codes: np.reshape(codes, (-1, 1, 2, 1)).astype("float32")  # noqa: E731
    picture = sheets.along(draw, np.zeros(2), np.eye(2), strengths=(-0.5, 0.0, 0.5))
    assert {64, 128, 191} <= set(np.unique(picture))


def test_models_without_styles_are_refused():
    for sheet in (sheets.truncation, sheets.mixing):
        with pytest.raises(ValueError, match="`gan` must have styles, as StyleGAN and StyleGAN2 do. Received: object"):
            sheet(object())


def test_layers_out_of_range_are_refused():
    with pytest.raises(ValueError, match=r"`layers` must be pairs \(first, last\) within 0 to 4"):
        sheets.mixing(Styles(), layers=[(2, 5)])
