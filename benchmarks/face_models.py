"""Five generations of GANs on the same faces: GAN, DCGAN, ProGAN, StyleGAN and StyleGAN2, each in the same time.

    python benchmarks/face_models.py --data celeba64                       # five times 15 minutes
    python benchmarks/face_models.py --data folder/of/faces --minutes 60   # your own, in folders train and test
    python benchmarks/face_models.py --data sample_photos --features digits --minutes 1 --num_judged 90   # a trial

Every model has the networks and constants of its recipe, with a constant learning rate, because time and not a number
of steps ends its training; samples come from the average of its generator's weights. They are scored by the Fréchet
distance of the features of a small classifier that the command first trains on CIFAR-10 (an FID, but not of the
Inception network: such numbers compare with each other alone), and by the mean over levels of the sliced Wasserstein
distance, times 1000; both beside the floor, the score of as many other real images. Writes `strip.png`, a row of
samples, the first ones, for each model; and `scores.json`. The same command again trains the models that are still
missing. Two commands with different `--models` may fill one folder side by side, such as one on each core, once the
classifier is there.
"""

import argparse
import importlib.util
import json
import os
import pathlib
import platform
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras  # noqa: E402
import numpy as np  # noqa: E402

import tfgan_zoo as zoo  # noqa: E402

RECIPES = pathlib.Path(__file__).parents[1] / "recipes"
FOREVER = 10**9  # Steps of a learning rate that never begins to fall.
SHOWN = 10  # Samples of a row.

# The recipe of each model and what it is told besides the data.
MODELS = {
    "GAN": ("gan_mnist", {}),
    "DCGAN": ("dcgan_celeba64", {"steps": FOREVER, "learning_rate": 2e-4}),
    "ProGAN": ("progan_celeba64", {}),
    "StyleGAN": ("stylegan_celeba64", {}),
    "StyleGAN2": ("stylegan2_celeba64", {}),
}


class Deadline(keras.callbacks.Callback):
    """Ends training after so many seconds, which begin with it."""

    def __init__(self, seconds):
        super().__init__()
        self.seconds = seconds

    def on_train_begin(self, logs=None):
        self.begun = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self.model.stop_training = time.perf_counter() - self.begun >= self.seconds


# === Features ===


def classifier(shape, num_classes, width=32):
    """A small convolutional network, from images to (features, logits)."""
    images = keras.Input(shape)
    x = images
    for channels in (width, 2 * width, 4 * width):
        for strides in (1, 2):
            x = keras.layers.Conv2D(channels, 3, strides, padding="same", use_bias=False)(x)
            x = keras.layers.ReLU()(keras.layers.BatchNormalization()(x))
    features = keras.layers.GlobalAveragePooling2D(name="features")(x)
    logits = keras.layers.Dense(num_classes, name="logits")(keras.layers.Dropout(0.3)(features))
    return keras.Model(images, [features, logits])


def train_features(settings, path):
    """Trains the classifier, says how good it is, and keeps it."""
    keras.utils.set_random_seed(settings.seed)
    size = {"image_size": settings.image_size, "channels": 3, "labels": True}
    images, labels = zoo.data.arrays(settings.features, split="train", **size)
    held_out, answers = zoo.data.arrays(settings.features, split="test", **size)
    network = classifier(images.shape[1:], int(labels.max()) + 1)
    model = keras.Model(network.input, network.get_layer("logits").output)
    batches = zoo.data.images((images, labels), batch_size=64, labels=True, flip=True, seed=settings.seed)
    rate = keras.optimizers.schedules.CosineDecay(2e-3, settings.features_epochs * (len(images) // 64))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    model.fit(batches, epochs=settings.features_epochs, shuffle=False, verbose=2)
    accuracy = model.evaluate(held_out / np.float32(127.5) - 1.0, answers, batch_size=500, verbose=0)[1]
    network.save(path)
    return {"data": settings.features, "epochs": settings.features_epochs, "test_accuracy": accuracy}


# === Models ===


def recipe(name):
    """A recipe as a module."""
    spec = importlib.util.spec_from_file_location(name, RECIPES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def trained(name, settings):
    """A model after its time, and how it got there."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(settings.seed)
    module, options = recipe(MODELS[name][0]), dict(MODELS[name][1])
    if name in ("ProGAN", "StyleGAN"):
        options["phase_steps"] = settings.phase_steps
    images = {"data": settings.data, "image_size": settings.image_size, "channels": 3, "seed": settings.seed}
    config = module.Config(**images, **options)
    gan = module.build_model(config)
    batches = zoo.data.images(images.pop("data"), batch_size=config.batch_size, flip=True, repeat=True, **images)
    callbacks = [zoo.callbacks.NonFiniteGuard(), Deadline(60.0 * settings.minutes)]
    start = time.perf_counter()
    gan.fit(batches, steps_per_epoch=500, epochs=FOREVER, verbose=2, callbacks=callbacks)
    return gan, {
        "steps": int(gan.step_counter.numpy()),
        "batch_size": config.batch_size,
        "seconds": time.perf_counter() - start,
        "machine": f"{os.cpu_count()} cores, {platform.processor() or platform.machine()}",
    }


def drawn(gan, num, side):
    """Samples of a size in pixels: one that still grows when its time is up has its pixels repeated."""
    samples = gan.sample(num, seed=1)
    factor = side // samples.shape[1]
    return samples.repeat(factor, axis=1).repeat(factor, axis=2)


def scored(images, extractor, real, real_features):
    """Fréchet distance and mean sliced Wasserstein distance of images from as many real ones."""
    features = zoo.metrics.extract(extractor, images).features
    levels = zoo.metrics.sliced_wasserstein(real, images)
    return {
        "fid": zoo.metrics.frechet_distance(real_features, features),
        "sliced_wasserstein": float(np.mean(list(levels.values()))),
    }


# === The table ===


def opened(settings, path):
    """What is there already, or an empty table."""
    about = {key: value for key, value in vars(settings).items() if key not in ("models", "output")}
    table = json.loads(path.read_text()) if path.exists() else {"settings": about, "models": {}}
    if table["settings"] != about:
        raise ValueError(f"{path} was begun with {table['settings']}. Received: {about}. Pass another `--output`.")
    return table


def real_images(settings):
    """Images that no model trains on, and as many that all do."""
    size = {"image_size": settings.image_size, "channels": 3, "num": settings.num_judged, "seed": settings.seed}
    return [zoo.data.arrays(settings.data, split=split, **size) for split in (settings.test_split, "train")]


def fill(settings, folder):
    """Trains and scores the models that are missing; returns the table."""
    path, network = folder / "scores.json", folder / "features.keras"
    table = opened(settings, path)
    real, other = real_images(settings)
    if not network.exists():
        table["features"] = train_features(settings, network)
    extractor = zoo.metrics.features.Extractor(keras.models.load_model(network), name=settings.features)
    about_real = extractor, real, zoo.metrics.extract(extractor, real).features
    table["floor"] = scored(other, *about_real)
    path.write_text(json.dumps(table, indent=1))
    for name in settings.models:
        own = folder / f"{name}.json"
        if not own.exists():
            gan, about = trained(name, settings)
            samples = drawn(gan, len(real), settings.image_size)
            np.save(folder / f"{name}.npy", zoo.pictures.to_uint8(samples[:SHOWN]))
            own.write_text(json.dumps({**scored(samples, *about_real), **about}))
    # Read again, and a file for each model: another command may have added to the folder meanwhile.
    table = opened(settings, path)
    finished = {name: folder / f"{name}.json" for name in MODELS if (folder / f"{name}.json").exists()}
    table["models"] = {name: json.loads(own.read_text()) for name, own in finished.items()}
    path.write_text(json.dumps(table, indent=1))
    return table


def lines(table):
    """The table as lines of text."""
    rows = table["models"] | {"other real images": table["floor"]}
    return [f"{'':18} {'FID':>8} {'SWD':>7} {'steps':>7}"] + [
        f"{name:18} {row['fid']:8.2f} {row['sliced_wasserstein']:7.1f} {row.get('steps', ''):>7}"
        for name, row in rows.items()
    ]


def main(argv=None):
    """Trains, scores and draws."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="celeba64", help="name or folder of pictures, see tfgan_zoo.data.images")
    parser.add_argument("--test_split", default="test", help="part of the data that is never trained on")
    parser.add_argument("--models", type=lambda text: text.split(","), default=list(MODELS), help="which, by commas")
    parser.add_argument("--minutes", type=float, default=15.0, help="of training, for each model")
    parser.add_argument("--image_size", type=int, default=32, help="pixels")
    parser.add_argument("--phase_steps", type=int, default=800, help="of each phase but the last, of growing models")
    parser.add_argument("--num_judged", type=int, default=3000, help="images in the scores")
    parser.add_argument("--features", default="cifar10", help="labelled pictures that the features are learned from")
    parser.add_argument("--features_epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", default="runs/face_models", help="folder for strip and scores")
    settings = parser.parse_args(argv)
    unknown = set(settings.models) - set(MODELS)
    if unknown:
        parser.error(f"unknown models {sorted(unknown)}; there are {', '.join(MODELS)}")
    folder = pathlib.Path(settings.output)
    folder.mkdir(parents=True, exist_ok=True)
    table = fill(settings, folder)
    rows = {name: np.load(folder / f"{name}.npy") for name in MODELS if name in table["models"]}
    zoo.pictures.save_png(folder / "strip.png", zoo.pictures.sheet(list(rows.values()), row_labels=list(rows)))
    print("\n".join(lines(table)))


if __name__ == "__main__":
    main()
