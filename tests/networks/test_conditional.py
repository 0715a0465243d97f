"""Networks that are told the class, or find it, among the perceptrons and the DCGANs."""

import keras
import numpy as np
import pytest

from tfgan_zoo.networks import dcgan, mlp

SHAPE = (16, 8, 2)


def inputs(network):
    return {tensor.name: (tuple(tensor.shape), tensor.dtype) for tensor in network.inputs}


# --- Perceptrons


def test_perceptrons_have_the_papers_sizes():
    generator, discriminator = mlp.conditional_generator(), mlp.conditional_discriminator()
    first = 100 * 200 + 200 + 10 * 1000
    assert generator.count_params() == first + 1200 * 1200 + 1200 + 1200 * 784 + 784
    assert discriminator.count_params() == (784 * 240 + 240) * 5 + 10 * 50 + (290 * 240 + 240) * 4 + 240 + 1
    assert inputs(generator) == {"z": ((None, 100), "float32"), "label": ((None,), "int32")}
    assert inputs(discriminator) == {"image": ((None, 28, 28, 1), "float32"), "label": ((None,), "int32")}
    for network, drops in ((generator, 1), (discriminator, 2)):
        rates = [layer.rate for layer in network.layers if isinstance(layer, keras.layers.Dropout)]
        assert rates == [0.5] * drops


def test_perceptron_generator_by_hand():
    network = mlp.conditional_generator(
        (1,), 1, num_classes=2, latent_units=1, label_units=2, units=1, dropout=0.5, output=None
    )
    weights = {"hidden_z": [[[2.0]], [1.0]], "embed": [[[3.0, -4.0], [-1.0, 5.0]]]}
    weights |= {"hidden": [[[1.0], [10.0], [100.0]], [-7.0]], "to_sample": [[[2.0]], [0.5]]}
    for name, values in weights.items():
        network.get_layer(name).set_weights([np.array(value) for value in values])
    z = np.array([[1.5], [-3.0]], "float32")
    # Class 0: relu(3, -4) = (3, 0); class 1: (0, 5). z: relu(4) = 4 and relu(-5) = 0.
    assert network([z, np.array([0, 1])]).numpy().ravel().tolist() == [2 * (4 + 30 - 7) + 0.5, 2 * (500 - 7) + 0.5]


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: mlp.conditional_generator(num_classes=0), "num_classes"),
        (lambda: mlp.conditional_generator(label_units=0), "label_units"),
        (lambda: mlp.conditional_generator(dropout=1.0), "dropout"),
        (lambda: mlp.conditional_discriminator(units=0), "units"),
        (lambda: mlp.conditional_discriminator((0,)), "input_shape"),
        (lambda: mlp.conditional_discriminator(dropout=-0.1), "dropout"),
    ],
)
def test_perceptrons_refuse_what_does_not_fit(call, name):
    with pytest.raises(ValueError, match=f"`{name}` must .*Received: `{name}="):
        call()


# --- DCGANs


def test_conditional_dcgan_is_the_plain_one_plus_tables():
    plain, conditional = (make(SHAPE, 5, base_channels=3) for make in (dcgan.generator, dcgan.conditional_generator))
    first = 50 * (4 * 2 * 6)  # An input more for each of the 50 numbers of a class.
    assert conditional.count_params() == plain.count_params() + 10 * 50 + first
    plain = dcgan.discriminator(SHAPE, base_channels=3)
    conditional = dcgan.conditional_discriminator(SHAPE, base_channels=3, num_classes=4)
    assert conditional.count_params() == plain.count_params() + 4 * (3 + 6)
    assert inputs(conditional) == {"image": ((None, *SHAPE), "float32"), "label": ((None,), "int32")}


def test_auxiliary_dcgan_is_the_plain_one_plus_a_head():
    plain = dcgan.discriminator(SHAPE, base_channels=3)
    auxiliary = dcgan.auxiliary_discriminator(SHAPE, base_channels=3, num_classes=4, dropout=0.5)
    assert auxiliary.count_params() == plain.count_params() + 4 * (4 * 2 * 6)
    assert auxiliary.output_shape == [(None, 1), (None, 4)]
    for mine, other in zip(auxiliary.weights, plain.weights[:-1], strict=False):
        assert mine.shape == other.shape


def test_classes_are_biases_of_the_convolutions():
    network = dcgan.conditional_discriminator((8, 8, 1), num_classes=3, base_channels=2)
    network.get_layer("embed_0").set_weights([np.array([[0.0, 0.0], [100.0, 0.0], [0.0, -100.0]])])
    inner = keras.Model(network.inputs, network.get_layer("leaky_0").output)
    image = np.random.default_rng(0).uniform(-1, 1, (1, 8, 8, 1)).astype("float32")
    maps = inner([np.repeat(image, 3, axis=0), np.arange(3)]).numpy()
    assert maps.shape == (3, 4, 4, 2)
    np.testing.assert_allclose(maps[1, ..., 0].min(), 100.0, atol=1.0)
    np.testing.assert_array_equal(maps[1, ..., 1], maps[0, ..., 1])
    np.testing.assert_allclose(maps[2, ..., 1].max(), -20.0, atol=1.0)  # The slope of LeakyReLU is 0.2.


def test_generators_of_a_class_differ():
    network = dcgan.conditional_generator((8, 8, 1), 3, num_classes=4, base_channels=4)
    images = network([np.ones((4, 3), "float32"), np.arange(4)]).numpy()
    assert len({image.tobytes() for image in images}) == 4


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: dcgan.conditional_generator(num_classes=0), "num_classes"),
        (lambda: dcgan.conditional_generator(label_dim=0), "label_dim"),
        (lambda: dcgan.conditional_generator(base_channels=0), "base_channels"),
        (lambda: dcgan.conditional_discriminator(num_classes=0), "num_classes"),
        (lambda: dcgan.auxiliary_discriminator(num_classes=-1), "num_classes"),
        (lambda: dcgan.auxiliary_discriminator(dropout=1.0), "dropout"),
    ],
)
def test_dcgans_refuse_what_does_not_fit(call, name):
    with pytest.raises(ValueError, match=f"`{name}` must .*Received: `{name}="):
        call()


def test_classes_begin_no_longer_than_a_one_hot_label():
    """Beside longer ones a generator learns to ignore its latent vector."""
    network = dcgan.conditional_generator((8, 8, 1), num_classes=50, label_dim=20, base_channels=2)
    lengths = np.linalg.norm(network.get_layer("embed").get_weights()[0], axis=1)
    assert np.sqrt(np.mean(lengths**2)) == pytest.approx(1.0, abs=0.1)
