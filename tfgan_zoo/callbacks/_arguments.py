"""What callbacks demand of their arguments and of the model, said in one voice."""

import numpy as np


def check_count(name, value, least=1):
    """Raises `ValueError` unless `value` is an int of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"`{name}` must be an int >= {least}. Received: `{name}={value!r}`.")


def check_model(callback, model, attributes):
    """Raises `TypeError` unless the model has what the callback works with."""
    missing = [name for name in attributes if not hasattr(model, name)]
    if missing:
        raise TypeError(
            f"`{type(callback).__name__}` needs a model with {', '.join(f'`{name}`' for name in attributes)}, such as "
            f"`tfgan_zoo.models.DCGAN`. Received: {type(model).__name__}, without "
            f"{', '.join(f'`{name}`' for name in missing)}."
        )


def step_of(model):
    """Number of training steps that the model has done, over all of its runs."""
    return int(model.step_counter.numpy())
