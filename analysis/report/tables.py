"""What the pictures of a page show, as rows of a table, for readers who cannot see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from analysis.counts import cumulative_class_counts
from analysis.energy import reference_key
from analysis.recordings import (
    class_names,
    input_layer,
    layer_names,
    membrane_unit,
    membranes,
    neuron_titles,
    words,
)

MOMENTS = 11
"""Rows of the table of votes, at most."""

Row = list[str]

CIRCUMSTANCES = (
    *("model", "backend", "synapses", "precision", "steps", "seed", "sentence", "dt_ms"),
    "interventions",
)
"""What is said of a simulation, besides versions."""


def signed(number: int) -> str:
    """Return a number with its sign, the minus as wide as the plus; 0 has none."""
    return f"{number:+d}".replace("-", "−") if number else "0"


def word_rows(recording: xr.DataTree, relevance: Sequence[int]) -> list[Row]:
    """Return word, place, relevance and input spikes of each word.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.
    relevance : sequence of int
        Of each word, in output spikes.

    Returns
    -------
    list of list of str
        A row for each word.
    """
    sentence = zip(words(recording), relevance, word_spikes(recording), strict=True)
    return [
        [word, f"w{place}", signed(value), f"{count:,}"]
        for place, (word, value, count) in enumerate(sentence, start=1)
    ]


def word_spikes(recording: xr.DataTree) -> list[int]:
    """Return the input spikes of each word."""
    return input_layer(recording)["spikes"].sum(("time", "feature")).values.tolist()


def vote_rows(recording: xr.DataTree) -> tuple[Row, list[Row]]:
    """Return the output spikes of each class until a few moments.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.

    Returns
    -------
    columns : list of str
        Names of the columns.
    rows : list of list of str
        At most ``MOMENTS``, evenly spread, the last step among them.
    """
    counts = cumulative_class_counts(recording)
    steps = np.unique(np.linspace(0, counts.sizes["time"] - 1, MOMENTS).astype(int))
    shown = counts.transpose("time", "class").isel(time=steps)
    rows = [
        [f"{time:g}", *(str(count) for count in now)]
        for time, now in zip(shown["time"].values, shown.values.tolist(), strict=True)
    ]
    return ["time (ms)", *class_names(recording)], rows


def membrane_rows(recording: xr.DataTree) -> list[Row]:
    """Return how many membranes of each layer were recorded, and what they range over.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.

    Returns
    -------
    list of list of str
        Layer, neurons recorded, those of them that fired, lowest and highest membrane; no row for a
        layer of which none was recorded.
    """
    rows = []
    for name in layer_names(recording):
        node = recording[name]
        if not node.sizes["recorded"]:
            continue
        spikes = node["spikes"].values.reshape(node.sizes["time"], -1)
        fired = int(spikes[:, node["index"].values].any(axis=0).sum())
        shown, unit = membranes(recording, name), membrane_unit(recording, name)
        ends = [f"{end:.3f} {unit}".strip().replace("-", "−") for end in (shown.min(), shown.max())]
        rows.append([name, str(node.sizes["recorded"]), str(fired), *ends])
    return rows


def layer_rows(recording: xr.DataTree, work: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Return the spikes of each layer and its work.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.
    work : sequence of dict
        ``layers`` of what ``bionlp energy --json`` prints.

    Returns
    -------
    list of list of str
        Layer, spikes, synaptic operations and multiply-accumulates; the input does no work.
    """
    of = {row["layer"]: row for row in work}
    table = []
    for name in layer_names(recording):
        row = [name, f"{recording[name].attrs['spike_count']:,}"]
        numbers = (of[name]["counted"], of[name]["macs"]) if name in of else ()
        table.append(row + [f"{number:,.0f}" for number in numbers] + [""] * (2 - len(numbers)))
    return table


def cost_rows(costs: Sequence[Mapping[str, Any]], reference: str) -> list[Row]:
    """Return the energy of both networks under each cost model.

    Parameters
    ----------
    costs : sequence of dict
        ``energy`` of what ``bionlp energy --json`` prints.
    reference : str
        What the network is held against, also of that.

    Returns
    -------
    list of list of str
        Cost model, microjoules of what the network is held against and of the spiking network,
        and their ratio.
    """
    return [
        [
            row["cost_model"],
            f"{row[reference_key(reference)] * 1e6:.3f}",
            f"{row['spiking_joules'] * 1e6:.3f}",
            f"{row['ratio']:.2f}",
        ]
        for row in costs
    ]


def circumstances(recording: xr.DataTree) -> list[tuple[str, str]]:
    """Return how a recording was made.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.

    Returns
    -------
    list of (str, str)
        Name and value of each circumstance.
    """
    attrs = recording.attrs
    versions = sorted(name for name in attrs if name.endswith("_version"))
    names = [name for name in CIRCUMSTANCES if name in attrs] + versions
    shown = [(name.replace("_", " "), str(attrs[name])) for name in names]
    titles = [(f"neurons of {name}", title) for name, title in neuron_titles(recording).items()]
    return [*shown, *titles, ("python", str(attrs["python"]))]
