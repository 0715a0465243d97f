"""The GAM battle: hand-counted errors, and the exchange of the two models."""

import numpy as np
import pytest

from tfgan_zoo.metrics import gam_battle


def logits(wrong, total, real):
    """Logits of `total` images of which a discriminator gets `wrong` wrong."""
    right = np.where(np.arange(total) < wrong, -1.5, 0.5)
    return right if real else -right


def test_ratios_of_errors_by_hand():
    battle = gam_battle(logits(2, 10, True), logits(2, 10, True), logits(1, 8, False), logits(4, 8, False))
    assert battle == (1.0, 0.25, 1)
    battle = gam_battle(logits(4, 10, True), logits(5, 10, True), logits(6, 8, False), logits(4, 8, False))
    assert battle == (pytest.approx(0.8), 1.5, 2)


def test_exchanging_the_models_inverts_the_ratios_and_the_winner():
    rng = np.random.default_rng(0)
    winners = set()
    for _ in range(200):
        arguments = rng.normal(rng.normal(size=(4, 1)), 1, size=(4, 40))
        arguments[:, :2] = -1, 1  # no discriminator is perfect or useless, so that both ratios are numbers
        test_1, test_2, fooled_1, fooled_2 = arguments
        one = gam_battle(test_1, test_2, fooled_1, fooled_2)
        two = gam_battle(test_2, test_1, fooled_2, fooled_1)
        assert one.test_ratio * two.test_ratio == pytest.approx(1)
        assert one.sample_ratio * two.sample_ratio == pytest.approx(1)
        assert (one.winner, two.winner) in {(1, 2), (2, 1), (0, 0)}
        winners.add(one.winner)
    assert winners == {0, 1, 2}


def test_an_overfitted_discriminator_makes_a_tie():
    arguments = logits(1, 10, True), logits(5, 10, True), logits(1, 8, False), logits(4, 8, False)
    assert gam_battle(*arguments) == (pytest.approx(0.2), 0.25, 0)
    assert gam_battle(*arguments, tolerance=4.0).winner == 1


def test_discriminators_without_errors():
    none, some = logits(0, 10, False), logits(3, 10, False)
    test = logits(1, 10, True)
    assert gam_battle(test, test, none, none) == (1.0, 1.0, 0)
    assert gam_battle(test, test, some, none) == (1.0, np.inf, 2)
    assert gam_battle(test, test, none, some) == (1.0, 0.0, 1)


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="logits of the same images.*2 and 3"):
        gam_battle([1, 2], [1, 2, 3], [1], [1])
    with pytest.raises(ValueError, match=r"`samples_1_by_2` should be logits.*\(1, 1\)"):
        gam_battle([1], [1], [1], [[1]])
    with pytest.raises(ValueError, match="`tolerance` should be at least 0"):
        gam_battle([1], [1], [1], [1], tolerance=-0.1)
    with pytest.raises(ValueError, match="`test_2` should be finite"):
        gam_battle([1], [np.nan], [1], [1])
