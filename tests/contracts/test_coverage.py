"""The table is complete: every public model, network, layer and augmentation has a row, of the right kind."""

import pathlib

import pytest

from tests.contracts import table


def missing(rows):
    covered = {row.covers: row.kind for row in rows}
    return {item.__name__ for item, kind in table.public_objects().items() if covered.get(item) != kind}


def test_every_public_object_has_a_row():
    assert missing(table.ROWS) == set()


@pytest.mark.parametrize("removed", table.ROWS, ids=lambda row: row.name)
def test_a_removed_row_is_missed(removed):
    assert missing([row for row in table.ROWS if row.covers is not removed.covers]) == {removed.covers.__name__}


def test_every_row_stands_for_something_public():
    assert {row.covers for row in table.ROWS} <= set(table.public_objects())


def test_names_are_unique():
    names = [row.name for row in table.ROWS]
    assert len(set(names)) == len(names)


def test_models_with_and_without_batch_normalisation_are_in_the_table():
    """Equality over replicas asks two different things of them."""
    networks = [row.make().networks.values() for row in table.ROWS if row.kind == "model"]
    paths = [[v.path for network in found for v in network.variables] for found in networks]
    assert {any("moving_mean" in path for path in found) for found in paths} == {True, False}


def test_exemptions_name_contracts_and_give_reasons():
    contracts = {path.stem.removeprefix("test_") for path in pathlib.Path(__file__).parent.glob("test_*.py")}
    for row in table.ROWS:
        assert set(row.exempt) <= contracts, row.name
        assert all(len(reason) > 20 for reason in row.exempt.values()), row.name
