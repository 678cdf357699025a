"""Graphs of all kinds for tests: drawn at random, and a list of named ones.

Weights and parameters are random real numbers, so that no membrane meets its threshold exactly and
no rounding decides a spike, but for sums of spikes, which have no rounding.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from math import prod

import numpy as np
from hypothesis import strategies as st

from networks.description import Connection, Network, Population, Votes
from networks.neurons import Input, neuron_models
from networks.neurons.model import RESETS, parameters
from networks.neurons.stochastic import MODULI
from networks.transforms import (
    AveragePooling,
    Chain,
    Convolution,
    Dense,
    Flattening,
    Scaling,
    SumPooling,
)

SPIKING = (
    *("LIF", "IF", "ResetLIF", "CubaLIF", "AdaptiveLIF", "UnresetLIF", "ResetCubaLIF"),
    "StochasticLIF",
)
SILENT = ("LI", "CubaLI")
RANGES = {
    "decay": (0.3, 1.0),
    "synaptic_decay": (0.2, 0.9),
    "adaptation_decay": (0.3, 0.95),
    "threshold": (0.4, 1.6),
    "strength": (0.1, 0.8),
    "reset_value": (-0.5, 0.3),
    "gain": (0.3, 1.2),
    "persistence": (0.0, 0.9),
    "kick": (0.0, 0.3),
    "loss": (0.0, 0.5),
    **dict.fromkeys(MODULI, (1, 30_000)),
}


@dataclass
class Draft:
    """A network that grows, with the random numbers for its weights."""

    rng: np.random.Generator
    populations: list[Population] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)

    def finished(self) -> Network:
        """Return the network; if the last population can vote, it does."""
        last = self.populations[-1]
        readout = Votes(last.name, 1) if last.neuron.spikes else None
        return Network(tuple(self.populations), tuple(self.connections), readout)

    def weights(self, *shape: int) -> np.ndarray:
        """Return weights that excite about enough to spike, and now and then inhibit."""
        inputs = prod(shape[1:])
        return self.rng.normal(0.6, 1.0, shape) / max(np.sqrt(inputs), 1)

    def neuron(self, model: str, shape: tuple[int, ...], *, arrays: bool = False, **choices):
        """Return a neuron with random parameters, for all neurons or for each."""
        kind = neuron_models()[model]
        values = {
            name: self.rng.uniform(*RANGES[name], shape if arrays else None)
            for name in parameters(kind)
        }
        values |= {name: np.floor(value) for name, value in values.items() if name in MODULI}
        names = {field.name for field in fields(kind)}
        allowed = {name: value for name, value in choices.items() if name in names}
        return kind(**values | allowed)


@st.composite
def networks(draw) -> Network:
    """Draw a network of two to six populations."""
    draft = Draft(np.random.default_rng(draw(st.integers(0, 2**32))))
    shape = draw(st.sampled_from([(4,), (6, 4), (8, 2), (5, 4, 2), (4, 4, 1)]))
    draft.populations.append(Population("input", shape, Input()))
    count = draw(st.integers(1, 5))
    for number in range(count):
        model = draw(st.sampled_from(SPIKING if number < count - 1 else SPIKING + SILENT))
        _add_population(draw, draft, f"p{number}", model)
    for _ in range(draw(st.integers(0, 3))):
        _add_connection(draw, draft)
    return draft.finished()


def _add_population(draw, draft: Draft, name: str, model: str) -> None:
    spiking = [population for population in draft.populations if population.neuron.spikes]
    delay = draw(st.sampled_from([0, 0, 0, 1, 2]))
    # Deep networks are what is looked for, so the newest one is the likeliest source.
    source = draw(st.sampled_from([spiking[-1], spiking[-1], *spiking]))
    if len(spiking) > 1 and draw(st.integers(0, 4)) == 0:
        sources = tuple(p.name for p in spiking[-2:])
        size = sum(p.size for p in spiking[-2:])
        transform = Dense(draft.weights(draw(st.integers(1, 6)), size))
        shape = transform.shape((size,))
    else:
        sources = (source.name,)
        transform = draw(st.sampled_from(_transforms(draw, draft, source.shape)))
        shape = transform.shape(source.shape)
    neuron = draft.neuron(
        model,
        shape,
        arrays=draw(st.booleans()),
        reset=draw(st.sampled_from(RESETS)),
        inclusive=draw(st.booleans()),
        integration=draw(st.sampled_from(["exact", "euler"])),
    )
    draft.populations.append(Population(name, shape, neuron))
    draft.connections.append(Connection(sources, name, transform, delay))


def _transforms(draw, draft: Draft, shape: tuple[int, ...]) -> list:
    """Return transforms that take a source of this shape."""
    dense = Dense(draft.weights(draw(st.integers(1, 6)), prod(shape)))
    biased = Dense(dense.weight, draft.rng.normal(0, 0.2, len(dense.weight)))
    found = [dense, dense, biased, Scaling(draft.rng.uniform(0.3, 1.2, shape))]
    axes = len(shape) - 1
    if not axes:
        return found
    flattened = Chain((Flattening(), dense))
    found += [SumPooling(), flattened, Chain((Scaling(0.7), *flattened.links))]
    convolution = _convolution(draw, draft, shape)
    window = tuple(draw(st.integers(1, min(3, size))) for size in shape[:-1])
    stride = tuple(draw(st.integers(1, 3)) for _ in range(axes))
    padding = draw(st.sampled_from([0, 1]))
    found += [SumPooling(window, stride, padding), AveragePooling(window, stride)] * 2
    if convolution is not None:
        between = convolution.shape(shape)
        found += [convolution] * 4 + [
            Chain((convolution, SumPooling())),
            Chain((convolution, Flattening())),
            Chain((convolution, SumPooling(tuple(min(2, n) for n in between[:-1])))),
        ]
    return found


def _convolution(draw, draft: Draft, shape: tuple[int, ...]) -> Convolution | None:
    axes = len(shape) - 1
    groups = draw(st.sampled_from([n for n in (1, 2, 2) if shape[-1] % n == 0]))
    width = tuple(draw(st.integers(1, 3)) for _ in range(axes))
    maps = groups * draw(st.integers(1, 2))
    weight = draft.weights(maps, *width, shape[-1] // groups)
    bias = draft.rng.normal(0, 0.2, maps) if draw(st.booleans()) else None
    padding = tuple((draw(st.integers(0, 2)), draw(st.integers(0, 2))) for _ in range(axes))
    stride = tuple(draw(st.integers(1, 2)) for _ in range(axes))
    dilation = tuple(draw(st.integers(1, 2)) for _ in range(axes))
    convolution = Convolution(weight, bias, stride, padding, dilation, groups)
    try:
        convolution.shape(shape)
    except ValueError:  # not one window fits
        return None
    return convolution


def _add_connection(draw, draft: Draft) -> None:
    """Add a skip, a feedback or a recurrent connection between populations that are there."""
    spiking = [population for population in draft.populations if population.neuron.spikes]
    target = draw(st.sampled_from(draft.populations[1:]))
    source = draw(st.sampled_from(spiking))
    names = [population.name for population in draft.populations]
    forward = names.index(source.name) < names.index(target.name)
    delay = draw(st.integers(0 if forward else 1, 3))
    if source.shape == target.shape and draw(st.booleans()):
        transform = Scaling(draft.rng.uniform(-0.6, 0.6))
    elif len(target.shape) == 1:
        transform = Dense(draft.weights(target.size, source.size) * 0.5)
    else:
        return
    draft.connections.append(Connection((source.name,), target.name, transform, delay))


def draw_input(network: Network, steps: int, seed: int, positions: int | None = None):
    """Return random input spikes, shape (steps, positions, ...)."""
    shape = network.input.shape
    shape = shape if positions is None else (positions, *shape[1:])
    return np.random.default_rng(seed).random((steps, *shape)) < 0.4


def _draft(shape: tuple[int, ...]) -> Draft:
    draft = Draft(np.random.default_rng(13))  # with which all populations spike
    draft.populations.append(Population("input", shape, Input()))
    return draft


def _grow(draft: Draft, name: str, sources, transform, model="LIF", *, delay=0, **options) -> None:
    """Add a population and the connection onto it."""
    sources = (sources,) if isinstance(sources, str) else sources
    shapes = {population.name: population.shape for population in draft.populations}
    own = [shapes[source] for source in sources]
    shape = transform.shape(own[0] if len(own) == 1 else (sum(map(prod, own)),))
    draft.populations.append(Population(name, shape, draft.neuron(model, shape, **options)))
    draft.connections.append(Connection(sources, name, transform, delay))


def skips() -> Network:
    """A population that hears the input at once and over one and two others."""
    draft = _draft((6,))
    _grow(draft, "p0", "input", Dense(draft.weights(4, 6)))
    _grow(draft, "p1", "p0", Dense(draft.weights(4, 4)))
    _grow(draft, "p2", ("p1", "p0", "input"), Dense(draft.weights(3, 14)))
    return draft.finished()


def convolutions_in_a_row() -> Network:
    """Two convolutions, and a sum over all positions."""
    draft = _draft((9, 4))
    _grow(draft, "p0", "input", Convolution(draft.weights(4, 3, 4)))
    _grow(draft, "p1", "p0", Convolution(draft.weights(3, 2, 4)))
    _grow(draft, "p2", "p1", SumPooling())
    return draft.finished()


def strides() -> Network:
    """Strides, padding, dilation, groups and a bias along one axis; windows that overlap."""
    draft = _draft((9, 4))
    kernel, bias = draft.weights(4, 3, 2), draft.rng.normal(0, 0.2, 4)
    _grow(draft, "p0", "input", Convolution(kernel, bias, 2, ((1, 2),), 2, 2))
    _grow(draft, "p1", "p0", SumPooling((2,), (1,), ((0, 1),)), "IF")
    return draft.finished()


def images() -> Network:
    """Convolution and pooling along two axes, and a dense population."""
    draft = _draft((6, 5, 2))
    kernel = draft.weights(4, 3, 2, 1)
    _grow(draft, "p0", "input", Convolution(kernel, None, (1, 2), ((1, 1), (0, 1)), (2, 1), 2))
    _grow(draft, "p1", "p0", AveragePooling((2, 2)), "LIF")
    _grow(draft, "p2", "p1", Chain((Flattening(), Dense(draft.weights(3, 8)))))
    return draft.finished()


def hidden_dense() -> Network:
    """Seven hidden neurons, each with parameters of its own."""
    draft = _draft((6,))
    _grow(draft, "p0", "input", Dense(draft.weights(7, 6)), arrays=True)
    _grow(draft, "p1", "p0", Dense(draft.weights(4, 7)), inclusive=True)
    return draft.finished()


def recurrence() -> Network:
    """A population that hears itself, over one step and over three."""
    draft = _draft((6,))
    _grow(draft, "p0", "input", Dense(draft.weights(5, 6)))
    draft.connections.append(Connection("p0", "p0", Dense(draft.weights(5, 5)), 1))
    draft.connections.append(Connection("p0", "p0", Scaling(draft.rng.uniform(-1, 1, 5)), 3))
    return draft.finished()


def feedback() -> Network:
    """Feedback over two populations in one step, and to the one between in two."""
    draft = _draft((6,))
    _grow(draft, "p0", "input", Dense(draft.weights(5, 6)))
    _grow(draft, "p1", "p0", Dense(draft.weights(5, 5)))
    _grow(draft, "p2", "p1", Dense(draft.weights(4, 5)))
    draft.connections.append(Connection("p2", "p0", Dense(draft.weights(5, 4)), 1))
    draft.connections.append(Connection("p2", "p1", Dense(draft.weights(5, 4)), 2))
    return draft.finished()


def delays() -> Network:
    """The same source with three delays, onto neurons that are reset to a value."""
    draft = _draft((9, 4))
    _grow(draft, "p0", "input", Convolution(draft.weights(2, 2, 4)), "ResetLIF", delay=2)
    _grow(draft, "p1", "p0", Dense(draft.weights(4, 16)), "ResetLIF", delay=1, reset="after input")
    draft.connections.append(Connection("p0", "p1", Dense(draft.weights(4, 16))))
    return draft.finished()


def chains() -> Network:
    """Several transforms between two populations, one of them with a bias, and with a delay."""
    draft = _draft((9, 4))
    kernel, bias = draft.weights(3, 3, 4), draft.rng.normal(0, 0.3, 3)
    _grow(draft, "p0", "input", Chain((Convolution(kernel, bias), SumPooling((2,)))))
    _grow(draft, "p1", "p0", Chain((Scaling(0.8), Flattening())), delay=2, reset="before leak")
    _grow(draft, "p2", "p1", Dense(draft.weights(3, 9), draft.weights(3)), reset="at once")
    return draft.finished()


def currents() -> Network:
    """Current-based neurons, and a readout of such."""
    draft = _draft((6,))
    _grow(draft, "p0", "input", Dense(draft.weights(5, 6)), "CubaLIF", arrays=True)
    reset = {"reset": "after input"}
    _grow(draft, "p1", "p0", Dense(draft.weights(4, 5)), "ResetCubaLIF", **reset)
    _grow(draft, "p2", "p1", Dense(draft.weights(2, 4)), "CubaLI")
    return draft.finished()


def adaptation() -> Network:
    """Adaptive neurons, some that are never reset, and a leaky integrator."""
    draft = _draft((6,))
    _grow(draft, "p0", "input", Dense(draft.weights(5, 6)), "AdaptiveLIF", reset="before leak")
    _grow(draft, "p1", "p0", Dense(draft.weights(5, 5)), "AdaptiveLIF", reset="at once")
    _grow(draft, "p2", "p1", Dense(draft.weights(4, 5)), "UnresetLIF")
    _grow(draft, "p3", "p2", Dense(draft.weights(2, 4)), "LI", arrays=True)
    return draft.finished()


def chance() -> Network:
    """Noise and losses, which come from equations, for all neurons alike and for each."""
    draft = _draft((6,))
    _grow(draft, "p0", "input", Dense(draft.weights(5, 6)), "StochasticLIF", arrays=True)
    _grow(draft, "p1", "p0", Dense(draft.weights(5, 5)), "StochasticLIF", integration="euler")
    return draft.finished()


def euler() -> Network:
    """Euler's method, with every neuron that is reset after the leak."""
    draft = _draft((6,))
    _grow(draft, "p0", "input", Dense(draft.weights(5, 6)), integration="euler", arrays=True)
    _grow(draft, "p1", "p0", Dense(draft.weights(5, 5)), "CubaLIF", integration="euler")
    _grow(draft, "p2", "p1", Dense(draft.weights(4, 5)), "IF", inclusive=True)
    return draft.finished()


GRAPHS = {
    make.__name__: make
    for make in (
        *(skips, convolutions_in_a_row, strides, images, hidden_dense, recurrence),
        *(feedback, delays, chains, currents, adaptation, chance, euler),
    )
}


def side_by_side(names: list[str]) -> Network:
    """Return several named graphs as one, which hear the same input."""
    populations, connections = {}, []
    for graph in names:
        network = GRAPHS[graph]()
        new = {name: f"{graph}_{name}" for name in network.shapes} | {"input": "input"}
        for population in network.populations:
            name = new[population.name]
            populations[name] = replace(population, name=name)
        connections += [
            replace(c, sources=tuple(new[source] for source in c.sources), target=new[c.target])
            for c in network.connections
        ]
    return Network(tuple(populations.values()), tuple(connections))
