"""What a spiking network does for sentences, counted in Brian 2, and what that costs.

Shared weights count their operations. A network that reads a word a step has all its weights in one
matrix, so there they are counted from every spike instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import brian2
import numpy as np

from analysis.energy import WordWork, Work, price
from bionlp.classifier import TextClassifier
from bionlp.datasets import Example
from bionlp.engine import Engine
from bionlp.errors import DatasetError, UsageError
from bionlp.simulation import Advance, open_network, record_run, stimulus_of
from networks.activity import synaptic_events

CHUNK = 20
"""Sentences whose spikes are in memory together."""


def measure_energy(
    classifier: TextClassifier,
    examples: Sequence[Example],
    *,
    steps: int,
    seed: int,
    engine: Engine,
    advance: Advance | None = None,
) -> dict[str, Any]:
    """Count the operations of sentences in Brian 2, and say what they cost.

    Parameters
    ----------
    classifier, examples, steps, seed, engine, advance
        As of :func:`count_work`.

    Returns
    -------
    dict
        That of :func:`energy_document`, and how it was counted.

    Raises
    ------
    UsageError, DatasetError
        As of :func:`count_work`.

    Examples
    --------
    >>> from bionlp import Engine, Example, load_classifier, measure_energy
    >>> model, films = load_classifier("mr"), [Example("a gripping film", 1)]
    >>> found = measure_energy(model, films, steps=10, seed=1, engine=Engine("numpy"))
    >>> found["energy"][0]["cost_model"]
    'paper'
    """
    engine = engine.chosen(len(examples))
    work = count_work(classifier, examples, steps=steps, seed=seed, engine=engine, advance=advance)
    brian = {name: engine.document[name] for name in ("backend", "dt_ms", "neurons")}
    lasted = work.words if classifier.word_a_step else work.steps / engine.parts
    told = {"steps": steps, "mean_steps": float(np.mean(lasted)), "seed": seed}
    return energy_document(work) | told | brian


def energy_document(work: Work) -> dict[str, Any]:
    """Say what counted work costs.

    Parameters
    ----------
    work : Work
        What was counted.

    Returns
    -------
    dict
        Means over the sentences, ready for JSON: operations of each layer and of all, spikes of
        each layer, and the energy in joules under each of :data:`analysis.energy.COST_MODELS`,
        beside that of the TextCNN with the same kernels, or of the twin (``reference``).
    """
    n = len(work.words)
    macs, estimates = work.macs, work.estimates
    layers = [
        {
            "layer": name,
            "macs": macs.get(name, 0) / n,
            "counted": counted / n,
            "estimated": estimates[name] / n,
            "difference": estimates[name] / counted - 1 if counted else None,
        }
        for name, counted in work.events.items()
    ]
    counts = {
        "sentences": n,
        "reference": work.reference,
        "layers": layers,
        "macs": sum(macs.values()) / n,
        "synaptic_operations": sum(work.events.values()) / n,
        "neuron_updates": work.neuron_updates / n,
        "spikes": {name: spikes / n for name, spikes in work.spikes.items()},
    }
    return counts | {"energy": price(counts)}


def count_work(
    classifier: TextClassifier,
    examples: Sequence[Example],
    *,
    steps: int,
    seed: int,
    engine: Engine,
    advance: Advance | None = None,
) -> Work:
    """Present sentences in Brian 2 and count spikes and synaptic operations.

    Sentences without a known word are left out: nothing happens in them.

    Parameters
    ----------
    classifier : TextClassifier
        The model.
    examples : sequence of Example
        The sentences.
    steps : int
        Length of a presentation.
    seed : int
        Of the input spikes.
    engine : Engine
        How Brian 2 runs the network; only shared weights count their operations.
    advance : callable, optional
        Called with the fraction done.

    Returns
    -------
    Work
        What was counted.

    Raises
    ------
    UsageError
        If the engine has other synapses.
    DatasetError
        If no sentence has a known word.
    """
    ids = [np.array(classifier.token_ids(example.text)) for example in examples]
    ids = [sentence for sentence in ids if sentence.any()]
    if not ids:
        raise DatasetError("no sentence has a word that the model knows; nothing would spike")
    engine = engine.chosen(len(ids))
    if engine.synapses != "shared":
        raise UsageError("operations are counted by shared weights; choose --synapses shared")
    if classifier.word_a_step:
        return _count_words(classifier, ids, steps, engine, advance)
    stimulus = stimulus_of(classifier, ids, steps, seed=seed, parts=engine.parts)
    network = classifier.network
    with open_network(network, stimulus, engine) as brian:
        # Only numbers: an hour of spikes would fill the memory.
        monitors = {
            name: brian2.SpikeMonitor(group, record=False, name=f"{name}_total*")
            for name, group in brian.groups.items()
            if network[name].neuron.spikes
        }
        brian.network.add(*monitors.values())
        brian.run(seed=seed, advance=advance)
        spikes = dict.fromkeys(network.order, 0)
        spikes |= {name: int(np.sum(monitor.count)) for name, monitor in monitors.items()}
        counted, lasted = brian.synaptic_events(), np.array(brian.durations)
    events = {population.name: counted[population.name] for population in network.hidden}
    words = np.array([len(sentence) for sentence in ids])
    return Work(network, words, lasted, spikes, events)


def _count_words(
    classifier: TextClassifier,
    ids: Sequence[np.ndarray],
    steps: int,
    engine: Engine,
    advance: Advance | None,
) -> WordWork:
    network, done = classifier.network, 0
    spikes, events = dict.fromkeys(network.order, 0), {p.name: 0 for p in network.hidden}
    for start in range(0, len(ids), CHUNK):
        shown, own = classifier.narrowed(ids[start : start + CHUNK])
        stimulus = stimulus_of(shown, own, steps, seed=0, parts=engine.parts)
        recorded = record_run(shown.network, stimulus, seed=0, engine=engine)
        for number in range(len(own)):
            activity = recorded.activity(number)
            counted = synaptic_events(shown.network, activity)
            for name, layer in activity.items():
                spikes[name] += int(layer.spikes.sum())
            for name in events:
                events[name] += counted[name]
        done += len(own)
        if advance:
            advance(done / len(ids))
    return WordWork(network, np.array([len(sentence) for sentence in ids]), steps, spikes, events)
