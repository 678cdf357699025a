"""Which presentations an attacker sees, and which the outcome is judged by.

A spiking network answers the same text otherwise in each presentation, so an attack that asks once
a text takes the noise for its success. Every presentation here is that of ``evaluate`` and
``simulate`` with some seed, and the uses have seeds of their own, counted from that of the attack:

    search    seed             the same numbers are drawn in all queries (``fixed``)
              seed + 2000 ...  the others of an average (``mean:K``)
              seed + 10000 ... one for each query (``fresh``)
    judging   seed + 1 ...     of what was found, by presentations that the search has not seen
    insisting seed + 1000 ...  while it goes on, until most presentations are wrong
"""

from __future__ import annotations

from dataclasses import dataclass

from bionlp.errors import UsageError

JUDGING, INSISTING, AVERAGED, QUERIED = 1, 1_000, 2_000, 10_000
MOST_AVERAGED = 100


@dataclass(frozen=True)
class Noise:
    """What queries have in common.

    Attributes
    ----------
    kind : {"fixed", "fresh", "mean"}
        Common numbers, other ones for each query, or the votes of several presentations, whose
        numbers are common.
    presentations : int
        Presentations of a query.
    """

    kind: str = "fixed"
    presentations: int = 1

    @classmethod
    def parse(cls, text: str) -> Noise:
        """Read ``fixed``, ``fresh`` or ``mean:K``.

        Raises
        ------
        UsageError
            If it is something else.
        """
        kind, _, number = text.partition(":")
        if kind in ("fixed", "fresh") and text == kind:
            return cls(kind)
        short = number.isdecimal() and len(number) <= len(str(MOST_AVERAGED))
        if kind == "mean" and short and 2 <= int(number) <= MOST_AVERAGED:
            return cls(kind, int(number))
        raise UsageError(
            f"--noise is fixed, fresh or mean:K with K from 2 to {MOST_AVERAGED}, as in mean:8, "
            f"not {text[:60]!r}"
        )

    def __str__(self) -> str:
        return f"mean:{self.presentations}" if self.kind == "mean" else self.kind

    def seeds(self, seed: int) -> list[int]:
        """Return the seeds of the presentations that all queries share."""
        return [seed, *(seed + AVERAGED + k for k in range(1, self.presentations))]
