"""Neuron models side by side
==========================

A network is a description, and a model of neurons is a part of it. Here one input neuron drives one
neuron of each of five models with the same weight, in Brian 2 and in PyTorch, and their membranes
are drawn. As a script it is run by::

    python examples/neuron_models.py runs/neuron_models
"""

import sys
from pathlib import Path

import numpy as np

from analysis.style import COLOURS, DOUBLE_COLUMN, GREY, INK, PaperFigure
from networks.brian import BrianNetwork, Recorder, SpikeStimulus
from networks.description import Connection, Network, Population
from networks.neurons import IF, LIF, Input
from networks.neurons.adaptive import AdaptiveLIF
from networks.neurons.cuba import CubaLIF
from networks.neurons.reset_to_value import ResetLIF
from networks.pytorch import SpikingNetwork
from networks.transforms import Dense

out = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/neuron_models")
out.mkdir(parents=True, exist_ok=True)

# %%
# Five models, one input
# ----------------------
#
# The equation of each model is the docstring of its class.

MODELS = {
    "IF: no leak": IF(),
    "LIF": LIF(decay=0.9),
    "LIF, reset to 0": ResetLIF(decay=0.9),
    "adaptive LIF": AdaptiveLIF(decay=0.9, adaptation_decay=0.95, strength=0.3),
    "LIF behind a synapse": CubaLIF(synaptic_decay=0.8, decay=0.9, gain=0.2),
}
STEPS, WEIGHT = 120, 0.45
names = [f"model{number}" for number in range(len(MODELS))]
network = Network(
    (
        Population("input", (1,), Input()),
        *(
            Population(name, (1,), model)
            for name, model in zip(names, MODELS.values(), strict=True)
        ),
    ),
    tuple(Connection("input", name, Dense(np.array([[WEIGHT]]))) for name in names),
)
spikes = np.random.default_rng(3).random((STEPS, 1)) < 0.5

# %%
# In both simulators
# ------------------

membranes = {name: [0] for name in names}
expected = SpikingNetwork(network).double().eval().activity(spikes, membranes)
with BrianNetwork(network, SpikeStimulus([spikes]), backend="numpy") as brian:
    recorder = Recorder(brian, membranes=membranes)
    brian.run(seed=0)
    found = recorder.activity(0)
for name, title in zip(names, MODELS, strict=True):
    differing = int((found[name].spikes != expected[name].spikes).sum())
    print(f"{title}: {found[name].spikes.sum()} spikes, {differing} differ from PyTorch's")
    assert differing == 0

# %%
# A figure
# --------
#
# The membrane is seen when it is tested, so it is above the threshold where the neuron fires.

figure = PaperFigure(DOUBLE_COLUMN, 5.2)
with figure.style():
    first, *others = figure.subplots(
        len(MODELS) + 1, 1, sharex=True, height_ratios=(0.25, *[1] * len(MODELS))
    )
    first.eventplot(np.flatnonzero(spikes[:, 0]), lw=0.6, color=INK)
    first.set_yticks([])
    first.set_title("input", loc="left")
    for axes, name, title in zip(others, names, MODELS, strict=True):
        trace, fired = found[name].membrane[:, 0], np.flatnonzero(found[name].spikes[:, 0])
        axes.plot(trace, color=COLOURS[0])
        axes.plot(fired, trace[fired], ls="none", marker="o", ms=2.5, color=COLOURS[5])
        axes.axhline(1, color=GREY, ls="--", lw=0.7)
        axes.set_title(f"{title}: {len(fired)} spikes", loc="left")
        axes.set_ylabel("Membrane")
    others[-1].set_xlabel("Time (ms)")
figure.savefig(out / "neuron_models.png", dpi=200)
