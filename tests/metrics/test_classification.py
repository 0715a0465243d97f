"""What a classifier says of samples, by hand."""

import numpy as np
import pytest

from tfgan_zoo.metrics import class_agreement, classifier_summary

# Most probable classes 2, 0, 2, 2, 0 with the probabilities 0.7, 0.5, 0.6, 0.8, 0.9; class 1 never.
PROBABILITIES = np.array([[0.1, 0.2, 0.7], [0.5, 0.3, 0.2], [0.3, 0.1, 0.6], [0.15, 0.05, 0.8], [0.9, 0.06, 0.04]])


def test_agreement_by_hand():
    assert class_agreement(np.log(PROBABILITIES), [2, 0, 0, 2, 1]) == 0.6
    assert class_agreement(np.log(PROBABILITIES), [2, 0, 2, 2, 0]) == 1.0
    assert class_agreement(np.log(PROBABILITIES), [1, 1, 1, 1, 1]) == 0.0


def test_agreement_takes_any_scores_and_counts_the_first_of_equals():
    assert class_agreement(PROBABILITIES.astype(np.float32), np.array([2, 1, 2, 1, 1], np.uint8)) == 0.4
    assert class_agreement([[3, 3], [1, 1], [0, 5]], [0, 1, 1]) == 2 / 3


def test_an_unknown_class_never_agrees():
    assert class_agreement([[0.0, 1.0], [1.0, 0.0]], [2, -2]) == 0.0


def test_summary_by_hand():
    found = classifier_summary(np.log(PROBABILITIES))
    assert found.mean_top_probability == pytest.approx((0.7 + 0.5 + 0.6 + 0.8 + 0.9) / 5, rel=1e-12)
    assert found[1:] == (0.0, 0.6)
    without = classifier_summary(np.log(PROBABILITIES[:, [0, 2]]))  # Class 1 taken away: 2 and 3 samples.
    assert without[1:] == (0.4, 0.6)
    expected = np.mean([0.7 / 0.8, 0.5 / 0.7, 0.6 / 0.9, 0.8 / 0.95, 0.9 / 0.94])
    assert without.mean_top_probability == pytest.approx(expected, rel=1e-12)


def test_summary_does_not_depend_on_a_constant_added_to_a_row():
    logits = np.log(PROBABILITIES)
    shifted = classifier_summary(logits + np.array([[1000.0], [-1000.0], [0.0], [7.0], [-3.0]]))
    np.testing.assert_allclose(shifted, classifier_summary(logits), rtol=1e-10)


def test_names_are_those_of_reports():
    names = ["mean_top_probability", "smallest_class_share", "largest_class_share"]
    found = classifier_summary(np.log(PROBABILITIES).astype(np.float32))._asdict()
    assert list(found) == names and all(type(value) is float for value in found.values())


def test_zero_probabilities_are_allowed():
    with np.errstate(divide="ignore"):
        logits = np.log(np.eye(4)[[0, 1, 2, 2]])
    assert classifier_summary(logits) == (1.0, 0.0, 0.5)
    assert class_agreement(logits, [0, 1, 2, 3]) == 0.75


@pytest.mark.parametrize("function", [classifier_summary, lambda logits: class_agreement(logits, [0, 1])])
def test_wrong_logits_are_named(function):
    with pytest.raises(ValueError, match=r"`logits` should have shape \(samples, classes\).*Received: shape \(2,\)"):
        function(np.zeros(2))
    with pytest.raises(ValueError, match=r"at least 2 classes.*Received: shape \(2, 1\)"):
        function(np.zeros((2, 1)))
    with pytest.raises(ValueError, match=r"at least one sample.*Received: shape \(0, 3\)"):
        function(np.zeros((0, 3)))
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match=r"`logits` should be finite.*sample 1"):
            function([[0.0, 1.0], [bad, 0.0]])


def test_wrong_labels_are_named():
    logits = np.log(PROBABILITIES)
    with pytest.raises(ValueError, match=r"equal numbers of samples. Received: 5 and 4"):
        class_agreement(logits, [0, 1, 2, 0])
    with pytest.raises(ValueError, match=r"`labels` should be integers of shape \(samples,\).*float64 of shape \(5,\)"):
        class_agreement(logits, [0.0, 1.0, 2.0, 0.0, 1.0])
    with pytest.raises(ValueError, match=r"`labels` should be integers of shape \(samples,\).*of shape \(5, 3\)"):
        class_agreement(logits, np.eye(3, dtype=np.int64)[[0, 1, 2, 0, 1]])
