"""DCGAN on faces, 64x64 pixels.

Paper: Radford et al. 2015, arXiv 1511.06434, with its generator (base 64). Departures, so that half an hour on two
cores suffices: half as many channels in the discriminator; the R1 penalty (Mescheder et al. 2018, arXiv 1801.04406); a
learning rate twice the paper's that falls to zero; an average of the generator's weights.

    python recipes/dcgan_celeba64.py --data celeb_a          # downloads CelebA, 1.4 GB, with TensorFlow Datasets
    python recipes/dcgan_celeba64.py --data folder/of/faces  # your own pictures, any size
    python recipes/dcgan_celeba64.py --data sample_photos    # patches of two photos: a trial without a network

Cost and result: see the README's table. On one GPU take `--steps 60000 --batch_size 128 --precision mixed_float16`.
"""

import dataclasses

import keras

import tfgan_zoo as zoo


@dataclasses.dataclass(frozen=True)
class Config(zoo.training.Config):
    """The settings of this recipe; each is a flag."""

    data: str = "celeba64"  # name, folder, .npy or .npz file, see tfgan_zoo.data.images
    image_size: int = 64  # pixels
    channels: int = 3  # 1 (grey) or 3 (RGB)
    steps: int = 8000  # generator updates
    batch_size: int = 32  # images in the global batch
    latent_dim: int = 100  # numbers
    base_channels: int = 64  # generator's channels at the highest resolution
    discriminator_channels: int = 32  # discriminator's channels at the highest resolution
    learning_rate: float = 4e-4  # of Adam, both players, at the first step; it falls to zero along a cosine
    r1_weight: float = 0.8  # of the R1 penalty, half of the paper's gamma
    ema_decay: float = 0.999  # per step, of the generator's average
    report_every: int = 250  # steps between two rows of metrics and two grids
    run_dir: str = "runs/dcgan_celeba64"  # folder of checkpoints, sample grids and metrics
    export_dir: str = "exported/dcgan_celeba64"  # folder of what is exported

    may_change = zoo.training.Config.may_change - {"steps"}  # The learning rate depends on it.


def build_dataset(config, skip_batches=0):
    """Endless batches of images, from batch `skip_batches` on."""
    return zoo.data.images(
        config.data,
        image_size=config.image_size,
        channels=config.channels,
        batch_size=config.batch_size,
        seed=config.seed,
        flip=True,
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
    print(f"Arithmetic: adding the direction of bright pictures brightened {gain:.0%} of the samples.")


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
            write_sheets(gan, run.folder / "samples")
            print(zoo.export.generator(gan, config.export_dir, overwrite=True, recipe=config.recipe, config=config))


if __name__ == "__main__":
    main()
