"""ProGAN on faces: grows from 4x4 to 32x32 pixels in one command.

Paper: Karras et al. 2018, arXiv 1710.10196, with its loss, growth and constants. Departures, so that three quarters of
an hour on a processor suffice: 32x32 pixels, at most 128 channels, 50,000 images in each phase instead of 800,000.

    python recipes/progan_celeba64.py --data celeb_a          # downloads CelebA, 1.4 GB, with TensorFlow Datasets
    python recipes/progan_celeba64.py --data folder/of/faces  # your own pictures, any size
    python recipes/progan_celeba64.py --data sample_photos    # patches of two photos: a trial without a network

The paper's settings: `--image_size 1024 --latent_dim 512 --channel_base 16384 --channel_max 512 --batch_size 64
--phase_steps 12500 --steps 300000`, four days on eight GPUs in the paper. At the end the sliced Wasserstein distance of
every level is reported beside the one between two sets of real images. Cost and result: see the README's table.
"""

import dataclasses
import json

import keras

import tfgan_zoo as zoo


@dataclasses.dataclass(frozen=True)
class Config(zoo.training.Config):
    """The settings of this recipe; each is a flag."""

    data: str = "celeba64"  # name, folder, .npy or .npz file, see tfgan_zoo.data.images
    image_size: int = 32  # pixels, a power of two
    channels: int = 3  # 1 (grey) or 3 (RGB)
    steps: int = 13_500  # generator updates in all phases together
    phase_steps: int = 1500  # generator updates in each phase but the last
    batch_size: int = 32  # images in the global batch
    latent_dim: int = 128  # numbers
    channel_base: int = 512  # channels times side in pixels,
    channel_max: int = 128  # but no more channels than this
    learning_rate: float = 1e-3  # of Adam, both players
    ema_decay: float = 0.999  # per step, of the generator's average
    num_judged: int = 2000  # images in the scores
    report_every: int = 500  # steps between two rows of metrics and two grids
    run_dir: str = "runs/progan_celeba64"  # folder of checkpoints, sample grids and metrics
    export_dir: str = "exported/progan_celeba64"  # folder of what is exported


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


def judge(gan, config):
    """Sliced Wasserstein distance by level of the samples, and of other real images: the floor."""
    side = gan.phase.side  # Training may end before the last phase.
    if side < 16:  # The smallest level.
        return {}
    num = min(2 * config.num_judged, zoo.data.describe(config.data).num_images)
    shape = {"image_size": side, "channels": config.channels}
    real = zoo.data.arrays(config.data, num=num, seed=config.seed, **shape)
    num = len(real) // 2
    return zoo.metrics.sliced_wasserstein_scores(real[:num], gan.sample(num, seed=1), real[num : 2 * num])


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
            scores = judge(gan, config)
            print("Scores (times 1000, by level):", json.dumps(scores, indent=2))
            about = {"recipe": config.recipe, "config": config, "scores": scores}
            print(zoo.export.generator(gan, config.export_dir, overwrite=True, **about))


if __name__ == "__main__":
    main()
