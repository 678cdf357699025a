"""What an attack found, shown to the same network in Brian 2.

Brian 2 is given the very spikes that the search was answered for, so it must say the same: every
spike of every layer that of PyTorch in double precision, and the label that the search saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from bionlp.attacks.outcomes import Adversarial, Outcome
from bionlp.attacks.victims import SpikingVictim
from bionlp.decision import predict_labels
from bionlp.encoding import poisson_spikes
from bionlp.engine import Engine
from bionlp.simulation import record_run
from bionlp.text import tokenize
from bionlp.validation import CHUNK, compare_with_pytorch
from networks.brian import SpikeStimulus


@dataclass(frozen=True)
class Replayed:
    """What Brian 2 said of some adversarial texts.

    Attributes
    ----------
    backend : str
        What it ran on.
    texts : int
        How many.
    same_label : int
        How many have the label that the search saw.
    spikes, differing : int
        Of all layers; those that only one of Brian 2 and PyTorch has.
    """

    backend: str
    texts: int
    same_label: int
    spikes: int
    differing: int


def replay(victim: SpikingVictim, outcomes: Sequence[Outcome], engine: Engine) -> Replayed:
    """Present adversarial texts in Brian 2 with the spikes of the search.

    Parameters
    ----------
    victim : SpikingVictim
        Who was attacked; with queries that share one presentation.
    outcomes : sequence of Outcome
        Those with a text that was found, at least one.
    engine : Engine
        How Brian 2 runs the network.

    Returns
    -------
    Replayed
        Whether it is the same.
    """
    network, engine = victim.classifier.network, engine.chosen(len(outcomes))
    differences, same = [], 0
    for start in range(0, len(outcomes), CHUNK):
        some = outcomes[start : start + CHUNK]
        stimulus = SpikeStimulus(
            [
                poisson_spikes(
                    victim.rates(
                        victim.ids(tokenize(cast(Adversarial, outcome.once).text, victim.language))
                    ),
                    victim.steps,
                    seed=victim.seed,
                    sentence=outcome.number,
                )
                for outcome in some
            ]
        )
        recorded = record_run(network, stimulus, seed=0, engine=engine)
        differences += compare_with_pytorch(network, recorded.activities())
        votes = network.voting.votes(recorded.counts(network.voting.population))
        labels = np.array([_found(outcome).label for outcome in some])
        same += int((predict_labels(votes) == labels).sum())
    layers = [layer for sentence in differences for layer in sentence.values()]
    return Replayed(
        engine.backend,
        len(outcomes),
        same,
        sum(layer.spikes for layer in layers),
        sum(layer.differing for layer in layers),
    )


def _found(outcome: Outcome) -> Adversarial:
    """Return what an attack that succeeded has found."""
    return cast("Adversarial", outcome.once)
