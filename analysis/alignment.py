"""Which word of a sentence became which of another.

Words are replaced, left out or put in, and as few of them as possible (Levenshtein 1966): with the
words a_1 ... a_n and b_1 ... b_m,

    d[i, j] = min(d[i-1, j-1] + [a_i != b_j], d[i-1, j] + 1, d[i, j-1] + 1)

is the least number of changes between their beginnings, and a path of such steps from d[n, m] back
to d[0, 0] pairs the words (Wagner & Fischer 1974). Of several paths, the one is taken that replaces
where it can.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Pair:
    """A word and what became of it.

    Attributes
    ----------
    original, changed : int or None
        Their places, from 0; None for what was put in, or left out.
    same : bool
        Whether it is the same word.
    """

    original: int | None
    changed: int | None
    same: bool

    @property
    def stays(self) -> bool:
        """Whether the same word stands at the same place."""
        return self.same and self.original == self.changed


def align(original: Sequence[str], changed: Sequence[str]) -> list[Pair]:
    """Pair the words of two sentences.

    Parameters
    ----------
    original, changed : sequence of str
        The words.

    Returns
    -------
    list of Pair
        In the order of the sentences; each word is in one pair.
    """
    same = np.array(original, dtype=object)[:, None] == np.array(changed, dtype=object)[None]
    distance = _distances(same)
    i, j = same.shape
    pairs = []
    while i or j:
        if i and j and distance[i, j] == distance[i - 1, j - 1] + (not same[i - 1, j - 1]):
            i, j = i - 1, j - 1
            pairs.append(Pair(i, j, bool(same[i, j])))
        elif i and distance[i, j] == distance[i - 1, j] + 1:
            i -= 1
            pairs.append(Pair(i, None, False))
        else:
            j -= 1
            pairs.append(Pair(None, j, False))
    return pairs[::-1]


def _distances(same: np.ndarray) -> np.ndarray:
    n, m = same.shape
    distance = np.zeros((n + 1, m + 1), dtype=int)
    distance[0], distance[:, 0] = np.arange(m + 1), np.arange(n + 1)
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            distance[i, j] = min(
                distance[i - 1, j - 1] + (not same[i - 1, j - 1]),
                distance[i - 1, j] + 1,
                distance[i, j - 1] + 1,
            )
    return distance
