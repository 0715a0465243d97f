"""Animations of walks through latent space."""

import tensorflow as tf

from tfgan_zoo import latents, pictures
from tfgan_zoo.callbacks._abstract_pictures import AbstractPictures
from tfgan_zoo.callbacks._arguments import check_count, check_model


class LatentWalk(AbstractPictures):
    """Writes a looping GIF of closed walks through latent space at the end of training, and from time to time.

    Each tile of the grid goes its own way from stop to stop and back to the first. Smooth changes speak for a
    generator that has learnt; jumps between a few images for one that has memorised them, a tile that stands still for
    mode collapse. The files are `walk_000500.gif`, numbered by training step.

    Args:
        directory: str or path of the folder for the files, made when missing.
        every_epochs: int >= 1, epochs from one walk to the next, or None for the end alone.
        every_steps: int >= 1, training steps from one walk to the next, or None for the end alone.
        walks: int >= 1, number of walks shown side by side.
        stops: int >= 2, random latent vectors that a walk visits.
        steps: int >= 1, frames from one stop to the next.
        fps: float in (0, 50], frames in a second.
        seed: int, of the latent vectors.
        interpolation: "slerp" or "lerp", see `tfgan_zoo.latents`.

    Raises:
        ValueError: if an argument is out of range.
        TypeError: if the model has no `step_counter`, `sample`, `latent_dim` or `prior`.

    Example:

    >>> walk = tfgan_zoo.callbacks.LatentWalk("/tmp/tfgan_zoo/walks", walks=4, stops=3, steps=10)
    >>> walk.frames
    30

    Reference:
        Radford et al. 2015, arXiv 1511.06434, section 6.1.
    """

    def __init__(
        self,
        directory,
        *,
        every_epochs=None,
        every_steps=None,
        walks=16,
        stops=4,
        steps=15,
        fps=15,
        seed=0,
        interpolation="slerp",
    ):
        super().__init__(directory, every_epochs, every_steps, at_begin=False)
        check_count("walks", walks)
        check_count("stops", stops, least=2)
        check_count("steps", steps)
        check_count("seed", seed, least=0)
        pictures.check_fps(fps)
        if interpolation not in ("slerp", "lerp"):
            raise ValueError(f"`interpolation` must be 'slerp' or 'lerp'. Received: `interpolation={interpolation!r}`.")
        self.walks = walks
        self.stops = stops
        self.steps = steps
        self.fps = fps
        self.seed = seed
        self.interpolation = interpolation

    @property
    def frames(self):
        """Number of frames of a GIF."""
        return self.stops * self.steps

    def set_model(self, model):
        check_model(self, model, ["step_counter", "sample", "latent_dim", "prior"])
        super().set_model(model)

    def draw(self, step):
        # Frame by frame, and as bytes: the images of a long walk would not fit into memory as floats.
        return [pictures.grid(self.model.sample(z=z)) for z in self._latents()]

    def write(self, drawing, step):
        pictures.save_gif(self.directory / f"walk_{step:06d}.gif", drawing, fps=self.fps)

    def _latents(self):
        """Latent vectors by frame, (frames, walks, latent_dim)."""
        count, dim = self.walks * self.stops, self.model.latent_dim
        stops = latents.sample(count, dim, prior=self.model.prior, seed=self.seed)
        walks = [latents.walk(own, self.steps, interpolation=self.interpolation) for own in tf.split(stops, self.walks)]
        return tf.stack(walks, axis=1)
