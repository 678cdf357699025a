r"""Fitting neurons that are given as text to those that were trained.

A trained weight means something for the neuron that it was trained with. For another one, the input
current I of a layer is first multiplied by a gain g, and a bias b is added in each step,

    scale (g I + b) + bias

and g and b are those for which the other neurons, handed the currents of the network, fire as often
as the trained ones do: with n the spikes of a neuron in a presentation and n* those of the trained,

    min over g, b of   E[(n - n*)^2]

The error is no smooth function of g and b, but a cheap one: neurons without synapses are all that
is simulated, many pairs (g, b) at once. So it is looked up on a grid, and on finer ones around the
best pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import brian2
import numpy as np

from networks.brian.driving import drive
from networks.brian.neuron_model import ModelError, NeuronModel, refined
from networks.description import Population

OCTAVES = 4.0
"""A gain is between 2^-4 and 2^4 to begin with."""
BIASES = 0.2
"""A bias is at most so many thresholds of the trained neuron in a step, to begin with."""
GRID, FINER, ROUNDS = (17, 9), (5, 5), 4
NUMBERS = 4_000_000
"""Currents that are in memory together."""

Pair = tuple[float, float]


@dataclass(frozen=True)
class Fit:
    """How a layer was fitted.

    Attributes
    ----------
    gain, bias : float
        g and b.
    trained, before, after : float
        Mean spikes of a neuron in a presentation: as trained, and of the model with g = 1 and
        b = 0, and with what was found.
    error_before, error_after : float
        Root of the mean squared difference from the trained ones.
    """

    gain: float
    bias: float
    trained: float
    before: float
    after: float
    error_before: float
    error_after: float


def fit_neurons(
    population: Population,
    model: NeuronModel,
    currents: np.ndarray,
    trained: np.ndarray,
    dt: brian2.Quantity,
    parts: int = 1,
) -> Fit:
    """Find gain and bias of a layer.

    Parameters
    ----------
    population : Population
        The trained neurons that currents and spikes are of, one for each.
    model : NeuronModel
        The other neurons.
    currents : numpy.ndarray, shape (steps, neurons)
        What each receives in each step.
    trained : numpy.ndarray of int, shape (neurons,)
        How often the trained neuron fired.
    dt : brian2.Quantity
        Duration of a step.
    parts : int
        How many of these a trained step is parted into; the bias is that of a whole one.

    Returns
    -------
    Fit
        What was found.

    Raises
    ------
    ModelError
        If the model cannot be simulated.
    """
    threshold = float(np.mean(getattr(population.neuron, "threshold", 1.0)))
    grid = _Grid(population, refined(model, parts), currents, trained, dt, threshold)
    best: Pair = (0.0, 0.0)
    widths: tuple[float, ...] = (OCTAVES, BIASES)
    sizes = GRID
    grid.look_up([best])
    for _ in range(1 + ROUNDS):
        if not grid.errors[best][0]:
            break  # No pair is better than one without an error.
        axes = [
            centre + np.linspace(-width, width, size)
            for centre, width, size in zip(best, widths, sizes, strict=True)
        ]
        grid.look_up([*product(*(axis.tolist() for axis in axes))])
        best = grid.best
        widths = tuple(2 * width / (size - 1) for width, size in zip(widths, sizes, strict=True))
        sizes = FINER
    (before, mean_before), (after, mean_after) = grid.errors[0.0, 0.0], grid.errors[best]
    if not np.isfinite(after):
        raise ModelError(
            f"neurons of layer {population.name!r} left all bounds with every gain and bias; try a "
            "smaller --dt"
        )
    octaves, bias = best
    return Fit(
        gain=2.0**octaves,
        bias=parts * bias * threshold,
        trained=float(np.mean(trained)),
        before=mean_before,
        after=mean_after,
        error_before=before**0.5,
        error_after=after**0.5,
    )


class _Grid:
    """Errors of pairs of octaves of gain and of a bias in thresholds."""

    def __init__(
        self,
        population: Population,
        model: NeuronModel,
        currents: np.ndarray,
        trained: np.ndarray,
        dt: brian2.Quantity,
        threshold: float,
    ):
        self._parts = population, model, dt
        self._currents, self._trained, self._threshold = currents, trained, threshold
        self.errors: dict[Pair, tuple[float, float]] = {}

    @property
    def best(self) -> Pair:
        """The pair with the least error, the first that was looked up of several."""
        return min(self.errors, key=lambda pair: self.errors[pair][0])

    def look_up(self, pairs: Sequence[Pair]) -> None:
        """Simulate the pairs that are not known yet, as many together as memory takes."""
        missing = [pair for pair in dict.fromkeys(pairs) if pair not in self.errors]
        at_once = max(1, NUMBERS // self._currents.size)
        for start in range(0, len(missing), at_once):
            some = missing[start : start + at_once]
            for pair, counts in zip(some, self._counts(some), strict=True):
                error = float(np.mean((counts - self._trained) ** 2))
                # A gain that is too large for the time step is no answer.
                self.errors[pair] = np.inf if np.isnan(error) else error, float(counts.mean())

    def _counts(self, pairs: Sequence[Pair]) -> np.ndarray:
        """Return the spikes of each neuron with each pair, shape (pairs, neurons)."""
        population, model, dt = self._parts
        scaled = [2.0**octaves * self._currents + b * self._threshold for octaves, b in pairs]
        repeated = repeat(population, len(pairs))
        return drive(repeated, model, np.hstack(scaled), dt).reshape(len(pairs), -1)


def choose(chosen: Sequence[tuple[Population, np.ndarray]]) -> Population:
    """Return some neurons of a population in a row.

    Parameters
    ----------
    chosen : sequence of (Population, numpy.ndarray of int)
        The population, perhaps of different sizes, and indices in C order; one may come again.

    Returns
    -------
    Population
        With the parameters of these neurons.
    """
    first, _ = chosen[0]
    own = {
        name: np.concatenate([np.ravel(p.neuron.values[name])[neurons] for p, neurons in chosen])
        for name, value in first.neuron.values.items()
        if isinstance(value, np.ndarray)
    }
    size = sum(len(neurons) for _, neurons in chosen)
    return Population(first.name, (size,), replace(first.neuron, **own))


def repeat(population: Population, times: int) -> Population:
    """Return the neurons of a population so many times, one after the other."""
    return choose([(population, np.arange(population.size))] * times)


def fitted(model: NeuronModel, fit: Fit) -> NeuronModel:
    """Return a model whose input has the gain and the bias of a fit."""
    scale, bias = f"{fit.gain!r} * ({model.scale})", f"{fit.bias!r} * ({model.scale})"
    if model.bias:
        bias = f"{model.bias} + {bias}"
    changed: dict[str, Any] = {"scale": scale} if fit.gain != 1 else {}
    return replace(model, **changed | ({"bias": bias} if fit.bias else {}))
