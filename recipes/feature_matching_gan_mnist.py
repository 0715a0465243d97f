"""Feature matching on MNIST: a classifier from a hundred labelled digits and all the others without labels.

Paper: Salimans et al. 2016, arXiv 1606.03498, with the perceptrons and constants of the authors' code. Departures, for
minutes on a processor instead of 300 epochs: a learning rate of 0.001 instead of 0.003, which falls to zero over the
second half; Adam's beta2 0.99 instead of 0.999, both chosen by training images and other labelled subsets; Adam's usual
epsilon; and an average of weights that forgets its beginning.

    python recipes/feature_matching_gan_mnist.py                     # downloads MNIST, or finds it in $TFDS_DATA_DIR
    python recipes/feature_matching_gan_mnist.py --data digits       # without a network: scikit-learn's digits

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
    steps: int = 9000  # updates of each player
    steps_per_execution: int = 50  # steps of one call into TensorFlow
    batch_size: int = 100  # labelled, and as many unlabelled images of a step
    latent_dim: int = 100  # numbers
    generator_units: tuple[int, ...] = (500, 500)  # widths of the hidden layers
    discriminator_units: tuple[int, ...] = (1000, 500, 250, 250, 250)  # widths of the hidden layers
    unlabelled_weight: float = 1.0  # of the unlabelled part of the classifier's loss
    learning_rate: float = 1e-3  # of Adam, both players, over the first half of the steps
    beta_2: float = 0.99  # of Adam; with the usual 0.999 the generator was lost in trials
    ema_decay: float = 0.9999  # per step, of the averages of weights
    report_every: int = 600  # steps between two rows of metrics and two grids; an epoch of MNIST
    run_dir: str = "runs/feature_matching_gan_mnist"  # folder of checkpoints, sample grids and metrics
    export_dir: str = (
        "exported/feature_matching_gan_mnist"  # folder of the generator; "_classifier" is added for its judge
    )

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


def labelled(config, split, num=None):
    """Images in [-1, 1] and labels of a split, all or a random number of them."""
    size = {"image_size": config.image_size, "channels": 1}
    images, labels = zoo.data.arrays(config.data, split=split, labels=True, num=num, seed=config.seed, **size)
    return images.astype("float32") / 127.5 - 1.0, labels


def build_model(config):
    """The compiled model, its weights initialized on some of the images."""
    shape = (config.image_size, config.image_size, 1)
    about = zoo.data.describe(config.data)
    examples, _ = labelled(config, "train", num=min(about.num_images, 500))
    gan = zoo.models.FeatureMatchingGAN(
        generator=zoo.networks.feature_matching.generator(shape, config.latent_dim, units=config.generator_units),
        discriminator=zoo.networks.feature_matching.discriminator(
            shape, about.num_classes, units=config.discriminator_units, examples=examples
        ),
        unlabelled_weight=config.unlabelled_weight,
        seed=config.seed,
        ema_decay=config.ema_decay,
    )
    rate = zoo.training.LinearDecay(config.learning_rate, begin=config.steps // 2, end=config.steps + 1)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(rate, beta_1=0.5, beta_2=config.beta_2),
        discriminator_optimizer=keras.optimizers.Adam(rate, beta_1=0.5, beta_2=config.beta_2),
        **config.compile_options(),
    )
    return gan


def main(argv=None):
    """Trains, shows, judges on the test split and exports."""
    config = zoo.training.parse(Config, argv, description=__doc__)
    with zoo.training.Run(config) as run:
        images, labels = labelled(config, "test")  # Before anything is trained: it may have none.
        gan = run.build(build_model)
        callbacks = [zoo.callbacks.NonFiniteGuard(), zoo.callbacks.SampleGrid(run.folder / "samples")]
        run.fit(gan, build_dataset, callbacks)
        if run.finished:
            scores = {"accuracy": zoo.metrics.class_agreement(gan.classify(images), labels)}
            print(f"Accuracy on the {len(labels)} test images: {scores['accuracy']:.4f}")
            about = {"overwrite": True, "recipe": config.recipe, "config": config, "scores": scores}
            print(zoo.export.generator(gan, config.export_dir, **about))
            print(zoo.export.classifier(gan, f"{config.export_dir}_classifier", examples=images[:256], **about))


if __name__ == "__main__":
    main()
