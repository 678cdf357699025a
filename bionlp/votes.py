"""The votes of many sentences in Brian 2: on all cores, and without loss when it is interrupted.

Sentences are cut into chunks of neighbours, the tasks of :mod:`bionlp.workers`. Each worker builds
the network once and presents chunk after chunk to it. A sentence's input is seeded by (seed, number
of the sentence), so neither the chunks nor the workers change a spike. After every chunk all votes
so far are written to a file in the cache folder (:mod:`bionlp.unfinished`); the same call finds
them there, and removes them when all are done.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from bionlp.classifier import TextClassifier
from bionlp.decision import Counted
from bionlp.engine import Engine, backend_errors
from bionlp.simulation import Advance, open_network, record_run, stimulus_of
from bionlp.unfinished import UnfinishedVotes
from bionlp.workers import Processes, Workers
from networks.brian import BrianNetwork, Recorded, Recorder, Stimulus
from networks.described import digest_of

CHUNK = 32
"""Sentences a chunk: enough to make starting a program cheap, few enough to lose little."""

COMPILED_CHUNK = 100
"""Sentences a chunk where each of them is compiled anew; their input has to fit into memory."""


def count_votes(
    classifier: TextClassifier,
    ids: Sequence[np.ndarray],
    *,
    steps: int,
    seed: int,
    engine: Engine,
    workers: int | Workers = 1,
    advance: Advance | None = None,
) -> Counted:
    """Present sentences and keep nothing but the votes, and how long it took to get them.

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
    workers : int or Workers
        Processes of this machine, with 1 this one; or those of a cluster (:mod:`bionlp.cluster`).
    advance : callable, optional
        Called with the fraction done.

    Returns
    -------
    Counted
        The same for any workers.

    Raises
    ------
    BackendError
        If the backend cannot run here.
    """
    engine = engine.chosen(len(ids))
    unfinished = UnfinishedVotes(_state_name(classifier, ids, steps, seed, engine))
    rows = unfinished.read((len(ids), classifier.classes + 1))
    missing = np.flatnonzero(rows[:, 0] < 0)
    size = COMPILED_CHUNK if engine.once_a_process else CHUNK
    chunks = [missing[start : start + size] for start in range(0, len(missing), size)]
    words = None if classifier.word_a_step else max(map(len, ids))
    counter = VoteCounter(classifier, steps, engine, words)
    tasks = (([ids[n] for n in chunk], chunk.tolist(), seed) for chunk in chunks)
    if isinstance(workers, int):
        # Where each run is a process already, it compiles with all cores.
        most = 1 if engine.once_a_process else max(len(chunks), 1)
        workers = Processes(min(workers, most))
    try:
        for index, counted in workers.run(counter, tasks):
            rows[chunks[index]] = counted
            unfinished.write(rows)
            if advance:
                advance(float((rows[:, 0] >= 0).mean()))
    except KeyboardInterrupt:
        # It may have come while they were written.
        unfinished.write(rows)
        raise
    unfinished.remove()
    return read_rows(rows, engine)


def read_rows(rows: np.ndarray, engine: Engine) -> Counted:
    """Return what rows of a :class:`VoteCounter` say.

    Parameters
    ----------
    rows : numpy.ndarray of int, shape (sentences, classes + 1)
        As of :meth:`VoteCounter.do`.
    engine : Engine
        What ran the network.

    Returns
    -------
    Counted
        The same, with steps that are not parted.
    """
    return Counted(rows[:, :-1], rows[:, -1] / engine.parts)


class VoteCounter:
    """A network that is built once and shown chunk after chunk: work for :mod:`bionlp.workers`.

    Parameters
    ----------
    classifier : TextClassifier
        Whose network it is.
    steps : int
        Length of a presentation, or of a word.
    engine : Engine
        How Brian 2 runs it; a chosen one.
    words : int or None
        Positions that are built: those of the longest sentence that will come; None for those of
        each chunk.
    """

    def __init__(self, classifier: TextClassifier, steps: int, engine: Engine, words: int | None):
        self._classifier, self._steps = classifier, steps
        self._engine, self._words = engine, words
        self._longest = 0
        self._brian: BrianNetwork | None = None

    @property
    def caches(self) -> Sequence[str]:
        """Folders of the cache that the network is compiled into."""
        return self._engine.caches

    def do(self, ids: Sequence[np.ndarray], numbers: Sequence[int], seed: int) -> np.ndarray:
        """Count the votes of some sentences.

        Parameters
        ----------
        ids : sequence of numpy.ndarray of int, each of shape (words,)
            The sentences.
        numbers : sequence of int
            Number of each of them in the experiment.
        seed : int
            Of their spikes.

        Returns
        -------
        numpy.ndarray of int, shape (sentences, classes + 1)
            Output spikes of each class and, last, for how many steps of the engine they were
            presented.

        Raises
        ------
        BackendError
            If the backend cannot run here.
        """
        if not len(ids):
            return np.zeros((0, self._classifier.classes + 1), dtype=np.int64)
        stimulus = stimulus_of(
            self._classifier, ids, self._steps, numbers, seed=seed, parts=self._engine.parts
        )
        readout = self._classifier.network.voting
        with backend_errors():
            recorded = self._present(stimulus, seed, readout.population)
        votes = readout.votes(recorded.counts(readout.population))
        return np.column_stack([votes, recorded.durations])

    def _present(self, stimulus: Stimulus, seed: int, output: str) -> Recorded:
        network = self._classifier.network
        if self._engine.synapses == "stock":
            # A stock network holds its sentences, so each chunk has one of its own.
            return record_run(
                network,
                stimulus,
                seed=seed,
                engine=self._engine,
                layers=[output],
                words=self._words,
            )
        if max(stimulus.durations) > self._longest:
            # What holds the steps of a presentation has room for so many.
            self.close()
            self._longest = max(stimulus.durations)
        if self._brian is None:
            self._brian = open_network(network, stimulus, self._engine, self._words)
            self._recorder = Recorder(self._brian, layers=[output])
            self._brian.run(seed=seed)
        else:
            self._brian.run(seed=seed, stimulus=stimulus)
        return self._recorder.read()

    def close(self) -> None:
        """Free the network."""
        if self._brian:
            self._brian.close()
        self._brian = None


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
