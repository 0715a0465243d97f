"""Sheets of inputs, outputs and targets, while a translation model trains."""

import numpy as np

from tfgan_zoo import pictures
from tfgan_zoo.callbacks._abstract_pictures import AbstractPictures
from tfgan_zoo.callbacks._arguments import check_model


class TranslationGrid(AbstractPictures):
    """Writes a sheet of pictures, what the model makes of them, and what it should, as PNG.

    Before the first step, from time to time, and at the end; always of the same pictures. The files are
    `translations_000500.png`, numbered by training step, and `latest.png`, which a viewer can keep open.

    Args:
        directory: str or path of the folder for the files, made when missing.
        inputs: float array (num, height, width, 1 or 3) in [-1, 1].
        targets: array of as many pictures for a third row, or None.
        direction: of the model's `directions`; the first when None.
        back: str, a direction in which outputs are translated once more for the last row, such as "BtoA" of a
            `CycleGAN`, or None.
        every_epochs: int >= 1, epochs from one sheet to the next; 1 when neither this nor `every_steps` is given.
        every_steps: int >= 1, training steps from one sheet to the next.

    Raises:
        ValueError: if an argument is out of range or the number of targets is another one.
        TypeError: if the model has no `translate`.

    Example:

    >>> gan = tfgan_zoo.models.Pix2Pix(
    ...     generator=tfgan_zoo.networks.unet.generator((8, 8, 1), base_channels=2),
    ...     discriminator=tfgan_zoo.networks.patch.discriminator((8, 8, 2), receptive_field=16, base_channels=2),
    ... )
    >>> gan.compile()
    >>> images = np.zeros((4, 8, 8, 1), "float32")
    >>> sheets = tfgan_zoo.callbacks.TranslationGrid("/tmp/tfgan_zoo/translations", images, targets=images)
    >>> history = gan.fit(images, images, batch_size=4, callbacks=[sheets], verbose=0)
    >>> sorted(path.name for path in sheets.directory.iterdir())
    ['latest.png', 'translations_000000.png', 'translations_000001.png']
    """

    def __init__(
        self, directory, inputs, *, targets=None, direction=None, back=None, every_epochs=None, every_steps=None
    ):
        if every_epochs is None and every_steps is None:
            every_epochs = 1
        super().__init__(directory, every_epochs, every_steps, at_begin=True)
        if targets is not None and len(targets) != len(inputs):
            raise ValueError(
                f"`targets` must be as many as `inputs`. Received: {len(targets)} targets for {len(inputs)} inputs."
            )
        self.inputs = np.asarray(inputs)
        self.targets = targets
        self.direction = direction
        self.back = back

    def set_model(self, model):
        check_model(self, model, ["step_counter", "translate"])
        super().set_model(model)

    def draw(self, step):
        outputs = self.model.translate(self.inputs, direction=self.direction)
        rows = {"input": self.inputs, "output": outputs}
        if self.targets is not None:
            rows["target"] = self.targets
        if self.back is not None:
            rows["back"] = self.model.translate(outputs, direction=self.back)
        return pictures.sheet(list(rows.values()), row_labels=list(rows))

    def write(self, drawing, step):
        pictures.save_png(self.directory / f"translations_{step:06d}.png", drawing)
        pictures.save_png(self.directory / "latest.png", drawing)
