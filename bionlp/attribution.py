"""Erasing words in Brian 2 (:mod:`analysis.attribution`)."""

from __future__ import annotations

import numpy as np

from analysis.attribution import Relevance, erase_words, relevance
from bionlp.engine import Engine
from bionlp.simulation import Advance, record_run
from networks.brian import SpikeStimulus
from networks.description import Network


def attribute(
    network: Network,
    spikes: np.ndarray,
    *,
    engine: Engine,
    advance: Advance | None = None,
) -> tuple[Relevance, np.ndarray]:
    """Present a sentence intact, and without each of its words.

    Parameters
    ----------
    network : Network
        The network.
    spikes : numpy.ndarray of bool, shape (steps, words, features)
        Input spikes of the sentence.
    engine : Engine
        How Brian 2 runs the network.
    advance : callable, optional
        Called with the fraction done.

    Returns
    -------
    relevance : Relevance
        Of each word.
    output : numpy.ndarray of bool, shape (steps, neurons)
        Output spikes of the intact presentation.

    Raises
    ------
    BackendError
        If the backend cannot run here.
    """
    name = network.voting.population
    stimulus = SpikeStimulus([spikes, *erase_words(spikes)])
    recorded = record_run(network, stimulus, seed=0, engine=engine, layers=[name], advance=advance)
    intact, *erased = network.voting.votes(recorded.counts(name))
    return relevance(intact, np.array(erased)), recorded.activity(0)[name].spikes
