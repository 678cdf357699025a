"""What lies between populations, one kind a module: linear maps without a state, and attention.

A connection holds one, or a chain of them. :mod:`networks.transforms.model` says what each has to
tell. Every module of this package is imported, and every kind in it is known by the name of its
class.
"""

from importlib import import_module
from pkgutil import iter_modules

from networks.described import Kinds, kinds_of
from networks.transforms.attention import Attention
from networks.transforms.chain import Chain
from networks.transforms.convolution import Convolution
from networks.transforms.dense import Dense
from networks.transforms.elementwise import Flattening, Offset, Scaling
from networks.transforms.model import Transform
from networks.transforms.part import Part
from networks.transforms.pooling import AveragePooling, Pooling, SumPooling

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")


def transform_kinds() -> Kinds:
    """Return all kinds that a chain is made of, by the name of their class."""
    return {name: kind for name, kind in kinds_of(Transform).items() if kind is not Chain}


__all__ = [
    "Attention",
    "AveragePooling",
    "Chain",
    "Convolution",
    "Dense",
    "Flattening",
    "Offset",
    "Part",
    "Pooling",
    "Scaling",
    "SumPooling",
    "Transform",
    "transform_kinds",
]
