"""A neutral description of a spiking network: what there is, not how it is run.

Each layer is a small dataclass whose docstring is its equation. PyTorch writes and reads
descriptions (:mod:`networks.spiking`), Brian 2 instantiates them (:mod:`networks.brian`) and a
checkpoint stores them. A new simulator or file format is one more reader of this module.

All neurons are leaky integrate-and-fire neurons with reset by subtraction. In step n

    U[n] = decay * U[n-1] + I[n] - threshold * S[n-1],    S[n] = 1 if U[n] > threshold else 0

where the layers differ only in their input current I[n].
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Input:
    """Spike trains of ``features`` channels at each of at most ``positions`` places.

    Attributes
    ----------
    positions : int
        Length that the network was built for, in words. Shorter sentences are padded at their end
        with silence, so that fewer positions may be simulated without changing any spike.
    features : int
        Channels per position, the dimension of the word embeddings.
    """

    name: str
    positions: int
    features: int


@dataclass(frozen=True)
class Convolution:
    r"""I[p, m] = sum over k, d of weight[m, k, d] * S_source[p + k, d].

    Attributes
    ----------
    weight : numpy.ndarray, shape (maps, width, features)
        Kernel, shared by all positions; there is no bias.
    threshold, decay : float
        Firing threshold (> 0) and membrane decay per step, in (0, 1].
    """

    name: str
    source: str
    weight: np.ndarray
    threshold: float = 1.0
    decay: float = 1.0

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the layers that this one listens to."""
        return (self.source,)

    @property
    def maps(self) -> int:
        """Number of feature maps."""
        return self.weight.shape[0]

    @property
    def width(self) -> int:
        """Words under one window."""
        return self.weight.shape[1]


@dataclass(frozen=True)
class Pooling:
    """I[m] = sum over p of S_source[p, m], tested against threshold * window.

    An average over ``window`` positions tested against ``threshold``, counted instead: the average
    of binary spikes lands exactly on the threshold so often that the rounding of 1 / window would
    decide spikes. Integers have no rounding.

    Attributes
    ----------
    window : int
        Positions averaged over, silent padding included.
    """

    name: str
    source: str
    window: int
    threshold: float = 1.0
    decay: float = 1.0

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the layers that this one listens to."""
        return (self.source,)


@dataclass(frozen=True)
class Dense:
    """I[j] = sum over i of weight[j, i] * S[i], S the concatenation of all sources.

    Attributes
    ----------
    weight : numpy.ndarray, shape (neurons, inputs)
        One row per neuron; there is no bias.
    """

    name: str
    sources: tuple[str, ...]
    weight: np.ndarray
    threshold: float = 1.0
    decay: float = 1.0


Layer = Convolution | Pooling | Dense


@dataclass(frozen=True)
class NetworkDescription:
    """Layers in the order of their flow; the last one votes for classes.

    Attributes
    ----------
    input : Input
        Where spikes come in.
    layers : tuple of Convolution, Pooling or Dense
        Each layer after its sources. The last is a :class:`Dense` layer whose neurons are grouped
        by class, the same number for each.
    classes : int
        Number of classes.

    Raises
    ------
    ValueError
        If a layer's source, shape, threshold or decay does not fit.
    """

    input: Input
    layers: tuple[Layer, ...]
    classes: int

    def __post_init__(self):
        shapes = {self.input.name: (self.input.positions, self.input.features)}
        for layer in self.layers:
            _check_neuron(layer)
            missing = [source for source in layer.sources if source not in shapes]
            if missing:
                raise ValueError(f"layer {layer.name!r} listens to unknown layer {missing[0]!r}")
            shapes[layer.name] = _shape(layer, [shapes[s] for s in layer.sources], 0)
        if not isinstance(self.output, Dense) or len(self.output.weight) % self.classes:
            raise ValueError(f"the last layer must give each of {self.classes} classes its neurons")

    @property
    def output(self) -> Dense:
        """The layer that votes."""
        return self.layers[-1]

    @cached_property
    def latency(self) -> dict[str, int]:
        """Synapses between the input and each layer, one simulation step each in Brian 2."""
        depth = {self.input.name: 0}
        for layer in self.layers:
            depth[layer.name] = 1 + max(depth[source] for source in layer.sources)
        return depth

    def shapes(self, words: int) -> dict[str, tuple[int, ...]]:
        """Neurons of each layer that a sentence of ``words`` words can reach.

        Windows that lie wholly in the padding never receive a spike and are left out.

        Parameters
        ----------
        words : int
            Words of the sentence, from 1 to ``input.positions``.

        Returns
        -------
        dict of str to tuple of int
            ``(positions, features)`` for the input and convolutions, ``(maps,)`` for pooling
            layers, ``(neurons,)`` for dense ones.
        """
        if not 1 <= words <= self.input.positions:
            raise ValueError(
                f"a sentence has 1 to {self.input.positions} words for this network, not {words}"
            )
        padding = self.input.positions - words
        shapes = {self.input.name: (words, self.input.features)}
        for layer in self.layers:
            shapes[layer.name] = _shape(layer, [shapes[s] for s in layer.sources], padding)
        return shapes

    def votes(self, counts: np.ndarray) -> np.ndarray:
        """Add up the spikes of each class's output neurons.

        Parameters
        ----------
        counts : numpy.ndarray of int, shape (presentations, neurons)
            Spikes of every output neuron.

        Returns
        -------
        numpy.ndarray of int, shape (presentations, classes)
            Spikes of each class.
        """
        return counts.reshape(len(counts), self.classes, -1).sum(axis=-1)

    def with_neurons(
        self, *, threshold: float | None = None, decay: float | None = None
    ) -> NetworkDescription:
        """Return the same network with another threshold or decay in every layer."""
        changes = {
            key: value
            for key, value in (("threshold", threshold), ("decay", decay))
            if value is not None
        }
        return replace(self, layers=tuple(replace(layer, **changes) for layer in self.layers))


def firing_threshold(layer: Layer) -> float:
    """Return the membrane value above which a neuron of ``layer`` fires.

    A pooling neuron counts, so its threshold is ``threshold * window``.
    """
    return layer.threshold * (layer.window if isinstance(layer, Pooling) else 1)


def _check_neuron(layer: Layer) -> None:
    if not 0 < layer.decay <= 1:
        raise ValueError(f"decay of layer {layer.name!r} must lie in (0, 1], not {layer.decay}")
    if not layer.threshold > 0:
        raise ValueError(
            f"threshold of layer {layer.name!r} must be positive, not {layer.threshold}"
        )


def _shape(layer: Layer, sources: list[tuple[int, ...]], padding: int) -> tuple[int, ...]:
    """Shape of ``layer`` on sources of the given shapes, with silent ``padding`` after them."""
    if isinstance(layer, Convolution):
        positions, features = sources[0]
        if layer.weight.ndim != 3 or layer.weight.shape[2] != features:
            raise ValueError(
                f"weight of layer {layer.name!r} has shape {layer.weight.shape}, "
                f"expected (maps, width, {features})"
            )
        windows = positions + min(padding, layer.width - 1) - layer.width + 1
        if windows < 1:
            raise ValueError(
                f"layer {layer.name!r} is {layer.width} words wide, the network only {positions}"
            )
        return (windows, layer.maps)
    if isinstance(layer, Pooling):
        return sources[0][1:]
    inputs = sum(int(np.prod(shape)) for shape in sources)
    if layer.weight.ndim != 2 or layer.weight.shape[1] != inputs:
        raise ValueError(
            f"weight of layer {layer.name!r} has shape {layer.weight.shape}, "
            f"expected (neurons, {inputs})"
        )
    return (layer.weight.shape[0],)
