"""The table of metrics."""

import pathlib

from tfgan_zoo.training.records import Records


def lines(folder):
    return (pathlib.Path(folder) / "metrics.csv").read_text().splitlines()


def test_rows_and_their_event_file(tmp_path):
    records = Records(tmp_path, 10)
    records.add(10, {"loss": 1.5, "score": 2.0})
    records.add(20, {"loss": 0.25, "score": 3.0})
    records.close()
    assert lines(tmp_path) == ["step,loss,score", "10,1.5,2.0", "20,0.25,3.0"]
    (events,) = (tmp_path / "tensorboard").iterdir()
    assert b"score" in events.read_bytes()


def test_column_that_comes_later_leaves_earlier_cells_empty(tmp_path):
    records = Records(tmp_path, 10)
    records.add(10, {"loss": 1.5})
    records.add(20, {"loss": 0.5, "fid_10k": 30.0})
    assert lines(tmp_path) == ["step,loss,fid_10k", "10,1.5,", "20,0.5,30.0"]


def test_resumed_table_equals_the_unbroken_one(tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    for folder in (whole, broken):
        folder.mkdir()
    records = Records(whole, 10)
    for step in (10, 20, 30):
        records.add(step, {"loss": step / 7, "rare": 1.0} if step == 20 else {"loss": step / 7})
    records = Records(broken, 10)
    for step in (10, 20):
        records.add(step, {"loss": step / 7, "rare": 1.0} if step == 20 else {"loss": step / 7})
    records = Records(broken, 10)
    records.rewind(15)  # The row of step 20 was written, the checkpoint after it was not.
    for step in (20, 30):
        records.add(step, {"loss": step / 7, "rare": 1.0} if step == 20 else {"loss": step / 7})
    assert lines(broken) == lines(whole)


def test_rewinding_drops_the_last_row_of_a_shorter_run(tmp_path):
    records = Records(tmp_path, 10)
    for step in (10, 15):
        records.add(step, {"loss": 1.0})
    records.rewind(15)
    records.add(20, {"loss": 2.0})
    assert lines(tmp_path) == ["step,loss", "10,1.0", "20,2.0"]


def test_others_than_the_chief_write_nothing(tmp_path):
    Records(tmp_path, 10, chief=False).add(10, {"loss": 1.0})
    assert not list(tmp_path.iterdir())
