"""A stimulus laid out in flat arrays, as the input group reads it step by step.

The compiled program reads these arrays from a file when it starts, so one program serves any list
of sentences.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from functools import singledispatch
from pathlib import Path

import numpy as np

from networks.brian.stimulus import PoissonStimulus, SpikeStimulus, Stimulus

FILE = "schedule.bin"
"""Name of the file, in the folder that the compiled program runs in."""


@dataclass(frozen=True)
class Schedule:
    """When each presentation begins, and what its input is.

    Attributes
    ----------
    begin : numpy.ndarray of int64, shape (presentations + 1,)
        Time step in which each presentation begins, and in which the last one is over.
    durations : numpy.ndarray of int64, shape (presentations,)
        Steps with input of each.
    keys : numpy.ndarray of int64, shape (presentations,)
        Of the random numbers of each (Poisson input).
    first : numpy.ndarray of int64
        Poisson input: for each presentation, where its words begin in ``indices``, and the end.
        Given spikes: for each presentation and step with input, where its spikes begin.
    indices : numpy.ndarray of int32
        Rows of the words, or input neurons that spike.
    table : numpy.ndarray of float64, shape (entries * features,)
        Rates of the words (Poisson input).
    """

    begin: np.ndarray
    durations: np.ndarray
    keys: np.ndarray
    first: np.ndarray
    indices: np.ndarray
    table: np.ndarray

    def write(self, folder: Path) -> None:
        """Write all arrays to a folder, each as its length and its values."""
        with (folder / FILE).open("wb") as stream:
            for array in astuple(self):
                np.int64(len(array)).tofile(stream)
                array.tofile(stream)


def beginnings(stimulus: Stimulus, *, pause: int, sweeps: int = 1) -> np.ndarray:
    """Find when each presentation of a stimulus begins.

    Parameters
    ----------
    stimulus : PoissonStimulus or SpikeStimulus
        What is shown.
    pause : int
        Steps without input after each presentation.
    sweeps : int
        How often each presentation is gone through.

    Returns
    -------
    numpy.ndarray of int64, shape (presentations + 1,)
        Time step in which each begins, and in which the last one is over.
    """
    lasting = sweeps * np.array(stimulus.durations, dtype=np.int64) + pause
    return np.concatenate([[0], np.cumsum(lasting)])


def schedule(stimulus: Stimulus, begin: np.ndarray, *, seed: int) -> Schedule:
    """Lay out a stimulus.

    Parameters
    ----------
    stimulus : PoissonStimulus or SpikeStimulus
        What is shown.
    begin : numpy.ndarray of int64, shape (presentations + 1,)
        When, see :func:`beginnings`.
    seed : int
        Of Poisson input; sentence k is seeded by (seed, ``stimulus.numbers[k]``).

    Returns
    -------
    Schedule
        The arrays.
    """
    durations = np.array(stimulus.durations, dtype=np.int64)
    return Schedule(begin, durations, *_input(stimulus, seed))


@singledispatch
def _input(stimulus: Stimulus, seed: int) -> tuple[np.ndarray, ...]:
    raise TypeError(f"no stimulus: {stimulus!r}")


@_input.register
def _(stimulus: PoissonStimulus, seed: int) -> tuple[np.ndarray, ...]:
    keys = [
        np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)[0]
        for number in stimulus.numbers
    ]
    used, indices = np.unique(np.concatenate(stimulus.ids), return_inverse=True)
    return (
        np.array(keys, dtype=np.uint64).view(np.int64),
        np.concatenate([[0], np.cumsum(stimulus.words)]).astype(np.int64),
        indices.ravel().astype(np.int32),
        np.asarray(stimulus.table[used], dtype=np.float64).ravel(),
    )


@_input.register
def _(stimulus: SpikeStimulus, seed: int) -> tuple[np.ndarray, ...]:
    indices, counts = [], []
    for spikes in stimulus.spikes:
        flat = spikes.reshape(len(spikes), -1)
        counts.append(np.count_nonzero(flat, axis=1))
        indices.append(np.nonzero(flat)[1].astype(np.int32))
    first = np.concatenate([[0], np.cumsum(np.concatenate(counts))]).astype(np.int64)
    return np.zeros(0, np.int64), first, np.concatenate(indices), np.zeros(0)
