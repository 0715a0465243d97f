"""A step is traced once, however many epochs and calls of `fit` it serves."""

from tests.contracts import table


@table.rows("retracing", "model")
def test_one_trace_serves_several_epochs_and_fits(row):
    shared = table.trained(row)
    assert len(shared.traces) == 1
    before = table.state(shared.gan)
    shared.gan.fit(table.dataset(row, 2), epochs=2, verbose=0)
    table.restore(shared.gan, before)
    assert len(shared.traces) == 1
