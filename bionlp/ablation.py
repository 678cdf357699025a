"""What carries a decision: the network without each of its feature maps, and without each word.

A map that is taken away sends no spikes, at any position; a word that is taken away is silent, and
the noise of all others stays. All is what it was up to there, so only what hears of it is computed
again. With v the votes of a sentence, and v' those without a part, the part is worth to class c

    (v_c - mean of the other classes' v) - (v'_c - mean of the other classes' v')

spikes: positive where it speaks for c.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from bionlp.classifier import TextClassifier
from bionlp.datasets import Example
from bionlp.decision import predict_labels
from bionlp.encoding import dequantise
from bionlp.errors import UsageError
from bionlp.evaluation import presentations
from bionlp.vocabulary import PADDING
from networks.description import Network
from networks.description.order import reachable
from networks.pytorch import SpikingNetwork
from networks.pytorch.spiking import answer

if TYPE_CHECKING:
    from bionlp.simulation import Advance


@dataclass(frozen=True)
class Ablated:
    """A network without a part, on some sentences.

    Attributes
    ----------
    name : str
        Of the part: a layer and the number of a map, or a word.
    sentences : int
        How many it was taken from.
    lost, gained : int
        Sentences that were labelled rightly before and not after, and the other way round.
    flips : int
        Sentences whose label is another one, or none any more.
    worth : tuple of float
        What it is worth to each class, mean over the sentences.
    """

    name: str
    sentences: int
    lost: int
    gained: int
    flips: int
    worth: tuple[float, ...]

    @property
    def weight(self) -> float:
        """The largest of what it is worth to a class, either way."""
        return float(np.abs(self.worth).max())


def layers_with_maps(network: Network) -> dict[str, int]:
    """Return the layers that have feature maps, and how many."""
    return {p.name: p.shape[-1] for p in network.hidden if p.neuron.spikes and len(p.shape) > 1}


@torch.no_grad()
def ablate_maps(
    classifier: TextClassifier,
    examples: Sequence[Example],
    layers: Sequence[str],
    *,
    steps: int,
    seed: int,
    device: torch.device | str = "cpu",
    advance: Advance | None = None,
) -> list[Ablated]:
    """Take away each feature map of some layers.

    Parameters
    ----------
    classifier : TextClassifier
        The model, shown firing rates.
    examples : sequence of Example
        Labelled sentences.
    layers : sequence of str
        Some of :func:`layers_with_maps`.
    steps : int
        Length of a presentation.
    seed : int
        Of the input spikes.
    device : torch.device or str
        Where it is computed.
    advance : callable, optional
        Called with the fraction done.

    Returns
    -------
    list of Ablated
        One for each map, layer by layer.

    Raises
    ------
    UsageError
        If a layer has no maps.
    """
    network, maps = classifier.network, layers_with_maps(classifier.network)
    for layer in layers:
        if layer not in maps:
            raise UsageError(f"layer {layer!r} has no feature maps; choose of {', '.join(maps)}")
    model = SpikingNetwork(network).eval().to(device)
    before = np.zeros((len(examples), classifier.classes))
    without = {
        (layer, number): np.zeros_like(before) for layer in layers for number in range(maps[layer])
    }
    done = 0
    for places, spikes in _presented(classifier, model, examples, steps, seed):
        trains = {name: fired for name, (fired, _) in model.traces(spikes).items()}
        before[places] = _votes(network, trains)
        for layer in layers:
            hears = _hears(network, layer)
            known = {name: fired for name, fired in trains.items() if name not in hears}
            for number in range(maps[layer]):
                kept = known[layer][..., number].clone()
                known[layer][..., number] = 0
                found = {name: fired for name, (fired, _) in model.traces(spikes, known).items()}
                without[layer, number][places] = _votes(network, known | found)
                known[layer][..., number] = kept
        done += len(places)
        if advance:
            advance(done / len(examples))
    labels = np.array([example.label for example in examples])
    return [
        _compared(f"{layer}:{number}", labels, before, votes)
        for (layer, number), votes in without.items()
    ]


@torch.no_grad()
def ablate_words(
    classifier: TextClassifier,
    examples: Sequence[Example],
    *,
    steps: int,
    seed: int,
    device: torch.device | str = "cpu",
    advance: Advance | None = None,
) -> list[Ablated]:
    """Take away each word of each sentence, at all its places.

    Parameters
    ----------
    classifier, examples, steps, seed, device, advance
        As of :func:`ablate_maps`.

    Returns
    -------
    list of Ablated
        One for each known word, in the order of its first appearance; its sentences are those that
        it occurs in.
    """
    model = SpikingNetwork(classifier.network).eval().to(device)
    found: dict[int, list[tuple[int, np.ndarray, np.ndarray]]] = {}
    done = 0
    for places, spikes in _presented(classifier, model, examples, steps, seed):
        for column, place in enumerate(places):
            ids = np.array(classifier.token_ids(examples[place].text))
            words = np.unique(ids[ids != PADDING])
            # The sentence itself comes first, then without each of its words.
            shown = spikes[:, column : column + 1].repeat(1, 1 + len(words), 1, 1)
            for row, word in enumerate(words, start=1):
                shown[:, row, np.flatnonzero(ids == word)] = 0
            votes = model(shown).sum(dim=0).cpu().numpy()
            for word, after in zip(words.tolist(), votes[1:], strict=True):
                found.setdefault(word, []).append((examples[place].label, votes[0], after))
        done += len(places)
        if advance:
            advance(done / len(examples))
    return [
        _compared(classifier.vocabulary.words[word - 1], *map(np.array, zip(*parts, strict=True)))
        for word, parts in found.items()
    ]


def _presented(
    classifier: TextClassifier,
    model: SpikingNetwork,
    examples: Sequence[Example],
    steps: int,
    seed: int,
) -> Iterator[tuple[np.ndarray, Tensor]]:
    classifier.require_rates("ablations are")
    ids = [classifier.token_ids(example.text) for example in examples]
    rates = [dequantise(classifier.levels[sentence]) for sentence in ids]
    return presentations(model, rates, steps, seed, draw=classifier.draw_spikes)


def _hears(network: Network, layer: str) -> set[str]:
    """Return all populations that a layer acts on, not itself."""
    edges = {
        name: {c.target for c in network.connections if name in c.sources} for name in network.order
    }
    found = reachable(layer, edges)
    if layer in found:
        raise UsageError(f"layer {layer!r} hears of itself, so its maps are not taken away alone")
    return found


def _votes(network: Network, trains: dict[str, Tensor]) -> np.ndarray:
    fired = trains[network.voting.population]
    return answer(network.voting, fired, fired).sum(dim=0).cpu().numpy()


def _compared(name: str, labels: np.ndarray, before: np.ndarray, after: np.ndarray) -> Ablated:
    told, tells = predict_labels(before), predict_labels(after)
    right, stays = told == labels, tells == labels
    return Ablated(
        name,
        len(labels),
        lost=int((right & ~stays).sum()),
        gained=int((~right & stays).sum()),
        flips=int((told != tells).sum()),
        worth=tuple((_margins(before) - _margins(after)).mean(axis=0).tolist()),
    )


def _margins(votes: np.ndarray) -> np.ndarray:
    """Return for each class its votes less the mean of the others'."""
    others = votes.shape[1] - 1
    return votes - (votes.sum(axis=1, keepdims=True) - votes) / others
