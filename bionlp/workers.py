"""Work that is cut into tasks, done by many: processes of this machine, or those of a cluster.

What is done with a task is an object (:class:`Work`). Each worker is given it once, pickled, and it
builds what it needs at its first task. :class:`Processes` are workers of this machine, and
:class:`bionlp.cluster.Cluster` those of Dask. Both yield each result as it is done, with the number
of its task; :func:`in_order` puts results in order. Tasks are taken from an iterator, a few ahead
of what is done, so there may be more of them than memory holds.
"""

from __future__ import annotations

import atexit
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import active_children, get_context, parent_process
from multiprocessing.synchronize import Semaphore
from typing import Any, Protocol, cast

from bionlp.cores import thread_variables
from bionlp.messages import PACKAGE, Lines

AHEAD = 4
"""Tasks for each worker that are given out before the oldest of them is done."""
GRACE = 10.0
"""Seconds that a worker has to clean up behind itself."""
LISTEN = 5.0
"""Seconds after which those who wait for a result look whether there are workers at all."""

Task = tuple[Any, ...]
Done = Iterator[tuple[int, Any]]
"""Numbers of tasks, from 0, and their results."""


class Work(Protocol):
    """What workers do with each task; pickled before the first of them."""

    @property
    def caches(self) -> Sequence[str]:
        """Folders of the cache that it compiles into (:mod:`networks.brian.cache`)."""

    def do(self, *task: Any) -> Any:
        """Return the result of a task; it depends on nothing but the task."""

    def close(self) -> None:
        """Free what was built; the next task builds it again."""


class Workers(Protocol):
    """Who does work."""

    def run(self, work: Work, tasks: Iterable[Task]) -> Done:
        """Yield the number of each task and its result, in the order in which they are done."""


@dataclass(frozen=True)
class Processes:
    """Processes of this machine.

    Attributes
    ----------
    count : int
        How many; one alone is this process itself.
    """

    count: int = 1

    def run(self, work: Work, tasks: Iterable[Task]) -> Done:
        """Do some work.

        Parameters
        ----------
        work : Work
            What is done with each task.
        tasks : iterable of tuple
            Arguments of :meth:`Work.do`.

        Yields
        ------
        number : int
            Of a task.
        result : object
            What came of it.
        """
        if self.count == 1:
            with closing(work):
                yield from ((number, work.do(*task)) for number, task in enumerate(tasks))
            return
        context = get_context("spawn")
        level = logging.getLogger(PACKAGE).getEffectiveLevel()
        pool = ProcessPoolExecutor(
            self.count,
            mp_context=context,
            initializer=_start_worker,
            initargs=(work, level, context.Semaphore(1)),
        )

        def submit(task: Task) -> Future[Any]:
            # Processes are started when there is something for them to do.
            with _children_deaf_to_ctrl_c():
                return pool.submit(_do, task)

        others = set(active_children())
        with _environment(_of_workers(work.caches)), pool:
            try:
                yield from as_done(submit, tasks, lambda: self.count)
            except BaseException:
                for process in set(active_children()) - others:
                    process.terminate()
                pool.shutdown(cancel_futures=True)
                raise


def as_done(
    submit: Callable[[Task], Future[Any]], tasks: Iterable[Task], count: Callable[[], int]
) -> Done:
    """Give tasks out, a few ahead of the oldest that is not done.

    Parameters
    ----------
    submit : callable
        Gives a task to a worker.
    tasks : iterable of tuple
        The tasks.
    count : callable
        Returns the number of workers; asked whenever tasks are given out, and every
        :data:`LISTEN` seconds.

    Yields
    ------
    number : int
        Of a task.
    result : object
        What came of it.
    """
    left, given = enumerate(tasks), 0
    running: dict[Future[Any], int] = {}
    while True:
        ahead = given - min(running.values(), default=given)
        for number, task in islice(left, max(AHEAD * max(count(), 1) - ahead, 0)):
            running[submit(task)] = number
            given = number + 1
        if not running:
            return
        done, _ = wait(running, LISTEN, return_when=FIRST_COMPLETED)
        for future in done:
            yield running.pop(future), future.result()


def in_order(done: Done) -> Iterator[Any]:
    """Yield results in the order of their tasks.

    Parameters
    ----------
    done : iterator of (int, object)
        As :meth:`Workers.run` yields them.

    Yields
    ------
    object
        The result of the next task.
    """
    early: dict[int, Any] = {}
    wanted = 0
    for number, result in done:
        early[number] = result
        while wanted in early:
            yield early.pop(wanted)
            wanted += 1


_work: Work | None = None


def _start_worker(work: Work, level: int, turn: Semaphore) -> None:
    global _work
    _say_once(level, turn)
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_outlive_nobody, daemon=True).start()
    _work = work


def _say_once(level: int, turn: Semaphore) -> None:
    """Print what the networks of this process say, but of what is no warning one line for all.

    The first worker takes the turn, and nobody gives it back.
    """
    handler = Lines()
    handler.addFilter(lambda record: record.levelno >= logging.WARNING or turn.acquire(block=False))
    logger = logging.getLogger(PACKAGE)
    logger.setLevel(level)
    logger.addHandler(handler)


def _outlive_nobody() -> None:
    """End this process when the one that started it has been killed; it would wait for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


def _leave(*_signal: object) -> None:
    """End what a worker does, so that it cleans up behind itself; what is queued fails at once."""
    global _work
    _work = None
    # Objects that are half made complain of their end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    # The pool may take the end for that of a task, and wait for another one that does not come.
    last = threading.Timer(GRACE, os._exit, (1,))
    last.daemon = True
    last.start()
    raise SystemExit


@contextmanager
def _children_deaf_to_ctrl_c() -> Iterator[None]:
    """Let processes that are started in the block not hear of Ctrl-C, which reaches them all.

    The one that starts them does, when the block ends.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _do(task: Task) -> Any:
    try:
        return cast(Work, _work).do(*task)
    except SystemExit:
        gc.collect()
        atexit._run_exitfuncs()
        os._exit(0)


def _of_workers(caches: Sequence[str]) -> dict[str, str]:
    """Return environment variables of workers: one thread, for there is one worker for each core.

    And one cache for all of them, also where each could make only a temporary one of its own.
    """
    # Brian 2 is imported by those who have some work for it.
    from networks.brian.cache import cache_variables

    return thread_variables(1) | cache_variables(*caches)


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Give environment variables to processes that are started in the block."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
