"""tfgan_zoo: generative adversarial networks for TensorFlow and Keras 3.

Train with `model.fit`, measure, and export the generator as a SavedModel and TFLite files.
"""

__version__ = "0.1.0.dev0"

from tfgan_zoo import (
    callbacks,
    data,
    editing,
    export,
    latents,
    layers,
    losses,
    metrics,
    models,
    networks,
    penalties,
    pictures,
    replicas,
    sheets,
    theory,
    training,
)

__all__ = [
    "callbacks",
    "data",
    "editing",
    "export",
    "latents",
    "layers",
    "losses",
    "metrics",
    "models",
    "networks",
    "penalties",
    "pictures",
    "replicas",
    "sheets",
    "theory",
    "training",
]
