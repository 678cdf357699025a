"""Simulating sentences in Brian 2 and recording what happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import xarray as xr

from bionlp.classifier import Sentence, TextClassifier
from bionlp.errors import BackendError
from bionlp.membranes import DEFAULT, parse_membranes
from bionlp.recording import make_recording
from networks.activity import LayerActivity
from networks.brian import (
    BackendUnavailable,
    BrianNetwork,
    PoissonStimulus,
    Recorder,
    SpikeStimulus,
)
from networks.description import NetworkDescription

Advance = Callable[[float], None]

DT_MS = 1.0


def simulate(
    classifier: TextClassifier,
    texts: Iterable[str],
    *,
    steps: int = 50,
    seed: int = 0,
    backend: str = "auto",
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
    backend : str
        ``numpy``, ``cython``, ``cpp_standalone`` or ``auto``.
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
        backend=backend,
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
    backend: str,
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
    steps, seed, backend, record, advance
        As in :func:`simulate`.

    Returns
    -------
    recordings : list of xarray.DataTree
        One per sentence.
    activities : list of dict of str to LayerActivity
        What they were made from, to compare with another simulator.
    """
    stimulus = PoissonStimulus([sentence.rates for sentence in sentences], steps)
    backend, activities = run_brian(
        classifier.network, stimulus, seed=seed, backend=backend, record=record, advance=advance
    )
    recordings = [
        make_recording(classifier, sentence, activity, seed=seed, backend=backend, dt_ms=DT_MS)
        for sentence, activity in zip(sentences, activities, strict=True)
    ]
    return recordings, activities


def run_brian(
    network: NetworkDescription,
    stimulus: PoissonStimulus | SpikeStimulus,
    *,
    seed: int,
    backend: str,
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
    seed, backend, record, advance
        As in :func:`simulate`.

    Returns
    -------
    backend : str
        The one that ran.
    activities : list of dict of str to LayerActivity
        For each presentation.
    """
    membranes = parse_membranes(record, network, network.shapes(max(stimulus.words)))
    with open_network(network, stimulus, backend) as brian:
        recorder = Recorder(brian, membranes=membranes)
        brian.run(seed=seed, advance=advance)
        activities = [recorder.activity(number) for number in range(len(stimulus.words))]
        return brian.backend, activities


def count_votes(
    network: NetworkDescription,
    stimulus: PoissonStimulus | SpikeStimulus,
    *,
    seed: int,
    backend: str,
    advance: Advance | None = None,
) -> np.ndarray:
    """Run a network and keep nothing but its votes.

    Parameters
    ----------
    network, stimulus, seed, backend, advance
        As in :func:`run_brian`.

    Returns
    -------
    numpy.ndarray of int, shape (presentations, classes)
        Output spikes of each class.
    """
    output = network.output.name
    with open_network(network, stimulus, backend) as brian:
        recorder = Recorder(brian, layers=[output])
        brian.run(seed=seed, advance=advance)
        counts = recorder.counts(output)
    return network.votes(counts)


def open_network(
    network: NetworkDescription, stimulus: PoissonStimulus | SpikeStimulus, backend: str
) -> BrianNetwork:
    """Build a network, with an error for users if its backend cannot run here."""
    try:
        return BrianNetwork(network, stimulus, backend=backend)
    except BackendUnavailable as error:
        raise BackendError(str(error)) from error
