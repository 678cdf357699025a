"""C++ programs of Brian 2's standalone device, compiled once and kept.

A network with shared weights becomes a program whose source depends on its architecture alone:
weights and sentences are files that it reads, and the end of the input ends the run. Programs are
kept in a cache under the hash of their source, so another call, in this process or in another one,
that writes the same source takes the program instead of compiling it. The name of a kept program
ends in the hash of what is in it: one that is cut off or was changed is compiled anew.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path

import brian2
from brian2.devices.device import reset_device
from brian2.utils.filelock import FileLock

from networks.brian.backends import BackendUnavailable, check_device_is_free
from networks.brian.cache import usable_cache_folder, warn_of_cache
from networks.brian.compiling import tell_of_program
from networks.brian.private import compile_program
from networks.brian.schedule import Schedule

PROGRAMS = "programs"
"""The folder of the cache that they are in."""
PROGRAM = "main.exe" if os.name == "nt" else "main"
FOREVER = 10**9
"""Steps that a program whose input ends it is told to run."""
LEAST_ROOM = 2**16
"""Bytes left on a disk below which what a program has written may be cut off; it does not look."""


class StandaloneProject:
    """A C++ program under construction: Brian 2's device is switched to it until closed.

    Brian 2 has one device a process, so only one project can be open at a time.
    """

    def __init__(self) -> None:
        check_device_is_free()
        with _writing(None):
            # Removed at the latest when the process ends.
            self._temporary = tempfile.TemporaryDirectory(
                prefix="bionlp-", ignore_cleanup_errors=True
            )
        self._folder = Path(self._temporary.name)
        self._built = False
        brian2.set_device("cpp_standalone", build_on_run=False)

    def run(
        self,
        network: brian2.Network,
        steps: int,
        dt: brian2.Quantity,
        *,
        plan: Schedule | None,
        advance: Callable[[float], None] | None,
    ) -> None:
        """Compile a network, unless that has been done, and run it.

        Parameters
        ----------
        network : brian2.Network
            The network; the same in every call.
        steps : int
            Duration of the run.
        dt : brian2.Quantity
            Duration of a step.
        plan : Schedule or None
            What is presented, if the program reads it from a file: it then serves any schedule and
            runs until the end of this one, so it is worth keeping.
        advance : callable, optional
            Called with the fraction of the presentations that have begun.

        Raises
        ------
        BackendUnavailable
            If the program cannot be written, compiled or started, or fails.
        """
        with _writing(self._folder):
            self._run(network, steps, dt, plan, advance)

    def _run(
        self,
        network: brian2.Network,
        steps: int,
        dt: brian2.Quantity,
        plan: Schedule | None,
        advance: Callable[[float], None] | None,
    ) -> None:
        if not self._built:
            network.run((FOREVER if plan else steps) * dt, namespace={})
            brian2.device.build(directory=str(self._folder), compile=False, run=False)
            if plan:
                self._take_or_compile()
            else:
                tell_of_program(kept=False)
                self._compile()
            self._built = True
        if plan:
            plan.write(self._folder)
        presentations = len(plan.durations) if plan else 0
        output = self._folder / "results" / "stdout.txt"
        with _watch(output, presentations, advance):
            _run_device(self._folder)

    def _take_or_compile(self) -> None:
        # Of several processes that need the same program, one compiles it.
        with _place_in_cache(_hash_source(self._folder)) as place:
            if place and _take(place, self._folder / PROGRAM):
                return
            tell_of_program(kept=place is not None)
            self._compile()
            if place:
                _keep(self._folder / PROGRAM, place)

    def _compile(self) -> None:
        try:
            with redirect_stdout(sys.stderr):
                compile_program(self._folder)
        except RuntimeError as error:
            # Python is deaf to Ctrl-C while a shell runs for it; the shell is ended by the signal.
            if f"error code: {signal.SIGINT:d})" in str(error):
                raise KeyboardInterrupt from error
            _check_room(self._folder)
            raise BackendUnavailable(
                f"the program cannot be compiled ({str(error).splitlines()[0]}); choose another "
                "backend, such as numpy"
            ) from error

    def close(self) -> None:
        """Give Brian 2 its runtime device back and remove the program."""
        brian2.device.reinit()
        reset_device()
        self._temporary.cleanup()


def _run_device(folder: Path) -> None:
    """Run the program; results are where the device looks for them when a monitor is read."""
    results = folder / "results"
    results.mkdir(exist_ok=True)
    try:
        # What a program has printed is printed when it fails.
        with redirect_stdout(sys.stderr):
            brian2.device.run(directory=str(folder), with_output=False, run_args=[])
    except RuntimeError as error:
        _check_room(folder)
        raise BackendUnavailable(f"the compiled program failed: {error}") from error
    _check_room(folder)


@contextmanager
def _writing(folder: Path | None) -> Iterator[None]:
    """Say which folder it is that cannot be written to in the block."""
    try:
        yield
    except OSError as error:
        raise BackendUnavailable(
            f"cannot write or start a program in {folder or 'a temporary folder'}: "
            f"{(error.strerror or str(error)).lower()}; set TMPDIR to another folder"
        ) from error


def _check_room(folder: Path) -> None:
    if shutil.disk_usage(folder).free < LEAST_ROOM:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _hash_source(folder: Path) -> str:
    """Hash everything that decides what the compiled program is."""
    digest = hashlib.sha256(_compiler().encode())
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "static_arrays" not in path.parts and path.parent.name != "results":
            digest.update(str(path.relative_to(folder)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _compiler() -> str:
    """Return the version of the compiler, and its macros, which tell this processor's abilities.

    A cache may be in a home that machines with other processors share.
    """
    compiler = shlex.split(os.environ.get("CXX", "g++"))
    questions = ["--version"], ["-march=native", "-dM", "-E", "-x", "c++", os.devnull]
    return "".join(
        subprocess.run([*compiler, *asked], capture_output=True, text=True, check=False).stdout
        for asked in questions
    )


@contextmanager
def _place_in_cache(name: str) -> Iterator[Path | None]:
    """Yield where programs of a name are kept, for this process alone; None if nowhere."""
    try:
        place = usable_cache_folder(PROGRAMS) / name
        lock = FileLock(f"{place}.lock")
        lock.acquire()
    except OSError as error:
        warn_of_cache(error)
        yield None
        return
    try:
        yield place
    finally:
        lock.release()


def _take(place: Path, program: Path) -> bool:
    """Copy a kept program, if there is one that is whole."""
    for kept in place.parent.glob(f"{place.name}.*"):
        if kept.suffix == ".lock" or not kept.is_file():
            continue
        with suppress(OSError):
            shutil.copyfile(kept, program)
            # The copy is looked at, which nobody else can change.
            if kept.suffix == f".{_hash(program)}":
                program.chmod(0o755)
                return True
            kept.unlink()
    program.unlink(missing_ok=True)
    return False


def _keep(program: Path, place: Path) -> None:
    """Copy a program to the cache at once or not at all."""
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=place.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(program.read_bytes())
        os.replace(temporary, f"{place}.{_hash(program)}")
    except OSError as error:
        warn_of_cache(error)
        if temporary:
            Path(temporary).unlink(missing_ok=True)


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _reported(output: Path) -> int:
    """Count the presentations that have begun; one more when all are over."""
    try:
        return output.read_bytes().count(b"\n")
    except OSError:
        return 0


@contextmanager
def _watch(
    output: Path, presentations: int, advance: Callable[[float], None] | None
) -> Iterator[None]:
    """Read from a program's output how far it has come while the block runs."""
    if advance is None:
        yield
        return
    finished = threading.Event()

    def follow() -> None:
        while not finished.wait(0.5):
            advance(min(_reported(output) / (presentations + 1), 1.0))

    watcher = threading.Thread(target=follow, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        finished.set()
        watcher.join()
        advance(1.0)
