"""Class labels of conditional models: which networks take them, and which ones `sample` is asked for."""

import numpy as np


def input_named(network, name):
    """The symbolic input of that name, or the first one: a lone input may have any name."""
    return next((tensor for tensor in network.inputs if tensor.name == name), network.inputs[0])


def takes_labels(network):
    """Whether a network has an input named `label`."""
    return any(tensor.name == "label" for tensor in network.inputs)


def with_labels(name, values, labels):
    """Inputs of a network by name; the values themselves for a network without labels."""
    return values if labels is None else {name: values, "label": labels}


def chosen(labels, num, num_classes):
    """Labels of `num` samples: the given ones, one for all of them, or going round the classes.

    Args:
        labels: ints of shape (num,), an int, or None.
        num: int, how many samples there are.
        num_classes: int >= 1.

    Returns:
        int32 array of shape (num,).

    Raises:
        ValueError: if they are no integers in [0, num_classes), or of another length.
    """
    if labels is None:
        return np.arange(num, dtype=np.int32) % num_classes
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu":
        raise ValueError(
            f"`labels` must be integers from 0 to {num_classes - 1}. Received: dtype {labels.dtype}. Convert with "
            "`labels.astype(int)`, or one-hot rows with `labels.argmax(axis=-1)`."
        )
    if labels.shape not in ((), (num,)):
        way_out = f"Pass as many labels, or `num={len(labels)}` or as many `z` for as many samples as labels."
        if labels.ndim > 1:
            way_out = "One-hot rows become that with `labels.argmax(axis=-1)`, columns with `labels.ravel()`."
        raise ValueError(
            f"`labels` must be one integer for all samples or one for each of the {num}, shape ({num},). "
            f"Received: shape {labels.shape}. {way_out}"
        )
    if labels.size and not 0 <= labels.min() <= labels.max() < num_classes:
        raise ValueError(
            f"`labels` must lie in [0, {num_classes}), the classes that the model knows. Received: labels from "
            f"{labels.min()} to {labels.max()}."
        )
    return np.broadcast_to(labels, (num,)).astype(np.int32)


def check_network(name, network, inputs, num_classes):
    """Refuses a network whose inputs are not the named ones, or whose layers know another number of classes.

    Args:
        name: str, the argument that the network was given as.
        network: functional `keras.Model`.
        inputs: names of the inputs that it must have.
        num_classes: int, the model's number of classes.

    Raises:
        ValueError: with the way out.
    """
    if isinstance(num_classes, bool) or not isinstance(num_classes, int) or num_classes < 1:
        raise ValueError(f"`num_classes` must be an int >= 1. Received: `num_classes={num_classes!r}`.")
    found = [tensor.name for tensor in network.inputs]
    if sorted(found) != sorted(inputs):
        raise ValueError(
            f"`{name}` must be a functional `keras.Model` with inputs named {list(inputs)}. Received: inputs {found}. "
            'Name them with `keras.Input(..., name="label")`.'
        )
    known = {count for layer in network.layers if (count := _classes(layer)) is not None}
    if known - {num_classes}:
        raise ValueError(
            f"`num_classes` must be the number of classes that `{name}` was built for, {sorted(known)[0]}. "
            f"Received: `num_classes={num_classes}`. Build the networks with the same `num_classes`."
        )


def _classes(layer):
    """Number of classes that a layer has a row for, or None: of an embedding, wrapped or not, or a conditional norm."""
    layer = getattr(layer, "layer", layer)
    return getattr(layer, "num_classes", getattr(layer, "input_dim", None))
