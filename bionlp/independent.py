"""The Brian 2 simulation beside the PyTorch network, each under input that it draws itself.

PyTorch is given Bernoulli spikes and Brian 2 draws its own from a ``PoissonGroup``. Labels then
agree up to the noise of the encoding, and mean spike counts must not differ. That every spike is
the same under the same input is shown by :mod:`bionlp.validation`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from bionlp.decision import predict_labels
from bionlp.encoding import poisson_spikes
from bionlp.engine import Engine
from bionlp.sentences import Sentence
from bionlp.simulation import Advance, record_run
from networks.brian import PoissonStimulus
from networks.description import Network, crop
from networks.pytorch import SpikingNetwork

if TYPE_CHECKING:
    from analysis.statistics import Interval


@dataclass(frozen=True)
class LayerCounts:
    """Spikes of a layer under independent input.

    Attributes
    ----------
    pytorch, brian : float
        Mean spikes a presentation.
    difference : Interval
        How many more Brian 2 has, relative to PyTorch.
    """

    pytorch: float
    brian: float
    difference: Interval


@dataclass(frozen=True)
class Independent:
    """Outcome of a comparison under independent Poisson input.

    Attributes
    ----------
    presentations : int
        Sentences times seeds.
    agreement : Interval
        How often the labels of Brian 2 and PyTorch are equal.
    baseline : Interval
        How often those of PyTorch under other seeds are equal: what the noise of the input leaves.
    layers : dict of str to LayerCounts
        Spike counts by layer.
    """

    presentations: int
    agreement: Interval
    baseline: Interval
    layers: dict[str, LayerCounts]


def compare_independent(
    network: Network,
    sentences: Sequence[Sentence],
    *,
    steps: int,
    seed: int,
    seeds: int,
    engine: Engine,
    advance: Advance | None = None,
) -> Independent:
    """Let PyTorch and Brian 2 draw their own input; compare labels and spike counts.

    Parameters
    ----------
    network, sentences, steps, engine, advance
        As in :func:`bionlp.validation.replay`; at least two sentences.
    seed : int
        First seed. Brian 2 draws all presentations from one stream.
    seeds : int
        Presentations of each sentence.

    Returns
    -------
    Independent
        How well both agree.
    """
    engine.require_trained("independent input compares with")
    # SciPy's statistics take a second to import, and a replay needs none.
    from analysis.statistics import label_agreement, relative_difference

    rates = [cast(np.ndarray, sentence.rates) for sentence in sentences]
    # Twice as many seeds as Brian 2 gets: the second half is what the first is held against.
    expected = [_count_pytorch(network, rates, steps, seed + n) for n in range(2 * seeds)]
    counts = _count_brian(network, rates * seeds, steps, seed, engine, advance)
    readout = network.voting
    output = readout.population
    labels = np.stack([predict_labels(readout.votes(drawn[output])) for drawn in expected])
    brian_labels = predict_labels(readout.votes(counts[output])).reshape(seeds, -1)
    layers = {}
    for name, brian in counts.items():
        pytorch = np.stack([drawn[name].sum(axis=1) for drawn in expected[:seeds]])
        brian = brian.sum(axis=1).reshape(seeds, -1)
        difference = relative_difference(pytorch, brian)
        layers[name] = LayerCounts(float(pytorch.mean()), float(brian.mean()), difference)
    return Independent(
        brian_labels.size,
        label_agreement(labels[:seeds], brian_labels),
        label_agreement(labels[:seeds], labels[seeds:]),
        layers,
    )


def _count_pytorch(
    network: Network, rates: Sequence[np.ndarray], steps: int, seed: int
) -> dict[str, np.ndarray]:
    """Count the spikes of every neuron, shape (sentences, neurons), with layers padded."""
    model = SpikingNetwork(network).eval()
    shapes = crop(network, max(map(len, rates))).shapes
    counts = {
        name: np.zeros((len(rates), int(np.prod(shape))), dtype=int)
        for name, shape in shapes.items()
    }
    for number, sentence in enumerate(rates):
        spikes = poisson_spikes(sentence, steps, seed=seed, sentence=number)
        for name, layer in model.activity(spikes).items():
            fired = layer.spikes.sum(axis=0).ravel()
            counts[name][number, : len(fired)] = fired
    return counts


def _count_brian(
    network: Network,
    rates: Sequence[np.ndarray],
    steps: int,
    seed: int,
    engine: Engine,
    advance: Advance | None,
) -> dict[str, np.ndarray]:
    stimulus = PoissonStimulus.of_rates(rates, steps)
    recorded = record_run(network, stimulus, seed=seed, engine=engine, advance=advance)
    return {name: recorded.counts(name) for name in recorded.spikes}
