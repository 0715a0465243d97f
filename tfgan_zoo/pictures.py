"""Pictures that a person can open: image batches as PNG grids, labelled sheets and GIFs.

The functions compose: `save_png(path, caption(grid(images, columns=8), "step 500"))`. A *picture* is one uint8 array of
shape (height, width, 1 or 3). Files are written beside their place and moved into it, so that a viewer, or an
interrupted run, never meets half a file.
"""

import io
import math
import os
import pathlib

import numpy as np

__all__ = ["caption", "check_fps", "encode_png", "grid", "save_gif", "save_png", "sheet", "to_uint8"]

WHITE = 255
FONT_SIZE = 16
# Space around text, in pixels.
MARGIN = 4


def to_uint8(images):
    """Levels of an image file for values in [-1, 1].

    `level = floor(127.5 x + 128)`, cut to 0..255: the nearest level, halves upwards. It inverts `x = level / 127.5 - 1`
    exactly, so an image that came from a file gets its own bytes back.

    Args:
        images: array or tensor of any shape; floats in [-1, 1], those outside are cut off, or uint8, returned as it is.

    Returns:
        uint8 array of the same shape.

    Raises:
        ValueError: if the dtype is another one, a value is not finite, or the floats are levels from 0 to 255.

    Example:

    >>> tfgan_zoo.pictures.to_uint8([-1.0, 0.0, 0.5, 1.0])
    array([  0, 128, 191, 255], dtype=uint8)
    """
    images = np.asarray(images)
    if images.dtype == np.uint8:
        return images
    # bfloat16 is no NumPy float, so integers, texts and objects are refused instead of all but floats.
    if images.dtype.kind in "iubcOSU":
        raise ValueError(f"`images` must be uint8, or floats in [-1, 1]. Received: dtype {images.dtype}.")
    images = images.astype(np.float32)
    _check_range(images)
    return np.floor(np.clip(np.float32(127.5) * images + np.float32(128.0), 0.0, 255.0)).astype(np.uint8)


def _check_range(images):
    if not np.isfinite(images).all():
        raise ValueError(
            "`images` must be finite. Received: NaN or infinite values, which a diverged generator gives; "
            "`tfgan_zoo.callbacks.NonFiniteGuard` stops a training at the step where that begins."
        )
    if images.size and images.min() >= 0.0 and images.max() > 2.0:
        raise ValueError(
            "`images` of floats must be in [-1, 1]; these look like levels from 0 to 255: cast them to uint8. "
            f"Received: values from {images.min():g} to {images.max():g}."
        )


def _batch(name, images):
    """A batch of images as uint8 (batch, height, width, 1 or 3)."""
    images = to_uint8(images)
    if images.ndim != 4 or 0 in images.shape or images.shape[-1] not in (1, 3):
        raise ValueError(
            f"`{name}` must have shape (batch, height, width, channels), none of them zero, with 1 channel (grey) or 3 "
            f"(RGB). Received: shape {images.shape}."
        )
    return images


def _picture(name, picture):
    """One picture as uint8 (height, width, 1 or 3); a batch becomes its grid."""
    if np.ndim(picture) == 4:
        return grid(picture)
    picture = to_uint8(picture)
    if picture.ndim == 2:
        picture = picture[..., None]
    if picture.ndim != 3 or 0 in picture.shape or picture.shape[-1] not in (1, 3):
        raise ValueError(
            f"`{name}` must be a picture of shape (height, width) or (height, width, 1 or 3), or a batch of images of "
            f"shape (batch, height, width, 1 or 3). Received: shape {picture.shape}."
        )
    return picture


def _check_count(name, value, least):
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"`{name}` must be an int >= {least}. Received: `{name}={value!r}`.")


def _columns(count):
    """Columns of a grid that is nearly square; without gaps in the last row where that is not too flat."""
    root = math.ceil(math.sqrt(count))
    exact = next(columns for columns in range(root, count + 1) if count % columns == 0)
    return exact if exact * exact <= 3 * count else root


def _enlarge(images, factor):
    """Repeats each pixel of (..., height, width, channels); no smoothing, so that pixels can be judged."""
    return images.repeat(factor, axis=-3).repeat(factor, axis=-2)


def _factor(side, tile):
    """Smallest whole number of times that `side` must be repeated to reach `tile`."""
    return -(-tile // side)


def _table(rows, size, pad):
    """Pastes rows of images on white, each in the middle of a cell of `size`; the last row may be shorter."""
    height, width = size[0] + pad, size[1] + pad
    shape = (pad + len(rows) * height, pad + len(rows[0]) * width, rows[0].shape[-1])
    canvas = np.full(shape, WHITE, np.uint8)
    for r, row in enumerate(rows):
        for c, image in enumerate(row):
            _centre(canvas, image, pad + r * height, pad + c * width, size)
    return canvas


def _paste(canvas, image, top, left):
    canvas[top : top + image.shape[0], left : left + image.shape[1]] = image


def _centre(canvas, image, top, left, size):
    _paste(canvas, image, top + (size[0] - image.shape[0]) // 2, left + (size[1] - image.shape[1]) // 2)


def grid(images, columns=None, *, pad=4, tile=64):
    """Images in rows and columns on white, row by row; small ones enlarged.

    Args:
        images: (batch, height, width, channels) uint8 or floats in [-1, 1]; 1 channel (grey) or 3 (RGB).
        columns: int >= 1, images in a row; nearly square when None.
        pad: int >= 0, pixels between images and around the grid.
        tile: int >= 1, pixels that the longer side of an image has at least: each pixel is repeated the smallest whole
            number of times that reaches it.

    Returns:
        uint8 array of shape (height, width, channels).

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> tfgan_zoo.pictures.grid(np.zeros((16, 8, 8, 1))).shape
    (276, 276, 1)
    """
    images = _batch("images", images)
    _check_count("pad", pad, 0)
    _check_count("tile", tile, 1)
    if columns is None:
        columns = _columns(len(images))
    _check_count("columns", columns, 1)
    images = _enlarge(images, _factor(max(images.shape[1:3]), tile))
    rows = [images[start : start + columns] for start in range(0, len(images), columns)]
    return _table(rows, images.shape[1:3], pad)


def sheet(rows, *, row_labels=None, column_labels=None, pad=4, tile=64):
    """Rows of images with labels: input over output over target, or one row for each class.

    All rows are shown at the size of the largest, so a 16x16 input stands over its 64x64 output. Grey rows become RGB
    where another row is.

    Args:
        rows: sequence of batches, each (columns, height, width, channels), uint8 or floats in [-1, 1]; an array of
            shape (rows, columns, height, width, channels) is one.
        row_labels: texts, one for each row, or None.
        column_labels: texts, one for each column, or None.
        pad: int >= 0, pixels between images and around them.
        tile: int >= 1, see `grid`.

    Returns:
        uint8 array of shape (height, width, channels).

    Raises:
        ValueError: if the rows are of different lengths, the number of labels is another one, or an argument is out of
            range.

    Example:

    >>> tfgan_zoo.pictures.sheet(np.zeros((2, 3, 32, 32, 1)), row_labels=["input", "output"]).shape[0]
    140
    """
    rows = [_batch("rows", row) for row in rows]
    _check_count("pad", pad, 0)
    _check_count("tile", tile, 1)
    _check_sheet(rows, row_labels, column_labels)
    rows = _same_size(_same_channels(rows), tile)
    across, down = _label_pictures(column_labels), _label_pictures(row_labels)
    height = max([row.shape[1] for row in rows] + [label.shape[0] for label in down])
    # A label wider than its column widens the column, so that none is cut off or runs into the next.
    width = max([row.shape[2] for row in rows] + [label.shape[1] for label in across])
    return _labelled(_table(rows, (height, width), pad), across, down, (height, width), pad)


def _check_sheet(rows, row_labels, column_labels):
    lengths = [len(row) for row in rows]
    if len(set(lengths)) != 1:
        raise ValueError(
            f"`rows` must be one or more batches with the same number of images. Received: batches of {lengths} images."
        )
    for name, labels, count in (("row_labels", row_labels, len(rows)), ("column_labels", column_labels, lengths[0])):
        if labels is not None and len(labels) != count:
            raise ValueError(f"`{name}` must hold {count} texts. Received: {len(labels)}.")


def _same_channels(rows):
    channels = max(row.shape[-1] for row in rows)
    return [row if row.shape[-1] == channels else row.repeat(channels, axis=-1) for row in rows]


def _same_size(rows, tile):
    longest = max(max(row.shape[1:3]) for row in rows)
    target = longest * _factor(longest, tile)
    return [_enlarge(row, target // max(row.shape[1:3])) for row in rows]


def _label_pictures(labels):
    return [] if labels is None else [_text(str(label)) for label in labels]


def _labelled(table, across, down, size, pad):
    """Adds labels above the columns and left of the rows of a table."""
    top = max((label.shape[0] for label in across), default=0)
    left = max((label.shape[1] for label in down), default=0)
    canvas = np.pad(table, ((top, 0), (left, 0), (0, 0)), constant_values=WHITE)
    for c, label in enumerate(across):
        _centre(canvas, label, 0, left + pad + c * (size[1] + pad), (top, size[1]))
    for r, label in enumerate(down):
        _centre(canvas, label, top + pad + r * (size[0] + pad), 0, (size[0], label.shape[1]))
    return canvas


def caption(picture, text):
    """Writes a line of text above a picture.

    Args:
        picture: (height, width) or (height, width, 1 or 3), uint8 or floats in [-1, 1]; a batch becomes its `grid`.
        text: str. A text wider than the picture widens it.

    Returns:
        uint8 array of shape (height, width, channels), higher than the picture.

    Raises:
        ValueError: if it is no picture.

    Example:

    >>> tfgan_zoo.pictures.caption(np.zeros((40, 90, 1)), "step 500").shape[1:]
    (90, 1)
    """
    picture, line = _picture("picture", picture), _text(text)
    shape = (line.shape[0] + picture.shape[0], max(line.shape[1], picture.shape[1]), picture.shape[-1])
    canvas = np.full(shape, WHITE, np.uint8)
    _paste(canvas, line, 0, 0)
    _paste(canvas, picture, line.shape[0], 0)
    return canvas


def _text(text):
    """Black text on white, uint8 (height, width, 1); all texts have the same height."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(FONT_SIZE)
    width = math.ceil(font.getlength(text)) + 2 * MARGIN
    ascent, descent = font.getmetrics()
    image = Image.new("L", (width, ascent + descent + MARGIN), WHITE)
    ImageDraw.Draw(image).text((MARGIN, MARGIN // 2), text, fill=0, font=font)
    return np.asarray(image)[..., None]


def encode_png(picture):
    """PNG file of a picture as bytes.

    Args:
        picture: see `save_png`.

    Returns:
        bytes.

    Raises:
        ValueError: if it is no picture.

    Example:

    >>> tfgan_zoo.pictures.encode_png(np.zeros((2, 3)))[:4]
    b'\\x89PNG'
    """
    buffer = io.BytesIO()
    _image(_picture("picture", picture)).save(buffer, format="PNG")
    return buffer.getvalue()


def save_png(path, picture):
    """Writes a PNG file.

    Args:
        path: str or path that ends in ".png"; missing folders are made, an old file is replaced.
        picture: (height, width) or (height, width, 1 or 3), uint8 or floats in [-1, 1], written pixel by pixel; a
            batch of images, (batch, height, width, 1 or 3), is written as its `grid`.

    Returns:
        `pathlib.Path` of the file.

    Raises:
        ValueError: if it is no picture, or the path has another ending.

    Example:

    >>> tfgan_zoo.pictures.save_png("/tmp/tfgan_zoo/zeros.png", np.zeros((16, 8, 8, 1))).name
    'zeros.png'
    """
    path = _check_path(path, ".png")
    _write(path, encode_png(picture))
    return path


def check_fps(fps):
    """Returns `fps` if a GIF can be shown at that speed, else raises.

    Args:
        fps: float, frames in a second.

    Returns:
        The number.

    Raises:
        ValueError: if it is not in (0, 50].

    Example:

    >>> tfgan_zoo.pictures.check_fps(15)
    15
    """
    if not 0.0 < fps <= 50.0:
        raise ValueError(
            f"`fps` must be in (0, 50]; viewers slow faster GIFs down. Received: `fps={fps}`. Leave frames out instead."
        )
    return fps


def save_gif(path, frames, *, fps=15):
    """Writes an animated GIF that loops for ever.

    Args:
        path: str or path that ends in ".gif"; missing folders are made, an old file is replaced.
        frames: pictures, see `save_png`, all of one size; a generator of them keeps memory low.
        fps: float in (0, 50], frames in a second. A GIF counts in hundredths of a second, so 15 is shown as 14.3.

    Returns:
        `pathlib.Path` of the file.

    Raises:
        ValueError: if there is no frame, sizes differ, or `fps` or the ending is out of range.

    Example:

    >>> tfgan_zoo.pictures.save_gif("/tmp/tfgan_zoo/blink.gif", [np.zeros((8, 8)), np.ones((8, 8))], fps=2).name
    'blink.gif'
    """
    path = _check_path(path, ".gif")
    check_fps(fps)
    images = _frames(frames)
    first = next(images, None)
    if first is None:
        raise ValueError("`frames` must hold at least one picture. Received: none.")
    buffer = io.BytesIO()
    delay = 10 * round(100.0 / fps)
    first.save(buffer, format="GIF", save_all=True, append_images=images, duration=delay, loop=0)
    _write(path, buffer.getvalue())
    return path


def _frames(frames):
    """Yields Pillow images, all of one size."""
    shape = None
    for index, frame in enumerate(frames):
        frame = _picture("frames", frame)
        shape = shape or frame.shape
        if frame.shape != shape:
            raise ValueError(
                f"`frames` must all have one shape. Received: {shape} first, and {frame.shape} at frame {index}."
            )
        yield _image(frame)


def _image(picture):
    from PIL import Image

    return Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture)


def _check_path(path, ending):
    path = pathlib.Path(path)
    if path.suffix.lower() != ending:
        raise ValueError(f"`path` must end in {ending!r}. Received: `path={str(path)!r}`.")
    return path


def _write(path, content):
    """Writes a file beside its place, then moves it there in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
