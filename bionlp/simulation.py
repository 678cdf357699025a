"""Simulating sentences in Brian 2 and recording what happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import xarray as xr

from bionlp.classifier import Sentence, TextClassifier
from bionlp.encoding import dequantise
from bionlp.errors import BackendError, UsageError
from bionlp.membranes import DEFAULT, parse_membranes
from bionlp.recording import make_recording
from networks.activity import LayerActivity
from networks.brian import (
    PRECISIONS,
    SYNAPSES,
    BackendUnavailable,
    BrianNetwork,
    PoissonStimulus,
    Recorder,
    Stimulus,
    choose_backend,
)
from networks.description import NetworkDescription

Advance = Callable[[float], None]

DT_MS = 1.0


@dataclass(frozen=True)
class Engine:
    """How Brian 2 runs a network; see :class:`networks.brian.BrianNetwork`.

    Attributes
    ----------
    backend : str
        ``numpy``, ``cython``, ``cpp_standalone`` or ``auto``.
    synapses : str
        ``shared`` or ``stock``.
    precision : str
        ``double`` or ``single``.

    Raises
    ------
    UsageError
        If synapses or precision do not exist.
    """

    backend: str = "auto"
    synapses: str = "shared"
    precision: str = "double"

    def __post_init__(self):
        for name, choices in (("synapses", SYNAPSES), ("precision", PRECISIONS)):
            if getattr(self, name) not in choices:
                raise UsageError(
                    f"unknown {name} {getattr(self, name)!r}; choose one of {', '.join(choices)}"
                )

    def chosen(self, presentations: int) -> Engine:
        """Return the engine with ``auto`` replaced by the best backend for so many sentences."""
        try:
            backend = choose_backend(self.backend, presentations, self.synapses)
        except BackendUnavailable as error:
            raise BackendError(str(error)) from error
        return replace(self, backend=backend)


DEFAULT_ENGINE = Engine()


def simulate(
    classifier: TextClassifier,
    texts: Iterable[str],
    *,
    steps: int = 50,
    seed: int = 0,
    engine: Engine = DEFAULT_ENGINE,
    record: Sequence[str] = DEFAULT,
    advance: Advance | None = None,
) -> list[xr.DataTree]:
    """Present texts to a classifier as Poisson spikes, in Brian 2.

    Parameters
    ----------
    classifier : TextClassifier
        The model.
    texts : iterable of str
        Sentences; they are presented one after the other.
    steps : int
        Length of a presentation; a step lasts 1 ms.
    seed : int
        Of the input spikes.
    engine : Engine
        How Brian 2 runs it.
    record : sequence of str
        Neurons whose membrane is recorded, see :func:`bionlp.membranes.parse_membranes`.
    advance : callable, optional
        Called with the fraction done.

    Returns
    -------
    list of xarray.DataTree
        One recording per text, see :mod:`bionlp.recording`.

    Raises
    ------
    TextError
        If a text is empty or wholly unknown.
    BackendError
        If the backend cannot run here.
    UsageError
        If a layer or neuron to record does not exist.

    Examples
    --------
    >>> from bionlp.checkpoint import load_classifier
    >>> recordings = simulate(load_classifier("mr"), ["a gripping film"])  # doctest: +SKIP
    """
    sentences = [classifier.read(text) for text in texts]
    recordings, _ = present(
        classifier,
        sentences,
        steps=steps,
        seed=seed,
        engine=engine,
        record=record,
        advance=advance,
    )
    return recordings


def present(
    classifier: TextClassifier,
    sentences: Sequence[Sentence],
    *,
    steps: int,
    seed: int,
    engine: Engine,
    record: Sequence[str] = DEFAULT,
    advance: Advance | None = None,
) -> tuple[list[xr.DataTree], list[dict[str, LayerActivity]]]:
    """Present sentences that were read; return what happened, labelled and bare.

    Parameters
    ----------
    classifier : TextClassifier
        The model.
    sentences : sequence of Sentence
        What it is shown.
    steps, seed, engine, record, advance
        As in :func:`simulate`.

    Returns
    -------
    recordings : list of xarray.DataTree
        One per sentence.
    activities : list of dict of str to LayerActivity
        What they were made from, to compare with another simulator.
    """
    stimulus = poisson_stimulus(classifier, [sentence.ids for sentence in sentences], steps)
    backend, activities = run_brian(
        classifier.network, stimulus, seed=seed, engine=engine, record=record, advance=advance
    )
    recordings = [
        make_recording(classifier, sentence, activity, seed=seed, backend=backend, dt_ms=DT_MS)
        for sentence, activity in zip(sentences, activities, strict=True)
    ]
    return recordings, activities


def run_brian(
    network: NetworkDescription,
    stimulus: Stimulus,
    *,
    seed: int,
    engine: Engine,
    record: Sequence[str] = DEFAULT,
    advance: Advance | None = None,
) -> tuple[str, list[dict[str, LayerActivity]]]:
    """Build, record and run a network, then free its backend.

    Parameters
    ----------
    network : NetworkDescription
        The network.
    stimulus : PoissonStimulus or SpikeStimulus
        What it is shown.
    seed, engine, record, advance
        As in :func:`simulate`.

    Returns
    -------
    backend : str
        The one that ran.
    activities : list of dict of str to LayerActivity
        For each presentation.
    """
    membranes = parse_membranes(record, network, network.shapes(max(stimulus.words)))
    with open_network(network, stimulus, engine) as brian:
        recorder = Recorder(brian, membranes=membranes)
        brian.run(seed=seed, advance=advance)
        activities = [recorder.activity(number) for number in range(len(stimulus.words))]
        return brian.backend, activities


def poisson_stimulus(
    classifier: TextClassifier,
    ids: Sequence[np.ndarray],
    steps: int,
    numbers: Sequence[int] | None = None,
) -> PoissonStimulus:
    """Make the Poisson input of sentences, with the rates of the words that occur in them.

    Parameters
    ----------
    classifier : TextClassifier
        Whose embedding table gives the rates.
    ids : sequence of numpy.ndarray of int, each of shape (words,)
        The sentences.
    steps : int
        Length of a presentation.
    numbers : sequence of int, optional
        Number of each sentence in the experiment, by default its place.

    Returns
    -------
    PoissonStimulus
        For :class:`networks.brian.BrianNetwork`.
    """
    used, rows = np.unique(np.concatenate(ids), return_inverse=True)
    ends = np.cumsum([len(sentence) for sentence in ids])
    table = dequantise(classifier.levels[used])
    return PoissonStimulus.of_words(table, np.split(rows.ravel(), ends[:-1]), steps, numbers)


def open_network(
    network: NetworkDescription, stimulus: Stimulus, engine: Engine, words: int | None = None
) -> BrianNetwork:
    """Build a network, with an error for users if its backend cannot run here."""
    try:
        return BrianNetwork(network, stimulus, words=words, **asdict(engine))
    except BackendUnavailable as error:
        raise BackendError(str(error)) from error
