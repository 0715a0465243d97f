"""DCGAN on MNIST, 60,000 handwritten digits from TensorFlow Datasets.

Paper: Radford et al. 2015, arXiv 1511.06434. Departures, so that minutes on a processor suffice: 32x32 pixels, 32
channels at the generator's last layer and half as many in the discriminator; the R1 penalty (Mescheder et al. 2018,
arXiv 1801.04406), without which the discriminator wins early and teaches little; a learning rate four times the
paper's that falls to zero; an average of the generator's weights.

    python recipes/dcgan_mnist.py                        # downloads MNIST, or finds it in $TFDS_DATA_DIR
    python recipes/dcgan_mnist.py --data digits          # without a network: scikit-learn's digits

At the end 10,000 samples are shown to a classifier of real digits: how sure it is of them, and how many of each it
sees. Cost and result: see the README's table.
"""

import dataclasses
import json

import keras

import tfgan_zoo as zoo


@dataclasses.dataclass(frozen=True)
class Config(zoo.training.Config):
    """The settings of this recipe; each is a flag."""

    data: str = "mnist"  # name, folder, .npy or .npz file, see tfgan_zoo.data.images
    image_size: int = 32  # pixels
    channels: int = 1  # 1 (grey) or 3 (RGB)
    steps: int = 5000  # generator updates
    batch_size: int = 64  # images in the global batch
    latent_dim: int = 100  # numbers
    base_channels: int = 32  # generator's channels at the highest resolution
    discriminator_channels: int = 16  # discriminator's channels at the highest resolution
    learning_rate: float = 8e-4  # of Adam, both players, at the first step; it falls to zero along a cosine
    r1_weight: float = 1.0  # of the R1 penalty, half of the paper's gamma
    ema_decay: float = 0.999  # per step, of the generator's average
    report_every: int = 500  # steps between two rows of metrics and two grids
    run_dir: str = "runs/dcgan_mnist"  # folder of checkpoints, sample grids and metrics
    export_dir: str = "exported/dcgan_mnist"  # folder of what is exported

    may_change = zoo.training.Config.may_change - {"steps"}  # The learning rate depends on it.


def build_dataset(config, skip_batches=0):
    """Endless batches of images, from batch `skip_batches` on."""
    return zoo.data.images(
        config.data,
        image_size=config.image_size,
        channels=config.channels,
        batch_size=config.batch_size,
        seed=config.seed,
        repeat=True,
        skip_batches=skip_batches,
    )


def build_model(config):
    """The compiled model."""
    shape = (config.image_size, config.image_size, config.channels)
    rate = keras.optimizers.schedules.CosineDecay(config.learning_rate, config.steps)
    gan = zoo.models.DCGAN(
        generator=zoo.networks.dcgan.generator(shape, config.latent_dim, base_channels=config.base_channels),
        discriminator=zoo.networks.dcgan.discriminator(shape, base_channels=config.discriminator_channels),
        penalty="r1",
        penalty_weight=config.r1_weight,
        prior="normal",
        seed=config.seed,
        ema_decay=config.ema_decay,
    )
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(rate, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(rate, beta_1=0.5),
        **config.compile_options(),
    )
    return gan


def write_sheets(gan, folder):
    """Interpolation and arithmetic in latent space."""
    zoo.pictures.save_png(folder / "interpolation.png", zoo.sheets.interpolation(gan))
    picture, gain = zoo.sheets.arithmetic(gan)
    zoo.pictures.save_png(folder / "arithmetic.png", picture)
    print(f"Arithmetic: adding the direction of thick strokes thickened {gain:.0%} of the samples.")


def judge(gan, real):
    """Scores of as many samples as there are test images, and what a classifier of real digits says of them."""
    digits = zoo.metrics.features.digits()
    fake = zoo.metrics.extract(digits, gan.sample(len(real), seed=1))
    return {
        **zoo.metrics.classifier_summary(fake.logits)._asdict(),
        **zoo.metrics.scores(zoo.metrics.extract(digits, real), fake, ("fid", "kid")),
    }


def main(argv=None):
    """Trains, shows and exports."""
    config = zoo.training.parse(Config, argv, description=__doc__)
    with zoo.training.Run(config) as run:
        # What judges the samples is read before anything is trained.
        size = {"image_size": config.image_size, "channels": config.channels}
        real = zoo.data.arrays(config.data, split="test", **size)
        gan = run.build(build_model)
        callbacks = [
            zoo.callbacks.NonFiniteGuard(),
            zoo.callbacks.SampleGrid(run.folder / "samples"),
            zoo.callbacks.LatentWalk(run.folder / "samples"),
            zoo.callbacks.BalanceMonitor(run.folder / "balance.csv"),
        ]
        run.fit(gan, build_dataset, callbacks)
        if run.finished:
            write_sheets(gan, run.folder / "samples")
            scores = judge(gan, real)
            print("Scores (features: digits, split: test):", json.dumps(scores, indent=2))
            about = {"recipe": config.recipe, "config": config, "scores": scores}
            print(zoo.export.generator(gan, config.export_dir, overwrite=True, **about))


if __name__ == "__main__":
    main()
