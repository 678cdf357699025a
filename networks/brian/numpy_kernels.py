"""What the NumPy target does in a step, where the compiled targets have ``templates/common``.

NumPy has no fast way to add many rows to many places, but matrix products are fast. So the spikes
of a step become a matrix of zeros and ones with a row per window, and its product with the kernel
is the same sum as adding the kernel's rows one by one.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from networks.brian.schedule import Schedule

GAMMA = np.uint64(0x9E3779B97F4A7C15)


def convolve(
    spikes: np.ndarray,
    source_start: int,
    positions: int,
    w: np.ndarray,
    features: int,
    width: int,
    maps: int,
    stride: int,
    padding: int,
    v: np.ndarray,
) -> int:
    """Add the rows of a kernel to ``v``, in place; return the number of synaptic events.

    The parameters are those of ``convolve`` in ``templates/common/convolve.h``.
    """
    spikes = spikes[(spikes >= source_start) & (spikes < source_start + positions * features)]
    if len(spikes) == 0:
        return 0
    windows = len(v) // maps
    last = (windows - 1) * stride + width
    place = spikes - source_start + padding * features
    fired = np.zeros(max(last, positions + padding) * features, dtype=v.dtype)
    fired[place] = 1
    rows = sliding_window_view(fired, width * features)[:: stride * features][:windows]
    rows = np.ascontiguousarray(rows)
    v += (rows @ w.reshape(-1, maps)).ravel()
    return np.count_nonzero(rows) * maps


def pool(
    spikes: np.ndarray,
    source_start: int,
    source_stop: int,
    w: float,
    window: int,
    maps: int,
    v: np.ndarray,
) -> int:
    """Add ``w`` to the pooled neuron of every spike, in place; return the number of events.

    The parameters are those of ``pool`` in ``templates/common/convolve.h``.
    """
    i = spikes[(spikes >= source_start) & (spikes < source_stop)] - source_start
    target = i // (window * maps) * maps + i % maps
    target = target[target < len(v)]
    v += w * np.bincount(target, minlength=len(v))
    return len(target)


def poisson(schedule: Schedule, number: int, step: int, features: int) -> np.ndarray:
    """Draw the input neurons that spike in a step of presentation ``number``.

    The arithmetic is that of ``templates/common/present.h``, to the last bit.
    """
    words = slice(*schedule.first[number : number + 2])
    rates = schedule.table.reshape(-1, features)[schedule.indices[words]].ravel()
    key = _mix(
        schedule.keys[number : number + 1].view(np.uint64)
        + GAMMA * np.array([step + 1], dtype=np.uint64)
    )
    counter = key + GAMMA * np.arange(1, len(rates) + 1, dtype=np.uint64)
    uniform = (_mix(counter) >> np.uint64(11)) * 2.0**-53
    return np.flatnonzero(uniform < rates)


def given(schedule: Schedule, number: int, step: int) -> np.ndarray:
    """Look up the input neurons that spike in a step of presentation ``number``."""
    row = schedule.durations[:number].sum() + step
    return schedule.indices[slice(*schedule.first[row : row + 2])]


def all_spikes(schedule: Schedule, features: int) -> tuple[np.ndarray, np.ndarray]:
    """List the input spikes of a schedule, for a generator that is given them beforehand.

    Parameters
    ----------
    schedule : Schedule
        What is presented.
    features : int
        Input neurons of a word.

    Returns
    -------
    neurons, steps : numpy.ndarray of int, shape (spikes,)
        Who, and in which step of the simulation.
    """
    numbers = range(len(schedule.durations))
    places = [(number, step) for number in numbers for step in range(schedule.durations[number])]
    steps = np.array([schedule.begin[number] + step for number, step in places])
    if not len(schedule.keys):
        return schedule.indices, np.repeat(steps, np.diff(schedule.first))
    drawn = [poisson(schedule, number, step, features) for number, step in places]
    return np.concatenate(drawn), np.repeat(steps, list(map(len, drawn)))


def _mix(z: np.ndarray) -> np.ndarray:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
