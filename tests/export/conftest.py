"""One whole export, made once, and a comparison without a process of its own."""

import runpy
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgan_zoo as zoo
from tests.export.generators import IMAGE_SHAPE, spread, tiny_generator
from tfgan_zoo import export
from tfgan_zoo.export import verification


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


@pytest.fixture
def in_this_process(monkeypatch):
    """Runs the comparison in this process, without the seconds that a new one needs to start."""

    def run(command, **kwargs):
        monkeypatch.syspath_prepend(verification.SCRIPT.parent)
        monkeypatch.setattr(sys, "argv", command[1:])
        hidden = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "tfgan_zoo"}
        for name in hidden:
            del sys.modules[name]
        try:
            runpy.run_path(command[1], run_name="__main__")
        finally:
            sys.modules.update(hidden)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(verification.subprocess, "run", run)
