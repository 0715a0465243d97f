"""Grids of samples from fixed latent vectors, while a model trains."""

import pathlib

import tensorflow as tf

from tfgan_zoo import pictures, sheets
from tfgan_zoo.callbacks._abstract_pictures import AbstractPictures
from tfgan_zoo.callbacks._arguments import check_count, check_model


class SampleGrid(AbstractPictures):
    """Writes a grid of samples as PNG: before the first step, from time to time, and at the end.

    The latent vectors are the same every time, so that the files show the same images growing. The files are
    `samples_000500.png`, numbered by training step, and `latest.png`, which a viewer can keep open. Training is not
    disturbed: no random number of it is used. For a model whose samples are made for a class, the grid is
    `tfgan_zoo.sheets.classes`: a row for each class.

    Args:
        directory: str or path of the folder for the files, made when missing.
        every_epochs: int >= 1, epochs from one grid to the next; 1 when neither this nor `every_steps` is given.
        every_steps: int >= 1, training steps from one grid to the next. It makes `fit` wait for the results of every
            step; on a fast accelerator raise `steps_per_execution`.
        num: int >= 1, number of samples; shared out among the classes, where there are any, at least one for each.
        columns: int >= 1, samples in a row; nearly square, or what `num` gives each class, when None.
        seed: int, of the latent vectors.
        sample: callable of the model that returns images, (num, height, width, 1 or 3) in [-1, 1], for models that need
            more than a seed, such as labels; `num` and `seed` are then ignored.
        log_dir: str or path of a TensorBoard folder that gets the grids as images too, or None.

    Raises:
        ValueError: if an argument is out of range.
        TypeError: if the model has no `step_counter` or `sample`.

    Example:

    >>> gan = tfgan_zoo.models.GAN(
    ...     generator=tfgan_zoo.networks.mlp.generator((8, 8, 1), latent_dim=4, units=(8,)),
    ...     discriminator=tfgan_zoo.networks.mlp.discriminator((8, 8, 1), units=(8,)),
    ... )
    >>> gan.compile()
    >>> grids = tfgan_zoo.callbacks.SampleGrid("/tmp/tfgan_zoo/grids", num=16)
    >>> history = gan.fit(np.zeros((64, 8, 8, 1), "float32"), callbacks=[grids], verbose=0)
    >>> sorted(path.name for path in grids.directory.iterdir())
    ['latest.png', 'samples_000000.png', 'samples_000002.png']
    """

    def __init__(
        self,
        directory,
        *,
        every_epochs=None,
        every_steps=None,
        num=64,
        columns=None,
        seed=0,
        sample=None,
        log_dir=None,
    ):
        if every_epochs is None and every_steps is None:
            every_epochs = 1
        super().__init__(directory, every_epochs, every_steps, at_begin=True)
        check_count("num", num)
        check_count("seed", seed, least=0)
        if columns is not None:
            check_count("columns", columns)
        if sample is not None and not callable(sample):
            raise ValueError(f"`sample` must be None or a callable of the model. Received: `sample={sample!r}`.")
        self.num = num
        self.columns = columns
        self.seed = seed
        self.sample = sample
        self.log_dir = None if log_dir is None else pathlib.Path(log_dir)
        self._writer = None

    def set_model(self, model):
        check_model(self, model, ["step_counter"] if self.sample else ["step_counter", "sample"])
        super().set_model(model)

    def draw(self, step):
        if self.sample:
            return pictures.grid(self.sample(self.model), self.columns)
        if getattr(self.model, "takes_labels", False):
            columns = self.columns or max(1, self.num // self.model.num_classes)
            return sheets.classes(self.model, columns=columns, seed=self.seed)
        return pictures.grid(self.model.sample(self.num, seed=self.seed), self.columns)

    def write(self, drawing, step):
        pictures.save_png(self.directory / f"samples_{step:06d}.png", drawing)
        pictures.save_png(self.directory / "latest.png", drawing)
        if self.log_dir is not None:
            self._write_summary(drawing, step)

    def on_train_end(self, logs=None):
        super().on_train_end(logs)
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _write_summary(self, picture, step):
        """Writes what TensorBoard's images page reads; `tf.summary.image` itself needs TensorBoard installed."""
        if self._writer is None:
            self._writer = tf.summary.create_file_writer(str(self.log_dir))
        plugin = tf.compat.v1.SummaryMetadata.PluginData(plugin_name="images")
        metadata = tf.compat.v1.SummaryMetadata(plugin_data=plugin)
        content = [str(picture.shape[1]), str(picture.shape[0]), pictures.encode_png(picture)]
        with self._writer.as_default():
            tf.summary.write("samples", tf.constant(content), step=step, metadata=metadata)
        self._writer.flush()
