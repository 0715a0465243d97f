"""What every source of images offers to the store."""

from typing import Any, NamedTuple


class UndecodableImageError(ValueError):
    """An image that cannot be decoded; the text names it."""


class Item(NamedTuple):
    """One image before decoding: its `name` for messages, a `payload` for `decode`, and its class or None."""

    name: str
    payload: Any
    label: int | None


class AbstractSource:
    """A finite, ordered collection of images.

    Attributes:
        title: how messages call it, such as "folder `photos`".
        num_images: the number of items (some may turn out undecodable).
        class_names: a tuple of str, label `i` being `class_names[i]`; None for an unlabelled source.
        unlabelled_because: the reason to give when labels are asked for and there are none.
    """

    title = "source"
    num_images = 0
    class_names = None
    unlabelled_because = "it has none"

    def items(self):
        """Yields every `Item`, in an order that never changes."""
        raise NotImplementedError(f"`{type(self).__name__}` must implement `items`.")

    def decode(self, payload):
        """Returns (height, width, 1 or 3), uint8 or float32 in [-1, 1]. Several threads call it."""
        raise NotImplementedError(f"`{type(self).__name__}` must implement `decode`.")

    def fingerprint(self):
        """Returns a JSON-serialisable value that changes whenever the decoded images may change."""
        raise NotImplementedError(f"`{type(self).__name__}` must implement `fingerprint`.")

    def finished(self, preprocessing):
        """Returns `(images, labels or None)` if they already have the stored form and need no work, else
        None."""
        raise NotImplementedError(f"`{type(self).__name__}` must implement `finished`.")
