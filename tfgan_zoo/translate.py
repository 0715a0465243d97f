"""Translates pictures with an exported model.

    python -m tfgan_zoo.translate --export exported/pix2pix_facades --input photo.jpg --output out/
    python -m tfgan_zoo.translate --export exported/pix2pix_facades/1/pix2pix_facades_int8.tflite --input drawings/ \\
        --output out/

`--export` is a folder that `tfgan_zoo.export.translator` wrote, or a `.tflite` file in it; no training code takes part.
`--input` is a picture (PNG, JPEG, WebP, BMP, GIF), or a folder of them with its sub-folders, of any sizes: the results
have the sizes of the inputs. A drawing made by hand in the colours of a label map is a picture like any other. For
every input `<name>.png` appears in the output folder, under the input's sub-folder if it has one.
"""

import argparse
import pathlib
import sys

import numpy as np

from tfgan_zoo import export, pictures
from tfgan_zoo.data.preprocessing import convert_channels, resize
from tfgan_zoo.data.sources import UndecodableImageError
from tfgan_zoo.data.sources.folder import IMAGE_SUFFIXES, read_image

__all__ = ["main"]


def find_pictures(path):
    """The pictures to translate, and the folder that their places in the output are relative to."""
    if path.is_file():
        return [path], path.parent
    if not path.is_dir():
        raise ValueError(f"`--input` must be a picture or a folder. Received: `{path}`, which does not exist.")
    found = sorted(p for p in path.rglob("*") if p.suffix.lower() in IMAGE_SUFFIXES and not p.name.startswith("."))
    if not found:
        raise ValueError(f"There are no pictures in `--input {path}`: looked for {', '.join(IMAGE_SUFFIXES)}.")
    return found, path


def targets(found, root, output):
    """Where each result goes; refuses pictures that would overwrite each other's."""
    places = [output / path.relative_to(root).with_suffix(".png") for path in found]
    seen = {}
    for path, place in zip(found, places, strict=True):
        if seen.setdefault(place, path) != path:
            raise ValueError(f"`{seen[place]}` and `{path}` would both become `{place}`. Rename one of them.")
        if place.resolve() == path.resolve():
            raise ValueError(f"`--output` must be another folder than `--input`, or `{path}` would be overwritten.")
    return places


def translated(model, path, max_side):
    """One picture, read, translated and as uint8; a picture longer than `max_side` pixels is shrunk first."""
    levels = convert_channels(read_image(path), model.channels)
    longest = max(levels.shape[:2])
    if max_side and longest > max_side:
        levels = resize(levels, tuple(max(1, round(side * max_side / longest)) for side in levels.shape[:2]))
    return pictures.to_uint8(model.translate(levels.astype(np.float32) / 127.5 - 1.0))


def run(arguments):
    """Translates everything; returns the number of pictures that could not be read."""
    from tqdm import tqdm

    found, root = find_pictures(pathlib.Path(arguments.input).expanduser())
    places = targets(found, root, pathlib.Path(arguments.output).expanduser())
    model = export.open(arguments.export)
    if not hasattr(model, "translate"):
        raise ValueError(
            f"`--export` must be an exported translator. Received: `{arguments.export}`, which holds a "
            f"{model.card['model']} that makes images from latent vectors."
        )
    failed = 0
    for path, place in tqdm(list(zip(found, places, strict=True)), unit=" pictures", disable=None):
        try:
            pictures.save_png(place, translated(model, path, arguments.max_side))
        except UndecodableImageError as error:
            failed += 1
            print(f"Left out: {error}", file=sys.stderr)
    print(f"Translated {len(found) - failed} pictures into {arguments.output}.")
    return failed


def main(argv=None):
    """The command line; returns its exit code: 1 if a picture could not be read, else 0."""
    parser = argparse.ArgumentParser(
        prog="python -m tfgan_zoo.translate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--export", required=True, help="exported folder, or a .tflite file in one")
    parser.add_argument("--input", required=True, help="a picture or a folder of pictures")
    parser.add_argument("--output", required=True, help="folder for the results")
    parser.add_argument(
        "--max_side", type=int, default=1024, help="longer pictures are shrunk to so many pixels first; 0 for never"
    )
    arguments = parser.parse_args(argv)
    try:
        return 1 if run(arguments) else 0
    except ValueError as error:
        parser.error(str(error))


if __name__ == "__main__":
    sys.exit(main())
