"""Half precision trains as well as full precision does."""

import pytest

import tfgan_zoo as zoo
from tests import scripts


def score(precision, folder):
    """Mean probability that a classifier of real digits gives its class of 1,000 samples, and its rarest class."""
    recipe = scripts.load("recipes/dcgan_digits.py")
    config = recipe.Config(
        image_size=16,
        steps=2500,
        ema_decay=0.995,
        precision=precision,
        run_dir=str(folder / precision),
        deterministic=False,
    )
    with zoo.training.Run(config) as run:
        gan = run.build(recipe.build_model)
        run.fit(gan, recipe.build_dataset, [zoo.callbacks.NonFiniteGuard()])
        assert run.finished
        policies = {layer.dtype_policy.name for layer in gan.generator.layers}
        assert precision in policies, policies
    features = zoo.metrics.extract(zoo.metrics.features.digits(), gan.sample(1000, seed=1))
    summary = zoo.metrics.classifier_summary(features.logits)
    return summary.mean_top_probability, summary.smallest_class_share


@pytest.mark.slow
def test_all_precisions_reach_the_same_classifier_score(tmp_path):
    names = ("float32", "mixed_bfloat16", "mixed_float16")
    found = {name: score(name, tmp_path) for name in names}
    for name, (top, rarest) in found.items():
        print(f"{name}: mean top probability {top:.3f}, rarest class {rarest:.1%}")
    for top, rarest in found.values():
        assert top > 0.8 and rarest > 0.01, "the samples must look like digits of every class"
    for name in names[1:]:
        assert found[name][0] == pytest.approx(found["float32"][0], abs=0.05)
