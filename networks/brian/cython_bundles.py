"""Pieces of Cython code that are compiled together.

Brian 2 has each piece of code compiled as a module of its own, a dozen or more for a network, and
nearly all of the time goes into what is the same in all of them: Cython reads the declarations of
NumPy, and the compiler 13,000 lines around the few that are meant. So a piece waits until it is
first run, and then all that wait become one module, with a function for each,

    preamble,  def piece_1(_namespace): ...,  def piece_2(_namespace): ...

Only pieces whose preamble has nothing of their own are put together: what a piece defines or keeps
outside of its function is nobody else's. For each piece, the source of its module is kept beside
Brian 2's modules, so that it is found again in whatever company it is next.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

from brian2.codegen.runtime.cython_rt import CythonCodeObject
from brian2.codegen.runtime.cython_rt.extension_manager import get_cython_cache_dir
from brian2.utils.stringtools import deindent

from networks.brian.cache import warn_of_cache
from networks.brian.private import cython_message

HEAD = "def main(_namespace):"
EMPTY = "EMPTY_CODE_BLOCK"
"""What Brian 2 writes where there is nothing to do."""
OWN = "# support code"
"""Line behind which the preamble has what a piece needs of its own."""

CompileBlock = Callable[[Any, str], Any]
Function = Callable[[dict[str, Any]], Any]


class Part:
    """A piece that is compiled when it is first run.

    Parameters
    ----------
    compile_all : callable
        Compiles what waits, and gives this its function.
    """

    def __init__(self, compile_all: Callable[[], None]):
        self._compile_all = compile_all

    def main(self, namespace: dict[str, Any]) -> Any:
        """Compile it, and run it; from then on, the function has the place of this method."""
        self._compile_all()
        return self.main(namespace)

    def becomes(self, function: Function) -> None:
        """Run a function from now on."""
        self.main = function  # type: ignore[method-assign, assignment]


class _Waiting(NamedTuple):
    """A block of a piece, its code, and what runs it once it is compiled."""

    piece: Any
    block: str
    code: str
    part: Part


class Bundle:
    """Pieces that wait to be compiled.

    Parameters
    ----------
    compile_block : callable
        Brian 2's method, which compiles one piece.
    """

    def __init__(self, compile_block: CompileBlock):
        self._compile_block = compile_block
        self._waiting: dict[str, list[_Waiting]] = {}

    def add(self, piece: Any, block: str, code: str) -> Part | None:
        """Have a piece compiled together with others.

        Parameters
        ----------
        piece : CythonCodeObject
            The piece.
        block : str
            Which block of it.
        code : str
            The code of the block, without names of its own.

        Returns
        -------
        Part or None
            What runs it; None if it must be compiled alone.
        """
        code = deindent(code)
        if type(piece) is not CythonCodeObject or not can_be_joined(code):
            return None
        key = hashlib.md5(code.encode()).hexdigest()
        part = Part(self.compile)
        kept = None if key in self._waiting else _kept(key)
        module = kept and compile_source(self._compile_block, piece, block, kept)
        if module:
            part.becomes(getattr(module, _name(key)))
        else:
            self._waiting.setdefault(key, []).append(_Waiting(piece, block, code, part))
        return part

    def compile(self) -> None:
        """Compile all that wait, but for what nobody can run any more.

        Raises
        ------
        RuntimeError
            If Cython refuses one. Brian 2 takes code that could not be compiled for code that has
            nothing to do.
        """
        by_preamble: dict[str, dict[str, list[_Waiting]]] = {}
        for key, entries in list(self._waiting.items()):
            living = [entry for entry in entries if _owner(entry.piece)]
            if not living:
                del self._waiting[key]
                continue
            preamble = living[0].code.partition(HEAD)[0]
            by_preamble.setdefault(preamble, {})[key] = living
        for together in by_preamble.values():
            source = joined({key: entries[0].code for key, entries in together.items()})
            everyone = [entry for entries in together.values() for entry in entries]
            first = everyone[0]
            module = compile_source(self._compile_block, first.piece, first.block, source)
            if module is None:
                owners = ", ".join(sorted({_owner(entry.piece) for entry in everyone}))
                raise RuntimeError(
                    f"Cython cannot compile code of {owners}:\n{cython_message(source)}"
                )
            for key, entries in together.items():
                # What was refused goes on waiting, and is refused again if it is run again.
                del self._waiting[key]
                for entry in entries:
                    entry.part.becomes(getattr(module, _name(key)))
            _keep(list(together), source)


def compile_source(compile_block: CompileBlock, piece: Any, block: str, source: str) -> Any:
    """Have Brian 2 compile a source as a block of a piece, which keeps its own code.

    Parameters
    ----------
    compile_block : callable
        Brian 2's method.
    piece : CythonCodeObject
        Says how it is compiled.
    block : str
        Which block.
    source : str
        The source.

    Returns
    -------
    module or None
        None if Cython refuses it, or there is nothing to do.
    """
    written, piece.code = piece.code, SimpleNamespace(**{block: source})
    try:
        return compile_block(piece, block)
    finally:
        piece.code = written


def can_be_joined(code: str) -> bool:
    """Tell whether a piece is one function behind a preamble that has nothing of its own."""
    preamble, head, body = code.partition(HEAD)
    own = preamble.partition(OWN)[2].splitlines()
    is_bare = OWN in preamble and all(not line or line.startswith("#") for line in own)
    if not head or not is_bare or EMPTY in code:
        return False
    return not re.search(r"^(\S|\s+global\b)", body, re.MULTILINE)


def joined(codes: dict[str, str]) -> str:
    """Make one source of pieces.

    Parameters
    ----------
    codes : dict of str to str
        By its key, the code of each; all with the same preamble.

    Returns
    -------
    str
        With a function for each.
    """
    preamble = next(iter(codes.values())).partition(HEAD)[0]
    functions = [
        HEAD.replace("main", _name(key)) + code.partition(HEAD)[2] for key, code in codes.items()
    ]
    return "\n\n".join([preamble.rstrip(), *functions])


def _owner(piece: Any) -> str:
    """Return the name of the object that runs a piece, "" if it is gone."""
    try:
        return str(piece.owner.name)
    except ReferenceError:
        return ""


def _name(key: str) -> str:
    return f"piece_{key}"


def _file(key: str) -> Path:
    return Path(os.path.expanduser(get_cython_cache_dir()), f"{_name(key)}.pyx")


def _kept(key: str) -> str | None:
    """Return the source that a piece was compiled in, if it is there and whole."""
    try:
        source = _file(key).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
    return source if f"def {_name(key)}(" in source else None


def _keep(keys: list[str], source: str) -> None:
    """Keep the source for each piece; where that cannot be, they are compiled again."""
    try:
        for key in keys:
            file = _file(key)
            with tempfile.NamedTemporaryFile(
                "w", dir=file.parent, suffix=file.suffix, encoding="utf-8", delete=False
            ) as stream:
                stream.write(source)
            os.replace(stream.name, file)
    except OSError as error:
        warn_of_cache(error)
