"""Weight normalization: length and direction of weight vectors as parameters of their own."""

import keras
import tensorflow as tf
from keras import ops

_TRANSPOSED = (keras.layers.Conv1DTranspose, keras.layers.Conv2DTranspose, keras.layers.Conv3DTranspose)
_STRAIGHT = (keras.layers.Dense, keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D)


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class WeightNormalization(keras.layers.Wrapper):
    """Layer whose weight vectors have a length and a direction, `y = activation(g (v . x) / |v| + b)`.

    The wrapped layer holds the directions v as its kernel, one vector for each output channel; this one holds the
    lengths g, the biases b and the activation. The kernel is not divided by its lengths but the products are, which is
    the same function and spares passes over the largest array.

    Args:
        layer: Keras `Dense`, `Conv1D` to `Conv3D` or a transposed convolution, made with `use_bias=False` and without
            an activation, channels last.
        activation: Keras activation; none by default.
        use_bias: bool, whether there are biases b.
        train_scale: bool, whether the lengths g are trained. They begin as ones, or as `initialize` finds them.

    Input and output shapes: those of the wrapped layer.

    Raises:
        ValueError: if the layer is of another kind or has a bias or an activation.

    Example:

    >>> dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    >>> layer = tfgan_zoo.layers.WeightNormalization(dense)
    >>> layer(tf.constant([[3.0, 3.0, 3.0, 3.0]])).numpy().round(3)  # The direction is (0.5, 0.5, 0.5, 0.5).
    array([[6.]], dtype=float32)

    Reference:
        Salimans and Kingma 2016, arXiv 1602.07868, equations 1 and 2; initialization from data in section 3.
    """

    def __init__(self, layer, *, activation=None, use_bias=True, train_scale=True, **kwargs):
        super().__init__(layer, **kwargs)
        _check(layer)
        self.activation = keras.activations.get(activation)
        self.use_bias = use_bias
        self.train_scale = train_scale

    def build(self, input_shape):
        super().build(input_shape)
        units = (self.layer.compute_output_shape(input_shape)[-1],)
        self.scale = self.add_weight(name="scale", shape=units, initializer="ones", trainable=self.train_scale)
        self.bias = self.add_weight(name="bias", shape=units, initializer="zeros") if self.use_bias else None

    def call(self, inputs):
        outputs = self._directions(inputs) * ops.cast(self.scale, self.compute_dtype)
        if self.use_bias:
            outputs += self.bias
        return self.activation(outputs)

    def initialize(self, inputs):
        """Chooses lengths and biases by a batch of data, so that before the activation each channel has there mean 0
        and variance 1.

        Args:
            inputs: float array, a batch of what the layer takes. Call it on a built layer, outside of graphs.

        Returns:
            The layer's outputs on the batch: what the next layer is initialized with.

        Raises:
            ValueError: if a channel is constant on the batch, or there are no biases to centre it with.

        Example:

        >>> layer = tfgan_zoo.layers.WeightNormalization(keras.layers.Dense(2, use_bias=False))
        >>> layer.build((None, 3))
        >>> outputs = layer.initialize(np.random.default_rng(0).normal(7.0, 5.0, (100, 3)))
        >>> np.allclose(np.mean(outputs, axis=0), 0.0, atol=1e-5), np.allclose(np.std(outputs, axis=0), 1.0, atol=1e-5)
        (True, True)
        """
        if not self.use_bias:
            raise ValueError("`initialize` centres each channel by its bias. Received: a layer with `use_bias=False`.")
        products = ops.cast(self._directions(ops.convert_to_tensor(inputs, self.compute_dtype)), "float32")
        mean, variance = ops.moments(products, axes=list(range(len(products.shape) - 1)))
        # Of what is constant, rounding leaves a variance of 1e-14 of the square.
        if not bool(ops.all(variance > 1e-10 * ops.square(mean))):
            raise ValueError(
                "`inputs` must vary from sample to sample in every channel, whose variance becomes 1. Received: a "
                f"batch of shape {tuple(products.shape)} with constant channels. Pass more samples."
            )
        self.scale.assign(ops.rsqrt(variance))
        self.bias.assign(-mean * self.scale)
        return self(inputs)

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)

    def get_config(self):
        return {
            **super().get_config(),
            "activation": keras.saving.serialize_keras_object(self.activation),
            "use_bias": self.use_bias,
            "train_scale": self.train_scale,
        }

    def _directions(self, inputs):
        """Products with the directions, (v . x) / |v|."""
        kernel = tf.convert_to_tensor(self.layer.kernel)
        channels = len(kernel.shape) - (2 if isinstance(self.layer, _TRANSPOSED) else 1)
        # The 1e-6 of the authors' code, for vectors that vanish.
        inverse = ops.rsqrt(_squared_lengths(kernel, channels) + 1e-6)
        return self.layer(inputs) * ops.cast(inverse, self.compute_dtype)


def _squared_lengths(kernel, channels):
    """Sums of squares over all axes but `channels`, float32.

    Its gradient is one product; TensorFlow's own makes three arrays of the kernel's size on the way to the same.
    """
    others = [axis for axis in range(len(kernel.shape)) if axis != channels]

    @tf.custom_gradient
    def sums(kernel):
        def gradient(slopes):
            doubled = tf.reshape(2.0 * slopes, [1 if axis in others else -1 for axis in range(len(kernel.shape))])
            return kernel * tf.cast(doubled, kernel.dtype)

        return tf.reduce_sum(tf.square(tf.cast(kernel, tf.float32)), axis=others), gradient

    return sums(kernel)


def _check(layer):
    if not isinstance(layer, _STRAIGHT + _TRANSPOSED):
        raise ValueError(
            "`layer` must be a Keras `Dense` layer or a (transposed) convolution, whose outputs are products with one "
            f"weight vector a channel. Received: `layer={layer!r}`."
        )
    if layer.use_bias or layer.activation is not keras.activations.linear:
        raise ValueError(
            "`layer` must have neither a bias nor an activation, which come after the lengths. Received: "
            f"`use_bias={layer.use_bias}`, `activation={layer.activation.__name__}`. Make it with `use_bias=False`, "
            "and pass `activation` to `WeightNormalization`."
        )
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        raise ValueError(
            f"`layer` must have its channels last. Received: `data_format={layer.data_format!r}`. Make it with "
            '`data_format="channels_last"`.'
        )
