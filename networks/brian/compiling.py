"""What is said when code is about to be compiled, which takes a while and says nothing itself.

Messages have the level INFO of this module's logger, so programs that want them let them through.
Nothing is said of code that was kept.
"""

from __future__ import annotations

import logging

_logger = logging.getLogger(__name__)
_told: set[str] = set()

TIMES = {
    "genn": "half a minute; the first time on a machine a minute more",
    "genn-cpu": "half a minute; the first time on a machine a minute more",
    "cuda": "one or two minutes",
}
"""How long other devices compile, before each run."""


def tell_of_cython() -> None:
    """Say that pieces of code are compiled, once in a process."""
    if "cython" not in _told:
        _told.add("cython")
        _logger.info(
            "compiling for this machine with Cython, once for each kind of network: "
            "a minute or less where nothing is kept yet"
        )


def tell_of_program(kept: bool) -> None:
    """Say that a C++ program is compiled.

    Parameters
    ----------
    kept : bool
        Whether it will be there the next time.
    """
    once = ", once for this machine and kind of network" if kept else "; it is not kept"
    _logger.info("compiling a C++ program%s: less than a minute", once)


def tell_of_device(backend: str) -> None:
    """Say that a device of another package compiles, as it does before each run.

    Parameters
    ----------
    backend : str
        One of :data:`networks.brian.EXTERNAL`.
    """
    _logger.info("compiling for %s, as before each run: about %s", backend, TIMES[backend])
