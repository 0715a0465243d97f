"""Weight normalization by hand, against products with divided kernels, and its start from data."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers import WeightNormalization

# Directions (3, 4) / 5 and (0, -2) / 2.
KERNEL = [[3.0, 0.0], [4.0, -2.0]]


def dense(units=2, **options):
    layer = WeightNormalization(keras.layers.Dense(units, use_bias=False), **options)
    layer.build((None, 2))
    return layer


def set_dense(layer, *, kernel=KERNEL, scale=(10.0, -3.0), bias=(1.0, 2.0)):
    layer.layer.kernel.assign(kernel)
    layer.scale.assign(scale)
    if layer.use_bias:
        layer.bias.assign(bias)
    return layer


def test_outputs_by_hand():
    # 10 (1 * 3 + 2 * 4) / 5 + 1 and -3 (2 * -2) / 2 + 2.
    assert set_dense(dense())(tf.constant([[1.0, 2.0]])).numpy() == pytest.approx(np.array([[23.0, 8.0]]), rel=1e-6)


def test_activation_comes_last():
    layer = set_dense(dense(activation="relu"), bias=(-30.0, 2.0))
    assert layer(tf.constant([[1.0, 2.0]])).numpy() == pytest.approx(np.array([[0.0, 8.0]]), rel=1e-6)


def test_length_of_the_kernel_does_not_matter():
    x = np.random.default_rng(0).normal(size=(4, 2)).astype("float32")
    longer = set_dense(dense(), kernel=np.array(KERNEL) * [7.0, 0.5])
    np.testing.assert_allclose(longer(x), set_dense(dense())(x), rtol=1e-5)


def test_gradients_are_those_of_the_paper():
    """Equation 3: the gradient of g is that of w along v, the gradient of v is orthogonal to v and g / |v| as long."""
    rng = np.random.default_rng(1)
    x, upstream = rng.normal(size=(5, 2)), rng.normal(size=(5, 2))
    layer = set_dense(dense())
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(tf.constant(x, tf.float32)) * tf.constant(upstream, tf.float32))
    kernel, scale, bias = tape.gradient(total, [v.value for v in (layer.layer.kernel, layer.scale, layer.bias)])
    v, g, of_weights = np.array(KERNEL), np.array([10.0, -3.0]), x.T @ upstream
    length = np.linalg.norm(v, axis=0)
    of_scale = (of_weights * v).sum(axis=0) / length
    np.testing.assert_allclose(scale, of_scale, rtol=1e-4)
    np.testing.assert_allclose(kernel, g / length * of_weights - g * of_scale / length**2 * v, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(bias, upstream.sum(axis=0), rtol=1e-5)


def test_second_derivatives_are_those_of_divided_kernels():
    x = tf.constant(np.random.default_rng(2).normal(size=(5, 2)), tf.float32)

    def curvature(variable, outputs):
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                total = tf.reduce_sum(tf.sin(outputs()))
            steepness = tf.reduce_sum(tf.square(inner.gradient(total, variable)))
        return outer.gradient(steepness, variable)

    layer, kernel = set_dense(dense(use_bias=False)), tf.Variable(KERNEL)
    scale = layer.scale.numpy()
    expected = curvature(kernel, lambda: x @ (kernel / tf.norm(kernel, axis=0)) * scale)
    np.testing.assert_allclose(curvature(layer.layer.kernel.value, lambda: layer(x)), expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (keras.layers.Conv1D(3, 2, use_bias=False), (5, 2)),
        (keras.layers.Conv2D(3, 2, 2, use_bias=False), (5, 4, 2)),
        (keras.layers.Conv2DTranspose(3, 2, 2, use_bias=False), (3, 2, 4)),
        (keras.layers.Conv1DTranspose(3, 2, use_bias=False), (5, 2)),
        (keras.layers.Dense(3, use_bias=False), (4, 5)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, keras.layers.Layer) else None,
)
def test_is_the_layer_with_a_kernel_of_unit_vectors(layer, shape):
    """The vector of an output channel is the kernel without its axis: the last, but one if transposed."""
    x = np.random.default_rng(0).normal(size=(2, *shape)).astype("float32")
    normalized = WeightNormalization(layer, use_bias=False)
    found = normalized(x)
    assert found.shape == normalized.compute_output_shape(x.shape)
    channels = layer.kernel.ndim - (2 if "Transpose" in type(layer).__name__ else 1)
    kernel = np.moveaxis(layer.kernel.numpy(), channels, -1)
    kernel = np.moveaxis(kernel / np.sqrt((kernel.reshape(-1, 3) ** 2).sum(axis=0)), -1, channels)
    layer.kernel.assign(kernel)
    np.testing.assert_allclose(found, layer(x), rtol=1e-4, atol=1e-4)


def test_fixed_lengths_and_no_biases():
    layer = dense(use_bias=False, train_scale=False)
    assert [variable.name for variable in layer.trainable_variables] == ["kernel"]
    assert [variable.name for variable in layer.non_trainable_variables] == ["scale"]
    assert layer.bias is None


@pytest.mark.parametrize(
    ("wrapped", "shape"),
    [
        (keras.layers.Dense(3, use_bias=False), (6,)),
        (keras.layers.Conv2D(4, 2, use_bias=False), (5, 4, 2)),
    ],
    ids=["dense", "conv"],
)
def test_initialize_standardizes_every_channel(wrapped, shape):
    x = np.random.default_rng(0).normal(3.0, 5.0, (200, *shape)).astype("float32")
    layer = WeightNormalization(wrapped, activation="relu", train_scale=False)
    layer.build(x.shape)
    outputs = layer.initialize(x)
    assert float(np.min(outputs)) == 0.0  # The activation's.
    layer.activation = keras.activations.linear
    channels = np.reshape(layer(x), (-1, layer.scale.shape[0]))
    np.testing.assert_allclose(channels.mean(axis=0), 0.0, atol=1e-5)
    np.testing.assert_allclose(channels.std(axis=0), 1.0, atol=1e-5)


def test_initialize_returns_what_the_next_layer_gets():
    x = np.random.default_rng(0).normal(size=(50, 2)).astype("float32")
    layer = dense(activation="softplus")
    np.testing.assert_array_equal(layer.initialize(x), layer(x))


def test_initialize_refuses_what_does_not_vary():
    with pytest.raises(ValueError, match=r"must vary from sample to sample.*shape \(1, 2\).*Pass more samples"):
        dense().initialize(np.ones((1, 2)))
    with pytest.raises(ValueError, match=r"must vary from sample to sample.*shape \(500, 2\)"):
        dense().initialize(np.full((500, 2), 0.3))  # Whose products differ by rounding.
    with pytest.raises(ValueError, match="Received: a layer with `use_bias=False`"):
        dense(use_bias=False).initialize(np.eye(2))


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (keras.layers.Dense(2), "`use_bias=True`, `activation=linear`"),
        (keras.layers.Dense(2, "relu", use_bias=False), "`use_bias=False`, `activation=relu`"),
        (keras.layers.DepthwiseConv2D(2, use_bias=False), "`layer=<DepthwiseConv2D"),
        (keras.layers.Flatten(), "`layer=<Flatten"),
        (keras.layers.Conv2D(2, 3, use_bias=False, data_format="channels_first"), "`data_format='channels_first'`"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, keras.layers.Layer) else None,
)
def test_other_layers_are_refused(layer, message):
    with pytest.raises(ValueError, match=message):
        WeightNormalization(layer)
