"""Described networks in PyTorch: to train, and to compare other simulators with.

:class:`~networks.pytorch.spiking.SpikingNetwork` runs any network. A new kind of transform
registers what it does to tensors in :mod:`networks.pytorch.transforms`; a new neuron model needs
nothing, and may register something faster in :mod:`networks.pytorch.neurons`.
:class:`~networks.pytorch.snntorch_reference.SnnTorchNetwork` is a plain snnTorch loop to measure
against.
"""

from networks.pytorch.neurons import scan
from networks.pytorch.snntorch_reference import SnnTorchNetwork
from networks.pytorch.spiking import SpikingNetwork

__all__ = ["SnnTorchNetwork", "SpikingNetwork", "scan"]
