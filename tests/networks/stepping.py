"""A network stepped as its description reads, with matrices: slow, short, and nobody's copy."""

from __future__ import annotations

from math import prod

import numpy as np

from networks.description import Network


def step_through(network: Network, spikes: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return spikes and membranes of each population, shape (steps, neurons)."""
    steps = len(spikes)
    fired = {p.name: np.zeros((steps, p.size), dtype=bool) for p in network.populations}
    membranes = {p.name: np.zeros((steps, p.size)) for p in network.hidden}
    fired[network.input.name] = spikes.reshape(steps, -1)
    state = {p.name: {v: np.zeros(p.size) for v in p.neuron.variables} for p in network.hidden}
    wires = {
        connection: (
            connection.transform.matrix(network.source_shape(connection)),
            connection.transform.constant(network.source_shape(connection)),
        )
        for connection in map(Wire, network.connections)
    }
    for n in range(steps):
        for population in network.hidden:
            current = np.zeros(population.size)
            for wire, (matrix, constant) in wires.items():
                if wire.target != population.name:
                    continue
                if n >= wire.delay:
                    heard = [fired[source][n - wire.delay] for source in wire.sources]
                    current += matrix @ np.concatenate(heard).astype(float)
                if constant is not None:
                    current += constant.ravel()
            name, before = population.name, fired[population.name][n - 1] if n else None
            fired[name][n], membranes[name][n] = step(
                population.neuron, state[name], current, before, population.shape
            )
    return {p.name: (fired[p.name], membranes[p.name]) for p in network.hidden}


class Wire:
    """A connection that can be a key."""

    def __init__(self, connection):
        self.target, self.sources = connection.target, connection.sources
        self.transform, self.delay = connection.transform, connection.delay


FUNCTIONS = {"sign": np.sign}
"""Those that statements of neurons may call."""


def step(neuron, state, current, before, shape):
    """Advance a population by a step, in place; return its spikes and membranes."""
    size = prod(shape)
    values = {k: np.broadcast_to(x, shape).reshape(size) for k, x in neuron.values.items()}

    def reset(who):
        for statement in neuron.resets if who is not None else ():
            variable, expression = statement.split(" = ")
            state[variable][who] = eval(expression, FUNCTIONS, values | state)[who]

    when = getattr(neuron, "reset", None)
    if when == "before leak":
        reset(before)
    state.update({v: values[decay] * state[v] for v, decay in neuron.decays.items()})
    if when == "after leak":
        reset(before)
    state[neuron.receives] = state[neuron.receives] + current
    for statement in neuron.drive:
        variable, expression = statement.split(" = ")
        state[variable] = eval(expression, FUNCTIONS, values | state)
    if when == "after input":
        reset(before)
    membrane = state["v"].copy()
    if neuron.level is None:
        return np.zeros(size, dtype=bool), membrane
    level = eval(neuron.level, FUNCTIONS, values | state)
    fired = membrane >= level if neuron.inclusive else membrane > level
    if when == "at once":
        reset(fired)
    return fired, membrane
