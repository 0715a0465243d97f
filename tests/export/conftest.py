"""One whole export, made once."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgan_zoo as zoo
from tests.export.generators import IMAGE_SHAPE, spread, tiny_generator
from tfgan_zoo import export


@pytest.fixture(scope="session")
def gan():
    """A DCGAN trained for four steps, whose average differs from its generator."""
    keras.utils.set_random_seed(0)
    gan = zoo.models.DCGAN(
        generator=tiny_generator(),
        discriminator=zoo.networks.dcgan.discriminator(IMAGE_SHAPE, base_channels=4),
        ema_decay=0.9,
    )
    gan.compile()
    images = np.random.default_rng(0).uniform(-1.0, 1.0, (32, *IMAGE_SHAPE)).astype("float32")
    gan.fit(tf.data.Dataset.from_tensor_slices(images).batch(8), verbose=0)
    spread(gan.sampler, seed=1)
    return gan


@pytest.fixture(scope="session")
def exported(gan, tmp_path_factory):
    """The export of `gan` with all its files, compared in a process of its own."""
    path = tmp_path_factory.mktemp("exported") / "tiny"
    return export.generator(
        gan,
        path,
        recipe="dcgan_tiny",
        config={"steps": 4, "shape": IMAGE_SHAPE},
        scores={"fid_1k": np.float32(12.5)},
        num_verify=20,
        num_representative=64,
    )
