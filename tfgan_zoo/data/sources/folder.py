"""Images in a folder and its sub-folders."""

import os
import pathlib
import struct

import numpy as np

from tfgan_zoo.data.sources.base import AbstractSource, Item, UndecodableImageError

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
SPLIT_FOLDERS = frozenset(
    ["train", "test", "val", "valid", "validation", "dev", "trainA", "trainB", "testA", "testB", "valA", "valB"]
)


class FolderSource(AbstractSource):
    """Every image below a folder, sorted by path.

    A folder whose sub-folders are all named like splits ("train", "test", "val", ...) has those splits; any
    other is taken whole. Classes are the first-level sub-folders, in alphabetical order. Names that begin
    with a dot are passed over.

    Args:
        root: the folder, a `pathlib.Path`.
        split: a split's name, or "all"; a folder without splits takes "train" as "all".
    """

    def __init__(self, root, split="train"):
        self.title = f"folder `{root}`"
        self._root = root
        part = _part_of(root, split)
        self._paths = sorted(_image_paths(part))
        if not self._paths:
            raise ValueError(_no_images_message(part))
        self.num_images = len(self._paths)
        self._classes = _classes(self._paths, _class_depth(root, split))
        if self._classes is None:
            self.unlabelled_because = "labels need one sub-folder for each class, and images in these only"
        else:
            self.class_names = tuple(sorted(set(self._classes)))

    def items(self):
        numbers = {name: number for number, name in enumerate(self.class_names or ())}
        for index, path in enumerate(self._paths):
            yield Item(str(path), path, numbers[self._classes[index]] if numbers else None)

    def decode(self, payload):
        return read_image(payload)

    def fingerprint(self):
        import PIL

        files = [(str(path), *_size_and_time(path)) for path in self._paths]
        return {
            "kind": "folder",
            "root": str(self._root.resolve()),
            "files": files,
            "pillow": PIL.__version__,
        }

    def finished(self, preprocessing):
        return None


def read_image(path):
    """Decodes one image file, upright by its EXIF orientation, transparency laid over white.

    Returns:
        uint8 array (height, width, 1) for grey files (8 or 16 bits, black and white), (height, width, 3) for
        all others.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as image:
            return _to_array(ImageOps.exif_transpose(image))
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError) as error:
        raise UndecodableImageError(f"Cannot decode image file `{path}`: {error}") from error


def _to_array(image):
    if image.mode.startswith("I"):
        # 16-bit grey: Pillow would clip it at 255.
        return np.rint(np.asarray(image) / 257.0).clip(0, 255).astype(np.uint8)[..., np.newaxis]
    mode = "L" if image.mode in ("1", "L", "LA", "La") else "RGB"
    if image.has_transparency_data:
        image = _over_white(image)
    pixels = np.asarray(image.convert(mode))
    return pixels[..., np.newaxis] if mode == "L" else pixels


def _over_white(image):
    from PIL import Image

    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def _part_of(root, split):
    """The folder that holds `split`."""
    splits = _splits(root)
    if split in splits:
        return root / split
    if split == "all" or (split == "train" and not splits):
        return root
    known = f"one of {[*splits, 'all']}" if splits else "'train' or 'all', for it has no split sub-folders"
    raise ValueError(f"`split` of folder `{root}` must be {known}. Received: `split={split!r}`.")


def _splits(root):
    """The split sub-folders, or [] if any other sub-folder or an image stands beside them."""
    entries = [entry for entry in sorted(root.iterdir()) if not entry.name.startswith(".")]
    folders = [entry.name for entry in entries if entry.is_dir()]
    is_mixed = any(name not in SPLIT_FOLDERS for name in folders) or any(map(_is_image, entries))
    return [] if is_mixed else folders


def _class_depth(root, split):
    """How many path components come before the class."""
    inside_split = bool(_splits(root))
    return len(root.parts) + (1 if inside_split else 0)


def _classes(paths, depth):
    """The class of every path, or None where one lies outside a class folder."""
    if any(len(path.parts) < depth + 2 for path in paths):
        return None
    return [path.parts[depth] for path in paths]


def _image_paths(folder):
    seen = set()
    for here, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(here)
        # A link to a folder above would be walked for ever.
        folders[:] = [] if real in seen else [name for name in folders if not name.startswith(".")]
        paths = [] if real in seen else [pathlib.Path(here, name) for name in files]
        seen.add(real)
        yield from filter(_is_image, paths)


def _is_image(path):
    return path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")


def _no_images_message(folder):
    others = sorted({path.suffix for path in folder.rglob("*") if path.is_file()})
    found = f"files ending in {', '.join(map(repr, others[:8]))} only" if others else "no files"
    return (
        f"There are no images in folder `{folder}` or below: looked for {', '.join(IMAGE_SUFFIXES)}. Received: {found}."
    )


def _size_and_time(path):
    status = path.stat()
    return status.st_size, status.st_mtime_ns
