"""Graphs of NIR, made by hand in few words."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from networks.nir import Graph, Node


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
