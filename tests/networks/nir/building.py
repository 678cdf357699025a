"""Graphs of NIR, made by hand in few words, and run."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from networks.brian import SYNAPSES, BrianNetwork, Recorder, SpikeStimulus
from networks.nir import Graph, Node
from networks.pytorch import SpikingNetwork

LEAKY = {"tau": 5e-3, "r": 2.0, "v_leak": 0.0}
FIRING = {"v_threshold": 1.5, "v_reset": -0.5}
CURRENT = {"tau_syn": 2e-3, "tau_mem": 5e-3, "r": 2.0, "v_leak": 0.0, "w_in": 3.0}


def node(kind, **fields):
    """A node; texts stay texts, all else becomes an array."""
    return Node(
        kind, {k: v if isinstance(v, str) else np.asarray(v) for k, v in fields.items()}, {}
    )


def chain(*nodes, dt=1e-3, names=None, extra=()):
    """A graph of nodes that hear each other in a row, and edges beyond."""
    names = names or [f"n{number}" for number in range(len(nodes))]
    edges = [*pairwise(names), *extra]
    return Graph(dict(zip(names, nodes, strict=True)), tuple(edges), {"dt": np.array(dt)})


def lif(n, *, tau=5e-3, **fields):
    """Leaky neurons whose input is added as it is, at a time step of 1 ms."""
    shape = (n,) if np.isscalar(n) else tuple(n)
    values = {"tau": tau, "r": tau / 1e-3, "v_leak": 0.0, "v_threshold": 1.0, "v_reset": 0.0}
    return node("LIF", **{k: np.full(shape, v) for k, v in (values | fields).items()})


def convolution(weight, **fields):
    """A convolution in one or two dimensions."""
    weight = np.asarray(weight)
    axes = weight.ndim - 2
    values = {"stride": 1, "padding": 0, "dilation": 1}
    values = {k: np.full(axes, v) if axes > 1 else v for k, v in values.items()}
    defaults = {"groups": 1, "bias": np.zeros(len(weight))}
    return node(f"Conv{axes}d", weight=weight, **(values | defaults | fields))


def pool(kind, window, stride=None, padding=0):
    """Pooling of images."""
    return node(
        kind,
        kernel_size=np.broadcast_to(window, 2).copy(),
        stride=np.broadcast_to(window if stride is None else stride, 2).copy(),
        padding=np.broadcast_to(padding, 2).copy(),
    )


def flatten():
    """All axes become one."""
    return node("Flatten", start_dim=0, end_dim=-1)


def spikes(shape, steps=40, rate=0.4, seed=0):
    """Random spikes with channels first."""
    return np.random.default_rng(seed).random((steps, *shape)) < rate


def everyone(network):
    """All neurons, for their membranes."""
    return {population.name: range(population.size) for population in network.hidden}


def run(imported, arrays):
    """What the network does in PyTorch, after it was compared with Brian 2."""
    shown = imported.shown(arrays)
    network = imported.network
    expected = SpikingNetwork(network).double().eval().activity(shown, everyone(network))
    for synapses in SYNAPSES:
        stimulus = SpikeStimulus([shown])
        with BrianNetwork(network, stimulus, backend="numpy", synapses=synapses) as brian:
            recorder = Recorder(brian, membranes=everyone(network))
            brian.run(seed=0)
            found = recorder.activity(0)
        for name, activity in expected.items():
            np.testing.assert_array_equal(found[name].spikes, activity.spikes, err_msg=name)
            np.testing.assert_allclose(found[name].membrane, activity.membrane, atol=1e-12)
    return expected


def fire(currents, *, tau=5e-3, threshold=1.0, dt=1e-3):
    """Leaky neurons as `lif` makes them, in NumPy; channels first."""
    v, fired = np.zeros(currents.shape[1:]), []
    for current in currents:
        v = v + dt / tau * (-v + tau / dt * current)
        fired.append(v > threshold)
        v = np.where(fired[-1], 0.0, v)
    return np.array(fired)


def channels_first(spikes):
    """Spikes as NIR has them."""
    return np.moveaxis(spikes, -1, 1) if spikes.ndim > 2 else spikes
