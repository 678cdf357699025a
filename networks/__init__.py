"""The networks and nothing else: no text, no dataset, no command line.

:mod:`~networks.description` says what a spiking network is, made of :mod:`~networks.neurons` and
:mod:`~networks.transforms`. :mod:`~networks.textcnn` is what is trained first,
:mod:`~networks.conversion` turns it into a description, :mod:`~networks.pytorch` runs and
fine-tunes a description in PyTorch, and :mod:`~networks.brian` runs it in Brian 2.

>>> import networks
>>> networks.LIF(decay=0.9)
LIF(decay=0.9)

The names that are used most are offered here. They are looked up when they are asked for, so
importing this costs nothing.
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from networks.names import offered as _offered

_MODULES = {
    "networks.activity": ("Activity", "synaptic_events"),
    "networks.conversion": ("convert",),
    "networks.description": (
        "Connection",
        "Network",
        "Population",
        "Potentials",
        "Votes",
        "crop",
        "refine",
    ),
    "networks.folding": ("fold",),
    "networks.intervention": ("Intervention",),
    "networks.neurons": ("IF", "LIF", "Input"),
    "networks.normalisation": ("largest_activations", "normalise_by_data", "normalise_by_model"),
    "networks.pytorch": ("SpikingNetwork",),
    "networks.snnbert": ("SpikingEncoder",),
    "networks.textcnn": ("TailoredTextCNN", "TextCNN"),
    "networks.transforms": ("AveragePooling", "Chain", "Convolution", "Dense", "SumPooling"),
}
if _TYPE_CHECKING:  # which cannot look names up when they are asked for
    from networks.activity import Activity as Activity
    from networks.activity import synaptic_events as synaptic_events
    from networks.conversion import convert as convert
    from networks.description import Connection as Connection
    from networks.description import Network as Network
    from networks.description import Population as Population
    from networks.description import Potentials as Potentials
    from networks.description import Votes as Votes
    from networks.description import crop as crop
    from networks.description import refine as refine
    from networks.folding import fold as fold
    from networks.intervention import Intervention as Intervention
    from networks.neurons import IF as IF
    from networks.neurons import LIF as LIF
    from networks.neurons import Input as Input
    from networks.normalisation import largest_activations as largest_activations
    from networks.normalisation import normalise_by_data as normalise_by_data
    from networks.normalisation import normalise_by_model as normalise_by_model
    from networks.pytorch import SpikingNetwork as SpikingNetwork
    from networks.snnbert import SpikingEncoder as SpikingEncoder
    from networks.textcnn import TailoredTextCNN as TailoredTextCNN
    from networks.textcnn import TextCNN as TextCNN
    from networks.transforms import AveragePooling as AveragePooling
    from networks.transforms import Chain as Chain
    from networks.transforms import Convolution as Convolution
    from networks.transforms import Dense as Dense
    from networks.transforms import SumPooling as SumPooling

__getattr__, __dir__ = _offered(__name__, _MODULES)
__all__ = sorted(name for names in _MODULES.values() for name in names)
