"""Neurons of one's own, fitted layer by layer to those that a classifier was trained with.

Layers are taken in the order in which they are computed, so each is fitted to what it really
receives: from sentences that were not used for anything else, through the layers before it, whose
neurons are other ones and fitted already. See :mod:`networks.brian.fitting`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from brian2 import ms

from bionlp.classifier import TextClassifier
from bionlp.datasets import Example
from bionlp.engine import DT_MS, Engine, backend_errors
from bionlp.errors import UsageError
from bionlp.simulation import Advance, record_run, stimulus_of
from networks.brian import NeuronModel
from networks.brian.fitting import Fit, choose, fit_neurons, fitted
from networks.brian.neuron_model import by_population
from networks.description import Network, crop, refine
from networks.pytorch.currents import input_currents

USUAL_SAMPLES = 400
"""Neurons of a layer that are compared, each in one sentence."""


def spread(examples: Sequence[Example], most: int) -> Sequence[Example]:
    """Return some sentences from all over a split: files are often sorted by class."""
    return examples[:: max(1, len(examples) // most)][:most]


def fit_to_trained(
    classifier: TextClassifier,
    examples: Sequence[Example],
    *,
    steps: int,
    seed: int,
    engine: Engine,
    compared: int = USUAL_SAMPLES,
    advance: Advance | None = None,
) -> tuple[dict[str, NeuronModel], dict[str, Fit]]:
    """Fit the neurons of an engine to those of a classifier.

    Parameters
    ----------
    classifier : TextClassifier
        The model, shown firing rates.
    examples : sequence of Example
        Sentences; their labels do not matter.
    steps : int
        Length of a presentation.
    seed : int
        Of the input spikes, and of the choice of neurons.
    engine : Engine
        Has the neurons, and says how Brian 2 runs the network.
    compared : int
        Neurons of a layer that are compared, each in one sentence.
    advance : callable, optional
        Called with the fraction done.

    Returns
    -------
    neurons : dict of str to NeuronModel
        The fitted neurons of each layer that has other ones.
    fits : dict of str to Fit
        How they were fitted.

    Raises
    ------
    UsageError
        If the engine has no neurons, they cannot be simulated, or the network has loops.
    """
    classifier.require_rates("a fit of neurons")
    ids = [np.array(classifier.token_ids(example.text)) for example in examples]
    ids = [sentence for sentence in ids if sentence.any()]
    if engine.neurons is None or not ids:
        raise UsageError("it takes other neurons, and a sentence with a known word, to fit them")
    hidden = [population.name for population in classifier.network.hidden]
    with backend_errors():
        models = by_population(engine.neurons, hidden)
    fitting = _Fitting(classifier, ids, steps, seed, replace(engine, neurons=None), compared)
    done: dict[str, NeuronModel] = {}
    fits: dict[str, Fit] = {}
    stages = _stages(classifier.network, models)
    for number, layers in enumerate(stages):
        samples = fitting.samples(layers, done)
        for name in layers:
            with backend_errors():
                fits[name] = fitting.fit(name, models[name], samples[name])
            done[name] = fitted(models[name], fits[name])
        if advance:
            advance((number + 1) / len(stages))
    return done, fits


def _stages(network: Network, models: Mapping[str, NeuronModel]) -> list[list[str]]:
    """Group layers that are fitted from the same run: none of them hears another of the group."""
    stages: list[list[str]] = []
    depth: dict[str, int] = {network.input.name: 0}
    for name in network.order[1:]:
        heard = [depth[source] for c in network.into(name) for source in c.sources]
        depth[name] = max(heard, default=0) + 1
        stages += [[] for _ in range(depth[name] - len(stages))]
        if name in models:
            stages[depth[name] - 1].append(name)
    return [layers for layers in stages if layers]


@dataclass(frozen=True)
class _Sample:
    """Some neurons of a layer in a sentence."""

    sentence: int
    neurons: np.ndarray
    currents: np.ndarray


class _Fitting:
    """Sentences, and what is known of the trained network."""

    def __init__(
        self,
        classifier: TextClassifier,
        ids: Sequence[np.ndarray],
        steps: int,
        seed: int,
        engine: Engine,
        samples: int,
    ):
        self._network = classifier.network
        self._stimulus = stimulus_of(classifier, ids, steps, seed=seed, parts=engine.parts)
        self._seed, self._engine = seed, engine
        self._each = -(-samples // len(ids))
        self._rng = np.random.default_rng(seed)
        trained = record_run(
            self._network,
            stimulus_of(classifier, ids, steps, seed=seed),
            seed=seed,
            engine=replace(engine, dt_ms=DT_MS),
        )
        self._counts = [
            {name: layer.spikes.sum(axis=0).ravel() for name, layer in activity.items()}
            for activity in trained.activities()
        ]

    def samples(
        self, layers: Sequence[str], neurons: Mapping[str, NeuronModel]
    ) -> dict[str, list[_Sample]]:
        """Run the network with the neurons that are fitted so far; look at what layers receive."""
        engine = replace(self._engine, neurons=dict(neurons) or None)
        heard = {s for name in layers for c in self._network.into(name) for s in c.sources}
        heard.add(self._network.input.name)
        recorded = record_run(
            self._network, self._stimulus, seed=self._seed, engine=engine, layers=sorted(heard)
        )
        whole = refine(self._network, engine.parts)
        found: dict[str, list[_Sample]] = {name: [] for name in layers}
        for number, words in enumerate(self._stimulus.words):
            currents = input_currents(crop(whole, words), recorded.activity(number))
            for name in layers:
                flat = currents[name].reshape(len(currents[name]), -1)
                chosen = self._rng.integers(flat.shape[1], size=self._each)
                found[name].append(_Sample(number, chosen, flat[:, chosen]))
        return found

    def fit(self, name: str, model: NeuronModel, samples: Sequence[_Sample]) -> Fit:
        """Fit the neurons of a layer."""
        parts = self._engine.parts
        # A sentence has the neurons of a network of its own length.
        words = [self._stimulus.words[sample.sentence] for sample in samples]
        of_words = {n: refine(crop(self._network, n), parts)[name] for n in set(words)}
        chosen = [(of_words[n], s.neurons) for n, s in zip(words, samples, strict=True)]
        return fit_neurons(
            choose(chosen),
            model,
            np.hstack([sample.currents for sample in samples]),
            np.concatenate([self._counts[s.sentence][name][s.neurons] for s in samples]),
            self._engine.dt_ms * ms,
            parts,
        )
