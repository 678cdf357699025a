"""A word a step, and neurons that look both ways
==============================================

A small spiking encoder reads a sentence of seven words, one word a step. Its neurons are told
what comes before and what comes after, so a layer is known only when the sentence is over: Brian
2 goes through the sentence in sweeps, and a tape holds the membrane of each step. Here we watch a
tape being written and read, and see that every spike is that of PyTorch. As a script it is run by::

    python examples/word_a_step.py runs/word_a_step
"""

import sys
from pathlib import Path

import brian2
import numpy as np
import torch

from analysis.style import DOUBLE_COLUMN, GREY, INK, PaperFigure
from networks.brian import BrianNetwork, Recorder, SpikeStimulus
from networks.folding import fold
from networks.pytorch import SpikingNetwork
from networks.snnbert import Firing, SpikingEncoder

out = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/word_a_step")
out.mkdir(parents=True, exist_ok=True)

# %%
# A network
# ---------
#
# One block, 32 neurons wide. It has learnt nothing; batch normalisation has met some sentences, so
# that its layers fire. ``fold`` makes it a description: populations, connections, a readout.

WORDS, LENGTH = 40, 7
torch.manual_seed(0)
model = SpikingEncoder(torch.randn(WORDS + 1, 20), 2, width=32, hidden=64, blocks=1)
for layer in model.modules():
    if isinstance(layer, Firing):
        layer.threshold.data.fill_(0.7)
for _ in range(60):
    model(torch.randint(1, WORDS + 1, (16, LENGTH)))
network = fold(model.eval())
sweeps = network.sweeps
print(f"{len(network.hidden)} populations, {sweeps.count} sweeps")
for population in network.hidden:
    name = population.name
    print(f"{name:14} hears in sweep {sweeps.hears[name]}, fires in {sweeps.fires[name]}")

# %%
# Reading
# -------
#
# In each step the neuron of one word fires. The tape is an ordinary group of Brian 2: a cell for
# each step and neuron.

ids = np.random.default_rng(1).integers(WORDS, size=LENGTH)
spikes = np.zeros((LENGTH, WORDS, 1), dtype=bool)
spikes[np.arange(LENGTH), ids] = True

with BrianNetwork(network, SpikeStimulus([spikes]), backend="numpy") as brian:
    recorder = Recorder(brian, membranes={"block1_read": range(32)})
    neurons = sum(population.size for population in network.hidden)
    (tape,) = (part for part in brian.network.objects if part.name.startswith("tape"))
    of_neuron_0 = np.arange(LENGTH) * neurons
    held = brian2.StateMonitor(tape, "held", record=of_neuron_0, when="end", clock=brian.clock)
    brian.network.add(held)
    brian.run(seed=0)
    activity = recorder.activity(0)
    written = np.array(held.held)
    fired = {
        name: (np.asarray(monitor.t / brian.dt), np.array(monitor.i))
        for name, monitor in recorder.spikes.items()
    }

expected = SpikingNetwork(network).double().eval().activity(spikes)
differing = sum(int((expected[name].spikes != activity[name].spikes).sum()) for name in expected)
print(f"{sum(int(layer.spikes.sum()) for layer in expected.values())} spikes, {differing} differ")
assert differing == 0

# %%
# A figure
# --------
#
# Above, who fires in which sweep: a population that is heard by several others fires once for
# each. Below, what the tape holds of one neuron of ``block1_read``: in sweep 0 each step is written
# when its word comes, and moved by all words after it; from then on it stays, and in sweep 1 it is
# read, a step at a time.

figure = PaperFigure(DOUBLE_COLUMN, 4.2)
with figure.style():
    above, below = figure.subplots(2, height_ratios=(3, 1.3), sharex=True)
    names = list(fired)
    for row, name in enumerate(names):
        time, neuron = fired[name]
        size = network[name].size
        above.plot(
            time + 0.5, row + 0.1 + 0.8 * neuron / size, ls="none", marker="|", ms=2, color=INK
        )
    above.set_yticks(np.arange(len(names)) + 0.5, names)
    above.set_ylim(len(names), 0)
    above.set_title("Spikes of all neurons, by sweep", loc="left", fontsize=8, pad=14)
    below.imshow(
        written,
        aspect="auto",
        cmap="RdBu_r",
        vmin=-np.abs(written).max(),
        vmax=np.abs(written).max(),
        extent=(0, written.shape[1], LENGTH, 0),
    )
    below.plot(
        LENGTH + np.arange(LENGTH) + 0.5,
        np.arange(LENGTH) + 0.5,
        ls="none",
        marker="o",
        ms=3,
        color=INK,
    )
    below.set_title("Tape of one neuron of block1_read; dots: read", loc="left", fontsize=8)
    below.set_ylabel("Step held")
    below.set_xlabel("Step of the simulation")
    for axes in (above, below):
        for sweep in range(1, sweeps.count):
            axes.axvline(sweep * LENGTH, color=GREY, lw=0.7)
    for sweep in range(sweeps.count):
        above.text((sweep + 0.5) * LENGTH, -0.15, f"{sweep}", ha="center", va="bottom", fontsize=7)
    figure.savefig(out / "sweeps.png", dpi=200)
print(f"figure written to {out / 'sweeps.png'}")
