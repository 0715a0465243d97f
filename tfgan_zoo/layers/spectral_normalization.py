"""Spectral normalization: a layer whose weights are divided by their largest singular value."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class SpectralNormalization(keras.layers.Wrapper):
    """Layer with the weights `W / sigma(W)`, `sigma` the largest singular value, found by power iteration.

    `v <- W u / |W u|`, `u <- W' v / |W' v|`, `sigma = v' W u`, where W is the kernel with all axes but the last one
    flattened. Gradients flow through `sigma`, with u and v taken as constants. The vector u is state: a call with
    `training=True` keeps the new one, so that an iteration per call suffices; inference begins from it and keeps
    nothing.

    The stored kernel stays as the optimizer leaves it. `keras.layers.SpectralNormalization` writes the normalized
    kernel back at every pass in training mode, so that the generator's update, which passes through the discriminator,
    changes the discriminator as well; and its gradients do not see `sigma`.

    Args:
        layer: Keras layer with a `kernel` (`Dense`, convolutions) or `embeddings` (`Embedding`).
        power_iterations: int >= 1, iterations per call.

    Input and output shapes: those of the wrapped layer.

    Raises:
        ValueError: if `power_iterations` is below 1, or the layer has neither weight.

    Example:

    >>> dense = keras.layers.Dense(2, use_bias=False, kernel_initializer="ones")
    >>> layer = tfgan_zoo.layers.SpectralNormalization(dense)  # Ones, 2 by 2: the singular values are 2 and 0.
    >>> layer(tf.constant([[1.0, 3.0]])).numpy().round(3)
    array([[2., 2.]], dtype=float32)

    Reference:
        Miyato et al. 2018, arXiv 1802.05957, equation 8 and Algorithm 1.

    Notes:
        The paper iterates once per discriminator update. Here every pass in training mode does, the generator's
        included, as in the authors' code: it sharpens u and leaves the weights alone.
    """

    def __init__(self, layer, *, power_iterations=1, **kwargs):
        super().__init__(layer, **kwargs)
        if power_iterations < 1:
            raise ValueError(f"`power_iterations` must be at least 1. Received: `power_iterations={power_iterations}`.")
        self.power_iterations = power_iterations

    def build(self, input_shape):
        super().build(input_shape)
        if self._kernel is None:
            raise ValueError(
                "`layer` must have a `kernel` or `embeddings` to normalize. Received: "
                f"`layer={self.layer!r}`. Wrap a `Dense`, convolution or `Embedding` layer."
            )
        self.u = self.add_weight(
            name="u",
            shape=self._kernel.shape[-1:],
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            trainable=False,
            autocast=False,
            # All replicas have the same weights, and so the same u.
            aggregation="only_first_replica",
        )

    @property
    def _kernel(self):
        return getattr(self.layer, "kernel", getattr(self.layer, "embeddings", None))

    def call(self, inputs, training=False):
        kernel = ops.cast(self._kernel, "float32")
        matrix = ops.reshape(kernel, (-1, kernel.shape[-1]))
        u = ops.convert_to_tensor(self.u)
        for _ in range(self.power_iterations):
            v = ops.normalize(ops.matmul(matrix, u))
            u = ops.normalize(ops.matmul(v, matrix))
        u, v = ops.stop_gradient(u), ops.stop_gradient(v)
        sigma = ops.sum(v * ops.matmul(matrix, u))
        if training:
            self.u.assign(ops.where(sigma > 0.0, u, self.u))  # Weights of zeros have no direction to keep.
        # The wrapped layer reads the normalized kernel where it would read its own.
        with keras.StatelessScope([(self._kernel, kernel / ops.maximum(sigma, 1e-12))]):
            return self.layer(inputs)

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)

    def get_config(self):
        return {**super().get_config(), "power_iterations": self.power_iterations}
