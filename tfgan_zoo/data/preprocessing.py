"""The work done once on every image: antialiased resize, crop, channel conversion."""

import dataclasses
import math

import numpy as np

CROPS = ("center", "stretch")

# ITU-R BT.601 luma weights of red, green and blue.
LUMA_WEIGHTS = (0.299, 0.587, 0.114)


@dataclasses.dataclass(frozen=True)
class Preprocessing:
    """Turns one decoded image into the form in which it is stored.

    An instance is called with an array `(height, width, 1 or 3)`, uint8 in [0, 255] or float32 in [-1, 1],
    and returns an array of the same type and range.

    Args:
        image_size: `(height, width)` of the result, or None to keep each image's own.
        channels: 1, 3, or None to keep each image's own.
        crop: "center" cuts out the largest centred box of the target's aspect ratio, "stretch" takes the
            whole image.
    """

    image_size: tuple[int, int] | None = None
    channels: int | None = None
    crop: str = "center"

    def __call__(self, image):
        return convert_channels(resize(image, self.image_size, self.crop), self.channels)

    def keeps(self, image_shape):
        """Whether an image of shape `(height, width, channels)` comes out as it went in."""
        return self.image_size in (None, tuple(image_shape[:2])) and self.channels in (None, image_shape[2])


def convert_channels(image, channels):
    """Grey to RGB by repetition, RGB to grey by the ITU-R BT.601 luma `0.299 R + 0.587 G + 0.114 B`."""
    if channels in (None, image.shape[-1]):
        return image
    if channels == 3:
        return np.repeat(image, 3, axis=-1)
    luma = image.astype(np.float64) @ np.array(LUMA_WEIGHTS)
    if image.dtype == np.uint8:
        luma = np.rint(luma)
    return luma[..., np.newaxis].astype(image.dtype)


def crop_box(size, target_size, crop):
    """The part of an image that is resized, as `(left, top, right, bottom)` in source pixels.

    For "center", sides are fractional where the aspect ratios ask for it; the left and upper edges are
    rounded down to whole pixels, so that an image with one side of the right length is cropped without
    resampling.
    """
    height, width = size
    if crop == "stretch":
        return (0, 0, width, height)
    scale = min(height / target_size[0], width / target_size[1])
    box_height, box_width = min(height, target_size[0] * scale), min(width, target_size[1] * scale)
    top, left = math.floor((height - box_height) / 2), math.floor((width - box_width) / 2)
    return (left, top, left + box_width, top + box_height)


def resize(image, image_size, crop="center"):
    """Crops, then resizes with Pillow's bicubic filter, whose support grows with the reduction
    (antialiasing).

    Bicubic with antialiasing is what Parmar et al., 2022 (arXiv 2104.11222) recommend for images that will be
    compared by FID.
    """
    if image_size in (None, image.shape[:2]):
        return image
    box = crop_box(image.shape[:2], image_size, crop)
    if image.dtype == np.uint8 and image.shape[-1] == 3:
        return _resample(image, image_size, box)
    planes = [_resample(image[..., channel], image_size, box) for channel in range(image.shape[-1])]
    resized = np.stack(planes, axis=-1)
    return resized if image.dtype == np.uint8 else np.clip(resized, -1.0, 1.0)


def _resample(image, image_size, box):
    from PIL import Image

    picture = Image.fromarray(np.ascontiguousarray(image))
    return np.asarray(picture.resize(image_size[::-1], Image.Resampling.BICUBIC, box=box))
