"""One piece of compiled Cython code for all groups that need the same.

Brian 2 writes the names of arrays into the code that it has Cython compile: ``_array_conv3_v`` is
the membrane of the group ``conv3``. So populations with the same neurons, and networks that differ
in names alone, are compiled again and again, a few seconds each. Here arrays are numbered in the
order in which the code names them, which makes such pieces the same to the letter, so that Brian 2
finds the first in its cache; when a piece runs, it is handed the arrays under these numbers. What
is then not there yet is compiled together (:mod:`networks.brian.cython_bundles`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from brian2.codegen.runtime.cython_rt import CythonCodeObject

from networks.brian.cython_bundles import Bundle, Part, compile_source

ARRAY = re.compile(r"_(dynamic_)?array_\w+")
"""What Brian 2 calls an array of a group; dynamic ones have a name for the object, too."""


@contextmanager
def shared_pieces() -> Iterator[None]:
    """Have the same pieces of code compiled once, while the block runs."""
    compile_block = CythonCodeObject.compile_block
    if getattr(compile_block, "shares", False):
        yield
        return
    bundle = Bundle(compile_block)
    CythonCodeObject.compile_block = _sharing(compile_block, bundle)
    try:
        yield
        bundle.compile()
    finally:
        CythonCodeObject.compile_block = compile_block


def _sharing(compile_block: Callable[..., Any], bundle: Bundle) -> Callable[..., Any]:
    def compile_shared(piece: Any, block: str) -> Any:
        own = [name for name in piece.namespace if ARRAY.fullmatch(name)]
        code, names = numbered(getattr(piece.code, block, ""), own)
        if not names:
            return compile_block(piece, block)
        changing = {name for name, _ in piece.nonconstant_values}
        part = bundle.add(piece, block, code)
        if part:
            return _Piece(part, names, changing)
        module = compile_source(compile_block, piece, block, code)
        return module and _Piece(module, names, changing)

    setattr(compile_shared, "shares", True)  # noqa: B010, functions have no such attribute
    return compile_shared


def numbered(code: str, arrays: list[str]) -> tuple[str, dict[str, str]]:
    """Put numbers in the place of names of arrays.

    Parameters
    ----------
    code : str
        In which the names are whole words, or the ends of words: a pointer to an array has its
        name behind a prefix.
    arrays : list of str
        Names.

    Returns
    -------
    code : str
        With ``_array_0``, ``_array_1`` and so on.
    names : dict of str to str
        By these, the names that they stand for; only those that occur.
    """
    if not arrays:
        return code, {}
    longest_first = sorted(arrays, key=len, reverse=True)
    found = re.compile(rf"({'|'.join(map(re.escape, longest_first))})(?!\w)")
    numbers: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        return numbers.setdefault(match[1], f"_array_{len(numbers)}")

    code = found.sub(number, code)
    return code, {number: name for name, number in numbers.items()}


class _Piece:
    """Compiled code that is handed the arrays of one group."""

    def __init__(self, module: ModuleType | Part, names: dict[str, str], changing: set[str]):
        self._module, self._names = module, names
        self._changing = {new: old for new, old in names.items() if old in changing}
        self._others = changing - names.keys()
        self._given: dict[str, Any] | None = None
        self._handed: dict[str, Any] = {}

    def main(self, namespace: dict[str, Any]) -> Any:
        """Run it, as Brian 2 runs a module; the namespace is that of the piece."""
        if namespace is not self._given:
            renamed = {new: namespace[old] for new, old in self._names.items()}
            self._given, self._handed = namespace, namespace | renamed
        for new, old in self._changing.items():
            self._handed[new] = namespace[old]
        for name in self._others:
            self._handed[name] = namespace[name]
        return self._module.main(self._handed)
