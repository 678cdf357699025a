"""What a network is made of: populations of neurons, and connections between them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import prod

from networks.described import Described, Shape, whole
from networks.neurons import Neuron
from networks.transforms import Chain, Transform

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True, eq=False)
class Population(Described):
    """Neurons of one model.

    Attributes
    ----------
    name : str
        Letters, digits and underscores, with a letter first; another one for each population.
    shape : tuple of int
        Neurons along each axis, positions first and features last; they are numbered in C order.
    neuron : Neuron
        What they are.

    Raises
    ------
    ValueError
        If the name or the shape is none, or parameters have another shape.

    Examples
    --------
    >>> from networks import LIF, Population
    >>> hidden = Population("hidden", (5, 4), LIF(decay=0.9))
    >>> hidden.size
    20
    """

    name: str
    shape: Shape
    neuron: Neuron

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not NAME.fullmatch(self.name):
            raise ValueError(
                f"a population is named by letters, digits and _, a letter first, not {self.name!r}"
            )
        if not isinstance(self.shape, tuple | list) or not self.shape:
            raise ValueError(f"population {self.name!r} has no shape: {self.shape!r}")
        if not isinstance(self.neuron, Neuron):
            raise ValueError(f"neurons of {self.name!r} are {self.neuron!r}, no model of neurons")
        self._set("shape", tuple(whole(n, f"size of {self.name!r}", 1) for n in self.shape))
        try:
            self.neuron.check_shape(self.shape)
        except ValueError as error:
            raise ValueError(f"population {self.name!r}: {error}") from error

    @property
    def size(self) -> int:
        """Number of neurons."""
        return prod(self.shape)


@dataclass(frozen=True, eq=False)
class Connection(Described):
    """What a population hears of others.

    Attributes
    ----------
    sources : tuple of str
        Populations that spike. Of several, the neurons are taken one after the other in a row.
    target : str
        Population that receives.
    transform : Transform
        What becomes of the spikes; a :class:`~networks.transforms.Chain` for several transforms.
        It gives currents of the target's shape, or as many in one row.
    delay : int
        Steps from a spike to its current.

    Raises
    ------
    ValueError
        If one of these is none.

    Examples
    --------
    >>> import numpy as np
    >>> from networks import Connection, Dense
    >>> connection = Connection(("hidden",), "output", Dense(np.ones((2, 20))), delay=1)
    >>> print(connection)
    hidden -> output
    """

    sources: tuple[str, ...]
    target: str
    transform: Transform
    delay: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.sources, str):
            self._set("sources", (self.sources,))
        self._set("sources", tuple(self.sources))
        if not self.sources or len(set(self.sources)) < len(self.sources):
            raise ValueError(f"a connection onto {self.target!r} has sources {self.sources}")
        if not isinstance(self.transform, Transform):
            raise ValueError(
                f"connection {self} is made of transforms, and {self.transform!r} is none"
            )
        self._set("delay", whole(self.delay, f"the delay of connection {self}", 0))

    def __str__(self) -> str:
        return f"{'+'.join(self.sources)} -> {self.target}"

    @property
    def links(self) -> tuple[Transform, ...]:
        """The transforms, one after the other."""
        return self.transform.links if isinstance(self.transform, Chain) else (self.transform,)
