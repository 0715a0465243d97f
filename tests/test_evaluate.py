"""The evaluation command: a model, an export, a TFLite file and a folder give the scores of their images."""

import gc
import json
import pathlib

import keras
import numpy as np
import psutil
import pytest
from PIL import Image

import tfgan_zoo as zoo
from tfgan_zoo import data, metrics
from tfgan_zoo.evaluate import evaluate, main

OPTIONS = {"metrics": ["fid", "kid"], "num": 40, "extractor": "digits"}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Keeps reference statistics of tests out of the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "tfgan_zoo" / "metrics"


@pytest.fixture(scope="module")
def gan():
    keras.utils.set_random_seed(0)
    model = zoo.models.GAN(
        generator=zoo.networks.mlp.generator((8, 8, 1), latent_dim=4, units=(8,)),
        discriminator=zoo.networks.mlp.discriminator((8, 8, 1), units=(8,)),
    )
    model.compile()
    model.fit(np.zeros((32, 8, 8, 1), np.float32), verbose=0)
    return model


@pytest.fixture(scope="module")
def exported(gan, tmp_path_factory):
    """The model exported, folder of versions."""
    from tfgan_zoo import export

    folder = tmp_path_factory.mktemp("exported") / "gan_digits"
    export.generator(gan, folder)
    return folder


def test_scores_and_floor_are_those_of_the_images(gan):
    result = evaluate(gan, "digits", seed=3, **OPTIONS)
    real = data.arrays("digits", split="test", num=40, seed=3, image_size=8, channels=1)
    other = data.arrays("digits", split="train", num=40, seed=3, image_size=8, channels=1)
    parts = [metrics.extract("digits", images) for images in (real, gan.sample(40, seed=3_000_000), other)]
    assert result.scores == pytest.approx(metrics.scores(parts[0], parts[1], ["fid", "kid"], seed=3), rel=1e-4)
    assert result.floor == pytest.approx(metrics.scores(parts[0], parts[2], ["fid", "kid"], seed=3), rel=1e-4)
    assert list(result.scores) == ["fid_40", "kid_40", "kid_standard_error_40"]
    assert result.scores["fid_40"] > 3 * result.floor["fid_40"]
    assert (result.split, result.floor_split, result.num, result.image_shape) == ("test", "train", 40, (8, 8, 1))


def test_an_export_scores_as_the_model_it_came_from(gan, exported):
    expected = evaluate(gan, "digits", **OPTIONS)
    version = next(path for path in exported.iterdir() if path.is_dir())
    for path in (exported, str(version), next(version.glob("*float32.tflite"))):
        result = evaluate(path, "digits", **OPTIONS)
        assert result.scores == pytest.approx(expected.scores, rel=1e-2)
        assert result.floor == expected.floor and result.generator == str(path)


def test_a_folder_of_images_scores_as_their_array(gan, tmp_path):
    images = metrics.images.to_uint8(gan.sample(40, seed=0))
    (tmp_path / "fakes").mkdir()
    for index, image in enumerate(images):
        Image.fromarray(image[..., 0]).save(tmp_path / "fakes" / f"{index:03d}.png")
    expected = evaluate(images, "digits", **OPTIONS).scores
    assert evaluate(tmp_path / "fakes", "digits", **OPTIONS).scores == pytest.approx(expected, rel=1e-4)
    assert evaluate(gan, "digits", **OPTIONS).scores == pytest.approx(expected, rel=1e-4)


def test_real_images_score_about_the_floor():
    images = data.arrays("digits", split="train", num=280, seed=7)
    result = evaluate(images, "digits", metrics=["fid", "prdc", "is", "nn"], num=280)
    assert result.scores["fid_280"] < 1.5 * result.floor["fid_280"]
    for name in ("precision_280", "coverage_280", "is_280", "nn_accuracy_280"):
        assert result.scores[name] == pytest.approx(result.floor[name], rel=0.15)


def test_one_split_is_dealt_into_halves(gan):
    images = data.arrays("digits", split="train", num=100)
    result = evaluate(gan, images, split="train", metrics=["fid"], num=50)
    assert result.floor_split == "train" and 0 < result.floor["fid_50"] < result.scores["fid_50"]
    with pytest.raises(ValueError, match=r"at most half of the images.*`num=51` with 100 images"):
        evaluate(gan, images, split="train", metrics=["fid"], num=51)


def test_reference_statistics_are_kept(gan, cache):
    evaluate(gan, "digits", **OPTIONS)
    entries = {path: path.stat().st_mtime_ns for path in cache.iterdir()}
    assert len(entries) == 2
    evaluate(gan, "digits", **OPTIONS)
    assert {path: path.stat().st_mtime_ns for path in cache.iterdir()} == entries


def test_more_images_than_one_chunk(gan, monkeypatch):
    monkeypatch.setattr("tfgan_zoo.evaluate.CHUNK", 16)
    seen = []

    class Recorder:
        def sample(self, num, *, seed):
            seen.append((num, seed))
            return gan.sample(num, seed=seed)

    evaluate(Recorder(), "digits", seed=2, **OPTIONS)
    assert seen[1:] == [(16, 2_000_000), (16, 2_000_001), (8, 2_000_002)]


def test_command_prints_a_table_and_writes_json(exported, tmp_path, capsys):
    arguments = ["--export", str(exported), "--data", "digits", "--metrics", "fid,prdc", "--num", "30", "--seed", "1"]
    main([*arguments, "--json", str(tmp_path / "scores.json")])
    printed = capsys.readouterr()
    written = json.loads((tmp_path / "scores.json").read_text())
    assert (
        written["scores"].keys()
        == written["floor"].keys()
        == {*("fid_30", "precision_30", "recall_30", "density_30", "coverage_30")}
    )
    assert f"{written['scores']['fid_30']:.5g}" in printed.out and "real (train)" in printed.out
    assert "30/30" in printed.out + printed.err
    assert written["data"] == "digits" and written["split"] == "test" and written["extractor"] == "digits"
    main(arguments)
    out = capsys.readouterr().out
    again = json.loads(out[out.index("{") :])
    assert again["scores"] == written["scores"]


@pytest.mark.thorough
def test_ten_evaluations_do_not_grow_the_process(gan):
    for _ in range(2):
        evaluate(gan, "digits", **OPTIONS)
    gc.collect()
    before = psutil.Process().memory_info().rss
    for seed in range(10):
        evaluate(gan, "digits", **(OPTIONS | {"metrics": ["fid"], "seed": seed}))
    gc.collect()
    assert psutil.Process().memory_info().rss - before < 25e6


def test_wrong_arguments_are_named(gan):
    with pytest.raises(ValueError, match="`num` must be an int >= 2. Received: `num=1`"):
        evaluate(gan, "digits", num=1)
    with pytest.raises(ValueError, match="`metrics` should be out of"):
        evaluate(gan, "digits", metrics=["fjd"])
    with pytest.raises(SystemExit):
        main(["--data", "digits"])


def test_an_export_that_takes_labels_gets_them_evenly():
    from tfgan_zoo.evaluate import _Source, export

    seen = []

    class Labelled(export.ExportedGenerator):
        def sample(self, num, *, seed, label):
            seen.append(label)
            return np.zeros((num, 8, 8, 1), np.float32)

    card = {"signatures": {"serving_default": {"inputs": {"z": {}, "label": {}}}}}
    source = _Source(Labelled(pathlib.Path("."), card, None), 25, 0, None, lambda: 10)
    list(source.batches(25, None))
    assert np.bincount(seen[-1]).tolist() == [3] * 5 + [2] * 5
