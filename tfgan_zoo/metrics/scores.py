"""The usual scores of a set of images by name, as the training callback and the evaluation command report them.

Every name carries the number of samples it was measured on (`fid_10k`), because most scores depend on it.
"""

from tfgan_zoo.metrics.frechet import frechet_distance
from tfgan_zoo.metrics.inception_score import inception_score
from tfgan_zoo.metrics.kernel import kernel_distance
from tfgan_zoo.metrics.precision_recall import prdc
from tfgan_zoo.metrics.two_sample import nearest_neighbor_test

KERNEL_SUBSET = 1000
SPLITS = 10


def _fid(real, fake, seed):
    return {"fid": frechet_distance(real.features, fake.features)}


def _kid(real, fake, seed):
    size = min(KERNEL_SUBSET, len(real.features), len(fake.features))
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
        real: `Features` of the reference images.
        fake: `Features` of as many generated images, from the same extractor.
        metrics: names out of `"fid"`, `"kid"`, `"prdc"` (precision, recall, density, coverage), `"is"` (inception
            score, needs logits) and `"nn"` (leave-one-out nearest neighbour test).
        seed: of subsets and splits.

    Returns:
        dict from name to float, such as `{"fid_10k": 3.1, "kid_10k": 0.002, "kid_standard_error_10k": 0.0003}`.

    Raises:
        ValueError: if a name is unknown, the counts differ, or a score lacks what it needs.

    Example:

    >>> from tfgan_zoo.metrics import Features
    >>> zeros = Features(np.zeros((1000, 2), np.float32), None)
    >>> scores(zeros, zeros, ["fid"])
    {'fid_1k': 0.0}
    """
    check_metrics(metrics)
    if len(real.features) != len(fake.features):
        raise ValueError(
            f"`real` and `fake` should hold equal numbers of samples, so that one number names both. "
            f"Received: {len(real.features)} and {len(fake.features)}"
        )
    suffix = count_suffix(len(fake.features))
    values = {}
    for name in metrics:
        values.update(METRICS[name](real, fake, seed))
    return {f"{name}_{suffix}": float(value) for name, value in values.items()}


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
