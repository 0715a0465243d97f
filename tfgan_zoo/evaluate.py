"""Measure a generator against a data set: scores, and beside each the floor that real images reach.

    python -m tfgan_zoo.evaluate --export exported/dcgan_mnist --data mnist --split test \\
        --metrics fid,kid,prdc,is --num 10000 --features digits

evaluates an exported generator (a SavedModel folder or a `.tflite` file); `--images FOLDER` takes generated images
instead. The floor is the same score of other real images in place of the generated ones, at the same sample count: no
generator can be expected below it, and a difference smaller than it means nothing.
"""

import argparse
import dataclasses
import json
import pathlib
import sys
import time

import keras
import numpy as np

from tfgan_zoo import data as zoo_data
from tfgan_zoo import export
from tfgan_zoo.metrics import features, reference
from tfgan_zoo.metrics.images import to_uint8
from tfgan_zoo.metrics.scores import check_metrics, need_features, scores

CHUNK = 1000  # images drawn from a generator under one seed


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """Scores with everything that they depend on.

    Attributes:
        generator: what was measured.
        data: name or path of the real images.
        split: part of the data that serves as reference.
        floor_split: part of the data that stands in for the generated images in the floor.
        num: number of images on either side.
        image_shape: `(height, width, channels)`.
        extractor: name of the feature extractor.
        fingerprint: name, preparation and digest of the extractor's weights.
        seed: of the generated images and the subsets.
        scores: dict from name to value.
        floor: dict from name to the value of real images.
        seconds: time taken.
    """

    generator: str
    data: str
    split: str
    floor_split: str
    num: int
    image_shape: tuple[int, int, int]
    extractor: str
    fingerprint: str
    seed: int
    scores: dict[str, float]
    floor: dict[str, float]
    seconds: float

    def table(self):
        """Return the scores as a table for people."""
        height, width, channels = self.image_shape
        lines = [
            f"{self.generator}: {self.num} images of {height}x{width}x{channels}, seed {self.seed}, "
            f"against {self.data} ({self.split}), {self.extractor} features",
            f"{'score':<24}{'generated':>14}{'real (' + self.floor_split + ')':>20}",
        ]
        lines += [f"{name:<24}{value:>14.5g}{self.floor[name]:>20.5g}" for name, value in self.scores.items()]
        return "\n".join(lines)

    def json(self):
        """Return everything as JSON text."""
        return json.dumps(dataclasses.asdict(self), indent=2)


def evaluate(
    generator,
    data,
    *,
    split="test",
    floor_split=None,
    metrics=("fid", "kid"),
    num=10_000,
    extractor="digits",
    seed=0,
    image_size=None,
    batch_size=64,
    cache_dir=None,
    data_dir=None,
    verbose=0,
):
    """Return the scores of a generator and, beside each, the floor of real images.

    Args:
        generator: a model with `sample(num, seed=...)`; the path of an export or of a folder of images; or an array of
            images. A model is drawn from in chunks of 1000 under the seeds `1000000 * seed`, `1000000 * seed + 1`, ...
        data: real images, as `tfgan_zoo.data.arrays` takes them. They are brought to the generated images' size.
        split: part of the data to compare with.
        floor_split: part of the data that the floor compares with `split`. By default `"train"` for the split `"test"`
            and `"test"` for others of a named data set. The same name as `split` deals `2 * num` of its images
            into two halves; this is the default for folders, files and arrays.
        metrics: as in `tfgan_zoo.metrics.scores`.
        num: number of images on either side; part of every name.
        extractor: `"digits"`, or anything that `tfgan_zoo.metrics.as_extractor` takes.
        seed: of the generated images, the subset of real ones, and the subsets and splits of scores.
        image_size: side in pixels to which a folder of generated images is resized; its own by default.
        batch_size: images per call of the extractor.
        cache_dir: folder of reference statistics, see `tfgan_zoo.metrics.reference_features`.
        data_dir: as in `tfgan_zoo.data.arrays`.
        verbose: 1 shows progress.

    Returns:
        `Evaluation`.

    Raises:
        ValueError: if an argument is out of range or there are too few images; the message says what to do.

    Example:

    >>> digits = tfgan_zoo.data.arrays("digits", split="train", num=200)
    >>> result = tfgan_zoo.evaluate.evaluate(digits, "digits", metrics=["fid"], num=200)
    >>> sorted(result.scores) == sorted(result.floor) == ["fid_200"]
    True
    """
    started = time.perf_counter()
    check_metrics(metrics)
    _check_count("num", num, 2)
    extractor = features.as_extractor(extractor)
    source = _Source(generator, num, seed, image_size, lambda: _num_classes(data, split, data_dir))
    floor_split = floor_split or _other_split(data, split)
    real, other = _real(data, split, floor_split, num, seed, source.image_shape, data_dir)
    real, other = (
        _reference(extractor, images, metrics, _name(data), name, cache_dir)
        for images, name in ((real, split), (other, floor_split))
    )
    collect = features.extract if need_features(metrics) else features.extract_moments
    drawn = source.batches(batch_size, "Measuring generated images" if verbose else None)
    fake = collect(extractor, drawn)
    return Evaluation(
        generator=_name(generator),
        data=_name(data),
        split=split,
        floor_split=floor_split,
        num=num,
        image_shape=source.image_shape,
        extractor=extractor.name,
        fingerprint=extractor.fingerprint,
        seed=seed,
        scores=scores(real, fake, metrics, seed=seed),
        floor=scores(real, other, metrics, seed=seed),
        seconds=round(time.perf_counter() - started, 1),
    )


class _Source:
    """Generated images, whatever they come from, a chunk at a time."""

    def __init__(self, generator, num, seed, image_size, num_classes):
        self.num = num
        self.seed = seed
        self.images = None
        if hasattr(generator, "sample"):
            self.generator = generator
        elif isinstance(generator, (str, pathlib.Path)) and _is_export(pathlib.Path(generator)):
            self.generator = export.open(generator)
        else:
            self.images = to_uint8(zoo_data.arrays(generator, num=num, seed=seed, image_size=image_size))
        self.labels = self._label_count(num_classes)
        self.image_shape = tuple(int(size) for size in self._chunk(0, 1).shape[1:])

    def batches(self, batch_size, title):
        """Yield uint8 batches of all `num` images, under a progress bar if there is a title."""
        bar = keras.utils.Progbar(self.num, unit_name="image") if title else None
        if title:
            print(title, file=sys.stderr)
        for start in range(0, self.num, CHUNK):
            for batch in features.batches(self._chunk(start, min(CHUNK, self.num - start)), batch_size):
                yield batch
                if bar:
                    bar.add(len(batch))

    def _chunk(self, start, count):
        if self.images is not None:
            return self.images[start : start + count]
        seed = 1_000_000 * self.seed + start // CHUNK
        label = {"label": (start + np.arange(count)) % self.labels} if self.labels else {}
        return to_uint8(self.generator.sample(count, seed=seed, **label))

    def _label_count(self, num_classes):
        """Number of classes of an export that has to be told its labels, else 0."""
        if self.images is not None or not isinstance(self.generator, export.ExportedGenerator):
            return 0
        wanted = "label" in self.generator.card["signatures"]["serving_default"]["inputs"]
        return num_classes() if wanted else 0


def _check_count(name, value, minimum):
    """Raise `ValueError` unless `value` is an int of at least `minimum`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < minimum:
        raise ValueError(f"`{name}` must be an int >= {minimum}. Received: `{name}={value!r}`.")


def _is_export(path):
    if path.suffix == ".tflite":
        return True
    return path.is_dir() and any(path.glob("**/saved_model.pb"))


def _num_classes(data, split, data_dir):
    count = zoo_data.describe(data, split=split, data_dir=data_dir).num_classes
    if not count:
        raise ValueError(
            f"`data` must have classes, because the exported generator takes labels. Received: `data={_name(data)!r}`."
        )
    return count


def _name(value):
    """What a report calls a generator or a data set."""
    if isinstance(value, (str, pathlib.Path)):
        return str(value)
    return f"array of {len(value)} images" if isinstance(value, np.ndarray) else type(value).__name__


def _other_split(data, split):
    if not isinstance(data, str) or pathlib.Path(data).exists():
        return split
    return "train" if split == "test" else "test"


def _real(data, split, floor_split, num, seed, image_shape, data_dir):
    """Return the reference images and those of the floor, uint8, in the size and channels of the generated ones."""
    options = {"image_size": image_shape[:2], "channels": image_shape[2], "seed": seed, "data_dir": data_dir}
    if floor_split != split:
        return tuple(zoo_data.arrays(data, split=part, num=num, **options) for part in (split, floor_split))
    available = zoo_data.describe(data, split=split, data_dir=data_dir).num_images
    if available < 2 * num:
        raise ValueError(
            f"`num` must be at most half of the images, because the floor compares two halves of {_name(data)} "
            f"({split}); lower it or name another `floor_split`. Received: `num={num}` with {available} images."
        )
    both = zoo_data.arrays(data, split=split, num=2 * num, **options)
    order = np.random.default_rng(seed).permutation(2 * num)
    return both[order[:num]], both[order[num:]]


def _reference(extractor, images, metrics, name, split, cache_dir):
    collect = reference.reference_features if need_features(metrics) else reference.reference_moments
    return collect(extractor, images, dataset=name, split=split, cache_dir=cache_dir)


def main(arguments=None):
    """Evaluate from the command line: a table on the screen, JSON on the screen or in a file."""
    options = _parser().parse_args(arguments)
    extractor = features.inception(options.weights) if options.features == "inception" else options.features
    result = evaluate(
        options.export or options.images,
        options.data,
        split=options.split,
        floor_split=options.floor_split,
        metrics=options.metrics.split(","),
        num=options.num,
        extractor=extractor,
        seed=options.seed,
        image_size=options.image_size,
        batch_size=options.batch_size,
        cache_dir=options.cache_dir,
        data_dir=options.data_dir,
        verbose=1,
    )
    print(result.table())
    if options.json:
        pathlib.Path(options.json).write_text(result.json() + "\n", encoding="utf-8")
    else:
        print(result.json())


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m tfgan_zoo.evaluate",
        description=__doc__.split("\n")[0],
        epilog="example: python -m tfgan_zoo.evaluate --export exported/dcgan_mnist --data mnist --split test "
        "--metrics fid,kid,prdc,is --num 10000 --features digits",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--export", metavar="PATH", help="exported generator: folder of versions, version or .tflite file"
    )
    what.add_argument("--images", metavar="PATH", help="generated images: a folder, .npy or .npz")
    parser.add_argument("--data", required=True, metavar="NAME|PATH", help="real images, as in tfgan_zoo.data")
    parser.add_argument("--split", default="test", help="part of the data to compare with (default: test)")
    parser.add_argument("--floor_split", help="part of the data for the floor (default: the other of train and test)")
    parser.add_argument("--metrics", default="fid,kid", help="fid, kid, prdc, is, nn; separated by commas")
    parser.add_argument("--num", type=int, default=10_000, metavar="IMAGES", help="on either side (default: 10000)")
    parser.add_argument("--features", default="digits", choices=["digits", "inception"], help="feature extractor")
    parser.add_argument("--weights", metavar="PATH", help="Inception weights, .pth or .npz (default: download)")
    parser.add_argument("--seed", type=int, default=0, help="of generated images, subsets and splits")
    parser.add_argument("--image_size", type=int, metavar="PIXELS", help="size to which --images are resized")
    parser.add_argument("--batch_size", type=int, default=64, metavar="IMAGES")
    parser.add_argument("--json", metavar="FILE", help="write the JSON there instead of on the screen")
    parser.add_argument("--cache_dir", metavar="FOLDER", help="of reference statistics")
    parser.add_argument("--data_dir", metavar="FOLDER", help="of prepared TensorFlow Datasets")
    return parser


if __name__ == "__main__":
    main()
