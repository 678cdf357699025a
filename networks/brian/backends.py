"""Where a Brian 2 network is run.

``numpy`` compiles nothing and is the quickest for a few sentences. ``cython`` compiles each piece
of code once per machine and keeps it. ``cpp_standalone`` writes and compiles a whole C++ program,
which is kept, too (:mod:`networks.brian.program`), and is the quickest for many sentences.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import brian2

BACKENDS = ("numpy", "cython", "cpp_standalone")

MANY = {"shared": 300, "stock": 40}
"""Presentations from which compiling a program costs less time than it saves."""


class BackendUnavailable(RuntimeError):
    """A backend that does not exist, or that cannot run on this machine."""


def choose_backend(name: str, presentations: int, synapses: str = "shared") -> str:
    """Return the backend to use.

    Parameters
    ----------
    name : str
        One of :data:`BACKENDS`, or ``auto``.
    presentations : int
        How many sentences are to be run, which decides what is quickest.
    synapses : {"shared", "stock"}
        What kind of synapses they are run with.

    Returns
    -------
    str
        One of :data:`BACKENDS`, able to run here.

    Raises
    ------
    BackendUnavailable
        If the backend does not exist or lacks a compiler.
    """
    if name == "auto":
        return "cpp_standalone" if presentations >= MANY[synapses] and _has_compiler() else "numpy"
    if name not in BACKENDS:
        raise BackendUnavailable(
            f"unknown backend {name!r}; choose one of auto, {', '.join(BACKENDS)}"
        )
    if name != "numpy" and not _has_compiler():
        raise BackendUnavailable(
            f"backend {name!r} needs a C++ compiler and none was found; "
            "install g++ or clang++, or use the numpy backend"
        )
    if name == "cython" and importlib.util.find_spec("Cython") is None:
        raise BackendUnavailable("backend 'cython' needs the package cython; pip install cython")
    return name


@contextmanager
def codegen_target(backend: str) -> Iterator[None]:
    """Let Brian 2 generate code for a runtime backend while the block runs.

    The preference is global in Brian 2, so it is put back: other simulations of the same process
    keep theirs. It is no matter for ``cpp_standalone``.
    """
    previous = brian2.prefs.codegen.target
    if backend != "cpp_standalone":
        brian2.prefs.codegen.target = backend
    try:
        yield
    finally:
        brian2.prefs.codegen.target = previous


def _has_compiler() -> bool:
    return any(shutil.which(compiler) for compiler in ("g++", "clang++", "c++"))
