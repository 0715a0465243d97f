"""What each metric sees: real digits made worse step by step, and every score of them as a table.

    python benchmarks/metric_sensitivity.py --data mnist --write docs/metrics.md

Fakes are real training images that the reference (test images) does not contain, with more and more noise, more and
more blur, fewer and fewer classes, and fewer and fewer different images; copies of the training set come last. The
script writes three tables between the markers of the given file: the floor at 10,000 images, the values, and which
metric got worse at every step. Also runs on `--data digits --num 140 --floor_num 290`, without a
download. 2 cores, about 5 minutes for MNIST.
"""

import argparse
import pathlib

import numpy as np
import scipy.ndimage

from tfgan_zoo import data as zoo_data
from tfgan_zoo import metrics

MARKERS = "<!-- begin metric_sensitivity -->", "<!-- end metric_sensitivity -->"
SIZE = 28
CLASSES = 10

# Columns: name -> whether more is better; None where the best value is that of real images.
COLUMNS = {
    "FID": False,
    "KID": False,
    "precision": True,
    "recall": True,
    "density": True,
    "coverage": True,
    "IS": True,
    "1-NN accuracy": False,
    "logistic accuracy": False,
    "sliced Wasserstein": False,
    "MS-SSIM": False,
    "Parzen (nats)": True,
    "modes": True,
    "reverse KL": False,
    "memorisation ratio": True,
}


def noisy(images, deviation):
    """Add Gaussian noise, in levels, and clip."""
    noise = np.random.default_rng(7).normal(0, deviation, images.shape)
    return np.clip(images + noise, 0, 255).astype(np.uint8)


def blurred(images, deviation):
    """Blur with a Gaussian of so many pixels."""
    return scipy.ndimage.gaussian_filter(images, (0, deviation, deviation, 0))


def degradations(pool, labels, num):
    """Yield `(kind, strength, images)`, each kind from mild to severe and beginning with untouched images."""
    clean = pool[:num]
    for kind, make, strengths in (
        ("noise (levels)", noisy, (0, 10, 25, 50, 100)),
        ("blur (pixels)", blurred, (0, 0.5, 1, 2)),
    ):
        for strength in strengths:
            yield kind, strength, make(clean, strength) if strength else clean
    for kept in (10, 8, 5, 2, 1):
        # A class too small for the whole set is repeated: fewer classes, equal counts.
        members = pool[labels < kept]
        yield "classes kept", kept, np.resize(members, (num, *pool.shape[1:]))
    for kept in (1, 0.2, 0.05, 0.01):
        yield "different images (share)", kept, np.resize(clean[: max(2, int(kept * num))], clean.shape)


def measure(fake, real, train, held_out):
    """Return every score of `fake` by column.

    Args:
        fake: uint8 images.
        real: reference images, as many.
        train: what the copies are copies of.
        held_out: real images apart from all others.
    """
    real_part, fake_part = metrics.extract("digits", real), metrics.extract("digits", fake)
    pair = real_part.features, fake_part.features
    prdc = metrics.prdc(*pair)
    modes = metrics.label_modes(fake_part.logits.argmax(axis=1), CLASSES)
    pixels = [images.reshape(len(images), -1) / 255 for images in (fake, real, held_out, train)]
    return {
        "FID": metrics.frechet_distance(*pair),
        "KID": metrics.kernel_distance(*pair, subsets=50, subset_size=min(1000, len(fake))).mean,
        "precision": prdc.precision,
        "recall": prdc.recall,
        "density": prdc.density,
        "coverage": prdc.coverage,
        "IS": metrics.inception_score(fake_part.logits).mean,
        "1-NN accuracy": metrics.nearest_neighbor_test(*pair).accuracy,
        "logistic accuracy": metrics.logistic_test(*pair).accuracy,
        "sliced Wasserstein": metrics.sliced_wasserstein(real, fake, patches=32)[SIZE],
        "MS-SSIM": metrics.ms_ssim_diversity(fake, pairs=500).mean,
        "Parzen (nats)": metrics.parzen_log_likelihood(pixels[0], pixels[1], validation=pixels[2][:500]).mean,
        "modes": modes.count,
        "reverse KL": modes.reverse_kl,
        "memorisation ratio": metrics.memorization(pixels[3], pixels[2], pixels[0]).ratio,
    }


def verdict(values, higher_is_better):
    """Say whether a series from mild to severe got worse at every step.

    Returns:
        `"no"` if the last value differs from the first by less than 5 % of the larger; `"reversed"` if it is better;
        `"yes"` if each value is worse than the one before; else `"partly"`.
    """
    steps = np.diff(values) * (-1 if higher_is_better else 1)
    change = np.sum(steps) / max(abs(values[0]), abs(values[-1]), 1e-12)
    if abs(change) < 0.05:
        return "no"
    if change < 0:
        return "reversed"
    return "yes" if (steps > 0).all() else "partly"


def load(name, num):
    """Return disjoint real images: pool and labels, reference, training set, held-out set."""
    test = zoo_data.arrays(name, split="test", image_size=SIZE)
    pool, labels = zoo_data.arrays(name, split="train", image_size=SIZE, labels=True)
    order = np.random.default_rng(0).permutation(len(pool))
    pool, labels = pool[order], labels[order]
    train, pool, labels = pool[:num], pool[num:], labels[num:]
    half = min(num, len(test) // 2)
    return pool, labels, test[:half], train, test[half : 2 * half]


def floor_table(name, num):
    """Return the real-versus-real floor of `num` test against `num` training images."""
    real, other = (zoo_data.arrays(name, split=split, image_size=SIZE, num=num) for split in ("test", "train"))
    parts = [metrics.extract("digits", images, batch_size=256) for images in (real, other)]
    values = metrics.scores(*parts, ["fid", "kid", "prdc", "is", "nn"])
    rows = [f"| {score} | {value:.4g} |" for score, value in values.items()]
    return [f"| score ({name}: test against train, digits features) | value |", "|---|---:|", *rows]


def sensitivity_tables(name, num):
    """Return the table of values and the table of verdicts."""
    pool, labels, real, train, held_out = load(name, num)
    num = len(real)
    rows = [(*row[:2], measure(row[2], real, train, held_out)) for row in degradations(pool, labels, num)]
    rows.append(("copies of the training set", "all", measure(train[:num], real, train, held_out)))
    header = [
        f"| fakes ({num} images) | strength | " + " | ".join(COLUMNS) + " |",
        "|---|---:|" + "---:|" * len(COLUMNS),
    ]
    values = [
        f"| {kind} | {strength} | " + " | ".join(f"{scores[column]:.3g}" for column in COLUMNS) + " |"
        for kind, strength, scores in rows
    ]
    kinds = list(dict.fromkeys(kind for kind, *_ in rows[:-1]))
    verdicts = ["| worse at every step of | " + " | ".join(COLUMNS) + " |", "|---|" + ":-:|" * len(COLUMNS)]
    for kind in kinds:
        series = [scores for row_kind, _, scores in rows if row_kind == kind]
        found = (verdict([scores[column] for scores in series], COLUMNS[column]) for column in COLUMNS)
        verdicts.append(f"| {kind} | " + " | ".join(found) + " |")
    return header + values, verdicts


def main():
    """Print the tables, or write them between the markers of a file."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--num", type=int, default=2000, help="images of each kind")
    parser.add_argument("--floor_num", type=int, default=10_000)
    parser.add_argument("--write", metavar="FILE", help="replace what stands between the file's markers")
    options = parser.parse_args()
    tables = [floor_table(options.data, options.floor_num), *sensitivity_tables(options.data, options.num)]
    text = "\n\n".join("\n".join(table) for table in tables)
    if not options.write:
        return print(text)
    path = pathlib.Path(options.write)
    before, rest = path.read_text(encoding="utf-8").split(MARKERS[0])
    after = rest.split(MARKERS[1])[1]
    path.write_text(f"{before}{MARKERS[0]}\n{text}\n{MARKERS[1]}{after}", encoding="utf-8")
    return None


if __name__ == "__main__":
    main()
