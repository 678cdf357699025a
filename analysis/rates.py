"""How fast populations fire over a corpus: lazily, so that it need not fit into memory."""

from __future__ import annotations

from math import prod

import xarray as xr

from analysis.recordings import layer_names

MILLISECONDS = 1000
"""Of a second."""


def rates_over_time(corpus: xr.DataTree) -> xr.DataArray:
    """Average the spikes of each population over its neurons, in each step of each sentence.

    Parameters
    ----------
    corpus : xarray.DataTree
        See :mod:`bionlp.recording.corpus`.

    Returns
    -------
    xarray.DataArray of float, shape (population, sentence, time)
        Mean rate of a neuron in Hz, of those neurons that the sentence has; not a number behind its
        end, and where it is not recorded yet. Where the corpus is of Dask, so is this, and nothing
        is computed before it is asked for. Coordinates of sentences are kept, to group by.

    Examples
    --------
    >>> from pathlib import Path
    >>> from analysis.rates import rates_over_time
    >>> from bionlp import load_classifier, open_corpus, record_corpus
    >>> texts = ["a gripping film", "a dull mess , and long"]
    >>> done = record_corpus(load_classifier("mr"), texts, Path("films.zarr"), steps=10, seed=1)
    >>> rates = rates_over_time(open_corpus(Path("films.zarr")))
    >>> rates.dims, rates.shape
    (('population', 'sentence', 'time'), (8, 2, 10))
    >>> bool(rates.sel(population="input").mean() > rates.sel(population="output").mean())
    True
    """
    step = float(corpus.attrs["dt_ms"]) / MILLISECONDS
    names = layer_names(corpus)
    rates = [
        corpus[name]["spikes"].sum(_places(corpus[name])) / (_neurons(corpus[name]) * step)
        for name in names
    ]
    found = xr.concat(rates, xr.Variable("population", names), coords="minimal", compat="override")
    listed = {name: array for name, array in corpus.coords.items() if array.dims == ("sentence",)}
    return found.assign_coords(listed).where(_lasts(corpus))


def _places(node: xr.DataTree) -> list[str]:
    """Return the dimensions of a population's neurons."""
    return [str(dim) for dim in node["spikes"].dims if dim not in ("sentence", "time")]


def _neurons(node: xr.DataTree) -> xr.DataArray | int:
    """Return how many neurons of a population each sentence has."""
    sizes = [
        node[f"{dim}_size"] if f"{dim}_size" in node.data_vars else node.sizes[dim]
        for dim in _places(node)
    ]
    return prod(sizes)


def _lasts(corpus: xr.DataTree) -> xr.DataArray:
    """Tell in which steps of the longest a sentence is presented, and whether it is recorded."""
    number = xr.DataArray(range(corpus.sizes["time"]), dims="time", coords={"time": corpus["time"]})
    return (number < corpus["steps"]) & corpus["written"]
