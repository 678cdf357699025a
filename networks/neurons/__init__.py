"""Neuron models, one a module; :mod:`networks.neurons.model` says how a model is written.

Every module of this package is imported, and every model in it is known to all readers by the name
of its class. Nothing else has to be edited to add one.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import cast

from networks.described import Kinds, kinds_of
from networks.neurons.input import Input
from networks.neurons.lif import IF, LIF
from networks.neurons.model import Neuron

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")


def neuron_models() -> Kinds:
    """Return all models by the name of their class."""
    kinds = kinds_of(Neuron).items()
    return {name: kind for name, kind in kinds if not cast(type[Neuron], kind).wraps}


__all__ = ["IF", "LIF", "Input", "Neuron", "neuron_models"]
