"""What a recording says beside what happened: what was presented, and how it was simulated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from networks.description import Network

if TYPE_CHECKING:
    from networks.brian.neuron_model import NeuronModel


@dataclass(frozen=True)
class Presented:
    """What a recording says of a presentation, beside what happened in it.

    Attributes
    ----------
    network : Network
        What was simulated.
    units : dict of str to int
        Unit of each population, see :meth:`networks.description.Network.unit`; of the whole
        network, where a part of it was simulated.
    model, language, text : str
        Name of the model, and what it was shown.
    positions : tuple of str
        Name of each position of the input, in the order of its neurons: the words of a sentence.
    readout : str
        The population that votes.
    class_names : tuple of str
        For what; its neurons are divided evenly.
    """

    network: Network
    units: Mapping[str, int]
    model: str
    language: str
    text: str
    positions: tuple[str, ...]
    readout: str
    class_names: tuple[str, ...]


@dataclass(frozen=True)
class Circumstances:
    """How it was simulated.

    Attributes
    ----------
    seed : int
        Of the input spikes.
    backend : str
        What ran it: a backend of Brian 2, or ``torch``.
    dt_ms : float
        Duration of a step in milliseconds.
    number : int
        Number of the sentence among those that were shown, which with the seed decides its spikes.
    precision, synapses, neurons
        As of :class:`bionlp.engine.Engine`.
    perturbations : str
        What was done to the network and to its input; empty for nothing.
    interventions : str
        What was done to the network while it read, as it is typed, with spaces between.
    margin : int
        Of votes that would end it; 0 for none.
    """

    seed: int
    backend: str
    dt_ms: float
    number: int = 0
    precision: str = "double"
    synapses: str = "shared"
    perturbations: str = ""
    interventions: str = ""
    margin: int = 0
    neurons: Mapping[str, NeuronModel] | None = None
