"""StyleGAN2 on MNIST, 60,000 handwritten digits from TensorFlow Datasets.

Paper: Karras et al. 2020, arXiv 1912.04958. Departures, so that half an hour on a processor suffices: 32x32 pixels, at
most 64 channels, a mapping network of two layers (as the authors' later settings for small images), and a smaller R1
penalty, as small images want.

    python recipes/stylegan2_mnist.py                    # downloads MNIST, or finds it in $TFDS_DATA_DIR
    python recipes/stylegan2_mnist.py --data digits      # without a network: scikit-learn's digits

The paper's, for a GPU: `--channel_base 32768 --channel_max 512 --style_dim 512 --mapping_depth 8 --r1_gamma 10`.
At the end 10,000 samples are shown to a classifier of real digits, and the sheet of mixed styles shows what the coarse,
middle and fine layers carry. Cost and result: see the README's table.
"""

import dataclasses
import json

import keras

import tfgan_zoo as zoo


@dataclasses.dataclass(frozen=True)
class Config(zoo.training.Config):
    """The settings of this recipe; each is a flag."""

    data: str = "mnist"  # name, folder, .npy or .npz file, see tfgan_zoo.data.images
    image_size: int = 32  # pixels, a power of two
    channels: int = 1  # 1 (grey) or 3 (RGB)
    steps: int = 10_000  # generator updates
    batch_size: int = 32  # images in the global batch
    style_dim: int = 64  # numbers in a latent vector and in a style
    mapping_depth: int = 2  # layers of the mapping network
    channel_base: int = 512  # channels times side in pixels,
    channel_max: int = 64  # but no more channels than this
    learning_rate: float = 2e-3  # of Adam, both players
    r1_gamma: float = 1.0  # of the R1 penalty
    r1_interval: int = 16  # steps from one R1 penalty to the next
    path_length_interval: int = 8  # steps from one path-length penalty to the next
    ema_decay: float = 0.998  # per step, of the generator's average
    truncation: float = 1.0  # psi of samples and of the export
    report_every: int = 500  # steps between two rows of metrics and two grids
    run_dir: str = "runs/stylegan2_mnist"  # folder of checkpoints, sample grids and metrics
    export_dir: str = "exported/stylegan2_mnist"  # folder of what is exported

    may_change = zoo.training.Config.may_change | {"truncation"}


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


def adam(config, interval):
    """The paper's optimizer, adjusted for a regulariser in one of so many steps."""
    c = interval / (interval + 1)
    return keras.optimizers.Adam(config.learning_rate * c, beta_1=0.0, beta_2=0.99**c, epsilon=1e-8)


def build_model(config):
    """The compiled model."""
    shape = (config.image_size, config.image_size, config.channels)
    widths = {"channel_base": config.channel_base, "channel_max": config.channel_max}
    gan = zoo.models.StyleGAN2(
        zoo.networks.style2.mapping(config.style_dim, style_dim=config.style_dim, depth=config.mapping_depth),
        zoo.networks.style2.synthesis(shape, config.style_dim, **widths),
        zoo.networks.style2.discriminator(shape, **widths),
        r1_gamma=config.r1_gamma,
        r1_interval=config.r1_interval,
        path_length_interval=config.path_length_interval,
        truncation=config.truncation,
        seed=config.seed,
        ema_decay=config.ema_decay,
    )
    gan.compile(
        generator_optimizer=adam(config, config.path_length_interval),
        discriminator_optimizer=adam(config, config.r1_interval),
        **config.compile_options(),
    )
    return gan


def write_sheets(gan, folder):
    """Interpolation, truncation and style mixing."""
    zoo.pictures.save_png(folder / "interpolation.png", zoo.sheets.interpolation(gan))
    zoo.pictures.save_png(folder / "truncation.png", zoo.sheets.truncation(gan))
    zoo.pictures.save_png(folder / "mixing.png", zoo.sheets.mixing(gan))


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
