"""tfgan_zoo: generative adversarial networks for TensorFlow and Keras 3.

Train with `model.fit`, measure, and export the generator as a SavedModel and TFLite files.
"""

__version__ = "0.1.0.dev0"

from tfgan_zoo import layers, latents, losses, models, networks, penalties, replicas  # noqa: I001

__all__ = ["latents", "layers", "losses", "models", "networks", "penalties", "replicas"]
