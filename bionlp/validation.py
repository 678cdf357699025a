"""Proof that the Brian 2 simulation is the PyTorch network: a replay.

Both are given the same input spikes, PyTorch in float64, and every spike of every layer is
compared. What one may see is 0 differing spikes and membranes that differ by rounding. With input
that each draws itself, they are compared in :mod:`bionlp.independent`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from analysis.comparison import Difference, compare_activity
from bionlp.classifier import TextClassifier
from bionlp.encoding import dequantise
from bionlp.engine import Engine
from bionlp.membranes import sizes_of, spread
from bionlp.sentences import Sentence
from bionlp.simulation import Advance, record_run, stimulus_of
from bionlp.workers import Processes, Workers, in_order
from networks.activity import Activity
from networks.brian import SpikeStimulus
from networks.description import Network, crop
from networks.pytorch import SpikingNetwork

MEMBRANES = 1000
"""Neurons of each layer, evenly spread, whose membranes are compared."""

CHUNK = 20
"""Sentences whose spikes are in memory together."""


@dataclass(frozen=True)
class Replay:
    """Outcome of a replay.

    Attributes
    ----------
    backend : str
        Backend of Brian 2 that ran.
    sentences : list of dict of str to Difference
        For each sentence, by layer: what differs from PyTorch.
    stock_sentences : list of dict of str to Difference
        The same for Brian 2's own synapses; empty if they were not run.
    """

    backend: str
    sentences: list[dict[str, Difference]]
    stock_sentences: list[dict[str, Difference]]

    def __repr__(self) -> str:
        return (
            f"<Replay of {len(self.sentences):,} sentences on {self.backend}: {self.spikes:,} "
            f"spikes, {self.differing:,} differing>"
        )

    @property
    def layers(self) -> dict[str, Difference]:
        """Differences of each layer over all sentences."""
        return _sum_layers(self.sentences)

    @property
    def stock_layers(self) -> dict[str, Difference]:
        """Differences of each layer from Brian 2's own synapses over all sentences."""
        return _sum_layers(self.stock_sentences)

    @property
    def spikes(self) -> int:
        """Spikes of all layers over all sentences."""
        return sum(layer.spikes for layer in self.layers.values())

    @property
    def differing(self) -> int:
        """Spikes that only one of two simulations has."""
        both = (*self.layers.values(), *self.stock_layers.values())
        return sum(layer.differing for layer in both)


def _sum_layers(sentences: Sequence[dict[str, Difference]]) -> dict[str, Difference]:
    names = sentences[0] if sentences else ()
    return {name: sum((layers[name] for layers in sentences), Difference()) for name in names}


def replay(
    classifier: TextClassifier,
    sentences: Sequence[Sentence],
    *,
    steps: int,
    seed: int,
    engine: Engine,
    stock: bool = False,
    workers: Workers | None = None,
    advance: Advance | None = None,
) -> Replay:
    """Give PyTorch and Brian 2 the same input spikes and compare every layer.

    Parameters
    ----------
    classifier : TextClassifier
        The model.
    sentences : sequence of Sentence
        What both are shown.
    steps : int
        Length of a presentation.
    seed : int
        Of the input spikes.
    engine : Engine
        How Brian 2 runs the network.
    stock : bool
        Whether Brian 2's own synapses are given the same input, too.
    workers : Workers, optional
        A cluster that does it (:mod:`bionlp.cluster`); this process without it.
    advance : callable, optional
        Called with the fraction done.

    Returns
    -------
    Replay
        What differs.

    Raises
    ------
    UsageError
        If the engine has other neurons or steps than PyTorch.
    """
    engine.require_trained("a replay compares with")
    engine = engine.chosen(len(sentences))
    differences: list[Any] = []
    stock_differences: list[Any] = []
    # Narrowed to the words of all of them, so that one compiled program serves all chunks.
    shown, ids = classifier.narrowed([sentence.ids for sentence in sentences])
    replaying = Replaying(shown, steps, seed, engine, stock)
    tasks = ((ids[start : start + CHUNK], start) for start in range(0, len(ids), CHUNK))
    for found, of_stock in in_order((workers or Processes()).run(replaying, tasks)):
        differences.extend(found)
        stock_differences.extend(of_stock)
        if advance:
            advance(len(differences) / len(sentences))
    return Replay(engine.backend, differences, stock_differences)


class Replaying:
    """The replay of a chunk of sentences: work for :mod:`bionlp.workers`.

    Parameters
    ----------
    classifier : TextClassifier
        The model.
    steps, seed, stock
        As of :func:`replay`.
    engine : Engine
        How Brian 2 runs the network; a chosen one.
    """

    def __init__(
        self, classifier: TextClassifier, steps: int, seed: int, engine: Engine, stock: bool
    ):
        self._classifier, self._steps, self._seed = classifier, steps, seed
        self._engine, self._stock = engine, stock

    @property
    def caches(self) -> Sequence[str]:
        """Folders of the cache that the network is compiled into."""
        return self._engine.caches

    def do(
        self, ids: Sequence[np.ndarray], first: int
    ) -> tuple[list[dict[str, Difference]], list[dict[str, Difference]]]:
        """Replay some sentences.

        Parameters
        ----------
        ids : sequence of numpy.ndarray of int, each of shape (words,)
            The sentences.
        first : int
            Number of the first of them.

        Returns
        -------
        differences : list of dict of str to Difference
            What differs from PyTorch, for each sentence, by layer.
        stock_differences : list of dict of str to Difference
            What differs from Brian 2's own synapses; empty if they are not run.
        """
        network, stimulus = self._classifier.network, self._drawn(ids, first)
        activities = _run_all(network, stimulus, self._engine)
        differences = compare_with_pytorch(network, activities, stimulus.spikes)
        if not self._stock:
            return differences, []
        own = _run_all(network, stimulus, replace(self._engine, synapses="stock"))
        return differences, list(map(compare_activity, own, activities))

    def _drawn(self, ids: Sequence[np.ndarray], first: int) -> SpikeStimulus:
        """Draw the Poisson spikes of sentences, or take their words."""
        classifier = self._classifier
        if classifier.word_a_step:
            found = stimulus_of(classifier, ids, self._steps, seed=self._seed)
            return cast(SpikeStimulus, found)  # words in their steps, no rates
        return SpikeStimulus(
            [
                classifier.draw_spikes(
                    dequantise(classifier.levels[sentence]),
                    self._steps,
                    seed=self._seed,
                    sentence=number,
                )
                for number, sentence in enumerate(ids, first)
            ]
        )

    def close(self) -> None:
        """Nothing is kept from one chunk to the next."""


def _run_all(
    network: Network, stimulus: SpikeStimulus, engine: Engine
) -> list[dict[str, Activity]]:
    """Run a network and record all spikes, and membranes of neurons spread over each layer."""
    sizes = sizes_of(crop(network, max(stimulus.words)))
    recorded = record_run(
        network, stimulus, seed=0, engine=engine, membranes=spread(sizes, MEMBRANES)
    )
    return recorded.activities()


def compare_with_pytorch(
    network: Network,
    activities: Sequence[dict[str, Activity]],
    spikes: Sequence[np.ndarray] | None = None,
) -> list[dict[str, Difference]]:
    """Feed the input spikes of a simulation to PyTorch and compare what follows.

    If one of them ends a presentation before the other does, the spikes of the longer one differ.

    Parameters
    ----------
    network : Network
        The network.
    activities : sequence of dict of str to Activity
        What each layer, the input included, did in each presentation in Brian 2.
    spikes : sequence of numpy.ndarray of bool, optional
        The input of each presentation, if more was at hand than Brian 2 has taken.

    Returns
    -------
    list of dict of str to Difference
        For each presentation, by layer.

    Examples
    --------
    >>> from bionlp import compare_with_pytorch, load_classifier
    >>> from networks.brian import BrianNetwork, PoissonStimulus, Recorder
    >>> model = load_classifier("mr")
    >>> stimulus = PoissonStimulus.of_rates([model.read("a gripping film").rates], steps=10)
    >>> with BrianNetwork(model.network, stimulus, backend="numpy") as network:
    ...     recorder = Recorder(network)
    ...     network.run(seed=1)
    ...     activities = recorder.read().activities()
    >>> (layers,) = compare_with_pytorch(model.network, activities)
    >>> sum(layer.differing for layer in layers.values())  # spikes that only one of them has
    0
    """
    model = SpikingNetwork(network).double().eval()
    source = network.input.name
    differences = []
    for number, activity in enumerate(activities):
        membranes = {name: layer.recorded for name, layer in activity.items()}
        given = activity[source].spikes if spikes is None else spikes[number]
        expected = model.activity(given, membranes)
        steps = max(len(run[source].spikes) for run in (activity, expected))
        both = (_lasting(steps, run) for run in (expected, activity))
        differences.append(compare_activity(*both))
    return differences


def _lasting(steps: int, activity: dict[str, Activity]) -> dict[str, Activity]:
    """Have all layers be silent after the end of a presentation, with no membrane to be known."""
    longer = {}
    for name, of in activity.items():
        missing = steps - len(of.spikes)
        silent = np.zeros((missing, *of.spikes.shape[1:]), dtype=bool)
        unknown = np.full((missing, of.membrane.shape[1]), np.nan)
        longer[name] = Activity(
            np.concatenate([of.spikes, silent]),
            np.concatenate([of.membrane, unknown]),
            of.recorded,
        )
    return longer
