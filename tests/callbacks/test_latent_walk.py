"""Tests of the walks: the way through latent space, the file, and when it is written."""

import numpy as np
import pytest
from PIL import Image

from tests.callbacks.scripted import Scripted, steps
from tfgan_zoo import latents, models, networks, pictures
from tfgan_zoo.callbacks import LatentWalk


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_writes_a_loop_at_the_end(tmp_path):
    folder = tmp_path / "new" / "folder"
    walk = LatentWalk(folder, walks=4, stops=3, steps=2, fps=10)
    model = Scripted()
    model.fit(steps(2), epochs=2, callbacks=[walk])
    assert _names(folder) == ["walk_000004.gif"]
    assert walk.frames == 6
    assert len(model.sampled) == 6
    with Image.open(folder / "walk_000004.gif") as image:
        # The frames of a scripted model are alike, and Pillow keeps one of them for the whole time.
        assert image.size == pictures.grid(np.zeros((4, 2, 1, 1))).shape[1::-1]
        assert np.asarray(image.convert("L"))[50, 10] == 4


def test_every_few_epochs_and_the_last(tmp_path):
    Scripted().fit(steps(2), epochs=5, callbacks=[LatentWalk(tmp_path, every_epochs=2, steps=1)])
    assert _names(tmp_path) == [f"walk_{step:06d}.gif" for step in (4, 8, 10)]


@pytest.mark.parametrize("prior", ["normal", "uniform"])
@pytest.mark.parametrize("interpolation", ["slerp", "lerp"])
def test_each_tile_walks_its_own_way_from_stop_to_stop_and_back(tmp_path, prior, interpolation):
    model = Scripted()
    model.prior = prior
    walk = LatentWalk(tmp_path, walks=2, stops=3, steps=4, seed=7, interpolation=interpolation)
    model.fit(steps(1), callbacks=[walk])
    frames = np.stack(model.sampled)
    stops = latents.sample(6, 3, prior=prior, seed=7).numpy()
    assert frames.shape == (12, 2, 3)
    np.testing.assert_allclose(frames[[0, 4, 8], 0], stops[:3], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(frames[[0, 4, 8], 1], stops[3:], rtol=1e-5, atol=1e-6)
    if interpolation == "lerp":
        np.testing.assert_allclose(frames[11, 1], 0.25 * stops[5] + 0.75 * stops[3], rtol=1e-5, atol=1e-6)


def test_frames_are_samples_of_a_gan(tmp_path):
    gan = models.GAN(
        generator=networks.mlp.generator((4, 4, 1), latent_dim=2, units=(4,)),
        discriminator=networks.mlp.discriminator((4, 4, 1), units=(4,)),
        prior="sphere",
    )
    walk = LatentWalk(tmp_path, walks=3, stops=2, steps=3)
    walk.set_model(gan)
    walk.write(walk.draw(5), 5)
    stops = latents.sample(6, 2, prior="sphere").numpy()
    with Image.open(tmp_path / "walk_000005.gif") as image:
        assert (image.n_frames, image.info["loop"]) == (6, 0)
        image.seek(3)
        frame = np.asarray(image.convert("L"))
    np.testing.assert_array_equal(frame, pictures.grid(gan.sample(z=stops[1::2]))[..., 0])


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"walks": 0}, "`walks` must be an int >= 1. Received: `walks=0`"),
        ({"stops": 1}, "`stops` must be an int >= 2. Received: `stops=1`"),
        ({"steps": 0}, "`steps` must be an int >= 1. Received: `steps=0`"),
        ({"fps": 100}, r"`fps` must be in \(0, 50\]; .* Received: `fps=100`"),
        ({"seed": -1}, "`seed` must be an int >= 0. Received: `seed=-1`"),
        ({"interpolation": "nlerp"}, "`interpolation` must be 'slerp' or 'lerp'. Received: `interpolation='nlerp'`"),
        ({"every_epochs": 1, "every_steps": 1}, "cannot both be given"),
    ],
)
def test_refuses_arguments(tmp_path, arguments, match):
    with pytest.raises(ValueError, match=match):
        LatentWalk(tmp_path, **arguments)


def test_refuses_a_model_without_latents(tmp_path):
    class Translator:
        step_counter = sample = None

    with pytest.raises(TypeError, match="`LatentWalk` needs a model .* Translator, without `latent_dim`, `prior`"):
        LatentWalk(tmp_path).set_model(Translator())
