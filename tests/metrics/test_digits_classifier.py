"""The shipped digit classifier: size, card, accuracy on real digits, and its training script on tiny data."""

import json
import os

import numpy as np
import pytest
from sklearn.datasets import load_digits

from tfgan_zoo.metrics import digits_classifier, extract
from tfgan_zoo.metrics import train_digits_classifier as training


def test_weights_are_small_and_the_card_keeps_its_promise():
    assert digits_classifier.WEIGHTS.stat().st_size < 1_000_000
    card = digits_classifier.card()
    assert card["test_accuracy"] >= 0.99 and card["test_images"] == 10_000
    # 3x3 convolutions with bias, then 4 * 4 * 64 -> 128 -> 10.
    convolutions = 10 * 32 + 289 * 32 + 289 * 64 + 577 * 64 + 577 * 64
    assert digits_classifier.load().count_params() == card["parameters"] == convolutions + 1025 * 128 + 129 * 10


def test_classifies_real_digits_of_another_set():
    # Digits of 8x8 pixels by other writers, from another scanner than MNIST's, framed as MNIST frames them.
    data = load_digits()
    images = np.kron(data.images * 15.9375, np.ones((1, 2, 2))).astype(np.uint8)
    framed = np.pad(images, ((0, 0), (6, 6), (6, 6)))[..., None]
    accuracy = np.mean(extract("digits", framed, batch_size=256).logits.argmax(axis=1) == data.target)
    assert accuracy > 0.8


@pytest.mark.skipif("TFDS_DATA_DIR" not in os.environ, reason="TFDS_DATA_DIR with a prepared mnist is not set")
def test_accuracy_on_the_mnist_test_set():
    images, labels = training.load_split("mnist", "test")
    accuracy = np.mean(extract("digits", images, batch_size=500).logits.argmax(axis=1) == labels)
    assert accuracy == pytest.approx(digits_classifier.card()["test_accuracy"], abs=2e-4)
    assert accuracy >= 0.99


def test_saving_keeps_half_precision(tmp_path):
    model = digits_classifier.network()
    digits_classifier.save(model, tmp_path / "weights.npz")
    again = digits_classifier.load(tmp_path / "weights.npz")
    for kept, weight in zip(again.weights, model.weights, strict=True):
        np.testing.assert_array_equal(kept, np.asarray(weight).astype(np.float16))


def test_missing_weights_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="train_digits_classifier.*nowhere.npz"):
        digits_classifier.load(tmp_path / "nowhere.npz")


def test_affine_maps_turn_about_the_centre(monkeypatch):
    for limit in ("ZOOM", "SHIFT", "ROTATION"):
        monkeypatch.setattr(training, limit, 0.0)
    image = np.random.default_rng(0).uniform(-1, 1, (1, 28, 28, 1)).astype(np.float32)
    identity = training.random_affine(1, np.random.default_rng(0))
    np.testing.assert_allclose(training.warp(image, identity), image, atol=1e-5)
    monkeypatch.setattr(training, "ROTATION", 30.0)
    turned = training.random_affine(50, np.random.default_rng(0)).astype(np.float64)
    centre = 13.5
    np.testing.assert_allclose(turned[:, 0] * centre + turned[:, 1] * centre + turned[:, 2], centre, atol=1e-4)
    np.testing.assert_allclose(turned[:, 3] * centre + turned[:, 4] * centre + turned[:, 5], centre, atol=1e-4)
    assert np.abs(np.rad2deg(np.arcsin(turned[:, 3]))).max() <= 30


@pytest.mark.thorough
def test_training_is_reproducible(monkeypatch):
    rng = np.random.default_rng(0)
    labels = np.arange(128) % 10
    images = (rng.integers(0, 60, (128, 28, 28, 1)) + 19 * labels[:, None, None, None]).astype(np.uint8)
    first, second = (training.train(images, labels, epochs=1, seed=1) for _ in range(2))
    for one, two in zip(first.weights, second.weights, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-5)


def test_command_writes_weights_and_card(monkeypatch, tmp_path):
    labels = np.arange(128) % 10
    images = np.broadcast_to(25 * labels[:, None, None, None], (128, 28, 28, 1)).astype(np.uint8)
    monkeypatch.setattr(digits_classifier, "CARD", tmp_path / "digits.json")
    monkeypatch.setattr(training, "load_split", lambda name, split: (images, labels))
    kept, asked = {}, {}
    monkeypatch.setattr(training, "train", lambda *_, **options: asked.update(options) or digits_classifier.network())
    monkeypatch.setattr(digits_classifier, "save", lambda model: kept.update(model=model))
    monkeypatch.setattr(digits_classifier, "load", lambda: kept["model"])
    training.main(["--epochs", "1", "--seed", "3"])
    card = json.loads((tmp_path / "digits.json").read_text())
    assert card["seed"] == asked["seed"] == 3 and card["epochs"] == asked["epochs"] == 1
    assert card["test_accuracy"] == training.accuracy(kept["model"], images, labels)
