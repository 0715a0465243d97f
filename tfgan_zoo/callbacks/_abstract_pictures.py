"""The rhythm that callbacks which draw pictures share."""

import pathlib

import keras

from tfgan_zoo.callbacks._arguments import check_count, check_model, step_of
from tfgan_zoo.replicas import is_chief


class AbstractPictures(keras.callbacks.Callback):
    """Base of callbacks that draw pictures from time to time: a final subclass defines `draw` and `write`.

    All workers of a cluster draw, because reading a model's variables may need all of them; the chief writes.

    Args:
        directory: str or path of a folder, made when missing.
        every_epochs: int >= 1, epochs from one drawing to the next, or None.
        every_steps: int >= 1, training steps from one drawing to the next, or None.
        at_begin: bool, whether to draw the untrained model too; the end is always drawn.
    """

    def __init__(self, directory, every_epochs, every_steps, at_begin):
        super().__init__()
        if every_epochs is not None and every_steps is not None:
            raise ValueError(
                "`every_epochs` and `every_steps` cannot both be given. Received: "
                f"`every_epochs={every_epochs!r}`, `every_steps={every_steps!r}`. Leave one of them out."
            )
        for name, value in (("every_epochs", every_epochs), ("every_steps", every_steps)):
            if value is not None:
                check_count(name, value)
        self.directory = pathlib.Path(directory)
        if self.directory.exists() and not self.directory.is_dir():
            raise ValueError(
                f"`directory` must be a folder. Received: `directory={str(directory)!r}`, which is a file."
            )
        self.every_epochs = every_epochs
        self.every_steps = every_steps
        self.at_begin = at_begin
        # Without a look at every batch, Keras need not wait for a step's results before it starts the next.
        self.async_safe = every_steps is None

    def draw(self, step):
        """Returns what `write` is to write."""
        raise NotImplementedError(f"{type(self).__name__} must define `draw(step)`.")

    def write(self, drawing, step):
        """Writes files."""
        raise NotImplementedError(f"{type(self).__name__} must define `write(drawing, step)`.")

    def set_model(self, model):
        check_model(self, model, ["step_counter"])
        super().set_model(model)

    def on_train_begin(self, logs=None):
        self._begun = False
        self._drawn_step = None

    def on_epoch_begin(self, epoch, logs=None):
        # Here and not when training begins: by now every other callback has restored what it restores.
        if self._begun:
            return
        self._begun = True
        self._last_step = step_of(self.model)
        # Not where a training goes on: a resumed run leaves the same files as one that was never interrupted.
        if self.at_begin and self._last_step == 0:
            self._draw_once()

    def on_train_batch_end(self, batch, logs=None):
        if self.every_steps is None:
            return
        step = step_of(self.model)
        # Several steps may pass between two calls (`steps_per_execution`), so a multiple may have been stepped over.
        if step // self.every_steps > self._last_step // self.every_steps:
            self._draw_once()
        self._last_step = step

    def on_epoch_end(self, epoch, logs=None):
        due = self.every_epochs is not None and (epoch + 1) % self.every_epochs == 0
        # The last epoch, and not the end of `fit`: a run may be made of several calls of `fit`.
        if due or epoch + 1 == self.params.get("epochs"):
            self._draw_once()

    def on_train_end(self, logs=None):
        if self.model.stop_training:
            self._draw_once()

    def _draw_once(self):
        step = step_of(self.model)
        if step == self._drawn_step:
            return
        drawing = self.draw(step)
        if is_chief(self.model.distribute_strategy):
            self.write(drawing, step)
        self._drawn_step = step
