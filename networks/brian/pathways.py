"""What lies between two groups of neurons, free of how synapses deliver it.

A connection with several sources listens to their neurons in a row, and Brian 2's objects have one
source. So each source gets a pathway, with its part of the transform's matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import cast

import brian2
import numpy as np
from scipy import sparse

from networks.brian.slots import slot
from networks.description import Connection, Network, Shape
from networks.transforms import Transform


@dataclass(frozen=True)
class Pathway:
    """What is to be connected.

    Attributes
    ----------
    source, target : brian2.Group
        The neurons.
    transform : Transform
        What becomes of the spikes of all sources of the connection.
    shape : tuple of int
        Shape of all sources together.
    inputs : slice
        Neurons of this source among them.
    receives : str
        Variable of the target that weights are added to.
    delay : int
        Steps from a spike to its current.
    feedback : bool
        Whether the source is computed after the target, so that the spikes that are there in the
        target's slot are those of the step before.
    when : str
        Slot.
    name : str
        Of the synapses.
    """

    source: brian2.Group
    target: brian2.Group
    transform: Transform
    shape: Shape
    inputs: slice
    receives: str
    delay: int
    feedback: bool
    when: str
    name: str

    @property
    def whole(self) -> bool:
        """Whether this is the only source."""
        return len(self.source) == prod(self.shape)

    @cached_property
    def matrix(self) -> sparse.sparray:
        """Weights from each neuron of this source, shape (target neurons, source neurons)."""
        matrix = self.transform.matrix(self.shape)
        return matrix if self.whole else matrix.tocsc()[:, self.inputs]


def pathways(
    network: Network,
    connection: Connection,
    key: str,
    groups: dict[str, brian2.Group],
    receives: str,
) -> dict[str, Pathway]:
    """List the pathways of a connection.

    Parameters
    ----------
    network : Network
        The network.
    connection : Connection
        One of its connections.
    key : str
        Its key.
    groups : dict of str to brian2.Group
        The neurons of all populations.
    receives : str
        Variable of the target that weights are added to.

    Returns
    -------
    dict of str to Pathway
        By the name of the source.
    """
    found, first = {}, 0
    for source in connection.sources:
        size = network[source].size
        found[source] = Pathway(
            groups[source],
            groups[connection.target],
            connection.transform,
            network.source_shape(connection),
            slice(first, first + size),
            receives,
            connection.delay,
            network.is_feedback(source, connection.target),
            slot("input", connection.target),
            f"{source}_to_{key.replace(':', '_')}*",
        )
        first += size
    return found


def constant_current(network: Network, name: str) -> np.ndarray | None:
    """Add up the constant currents of all connections onto a population; None if there are none."""
    given = [
        connection.transform.constant(network.source_shape(connection))
        for connection in network.into(name)
    ]
    currents = [current.ravel() for current in given if current is not None]
    return cast(np.ndarray, sum(currents)) if currents else None
