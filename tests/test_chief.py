"""Tests of the choice of the machine that writes."""

import pytest
import tensorflow as tf

from tfgan_zoo.replicas import is_chief


class _Strategy:
    """Stands for a strategy on one machine of a cluster."""

    def __init__(self, cluster, task_type, task_id):
        self.cluster_resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
            tf.train.ClusterSpec(cluster), task_type=task_type, task_id=task_id
        )


WORKERS = {"worker": ["host0:1", "host1:1"]}


@pytest.mark.parametrize(
    ("cluster", "task_type", "task_id", "expected"),
    [
        (WORKERS, "worker", 0, True),
        (WORKERS, "worker", 1, False),
        ({**WORKERS, "chief": ["host2:1"]}, "chief", 0, True),
        ({**WORKERS, "chief": ["host2:1"]}, "worker", 0, False),
        ({**WORKERS, "evaluator": ["host2:1"]}, "evaluator", 0, False),
        ({**WORKERS, "ps": ["host2:1"]}, "ps", 0, False),
        ({}, "", 0, True),
    ],
)
def test_chief_of_a_cluster(cluster, task_type, task_id, expected):
    assert is_chief(_Strategy(cluster, task_type, task_id)) is expected


def test_one_process_is_its_own_chief(two_replicas):
    assert is_chief()
    assert is_chief(two_replicas)
    with two_replicas.scope():
        assert is_chief()
