"""What builds a network, given what it is made of and what it is to run on."""

from __future__ import annotations

import brian2
import numpy as np

from networks.brian.backends import EXTERNAL, GENN, Unsupported
from networks.brian.builder import Builder, LaggingBuilder, SharedBuilder, StockBuilder
from networks.brian.external import GATED
from networks.brian.neuron_model import Neurons
from networks.brian.sweeping import SweepingBuilder
from networks.brian.text_neurons import TextNeurons, text_neurons
from networks.description import Network


def suited_neurons(
    neurons: Neurons | None,
    network: Network,
    backend: str,
    synapses: str,
    dt: brian2.Quantity,
) -> dict[str, TextNeurons]:
    """Make neurons that are given as text concrete, on what can run them.

    Parameters
    ----------
    neurons : NeuronModel or mapping of str to NeuronModel, or None
        As of :class:`networks.brian.BrianNetwork`.
    network : Network
        Whose neurons they replace.
    backend, synapses : str
        What has been chosen.
    dt : brian2.Quantity
        Duration of a step.

    Returns
    -------
    dict of str to TextNeurons
        By population; none if none are given.

    Raises
    ------
    Unsupported
        If they cannot be run so.
    """
    if neurons is None:
        return {}
    if backend in EXTERNAL or synapses != "shared":
        raise Unsupported(
            "neurons that are given as text come with shared weights, on numpy, cython and "
            "cpp_standalone; choose one of these, and leave synapses='stock' out"
        )
    if network.sweeps.count > 1:
        raise Unsupported(
            "a network that looks both ways in time has neurons of its own, and no others as text"
        )
    return text_neurons(neurons, network, dt)


def suited_builder(
    network: Network,
    backend: str,
    synapses: str,
    dtype: type[np.floating],
    texts: dict[str, TextNeurons],
) -> Builder:
    """Return what builds a network.

    Parameters
    ----------
    network : Network
        What is built.
    backend, synapses : str
        What has been chosen.
    dtype : type
        Precision of the neurons' variables.
    texts : dict of str to TextNeurons
        As of :func:`suited_neurons`.

    Returns
    -------
    Builder
        One that knows all that the network has.

    Raises
    ------
    Unsupported
        If there is none for this backend and these synapses.
    """
    remembers = not all(connection.transform.linear for connection in network.connections)
    if network.sweeps.count > 1 or remembers:
        _check_shared(backend, synapses)
        if network.sweeps.count > 1:
            return SweepingBuilder(network, dtype)
        return SharedBuilder(network, dtype, texts)
    if network.margin is not None:
        _check_early(backend, synapses)
    if backend in EXTERNAL:
        gated = GATED if backend in GENN else 0
        return LaggingBuilder(network, dtype, backend=backend, gated=gated)
    if synapses == "shared":
        return SharedBuilder(network, dtype, texts)
    return StockBuilder(network, dtype)


def _check_shared(backend: str, synapses: str) -> None:
    """See that a network with attention, or with neurons that look both ways, is built for it."""
    if backend in EXTERNAL:
        raise Unsupported(
            f"backend {backend!r} has no attention, and no neurons that look both ways; choose "
            "numpy, cython or cpp_standalone"
        )
    if synapses != "shared":
        raise Unsupported(
            "attention, and neurons that look both ways, come with shared weights; leave "
            f"synapses={synapses!r} out"
        )


def _check_early(backend: str, synapses: str) -> None:
    """See that presentations that may end early are not laid out beforehand."""
    if backend in EXTERNAL or synapses != "shared":
        raise Unsupported(
            "presentations are over by a margin of votes with shared weights alone, on numpy, "
            "cython and cpp_standalone; choose one of these, and leave synapses='stock' out, or "
            "give no margin"
        )
