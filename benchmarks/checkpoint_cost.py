"""What a checkpoint costs: seconds, megabytes, and the share of training time at the default interval.

    python benchmarks/checkpoint_cost.py                     # DCGAN 64x64, the paper's widths, with an average
    python benchmarks/checkpoint_cost.py --folder /mnt/runs  # on the disk that will hold the runs

Training waits while its whole state (networks, averages, both optimizers, running means) is copied, looked through for
non-finite values, written, checksummed and made durable. Median over the rounds, with the smallest and largest.
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

import tfgan_zoo as zoo  # noqa: E402
from tfgan_zoo.training.state import State  # noqa: E402


def build():
    """The model after a step, so that the moments of its optimizers are no longer zeros."""
    shape = (64, 64, 3)
    networks = zoo.networks.dcgan.generator(shape), zoo.networks.dcgan.discriminator(shape)
    gan = zoo.models.DCGAN(*networks, ema_decay=0.999)
    gan.compile()
    gan.fit(np.random.default_rng(0).uniform(-1.0, 1.0, (8, *shape)).astype("float32"), batch_size=8, verbose=0)
    return gan


def measure(gan, folder, rounds):
    """All figures as a dict."""
    state, checkpoints = State(gan.state, tf.distribute.get_strategy()), zoo.training.Checkpoints(folder)
    seconds = []
    for step in range(rounds):
        start = time.perf_counter()
        arrays = state.snapshot()
        for array in arrays.values():
            np.isfinite(array).all()
        path = checkpoints.save(step, arrays)
        seconds.append(time.perf_counter() - start)
    interval = zoo.training.Config.checkpoint_seconds
    median = statistics.median(seconds)
    return {
        "seconds": {"median": median, "min": min(seconds), "max": max(seconds)},
        "megabytes": path.stat().st_size / 1e6,
        "default_interval_seconds": interval,
        "share_of_training_time": median / (interval + median),
        "rounds": rounds,
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
    }


def main(argv=None):
    """Prints one line a figure; `--json` writes all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", help="where to write; a temporary folder by default")
    parser.add_argument("--rounds", type=int, default=15, help="checkpoints written")
    parser.add_argument("--json", help="file for all figures")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        result = measure(build(), folder, arguments.rounds)
    for name, value in result.items():
        print(f"{name:26} {value}")
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
