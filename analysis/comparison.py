"""How far two runs of the same sentence are apart, layer by layer.

For binary spikes S_a, S_b of a layer and the potentials U_a, U_b of the neurons that both recorded

    spikes    = sum S_a
    differing = sum |S_a - S_b|
    membrane  = max |U_a - U_b|

An exact simulation has differing = 0, and a membrane difference of the order of rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from analysis.recordings import layer_names, words
from networks.activity import Activity


@dataclass(frozen=True)
class Difference:
    """Difference of a layer in two runs; ``a + b`` is that of several sentences together.

    Attributes
    ----------
    spikes : int
        Spikes of the first run.
    differing : int
        Neurons and steps in which exactly one of the runs has a spike.
    membrane : float
        Largest absolute difference in membrane potential, in the unit of the weights. NaN if no
        neuron was recorded in both, infinite if a potential was not finite.

    Examples
    --------
    >>> from analysis import Difference
    >>> Difference(120, 0, 1e-15) + Difference(80, 2, 0.5)
    Difference(spikes=200, differing=2, membrane=0.5)
    """

    spikes: int = 0
    differing: int = 0
    membrane: float = float("nan")

    def __add__(self, other: Difference) -> Difference:
        return Difference(
            self.spikes + other.spikes,
            self.differing + other.differing,
            float(np.fmax(self.membrane, other.membrane)),
        )


def compare(a: xr.DataTree, b: xr.DataTree) -> dict[str, Difference]:
    """Compare two recordings of the same sentence.

    Parameters
    ----------
    a, b : xarray.DataTree
        See :mod:`bionlp.recording`.

    Returns
    -------
    dict of str to Difference
        For each layer, in the order of flow.

    Raises
    ------
    ValueError
        If the recordings differ in text, words, length of a step, layers or shapes.

    Examples
    --------
    >>> import bionlp
    >>> from analysis import compare
    >>> model = bionlp.load_classifier("mr")
    >>> (recording,) = bionlp.simulate(model, "a gripping film", steps=10, seed=1)
    >>> (other,) = bionlp.simulate(model, "a gripping film", steps=10, seed=2)
    >>> compare(recording, recording)["output"].differing
    0
    >>> compare(recording, other)["input"].differing > 0  # other noise
    True
    """
    for name, of in (
        ("text", lambda recording: recording.attrs["text"]),
        ("words", words),
        ("dt_ms", lambda recording: float(recording.attrs["dt_ms"])),
    ):
        if of(a) != of(b):
            raise ValueError(f"the recordings differ in their {name}: {of(a)!r} and {of(b)!r}")
    return compare_activity(_activity(a), _activity(b))


def compare_activity(a: Mapping[str, Activity], b: Mapping[str, Activity]) -> dict[str, Difference]:
    """Compare what the layers of a network did in two runs.

    Parameters
    ----------
    a, b : mapping of str to Activity
        Activity by layer.

    Returns
    -------
    dict of str to Difference
        For each layer, in the order of ``a``.

    Raises
    ------
    ValueError
        If the runs differ in layers or shapes.

    Examples
    --------
    >>> import numpy as np
    >>> from analysis import compare_activity
    >>> from networks import Activity
    >>> nothing = np.zeros((5, 0)), np.zeros(0, dtype=int)
    >>> a = {"output": Activity(np.ones((5, 3), dtype=bool), *nothing)}
    >>> b = {"output": Activity(np.zeros((5, 3), dtype=bool), *nothing)}
    >>> compare_activity(a, b)
    {'output': Difference(spikes=15, differing=15, membrane=nan)}
    """
    if a.keys() != b.keys():
        raise ValueError(f"the layers differ: {', '.join(a)} and {', '.join(b)}")
    return {name: _difference(name, a[name], b[name]) for name in a}


def _activity(recording: xr.DataTree) -> dict[str, Activity]:
    return {
        name: Activity(
            recording[name]["spikes"].values,
            recording[name]["membrane"].values,
            recording[name]["index"].values,
        )
        for name in layer_names(recording)
    }


def _difference(name: str, a: Activity, b: Activity) -> Difference:
    if a.spikes.shape != b.spikes.shape:
        raise ValueError(
            f"layer {name!r} differs in shape (steps first): {a.spikes.shape} and {b.spikes.shape}"
        )
    differing = np.count_nonzero(a.spikes != b.spikes)
    _, in_a, in_b = np.intersect1d(a.recorded, b.recorded, return_indices=True)
    apart = np.abs(a.membrane[:, in_a] - b.membrane[:, in_b])
    # A potential that is not a number must not pass for equal.
    largest = float(np.nan_to_num(apart, nan=np.inf).max()) if apart.size else float("nan")
    return Difference(int(np.count_nonzero(a.spikes)), int(differing), largest)
