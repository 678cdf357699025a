"""What a network is shown: sentences one after the other, each a presentation.

A presentation lasts ``steps`` steps and as many more as the deepest layer lags behind. Input that
still comes in these last steps reaches a layer only after its own window has ended, so it changes
nothing that is recorded; membranes are cleared when the next presentation starts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch

import brian2
import numpy as np


@dataclass(frozen=True)
class PoissonStimulus:
    """Sentences as rates; Brian 2 draws the spikes.

    Attributes
    ----------
    rates : sequence of numpy.ndarray, each of shape (words, features)
        Probability of a spike in a step.
    steps : int
        Steps each sentence is presented for.
    """

    rates: Sequence[np.ndarray]
    steps: int

    @property
    def words(self) -> list[int]:
        """Number of words of each sentence."""
        return [len(rates) for rates in self.rates]


@dataclass(frozen=True)
class SpikeStimulus:
    """Sentences as given spikes.

    Attributes
    ----------
    spikes : sequence of numpy.ndarray of bool, each of shape (steps, words, features)
        Input spikes of each sentence; all of the same number of steps.
    """

    spikes: Sequence[np.ndarray]

    @property
    def steps(self) -> int:
        """Steps each sentence is presented for."""
        return len(self.spikes[0])

    @property
    def words(self) -> list[int]:
        """Number of words of each sentence."""
        return [spikes.shape[1] for spikes in self.spikes]


Stimulus = PoissonStimulus | SpikeStimulus


@singledispatch
def input_group(
    stimulus: Stimulus, name: str, shape: tuple[int, int], period: int, clock: brian2.Clock
) -> brian2.Group:
    """Make the group of input neurons.

    Parameters
    ----------
    stimulus : PoissonStimulus or SpikeStimulus
        What is shown.
    name : str
        Name of the group.
    shape : tuple of int
        Words and features of the largest sentence.
    period : int
        Steps from the start of one presentation to the next.
    clock : brian2.Clock
        Ticks once a step.

    Returns
    -------
    brian2.PoissonGroup or brian2.SpikeGeneratorGroup
        ``words * features`` neurons, in C order.
    """
    raise TypeError(f"no stimulus: {stimulus!r}")


@input_group.register
def _(stimulus: PoissonStimulus, name, shape, period, clock):
    table = np.zeros((len(stimulus.rates), *shape))
    for row, rates in zip(table, stimulus.rates, strict=True):
        row[: len(rates)] = rates
    size = shape[0] * shape[1]
    rates = brian2.TimedArray(
        table.reshape(-1, size) / clock.dt, dt=period * clock.dt, name=f"{name}_rates*"
    )
    return brian2.PoissonGroup(
        size, rates="table(t, i)", clock=clock, name=f"{name}*", namespace={"table": rates}
    )


@input_group.register
def _(stimulus: SpikeStimulus, name, shape, period, clock):
    indices, times = [], []
    for number, spikes in enumerate(stimulus.spikes):
        step, word, feature = np.nonzero(spikes)
        indices.append(word * shape[1] + feature)
        times.append(step + number * period)
    return brian2.SpikeGeneratorGroup(
        shape[0] * shape[1],
        np.concatenate(indices),
        np.concatenate(times) * clock.dt,
        clock=clock,
        name=f"{name}*",
    )
