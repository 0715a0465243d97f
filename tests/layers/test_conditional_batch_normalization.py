"""Tests of tfgan_zoo.layers.conditional_batch_normalization, by hand and against Keras's layer."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers import ConditionalBatchNormalization

GAMMA, BETA = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [[0.0, -1.0], [0.5, 0.0], [7.0, 8.0]]


def layer(shape, **options):
    made = ConditionalBatchNormalization(3, **options)
    made.build([shape, (None,)])
    made.gamma.assign(GAMMA)
    made.beta.assign(BETA)
    return made


def test_training_pass_by_hand():
    x = np.array([[1.0, 10.0], [2.0, 10.0], [3.0, 40.0], [6.0, 20.0]], "float32")
    found = layer((None, 2), epsilon=0.0)([x, np.array([2, 0, 0, 1])], training=True)
    normal = np.stack([np.array([-2, -1, 0, 3]) / np.sqrt(3.5), np.array([-10, -10, 20, 0]) / np.sqrt(150)], axis=1)
    expected = normal * [[5, 6], [1, 2], [1, 2], [3, 4]] + [[7, 8], [0, -1], [0, -1], [0.5, 0]]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_statistics_are_of_all_classes_and_used_in_inference():
    made, plain = layer((None, 4, 3, 2), momentum=0.7), keras.layers.BatchNormalization(momentum=0.7, epsilon=2e-5)
    x = np.random.default_rng(2).normal(1.0, 3.0, (5, 4, 3, 2)).astype("float32")
    labels = np.array([0, 0, 2, 1, 0])
    made([x, labels], training=True)
    plain(x, training=True)
    np.testing.assert_allclose(made.norm.moving_mean, plain.moving_mean, rtol=1e-5)
    np.testing.assert_allclose(made.norm.moving_variance, plain.moving_variance, rtol=1e-4)
    gamma, beta = (np.array(table)[labels][:, None, None] for table in (GAMMA, BETA))
    np.testing.assert_allclose(made([x, labels]), plain(x) * gamma + beta, rtol=1e-3, atol=1e-3)


def test_begins_as_batch_normalization_and_trains_its_tables_alone():
    made = ConditionalBatchNormalization(3)
    x = np.random.default_rng(2).normal(size=(6, 2, 2, 2)).astype("float32")
    labels = np.array([0, 0, 1, 1, 0, 1])
    with tf.GradientTape() as tape:
        outputs = made([x, labels], training=True)
        loss = tf.reduce_sum(outputs * tf.range(48.0)[::-1, None, None, None][:6])
    np.testing.assert_allclose(tf.reduce_mean(outputs, axis=(0, 1, 2)), [0.0, 0.0], atol=1e-6)
    assert [v.name for v in made.trainable_variables] == ["gamma", "beta"]
    gradients = [tf.convert_to_tensor(g) for g in tape.gradient(loss, [v.value for v in made.trainable_variables])]
    np.testing.assert_array_equal([g[2] for g in gradients], np.zeros((2, 2)))  # No sample is of class 2.
    assert all(np.all(g[:2].numpy() != 0) for g in gradients)


def test_two_replicas_share_their_statistics(two_replicas, on_two_replicas):
    with two_replicas.scope():
        made = ConditionalBatchNormalization(3, synchronized=True)
        made.build([(None, 2), (None,)])
    x = np.array([[1.0, 1.0], [2.0, 5.0], [3.0, -2.0], [6.0, 0.0]], "float32")
    labels = np.array([2, 0, 0, 1])
    found = on_two_replicas(lambda x, labels: made([x, labels], training=True), x, labels)
    np.testing.assert_allclose(found, (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 2e-5), rtol=1e-4, atol=1e-5)


def test_no_classes_are_refused():
    with pytest.raises(ValueError, match="`num_classes` must be at least 1. Received: `num_classes=0`"):
        ConditionalBatchNormalization(0)
