"""Out to NIR and back
===================

NIR files carry spiking networks between libraries. Here the network of the bundled model is written
as one, read again, and shown the spikes of a sentence in Brian 2: no spike differs from those of
the original in PyTorch. As a script it is run by::

    python examples/nir_round_trip.py runs/nir_round_trip
"""

import sys
from pathlib import Path

import numpy as np

from analysis.style import COLOURS, DOUBLE_COLUMN, INK, PaperFigure
from bionlp.checkpoint import load_classifier
from bionlp.encoding import poisson_spikes
from networks import nir
from networks.brian import BrianNetwork, Recorder, SpikeStimulus
from networks.pytorch import SpikingNetwork

out = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/nir_round_trip")
out.mkdir(parents=True, exist_ok=True)

# %%
# A file
# ------
#
# NIR keeps equations and weights. What it does not keep, how a spike resets a neuron say, are
# conventions; our own files have them in their metadata.

classifier = load_classifier("mr")
sentence = classifier.read("a gripping , funny and moving film")
network = classifier.network
graph = nir.write(network, out / "mr.nir")
print(f"{(out / 'mr.nir').stat().st_size / 2**20:.1f} MiB, {len(graph.nodes)} nodes")
imported = nir.read(out / "mr.nir")
for remark in imported.remarks:
    print("by convention:", remark)

# %%
# The same spikes
# ---------------

spikes = np.zeros((50, *network.input.shape), dtype=bool)
spikes[:, : len(sentence.words)] = poisson_spikes(sentence.rates, 50, seed=1)
expected = SpikingNetwork(network).double().eval().activity(spikes)
shown = spikes.reshape(len(spikes), *imported.network.input.shape)
with BrianNetwork(imported.network, SpikeStimulus([shown]), backend="numpy") as brian:
    recorder = Recorder(brian)
    brian.run(seed=0)
    found = recorder.activity(0)
pairs = [
    (name, expected[name].spikes.reshape(50, -1), found[name].spikes.reshape(50, -1))
    for name in network.order[1:]
]
for name, before, after in pairs:
    differing = int((before != after).sum())
    print(f"{name}: {after.sum()} spikes, {differing} differ")
    assert differing == 0

# %%
# A figure
# --------
#
# Open circles are the spikes of the original in PyTorch, marks in them those of the file in Brian
# 2.

figure = PaperFigure(DOUBLE_COLUMN, 2.6)
with figure.style():
    axes = figure.subplots()
    _, before, after = pairs[-1]
    step, neuron = np.nonzero(before)
    axes.plot(step, neuron, "o", ms=5, mfc="none", mec=COLOURS[6], label="PyTorch, original")
    step, neuron = np.nonzero(after)
    axes.plot(step, neuron, "|", ms=4, color=INK, label="Brian 2, from the file")
    axes.set_xlabel("Time (ms)")
    axes.set_ylabel("Output neuron")
    axes.legend(ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1))
figure.savefig(out / "nir_round_trip.png", dpi=200)
