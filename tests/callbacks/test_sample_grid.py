"""Tests of the sample grids: which steps are drawn, what is in the files, and that training is not disturbed."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.callbacks.scripted import Scripted, steps
from tfgan_zoo import models, networks, pictures
from tfgan_zoo.callbacks import SampleGrid


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def _level(path, y):
    """Level of a pixel in the first tile."""
    with Image.open(path) as image:
        return np.asarray(image)[y, 6]


def test_draws_the_untrained_model_and_each_epoch(tmp_path):
    model = Scripted()
    model.fit(steps(3), epochs=2, callbacks=[SampleGrid(tmp_path / "new" / "folder", num=4, seed=9)])
    folder = tmp_path / "new" / "folder"
    assert _names(folder) == ["latest.png", *(f"samples_{step:06d}.png" for step in (0, 3, 6))]
    assert [_level(folder / f"samples_{step:06d}.png", 50) for step in (0, 3, 6)] == [0, 3, 6]
    assert _level(folder / "latest.png", 50) == 6
    assert _level(folder / "latest.png", 10) == 9
    assert model.sampled == [(4, 9)] * 3


def test_every_few_epochs_and_the_last(tmp_path):
    Scripted().fit(steps(2), epochs=5, callbacks=[SampleGrid(tmp_path, every_epochs=3)])
    assert _names(tmp_path)[1:] == [f"samples_{step:06d}.png" for step in (0, 6, 10)]


def test_every_few_steps_and_the_last(tmp_path):
    Scripted().fit(steps(5), epochs=2, callbacks=[SampleGrid(tmp_path, every_steps=4)])
    assert _names(tmp_path)[1:] == [f"samples_{step:06d}.png" for step in (0, 4, 8, 10)]


def test_every_few_steps_when_several_pass_at_once(tmp_path):
    model = Scripted()
    model.compile(optimizer=None, steps_per_execution=3)
    model.fit(steps(12), callbacks=[SampleGrid(tmp_path, every_steps=4)])
    # Looks at 3, 6, 9 and 12, of which the last three pass 4, 8 and 12.
    assert _names(tmp_path)[1:] == [f"samples_{step:06d}.png" for step in (0, 6, 9, 12)]


def test_a_stopped_training_is_drawn(tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1

    Scripted().fit(steps(5), epochs=2, callbacks=[Stop(), SampleGrid(tmp_path, every_epochs=2)])
    assert _names(tmp_path)[1:] == ["samples_000000.png", "samples_000002.png"]


def test_a_resumed_training_leaves_the_files_of_an_unbroken_one(tmp_path):
    class Kill(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if int(self.model.step_counter.numpy()) == 6:
                raise SystemExit

    Scripted().fit(steps(4), epochs=3, callbacks=[SampleGrid(tmp_path / "unbroken", every_epochs=2)])
    model, grid = Scripted(), SampleGrid(tmp_path / "resumed", every_epochs=2)
    with pytest.raises(SystemExit):
        model.fit(steps(4), epochs=3, callbacks=[grid, Kill()])
    # A run goes on with the rest of the epoch in one call of `fit`, and the other epochs in the next.
    for rest, epoch in ((2, 1), (4, 2)):
        listed = keras.callbacks.CallbackList([grid], model=model, epochs=3)
        model.fit(steps(rest), initial_epoch=epoch, epochs=epoch + 1, callbacks=listed)
    assert _names(tmp_path / "resumed") == _names(tmp_path / "unbroken")
    for path in (tmp_path / "unbroken").iterdir():
        assert (tmp_path / "resumed" / path.name).read_bytes() == path.read_bytes()


def test_draws_what_sample_returns(tmp_path):
    def rows_of_classes(model):
        return np.linspace(-1, 1, 6, dtype=np.float32).reshape(6, 1, 1, 1)

    Scripted().fit(steps(1), callbacks=[SampleGrid(tmp_path, sample=rows_of_classes, columns=2)])
    with Image.open(tmp_path / "samples_000001.png") as image:
        expected = pictures.grid(rows_of_classes(None), columns=2)
        np.testing.assert_array_equal(np.asarray(image), expected[..., 0])


def test_tensorboard_gets_the_grids_by_step(tmp_path):
    Scripted().fit(steps(3), epochs=2, callbacks=[SampleGrid(tmp_path, log_dir=tmp_path / "board")])
    (file,) = (tmp_path / "board").iterdir()
    events = [tf.compat.v1.Event.FromString(record.numpy()) for record in tf.data.TFRecordDataset(str(file))]
    found = {}
    for event in events:
        for value in event.summary.value:
            assert (value.tag, value.metadata.plugin_data.plugin_name) == ("samples", "images")
            found[event.step] = tf.make_ndarray(value.tensor)
    assert list(found) == [0, 3, 6]
    width, height, png = found[3]
    assert png == (tmp_path / "samples_000003.png").read_bytes()
    with Image.open(tmp_path / "samples_000003.png") as image:
        assert image.size == (int(width), int(height))


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).uniform(-1, 1, (32, 4, 4, 1)).astype(np.float32)


def _gan():
    gan = models.GAN(
        generator=networks.mlp.generator((4, 4, 1), latent_dim=2, units=(4,)),
        discriminator=networks.mlp.discriminator((4, 4, 1), units=(4,)),
    )
    gan.compile()
    return gan


def test_draws_a_gan_and_does_not_disturb_it(tmp_path, images):
    weights = []
    for listed in ([], [SampleGrid(tmp_path, num=9, seed=4, every_steps=1)]):
        keras.utils.set_random_seed(1)
        gan = _gan()
        gan.fit(images, batch_size=16, verbose=0, callbacks=listed)
        weights.append(gan.get_weights())
    for alone, drawn in zip(*weights, strict=True):
        np.testing.assert_array_equal(alone, drawn)
    with Image.open(tmp_path / "latest.png") as image:
        np.testing.assert_array_equal(np.asarray(image), pictures.grid(gan.sample(9, seed=4))[..., 0])
    first, last = ((tmp_path / f"samples_{step:06d}.png").read_bytes() for step in (0, 2))
    assert first != last


def test_draws_a_gan_on_two_replicas(tmp_path, images, two_replicas):
    with two_replicas.scope():
        gan = _gan()
    gan.fit(images, batch_size=16, verbose=0, callbacks=[SampleGrid(tmp_path, num=4)])
    assert _names(tmp_path) == ["latest.png", "samples_000000.png", "samples_000002.png"]
    with Image.open(tmp_path / "latest.png") as image:
        np.testing.assert_array_equal(np.asarray(image), pictures.grid(gan.sample(4))[..., 0])


def test_only_the_chief_writes(tmp_path, monkeypatch):
    monkeypatch.setattr("tfgan_zoo.callbacks._abstract_pictures.is_chief", lambda strategy: False)
    model = Scripted()
    model.fit(steps(1), callbacks=[SampleGrid(tmp_path / "samples", log_dir=tmp_path / "board")])
    assert list(tmp_path.iterdir()) == []
    assert len(model.sampled) == 2  # The workers of a cluster must all take part in what reads variables.


def test_waits_for_steps_only_when_it_must(tmp_path):
    assert SampleGrid(tmp_path).async_safe
    assert not SampleGrid(tmp_path, every_steps=10).async_safe


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"every_epochs": 0}, "`every_epochs` must be an int >= 1. Received: `every_epochs=0`"),
        ({"every_steps": 2.5}, "`every_steps` must be an int >= 1. Received: `every_steps=2.5`"),
        ({"every_epochs": 1, "every_steps": 5}, "cannot both be given. Received: `every_epochs=1`, `every_steps=5`"),
        ({"num": -1}, "`num` must be an int >= 1. Received: `num=-1`"),
        ({"columns": 0}, "`columns` must be an int >= 1. Received: `columns=0`"),
        ({"seed": None}, "`seed` must be an int >= 0. Received: `seed=None`"),
        ({"sample": 16}, "`sample` must be None or a callable of the model. Received: `sample=16`"),
    ],
)
def test_refuses_arguments(tmp_path, arguments, match):
    with pytest.raises(ValueError, match=match):
        SampleGrid(tmp_path, **arguments)


@pytest.mark.parametrize(("options", "columns"), [({"num": 11}, 3), ({"num": 1}, 1), ({"columns": 2}, 2)])
def test_classes_are_drawn_a_row_each(tmp_path, options, columns):
    model = Scripted()
    model.takes_labels, model.num_classes, asked = True, 3, []

    def sample(*, z, labels):
        asked.append((len(z), labels.tolist()))
        return np.zeros((len(z), 8, 8, 1))

    model.sample = sample
    model.fit(steps(1), epochs=1, callbacks=[SampleGrid(tmp_path, **options)])
    assert asked == [(3 * columns, [label for label in range(3) for _ in range(columns)])] * 2


def test_refuses_a_file_as_directory(tmp_path):
    path = tmp_path / "file"
    path.touch()
    with pytest.raises(ValueError, match="`directory` must be a folder. Received: .*file'`, which is a file"):
        SampleGrid(path)


def test_refuses_a_model_that_does_not_sample(tmp_path):
    model = keras.Sequential()
    model.step_counter = keras.Variable(0, dtype="int64")
    with pytest.raises(TypeError, match="needs a model with `step_counter`, `sample`, .* Sequential, without `sample`"):
        SampleGrid(tmp_path).set_model(model)
    SampleGrid(tmp_path, sample=lambda model: np.zeros((1, 2, 2, 1))).set_model(model)
