"""The usual scores of a set of images by name, as the training callback and the evaluation command report them.

Every name carries the number of samples it was measured on (`fid_10k`), because most scores depend on it.
"""

from tfgan_zoo.metrics.frechet import Moments, frechet_distance
from tfgan_zoo.metrics.inception_score import inception_score
from tfgan_zoo.metrics.kernel import kernel_distance
from tfgan_zoo.metrics.precision_recall import PRDC, prdc
from tfgan_zoo.metrics.two_sample import NeighborTest, nearest_neighbor_test

KERNEL_SUBSET = 1000
SPLITS = 10


def _fid(real, fake, seed):
    moments = (part if isinstance(part, Moments) else part.features for part in (real, fake))
    return {"fid": frechet_distance(*moments)}


def _kid(real, fake, seed):
    # Subsets of a small set are halves of it: were they the whole, all would be equal and have no error.
    size = min(KERNEL_SUBSET, max(2, len(fake.features) // 2))
    result = kernel_distance(real.features, fake.features, subset_size=size, seed=seed)
    return {"kid": result.mean, "kid_standard_error": result.standard_error}


def _prdc(real, fake, seed):
    return prdc(real.features, fake.features)._asdict()


def _is(real, fake, seed):
    if fake.logits is None:
        raise ValueError(
            "`metrics` should not name 'is' with an extractor without class logits; use 'digits', 'inception' or a "
            "model with two outputs. Received: no logits"
        )
    result = inception_score(fake.logits, splits=min(SPLITS, len(fake.logits)), seed=seed)
    return {"is": result.mean, "is_deviation": result.deviation}


def _nn(real, fake, seed):
    result = nearest_neighbor_test(real.features, fake.features)
    return {f"nn_{name}": value for name, value in result._asdict().items()}


METRICS = {"fid": _fid, "kid": _kid, "prdc": _prdc, "is": _is, "nn": _nn}
NAMES = {
    "fid": ("fid",),
    "kid": ("kid", "kid_standard_error"),
    "prdc": PRDC._fields,
    "is": ("is", "is_deviation"),
    "nn": tuple(f"nn_{name}" for name in NeighborTest._fields),
}

# Whether more is better; what is missing has its best value in between.
HIGHER_IS_BETTER = {
    "fid": False,
    "kid": False,
    "precision": True,
    "recall": True,
    "density": True,
    "coverage": True,
    "is": True,
}


def scores(real, fake, metrics=("fid", "kid"), *, seed=0):
    """Return the named scores of generated features against real ones.

    Args:
        real: `Features` of the reference images; for `"fid"` alone `Moments` do.
        fake: the same of as many generated images, from the same extractor.
        metrics: names out of `"fid"`, `"kid"`, `"prdc"` (precision, recall, density, coverage), `"is"` (inception
            score, needs logits) and `"nn"` (leave-one-out nearest neighbour test).
        seed: of subsets and splits.

    Returns:
        dict from name to float, such as `{"fid_10k": 3.1, "kid_10k": 0.002, "kid_standard_error_10k": 0.0003}`.

    Raises:
        ValueError: if a name is unknown, the counts differ, or a score lacks what it needs.

    Example:

    >>> zeros = tfgan_zoo.metrics.Features(np.zeros((1000, 2), np.float32), None)
    >>> tfgan_zoo.metrics.scores(zeros, zeros, ["fid"])
    {'fid_1k': 0.0}
    """
    check_metrics(metrics)
    real_count, count = _count(real, metrics), _count(fake, metrics)
    if real_count != count:
        raise ValueError(
            f"`real` and `fake` should hold equal numbers of samples, so that one number names both. "
            f"Received: {real_count} and {count}"
        )
    suffix = count_suffix(count)
    values = {}
    for name in metrics:
        values.update(METRICS[name](real, fake, seed))
    return {f"{name}_{suffix}": float(value) for name, value in values.items()}


def score_names(metrics):
    """Return the names, without counts, of the scores that `scores` gives for metrics, in its order."""
    return [name for metric in metrics for name in NAMES[metric]]


def need_features(metrics):
    """Return whether the metrics need every feature, or moments of constant size are enough."""
    return set(metrics) != {"fid"}


def _count(part, metrics):
    if not isinstance(part, Moments):
        return len(part.features)
    if need_features(metrics):
        raise ValueError(
            f"`metrics` should be 'fid' alone for `Moments`; extract features for others. Received: {metrics}"
        )
    return part.count


def check_metrics(metrics):
    """Raise `ValueError` naming the first entry that is no metric."""
    for name in metrics:
        if name not in METRICS:
            raise ValueError(f"`metrics` should be out of {sorted(METRICS)}. Received: {name!r}")
    if isinstance(metrics, str) or not metrics:
        raise ValueError(f"`metrics` should be a list of at least one name. Received: {metrics!r}")


def count_suffix(count):
    """Return how names state a number of samples: `10k` for 10000, `2500` for 2500."""
    return f"{count // 1000}k" if count >= 1000 and count % 1000 == 0 else str(count)


def higher_is_better(name):
    """Return whether more is better for a score named with or without its count.

    Raises:
        ValueError: if the score has no better direction, or is unknown.
    """
    base = name.rsplit("_", 1)[0] if name.rsplit("_", 1)[-1].rstrip("k").isdigit() else name
    if base not in HIGHER_IS_BETTER:
        raise ValueError(f"a best value should be asked of one of {sorted(HIGHER_IS_BETTER)}. Received: {name!r}")
    return HIGHER_IS_BETTER[base]
