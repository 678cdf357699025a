"""Where a Brian 2 network is run.

``numpy`` compiles nothing and is the quickest for a few sentences. ``cython`` compiles each piece
of code once per machine and keeps it. ``cpp_standalone`` writes and compiles a whole C++ program
for every network it is given, and is the quickest for many sentences.
"""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import brian2
from brian2.devices.device import reset_device, runtime_device

BACKENDS = ("numpy", "cython", "cpp_standalone")

MANY = 40
"""Presentations from which compiling a program costs less time than it saves."""


class BackendUnavailable(RuntimeError):
    """A backend that does not exist, or that cannot run on this machine."""


def choose_backend(name: str, presentations: int) -> str:
    """Return the backend to use.

    Parameters
    ----------
    name : str
        One of :data:`BACKENDS`, or ``auto``.
    presentations : int
        How many sentences are to be run, which decides what is quickest.

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
        return "cpp_standalone" if presentations >= MANY and _has_compiler() else "numpy"
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


class StandaloneProject:
    """A C++ program under construction: Brian 2's device is switched to it until closed.

    Brian 2 has one device a process, so only one project can be open at a time.
    """

    def __init__(self):
        if brian2.get_device() is not runtime_device:
            raise BackendUnavailable(
                "another device of Brian 2 is in use in this process; close that network, or call "
                "brian2.devices.reset_device(), first"
            )
        self._folder = tempfile.mkdtemp(prefix="bionlp-")
        brian2.set_device("cpp_standalone", build_on_run=False)

    def build_and_run(self) -> None:
        """Compile what was run so far into a program, and run it."""
        brian2.device.build(directory=self._folder, compile=True, run=True, debug=False)

    def close(self) -> None:
        """Give Brian 2 its runtime device back and remove the program."""
        brian2.device.reinit()
        reset_device()
        shutil.rmtree(self._folder, ignore_errors=True)


def _has_compiler() -> bool:
    return any(shutil.which(compiler) for compiler in ("g++", "clang++", "c++"))
