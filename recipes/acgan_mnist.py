"""ACGAN on MNIST: a discriminator that also reads the digit.

Paper: Odena et al. 2017, arXiv 1610.09585. Departures, so that minutes on a processor suffice: DCGAN networks, the
discriminator's half as wide; 32x32 pixels; a learning rate four times the paper's that falls to zero; the R1 penalty;
an average of the generator's weights.

    python recipes/acgan_mnist.py                        # downloads MNIST, or finds it in $TFDS_DATA_DIR
    python recipes/acgan_mnist.py --data digits          # without a network: scikit-learn's digits

If the data are digits, a classifier of real ones says at the end how many of 10,000 samples are as asked for. Cost
and result: see the README's table.
"""

import dataclasses
import json

import keras
import numpy as np

import tfgan_zoo as zoo


@dataclasses.dataclass(frozen=True)
class Config(zoo.training.Config):
    """The settings of this recipe; each is a flag."""

    data: str = "mnist"  # name, folder, .npy or .npz file, see tfgan_zoo.data.images
    image_size: int = 32  # pixels
    channels: int = 1  # 1 (grey) or 3 (RGB)
    num_classes: int = 10  # classes of the data
    steps: int = 5000  # generator updates
    batch_size: int = 64  # images in the global batch
    latent_dim: int = 100  # numbers
    base_channels: int = 32  # generator's channels at the highest resolution
    discriminator_channels: int = 16  # discriminator's channels at the highest resolution
    dropout: float = 0.25  # share of the features dropped before the discriminator's outputs
    class_loss_weight: float = 1.0  # of the classifier's part of both losses
    learning_rate: float = 8e-4  # of Adam, both players, at the first step; it falls to zero along a cosine
    r1_weight: float = 1.0  # of the R1 penalty, half of its paper's gamma
    ema_decay: float = 0.999  # per step, of the generator's average
    num_judged: int = 10_000  # samples that are classified at the end
    report_every: int = 500  # steps between two rows of metrics and two grids
    run_dir: str = "runs/acgan_mnist"  # folder of checkpoints, sample grids and metrics
    export_dir: str = "exported/acgan_mnist"  # folder of what is exported

    may_change = zoo.training.Config.may_change - {"steps"}  # The learning rate depends on it.


def build_dataset(config, skip_batches=0):
    """Endless batches of images and labels, from batch `skip_batches` on."""
    return zoo.data.images(
        config.data,
        image_size=config.image_size,
        channels=config.channels,
        batch_size=config.batch_size,
        labels=True,
        seed=config.seed,
        repeat=True,
        skip_batches=skip_batches,
    )


def build_model(config):
    """The compiled model."""
    shape = (config.image_size, config.image_size, config.channels)
    classes, channels = config.num_classes, config.discriminator_channels
    rate = keras.optimizers.schedules.CosineDecay(config.learning_rate, config.steps)
    gan = zoo.models.ACGAN(
        generator=zoo.networks.dcgan.conditional_generator(
            shape, config.latent_dim, num_classes=classes, base_channels=config.base_channels
        ),
        discriminator=zoo.networks.dcgan.auxiliary_discriminator(
            shape, num_classes=classes, base_channels=channels, dropout=config.dropout
        ),
        num_classes=classes,
        class_loss_weight=config.class_loss_weight,
        penalty="r1",
        penalty_weight=config.r1_weight,
        seed=config.seed,
        ema_decay=config.ema_decay,
    )
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(rate, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(rate, beta_1=0.5),
        **config.compile_options(),
    )
    return gan


def judge(gan, config):
    """How often a classifier of real digits sees what was asked for, and for comparison what test images show."""
    real, labels = zoo.data.arrays(
        config.data, split="test", image_size=config.image_size, channels=config.channels, labels=True
    )
    num = min(len(real), config.num_judged)
    asked = np.arange(config.num_judged) % config.num_classes  # Samples go round the classes.
    digits = zoo.metrics.features.digits()
    samples = gan.sample(config.num_judged, seed=1)
    of_real, of_fake = zoo.metrics.extract(digits, real[:num]), zoo.metrics.extract(digits, samples[:num])
    return {
        "class_agreement": zoo.metrics.class_agreement(zoo.metrics.extract(digits, samples).logits, asked),
        "class_agreement_of_test_images": zoo.metrics.class_agreement(of_real.logits, labels[:num]),
        **zoo.metrics.scores(of_real, of_fake, ("fid", "kid")),
    }


def main(argv=None):
    """Trains, shows and exports."""
    config = zoo.training.parse(Config, argv, description=__doc__)
    with zoo.training.Run(config) as run:
        gan = run.build(build_model)
        callbacks = [
            zoo.callbacks.NonFiniteGuard(),
            zoo.callbacks.SampleGrid(run.folder / "samples"),
            zoo.callbacks.LatentWalk(run.folder / "samples"),
            zoo.callbacks.BalanceMonitor(run.folder / "balance.csv"),
        ]
        run.fit(gan, build_dataset, callbacks)
        if run.finished:
            zoo.pictures.save_png(run.folder / "samples" / "classes.png", zoo.sheets.classes(gan))
            zoo.pictures.save_png(run.folder / "samples" / "interpolation.png", zoo.sheets.interpolation(gan))
            scores = judge(gan, config) if config.data in ("mnist", "digits") else None
            if scores:
                print("Scores (features: digits, split: test):", json.dumps(scores, indent=2))
            about = {"recipe": config.recipe, "config": config, "scores": scores}
            print(zoo.export.generator(gan, config.export_dir, overwrite=True, **about))


if __name__ == "__main__":
    main()
