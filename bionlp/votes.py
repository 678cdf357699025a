"""The votes of many sentences in Brian 2: on all cores, and without loss when it is interrupted.

Sentences are cut into chunks of neighbours. Each worker process builds the network once and
presents chunk after chunk to it. A sentence's input is seeded by (seed, number of the sentence), so
neither the chunks nor the workers change a spike. After every chunk all votes so far are written to
a file in the cache folder (:mod:`bionlp.unfinished`); the same call finds them there, and removes
them when all are done.
"""

from __future__ import annotations

import atexit
import gc
import hashlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from contextlib import closing, contextmanager
from multiprocessing import active_children, get_context, parent_process
from multiprocessing.synchronize import Semaphore
from typing import cast

import numpy as np

from bionlp.classifier import TextClassifier
from bionlp.cores import thread_variables
from bionlp.engine import Engine, backend_errors
from bionlp.messages import PACKAGE, Lines
from bionlp.simulation import Advance, open_network, record_run, stimulus_of
from bionlp.unfinished import UnfinishedVotes
from networks.brian import BrianNetwork, Recorder, Stimulus
from networks.brian.cache import cache_variables
from networks.brian.cython_cache import CYTHON
from networks.brian.program import PROGRAMS
from networks.described import digest_of
from networks.description import Network

CHUNK = 32
"""Sentences a chunk: enough to make starting a program cheap, few enough to lose little."""

GRACE = 10.0
"""Seconds that a worker has to clean up behind itself."""

COMPILED_CHUNK = 100
"""Sentences a chunk where each of them is compiled anew; their input has to fit into memory."""


def count_votes(
    classifier: TextClassifier,
    ids: Sequence[np.ndarray],
    *,
    steps: int,
    seed: int,
    engine: Engine,
    workers: int = 1,
    advance: Advance | None = None,
) -> np.ndarray:
    """Present sentences and keep nothing but the votes.

    Parameters
    ----------
    classifier : TextClassifier
        The model.
    ids : sequence of numpy.ndarray of int, each of shape (words,)
        The sentences as word ids.
    steps : int
        Length of a presentation.
    seed : int
        Of the input spikes; sentence k is seeded by (seed, k).
    engine : Engine
        How Brian 2 runs the network.
    workers : int
        Processes; with 1 it is done in this one.
    advance : callable, optional
        Called with the fraction done.

    Returns
    -------
    numpy.ndarray of int, shape (sentences, classes)
        Output spikes of each class, the same for any number of workers.

    Raises
    ------
    BackendError
        If the backend cannot run here.
    """
    engine = engine.chosen(len(ids))
    unfinished = UnfinishedVotes(_state_name(classifier, ids, steps, seed, engine))
    votes = unfinished.read((len(ids), classifier.classes))
    missing = np.flatnonzero(votes[:, 0] < 0)
    size = COMPILED_CHUNK if engine.once_a_process else CHUNK
    chunks = [missing[start : start + size] for start in range(0, len(missing), size)]
    tasks = [
        (
            stimulus_of(
                classifier,
                [ids[n] for n in chunk],
                steps,
                chunk.tolist(),
                seed=seed,
                parts=engine.parts,
            ),
            seed,
        )
        for chunk in chunks
    ]
    words = None if classifier.word_a_step else max(map(len, ids))
    if engine.once_a_process:
        workers = 1  # each run is a process already, and compiles with all cores
    try:
        for index, counted in _run(classifier.network, tasks, engine, words, workers):
            votes[chunks[index]] = counted
            unfinished.write(votes)
            if advance:
                advance(float((votes[:, 0] >= 0).mean()))
    except KeyboardInterrupt:
        # It may have come while they were written.
        unfinished.write(votes)
        raise
    unfinished.remove()
    return votes


Task = tuple[Stimulus, int]


def _run(
    network: Network, tasks: list[Task], engine: Engine, words: int | None, workers: int
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the index of each task and its votes, in the order in which they are done."""
    if not tasks:
        return
    if min(workers, len(tasks)) == 1:
        with backend_errors(), closing(VoteCounter(network, engine, words)) as worker:
            yield from ((index, worker.count(*task)) for index, task in enumerate(tasks))
        return
    context = get_context("spawn")
    level = logging.getLogger(PACKAGE).getEffectiveLevel()
    pool = ProcessPoolExecutor(
        min(workers, len(tasks)),
        mp_context=context,
        initializer=_start_worker,
        initargs=(network, engine, words, level, context.Semaphore(1)),
    )
    others = set(active_children())
    with _environment(_of_workers(engine)), pool:
        try:
            with _children_deaf_to_ctrl_c():
                running = {pool.submit(_count, *task): index for index, task in enumerate(tasks)}
            while running:
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield running.pop(future), future.result()
        except BaseException:
            for process in set(active_children()) - others:
                process.terminate()
            pool.shutdown(cancel_futures=True)
            raise


class VoteCounter:
    """A network that is built once and shown chunk after chunk.

    Parameters
    ----------
    network : Network
        The network.
    engine : Engine
        How Brian 2 runs it; a chosen one.
    words : int or None
        Positions that are built: those of the longest sentence that will come; None for those of
        each stimulus.
    """

    def __init__(self, network: Network, engine: Engine, words: int | None):
        self._network, self._engine, self._words = network, engine, words
        self._longest = 0
        self._brian: BrianNetwork | None = None

    def count(self, stimulus: Stimulus, seed: int) -> np.ndarray:
        """Count the votes of some sentences.

        Parameters
        ----------
        stimulus : PoissonStimulus or SpikeStimulus
            The sentences.
        seed : int
            Of their spikes.

        Returns
        -------
        numpy.ndarray of int, shape (sentences, classes)
            Output spikes of each class.
        """
        readout = self._network.voting
        output = readout.population
        if self._engine.synapses == "stock":
            # A stock network holds its sentences, so each chunk has one of its own.
            recorded = record_run(
                self._network,
                stimulus,
                seed=seed,
                engine=self._engine,
                layers=[output],
                words=self._words,
            )
            return readout.votes(recorded.counts(output))
        if max(stimulus.durations) > self._longest:
            # What holds the steps of a presentation has room for so many.
            self.close()
            self._longest = max(stimulus.durations)
        if self._brian is None:
            self._brian = open_network(self._network, stimulus, self._engine, self._words)
            self._recorder = Recorder(self._brian, layers=[output])
            self._brian.run(seed=seed)
        else:
            self._brian.run(seed=seed, stimulus=stimulus)
        return readout.votes(self._recorder.counts(output))

    def close(self) -> None:
        """Free the network."""
        if self._brian:
            self._brian.close()
        self._brian = None


_worker: VoteCounter | None = None


def _start_worker(
    network: Network, engine: Engine, words: int | None, level: int, turn: Semaphore
) -> None:
    global _worker
    _say_once(level, turn)
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_outlive_nobody, daemon=True).start()
    _worker = VoteCounter(network, engine, words)


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
    global _worker
    _worker = None
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


def _count(stimulus: Stimulus, seed: int) -> np.ndarray:
    try:
        with backend_errors():
            return cast(VoteCounter, _worker).count(stimulus, seed)
    except SystemExit:
        gc.collect()
        atexit._run_exitfuncs()
        os._exit(0)


def _of_workers(engine: Engine) -> dict[str, str]:
    """Return environment variables of workers: one thread, for there is one worker for each core.

    And one cache for all of them, also where each could make only a temporary one of its own.
    """
    parts = {"cpp_standalone": PROGRAMS, "cython": CYTHON}
    used = [parts[engine.backend]] if engine.backend in parts else []
    return thread_variables(1) | cache_variables(*used)


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


def _state_name(
    classifier: TextClassifier, ids: Sequence[np.ndarray], steps: int, seed: int, engine: Engine
) -> str:
    """Name unfinished votes by all that decides them."""
    digest = hashlib.sha256(repr((steps, seed, engine)).encode())
    digest.update(str(classifier.perturbations or "").encode())
    digest.update(digest_of(classifier.network).encode())
    for sentence in ids:
        shown = sentence if classifier.word_a_step else classifier.levels[sentence]
        digest.update(shown.tobytes())
    return digest.hexdigest()
