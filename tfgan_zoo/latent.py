"""Latent tools: pictures of what lies between, beyond and behind samples, from an export or a run folder.

    python -m tfgan_zoo.latent interpolation --export exported/dcgan_mnist --out interpolation.png
    python -m tfgan_zoo.latent walk --run runs/stylegan2_mnist --out walk.gif
    python -m tfgan_zoo.latent arithmetic --run runs/dcgan_mnist --out arithmetic.png
    python -m tfgan_zoo.latent truncation --run runs/stylegan2_mnist --out truncation.png
    python -m tfgan_zoo.latent mixing --run runs/stylegan2_mnist --out mixing.png
    python -m tfgan_zoo.latent directions --run runs/stylegan2_mnist --out directions.png
    python -m tfgan_zoo.latent projection --run runs/stylegan2_mnist --data mnist --out projection.png

Exports answer to the first three. The others look into the model: they need a run folder, and the file of its recipe.
"""

import argparse
import functools
import pathlib

import numpy as np
import tensorflow as tf

from tfgan_zoo import data as zoo_data
from tfgan_zoo import editing, export, latents, pictures, sheets
from tfgan_zoo.metrics import features
from tfgan_zoo.training.reopen import reopen


class Exported:
    """An exported generator that is asked as a model is.

    Args:
        path: see `tfgan_zoo.export.open`.
    """

    def __init__(self, path):
        self.generator = export.open(path)
        self.latent_dim = self.generator.card["latent_dim"]
        self.prior = self.generator.card["prior"]

    def sample(self, num=16, *, seed=0, z=None):
        """Images, as `AbstractGAN.sample` gives them."""
        return self.generator.sample(num, seed=seed) if z is None else self.generator.generate(z)


def interpolation(gan, options):
    """Writes rows of samples between pairs of latent vectors."""
    pictures.save_png(options.out, sheets.interpolation(gan, seed=options.seed))


def walk(gan, options):
    """Writes a GIF of closed walks."""
    stops = latents.sample(4 * 9, gan.latent_dim, prior=gan.prior, seed=options.seed)
    interpolate = "lerp" if gan.prior == "uniform" else "slerp"
    walks = [latents.walk(own, 15, interpolation=interpolate) for own in tf.split(stops, 9)]
    pictures.save_gif(options.out, [pictures.grid(gan.sample(z=z)) for z in tf.stack(walks, axis=1)])


def arithmetic(gan, options):
    """Writes samples before and after brightness is added, and says how it answers to the direction's strength."""
    picture, gain = sheets.arithmetic(gan, seed=options.seed)
    pictures.save_png(options.out, picture)
    direction = editing.attribute_direction(gan, sheets.brightness, seed=options.seed)
    _, correlation = editing.response(gan, direction, sheets.brightness, seed=options.seed + 1)
    print(f"Three exemplars brightened {gain:.0%} of the samples.")
    print(f"Along the direction of fifty, strength and brightness correlate with {correlation:.3f}.")


def truncation(gan, options):
    """Writes samples truncated more and less."""
    pictures.save_png(options.out, sheets.truncation(gan, seed=options.seed))


def mixing(gan, options):
    """Writes samples with the coarse, middle and fine styles of others."""
    pictures.save_png(options.out, sheets.mixing(gan, seed=options.seed))


def directions(gan, options):
    """Writes what a sample becomes along the strongest directions."""
    base = editing.codes(gan, 1, options.seed)[0]
    found = editing.directions(gan, min(5, base.shape[-1]))
    pictures.save_png(options.out, sheets.along(functools.partial(editing.draw, gan), base, found))


def projection(gan, options):
    """Writes generated (and real) images above what the model makes of them, and says how far that is."""
    num, shape = options.num, gan.sampler.output_shape[1:]
    rows, labels = [], []
    kinds = {"generated": gan.sample(num, seed=options.seed + 1)}
    if options.data:
        arguments = {"split": options.split, "num": num, "seed": options.seed}
        real = zoo_data.arrays(options.data, image_size=shape[0], channels=shape[2], **arguments)
        kinds["real"] = np.asarray(real, np.float32) / 127.5 - 1.0
    compare = features.digits().tensors if options.features == "digits" else None
    for kind, images in kinds.items():
        found = editing.project(gan, images, steps=options.steps, features=compare, seed=options.seed)
        print(f"{kind}: mean squared error {found.errors.mean():.5f}, of the worst {found.errors.max():.5f}")
        rows += [images, found.images]
        labels += [kind, "projected"]
    pictures.save_png(options.out, pictures.sheet(rows, row_labels=labels))


TOOLS = {tool.__name__: tool for tool in (interpolation, walk, arithmetic, truncation, mixing, directions, projection)}
INSIDE = ("truncation", "mixing", "directions", "projection")  # They need the model itself.


def main(arguments=None):
    """Draws what the command line asks for."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.export and options.tool in INSIDE:
        parser.error(f"{options.tool} looks into the model: pass `--run` with a run folder instead of `--export`.")
    gan = Exported(options.export) if options.export else reopen(options.run, options.recipe)
    TOOLS[options.tool](gan, options)
    print(f"Wrote {options.out}")


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m tfgan_zoo.latent", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tool", choices=sorted(TOOLS))
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--export", metavar="PATH", help="exported generator, see tfgan_zoo.export.open")
    source.add_argument("--run", metavar="FOLDER", help="run folder of a recipe")
    parser.add_argument("--recipe", metavar="FILE", help="the run's recipe (default: recipes/<name>.py)")
    parser.add_argument("--out", required=True, type=pathlib.Path, metavar="FILE", help="picture to write")
    parser.add_argument("--seed", type=int, default=0, help="of the latent vectors")
    parser.add_argument("--data", metavar="NAME|PATH", help="projection: real images, as in tfgan_zoo.data")
    parser.add_argument("--split", default="test", help="projection: part of the data (default: test)")
    parser.add_argument("--num", type=int, default=8, metavar="IMAGES", help="projection: images of each kind")
    parser.add_argument(
        "--features", choices=["none", "digits"], default="none", help="projection: compared besides pixels"
    )
    parser.add_argument("--steps", type=int, default=300, help="projection: steps of Adam")
    return parser


if __name__ == "__main__":
    main()
