"""The lecture's table: how well MNIST is classified from few labels, and how much unlabelled images add.

    python benchmarks/semi_supervised_mnist.py --labels 1000,100,50,25 --seeds 3      # the whole table
    python benchmarks/semi_supervised_mnist.py --labels 100 --seeds 1 --methods feature_matching --steps 60000 \
        --curve 3000 --json curve.json                                                # one long run and its curve
    python benchmarks/semi_supervised_mnist.py --converge sheets                      # SGAN and GAN after two epochs

For each number of labels and each seed the same balanced labelled subset goes to a supervised CNN, to SGAN and to
FeatureMatchingGAN, and all are judged by their last weights on the whole test split. The CNN is SGAN's discriminator
without its output for generated images. It alone sees its images shifted, turned and scaled, has an average of weights
too, and stops at the number of steps that does best in cross-validation on the labelled images; then it learns from all
of them. No test label chooses anything. Every finished cell is written to the JSON file, with the constants that made
it, and the same command again goes on with the next.
"""

import argparse
import concurrent.futures
import functools
import json
import math
import multiprocessing
import os
import pathlib
import platform
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

import tfgan_zoo as zoo  # noqa: E402
from tfgan_zoo.models.sgan import log_odds  # noqa: E402

# Accuracies that the lecture gives, by number of labels.
LECTURE = {
    "cnn": {1000: 0.965, 100: 0.895, 50: 0.859, 25: 0.750},
    "sgan": {1000: 0.964, 100: 0.928, 50: 0.883, 25: 0.802},
}
NAMES = {"cnn": "CNN", "sgan": "SGAN", "feature_matching": "FeatureMatchingGAN"}
# The CNN's constants were chosen by training images and other labelled subsets.
CNN_DROPOUT, CNN_EMA_DECAY = 0.5, 0.99
CNN_SHIFT, CNN_TURN, CNN_ZOOM = 0.07, 15.0, 0.1  # Largest share of the side, degrees and share, either way.
CNN_EPOCH, CNN_EPOCHS = 25, 60  # Steps between two looks at the held-out images, and how many.
CNN_FOLDS = 5  # Parts of the labelled images, each of which is held out once, or as many as the rarest class has.
SGAN_BATCH, MATCHING_BATCH = 32, 100  # Labelled, and as many unlabelled images of a step.


class Data:
    """The images of a source: floats in [-1, 1] and labels by split, and levels to make batches of."""

    def __init__(self, name, image_size):
        size = {"image_size": image_size, "channels": 1, "labels": True}
        self.levels = {split: zoo.data.arrays(name, split=split, **size) for split in ("train", "test")}
        self.floats = {k: (x.astype("float32") / 127.5 - 1.0, y) for k, (x, y) in self.levels.items()}
        self.shape = (image_size, image_size, 1)
        self.num_classes = int(self.levels["train"][1].max()) + 1

    def subset(self, num_labels, seed):
        """Labelled images and their labels: those that `batches` labels too."""
        images, labels = self.floats["train"]
        chosen = zoo.data.balanced_subset(labels, num_labels, num_classes=self.num_classes, seed=seed)
        return images[chosen], labels[chosen]

    def batches(self, num_labels, seed, batch_size):
        """Endless semi-supervised batches."""
        options = {"num_labels": num_labels, "label_seed": seed, "seed": seed, "batch_size": batch_size}
        return zoo.data.semi_supervised(self.levels["train"], repeat=True, **options)


# === The three methods: functions of data, number of labels, seed and arguments to what is noted of them ===


def cnn(data, num_labels, seed, arguments):
    """The supervised baseline."""
    images, labels = data.subset(num_labels, seed)
    held_out_accuracy, epochs = _cross_validated(data, images, labels)
    model = _classifier(data)
    _fit_supervised(model, images, labels, epochs)
    accuracy = model.evaluate(*data.floats["test"], batch_size=500, verbose=0)[1]
    return {"accuracy": accuracy, "steps": epochs * CNN_EPOCH, "held_out_accuracy": held_out_accuracy}


def _folds(labels):
    """Indices of the images that each part holds out, of every class as many as can be."""
    count = min(CNN_FOLDS, int(np.bincount(labels).min()))
    if count < 2:
        raise ValueError(
            "`labels` must leave at least two labelled images of each class, one to learn from and one to hold out. "
            f"Received: {len(labels)} labelled images of {len(np.bincount(labels))} classes."
        )
    # Ranked by class: so every part gets its share of each.
    order = np.argsort(labels, kind="stable")
    return (np.sort(order[first::count]) for first in range(count))


def _cross_validated(data, images, labels):
    """Largest held-out accuracy, averaged over the parts, and the largest number of epochs that led there."""
    accuracies = []
    for held in _folds(labels):
        kept = np.setdiff1d(np.arange(len(labels)), held)
        options = {"validation_data": (images[held], labels[held])}
        history = _fit_supervised(_classifier(data), images[kept], labels[kept], CNN_EPOCHS, **options)
        accuracies.append(history.history["val_accuracy"])
    mean = np.mean(accuracies, axis=0)
    return float(mean.max()), int(np.flatnonzero(mean == mean.max())[-1]) + 1


def _classifier(data):
    body = zoo.networks.sgan.discriminator(data.shape, data.num_classes, dropout=CNN_DROPOUT)
    model = keras.Model(body.input, body.output[:, : data.num_classes])
    optimizer = keras.optimizers.Adam(1e-3, use_ema=True, ema_momentum=CNN_EMA_DECAY)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, metrics=["accuracy"], steps_per_execution=CNN_EPOCH)
    return model


def _fit_supervised(model, images, labels, epochs, **options):
    fill = {"fill_mode": "constant", "fill_value": -1.0}
    augment = keras.Sequential(
        [
            keras.layers.RandomTranslation(CNN_SHIFT, CNN_SHIFT, **fill),
            keras.layers.RandomRotation(CNN_TURN / 360.0, **fill),
            keras.layers.RandomZoom(CNN_ZOOM, **fill),
        ]
    )
    dataset = tf.data.Dataset.from_tensor_slices((images, labels)).cache().repeat().shuffle(4 * len(images))
    dataset = dataset.batch(min(32, len(images))).map(lambda images, labels: (augment(images, training=True), labels))
    quiet = tf.data.Options()
    quiet.autotune.enabled = False  # Its thread can let `fit` hang, as `tfgan_zoo.data` tells.
    dataset = dataset.prefetch(2).with_options(quiet)
    options["callbacks"] = [keras.callbacks.SwapEMAWeights()]  # The average is judged, and stays at the end.
    return model.fit(dataset, epochs=epochs, steps_per_epoch=CNN_EPOCH, shuffle=False, verbose=0, **options)


def sgan(data, num_labels, seed, arguments):
    """Algorithm 1 of SGAN with an average of its weights."""
    gan = zoo.models.SGAN(
        zoo.networks.dcgan.generator(data.shape, 64, base_channels=32),
        zoo.networks.sgan.discriminator(data.shape, data.num_classes),
        prior="normal",
        seed=seed,
        ema_decay=0.999,
    )
    return _train(gan, data, num_labels, seed, _sgan_constants(arguments))


def feature_matching(data, num_labels, seed, arguments):
    """Feature matching with the authors' networks, and Adam's constants for fewer steps, as in its recipe."""
    examples = data.floats["train"][0][:500]
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(arguments.precision)
    try:
        gan = zoo.models.FeatureMatchingGAN(
            zoo.networks.feature_matching.generator(data.shape),
            zoo.networks.feature_matching.discriminator(data.shape, data.num_classes, examples=examples),
            seed=seed,
        )
    finally:
        keras.config.set_dtype_policy(before)
    return _train(gan, data, num_labels, seed, _matching_constants(arguments))


def _train(gan, data, num_labels, seed, constants):
    steps, report = constants["steps"], constants["curve"] or constants["steps"]
    gan.compile(*_optimizers(constants), steps_per_execution=math.gcd(50, report))
    judge = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: curve.append(_judged(gan, data)))
    curve, callbacks = [], [zoo.callbacks.NonFiniteGuard(), judge]
    batches = data.batches(num_labels, seed, constants["batch_size"])
    gan.fit(batches, epochs=steps // report, steps_per_epoch=report, verbose=0, callbacks=callbacks)
    return {"accuracy": curve[-1][1], "steps": steps, "curve": curve}


def _optimizers(constants):
    """Both players', or none for the model's own."""
    if "learning_rate" not in constants:
        return []
    steps = constants["steps"]
    rate = zoo.training.LinearDecay(constants["learning_rate"], begin=steps // 2, end=steps + 1)
    return [keras.optimizers.Adam(rate, beta_1=0.5, beta_2=constants["beta_2"]) for _ in range(2)]


def _judged(gan, data):
    accuracy = gan.evaluate(*data.floats["test"], batch_size=500, return_dict=True, verbose=0)["accuracy"]
    return int(gan.step_counter.numpy()), accuracy


METHODS = {"cnn": cnn, "sgan": sgan, "feature_matching": feature_matching}


# === What each method's cells are made with, besides the data ===


def _cnn_constants(arguments):
    augmentation = {"shift": CNN_SHIFT, "turn": CNN_TURN, "zoom": CNN_ZOOM}
    training = {"dropout": CNN_DROPOUT, "ema_decay": CNN_EMA_DECAY, "epoch": CNN_EPOCH, "epochs": CNN_EPOCHS}
    return {**training, **augmentation, "folds": CNN_FOLDS}


def _sgan_constants(arguments):
    constants = {"steps": arguments.sgan_steps, "batch_size": SGAN_BATCH, "learning_rate": 1e-3, "beta_2": 0.999}
    return {**constants, "curve": arguments.curve}


def _matching_constants(arguments):
    adam = {"adam": "authors"} if arguments.authors_adam else {"learning_rate": 1e-3, "beta_2": 0.99}
    constants = {"steps": arguments.steps, "batch_size": MATCHING_BATCH, **adam}
    return {**constants, "precision": arguments.precision, "curve": arguments.curve}


CONSTANTS = {"cnn": _cnn_constants, "sgan": _sgan_constants, "feature_matching": _matching_constants}


# === The table ===


def fill(path, arguments):
    """Computes the missing cells, `arguments.processes` at a time, and notes each; returns all by their names."""
    cells = json.loads(path.read_text()) if path.exists() else {}
    methods, labels, seeds = arguments.methods, arguments.labels, range(arguments.seeds)
    wanted = {f"{m}/{n}/{seed}": (m, n, seed) for seed in seeds for n in labels for m in methods}
    settings = {name: _settings(method, arguments) for name, (method, _, _) in wanted.items()}
    for name in wanted:
        if name in cells and cells[name]["settings"] != settings[name]:
            made = f"{path} holds {name} of {cells[name]['settings']}."
            raise ValueError(f"{made} Received: {settings[name]}. Pass another `--json`.")
    missing = {name: which for name, which in wanted.items() if name not in cells}
    for name, cell in _computed(missing, arguments):
        cells[name] = {"settings": settings[name], **cell}
        _write(path, cells)
        print(f"{name:30} {cell['accuracy']:.4f}", flush=True)
    return cells


def _computed(missing, arguments):
    """Names of cells and what was found, as they come."""
    if arguments.processes == 1:
        yield from ((name, _cell(*which, arguments)) for name, which in missing.items())
        return
    threads = max(1, os.cpu_count() // arguments.processes)
    # Spawned, since TensorFlow does not survive a fork; so each reads the images, which takes a second or two.
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(
        arguments.processes, context, initializer=_use_threads, initargs=(threads,)
    ) as pool:
        running = {pool.submit(_cell, *which, arguments): name for name, which in missing.items()}
        try:
            yield from ((running[done], done.result()) for done in concurrent.futures.as_completed(running))
        finally:  # Not the rest of the table, if one of its cells fails or the user has had enough.
            pool.shutdown(wait=False, cancel_futures=True)


def _use_threads(number):
    tf.config.threading.set_intra_op_parallelism_threads(number)
    tf.config.threading.set_inter_op_parallelism_threads(number)


def _settings(method, arguments):
    """What a cell depends on besides its number of labels and its seed."""
    return {"data": arguments.data, "image_size": arguments.image_size, **CONSTANTS[method](arguments)}


def _cell(method, num_labels, seed, arguments):
    data = _data(arguments.data, arguments.image_size)
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    start = time.perf_counter()
    found = METHODS[method](data, num_labels, seed, arguments)
    machine = f"{os.cpu_count()} cores, {platform.processor() or platform.machine()}, {arguments.processes} processes"
    return {**found, "seconds": time.perf_counter() - start, "machine": machine, "tensorflow": tf.__version__}


@functools.cache  # Read once in each process.
def _data(name, image_size):
    return Data(name, image_size)


def _write(path, cells):
    part = path.with_suffix(".part")
    part.write_text(json.dumps(cells, indent=1))
    os.replace(part, path)


def lines(cells, labels, methods, seeds):
    """The table as lines of text, the lecture's columns beside ours."""
    columns = [name for method in methods for name in ([f"lecture {NAMES[method]}"] if method in LECTURE else [])]
    heads = ["labels", *columns, *(f"{NAMES[method]} (seconds)" for method in methods)]
    rows = [heads]
    for num in labels:
        theirs = [f"{LECTURE[m][num]:.3f}" if num in LECTURE[m] else "" for m in methods if m in LECTURE]
        rows.append([str(num), *theirs, *(_summary(cells, method, num, seeds) for method in methods)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows]


def _summary(cells, method, num_labels, seeds):
    """Mean and standard deviation of the accuracy over the seeds, and mean seconds."""
    found = [cells[f"{method}/{num_labels}/{seed}"] for seed in range(seeds)]
    accuracies = [cell["accuracy"] for cell in found]
    spread = f" +- {statistics.stdev(accuracies):.4f}" if len(found) > 1 else ""
    return f"{statistics.mean(accuracies):.4f}{spread} ({statistics.mean(cell['seconds'] for cell in found):.0f})"


# === SGAN converges faster than GAN? ===


def converge(folder, data, epochs):
    """Sheets and digit-FID of SGAN and of GAN after the same images, with the same networks; SGAN knows all labels."""
    steps = epochs * len(data.floats["train"][0]) // (2 * SGAN_BATCH)
    digits = zoo.metrics.features.digits()
    real = zoo.metrics.extract(digits, data.levels["test"][0])
    results = {}
    for name in ("sgan", "gan"):
        keras.utils.set_random_seed(0)
        gan, batches = _contender(name, data)
        gan.fit(batches, steps_per_epoch=steps, verbose=0)
        fake = zoo.metrics.extract(digits, gan.sample(len(data.levels["test"][0]), seed=1))
        (fid,) = zoo.metrics.scores(real, fake, ("fid",)).values()  # Its name tells the number of samples.
        results[name] = {"steps": steps, "samples": len(data.levels["test"][0]), "fid": fid}
        zoo.pictures.save_png(folder / f"{name}.png", zoo.pictures.grid(gan.sample(64)))
    (folder / "scores.json").write_text(json.dumps(results, indent=1))
    return results


def _contender(name, data):
    body = zoo.networks.sgan.discriminator(data.shape, data.num_classes)
    generator = zoo.networks.dcgan.generator(data.shape, 64, base_channels=32)
    if name == "sgan":
        gan = zoo.models.SGAN(generator, body, prior="normal")
        batches = data.batches(_all_labels(data), 0, SGAN_BATCH)
    else:
        odds = keras.layers.Lambda(lambda logits: log_odds(logits)[:, None], output_shape=(1,))(body.output)
        gan = zoo.models.GAN(generator, keras.Model(body.input, odds), prior="normal")
        batches = zoo.data.images(data.levels["train"][0], batch_size=2 * SGAN_BATCH, repeat=True)
    gan.compile(*(keras.optimizers.Adam(1e-3, beta_1=0.5) for _ in range(2)))
    return gan, batches


def _all_labels(data):
    """The size of the largest balanced subset."""
    return int(np.bincount(data.levels["train"][1]).min()) * data.num_classes


def parsed(argv):
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    numbers = lambda text: [int(number) for number in text.split(",")]  # noqa: E731
    parser.add_argument("--labels", type=numbers, default=[1000, 100, 50, 25], help="numbers of labelled images")
    parser.add_argument("--seeds", type=int, default=3, help="labelled subsets, of seeds 0, 1 and so on")
    parser.add_argument("--methods", type=lambda text: text.split(","), default=list(METHODS), help="columns")
    parser.add_argument("--steps", type=int, default=30000, help="of FeatureMatchingGAN")
    parser.add_argument(
        "--authors_adam",
        action="store_true",
        help="FeatureMatchingGAN with its authors' Adam, rate 0.003 to the end, for their 180000 steps",
    )
    parser.add_argument("--sgan_steps", type=int, default=4000, help="of SGAN")
    parser.add_argument("--precision", default="mixed_bfloat16", help="Keras dtype policy of FeatureMatchingGAN")
    parser.add_argument("--curve", type=int, default=0, help="steps between two points of a curve; 0 for none")
    parser.add_argument("--data", default="mnist", help="source of images with labels, see tfgan_zoo.data.images")
    parser.add_argument("--image_size", type=int, default=28, help="pixels")
    parser.add_argument("--processes", type=int, default=1, help="cells at a time, each with its share of the cores")
    parser.add_argument("--json", type=pathlib.Path, default="semi_supervised_mnist.json", help="file of the cells")
    parser.add_argument("--converge", type=pathlib.Path, metavar="FOLDER", help="compare SGAN with GAN instead")
    parser.add_argument("--epochs", type=int, default=2, help="of that comparison")
    arguments = parser.parse_args(argv)
    unknown = set(arguments.methods) - set(METHODS)
    if unknown:
        parser.error(f"unknown methods {sorted(unknown)}; there are {', '.join(METHODS)}")
    if arguments.processes < 1:
        parser.error(f"--processes must be at least 1; received {arguments.processes}")
    steps = {"feature_matching": ("--steps", arguments.steps), "sgan": ("--sgan_steps", arguments.sgan_steps)}
    for flag, number in (steps[method] for method in arguments.methods if method in steps):
        if arguments.curve and number % arguments.curve:
            parser.error(f"--curve must divide {flag}; received --curve {arguments.curve} and {flag} {number}")
    return arguments


def main(argv=None):
    """Fills and prints the table, or compares SGAN with GAN."""
    arguments = parsed(argv)
    if arguments.converge:
        data = _data(arguments.data, arguments.image_size)
        arguments.converge.mkdir(parents=True, exist_ok=True)
        for name, result in converge(arguments.converge, data, arguments.epochs).items():
            print(f"{NAMES.get(name, 'GAN'):5} after {result['steps']} steps: digit-FID {result['fid']:.2f}")
        return
    cells = fill(arguments.json, arguments)
    print("\n".join(lines(cells, arguments.labels, arguments.methods, arguments.seeds)))


if __name__ == "__main__":
    main()
