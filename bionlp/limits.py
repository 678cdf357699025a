"""How large numbers may be that people type and files declare, and whether memory suffices.

A bound is far beyond what is of use, and stands where the time or the memory that a number asks for
would otherwise have no end.
"""

from __future__ import annotations

import os
from pathlib import Path

from bionlp.errors import UsageError

MOST_STEPS = 100_000
"""Steps of a presentation: 100 seconds."""
MOST_SEED = 2**63 - 1
"""Seeds are kept as signed integers of 64 bits."""
MOST_SENTENCES = 10**9
LEAST_DPI, MOST_DPI = 30, 1200
LEAST_INCHES, MOST_INCHES = 2, 40
"""Of a figure; :mod:`analysis.view` has the same, and a test compares them."""
MOST_NEURONS = 1_000_000
MOST_PROCESSES = 1_024
MOST_DIMENSION = 100_000
"""Of word vectors."""
MOST_EPOCHS = 10_000
MOST_THRESHOLD = 1e12
MOST_MARGIN = 10**7
LEAST_PARAMETER = 1e-12
"""Thresholds and decays below it would be lost in single precision."""

BOUND = 3.0
"""Standard deviations from the mean of word vectors at which a rate is 1; they are cut there."""

LARGEST = 1e30
"""Sums of larger numbers have no place in single precision."""

MEMORY_INFO = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")


def free_memory() -> int | None:
    """Return how many bytes this process may still take, None where nobody says."""
    found = [_of_machine(), _of_container()]
    return min((amount for amount in found if amount is not None), default=None)


def check_memory(needed: float, what: str, advice: str) -> None:
    """See that memory suffices before any is taken.

    Parameters
    ----------
    needed : float
        Bytes, roughly.
    what : str
        What needs them, for the message.
    advice : str
        What to do about it.

    Raises
    ------
    UsageError
        If there is less.
    """
    free = free_memory()
    if free is not None and needed > free:
        raise UsageError(
            f"{what} needs about {said(needed)} of memory, and {said(free)} are free; {advice}"
        )


def said(amount: float) -> str:
    """Return a number of bytes in a unit of fitting size."""
    for unit in ("MiB", "GiB", "TiB"):
        amount /= 1024 if unit != "MiB" else 1024**2
        if amount < 1024:
            break
    return f"{amount:,.1f} {unit}"


def _of_machine() -> int | None:
    try:
        for line in MEMORY_INFO.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return 1024 * int(line.split()[1])
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def _of_container() -> int | None:
    try:
        most = int((CGROUP / "memory.max").read_text(encoding="ascii"))
        taken = int((CGROUP / "memory.current").read_text(encoding="ascii"))
        return max(most - taken, 0) + _reclaimable()
    except (OSError, ValueError):
        return None


def _reclaimable() -> int:
    """Return the bytes of cached files, which count as taken and are given up on demand."""
    lines = (CGROUP / "memory.stat").read_text(encoding="ascii").splitlines()
    counts = dict(line.split() for line in lines)
    return int(counts.get("inactive_file", 0))
