"""PatchGAN: counts of both papers, and the patch that a logit really sees."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.networks import patch


@pytest.mark.parametrize(("channels", "affine", "parameters"), [(6, True, 2_768_705), (3, False, 2_764_737)])
def test_parameters_of_the_papers(channels, affine, parameters):
    with keras.StatelessScope():
        assert patch.discriminator((256, 256, channels), affine=affine).count_params() == parameters


def test_layers_of_the_paper():
    with keras.StatelessScope():
        network = patch.discriminator()
    convolutions = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.filters for layer in convolutions] == [64, 128, 256, 512, 1]
    assert [layer.strides[0] for layer in convolutions] == [2, 2, 2, 1, 1]
    assert [layer.use_bias for layer in convolutions] == [True, False, False, False, True]
    assert network.output_shape == (None, 30, 30, 1)


def seen(network, side):
    """Rows and columns of the input that the logit in the middle depends on, through the convolutions alone."""
    picture = tf.Variable(tf.zeros((1, side, side, 1)))
    with tf.GradientTape() as tape:
        x = picture
        for layer in network.layers[1:]:
            if isinstance(layer, keras.layers.Conv2D):
                layer.kernel.assign(tf.ones_like(layer.kernel))
            if not isinstance(layer, keras.layers.GroupNormalization):  # Its statistics see the whole picture.
                x = layer(x)
        logit = x[0, x.shape[1] // 2, x.shape[2] // 2, 0]
    gradient = tape.gradient(logit, picture).numpy()[0, ..., 0]
    return int((gradient != 0).any(axis=1).sum()), int((gradient != 0).any(axis=0).sum())


@pytest.mark.parametrize("field", [1, 16, 34, 70, 142, 286])
def test_a_logit_sees_a_patch_of_this_size(field):
    network = patch.discriminator((None, None, 1), receptive_field=field, base_channels=1)
    assert seen(network, side=min(3 * field, field + 200)) == (field, field)


def test_pixels_are_judged_one_by_one():
    network = patch.discriminator((5, 4, 2), receptive_field=1, base_channels=3)
    assert network.output_shape == (None, 5, 4, 1)


def test_smallest_picture_leaves_one_patch():
    assert patch.discriminator((24, 32, 3), base_channels=1).output_shape == (None, 1, 2, 1)
    with pytest.raises(
        ValueError, match=r"at least 24 pixels for `receptive_field=70`.*\(16, 32, 3\).*smaller patches"
    ):
        patch.discriminator((16, 32, 3), base_channels=1)


def test_pictures_of_a_batch_do_not_see_each_other():
    network = patch.discriminator((8, 8, 2), receptive_field=16, base_channels=3)
    images = np.random.default_rng(0).uniform(-1, 1, (3, 8, 8, 2)).astype("float32")
    np.testing.assert_allclose(network(images[2:]), network(images)[2:], atol=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"receptive_field": 50}, r"one of \[1, 16, 34, 70, 142, 286\]. Received: `receptive_field=50`"),
        ({"base_channels": 0}, "`base_channels=0`"),
        ({"image_shape": (32, 3)}, r"`image_shape=\(32, 3\)`"),
    ],
)
def test_wrong_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        patch.discriminator(**options)
