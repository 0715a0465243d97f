"""Projection GAN on CIFAR-10: residual networks, spectral normalization, conditional batch normalization.

Paper: Miyato and Koyama 2018, arXiv 1802.05637. Networks and constants are those of the authors' code for CIFAR-10
(4,304,387 and 1,055,105 trainable parameters), learning rate falling to zero included; departures: an average of the
generator's weights, and 64 instead of 128 images in a step of the generator. At full size this is work for a GPU.

    python recipes/projection_gan_cifar10.py             # downloads CIFAR-10, or finds it in $TFDS_DATA_DIR
    python recipes/projection_gan_cifar10.py --data mnist --channels 1 --steps 6000 --batch_size 32 \\
        --learning_rate 1e-3 --generator_width 32 --discriminator_width 32 --discriminator_steps 1  # for a processor
    python recipes/projection_gan_cifar10.py --data digits --channels 1 --steps 2000 --batch_size 32 \\
        --learning_rate 1e-3 --generator_width 32 --discriminator_width 32 --discriminator_steps 1  # without a network

Of digits, a classifier says at the end how many of 10,000 samples are what was asked for. Cost and result: see the
README's table.
"""

import dataclasses
import json

import keras
import numpy as np

import tfgan_zoo as zoo


@dataclasses.dataclass(frozen=True)
class Config(zoo.training.Config):
    """The settings of this recipe; each is a flag."""

    data: str = "cifar10"  # name, folder, .npy or .npz file, see tfgan_zoo.data.images
    image_size: int = 32  # pixels
    channels: int = 3  # 1 (grey) or 3 (RGB)
    num_classes: int = 10  # classes of the data
    steps: int = 50_000  # generator updates
    batch_size: int = 64  # images of one discriminator step, on all devices together
    discriminator_steps: int = 5  # for each generator step
    latent_dim: int = 128  # numbers
    generator_width: int = 256  # channels of its feature maps
    discriminator_width: int = 128  # channels of its feature maps
    learning_rate: float = 2e-4  # of Adam, both players, at the beginning; it falls linearly to zero
    ema_decay: float = 0.999  # per step, of the generator's average
    num_judged: int = 10_000  # samples that are classified at the end
    report_every: int = 500  # steps between two rows of metrics and two grids
    run_dir: str = "runs/projection_gan_cifar10"  # folder of checkpoints, sample grids and metrics
    export_dir: str = "exported/projection_gan_cifar10"  # folder of what is exported

    may_change = zoo.training.Config.may_change - {"steps"}  # The learning rate depends on it.


def build_dataset(config, skip_batches=0):
    """Endless batches of images and labels, from batch `skip_batches` on."""
    return zoo.data.images(
        config.data,
        image_size=config.image_size,
        channels=config.channels,
        batch_size=config.batch_size * config.discriminator_steps,
        labels=True,
        seed=config.seed,
        repeat=True,
        skip_batches=skip_batches,
    )


def build_model(config):
    """The compiled model."""
    shape = (config.image_size, config.image_size, config.channels)
    classes = config.num_classes
    gan = zoo.models.ProjectionGAN(
        generator=zoo.networks.resnet.generator(
            shape, config.latent_dim, num_classes=classes, width=config.generator_width
        ),
        discriminator=zoo.networks.resnet.discriminator(shape, num_classes=classes, width=config.discriminator_width),
        num_classes=classes,
        discriminator_steps=config.discriminator_steps,
        seed=config.seed,
        ema_decay=config.ema_decay,
    )
    gan.compile(
        generator_optimizer=adam(config, updates=config.steps),
        discriminator_optimizer=adam(config, updates=config.steps * config.discriminator_steps),
        **config.compile_options(),
    )
    return gan


def adam(config, updates):
    """The authors' optimizer, whose learning rate is zero after so many updates."""
    rate = zoo.training.LinearDecay(config.learning_rate, begin=0, end=updates)
    return keras.optimizers.Adam(rate, beta_1=0.0, beta_2=0.9)


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
