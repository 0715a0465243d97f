"""SGAN on MNIST: one network that classifies and tells generated digits apart, from a hundred labels.

Paper: Odena 2016, arXiv 1606.01583, Algorithm 1. Departures: unlabelled digits enter as real ones of an unknown class,
the weights are averaged, latents are normal, and, for minutes on a processor, the networks are smaller than DCGAN's and
Adam's rate is five times DCGAN's and falls to zero.

    python recipes/sgan_mnist.py                     # downloads MNIST, or finds it in $TFDS_DATA_DIR
    python recipes/sgan_mnist.py --data digits       # without a network: scikit-learn's digits

Cost and result: see the README's table.
"""

import dataclasses

import keras

import tfgan_zoo as zoo


@dataclasses.dataclass(frozen=True)
class Config(zoo.training.Config):
    """The settings of this recipe; each is a flag."""

    data: str = "mnist"  # name, folder, .npy or .npz file with labels, see tfgan_zoo.data.images
    image_size: int = 28  # pixels
    num_labels: int = 100  # labelled images, equally many of each class
    label_seed: int = 0  # from which the choice of these derives
    steps: int = 4000  # updates of each player
    steps_per_execution: int = 20  # steps of one call into TensorFlow
    batch_size: int = 32  # labelled, and as many unlabelled images of a step: m is twice that
    latent_dim: int = 64  # numbers
    base_channels: int = 32  # generator's channels at the highest resolution
    discriminator_channels: tuple[int, ...] = (32, 64, 128)  # of the convolutions
    dropout: float = 0.4  # share dropped before the logits
    learning_rate: float = 1e-3  # of Adam, both players, over the first half of the steps
    ema_decay: float = 0.999  # per step, of the averages of weights
    report_every: int = 400  # steps between two rows of metrics and two grids
    run_dir: str = "runs/sgan_mnist"  # folder of checkpoints, sample grids and metrics
    export_dir: str = "exported/sgan_mnist"  # folder of the generator; "_classifier" is added for its judge

    # The learning rate depends on the number of steps.
    may_change = zoo.training.Config.may_change - {"steps"}


def build_dataset(config, skip_batches=0):
    """Endless batches of labelled and unlabelled images, from batch `skip_batches` on."""
    return zoo.data.semi_supervised(
        config.data,
        num_labels=config.num_labels,
        label_seed=config.label_seed,
        image_size=config.image_size,
        channels=1,
        batch_size=config.batch_size,
        seed=config.seed,
        repeat=True,
        skip_batches=skip_batches,
    )


def build_model(config):
    """The compiled model."""
    shape = (config.image_size, config.image_size, 1)
    classes = zoo.data.describe(config.data).num_classes
    gan = zoo.models.SGAN(
        generator=zoo.networks.dcgan.generator(shape, config.latent_dim, base_channels=config.base_channels),
        discriminator=zoo.networks.sgan.discriminator(
            shape, classes, channels=config.discriminator_channels, dropout=config.dropout
        ),
        prior="normal",
        seed=config.seed,
        ema_decay=config.ema_decay,
    )
    rate = zoo.training.LinearDecay(config.learning_rate, begin=config.steps // 2, end=config.steps + 1)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(rate, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(rate, beta_1=0.5),
        **config.compile_options(),
    )
    return gan


def main(argv=None):
    """Trains, shows, judges on the test split and exports."""
    config = zoo.training.parse(Config, argv, description=__doc__)
    with zoo.training.Run(config) as run:
        # What judges the classifier is read before anything is trained.
        size = {"image_size": config.image_size, "channels": 1}
        images, labels = zoo.data.arrays(config.data, split="test", labels=True, **size)
        images = images.astype("float32") / 127.5 - 1.0
        gan = run.build(build_model)
        callbacks = [
            zoo.callbacks.NonFiniteGuard(),
            zoo.callbacks.SampleGrid(run.folder / "samples"),
            zoo.callbacks.BalanceMonitor(run.folder / "balance.csv"),
        ]
        run.fit(gan, build_dataset, callbacks)
        if run.finished:
            scores = {"accuracy": zoo.metrics.class_agreement(gan.classify(images), labels)}
            print(f"Accuracy on the {len(labels)} test images: {scores['accuracy']:.4f}")
            about = {"overwrite": True, "recipe": config.recipe, "config": config, "scores": scores}
            print(zoo.export.generator(gan, config.export_dir, **about))
            print(zoo.export.classifier(gan, f"{config.export_dir}_classifier", examples=images[:256], **about))


if __name__ == "__main__":
    main()
