"""Proof that the Brian 2 simulation is the PyTorch network.

Replay: both are given the same input spikes, PyTorch in float64, and every spike of every layer is
compared. What one may see is 0 differing spikes and membranes that differ by rounding.

Independent: PyTorch is given Bernoulli spikes and Brian 2 draws its own from a ``PoissonGroup``.
Labels then agree up to the noise of the encoding, and mean spike counts must not differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.comparison import Difference, compare_activity
from bionlp.classifier import Sentence
from bionlp.encoding import poisson_spikes
from bionlp.membranes import spread
from bionlp.simulation import Advance, open_network
from networks.activity import LayerActivity
from networks.brian import Recorder, SpikeStimulus
from networks.description import NetworkDescription
from networks.spiking import SpikingNetwork

MEMBRANES = 1000
"""Neurons of each layer, evenly spread, whose membranes are compared."""


@dataclass(frozen=True)
class Replay:
    """Outcome of a replay.

    Attributes
    ----------
    backend : str
        Backend of Brian 2 that ran.
    sentences : list of dict of str to Difference
        For each sentence, by layer.
    """

    backend: str
    sentences: list[dict[str, Difference]]

    @property
    def layers(self) -> dict[str, Difference]:
        """Differences of each layer over all sentences."""
        return {
            name: sum((s[name] for s in self.sentences[1:]), self.sentences[0][name])
            for name in self.sentences[0]
        }

    @property
    def spikes(self) -> int:
        """Spikes of all layers over all sentences."""
        return sum(layer.spikes for layer in self.layers.values())

    @property
    def differing(self) -> int:
        """Spikes that only one of the two has."""
        return sum(layer.differing for layer in self.layers.values())


def replay(
    network: NetworkDescription,
    sentences: Sequence[Sentence],
    *,
    steps: int,
    seed: int,
    backend: str,
    advance: Advance | None = None,
) -> Replay:
    """Give PyTorch and Brian 2 the same input spikes and compare every layer.

    Parameters
    ----------
    network : NetworkDescription
        The network.
    sentences : sequence of Sentence
        What both are shown.
    steps : int
        Length of a presentation.
    seed : int
        Of the input spikes.
    backend : str
        Backend of Brian 2.
    advance : callable, optional
        Called with the fraction done.

    Returns
    -------
    Replay
        What differs.
    """
    stimulus = SpikeStimulus(
        [
            poisson_spikes(sentence.rates, steps, seed=seed, sentence=number)
            for number, sentence in enumerate(sentences)
        ]
    )
    with open_network(network, stimulus, backend) as brian:
        sizes = {layer.name: int(np.prod(brian.shapes[layer.name])) for layer in network.layers}
        recorder = Recorder(brian, membranes=spread(sizes, MEMBRANES))
        brian.run(seed=seed, advance=advance)
        activities = [recorder.activity(number) for number in range(len(sentences))]
        return Replay(brian.backend, compare_with_pytorch(network, activities))


def compare_with_pytorch(
    network: NetworkDescription, activities: Sequence[dict[str, LayerActivity]]
) -> list[dict[str, Difference]]:
    """Feed the input spikes of a simulation to PyTorch and compare what follows.

    Parameters
    ----------
    network : NetworkDescription
        The network.
    activities : sequence of dict of str to LayerActivity
        What each layer, the input included, did in each presentation in Brian 2.

    Returns
    -------
    list of dict of str to Difference
        For each presentation, by layer.
    """
    model = SpikingNetwork(network).double().eval()
    source = network.input.name
    differences = []
    for activity in activities:
        membranes = {name: layer.recorded for name, layer in activity.items()}
        expected = model.activity(activity[source].spikes, membranes)
        differences.append(compare_activity(expected, activity))
    return differences
