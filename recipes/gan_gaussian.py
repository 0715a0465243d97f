"""The first GAN learns a normal distribution on a line, drawn as it goes, with the theory beside it.

Paper: Goodfellow et al. 2014, arXiv 1406.2661, figure 1, proposition 1 and theorem 1. The frames show the data's
density p(x), the generator's q(x), the discriminator D(x) and the best one, D*(x) = p / (p + q). Departures from
Algorithm 1: Adam, R1 penalty (without it gradient descent circles the equilibrium, arXiv 1801.04406), averaged weights.

    python recipes/gan_gaussian.py

Cost and result: see the README's table.
"""

import dataclasses
import json
from typing import Literal

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

import tfgan_zoo as zoo


@dataclasses.dataclass(frozen=True)
class Config(zoo.training.Config):
    """The settings of this recipe; each is a flag."""

    data: Literal["normal"] = "normal"  # samples of the normal distribution
    mean: float = 4.0  # of the data
    std: float = 0.5  # of the data
    steps: int = 6000  # generator updates
    steps_per_epoch: int = 4  # generator updates; the frames are counted in epochs
    frames: tuple[int, ...] = (0, 90, 250, 500, 1000, 1500)  # epochs that are drawn
    batch_size: int = 512  # samples
    report_every: int = 1000  # steps between two rows of metrics
    steps_per_execution: int = 40  # steps of one call into TensorFlow
    run_dir: str = "runs/gan_gaussian"  # folder of checkpoints, frames and metrics
    export_dir: str = "exported/gan_gaussian"  # folder of what is exported

    may_change = zoo.training.Config.may_change - {"steps"}  # On which the learning rate depends.

    def __post_init__(self):
        super().__post_init__()
        for name in ("steps_per_epoch", "std"):
            if not getattr(self, name) > 0:
                raise ValueError(f"`{name}` must be positive. Received: `{name}={getattr(self, name)}`.")
        ends = [epoch * self.steps_per_epoch for epoch in self.frames]
        if min(ends, default=self.steps + 1) > self.steps or any(end % self.steps_per_execution for end in ends):
            rule = f"end at multiples of {self.steps_per_execution} steps, one by step {self.steps} at least"
            raise ValueError(f"`frames` must {rule}. Received: `frames={self.frames}`, which end at {ends}.")


def build_dataset(config, skip_batches=0):
    """Endless batches of fresh samples, from batch `skip_batches` on."""

    def batch(index):
        return tf.random.stateless_normal((config.batch_size, 1), (config.seed, index), config.mean, config.std)

    return tf.data.Dataset.range(skip_batches, np.iinfo(np.int64).max).map(batch)


def perceptron(config):
    """A small discriminator of numbers; it sees them in units of the data's deviation."""
    seen = next(iter(build_dataset(config))).numpy()
    samples = keras.Input((1,), name="x")
    x = keras.layers.Normalization(mean=seen.mean(), variance=seen.var())(samples)
    for _ in range(2):
        x = keras.layers.Dense(64, activation="tanh")(x)
    return keras.Model(samples, keras.layers.Dense(1, dtype="float32", name="logit")(x))


def build_model(config):
    """The compiled model."""
    gan = zoo.models.GAN(
        generator=zoo.networks.mlp.generator((1,), 1, units=(32, 32), activation="tanh", output=None),
        discriminator=perceptron(config),
        penalty="r1",
        penalty_weight=1.0,
        prior="normal",
        seed=config.seed,
        ema_decay=0.999,
    )
    rates = [keras.optimizers.schedules.CosineDecay(rate, config.steps) for rate in (1e-3, 4e-3)]
    gan.compile(*(keras.optimizers.Adam(rate, beta_1=0.0) for rate in rates), **config.compile_options())
    return gan


class Frames(keras.callbacks.Callback):
    """Draws p, q, D and D* at the epochs of the configuration."""

    def __init__(self, folder, config):
        super().__init__()
        self.folder = folder
        self.config = config

    def on_train_begin(self, logs=None):
        self.on_train_batch_end(0)

    def on_train_batch_end(self, batch, logs=None):
        epoch, rest = divmod(int(self.model.step_counter.numpy()), self.config.steps_per_epoch)
        if rest == 0 and epoch in self.config.frames:
            self.folder.mkdir(parents=True, exist_ok=True)
            picture = zoo.theory.draw_densities(self.model, self.config.mean, self.config.std, f"epoch {epoch}")
            zoo.pictures.save_png(self.folder / f"epoch_{epoch:04d}.png", picture)


def check_theory(config):
    """What the paper proves, measured: D* for known densities, the game's value, the collapse of G alone."""
    x = np.linspace(config.mean - 6.0, config.mean + 6.0, 1201)
    p = zoo.theory.normal_density(x, config.mean, config.std)
    q = zoo.theory.normal_density(x, config.mean + 1, 1.0)
    discriminator = perceptron(config)
    d = zoo.theory.train_discriminator(discriminator, x, p, q)
    seen = p + q > 0.01
    equal = zoo.theory.train_discriminator(perceptron(config), x, p, p)
    generator = zoo.networks.mlp.generator((1,), 1, units=(32, 32), activation="tanh", output=None)
    collapsed = zoo.theory.train_generator_alone(generator, discriminator)
    return {
        "largest_error_of_d": float(np.abs(d - zoo.theory.optimal_discriminator(p, q))[seen].max()),
        "value": zoo.theory.value(x, p, q, d),
        "value_in_theory": 2 * zoo.theory.jensen_shannon_divergence(x, p, q) - 2 * np.log(2),
        "value_at_equilibrium": zoo.theory.value(x, p, p, equal),
        "value_at_equilibrium_in_theory": -2 * np.log(2),
        "collapsed_mean": float(collapsed.mean()),
        "collapsed_std": float(collapsed.std()),
        "argmax_of_d": float(x[np.argmax(np.where(seen, d, 0.0))]),
    }


def main(argv=None):
    """Trains, draws, checks and exports."""
    config = zoo.training.parse(Config, argv, description=__doc__)
    with zoo.training.Run(config) as run:
        gan = run.build(build_model)
        frames = run.folder / "frames"
        run.fit(gan, build_dataset, [zoo.callbacks.NonFiniteGuard(), Frames(frames, config)])
        if run.finished:
            pictures = [np.asarray(Image.open(file).convert("RGB")) for file in sorted(frames.glob("*.png"))]
            zoo.pictures.save_gif(frames / "learning.gif", pictures, fps=1)
            samples = gan.sample(10_000, seed=1)
            probability = float(tf.reduce_mean(tf.sigmoid(gan.discriminator(samples))))
            found = {"mean": float(samples.mean()), "std": float(samples.std()), "mean_d": probability}
            result = json.dumps(found | check_theory(config), indent=2)
            (run.folder / "result.json").write_text(result + "\n", encoding="utf-8")
            print(result)
            print(zoo.export.generator(gan, config.export_dir, overwrite=True, recipe=config.recipe, config=config))


if __name__ == "__main__":
    main()
