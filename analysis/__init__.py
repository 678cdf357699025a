"""From recordings of spiking networks to numbers and pictures.

A recording is an :class:`xarray.DataTree` with a node per layer, as :mod:`bionlp.recording`
writes it. Nothing here runs or trains a network.
"""
