"""The inception score against hand-computed values."""

import numpy as np
import pytest

from tfgan_zoo.metrics import inception_score


def test_certain_and_even_labels_score_the_number_of_classes():
    logits = np.log(np.eye(4)[np.arange(40) % 4] + 1e-300)
    assert inception_score(logits, splits=1).mean == pytest.approx(4, rel=1e-12)


def test_one_answer_for_all_scores_one():
    result = inception_score(np.tile([2.0, -1.0, 0.5], (30, 1)), splits=3)
    assert result.mean == pytest.approx(1, rel=1e-12)
    assert result.deviation == pytest.approx(0, abs=1e-12)


def test_hand_computed_value_with_splits_in_order():
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5], [0.5, 0.5]])
    marginal = [0.55, 0.45]
    divergence = [
        0.9 * np.log(0.9 / 0.55) + 0.1 * np.log(0.1 / 0.45),
        0.2 * np.log(0.2 / 0.55) + 0.8 * np.log(0.8 / 0.45),
    ]
    scores = [np.exp(np.mean(divergence)), 1.0]
    assert np.allclose(probabilities[:2].mean(axis=0), marginal)
    result = inception_score(np.log(probabilities) + 7, splits=2, seed=None)
    assert result.mean == pytest.approx(np.mean(scores), rel=1e-12)
    assert result.deviation == pytest.approx(np.std(scores), rel=1e-12)


def test_sorted_images_score_as_shuffled_ones():
    logits = np.log(np.eye(5)[np.repeat(np.arange(5), 200)] + 1e-300)
    assert inception_score(logits, splits=5, seed=None).mean == pytest.approx(1)
    assert inception_score(logits, splits=5).mean > 4.8


def test_zero_probabilities_are_allowed():
    with np.errstate(divide="ignore"):
        logits = np.log(np.eye(3))
    assert inception_score(logits, splits=1).mean == pytest.approx(3)


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match=r"at least 2 classes.*Received: shape \(5, 1\)"):
        inception_score(np.zeros((5, 1)))
    with pytest.raises(ValueError, match=r"one sample per split.*Received: 5 samples, `splits=10`"):
        inception_score(np.zeros((5, 2)))
    with pytest.raises(ValueError, match=r"`logits` should be finite.*sample 1"):
        inception_score([[0.0, 1.0], [np.nan, 0.0]], splits=1)
    with pytest.raises(ValueError, match=r"`splits` should be an integer"):
        inception_score(np.zeros((5, 2)), splits=0)
