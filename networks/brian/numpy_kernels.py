"""What the NumPy target does in a step, where the compiled targets have ``templates/common``.

NumPy has no fast way to add many rows to many places, but matrix products are fast. So the spikes
of a step become a matrix of zeros and ones with a row per window, and its product with the kernel
is the same sum as adding the kernel's rows one by one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from networks.brian.schedule import Schedule
from networks.brian.shared_weights.geometry import Geometry

GAMMA = np.uint64(0x9E3779B97F4A7C15)


def convolve(
    spikes: np.ndarray,
    geometry: np.ndarray,
    w: np.ndarray,
    v: np.ndarray,
    receives: np.ndarray | None = None,
) -> int:
    """Add the rows of a kernel to ``v``, in place; return the number of synaptic events.

    The parameters are those of ``convolve`` in ``templates/common/convolve.h``.
    """
    g = Geometry(*geometry.tolist())
    place = _of_source(spikes, g)
    if len(place) == 0:
        return 0
    kept = v.copy() if receives is not None else v
    sums, w = v.reshape(-1, g.maps), w.reshape(-1, g.maps)
    if g.rows == g.height == g.window_rows == g.groups == g.column_dilation == 1:
        rows = _windows_of_a_row(place, g, v.dtype)
        sums += rows @ w
        events = np.count_nonzero(rows) * g.maps
    else:
        fired = _windows(place, g, v.dtype)
        features, maps = g.features // g.groups, g.maps // g.groups
        w = w.reshape(-1, features, g.maps)
        for group in range(g.groups):
            heard, told = (slice(group * n, (group + 1) * n) for n in (features, maps))
            rows = fired[:, :, :, :, heard].reshape(len(sums), -1)
            sums[:, told] += rows @ w[:, :, told].reshape(-1, maps)
        events = np.count_nonzero(fired) * maps
    if receives is not None:
        np.copyto(v, kept, where=~receives)
    return int(events)


def pool(
    spikes: np.ndarray,
    geometry: np.ndarray,
    w: np.ndarray,
    v: np.ndarray,
    receives: np.ndarray | None = None,
) -> int:
    """Add ``w`` to the pooled neurons of every spike, in place; return the number of events.

    The parameters are those of ``pool`` in ``templates/common/convolve.h``.
    """
    g = Geometry(*geometry.tolist())
    position, maps = np.divmod(_of_source(spikes, g), g.maps)
    row, column = np.divmod(position, g.columns)
    arrived = np.zeros(len(v), dtype=np.int64)
    # The last window that begins at or before a position, and those before it that reach there.
    for i in range(-(-g.height // g.row_stride)):
        window_row = row // g.row_stride - i
        for j in range(-(-g.width // g.column_stride)):
            window_column = column // g.column_stride - j
            inside = (
                (window_row >= 0)
                & (window_row < g.window_rows)
                & (row - window_row * g.row_stride < g.height)
                & (window_column >= 0)
                & (window_column < g.window_columns)
                & (column - window_column * g.column_stride < g.width)
            )
            target = (window_row * g.window_columns + window_column) * g.maps + maps
            arrived += np.bincount(target[inside], minlength=len(v))
    added = w[0] * arrived
    v += added if receives is None else np.where(receives, added, 0)
    return int(arrived.sum())


def keep(
    spikes: np.ndarray,
    start: int,
    stop: int,
    delay: int,
    now: int,
    pending: np.ndarray,
    steps: np.ndarray,
) -> None:
    """Keep the spikes of a step until they are due.

    The parameters are those of ``keep`` in ``templates/common/pending.h``.
    """
    spikes = spikes[(spikes >= start) & (spikes < stop)]
    row = now % (delay + 1)
    kept = pending.reshape(delay + 1, -1)[row]
    kept[0], kept[1 : len(spikes) + 1], steps[row] = len(spikes), spikes, now


def due(pending: np.ndarray, steps: np.ndarray, delay: int, now: int) -> np.ndarray:
    """Return the spikes that are due in a step.

    The parameters are those of ``due`` in ``templates/common/pending.h``.
    """
    row = (now - delay) % (delay + 1)
    if now < delay or steps[row] != now - delay:
        return pending[:0]
    kept = pending.reshape(delay + 1, -1)[row]
    spikes: np.ndarray = kept[1 : kept[0] + 1]
    return spikes


def _of_source(spikes: np.ndarray, g: Geometry) -> np.ndarray:
    """Take the spikes of the source, counted from its first neuron on."""
    place = spikes - g.source_start
    return place[(place >= 0) & (place < g.rows * g.columns * g.features)]


def _windows_of_a_row(place: np.ndarray, g: Geometry, dtype: np.dtype) -> np.ndarray:
    """Say for each window of a single row who fired; shape (windows, width * features)."""
    last = (g.window_columns - 1) * g.column_stride + g.width
    fired = np.zeros(max(last, g.columns + g.column_padding) * g.features, dtype=dtype)
    fired[place + g.column_padding * g.features] = 1
    rows = sliding_window_view(fired, g.width * g.features)[:: g.column_stride * g.features]
    return np.ascontiguousarray(rows[: g.window_columns])


def _windows(place: np.ndarray, g: Geometry, dtype: np.dtype) -> np.ndarray:
    """Say who fired; shape (window_rows, window_columns, height, width, features)."""
    extent = (g.height - 1) * g.row_dilation + 1, (g.width - 1) * g.column_dilation + 1
    size = (
        max((g.window_rows - 1) * g.row_stride + extent[0], g.rows + g.row_padding),
        max((g.window_columns - 1) * g.column_stride + extent[1], g.columns + g.column_padding),
    )
    fired = np.zeros((*size, g.features), dtype=dtype)
    row, column, feature = np.unravel_index(place, (g.rows, g.columns, g.features))
    fired[row + g.row_padding, column + g.column_padding, feature] = 1
    slide: Any = sliding_window_view  # its types know one axis alone
    slid: np.ndarray = slide(fired, extent, axis=(0, 1))
    windows: np.ndarray = slid[
        :: g.row_stride, :: g.column_stride, :, :: g.row_dilation, :: g.column_dilation
    ]
    return windows[: g.window_rows, : g.window_columns].transpose(0, 1, 3, 4, 2)


def scatter(
    spikes: np.ndarray,
    numbers: np.ndarray,
    w: np.ndarray,
    v: np.ndarray,
    receives: np.ndarray | None = None,
) -> int:
    """Add the synapses of every spike to ``v``, in place; return the number of synaptic events.

    The parameters are those of ``scatter`` in ``templates/common/convolve.h``.
    """
    start, sources = numbers[:2].tolist()
    first, target = np.split(numbers[3:], [sources + 1])
    i = spikes[(spikes >= start) & (spikes < start + sources)] - start
    counts = first[i + 1] - first[i]
    events = int(counts.sum())
    # Synapses first[i], first[i] + 1, ... of one spike after the other.
    ends = np.cumsum(counts)
    synapse = np.arange(events) + np.repeat(first[i] - (ends - counts), counts)
    sums = np.bincount(target[synapse], w[synapse], minlength=len(v))
    np.add(v, sums.astype(v.dtype), out=v, where=True if receives is None else receives)
    return events


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
    mixed: np.ndarray = z ^ (z >> np.uint64(31))
    return mixed
