"""Paintings from photos and photos from paintings, without pairs, by CycleGAN.

Paper: Zhu et al. 2017, arXiv 1703.10593: batches of one, 200 epochs, the second half with a learning rate that falls to
zero; 256 pixels cut out of 286, with the identity loss.

    python recipes/cyclegan_monet2photo.py                               # patches of two photos: no download
    python recipes/cyclegan_monet2photo.py --data cycle_gan/monet2photo  # downloads it, or finds it in $TFDS_DATA_DIR
    python recipes/cyclegan_monet2photo.py --data folder                 # with trainA (paintings), trainB, testA, testB

At the end held-out images go there and back again (mean absolute difference), and photos through the generator of
photos (mean shift of their colours). `--identity_weight 0` shows what the identity loss is for.

Cost and result: see the README's table. On a processor take `--image_size 128 --jitter 15 --receptive_field 70
--steps 2500`, on one GPU the paper's size: `--image_size 256 --jitter 30 --base_channels 64 --blocks 9 --no-skip
--receptive_field 70 --steps 1250000`.
"""

import dataclasses
import json

import keras
import numpy as np

import tfgan_zoo as zoo


@dataclasses.dataclass(frozen=True)
class Config(zoo.training.Config):
    """The settings of this recipe; each is a flag."""

    data: str = "sample_photos"  # name of a set or folder with two domains; sample_photos for a trial
    test_images: int = 30  # pictures of each domain that scores are measured on
    image_size: int = 64  # pixels
    jitter: int = 8  # pixels that pictures are prepared larger by, and cut out of at random
    steps: int = 1500  # generator updates
    batch_size: int = 1  # pictures of each domain in the global batch
    base_channels: int = 16  # channels at full resolution, of generators and discriminators; 64 in the paper
    blocks: int = 3  # residual blocks; 6 in the paper for 128 pixels, 9 for 256
    skip: bool = True  # add a picture to its translation; without, as in the paper, its overall colour is not seen
    receptive_field: int = 34  # pixels, side of the patches that are judged; 70 in the paper
    cycle_weight: float = 10.0  # of there and back again, beside the adversarial losses
    identity_weight: float = 0.5  # of leaving the target domain alone, as a part of the cycle's weight
    learning_rate: float = 2e-4  # of Adam, both players, in the first half
    report_every: int = 250  # steps between two rows of metrics and two sheets
    run_dir: str = "runs/cyclegan_monet2photo"  # folder of checkpoints, sheets and metrics
    export_dir: str = "exported/cyclegan_monet2photo"  # folder of what is exported

    may_change = zoo.training.Config.may_change - {"steps"}  # The learning rate falls with them.


def unpaired(config, split, **options):
    """Batches of (images of A, images of B)."""
    source, options = config.data, {"image_size": config.image_size, "channels": 3, "seed": config.seed, **options}
    if source == "sample_photos":  # Two domains: a Chinese palace and a flower.
        images, classes = zoo.data.arrays(source, split=split, labels=True)
        return zoo.data.unpaired((images[classes == 0], images[classes == 1]), **options)
    return zoo.data.unpaired(source, split=split, **options)


def build_dataset(config, skip_batches=0):
    """Endless batches of both domains, from batch `skip_batches` on."""
    options = {"batch_size": config.batch_size, "jitter": config.jitter, "flip": True}
    return unpaired(config, "train", repeat=True, skip_batches=skip_batches, **options)


def held_out(config):
    """Images of both domains that training does not see."""
    pairs = unpaired(config, "test").take(config.test_images).as_numpy_iterator()
    return tuple(np.concatenate(images) for images in zip(*pairs, strict=True))


def build_model(config):
    """The compiled model; its generators take pictures of any size."""
    size = {"base_channels": config.base_channels}
    shape = (config.image_size, config.image_size, 3)
    painter = {"blocks": config.blocks, "skip": config.skip, **size}
    judge = {"receptive_field": config.receptive_field, "affine": False, **size}
    gan = zoo.models.CycleGAN(
        *(zoo.networks.residual_translator.generator((None, None, 3), **painter) for _ in "AB"),
        *(zoo.networks.patch.discriminator(shape, **judge) for _ in "AB"),
        cycle_weight=config.cycle_weight,
        identity_weight=config.identity_weight,
        seed=config.seed,
    )
    rate = zoo.training.LinearDecay(config.learning_rate, begin=config.steps // 2, end=config.steps)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(rate, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(rate, beta_1=0.5),
        **config.compile_options(),
    )
    return gan


def report(gan, config, folder):
    """How far held-out images come back from a circle, and how a translator tints what needs no translation."""
    a, b = held_out(config)
    there = {"AtoB": (a, "BtoA"), "BtoA": (b, "AtoB")}
    scores = {}
    for direction, (images, back) in there.items():
        returned = gan.translate(gan.translate(images, direction=direction), direction=back)
        scores[f"cycle_l1_{direction}"] = float(np.abs(returned - images).mean())
    tint = (gan.translate(b, direction="AtoB") - b).mean(axis=(1, 2))
    scores["tint_of_b"] = float(np.abs(tint).mean())  # Mean shift of a colour of B -> B, in [-1, 1] units.
    (folder / "scores.json").write_text(json.dumps(scores, indent=2))
    print(", ".join(f"{name} {value:.4f}" for name, value in scores.items()))
    return scores


def main(argv=None):
    """Trains, shows, measures and exports both directions."""
    config = zoo.training.parse(Config, argv, description=__doc__)
    with zoo.training.Run(config) as run:
        gan = run.build(build_model)
        domains = dict(zip(("AtoB", "BtoA"), held_out(config), strict=True))
        grids = [
            zoo.callbacks.TranslationGrid(run.folder / f"samples_{way}", images[:8], direction=way, back=back)
            for (way, images), back in zip(domains.items(), ("BtoA", "AtoB"), strict=True)
        ]
        run.fit(gan, build_dataset, [zoo.callbacks.NonFiniteGuard(), *grids])
        if run.finished:
            about = {"recipe": config.recipe, "config": config, "scores": report(gan, config, run.folder)}
            for way, images in domains.items():
                options = {"direction": way, "examples": images, "overwrite": True, **about}
                print(zoo.export.translator(gan, f"{config.export_dir}_{way}", **options))


if __name__ == "__main__":
    main()
