"""Speed of a training step: images per second, share of the machine's matrix-product peak, ratio to PyTorch.

    python benchmarks/train_step.py --model dcgan64 --batch 64
    python benchmarks/train_step.py --model gan_mnist --batch 100
    python benchmarks/train_step.py --model pix2pix --batch 1
    python benchmarks/train_step.py --model cyclegan --batch 1
    python benchmarks/train_step.py --model projection_gan32 --batch 80

The peak is measured in the same run, as float32 products of two 2048x2048 matrices. Where PyTorch is installed
(`pip install torch`, the CPU build suffices; it is no dependency of the package) the same networks with the same step
(one generator pass for both updates, Adam) are timed in it too, channels last, and the two libraries take turns, so
that what else the machine does meets both. Medians over the rounds are printed with the smallest and largest.
TensorFlow runs one operation at a time on all cores, as PyTorch does: two convolutions at once slow each other down by
a few per cent. `TF_NUM_INTEROP_THREADS=1` does the same for a training on a processor.
"""

import argparse
import dataclasses
import json
import os
import platform
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
import torch_translation  # noqa: E402

import tfgan_zoo as zoo  # noqa: E402

MATRIX = 2048
tf.config.threading.set_inter_op_parallelism_threads(1)


def dcgan(size, channels):
    """DCGAN of the paper's widths for square images."""
    shape = (size, size, channels)
    gan = zoo.models.DCGAN(zoo.networks.dcgan.generator(shape), zoo.networks.dcgan.discriminator(shape))
    gan.compile()
    return gan


def gan_mnist():
    """The first GAN's perceptrons."""
    gan = zoo.models.GAN(zoo.networks.mlp.generator(), zoo.networks.mlp.discriminator())
    gan.compile()
    return gan


def conditional_gan32():
    """The conditional GAN of the MNIST recipe."""
    sizes = (32, 32, 1)
    networks = zoo.networks.dcgan
    gan = zoo.models.ConditionalGAN(
        networks.conditional_generator(sizes, base_channels=32),
        networks.conditional_discriminator(sizes, base_channels=16),
        num_classes=10,
    )
    gan.compile(*(keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in range(2)))
    return gan


def acgan32():
    """The ACGAN of the MNIST recipe."""
    sizes = (32, 32, 1)
    networks = zoo.networks.dcgan
    gan = zoo.models.ACGAN(
        networks.conditional_generator(sizes, base_channels=32),
        networks.auxiliary_discriminator(sizes, base_channels=16),
        num_classes=10,
    )
    gan.compile()
    return gan


def projection_gan32():
    """The projection GAN at half of its widths, so that a step takes seconds; 5 discriminator steps in a batch."""
    gan = zoo.models.ProjectionGAN(
        zoo.networks.resnet.generator(num_classes=10, width=128),
        zoo.networks.resnet.discriminator(num_classes=10, width=64),
        num_classes=10,
    )
    gan.compile()
    return gan


def torch_conditional(name, *arguments):
    """Function of a batch size to the double of a class-conditional model."""

    def make(batch):
        import torch_conditional as doubles

        return getattr(doubles, name)(*arguments[:2], batch, *arguments[2:])

    return make


def torch_dcgan(size, channels, batch):
    """The same networks and step as `dcgan`, in PyTorch: a function that trains one step."""
    import torch
    from torch import nn

    levels = zoo.networks.dcgan._levels((size, size, channels))[0]
    widths = [64 * 2**level for level in reversed(range(levels))]
    blocks = [nn.ConvTranspose2d(100, widths[0], size >> levels, bias=False)]
    for before, after in zip(widths, [*widths[1:], channels], strict=True):
        blocks += [nn.BatchNorm2d(before), nn.ReLU(True), nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False)]
    generator = nn.Sequential(*blocks, nn.Tanh())
    blocks = []
    for level, (before, after) in enumerate(zip([channels, *widths[:0:-1]], widths[::-1], strict=True)):
        blocks += [nn.Conv2d(before, after, 4, 2, 1, bias=False), *([nn.BatchNorm2d(after)] if level else [])]
        blocks += [nn.LeakyReLU(0.2, True)]
    discriminator = nn.Sequential(*blocks, nn.Flatten(), nn.Linear(widths[0] * (size >> levels) ** 2, 1, bias=False))
    for network in (generator, discriminator):
        network.to(memory_format=torch.channels_last)
    optimizers = [torch.optim.Adam(n.parameters(), 2e-4, (0.5, 0.999)) for n in (discriminator, generator)]
    softplus = nn.functional.softplus
    real = torch.rand(batch, channels, size, size).mul(2).sub(1).to(memory_format=torch.channels_last)

    def step():
        z = torch.rand(batch, 100, 1, 1).mul(2).sub(1)
        fake = generator(z)
        optimizers[0].zero_grad()
        (softplus(-discriminator(real)) + softplus(discriminator(fake.detach()))).mean().backward()
        optimizers[0].step()
        optimizers[1].zero_grad()
        softplus(-discriminator(fake)).mean().backward()
        optimizers[1].step()

    return step


def pix2pix128():
    """pix2pix at half the paper's widths, 128x128."""
    generator = zoo.networks.unet.generator((128, 128, 3), base_channels=32)
    gan = zoo.models.Pix2Pix(generator, zoo.networks.patch.discriminator((128, 128, 6), base_channels=32))
    gan.compile()
    return gan


def cyclegan64():
    """CycleGAN at half the paper's widths with six blocks, 64x64."""
    shape = (64, 64, 3)
    gan = zoo.models.CycleGAN(
        *(zoo.networks.residual_translator.generator(shape, blocks=6, base_channels=32) for _ in "AB"),
        *(zoo.networks.patch.discriminator(shape, base_channels=32, affine=False) for _ in "AB"),
    )
    gan.compile()
    return gan


def feature_matching():
    """Feature matching with the authors' networks."""
    networks = zoo.networks.feature_matching
    gan = zoo.models.FeatureMatchingGAN(networks.generator(), networks.discriminator())
    gan.compile()
    return gan


def sgan():
    """The SGAN of the MNIST recipe."""
    shape = (28, 28, 1)
    generator = zoo.networks.dcgan.generator(shape, 64, base_channels=32)
    gan = zoo.models.SGAN(generator, zoo.networks.sgan.discriminator(shape), prior="normal", ema_decay=0.999)
    gan.compile()
    return gan


def torch_semi_supervised(name):
    """Function of a batch size to the double of a semi-supervised model."""

    def make(batch):
        import torch_semi_supervised as doubles

        return getattr(doubles, name)(batch)

    return make


def stylegan2_32():
    """The StyleGAN2 of the MNIST recipe, between two of its regularised steps."""
    shape, widths = (32, 32, 1), {"channel_base": 512, "channel_max": 64}
    networks = zoo.networks.style2
    gan = zoo.models.StyleGAN2(
        networks.mapping(64, style_dim=64, depth=2),
        networks.synthesis(shape, 64, **widths),
        networks.discriminator(shape, **widths),
        r1_interval=10**9,
        path_length_weight=0.0,
    )
    gan.compile()
    return gan


def progan32():
    """The ProGAN of the faces recipe in its last phase."""
    shape, widths = (32, 32, 3), {"channel_base": 512, "channel_max": 128}
    networks = zoo.networks.progressive
    gan = zoo.models.ProGAN(
        networks.generator(shape, 128, **widths), networks.discriminator(shape, **widths), phase_steps=0
    )
    gan.compile()
    return gan


def torch_styles(name, *arguments):
    """Function of a batch size to the double of a growing or style-based model."""

    def make(batch):
        import torch_styles as doubles

        return getattr(doubles, name)(*arguments, batch)

    return make


@dataclasses.dataclass(frozen=True)
class Subject:
    """What is timed: a model, the shape of its images, its double in PyTorch, the number of its classes."""

    make: Callable
    shape: tuple
    torch: Callable | None = None
    parts: int = 1  # of a batch, all of that shape
    classes: int = 0


SUBJECTS = {
    "dcgan64": Subject(lambda: dcgan(64, 3), (64, 64, 3), lambda batch: torch_dcgan(64, 3, batch)),
    "dcgan32": Subject(lambda: dcgan(32, 3), (32, 32, 3), lambda batch: torch_dcgan(32, 3, batch)),
    "gan_mnist": Subject(gan_mnist, (28, 28, 1)),
    "conditional_gan32": Subject(
        conditional_gan32, (32, 32, 1), torch_conditional("conditional_gan", 32, 1, 32, 16), classes=10
    ),
    "acgan32": Subject(acgan32, (32, 32, 1), torch_conditional("acgan", 32, 1, 32, 16), classes=10),
    "projection_gan32": Subject(
        projection_gan32, (32, 32, 3), torch_conditional("projection_gan", 32, 3, 128, 64, 5), classes=10
    ),
    "feature_matching": Subject(
        feature_matching, (28, 28, 1), torch_semi_supervised("feature_matching"), parts=2, classes=10
    ),
    "sgan": Subject(sgan, (28, 28, 1), torch_semi_supervised("sgan"), parts=2, classes=10),
    "stylegan2_32": Subject(stylegan2_32, (32, 32, 1), torch_styles("stylegan2", 32, 1, 512, 64, 64, 2)),
    "progan32": Subject(progan32, (32, 32, 3), torch_styles("progan", 32, 3, 512, 128, 128)),
    "pix2pix": Subject(
        pix2pix128, (128, 128, 3), lambda batch: torch_translation.pix2pix(128, 32, 7, 3, batch), parts=2
    ),
    "cyclegan": Subject(
        cyclegan64, (64, 64, 3), lambda batch: torch_translation.cyclegan(64, 32, 6, 3, batch), parts=2
    ),
}


def multiply_adds(network):
    """Floating-point operations of one forward pass of one sample, in convolutions and products: 2 per multiply-add."""
    total = 0
    for outer in network.layers:
        layer = getattr(outer, "layer", outer)  # Of a wrapper, such as spectral normalization.
        if isinstance(layer, keras.Model):
            total += multiply_adds(layer)
        kernel = getattr(layer, "kernel", None)
        if kernel is None:
            continue
        size = int(np.prod(kernel.shape))
        if isinstance(layer, (zoo.layers.MeanPoolConv2D, zoo.layers.UpsampleConv2D)):
            side = layer.kernel_size[0]
            size = size // side**2 * (side + 1) ** 2
        size = size // 9 * 16 if getattr(layer, "box", None) else size
        # In a transposed convolution each input pixel meets the whole kernel.
        doubling = getattr(layer, "box", None) == "up" or getattr(layer, "up", False)
        transposed = doubling or isinstance(layer, (keras.layers.Conv2DTranspose, zoo.layers.UpsampleConv2D))
        maps = keras.tree.flatten(outer.input)[0] if transposed else outer.output
        total += 2 * size * (int(np.prod(maps.shape[1:3])) if len(maps.shape) == 4 else 1)
    return total


def step_operations(gan):
    """Operations of one step for one image of the batch that `fit` takes.

    Backward costs twice a forward pass (gradients of weights and of inputs). The discriminator's update takes forward
    and backward on real and generated images, without the gradient of its first layer's input (left in: it is small);
    the generator's takes forward and, for inputs only, backward through the discriminator, and forward and backward of
    the generator, on one of the k batches of a step; where the discriminator has its own k batches of generated images,
    those are forward passes besides.
    """
    if isinstance(gan, zoo.models.CycleGAN):  # Each generator translates, closes a circle, and keeps its own domain.
        generators = multiply_adds(gan.generator_ab) + multiply_adds(gan.generator_ba)
        return 9 * generators + 8 * (multiply_adds(gan.discriminator_a) + multiply_adds(gan.discriminator_b))
    if isinstance(gan, zoo.models.FeatureMatchingGAN):  # Labelled, unlabelled and generated images, then the last two.
        return 3 * multiply_adds(gan.generator) + (3 * 3 + 3) * multiply_adds(gan.discriminator)
    if isinstance(gan, zoo.models.SGAN):  # Twice as many generated as labelled images, in both updates.
        return 8 * multiply_adds(gan.generator) + (3 * 4 + 4) * multiply_adds(gan.discriminator)
    if isinstance(gan, zoo.models.StyleGAN2):
        return 3 * (multiply_adds(gan.mapping) + multiply_adds(gan.synthesis)) + 8 * multiply_adds(gan.discriminator)
    if isinstance(gan, zoo.models.ProGAN):  # The penalty: a pass, its gradient, and both of these backwards.
        return 3 * multiply_adds(gan.generator) + (2 * 3 + 6 + 2) * multiply_adds(gan.discriminator)
    k = gan.batches_per_step
    apart = type(gan).__name__ in ("GAN", "ProjectionGAN")
    return (3 / k + apart) * multiply_adds(gan.generator) + (2 * 3 + 2 / k) * multiply_adds(gan.discriminator)


def tensorflow_step(subject, batch):
    """A function that trains one step of the model on a fixed batch."""
    gan = subject.make()
    data = tf.random.uniform((batch, *subject.shape), -1.0, 1.0)
    data = data if subject.parts == 1 else (data, -data)
    if subject.classes:
        labels = tf.range(batch) % subject.classes
        data = (data, labels) if subject.parts == 1 else (data[0], labels, data[1])
    step = tf.function(gan.train_step)
    return gan, lambda: step(data)["discriminator_loss"].numpy()


def peak():
    """Float32 operations per second of the largest matrix product, the best of ten."""
    a = tf.random.normal((MATRIX, MATRIX))
    product = tf.function(lambda: tf.reduce_sum(tf.matmul(a, a)))
    product().numpy()
    return max(2 * MATRIX**3 / seconds(lambda: product().numpy(), 1) for _ in range(10))


def seconds(function, repeats):
    """Seconds of one call, over several."""
    start = time.perf_counter()
    for _ in range(repeats):
        function()
    return (time.perf_counter() - start) / repeats


def spread(values):
    """Median, smallest and largest."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def torch_step(subject, batch):
    """The step in PyTorch, or None where it is not installed or the model has no double."""
    try:
        import torch  # noqa: F401
    except ImportError:
        return None
    return subject.torch(batch) if subject.torch else None


def measure(name, batch, rounds, steps):
    """All figures as a dict."""
    subject = SUBJECTS[name]
    gan, ours = tensorflow_step(subject, batch)
    theirs = torch_step(subject, batch)
    for function in filter(None, (ours, theirs)):
        seconds(function, 3)
    ours_rates, theirs_rates, ratios, peaks = [], [], [], []
    for _ in range(rounds):
        ours_rates.append(batch / seconds(ours, steps))
        peaks.append(peak())
        if theirs:
            theirs_rates.append(batch / seconds(theirs, steps))
            ratios.append(ours_rates[-1] / theirs_rates[-1])
    operations = step_operations(gan)
    shares = [rate * operations / top for rate, top in zip(ours_rates, peaks, strict=True)]
    result = {
        "model": name,
        "batch": batch,
        "rounds": rounds,
        "steps_per_round": steps,
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "tensorflow": tf.__version__,
        "images_per_second": spread(ours_rates),
        "gemm_peak_gflops": spread([top / 1e9 for top in peaks]),
        "gflop_per_image": operations / 1e9,
        "share_of_peak": spread(shares),
    }
    if theirs:
        import torch

        result |= {
            "torch": torch.__version__,
            "torch_images_per_second": spread(theirs_rates),
            "ratio_to_torch": spread(ratios),
        }
    return result


def main(argv=None):
    """Prints one line a figure; `--json` writes all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=sorted(SUBJECTS), default="dcgan64")
    parser.add_argument("--batch", type=int, default=64, help="images in a batch")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each library")
    parser.add_argument("--steps", type=int, default=5, help="steps in a turn")
    parser.add_argument("--json", help="file for all figures")
    arguments = parser.parse_args(argv)
    result = measure(arguments.model, arguments.batch, arguments.rounds, arguments.steps)
    for name, value in result.items():
        if isinstance(value, dict):
            value = f"{value['median']:.3g} (from {value['min']:.3g} to {value['max']:.3g})"
        print(f"{name:24} {value}")
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=2)


if __name__ == "__main__":
    main()
