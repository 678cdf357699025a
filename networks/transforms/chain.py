"""Several transforms in a row, as one: I = A_n (... (A_1 S + b_1) ...) + b_n."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np
from scipy import sparse

from networks.described import Shape
from networks.transforms.model import Transform


@dataclass(frozen=True, eq=False)
class Chain(Transform):
    """The transforms of a connection, each applied to what the one before it gives.

    Attributes
    ----------
    links : tuple of Transform
        At least one.

    Raises
    ------
    ValueError
        If there is no link, or one is none.

    Examples
    --------
    >>> import numpy as np
    >>> from networks import Chain, Dense, SumPooling
    >>> chain = Chain((SumPooling(window=2), Dense(np.ones((3, 8)))))
    >>> chain.shapes((4, 4))
    [(4, 4), (2, 4), (3,)]
    """

    links: tuple[Transform, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.links, tuple) or not self.links:
            raise ValueError("a chain is a tuple of at least one transform")
        for link in self.links:
            if not isinstance(link, Transform) or isinstance(link, Chain):
                raise ValueError(f"a chain is made of transforms, and {link!r} is none")
            if not link.linear:
                raise ValueError(
                    f"{type(link).__name__} is no link of a chain; give it a connection of its own"
                )

    def shapes(self, source: Shape) -> list[Shape]:
        """Return the shape of the source and of what each link makes of it."""
        shapes = [source]
        for link in self.links:
            shapes.append(link.shape(shapes[-1]))
        return shapes

    def shape(self, source: Shape) -> Shape:
        """Return the shape that the last link gives."""
        return self.shapes(source)[-1]

    def matrix(self, source: Shape) -> sparse.sparray:
        """Return the product of all matrices."""
        first, *others = zip(self.links, self.shapes(source), strict=False)
        product = first[0].matrix(first[1])
        for link, shape in others:
            product = link.matrix(shape) @ product
        return product

    def constant(self, source: Shape) -> np.ndarray | None:
        """Return the constant currents of all links, each through those after it."""
        total = None
        for link, shape in zip(self.links, self.shapes(source), strict=False):
            if total is not None:
                total = (link.matrix(shape) @ total.ravel()).reshape(link.shape(shape))
            own = link.constant(shape)
            if own is not None:
                total = own if total is None else total + own
        return total

    def fan_out(self, source: Shape) -> np.ndarray:
        """Count the synapses of each source neuron; links that only rearrange have none."""
        if len(self.links) == 1:
            return self.links[0].fan_out(source)
        return super().fan_out(source)

    def reach(self, source: Shape, positions: int) -> int | None:
        """Tell how far the first positions of the source reach, link by link."""
        for link, shape in zip(self.links, self.shapes(source), strict=False):
            reached = link.reach(shape, positions)
            if reached is None:
                return None
            positions = reached
        return positions

    def cropped(self, source: Shape, positions: int, reached: int | None) -> Chain:
        """Return the chain from the first positions of its source alone."""
        links, shapes = [], self.shapes(source)
        before: int = positions
        for number, (link, shape) in enumerate(zip(self.links, shapes, strict=False)):
            if before == shape[0]:
                # Nothing is missing here, and so nothing is in what follows.
                after = shapes[number + 1][0]
                links.append(link)
            else:
                last = number == len(self.links) - 1
                reach = reached if last else link.reach(shape, before)
                links.append(link.cropped(shape, before, reach))
                after = shapes[number + 1][0] if reach is None else reach
            before = after
        if reached is not None and before != reached:
            raise NotImplementedError("a chain with an end that does not know its silence")
        return Chain(tuple(links))

    def size(self, source: Shape) -> tuple[int, int]:
        """Return how many currents and source neurons there are."""
        return prod(self.shape(source)), prod(source)
