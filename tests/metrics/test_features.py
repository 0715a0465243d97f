"""Extractors: what they accept, what they return, and that they stay small."""

import gc

import keras
import numpy as np
import psutil
import pytest
import tensorflow as tf

from tfgan_zoo.metrics import (
    as_extractor,
    extract,
    extract_moments,
    features,
    frechet_distance,
    perceptual_path_length,
)


def levels(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


def small_network():
    keras.utils.set_random_seed(0)
    images = keras.Input((None, None, 3))
    maps = keras.layers.Conv2D(4, 3, activation="relu")(images)
    logits = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(maps))
    return keras.Model(images, [maps, logits], name="small")


def test_a_keras_model_is_an_extractor():
    network = small_network()
    batch = levels((3, 9, 7, 3))
    result = as_extractor(network)(batch)
    maps, logits = network(batch / np.float32(127.5) - 1)
    np.testing.assert_allclose(result.features, np.mean(maps, axis=(1, 2)), rtol=1e-5)
    np.testing.assert_allclose(result.logits, logits, rtol=1e-5)
    assert as_extractor(network).name == "small" and as_extractor(network, name="mine").name == "mine"


def test_a_fixed_input_size_resizes_and_repeats_grey():
    images = keras.Input((4, 4, 3))
    extractor = as_extractor(keras.Model(images, keras.layers.Flatten()(images)), name="pixels")
    grey = levels((2, 8, 8, 1))
    result = extractor(grey)
    assert result.logits is None
    expected = np.repeat(grey[:, ::2, ::2], 3, axis=-1).reshape(2, -1) / 127.5 - 1
    np.testing.assert_allclose(result.features, expected, atol=1e-6)


def test_a_callable_is_an_extractor():
    def rows(batch):
        assert batch.dtype == np.uint8
        return batch[:, :, 0, 0].astype(np.float64), batch[:, 0, :, 0]

    extractor = as_extractor(rows, name="rows")
    batch = levels((5, 2, 3, 1))
    result = extract(extractor, batch / 127.5 - 1, batch_size=2)
    np.testing.assert_array_equal(result.features, batch[:, :, 0, 0])
    np.testing.assert_array_equal(result.logits, batch[:, 0, :, 0])
    assert result.features.dtype == np.float32


def test_arrays_datasets_and_generators_give_the_same_features():
    batch = levels((7, 28, 28, 1))
    labels = np.arange(7)
    expected = extract("digits", batch)
    dataset = tf.data.Dataset.from_tensor_slices((batch, labels)).batch(3)
    for source in (batch, dataset, (batch[i : i + 2] for i in range(0, 7, 2)), [batch]):
        result = extract("digits", source, batch_size=4)
        np.testing.assert_allclose(result.features, expected.features, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(result.logits, expected.logits, rtol=1e-4, atol=1e-4)


def test_moments_of_a_stream_are_those_of_all_features():
    batch = levels((20, 28, 28, 1))
    moments = extract_moments("digits", (batch[i : i + 3] for i in range(0, 20, 3)))
    assert moments.count == 20
    assert frechet_distance(moments, extract("digits", batch).features) < 1e-6


@pytest.mark.parametrize("shape", [(2, 28, 28, 1), (2, 32, 32, 1), (2, 32, 32, 3), (2, 8, 8, 1), (2, 64, 48, 3)])
def test_digits_take_any_image(shape):
    result = features.digits()(levels(shape))
    assert result.features.shape == (2, 128) and result.logits.shape == (2, 10)
    assert result.features.min() >= 0 and np.isfinite(result.logits).all()


def test_rounding_is_part_of_the_call_and_not_of_unrounded():
    # Level 191.45 rounds to 191; unrounded extraction keeps the fraction.
    images = keras.Input((1, 1, 1))
    extractor = as_extractor(keras.Model(images, keras.layers.Flatten()(images)), name="pixel")
    value = np.full((1, 1, 1, 1), 63.45 / 127.5, np.float32)
    assert extractor(value).features.item() == pytest.approx(191 / 127.5 - 1, abs=1e-6)
    assert extractor.unrounded(value).features.item() == pytest.approx(value.item(), abs=1e-6)


def test_squared_distance_measures_tiny_steps():
    images = keras.Input((1, 2, 1))
    extractor = as_extractor(keras.Model(images, keras.layers.Flatten()(images)), name="pixels")
    ends = np.tile(np.array([[0.0, 0.0], [0.3, 0.4]], np.float32), (50, 1))
    length = perceptual_path_length(
        lambda z: z.reshape(-1, 1, 2, 1),
        features.squared_distance(extractor),
        ends,
        interpolation="lerp",
        epsilon=1e-2,
    )
    assert length.mean == pytest.approx(0.25, rel=1e-3)


def test_features_are_float32_under_mixed_precision():
    batch = levels((4, 28, 28, 1))
    expected = features.digits()(batch)
    keras.config.set_dtype_policy("mixed_float16")
    try:
        network = features.digits_classifier.load()
        assert keras.config.dtype_policy().name == "mixed_float16"
    finally:
        keras.config.set_dtype_policy("float32")
    np.testing.assert_array_equal(as_extractor(network)(batch).features, expected.features)


def test_fingerprints_tell_weights_apart():
    network = small_network()
    first = as_extractor(network).fingerprint
    assert first == as_extractor(network).fingerprint and first.startswith("small-")
    network.layers[1].bias.assign([0, 0, 0, 1e-6])
    assert as_extractor(network).fingerprint != first
    assert features.digits().fingerprint == features.digits().fingerprint


def test_repeated_extraction_neither_retraces_nor_grows():
    extractor = features.digits()
    batches = [levels((size, side, side, 1)) for size, side in ((64, 28), (17, 28), (64, 32))]
    for batch in batches:
        extractor(batch)
    traces = extractor._run.experimental_get_tracing_count()
    gc.collect()
    before = psutil.Process().memory_info().rss
    for _ in range(20):
        for batch in batches:
            extract(extractor, batch)
    assert extractor._run.experimental_get_tracing_count() == traces == 1
    assert psutil.Process().memory_info().rss - before < 50e6


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="features.inception.*Received: `extractor='inception'`"):
        as_extractor("inception")
    with pytest.raises(TypeError, match="`extractor` should be callable on images. Received: int"):
        as_extractor(3)
    with pytest.raises(ValueError, match="`name` should say what a callable"):
        as_extractor(lambda batch: batch)
    with pytest.raises(ValueError, match="at least one image"):
        extract("digits", [])
    with pytest.raises(ValueError, match="at least one image"):
        extract_moments("digits", [])
    with pytest.raises(ValueError, match=r"features of shape \(batch, dimensions\).*\(2, 1, 1, 1\)"):
        as_extractor(lambda batch: batch, name="raw")(np.zeros((2, 1, 1, 1), np.uint8))
