"""Work on a cluster of Dask: many machines, one scheduler that knows them all.

    dask scheduler
    dask worker tcp://HOST:8786 --nthreads 1 --nworkers 8

The work (:class:`bionlp.workers.Work`) is sent once to each worker, by the scheduler to the first
and from one to another; tasks then name it by its hash. A worker keeps the last one with all that
it has built, also for the next command, and compiles into the cache of its own machine. Tasks of
a worker that dies are given to another one.

This module imports neither Dask nor Brian 2: a worker does so when there is something to do.
"""

from __future__ import annotations

import hashlib
import logging
import pickle
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from types import ModuleType, TracebackType
from typing import Any

from bionlp.errors import BackendError, UsageError
from bionlp.workers import Done, Task, Work, as_done

SAME = ("bionlp", "brian2", "numpy")
"""Packages whose versions decide spikes; all workers need those that are installed here."""
CONNECTING = 10.0
"""Seconds that a scheduler has to answer."""
PATIENCE = 20.0
"""Seconds without a single worker after which none is expected any more."""
FRESH = 1.0
"""Seconds for which the number of workers is believed; asking for it takes as long as a task."""
RETRIES = 2
"""How often a task that failed is tried again, perhaps by a better machine."""
LARGE = "distributed.admin.large-graph-warning-threshold"
"""The setting of Dask that says how heavy a task may be without a warning; work is sent once."""


class Cluster:
    """The workers of a scheduler; a context manager that lets go of it.

    Parameters
    ----------
    address : str
        Of the scheduler, such as ``tcp://host:8786``.

    Raises
    ------
    UsageError
        If that is no address.
    BackendError
        If Dask is not installed, no scheduler answers, it has no workers, or these have other
        versions of what decides spikes, or run several tasks in one process.
    """

    def __init__(self, address: str):
        self._dask, self._distributed = _dask()
        self._address = address
        self._client = self._connect()
        try:
            self._check_workers()
        except BaseException:
            self.close()
            raise

    def _connect(self) -> Any:
        try:
            self._distributed.comm.get_address_host_port(self._address)
        except (ValueError, TypeError) as error:
            raise UsageError(
                f"{self._address!r} is no address of a scheduler ({error}); give one such as "
                "tcp://host:8786"
            ) from error
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of versions, which are looked at below
                return self._distributed.Client(
                    self._address, timeout=CONNECTING, set_as_default=False
                )
        except OSError as error:
            raise BackendError(
                f"no scheduler answers at {self._address}; start one with dask scheduler, and see "
                "that its port can be reached from here"
            ) from error

    def _check_workers(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=PATIENCE)
        except self._distributed.TimeoutError as error:
            raise self._deserted() from error
        for package, version in _versions().items():
            # What is sent is a function of Python's own, for bionlp may be missing there.
            found = self._client.run(metadata.version, package, on_error="return")
            for worker, other in found.items():
                _check_version(package, version, other, worker)
        for worker, threads in self._client.nthreads().items():
            if threads > 1:
                raise BackendError(
                    f"worker {worker} does {threads} tasks at once in one process, and Brian 2 can "
                    f"do one; start it with --nthreads 1 --nworkers {threads}"
                )

    @property
    def count(self) -> int:
        """Number of workers there are now."""
        return len(self._client.nthreads())

    def run(self, work: Work, tasks: Iterable[Task]) -> Done:
        """Do some work.

        Parameters
        ----------
        work : Work
            What is done with each task.
        tasks : iterable of tuple
            Arguments of :meth:`bionlp.workers.Work.do`.

        Yields
        ------
        number : int
            Of a task.
        result : object
            What came of it.

        Raises
        ------
        BackendError
            If the scheduler is gone, all workers are, or a task costs the lives of several.
        """
        parcel = _Parcel.of(work)
        with self._dask.config.set({LARGE: "1 GiB"}):
            sent = self._client.submit(_same, parcel, key=f"bionlp-{parcel.digest}")
        executor = self._client.get_executor(pure=False, retries=RETRIES)
        try:
            yield from as_done(
                lambda task: executor.submit(_do, sent, task), tasks, self._patient_count()
            )
        except CancelledError as error:
            raise self._gone() from error
        except self._distributed.KilledWorker as error:
            raise BackendError(
                f"{error.allowed_failures + 1} workers died of the same task, the last of them "
                f"{error.last_worker.address}; see what they say, and give them more memory"
            ) from error
        except ImportError as error:
            raise BackendError(
                f"a worker cannot import what it needs ({error}); install bionlp "
                f"{metadata.version('bionlp')} there"
            ) from error
        finally:
            executor.shutdown(wait=False)

    def _patient_count(self) -> Callable[[], int]:
        """Return what counts workers, and gives up when there have been none for long."""
        seen, asked, found = time.monotonic(), -FRESH, 0

        def count() -> int:
            nonlocal seen, asked, found
            now = time.monotonic()
            if now - asked < FRESH:
                return found
            try:
                asked, found = now, self.count
            except OSError as error:
                raise self._gone() from error
            if found:
                seen = now
            elif now - seen > PATIENCE:
                raise self._deserted()
            return found

        return count

    def _gone(self) -> BackendError:
        return BackendError(f"the scheduler at {self._address} is gone; start it again")

    def _deserted(self) -> BackendError:
        return BackendError(
            f"the scheduler at {self._address} has no workers; start some with dask worker "
            f"{self._address} --nthreads 1 --nworkers N"
        )

    def close(self) -> None:
        """Let go of the scheduler; its workers stay."""
        self._client.close()

    def __enter__(self) -> Cluster:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _dask() -> tuple[ModuleType, ModuleType]:
    """Import Dask, and have it not tell of connections, of which an error tells."""
    try:
        import dask
        import distributed
    except ImportError as error:
        raise BackendError(
            f"a cluster needs Dask ({error}); pip install 'bionlp[cluster]'"
        ) from error
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return dask, distributed


def _versions() -> dict[str, str]:
    return {package: metadata.version(package) for package in SAME}


def _check_version(package: str, version: str, other: str | Exception, worker: str) -> None:
    """See that a worker has the version of a package that there is here.

    Raises
    ------
    BackendError
        If it has another one, or none.
    """
    if other != version:
        has = f"{package} {other}" if isinstance(other, str) else f"no {package}"
        raise BackendError(
            f"worker {worker} has {has}, and here it is {version}; install the same there"
        )


@dataclass(frozen=True)
class _Parcel:
    """Some work on its way to workers.

    Attributes
    ----------
    digest : str
        SHA-256 of the rest.
    versions : mapping of str to str
        What workers must have installed.
    content : bytes
        The work, pickled.
    """

    digest: str
    versions: Mapping[str, str]
    content: bytes

    @classmethod
    def of(cls, work: Work) -> _Parcel:
        versions, content = _versions(), pickle.dumps(work)
        return cls(hashlib.sha256(repr(versions).encode() + content).hexdigest(), versions, content)

    def open(self) -> Work:
        """Return the work, in a worker that may have come later than others."""
        from distributed import get_worker

        for package, version in self.versions.items():
            other: str | Exception
            try:
                other = metadata.version(package)
            except metadata.PackageNotFoundError as error:
                other = error
            _check_version(package, version, other, get_worker().address)
        return pickle.loads(self.content)


def _same(parcel: _Parcel) -> _Parcel:
    return parcel


_turn = threading.Lock()
"""Brian 2 does one thing at a time."""
_opened: tuple[str, Work] | None = None
"""The last parcel that this process was sent: its digest, and the work with all that it built."""


def _do(parcel: _Parcel, task: Task) -> Any:
    """Do a task, in a worker."""
    global _opened
    with _turn, _threads_may_import_brian():
        if _opened is None or _opened[0] != parcel.digest:
            _forget()
            _opened = parcel.digest, parcel.open()
        try:
            return _opened[1].do(*task)
        except BaseException:
            # What was half built is of no use to the next task.
            _forget()
            raise


def _forget() -> None:
    global _opened
    if _opened is not None:
        _opened[1].close()
    _opened = None


@contextmanager
def _threads_may_import_brian() -> Iterator[None]:
    """Let Brian 2 be imported in the block by another thread than the main one, as tasks are.

    It sets a handler of Ctrl-C, which Python allows the main thread alone.
    """
    if threading.current_thread() is threading.main_thread():
        yield
        return
    before = signal.signal
    signal.signal = lambda *_handler: None  # no thread has any
    try:
        yield
    finally:
        signal.signal = before
