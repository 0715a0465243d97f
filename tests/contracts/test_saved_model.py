"""SavedModel: the exported network gives the same numbers for any batch size."""

import numpy as np
import tensorflow as tf

from tests.contracts import table


@table.rows("saved_model", "model", "network", "layer")
def test_saved_model_equals_the_network_for_any_batch(row, tmp_path):
    network = table.network(row)
    network.export(tmp_path / "export", format="tf_saved_model", verbose=False)
    loaded = tf.saved_model.load(tmp_path / "export")  # Held: its functions do not keep its variables alive.
    for size in (1, 5):
        inputs = table.call_inputs(network, size)
        expected = network(inputs, training=False)
        assert expected.shape[0] == size
        np.testing.assert_allclose(loaded.serve(inputs), expected, rtol=0, atol=1e-5)
