"""Time and memory of the expensive metrics on random features, each in a process of its own.

    python benchmarks/metric_costs.py

Prints one JSON line a measurement (`cpu_seconds` is the sum over threads, for machines that do other work
besides): precision/recall/density/coverage of 10,000 x 10,000 samples and the kernel distance of 10,000 at
2048 dimensions, and the Fréchet distance of streams of different length, whose peak memory must not depend on
the length. 2 cores, about 3 minutes.
"""

import argparse
import json
import resource
import subprocess
import sys
import time

import numpy as np

DIMENSIONS = 2048
BATCH = 500


def features(count, seed):
    """Return float32 features of about unit scale, at least zero as after a ReLU."""
    return np.maximum(np.random.default_rng(seed).standard_normal((count, DIMENSIONS), np.float32), 0)


def measure_prdc(count):
    """Precision, recall, density and coverage in one pass."""
    from tfgan_zoo.metrics import prdc

    return prdc, (features(count, 0), features(count, 1))


def measure_kid(count):
    """Kernel distance with 100 subsets of 1000."""
    from tfgan_zoo.metrics import kernel_distance

    return kernel_distance, (features(count, 0), features(count, 1))


def measure_fid_stream(count):
    """Fréchet distance of `count` streamed features against `BATCH` others."""
    from tfgan_zoo.metrics import Moments, frechet_distance

    def stream():
        real, fake = Moments(DIMENSIONS), Moments.of(features(4 * BATCH, 0))
        for start in range(0, count, BATCH):
            real.add(features(BATCH, start))
        return frechet_distance(real, fake)

    return stream, ()


MEASUREMENTS = {"prdc": measure_prdc, "kid": measure_kid, "fid_stream": measure_fid_stream}


def run(name, count):
    """Measure one and print its JSON line; memory is the peak of the process."""
    function, arguments = MEASUREMENTS[name](count)
    started, worked = time.perf_counter(), time.process_time()
    function(*arguments)
    record = {
        "name": name,
        "count": count,
        "seconds": round(time.perf_counter() - started, 1),
        "cpu_seconds": round(time.process_time() - worked, 1),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    print(json.dumps(record), flush=True)


def main():
    """Run every measurement in its own process, or the one that is named."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", choices=MEASUREMENTS)
    parser.add_argument("--count", type=int, default=10_000)
    options = parser.parse_args()
    if options.only:
        return run(options.only, options.count)
    for name, count in (("prdc", 10_000), ("kid", 10_000), ("fid_stream", 5_000), ("fid_stream", 50_000)):
        subprocess.run([sys.executable, __file__, "--only", name, "--count", str(count)], check=True)
    return None


if __name__ == "__main__":
    main()
