"""Contracts: what every public model, network and layer must keep, each run over the one table of `table.py`."""
