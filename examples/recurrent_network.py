"""A network with loops and delays
===============================

Nothing in a description is about text. Here a random film on a small retina drives convolutions and
a population with memory: it hears itself a step later, and talks back to the convolutions two steps
later. PyTorch and Brian 2 run the same description. As a script it is run by::

    python examples/recurrent_network.py runs/recurrent_network
"""

import sys
from pathlib import Path

import numpy as np

from analysis.style import COLOURS, DOUBLE_COLUMN, INK, PaperFigure
from networks.brian import BrianNetwork, Recorder, SpikeStimulus
from networks.description import Connection, Network, Population
from networks.neurons import LIF, Input
from networks.neurons.adaptive import AdaptiveLIF
from networks.pytorch import SpikingNetwork
from networks.transforms import Convolution, Dense

STEPS = 100
out = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/recurrent_network")
out.mkdir(parents=True, exist_ok=True)

# %%
# Populations and connections
# ---------------------------

rng = np.random.default_rng(1)
network = Network(
    (
        Population("retina", (8, 8, 1), Input()),
        Population("edges", (6, 6, 4), LIF(decay=0.9)),
        Population("memory", (10,), AdaptiveLIF(decay=0.95, strength=0.2)),
    ),
    (
        Connection("retina", "edges", Convolution(rng.normal(0.2, 0.5, (4, 3, 3, 1)))),
        Connection("edges", "memory", Dense(rng.normal(0, 0.2, (10, 144)))),
        Connection("memory", "memory", Dense(rng.normal(0, 0.3, (10, 10))), delay=1),
        Connection("memory", "edges", Dense(rng.normal(0, 0.3, (144, 10))), delay=2),
    ),
)
print("order of computation:", network.order)

# %%
# The same spikes in both simulators
# ----------------------------------

film = rng.random((STEPS, 8, 8, 1)) < 0.3
expected = SpikingNetwork(network).double().eval().activity(film)
with BrianNetwork(network, SpikeStimulus([film]), backend="numpy") as brian:
    recorder = Recorder(brian)
    brian.run(seed=0)
    found = recorder.activity(0)
for name, activity in found.items():
    differing = int((activity.spikes != expected[name].spikes).sum())
    print(f"{name}: {activity.spikes.sum()} spikes, {differing} differ")
    assert differing == 0

# %%
# A figure
# --------

figure = PaperFigure(DOUBLE_COLUMN, 4.0)
with figure.style():
    panels = figure.subplots(3, 1, sharex=True, height_ratios=(2, 3, 1))
    for axes, (name, activity), colour in zip(
        panels, found.items(), (INK, COLOURS[0], COLOURS[5]), strict=True
    ):
        step, neuron = np.nonzero(activity.spikes.reshape(STEPS, -1))
        axes.scatter(step, neuron, marker="|", s=5, linewidths=0.6, color=colour)
        axes.set_ylabel(name)
        axes.set_yticks([])
    panels[-1].set_xlabel("Time (ms)")
figure.savefig(out / "recurrent_network.png", dpi=200)
