"""The first GAN, a pair of perceptrons, on MNIST.

Paper: Goodfellow et al. 2014, arXiv 1406.2661, with the networks of the authors' code: rectifiers in the generator,
maxout and dropout in the discriminator, momentum SGD. Departures: Adam by default, because with the authors' SGD
(`--optimizer sgd`) the digits take many hours; an average of the generator's weights.

    python recipes/gan_mnist.py                     # downloads MNIST, or finds it in $TFDS_DATA_DIR
    python recipes/gan_mnist.py --data digits       # without a network: scikit-learn's digits

Cost and result: see the README's table.
"""

import dataclasses
import typing

import keras

import tfgan_zoo as zoo


@dataclasses.dataclass(frozen=True)
class Config(zoo.training.Config):
    """The settings of this recipe; each is a flag."""

    data: str = "mnist"  # name, folder, .npy or .npz file, see tfgan_zoo.data.images
    image_size: int = 28  # pixels
    channels: int = 1  # 1 (grey) or 3 (RGB)
    steps: int = 12000  # generator updates
    batch_size: int = 100  # images of one discriminator step, on all devices together
    discriminator_steps: int = 1  # k of Algorithm 1
    latent_dim: int = 100  # numbers
    generator_units: tuple[int, ...] = (1200, 1200)  # widths of the hidden layers
    discriminator_units: tuple[int, ...] = (240, 240)  # widths of the maxout layers, five pieces each
    optimizer: typing.Literal["adam", "sgd"] = "adam"  # of both players; "sgd" is the paper's, with momentum
    ema_decay: float = 0.999  # per step, of the generator's average
    report_every: int = 500  # steps between two rows of metrics and two grids
    run_dir: str = "runs/gan_mnist"  # folder of checkpoints, sample grids and metrics
    export_dir: str = "exported/gan_mnist"  # folder of what is exported


def build_dataset(config, skip_batches=0):
    """Endless batches of k times the batch size, from batch `skip_batches` on."""
    return zoo.data.images(
        config.data,
        image_size=config.image_size,
        channels=config.channels,
        batch_size=config.batch_size * config.discriminator_steps,
        seed=config.seed,
        repeat=True,
        skip_batches=skip_batches,
    )


def build_model(config):
    """The compiled model."""
    shape = (config.image_size, config.image_size, config.channels)
    gan = zoo.models.GAN(
        generator=zoo.networks.mlp.generator(shape, config.latent_dim, units=config.generator_units),
        discriminator=zoo.networks.mlp.discriminator(shape, units=config.discriminator_units),
        discriminator_steps=config.discriminator_steps,
        seed=config.seed,
        ema_decay=config.ema_decay,
    )
    if config.optimizer == "sgd":
        gan.compile(**config.compile_options())
    else:
        gan.compile(
            generator_optimizer=keras.optimizers.Adam(2e-4, beta_1=0.5),
            discriminator_optimizer=keras.optimizers.Adam(2e-4, beta_1=0.5),
            **config.compile_options(),
        )
    return gan


def main(argv=None):
    """Trains, shows and exports."""
    config = zoo.training.parse(Config, argv, description=__doc__)
    with zoo.training.Run(config) as run:
        gan = run.build(build_model)
        callbacks = [
            zoo.callbacks.NonFiniteGuard(),
            zoo.callbacks.SampleGrid(run.folder / "samples"),
            zoo.callbacks.LatentWalk(run.folder / "samples", interpolation="lerp"),
            zoo.callbacks.BalanceMonitor(run.folder / "balance.csv"),
        ]
        run.fit(gan, build_dataset, callbacks)
        if run.finished:
            zoo.pictures.save_png(run.folder / "samples" / "interpolation.png", zoo.sheets.interpolation(gan))
            print(zoo.export.generator(gan, config.export_dir, overwrite=True, recipe=config.recipe, config=config))


if __name__ == "__main__":
    main()
