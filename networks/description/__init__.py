"""A neutral description of a spiking network: what there is, not how it is run.

PyTorch writes and reads descriptions (:mod:`networks.pytorch`), Brian 2 instantiates them
(:mod:`networks.brian`) and a checkpoint stores them. They know nothing of each other; a new
simulator or file format is one more reader.

>>> import numpy as np
>>> from networks.neurons import LIF, Input
>>> from networks.transforms import Dense
>>> from networks.description import Connection, Network, Population, Votes
>>> network = Network(
...     (Population("input", (2,), Input()), Population("output", (1,), LIF(decay=0.9))),
...     (Connection(("input",), "output", Dense(np.ones((1, 2)))),),
...     Votes("output", 1),
... )
>>> network.order
('input', 'output')
"""

from networks.described import Shape
from networks.description.changing import with_all_neurons
from networks.description.cropping import choose_inputs, crop
from networks.description.network import Network
from networks.description.parts import Connection, Population
from networks.description.readout import Potentials, Readout, Votes, readout_kinds
from networks.description.refining import refine
from networks.description.sweeps import Sweeps

__all__ = [
    "Connection",
    "Network",
    "Population",
    "Potentials",
    "Readout",
    "Shape",
    "Sweeps",
    "Votes",
    "choose_inputs",
    "crop",
    "readout_kinds",
    "refine",
    "with_all_neurons",
]
