"""A recipe of seconds: real 8x8 digits, tiny networks with dropout in the discriminator."""

import dataclasses
import typing

import keras

import tfgan_zoo as zoo


@dataclasses.dataclass(frozen=True)
class Config(zoo.training.Config):
    """The settings of this recipe; each is a flag."""

    steps: int = 12  # generator updates
    batch_size: int = 16  # images
    report_every: int = 4  # steps
    model: typing.Literal["gan", "dcgan"] = "dcgan"  # which variant
    optimizer: typing.Literal["adam", "sgd"] = "adam"  # of both players
    dropout: float = 0.3  # share dropped in the discriminator
    ema_decay: float | None = 0.9  # of the generator's weights


def build_dataset(config, skip_batches=0):
    """Endless batches of digits."""
    size = config.batch_size * (2 if config.model == "gan" else 1)
    return zoo.data.images(config.data, batch_size=size, seed=config.seed, repeat=True, skip_batches=skip_batches)


def build_model(config):
    """The compiled model."""
    if config.model == "gan":
        gan = zoo.models.GAN(
            generator=zoo.networks.mlp.generator((8, 8, 1), 4, units=(16,)),
            discriminator=zoo.networks.mlp.discriminator(
                (8, 8, 1), units=(8,), pieces=2, input_dropout=0.0, dropout=config.dropout
            ),
            discriminator_steps=2,
            seed=config.seed,
            ema_decay=config.ema_decay,
        )
    else:
        gan = zoo.models.DCGAN(
            generator=zoo.networks.dcgan.generator((8, 8, 1), 4, base_channels=4),
            discriminator=zoo.networks.dcgan.discriminator((8, 8, 1), base_channels=4, dropout=config.dropout),
            seed=config.seed,
            ema_decay=config.ema_decay,
        )
    optimizers = [
        keras.optimizers.Adam(1e-3, beta_1=0.5)
        if config.optimizer == "adam"
        else keras.optimizers.SGD(0.05, momentum=0.5)
        for _ in range(2)
    ]
    gan.compile(*optimizers, **config.compile_options())
    return gan


def main(argv=None, callbacks=()):
    """Trains."""
    config = zoo.training.parse(Config, argv, description=__doc__)
    with zoo.training.Run(config) as run:
        gan = run.build(build_model)
        run.fit(gan, build_dataset, callbacks)
        print(f"finished: {run.finished}", flush=True)


if __name__ == "__main__":
    main()
