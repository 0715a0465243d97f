"""Draws, cuts and means of the global batch: two replicas see what one sees."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo import replicas

SEED = (3, 4)


def test_one_device_is_one_replica():
    assert replicas.count() == 1
    assert replicas.cut(tf.range(3)).numpy().tolist() == [0, 1, 2]


def test_count_inside_of_two_replicas(on_two_replicas):
    counts = on_two_replicas(lambda rows: tf.fill(tf.shape(rows), replicas.count()), np.zeros(2))
    assert counts.tolist() == [2, 2]


def test_cross_replica_context_counts_one(two_replicas):
    with two_replicas.scope():
        assert replicas.count() == 1


def test_cut_deals_out_contiguous_rows_in_order(on_two_replicas):
    values = tf.constant([5, 6, 7, 8, 9, 10])
    cut = on_two_replicas(lambda rows: replicas.cut(values) * 10 + rows, np.array([0, 0, 0, 1, 1, 1], "int32"))
    assert cut.tolist() == [50, 60, 70, 81, 91, 101]


def test_draw_is_that_of_the_global_batch(on_two_replicas):
    one = tf.random.stateless_normal((6, 2), SEED).numpy()
    np.testing.assert_array_equal(replicas.draw(tf.random.stateless_normal, (6, 2), SEED), one)
    two = on_two_replicas(
        lambda rows: replicas.draw(tf.random.stateless_normal, (tf.shape(rows)[0], 2), SEED), np.zeros(6)
    )
    np.testing.assert_array_equal(two, one)


def test_batch_mean_by_hand(on_two_replicas):
    values = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0], [10.0, 0.0]], "float32")
    np.testing.assert_array_equal(replicas.batch_mean(tf.constant(values)), [[4.0, 15.0]])
    # Each replica returns its copy, so the joined result holds the mean twice.
    np.testing.assert_array_equal(on_two_replicas(replicas.batch_mean, values), [[4.0, 15.0]] * 2)


def test_gradient_of_the_batch_mean_reaches_all_replicas(on_two_replicas):
    values = np.array([1.0, 2.0, 3.0, 10.0], "float32")

    def gradient(rows):
        with tf.GradientTape() as tape:
            tape.watch(rows)
            # d/dx_i of sum_j (x_j mean) = mean + sum_j x_j / 4 = 2 mean = 8, whatever the number of replicas.
            total = tf.reduce_sum(rows * replicas.batch_mean(rows))
        return tape.gradient(total, rows)

    assert gradient(tf.constant(values)).numpy() == pytest.approx([8.0] * 4)
    assert on_two_replicas(gradient, values) == pytest.approx([8.0] * 4)


def test_gathered_rows_are_those_of_the_global_batch_in_order(on_two_replicas):
    rows = np.array([[5.0, 1.0], [6.0, 2.0], [7.0, 3.0], [8.0, 4.0]], "float32")
    np.testing.assert_array_equal(replicas.gather(tf.constant(rows)), rows)
    np.testing.assert_array_equal(on_two_replicas(replicas.gather, rows), np.concatenate([rows, rows]))
