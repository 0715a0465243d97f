"""What the adversarial loss adds to pix2pix: L1, GAN and L1+GAN on the same pairs, networks and number of steps.

    python benchmarks/pix2pix_ablation.py --data folder/facades --steps 4000                    # labels -> photo
    python benchmarks/pix2pix_ablation.py --data folder/facades --steps 4000 --direction AtoB   # photo -> labels
    python benchmarks/pix2pix_ablation.py                                     # a trial without a download

As figure 4 of Isola et al. 2017, arXiv 1611.07004. The L1 column is the generator alone, trained on the mean absolute
difference. On the held-out pairs: PSNR, SSIM, L1 and, from photo to labels, the share of pixels of the right label,
beside that of painting all in the most frequent one. Writes `scores.json` and `sheet.png`, a row for each column of the
paper.
"""

import argparse
import json
import os
import pathlib
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras  # noqa: E402

import tfgan_zoo as zoo  # noqa: E402

WEIGHTS = {"L1": None, "GAN": 0.0, "L1+GAN": 100.0}


def pairs(settings, split, **options):
    """Batches of (input, target) from a folder of pairs, else of flat colours and photos."""
    options |= {"split": split, "image_size": settings.image_size, "channels": 3, "seed": settings.seed}
    if pathlib.Path(settings.data).is_dir():
        return zoo.data.pairs(settings.data, direction=settings.direction, **options)
    return zoo.data.corrupted(settings.data, "flat", **options)


def networks(settings):
    """The same generator and discriminator for every column: equal seeds give equal initial weights."""
    keras.utils.set_random_seed(settings.seed)
    shape, width = (settings.image_size, settings.image_size), settings.base_channels
    generator = zoo.networks.unet.generator((*shape, 3), base_channels=width)
    field = 70 if settings.image_size >= 128 else 34
    return generator, zoo.networks.patch.discriminator((*shape, 6), base_channels=width, receptive_field=field)


def trained(settings, l1_weight):
    """Function from inputs to outputs of a generator that has been trained, by L1 alone if the weight is None."""
    generator, discriminator = networks(settings)
    data = pairs(settings, "train", batch_size=1, jitter=settings.image_size // 8, flip=True, repeat=True)
    options = {"steps_per_epoch": settings.steps, "verbose": 2}
    if l1_weight is None:
        generator.compile(keras.optimizers.Adam(2e-4, beta_1=0.5), loss="mean_absolute_error")
        generator.fit(data, shuffle=False, **options)
        return lambda inputs: generator.predict(inputs, batch_size=8, verbose=0)
    gan = zoo.models.Pix2Pix(generator, discriminator, l1_weight=l1_weight, seed=settings.seed)
    gan.compile()
    gan.fit(data, **options)
    return gan.translate


def measure(settings, folder):
    """Scores of every column, and the sheet."""
    held_out = pairs(settings, settings.test_split, batch_size=settings.test_images, drop_remainder=False)
    inputs, targets = next(held_out.as_numpy_iterator())
    rows, scores = {"input": inputs[:8]}, {}
    labels = settings.direction == "AtoB" and pathlib.Path(settings.data).is_dir()
    for name, weight in WEIGHTS.items():
        start = time.perf_counter()
        outputs = trained(settings, weight)(inputs)
        scores[name] = {**zoo.metrics.restoration(outputs, targets), "seconds": time.perf_counter() - start}
        if labels:
            scores[name] |= zoo.metrics.label_accuracy(outputs, targets)
        rows[name] = outputs[:8]
        print(name, {key: round(value, 4) for key, value in scores[name].items()}, flush=True)
    rows["target"] = targets[:8]
    zoo.pictures.save_png(folder / "sheet.png", zoo.pictures.sheet(list(rows.values()), row_labels=list(rows)))
    (folder / "scores.json").write_text(json.dumps({"settings": vars(settings), "scores": scores}, indent=2))


def main(argv=None):
    """Trains three times and writes what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="sample_photos", help="folder of pairs side by side, or a name")
    parser.add_argument("--direction", choices=("AtoB", "BtoA"), default="BtoA")
    parser.add_argument("--test_split", default="test")
    parser.add_argument("--test_images", type=int, default=64)
    parser.add_argument("--image_size", type=int, default=64, help="pixels")
    parser.add_argument("--base_channels", type=int, default=32)
    parser.add_argument("--steps", type=int, default=1000, help="of each column, one pair each")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", default="runs/pix2pix_ablation", help="folder for sheet and scores")
    settings = parser.parse_args(argv)
    folder = pathlib.Path(settings.output)
    folder.mkdir(parents=True, exist_ok=True)
    measure(settings, folder)


if __name__ == "__main__":
    main()
