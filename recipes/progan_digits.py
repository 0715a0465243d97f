"""ProGAN on real handwritten digits that come with scikit-learn: nothing is downloaded.

Paper: Karras et al. 2018, arXiv 1710.10196, with its loss, growth and constants. Departures, for 1,500 images of 8x8
pixels and a processor: they are drawn at 16x16, with at most 32 channels, and phases are short.

    python recipes/progan_digits.py

The samples folder shows every stage: 4x4, 8x8, 16x16 pixels. Cost and result: see the README's table.
"""

import dataclasses

import keras

import tfgan_zoo as zoo


@dataclasses.dataclass(frozen=True)
class Config(zoo.training.Config):
    """The settings of this recipe; each is a flag."""

    data: str = "digits"  # name, folder, .npy or .npz file, see tfgan_zoo.data.images
    image_size: int = 16  # pixels, a power of two
    channels: int = 1  # 1 (grey) or 3 (RGB)
    steps: int = 5000  # generator updates in all phases together
    phase_steps: int = 500  # generator updates in each phase but the last
    batch_size: int = 32  # images in the global batch
    latent_dim: int = 64  # numbers
    channel_base: int = 512  # channels times side in pixels,
    channel_max: int = 32  # but no more channels than this
    learning_rate: float = 1e-3  # of Adam, both players
    ema_decay: float = 0.999  # per step, of the generator's average
    report_every: int = 250  # steps between two rows of metrics and two grids
    run_dir: str = "runs/progan_digits"  # folder of checkpoints, sample grids and metrics
    export_dir: str = "exported/progan_digits"  # folder of what is exported


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
    widths = {"channel_base": config.channel_base, "channel_max": config.channel_max}
    gan = zoo.models.ProGAN(
        zoo.networks.progressive.generator(shape, config.latent_dim, **widths),
        zoo.networks.progressive.discriminator(shape, **widths),
        phase_steps=config.phase_steps,
        seed=config.seed,
        ema_decay=config.ema_decay,
    )
    gan.compile(
        *(keras.optimizers.Adam(config.learning_rate, beta_1=0.0, beta_2=0.99, epsilon=1e-8) for _ in range(2)),
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
            zoo.callbacks.LatentWalk(run.folder / "samples"),
        ]
        run.fit(gan, build_dataset, callbacks)
        if run.finished:
            zoo.pictures.save_png(run.folder / "samples" / "interpolation.png", zoo.sheets.interpolation(gan))
            print(zoo.export.generator(gan, config.export_dir, overwrite=True, recipe=config.recipe, config=config))


if __name__ == "__main__":
    main()
