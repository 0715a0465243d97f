"""Image metrics during training: rhythm, names, files, and the best model kept."""

import csv
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgan_zoo as zoo
from tfgan_zoo import metrics
from tfgan_zoo.callbacks.image_metrics import ImageMetrics


def levels(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 8, 8, 1)).astype(np.uint8)


def new_gan(**options):
    gan = zoo.models.GAN(
        generator=zoo.networks.mlp.generator((8, 8, 1), latent_dim=4, units=(8,)),
        discriminator=zoo.networks.mlp.discriminator((8, 8, 1), units=(8,)),
        **options,
    )
    gan.compile()
    return gan


def mean_and_spread(images):
    """A quick extractor of two features and three logits."""
    flat = images.reshape(len(images), -1).astype(np.float32)
    return np.stack([flat.mean(axis=1), flat.std(axis=1)], axis=1), flat[:, :3]


IMAGES = levels(96) / np.float32(127.5) - 1
EXTRACTOR = metrics.as_extractor(mean_and_spread, name="mean_and_spread")


def fit(gan, callbacks, epochs=4, **options):
    """Three steps an epoch."""
    return gan.fit(IMAGES, batch_size=32, epochs=epochs, callbacks=callbacks, verbose=0, **options)


def test_values_are_the_scores_of_the_averaged_generators_samples():
    gan = new_gan(ema_decay=0.9)
    callback = ImageMetrics(levels(50), num=40, metrics=["fid", "kid"], extractor=EXTRACTOR, seed=2)
    history = fit(gan, [callback], epochs=2)
    samples = metrics.extract(EXTRACTOR, gan.sample(40, seed=2_000_000))
    expected = metrics.scores(metrics.extract(EXTRACTOR, levels(50)[:40]), samples, ["fid", "kid"], seed=2)
    assert {name: history.history[name][-1] for name in expected} == pytest.approx(expected, rel=1e-4)
    assert len(history.history["fid_40"]) == 2
    z = zoo.latents.sample(40, gan.latent_dim, prior=gan.prior, seed=2_000_000)
    averaged = metrics.extract(EXTRACTOR, np.asarray(gan.ema_generator(z)))
    np.testing.assert_allclose(samples.features, averaged.features, rtol=1e-4)


def test_rhythm_in_epochs_begins_with_the_first(tmp_path):
    callback = ImageMetrics(levels(20), num=20, every_epochs=2, extractor=EXTRACTOR, directory=tmp_path)
    history = fit(new_gan(), [callback, keras.callbacks.CSVLogger(tmp_path / "log.csv")], epochs=5)
    assert len(history.history["fid_20"]) == 3
    with (tmp_path / "image_metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["3", "6", "12"]
    assert [float(row["fid_20"]) for row in rows] == history.history["fid_20"]
    with (tmp_path / "log.csv").open() as file:
        logged = [row["fid_20"] for row in csv.DictReader(file)]
    assert [value == "NA" for value in logged] == [False, False, True, False, True]


def test_rhythm_in_steps(tmp_path):
    callback = ImageMetrics(levels(20), num=20, every_steps=4, extractor=EXTRACTOR, directory=tmp_path)
    history = fit(new_gan(), [callback], epochs=4)
    steps = [row.split(",")[0] for row in (tmp_path / "image_metrics.csv").read_text().split()[1:]]
    # Step 3 is the end of the first epoch, which is always measured.
    assert steps == ["3", "4", "8", "12"]
    assert len(history.history["fid_20"]) == 4


def test_steps_per_execution_may_step_over_a_multiple(tmp_path):
    gan = new_gan()
    gan.compile(steps_per_execution=3)
    fit(gan, [ImageMetrics(levels(20), num=20, every_steps=4, extractor=EXTRACTOR, directory=tmp_path)])
    steps = [row.split(",")[0] for row in (tmp_path / "image_metrics.csv").read_text().split()[1:]]
    assert steps == ["3", "6", "9", "12"]


class Scripted:
    """An extractor whose spread, and with it the distance, follows a script; the reference comes first."""

    def __init__(self, shifts):
        self.shifts = iter([0.0, *shifts])

    def __call__(self, images):
        spread = np.linspace(-1, 1, len(images), dtype=np.float32)[:, None]
        return spread + np.float32(next(self.shifts))


def test_the_best_model_is_kept_and_a_worse_one_does_not_replace_it(tmp_path):
    gan = new_gan()
    kept = {}

    class Record(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            kept[epoch] = gan.sample(3, seed=1)

    extractor = metrics.as_extractor(Scripted([5.0, 2.0, 3.0]), name="script")
    callback = ImageMetrics(levels(20), num=20, extractor=extractor, best="fid", directory=tmp_path)
    history = fit(gan, [callback, Record()], epochs=3)
    assert history.history["fid_20"] == pytest.approx([25.0, 4.0, 9.0], rel=1e-4)
    best = keras.models.load_model(tmp_path / "best.keras")
    np.testing.assert_allclose(best.sample(3, seed=1), kept[1], atol=1e-6)
    assert not np.allclose(kept[1], kept[2], atol=1e-6)
    record = json.loads((tmp_path / "best.json").read_text())
    assert record["name"] == "fid_20" and record["step"] == 6 and record["value"] == pytest.approx(4.0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best.json", "best.keras", "image_metrics.csv"]


def test_a_later_run_goes_on_from_the_stored_best(tmp_path):
    gan = new_gan()
    for shifts in ([2.0], [3.0], [1.0]):
        extractor = metrics.as_extractor(Scripted(shifts), name="script")
        fit(gan, [ImageMetrics(levels(20), num=20, extractor=extractor, directory=tmp_path)], epochs=1)
        step = json.loads((tmp_path / "best.json").read_text())["step"]
        assert step == {2.0: 3, 3.0: 3, 1.0: 9}[shifts[0]]
    assert len((tmp_path / "image_metrics.csv").read_text().split()) == 4


def test_rows_of_steps_made_again_are_replaced(tmp_path):
    fit(new_gan(), [ImageMetrics(levels(20), num=20, extractor=EXTRACTOR, directory=tmp_path)], epochs=3)
    gan = new_gan()
    fit(gan, [], epochs=1)  # As a model that is back at step 3.
    history = fit(gan, [ImageMetrics(levels(20), num=20, extractor=EXTRACTOR, directory=tmp_path)], epochs=1)
    with (tmp_path / "image_metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["3", "6"]
    assert float(rows[-1]["fid_20"]) == history.history["fid_20"][0]


def test_a_table_of_other_scores_is_refused_before_training(tmp_path):
    fit(new_gan(), [ImageMetrics(levels(20), num=20, extractor=EXTRACTOR, directory=tmp_path)], epochs=1)
    before = (tmp_path / "image_metrics.csv").read_text()
    with pytest.raises(ValueError, match=r"measurements of \['fid_10'\].*Received: .*with \['fid_20'\]"):
        ImageMetrics(levels(20), num=10, extractor=EXTRACTOR, directory=tmp_path)
    assert (tmp_path / "image_metrics.csv").read_text() == before


def test_more_is_better_for_some_scores(tmp_path):
    (tmp_path / "best.json").write_text(json.dumps({"name": "is_20", "value": 0.5, "step": 0}))
    callback = ImageMetrics(levels(20), num=20, metrics=["is"], extractor=EXTRACTOR, best="is", directory=tmp_path)
    fit(new_gan(), [callback], epochs=1)
    assert json.loads((tmp_path / "best.json").read_text())["value"] >= 1


def test_tensorboard_gets_the_values_by_step(tmp_path):
    callback = ImageMetrics(levels(20), num=20, extractor=EXTRACTOR, log_dir=tmp_path / "logs")
    history = fit(new_gan(), [callback], epochs=2)
    (path,) = (tmp_path / "logs").iterdir()
    events = [tf.compat.v1.Event.FromString(record.numpy()) for record in tf.data.TFRecordDataset(str(path))]
    values = {event.step: tf.make_ndarray(v.tensor) for event in events for v in event.summary.value}
    assert list(values) == [3, 6]
    np.testing.assert_allclose(list(values.values()), history.history["fid_20"], rtol=1e-6)


def test_training_is_not_disturbed():
    weights = []
    for callbacks in ([], [ImageMetrics(levels(20), num=20, every_steps=1, extractor=EXTRACTOR)]):
        keras.utils.set_random_seed(5)
        gan = new_gan()
        fit(gan, callbacks, epochs=2, shuffle=False)
        weights.append(gan.get_weights())
    for one, two in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, two)


def test_reference_may_be_a_dataset():
    dataset = tf.data.Dataset.from_tensor_slices(levels(50) / np.float32(127.5) - 1).batch(7).repeat()
    histories = [
        fit(new_gan(), [ImageMetrics(source, num=45, extractor=EXTRACTOR)], epochs=1).history["fid_45"]
        for source in (dataset, levels(50))
        if not keras.utils.set_random_seed(0)
    ]
    assert histories[0] == pytest.approx(histories[1], rel=1e-6)


def test_wrong_arguments_are_named(tmp_path):
    options = {"num": 20, "extractor": EXTRACTOR}
    with pytest.raises(ValueError, match="cannot both be given.*`every_steps=3`"):
        ImageMetrics(levels(20), every_epochs=1, every_steps=3, **options)
    with pytest.raises(ValueError, match="`every_steps` must be an int >= 1. Received: `every_steps=0`"):
        ImageMetrics(levels(20), every_steps=0, **options)
    with pytest.raises(ValueError, match="at least `num` images. Received: 19 images and `num=20`"):
        ImageMetrics(levels(19), **options)
    with pytest.raises(ValueError, match="`best` needs a `directory`.*`best='fid'`"):
        ImageMetrics(levels(20), best="fid", **options)
    with pytest.raises(ValueError, match="a best value should be asked of one of.*'nn_accuracy'"):
        ImageMetrics(levels(20), metrics=["nn"], best="nn_accuracy", directory=tmp_path, **options)
    with pytest.raises(ValueError, match=r"`best` must be one of the measured \['fid'\]. Received: `best='kid'`"):
        ImageMetrics(levels(20), best="kid", directory=tmp_path, **options)
    gan = new_gan()
    with pytest.raises(ValueError, match=r"model's size and channels, \(8, 8, 1\). Received: \(8, 8, 3\)"):
        fit(gan, [ImageMetrics(np.repeat(levels(20), 3, axis=3), **options)])
    assert gan.step_counter.numpy() == 0
    with pytest.raises(TypeError, match="`ImageMetrics` needs a model with `step_counter`, `sample`"):
        ImageMetrics(levels(20), **options).set_model(keras.Sequential())
    with pytest.raises(ValueError, match="`metrics` should be out of"):
        ImageMetrics(levels(20), metrics=["fjd"], **options)
