"""Where spikes come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from networks.neurons.model import Neuron


@dataclass(frozen=True, eq=False)
class Input(Neuron):
    """S[n] is what the network is shown; there is no state and no equation.

    Examples
    --------
    >>> from networks import Input, Population
    >>> Population("input", (39, 300), Input()).size  # words and features
    11700
    """

    variables: ClassVar[tuple[str, ...]] = ()
    level: ClassVar[str | None] = ""
