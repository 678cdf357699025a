"""Where a Brian 2 network is run.

``numpy`` compiles nothing and is the quickest for a few sentences. ``cython`` compiles each piece
of code once per machine and keeps it. ``cpp_standalone`` writes and compiles a whole C++ program,
which is kept, too (:mod:`networks.brian.program`), and is the quickest for many sentences. Packages
of their own are behind the others (:mod:`networks.brian.external`): ``genn`` and ``genn-cpu`` hand
the network to GeNN, on an NVIDIA GPU or not, and ``cuda`` to Brian2CUDA, on an NVIDIA GPU.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import brian2
from brian2.devices.device import runtime_device

GENN = ("genn", "genn-cpu")
EXTERNAL = (*GENN, "cuda")
BACKENDS = ("numpy", "cython", "cpp_standalone", *EXTERNAL)

MANY = {"shared": 300, "stock": 40}
"""Presentations from which compiling a program costs less time than it saves."""

COMPILERS = ("g++", "clang++", "c++")
BUILD_MODEL = "bin/genn-buildmodel.sh"


class BackendUnavailable(RuntimeError):
    """A backend that does not exist, or that cannot run on this machine.

    Examples
    --------
    >>> from networks.brian import BackendUnavailable, choose_backend
    >>> try:
    ...     choose_backend("neuron", presentations=1)
    ... except BackendUnavailable as error:
    ...     print(error)
    unknown backend 'neuron'; choose one of auto, numpy, ...
    """


class Unsupported(BackendUnavailable):
    """A network that a backend cannot run, for what it is made of.

    Examples
    --------
    >>> from networks import Connection, Dense, Input, LIF, Network, Population
    >>> from networks.brian import GENN, Unsupported
    >>> from networks.brian.lag import latencies
    >>> populations = [Population("input", (1, 1), Input())]
    >>> populations += [Population(name, (1,), LIF()) for name in ("middle", "output")]
    >>> ends = [("input", "middle"), ("middle", "output"), ("input", "output")]
    >>> network = Network(populations, [Connection((a,), b, Dense([[1.0]])) for a, b in ends])
    >>> try:
    ...     latencies(network, GENN[0])  # GeNN needs paths of equal length
    ... except Unsupported as error:
    ...     print(type(error).__name__)
    Unsupported
    """


def choose_backend(name: str, presentations: int, synapses: str | None = None) -> str:
    """Return the backend to use.

    Parameters
    ----------
    name : str
        One of :data:`BACKENDS`, or ``auto``.
    presentations : int
        How many sentences are to be run, which decides what is quickest.
    synapses : {"shared", "stock"}, optional
        What kind of synapses they are run with; by default what is best for the backend.

    Returns
    -------
    str
        One of :data:`BACKENDS`, able to run here.

    Raises
    ------
    BackendUnavailable
        If the backend does not exist, lacks something, or has no such synapses.

    Examples
    --------
    >>> from networks.brian import choose_backend
    >>> choose_backend("auto", presentations=1)  # nothing is compiled for one sentence
    'numpy'
    """
    if name == "auto":
        many = presentations >= MANY[synapses or "shared"]
        return "cpp_standalone" if many and missing("cpp_standalone") is None else "numpy"
    if name not in BACKENDS:
        raise BackendUnavailable(
            f"unknown backend {name!r}; choose one of auto, {', '.join(BACKENDS)}"
        )
    lacking = missing(name)
    if lacking:
        raise BackendUnavailable(f"backend {name!r} cannot run here: {lacking}")
    if name in EXTERNAL and synapses == "shared":
        raise BackendUnavailable(
            f"backend {name!r} runs Brian 2's own synapses only; choose stock synapses"
        )
    return name


def choose_synapses(backend: str) -> str:
    """Return the kind of synapses that is best for a backend.

    Parameters
    ----------
    backend : str
        One of :data:`BACKENDS`.

    Returns
    -------
    str
        ``shared`` or ``stock``.

    Examples
    --------
    >>> from networks.brian import EXTERNAL, choose_synapses
    >>> choose_synapses("numpy"), choose_synapses(EXTERNAL[0])
    ('shared', 'stock')
    """
    return "stock" if backend in EXTERNAL else "shared"


def missing(backend: str) -> str | None:
    """Tell what a backend lacks on this machine.

    Parameters
    ----------
    backend : str
        One of :data:`BACKENDS`.

    Returns
    -------
    str or None
        What is missing and what to do about it; None if the backend can run.

    Examples
    --------
    >>> from networks.brian import BACKENDS, missing
    >>> [name for name in BACKENDS if missing(name) is None][0]
    'numpy'
    """
    if backend != "numpy" and not any(map(shutil.which, COMPILERS)):
        return "no C++ compiler was found; install g++ or clang++"
    if backend == "cython" and importlib.util.find_spec("Cython") is None:
        return "the package cython is missing; pip install cython"
    if backend in GENN:
        return _missing_genn() or (_missing_toolkit_of_genn() if backend == "genn" else None)
    if backend == "cuda":
        return _missing_cuda()
    return None


def _missing_genn() -> str | None:
    if importlib.util.find_spec("brian2genn") is None:
        return (
            "the package brian2genn is missing; make the environment of environment-genn.yml, or "
            "pip install 'bionlp[genn]' into an empty one"
        )
    if tuple(map(int, metadata.version("brian2").split(".")[:2])) >= (2, 6):
        return (
            f"brian2genn needs brian2 below 2.6, and this is {metadata.version('brian2')}; make "
            "the environment of environment-genn.yml"
        )
    path = os.environ.get("GENN_PATH")
    if not path:
        return "GENN_PATH is not set; get GeNN 4.9.0 and set it to the folder of GeNN"
    if not (Path(path) / BUILD_MODEL).is_file():
        return f"GENN_PATH is {path}, which holds no GeNN 4: there is no {BUILD_MODEL}"
    return _missing_make("GeNN")


def _missing_cuda() -> str | None:
    if importlib.util.find_spec("brian2cuda") is None:
        return (
            "the package brian2cuda is missing; pip install 'bionlp[cuda]' into an empty "
            "environment of Python 3.12 or newer"
        )
    if not os.environ.get("CUDA_PATH") and shutil.which("nvcc") is None:
        return "there is no nvcc; install NVIDIA's CUDA toolkit and set CUDA_PATH to its folder"
    return _wrong_cuda_path() or _missing_make("Brian2CUDA") or _missing_gpu()


def _missing_toolkit_of_genn() -> str | None:
    if not os.environ.get("CUDA_PATH"):
        return "CUDA_PATH is not set; install NVIDIA's CUDA toolkit and set it to its folder"
    return _wrong_cuda_path() or _missing_gpu()


def _wrong_cuda_path() -> str | None:
    path = os.environ.get("CUDA_PATH")
    if path and not (Path(path) / "bin/nvcc").is_file():
        return f"CUDA_PATH is {path}, which holds no CUDA toolkit: there is no bin/nvcc"
    return None


def _missing_make(package: str) -> str | None:
    if shutil.which("make") is None:
        return f"{package} needs make, and none was found; install it"
    return None


def _missing_gpu() -> str | None:
    """Tell what is missing to run something on an NVIDIA GPU, apart from a compiler."""
    if shutil.which("nvidia-smi") is None:
        return "NVIDIA's driver is missing: there is no nvidia-smi; install the driver"
    asked = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False)
    if asked.returncode or "GPU" not in asked.stdout:
        said = (asked.stdout + asked.stderr).strip().splitlines()
        return f"no NVIDIA GPU answers; nvidia-smi says: {said[-1] if said else 'nothing'}"
    return None


def check_device_is_free() -> None:
    """Refuse to switch Brian 2's device if somebody else has: there is one for a process.

    Raises
    ------
    BackendUnavailable
        If another device is in use.
    """
    if brian2.get_device() is not runtime_device:
        raise BackendUnavailable(
            "another device of Brian 2 is in use in this process; close that network, or call "
            "brian2.devices.reset_device(), first"
        )


@contextmanager
def preferences(wanted: Mapping[str, Any]) -> Iterator[None]:
    """Set preferences of Brian 2 while the block runs.

    They are global, so they are put back: other simulations of the same process keep theirs.
    """
    previous = {name: brian2.prefs[name] for name in wanted}
    brian2.prefs.update(wanted)
    try:
        yield
    finally:
        brian2.prefs.update(previous)


@contextmanager
def codegen_target(backend: str) -> Iterator[None]:
    """Let Brian 2 generate code for a runtime backend; it is no matter for the others.

    Raises
    ------
    BackendUnavailable
        If code cannot be compiled.
    """
    if backend == "cython":
        with _compiling():
            yield
        return
    with preferences({"codegen.target": backend} if backend == "numpy" else {}):
        yield


@contextmanager
def _compiling() -> Iterator[None]:
    """Let Brian 2 compile with Cython, where it can, and say so where it cannot."""
    # Cython may be missing.
    from networks.brian.cython_cache import CACHE_PREFERENCE, cython_folder, whole_modules
    from networks.brian.cython_sharing import shared_pieces

    try:
        wanted = {"codegen.target": "cython", CACHE_PREFERENCE: cython_folder()}
        with preferences(wanted), whole_modules(), shared_pieces():
            yield
    except (brian2.BrianObjectException, OSError) as error:
        cause: BaseException | None = error
        while cause and not (isinstance(cause, OSError) or "distutils" in type(cause).__module__):
            cause = cause.__cause__
        if cause is None:
            raise
        raise BackendUnavailable(
            f"cannot compile code with Cython ({str(cause).splitlines()[0]}); set TMPDIR and "
            "BIONLP_CACHE_DIR to folders with room, or choose another backend, such as numpy"
        ) from error
