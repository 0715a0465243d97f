"""The FID network: parameters and shapes derived by hand, pooling and resize in NumPy, and a second implementation."""

import functools
import hashlib
import http.server
import threading

import keras
import numpy as np
import pytest

from tfgan_zoo.metrics import convert_inception_weights, extract, features, images, inception

# ---------------------------------------------------------------------------------------------------------------
# The published description as data: unit -> (input channels, output channels, kernel height, kernel width).
# ---------------------------------------------------------------------------------------------------------------

STEM = {
    "Conv2d_1a_3x3": (3, 32, 3, 3),
    "Conv2d_2a_3x3": (32, 32, 3, 3),
    "Conv2d_2b_3x3": (32, 64, 3, 3),
    "Conv2d_3b_1x1": (64, 80, 1, 1),
    "Conv2d_4a_3x3": (80, 192, 3, 3),
}


def block_a(inputs, pool):
    return {
        "branch1x1": (inputs, 64, 1, 1),
        "branch5x5_1": (inputs, 48, 1, 1),
        "branch5x5_2": (48, 64, 5, 5),
        "branch3x3dbl_1": (inputs, 64, 1, 1),
        "branch3x3dbl_2": (64, 96, 3, 3),
        "branch3x3dbl_3": (96, 96, 3, 3),
        "branch_pool": (inputs, pool, 1, 1),
    }


def block_b(inputs):
    return {
        "branch3x3": (inputs, 384, 3, 3),
        "branch3x3dbl_1": (inputs, 64, 1, 1),
        "branch3x3dbl_2": (64, 96, 3, 3),
        "branch3x3dbl_3": (96, 96, 3, 3),
    }


def block_c(inputs, c):
    return {
        "branch1x1": (inputs, 192, 1, 1),
        "branch7x7_1": (inputs, c, 1, 1),
        "branch7x7_2": (c, c, 1, 7),
        "branch7x7_3": (c, 192, 7, 1),
        "branch7x7dbl_1": (inputs, c, 1, 1),
        "branch7x7dbl_2": (c, c, 7, 1),
        "branch7x7dbl_3": (c, c, 1, 7),
        "branch7x7dbl_4": (c, c, 7, 1),
        "branch7x7dbl_5": (c, 192, 1, 7),
        "branch_pool": (inputs, 192, 1, 1),
    }


def block_d(inputs):
    return {
        "branch3x3_1": (inputs, 192, 1, 1),
        "branch3x3_2": (192, 320, 3, 3),
        "branch7x7x3_1": (inputs, 192, 1, 1),
        "branch7x7x3_2": (192, 192, 1, 7),
        "branch7x7x3_3": (192, 192, 7, 1),
        "branch7x7x3_4": (192, 192, 3, 3),
    }


def block_e(inputs):
    return {
        "branch1x1": (inputs, 320, 1, 1),
        "branch3x3_1": (inputs, 384, 1, 1),
        "branch3x3_2a": (384, 384, 1, 3),
        "branch3x3_2b": (384, 384, 3, 1),
        "branch3x3dbl_1": (inputs, 448, 1, 1),
        "branch3x3dbl_2": (448, 384, 3, 3),
        "branch3x3dbl_3a": (384, 384, 1, 3),
        "branch3x3dbl_3b": (384, 384, 3, 1),
        "branch_pool": (inputs, 192, 1, 1),
    }


BLOCKS = {
    "Mixed_5b": block_a(192, 32),
    "Mixed_5c": block_a(256, 64),
    "Mixed_5d": block_a(288, 64),
    "Mixed_6a": block_b(288),
    "Mixed_6b": block_c(768, 128),
    "Mixed_6c": block_c(768, 160),
    "Mixed_6d": block_c(768, 160),
    "Mixed_6e": block_c(768, 192),
    "Mixed_7a": block_d(768),
    "Mixed_7b": block_e(1280),
    "Mixed_7c": block_e(2048),
}
UNITS = STEM | {f"{block}.{name}": unit for block, units in BLOCKS.items() for name, unit in units.items()}
# Output of each stage for a 299x299 input.
SHAPES = {
    "Conv2d_1a_3x3.relu": (149, 149, 32),
    "Conv2d_2a_3x3.relu": (147, 147, 32),
    "Conv2d_2b_3x3.relu": (147, 147, 64),
    "maxpool1": (73, 73, 64),
    "Conv2d_3b_1x1.relu": (73, 73, 80),
    "Conv2d_4a_3x3.relu": (71, 71, 192),
    "maxpool2": (35, 35, 192),
    "Mixed_5b": (35, 35, 256),
    "Mixed_5c": (35, 35, 288),
    "Mixed_5d": (35, 35, 288),
    "Mixed_6a": (17, 17, 768),
    "Mixed_6b": (17, 17, 768),
    "Mixed_6c": (17, 17, 768),
    "Mixed_6d": (17, 17, 768),
    "Mixed_6e": (17, 17, 768),
    "Mixed_7a": (8, 8, 1280),
    "Mixed_7b": (8, 8, 2048),
    "Mixed_7c": (8, 8, 2048),
    "features": (2048,),
    "fc": (1008,),
    "fc_bias": (1008,),
}


@pytest.fixture(scope="module")
def network():
    return inception.network()


def trainable(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def test_trainable_parameters_add_up_layer_by_layer(network):
    # Each unit has a convolution without bias and the scale and shift of its normalisation.
    expected = {name: i * o * h * w + 2 * o for name, (i, o, h, w) in UNITS.items()}
    found = {
        name: trainable(network.get_layer(f"{name}.conv")) + trainable(network.get_layer(f"{name}.bn"))
        for name in UNITS
    }
    assert found == expected
    body = sum(expected.values())
    assert body + 2048 * 1000 + 1000 == 23_834_568
    assert trainable(network) == body + 2048 * 1008 + 1008 == 23_850_960


def test_kernels_strides_and_shapes(network):
    for name, (inputs, outputs, height, width) in UNITS.items():
        layer = network.get_layer(f"{name}.conv")
        assert layer.kernel.shape == (height, width, inputs, outputs), name
        assert network.get_layer(f"{name}.bn").epsilon == 1e-3
    strided = {name for name in UNITS if network.get_layer(f"{name}.conv").strides == (2, 2)}
    assert strided == {
        "Conv2d_1a_3x3",
        "Mixed_6a.branch3x3",
        "Mixed_6a.branch3x3dbl_3",
        "Mixed_7a.branch3x3_2",
        "Mixed_7a.branch7x7x3_4",
    }
    for name, shape in SHAPES.items():
        assert tuple(network.get_layer(name).output.shape[1:]) == shape, name


def test_padding_is_left_out_of_the_average(network):
    x = np.random.default_rng(0).normal(size=(1, 5, 6, 3)).astype(np.float32) + 3
    pools = [layer for layer in network.layers if layer.name.endswith(".pool")]
    average = [pool for pool in pools if isinstance(pool, keras.layers.AveragePooling2D)]
    assert [pool.name[:8] for pool in average] == [
        *("Mixed_5b", "Mixed_5c", "Mixed_5d", "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e", "Mixed_7b")
    ]
    for pool in average:
        np.testing.assert_allclose(pool(x), numpy_pool(x, np.mean), rtol=1e-6)
    # The corner covers four pixels: with the padding counted it would be 4/9 of this.
    assert average[0](np.ones_like(x))[0, 0, 0, 0] == 1


def test_the_last_block_pools_by_maximum(network):
    pool = network.get_layer("Mixed_7c.pool")
    x = -1 - np.random.default_rng(1).uniform(size=(1, 4, 5, 2)).astype(np.float32)
    assert isinstance(pool, keras.layers.MaxPooling2D)
    # All values are negative: a padding of zeros would show.
    np.testing.assert_array_equal(pool(x), numpy_pool(x, np.max))


# ---------------------------------------------------------------------------------------------------------------
# A second implementation in NumPy, from the description: weights in PyTorch's order, no code shared with the first.
# ---------------------------------------------------------------------------------------------------------------


def numpy_pool(x, reduce, size=3):
    """Pool 3x3 with stride 1, each window cut at the edges of the map."""
    result = np.empty_like(x)
    half = size // 2
    for row in range(x.shape[1]):
        for column in range(x.shape[2]):
            window = x[:, max(row - half, 0) : row + half + 1, max(column - half, 0) : column + half + 1]
            result[:, row, column] = reduce(window, axis=(1, 2))
    return result


def strided_max(x):
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))[:, ::2, ::2]
    return windows.max(axis=(-1, -2))


class NumpyInception:
    """Runs the network on a PyTorch state dict."""

    def __init__(self, state):
        self.state = state

    def unit(self, x, name, stride=1, pad=(0, 0)):
        state = self.state
        x = np.pad(x, ((0, 0), (pad[0], pad[0]), (pad[1], pad[1]), (0, 0)))
        kernel = state[f"{name}.conv.weight"]
        windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[2:], axis=(1, 2))[:, ::stride, ::stride]
        y = np.tensordot(windows, kernel, axes=([3, 4, 5], [1, 2, 3]))
        variance, mean = state[f"{name}.bn.running_var"], state[f"{name}.bn.running_mean"]
        y = (y - mean) / np.sqrt(variance + 0.001) * state[f"{name}.bn.weight"] + state[f"{name}.bn.bias"]
        return np.maximum(y, 0)

    def chain(self, x, block, *steps):
        for name, *options in steps:
            x = self.unit(x, f"{block}.{name}", *options)
        return x

    def a(self, x, block):
        five = self.chain(x, block, ("branch5x5_1",), ("branch5x5_2", 1, (2, 2)))
        double = self.chain(x, block, ("branch3x3dbl_1",), ("branch3x3dbl_2", 1, (1, 1)), ("branch3x3dbl_3", 1, (1, 1)))
        pooled = self.chain(numpy_pool(x, np.mean), block, ("branch_pool",))
        return np.concatenate([self.chain(x, block, ("branch1x1",)), five, double, pooled], axis=-1)

    def b(self, x, block):
        double = self.chain(x, block, ("branch3x3dbl_1",), ("branch3x3dbl_2", 1, (1, 1)), ("branch3x3dbl_3", 2))
        return np.concatenate([self.chain(x, block, ("branch3x3", 2)), double, strided_max(x)], axis=-1)

    def c(self, x, block):
        wide, tall = (1, (0, 3)), (1, (3, 0))
        seven = self.chain(x, block, ("branch7x7_1",), ("branch7x7_2", *wide), ("branch7x7_3", *tall))
        names = [f"branch7x7dbl_{number}" for number in range(1, 6)]
        double = self.chain(
            x, block, (names[0],), *zip(names[1:], *zip(tall, wide, tall, wide, strict=True), strict=True)
        )
        pooled = self.chain(numpy_pool(x, np.mean), block, ("branch_pool",))
        return np.concatenate([self.chain(x, block, ("branch1x1",)), seven, double, pooled], axis=-1)

    def d(self, x, block):
        three = self.chain(x, block, ("branch3x3_1",), ("branch3x3_2", 2))
        steps = ("branch7x7x3_1",), ("branch7x7x3_2", 1, (0, 3)), ("branch7x7x3_3", 1, (3, 0)), ("branch7x7x3_4", 2)
        return np.concatenate([three, self.chain(x, block, *steps), strided_max(x)], axis=-1)

    def e(self, x, block, reduce):
        three = self.chain(x, block, ("branch3x3_1",))
        double = self.chain(x, block, ("branch3x3dbl_1",), ("branch3x3dbl_2", 1, (1, 1)))
        parts = [self.chain(x, block, ("branch1x1",))]
        for trunk, name in ((three, "branch3x3_2"), (double, "branch3x3dbl_3")):
            parts.append(self.chain(trunk, block, (f"{name}a", 1, (0, 1))))
            parts.append(self.chain(trunk, block, (f"{name}b", 1, (1, 0))))
        parts.append(self.chain(numpy_pool(x, reduce), block, ("branch_pool",)))
        return np.concatenate(parts, axis=-1)

    def __call__(self, x):
        x = self.unit(x, "Conv2d_1a_3x3", 2)
        x = self.unit(self.unit(x, "Conv2d_2a_3x3"), "Conv2d_2b_3x3", 1, (1, 1))
        x = self.unit(self.unit(strided_max(x), "Conv2d_3b_1x1"), "Conv2d_4a_3x3")
        x = strided_max(x)
        for block in ("Mixed_5b", "Mixed_5c", "Mixed_5d"):
            x = self.a(x, block)
        x = self.b(x, "Mixed_6a")
        for block in ("Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"):
            x = self.c(x, block)
        x = self.e(self.e(self.d(x, "Mixed_7a"), "Mixed_7b", np.mean), "Mixed_7c", np.max)
        pooled = x.mean(axis=(1, 2))
        return pooled, pooled @ self.state["fc.weight"].T, pooled @ self.state["fc.weight"].T + self.state["fc.bias"]


@pytest.fixture(scope="module")
def state():
    """Random weights in PyTorch's names and order, scaled so that signals neither vanish nor explode."""
    rng = np.random.default_rng(0)
    result = {}
    for name, (inputs, outputs, height, width) in UNITS.items():
        shape = (outputs, inputs, height, width)
        kernel = rng.standard_normal(shape, np.float32) * np.float32(np.sqrt(2 / (inputs * height * width)))
        result[f"{name}.conv.weight"] = kernel
        for part, low, high in (("weight", 0.8, 1.2), ("bias", -0.1, 0.3), ("running_mean", -0.2, 0.2)):
            result[f"{name}.bn.{part}"] = rng.uniform(low, high, outputs).astype(np.float32)
        result[f"{name}.bn.running_var"] = rng.uniform(0.5, 1.5, outputs).astype(np.float32)
        result[f"{name}.bn.num_batches_tracked"] = np.array(1)
    result["fc.weight"] = rng.normal(0, 0.02, (1008, 2048)).astype(np.float32)
    result["fc.bias"] = rng.normal(0, 0.5, 1008).astype(np.float32)
    return result


@pytest.fixture(scope="module")
def weight_file(state, tmp_path_factory):
    """The state dict through the converter: a file in, a converted file out."""
    folder = tmp_path_factory.mktemp("inception")
    np.savez(folder / "source.npz", **state)
    convert_inception_weights.main([str(folder / "source.npz"), str(folder / "inception.npz")])
    return folder / "inception.npz"


@pytest.mark.thorough
def test_a_converted_file_gives_the_features_of_the_second_implementation(state, weight_file):
    model = inception.load(weight_file, image_size=None)
    # 139x107 leaves 3x2 places for the last blocks, so that every padding and every pool matters.
    x = np.random.default_rng(5).uniform(-1, 1, (1, 139, 107, 3)).astype(np.float32)
    for found, expected in zip(model(x, training=False), NumpyInception(state)(x), strict=True):
        assert found.shape == expected.shape
        assert np.std(expected) > 1e-3
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())


@pytest.mark.thorough
def test_extractor_prepares_images_as_the_graph_does(state, weight_file):
    extractor = features.inception(weight_file)
    batch = np.random.default_rng(6).integers(0, 256, (2, 32, 40, 3)).astype(np.uint8)
    result = extract(extractor, batch)
    prepared = (images.resize(batch, (299, 299)).numpy() - 128) / 128
    expected = extractor.network(prepared, training=False)
    np.testing.assert_allclose(result.features, expected[0], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(result.logits, result.features @ state["fc.weight"].T, rtol=1e-3, atol=1e-2)
    assert extractor.name == "inception" and features.inception(weight_file) is extractor


def test_wrong_weights_are_named(network, state, tmp_path):
    model = network
    missing = {name: array for name, array in state.items() if name != "Mixed_6c.branch7x7_2.bn.bias"}
    with pytest.raises(ValueError, match="should hold `Mixed_6c.branch7x7_2.bn.bias`"):
        inception.assign(model, missing)
    with pytest.raises(ValueError, match=r"Received also: \['AuxLogits.fc.bias'\]"):
        inception.assign(model, state | {"AuxLogits.fc.bias": np.zeros(3)})
    with pytest.raises(ValueError, match=r"`Conv2d_1a_3x3.conv.weight` should have shape \(3, 3, 3, 32\)"):
        inception.assign(model, state | {"Conv2d_1a_3x3.conv.weight": np.zeros((32, 3, 5, 5))})
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    with pytest.raises(ValueError, match="InceptionV3 weights with a tensor `fc.weight`"):
        inception.load(tmp_path / "other.npz")
    with pytest.raises(ValueError, match="`image_size` should be at least 75. Received: `image_size=64`"):
        inception.network(image_size=64)


@pytest.fixture
def server(tmp_path):
    """A web server on loopback that serves `tmp_path / "served"`."""
    folder = tmp_path / "served"
    folder.mkdir()
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(quiet, directory=folder)) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{httpd.server_address[1]}"
        httpd.shutdown()


def test_download_verifies_its_checksum_and_happens_once(server, tmp_path, capsys):
    folder, address = server
    (folder / "weights.pth").write_bytes(b"tensors" * 1000)
    with pytest.raises(ValueError, match="(?i)corrupted"):
        inception.download(url=f"{address}/weights.pth", sha256="0" * 64, cache_dir=tmp_path / "cache")
    checksum = hashlib.sha256(b"tensors" * 1000).hexdigest()
    options = {"url": f"{address}/weights.pth", "sha256": checksum, "cache_dir": tmp_path / "cache"}
    path = inception.download(**options)
    assert path.read_bytes() == b"tensors" * 1000
    assert "7000/7000" in capsys.readouterr().out
    (folder / "weights.pth").unlink()
    assert inception.download(**options) == path


def test_the_published_file_is_named_by_its_checksum():
    assert inception.SHA256[:8] in inception.URL and len(inception.SHA256) == 64
