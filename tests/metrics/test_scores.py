"""Scores by name: they are the functions' own values under names that carry the count."""

import numpy as np
import pytest

from tfgan_zoo import metrics
from tfgan_zoo.metrics import Features
from tfgan_zoo.metrics.scores import count_suffix, higher_is_better, score_names, scores


def features(count, seed, shift=0.0):
    rng = np.random.default_rng(seed)
    return Features(rng.normal(shift, 1, (count, 6)).astype(np.float32), rng.normal(size=(count, 3)).astype(np.float32))


def test_every_score_is_the_function_of_that_name():
    real, fake = features(120, 0), features(120, 1, 0.5)
    result = scores(real, fake, ["fid", "kid", "prdc", "is", "nn"], seed=4)
    prdc = metrics.prdc(real.features, fake.features)
    kid = metrics.kernel_distance(real.features, fake.features, subset_size=60, seed=4)
    score = metrics.inception_score(fake.logits, seed=4)
    nn = metrics.nearest_neighbor_test(real.features, fake.features)
    assert result == {
        "fid_120": metrics.frechet_distance(real.features, fake.features),
        "kid_120": kid.mean,
        "kid_standard_error_120": kid.standard_error,
        "precision_120": prdc.precision,
        "recall_120": prdc.recall,
        "density_120": prdc.density,
        "coverage_120": prdc.coverage,
        "is_120": score.mean,
        "is_deviation_120": score.deviation,
        "nn_accuracy_120": nn.accuracy,
        "nn_real_accuracy_120": nn.real_accuracy,
        "nn_fake_accuracy_120": nn.fake_accuracy,
    }
    assert all(type(value) is float for value in result.values())
    assert list(result) == [f"{name}_120" for name in score_names(["fid", "kid", "prdc", "is", "nn"])]


def test_moments_are_enough_for_fid_alone():
    real, fake = features(50, 0), features(50, 1, 0.5)
    moments = [metrics.Moments.of(part.features) for part in (real, fake)]
    assert scores(*moments, ["fid"]) == scores(real, fake, ["fid"])
    with pytest.raises(ValueError, match="'fid' alone for `Moments`"):
        scores(*moments, ["fid", "kid"])


@pytest.mark.parametrize(("count", "suffix"), [(10_000, "10k"), (1000, "1k"), (2500, "2500"), (999, "999"), (64, "64")])
def test_counts_in_names(count, suffix):
    assert count_suffix(count) == suffix


def test_direction_of_a_score():
    assert not higher_is_better("fid_10k") and not higher_is_better("kid")
    assert higher_is_better("recall_2500") and higher_is_better("is")
    with pytest.raises(ValueError, match="best value.*Received: 'nn_accuracy_10k'"):
        higher_is_better("nn_accuracy_10k")


def test_wrong_arguments_are_named():
    real = features(10, 0)
    with pytest.raises(ValueError, match="`metrics` should be out of .*'fd'"):
        scores(real, real, ["fid", "fd"])
    with pytest.raises(ValueError, match="at least one name"):
        scores(real, real, [])
    with pytest.raises(ValueError, match="equal numbers of samples.*10 and 9"):
        scores(real, features(9, 0))
    with pytest.raises(ValueError, match="without class logits"):
        scores(real, Features(real.features, None), ["is"])
