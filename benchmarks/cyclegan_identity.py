"""What the identity loss keeps: CycleGAN with and without it, on the same data, networks and number of steps.

    python benchmarks/cyclegan_identity.py --data cycle_gan/monet2photo --steps 3000
    python benchmarks/cyclegan_identity.py                                     # a trial without a download

As figure 9 of Zhu et al. 2017, arXiv 1703.10593: held-out images of B go through the generator that makes images of B,
which should leave them alone. Measured is the mean shift of a colour, `mean |mean_pixels(G(b)) - mean_pixels(b)|`, and
the cycle's mean absolute difference, both in units of [-1, 1]. Writes `scores.json` and `sheet.png`.
"""

import argparse
import json
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras  # noqa: E402
import numpy as np  # noqa: E402

import tfgan_zoo as zoo  # noqa: E402

WEIGHTS = {"without": 0.0, "with": 0.5}


def unpaired(settings, split, **options):
    """Batches of (images of A, images of B)."""
    options |= {"image_size": settings.image_size, "channels": 3, "seed": settings.seed}
    if settings.data == "sample_photos":
        images, classes = zoo.data.arrays(settings.data, split=split, labels=True)
        return zoo.data.unpaired((images[classes == 0], images[classes == 1]), **options)
    return zoo.data.unpaired(settings.data, split=split, **options)


def trained(settings, identity_weight):
    """A CycleGAN; equal seeds give equal initial weights."""
    keras.utils.set_random_seed(settings.seed)
    size = {"base_channels": settings.base_channels}
    shape = (settings.image_size, settings.image_size, 3)
    painter = {"blocks": settings.blocks, "skip": settings.skip, **size}
    judge = {"receptive_field": 34, "affine": False, **size}
    gan = zoo.models.CycleGAN(
        *(zoo.networks.residual_translator.generator(shape, **painter) for _ in "AB"),
        *(zoo.networks.patch.discriminator(shape, **judge) for _ in "AB"),
        identity_weight=identity_weight,
        seed=settings.seed,
    )
    rate = zoo.training.LinearDecay(2e-4, begin=settings.steps // 2, end=settings.steps)
    gan.compile(*(keras.optimizers.Adam(rate, beta_1=0.5) for _ in range(2)))
    data = unpaired(settings, "train", batch_size=1, jitter=settings.image_size // 8, flip=True, repeat=True)
    gan.fit(data, steps_per_epoch=settings.steps, verbose=2)
    return gan


def measure(settings, folder):
    """Scores of both, and the sheet."""
    pairs = unpaired(settings, "test").take(settings.test_images).as_numpy_iterator()
    a, b = (np.concatenate(images) for images in zip(*pairs, strict=True))
    rows, scores = {"B": b[:8]}, {}
    for name, weight in WEIGHTS.items():
        gan = trained(settings, weight)
        kept, there = gan.translate(b), gan.translate(a)
        cycle = np.abs(gan.translate(there, direction="BtoA") - a).mean()
        shift = np.abs((kept - b).mean(axis=(1, 2))).mean()
        scores[name] = {"colour_shift": float(shift), "cycle_l1": float(cycle)}
        rows |= {f"B {name}": kept[:8], f"A {name}": there[:8]}
        print(name, scores[name], flush=True)
    zoo.pictures.save_png(folder / "sheet.png", zoo.pictures.sheet(list(rows.values()), row_labels=list(rows)))
    (folder / "scores.json").write_text(json.dumps({"settings": vars(settings), "scores": scores}, indent=2))


def main(argv=None):
    """Trains twice and writes what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="sample_photos", help="name of a set or folder with two domains")
    parser.add_argument("--test_images", type=int, default=30)
    parser.add_argument("--image_size", type=int, default=64, help="pixels")
    parser.add_argument("--base_channels", type=int, default=16)
    parser.add_argument("--blocks", type=int, default=3)
    parser.add_argument("--skip", action="store_true", help="add pictures to their translations; the paper does not")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", default="runs/cyclegan_identity", help="folder for sheet and scores")
    settings = parser.parse_args(argv)
    folder = pathlib.Path(settings.output)
    folder.mkdir(parents=True, exist_ok=True)
    measure(settings, folder)


if __name__ == "__main__":
    main()
