"""Everything that a page needs of two sentences, one of which became the other by a few words.

Both were presented with one seed, and Poisson noise in Brian 2 is a function of seed, step, place
and feature (:mod:`networks.brian.presentations`). So a word that stays at its place has the very
same spikes in both sentences, and what differs behind the input is what the changed words caused.

Where a word was replaced at its place, its share is measured: the changed sentence is presented
once more with the spikes of the original word in that place, all others being the same. With M the
lead (:mod:`analysis.changes`), the word moved it by

    M_changed - M_put_back

One draw of the noise may be a lucky one, so both sentences are also presented with noise of other
numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import xarray as xr

from analysis.alignment import Pair, align
from analysis.changes import Lead, check_alike, lead, pushes, votes
from analysis.recordings import input_layer, output_layer, words
from analysis.report import Comparison, make_comparison
from bionlp.classifier import TextClassifier
from bionlp.decision import predict_labels
from bionlp.engine import Engine, as_run
from bionlp.errors import RecordingError
from bionlp.files import atomic_path
from bionlp.report import another_model, recorded_engine, recorded_network
from bionlp.simulation import Advance, record_run, stimulus_of
from networks.brian import SpikeStimulus
from networks.described import values
from networks.description import Network, crop
from networks.neurons import Neuron

DRAWS = 20
"""Presentations of each sentence with other noise."""


def write_comparison(
    original: xr.DataTree,
    changed: xr.DataTree,
    classifier: TextClassifier,
    path: Path,
    *,
    engine: Engine,
    advance: Advance | None = None,
) -> None:
    """Write a page about what changed words did to a classification.

    Parameters
    ----------
    original, changed : xarray.DataTree
        Recordings of both sentences, see :mod:`bionlp.recording`.
    classifier : TextClassifier
        The model that was recorded.
    path : Path
        The HTML file.
    engine : Engine
        How Brian 2 presents the sentences again.
    advance : callable, optional
        Called with the fraction done.

    Raises
    ------
    RecordingError
        If the recordings do not belong together, or are of another model.
    UsageError
        If the model reads a word a step.
    OutputError
        If the file cannot be written.
    """
    classifier.require_rates("comparisons are")
    try:
        check_alike(original, changed)
    except ValueError as error:
        raise RecordingError(f"{error}; compare two of one model, simulated alike") from error
    longer = max(original, changed, key=lambda recording: len(words(recording)))
    network, engine = recorded_network(longer, classifier), recorded_engine(longer, engine)
    classifier = as_run(classifier, engine)
    pairs = align(words(original), words(changed))
    found = lead(original, changed)
    moved = _moved(network, classifier, (original, changed), pairs, found, engine, advance)
    fresh = _fresh_votes(network, classifier, (original, changed), engine)
    page = make_comparison(
        Comparison(
            original,
            changed,
            pairs,
            found,
            moved,
            pushes(network, original, changed, found),
            _probabilities(network, classifier, (original, changed)),
            fresh,
            predict_labels(fresh),
        )
    )
    with atomic_path(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def put_back(original: np.ndarray, changed: np.ndarray, place: int) -> np.ndarray:
    """Return the input of a changed sentence with one of its words as it was.

    Parameters
    ----------
    original, changed : numpy.ndarray of bool, shape (steps, words, features)
        Input spikes of both sentences, whose numbers of words may differ.
    place : int
        Of the word.

    Returns
    -------
    numpy.ndarray of bool
        Of the shape of ``changed``.
    """
    spikes = changed.copy()
    spikes[:, place] = original[:, place]
    return spikes


def _moved(
    network: Network,
    classifier: TextClassifier,
    recordings: Sequence[xr.DataTree],
    pairs: Sequence[Pair],
    found: Lead,
    engine: Engine,
    advance: Advance | None,
) -> list[int | None]:
    """Return by how much each replaced word moved the lead; None for all that was not replaced."""
    before, after = (input_layer(r)["spikes"].values.astype(bool) for r in recordings)
    replaced = [not pair.same and pair.original == pair.changed for pair in pairs]
    again = [
        put_back(before, after, cast(int, pair.changed))
        for pair, is_replaced in zip(pairs, replaced, strict=True)
        if is_replaced
    ]
    name = network.voting.population
    stimulus = SpikeStimulus([before, after, *again])
    ran = record_run(network, stimulus, seed=0, engine=engine, layers=[name], advance=advance)
    for number, recording in enumerate(recordings):
        output = output_layer(recording)["spikes"].values.astype(bool)
        if not np.array_equal(ran.activity(number)[name].spikes, output.reshape(len(output), -1)):
            raise another_model(recording, classifier)
    counts = network.voting.votes(ran.counts(name))
    leads = iter((counts[2:, found.label] - counts[2:, found.rival]).tolist())
    return [found.changed - next(leads) if is_replaced else None for is_replaced in replaced]


def _fresh_votes(
    network: Network,
    classifier: TextClassifier,
    recordings: Sequence[xr.DataTree],
    engine: Engine,
) -> np.ndarray:
    """Present both sentences with other noise; return votes, shape (2, draws, classes)."""
    ids = []
    for recording in recordings:
        sentence = classifier.read(recording.attrs["text"])
        if list(sentence.words) != words(recording):
            raise another_model(recording, classifier)
        ids += [sentence.ids] * DRAWS
    attrs = recordings[0].attrs
    first = int(attrs.get("sentence", 0)) + 1
    numbers = [*range(first, first + DRAWS)] * len(recordings)
    steps, seed = int(attrs["steps"]) // engine.parts, int(attrs["seed"])
    stimulus = stimulus_of(classifier, ids, steps, numbers, seed=seed, parts=engine.parts)
    name = network.voting.population
    ran = record_run(network, stimulus, seed=int(attrs["seed"]), engine=engine, layers=[name])
    return network.voting.votes(ran.counts(name)).reshape(len(recordings), DRAWS, -1)


def _probabilities(
    network: Network, classifier: TextClassifier, recordings: Sequence[xr.DataTree]
) -> np.ndarray | None:
    """Return how likely each class is, shape (2, classes), None where that was not measured."""
    whole = crop(classifier.network, network.input.shape[0])
    if not all(_same_neurons(network[p.name].neuron, p.neuron) for p in whole.hidden):
        return None
    steps = int(recordings[0].attrs["steps"])
    return classifier.probabilities(np.array([votes(r) for r in recordings]), steps)


def _same_neurons(one: Neuron, other: Neuron) -> bool:
    if type(one) is not type(other):
        return False
    given = values(other)
    return all(np.array_equal(value, given[name]) for name, value in values(one).items())
