"""What of a recording is drawn, and how large.

A step n lies at time n dt, and belongs to the window [start, end) if its time does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from analysis.recordings import layer_names

LEAST_INCHES, MOST_INCHES = 2.0, 40.0
"""Less is too small for any text, more is larger than any page."""


@dataclass(frozen=True)
class View:
    """A choice among what a recording holds; by default all of it.

    Attributes
    ----------
    start, end : float or None
        Window of time in milliseconds.
    layers : sequence of str or None
        Layers, in any order.
    neurons : int or None
        How many neurons of a layer are drawn, as far as it has them; by default as many as can be
        told apart.
    width, height : float or None
        Size of the figure in inches; by default what the kind of figure is made for.
    title : str or None
        By default the sentence and its label; an empty one is none.

    Raises
    ------
    ValueError
        If a number makes no sense.

    Examples
    --------
    >>> import bionlp
    >>> from analysis import View
    >>> model = bionlp.load_classifier("mr")
    >>> (recording,) = bionlp.simulate(model, "a gripping film", steps=10, seed=1)
    >>> View(start=2, end=5).steps(recording)
    slice(2, 5, None)
    """

    start: float | None = None
    end: float | None = None
    layers: Sequence[str] | None = None
    neurons: int | None = None
    width: float | None = None
    height: float | None = None
    title: str | None = None

    def __post_init__(self):
        for name in ("width", "height"):
            inches = getattr(self, name)
            if inches is not None and not LEAST_INCHES <= inches <= MOST_INCHES:
                raise ValueError(
                    f"the {name} of a figure must be {LEAST_INCHES:g} to {MOST_INCHES:g} inches, "
                    f"not {inches:.4g}"
                )
        if self.neurons is not None and self.neurons < 1:
            raise ValueError(f"neurons must be at least 1, not {self.neurons}")

    def steps(self, recording: xr.DataTree) -> slice:
        """Return the steps in the window.

        Raises
        ------
        ValueError
            If the window is not in the recording, or no step is in the window.
        """
        times, dt = recording["time"].values, float(recording.attrs["dt_ms"])
        end_of_recording = len(times) * dt
        start = 0.0 if self.start is None else self.start
        end = end_of_recording if self.end is None else self.end
        if not 0 <= start < end <= end_of_recording:
            raise ValueError(
                f"the window from {start:g} to {end:g} ms is not a part of the recording, which "
                f"goes from 0 to {end_of_recording:g} ms"
            )
        # Times are sums of a step that need not be a binary fraction.
        first, last = np.searchsorted(times, np.array([start, end]) - dt * 1e-6)
        if first == last:
            raise ValueError(
                f"no step lies from {start:g} to before {end:g} ms; a step takes {dt:g} ms"
            )
        return slice(int(first), int(last))

    def chosen_layers(self, recording: xr.DataTree) -> list[str]:
        """Return the chosen layers in the order of their flow.

        Raises
        ------
        ValueError
            If there is no such layer.
        """
        names = layer_names(recording)
        if self.layers is None:
            return names
        for name in self.layers:
            if name not in names:
                raise ValueError(f"there is no layer {name!r}, only {', '.join(names)}")
        chosen = [name for name in names if name in self.layers]
        if not chosen:
            raise ValueError(f"no layer was named; there are {', '.join(names)}")
        return chosen


EVERYTHING = View()
