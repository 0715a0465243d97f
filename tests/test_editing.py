"""Editing: projection finds what it is to find, directions by hand, responses of known attributes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgan_zoo as zoo
from tfgan_zoo import editing


class Linear:
    """Images are `z K`, of 2x2 pixels."""

    def __init__(self, kernel, prior="normal"):
        kernel = np.asarray(kernel, "float32")
        z = keras.Input((len(kernel),), name="z")
        x = keras.layers.Dense(4, use_bias=False, name="dense")(z)
        self.sampler = keras.Model(z, keras.layers.Reshape((2, 2, 1))(x))
        self.sampler.set_weights([kernel])
        self.latent_dim = len(kernel)
        self.prior = prior

    def sample(self, *, z):
        return self.sampler(tf.convert_to_tensor(z)).numpy()


def brightness(images):
    return images.mean(axis=(1, 2, 3))


KERNEL = 0.2 * np.random.default_rng(0).normal(size=(3, 4))


# --- Projection


@pytest.mark.parametrize("prior", ["normal", "uniform", "sphere"])
def test_projection_finds_the_latents_of_generated_images(prior):
    gan = Linear(KERNEL, prior)
    wanted = editing.codes(gan, 4, seed=9)
    found = editing.project(gan, gan.sample(z=wanted), steps=200, learning_rate=0.1, candidates=20)
    np.testing.assert_allclose(found.codes, wanted, atol=0.02)
    assert found.errors.max() < 1e-4
    np.testing.assert_array_equal(found.images, gan.sample(z=found.codes))


def test_projection_keeps_the_nearest_where_the_image_cannot_be_reached():
    """The best of a line through zero in four dimensions is the foot of the perpendicular."""
    direction = np.array([[0.5, 0.5, 0.5, 0.5]])
    image = np.array([1.0, 0.5, -0.5, 0.6], "float32").reshape(1, 2, 2, 1)
    found = editing.project(Linear(direction), image, steps=200)
    foot = (image.ravel() @ direction[0]) / (direction[0] @ direction[0])
    assert found.codes[0, 0] == pytest.approx(foot, abs=1e-3)
    assert found.errors[0] == pytest.approx(np.mean((image.ravel() - foot * direction[0]) ** 2), abs=1e-5)


def test_features_are_compared_besides_pixels():
    """Weighty features look at the first pixel alone, which then fits although the others do not."""
    image = np.array([1.0, 0.5, -0.5, 0.6], "float32").reshape(1, 2, 2, 1)
    first = lambda images: images[:, 0, 0]  # noqa: E731
    found = editing.project(Linear([[0.5] * 4]), image, steps=300, features=first, feature_weight=1e4)
    assert found.images[0, 0, 0, 0] == pytest.approx(1.0, abs=1e-2)


def test_pixels_that_were_cut_off_may_lie_beyond():
    """The first and last pixel are cut off at 1 and -1, so the others alone decide on the strength, 0.5 / 0.5."""
    gan = Linear([[3.0, 0.5, 0.5, -3.0]])
    image = np.array([1.0, 0.5, 0.5, -1.0], "float32").reshape(1, 2, 2, 1)
    assert editing.project(gan, image, steps=200).codes[0, 0] == pytest.approx(1.0, abs=1e-2)


def test_without_steps_the_best_candidate_stays():
    gan = Linear(KERNEL)
    candidates = editing.codes(gan, 30, seed=5)
    found = editing.project(gan, gan.sample(z=candidates[7:9]), steps=0, candidates=30, seed=5)
    np.testing.assert_array_equal(found.codes, candidates[7:9])


@pytest.fixture(scope="module")
def styled():
    return zoo.models.StyleGAN2(
        zoo.networks.style2.mapping(3, style_dim=4, depth=1),
        zoo.networks.style2.synthesis((8, 8, 1), 4, channel_base=64),
        zoo.networks.style2.discriminator((8, 8, 1), channel_base=16),
    )


def test_styles_are_found_too(styled):
    images = styled.sample(3, seed=4)
    found = editing.project(styled, images, steps=100, candidates=64)
    assert found.codes.shape == (3, 4, 4) and np.ptp(found.codes, axis=1).max() == 0.0
    assert found.errors.max() < 0.01
    np.testing.assert_allclose(styled.from_styles(found.codes), found.images, atol=1e-6)


def test_every_layer_may_have_its_own_style(styled):
    found = editing.project(styled, styled.sample(1, seed=4), steps=3, candidates=4, layerwise=True)
    assert np.ptp(found.codes, axis=1).max() > 0.0


@pytest.mark.parametrize(
    ("images", "options", "message"),
    [
        (np.zeros((1, 3, 2, 1)), {}, r"`images` must have the shape of samples, \(num, 2, 2, 1\). Received: shape"),
        (np.zeros((1, 2, 2, 1)), {"steps": -1}, "`steps=-1`"),
        (np.zeros((1, 2, 2, 1)), {"candidates": 0}, "`candidates=0`"),
    ],
)
def test_unfit_projections_are_refused(images, options, message):
    with pytest.raises(ValueError, match=message):
        editing.project(Linear(KERNEL), images, **options)


# --- Directions


def test_directions_are_those_of_the_normalised_first_weights():
    # Columns of unit length: (1, 0) three times, whatever their lengths were, and (0, 1).
    found = editing.directions(Linear([[5.0, 0.1, 2.0, 0.0], [0.0, 0.0, 0.0, 3.0]]), 2)
    np.testing.assert_allclose(np.abs(found), np.eye(2), atol=1e-6)


def test_directions_of_styles_are_those_of_all_affine_maps(styled):
    maps = [v.numpy() for v in styled.painter.weights if "affine/kernel" in v.path]
    assert len(maps) == 5  # Three convolutions and two layers to RGB.
    weights = np.concatenate([m / np.linalg.norm(m, axis=0) for m in maps], axis=1)
    left = np.linalg.svd(weights)[0].T
    np.testing.assert_allclose(np.abs(np.sum(editing.directions(styled, 4) * left, axis=1)), 1.0, atol=1e-4)


def test_generators_without_a_dense_layer_have_no_directions():
    gan = Linear(KERNEL)
    z = keras.Input((2, 2, 1))
    gan.sampler = keras.Model(z, keras.layers.Conv2D(1, 2)(z))
    with pytest.raises(ValueError, match="The generator must begin with a dense layer"):
        editing.directions(gan)


def test_more_directions_than_there_are_are_refused():
    with pytest.raises(ValueError, match="`num` must be from 1 to 3, the width of a code. Received: `num=4`"):
        editing.directions(Linear(KERNEL), 4)


def test_attribute_direction_points_where_the_attribute_grows():
    gan = Linear([[1.0] * 4, [0.0, 1.0, -1.0, 0.0], [-0.5] * 4])
    found = editing.attribute_direction(gan, brightness, exemplars=300, num=4000)
    # Brightness is z0 - z2 / 2, and z1 does not matter.
    np.testing.assert_allclose(found / found[0], [1.0, 0.0, -0.5], atol=0.1)


def test_response_of_a_linear_attribute_is_perfect():
    gan = Linear([[1.0] * 4, [0.0, 1.0, -1.0, 0.0]])
    values, correlation = editing.response(gan, np.float32([2.0, 0.0]), brightness, strengths=(-1.0, 0.0, 2.0), num=7)
    np.testing.assert_allclose(np.diff(values, axis=1), np.tile([2.0, 4.0], (7, 1)), rtol=1e-5)
    assert correlation == pytest.approx(1.0, abs=1e-6)
    assert editing.response(gan, np.float32([-1.0, 0.0]), brightness, num=7)[1] == pytest.approx(-1.0, abs=1e-6)


def test_too_few_samples_for_the_exemplars_are_refused():
    with pytest.raises(ValueError, match="`exemplars=6`, `num=11`"):
        editing.attribute_direction(Linear(KERNEL), brightness, exemplars=6, num=11)
