"""From a sentence to a figure
===========================

A guide through the package in the order in which data flow: words, firing rates, spikes, a
network in Brian 2 with a monitor of our own, a recording, and figures. The cells (``# %%``) open as
a notebook in Jupyter (with jupytext), VS Code, Spyder and PyCharm; as a script it is run by::

    python examples/sentence_to_figure.py runs/example
"""

import sys
from pathlib import Path

import brian2
import numpy as np

from analysis.attribution import erase_words, relevance
from analysis.raster import plot_raster
from analysis.style import COLOURS, DOUBLE_COLUMN, PaperFigure
from bionlp.checkpoint import load_classifier
from bionlp.encoding import poisson_spikes
from bionlp.recording import class_counts, make_recording
from bionlp.validation import compare_with_pytorch
from networks.brian import BrianNetwork, Recorder, SpikeStimulus
from networks.description import crop

STEPS, SEED = 50, 1
out = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/example")
out.mkdir(parents=True, exist_ok=True)

# %%
# Words and firing rates
# ----------------------
#
# A classifier knows words, the firing rates of their embeddings, and a network. Each value of an
# embedding lies in [0, 1] and is the probability of a spike in a step of 1 ms.

classifier = load_classifier("mr")
sentence = classifier.read("a dull start, but a gripping and moving end")
print("words:", " ".join(sentence.words))
print("rates:", sentence.rates.shape, "words x features, mean", sentence.rates.mean().round(2))

# %%
# Spikes
# ------
#
# The presentation of the sentence, and the same without each of its words: what a word did for the
# decision is what happens without it.

spikes = poisson_spikes(sentence.rates, STEPS, seed=SEED)
print("input:", spikes.shape, "steps x words x features,", spikes.sum(), "spikes")
presentations = [spikes, *erase_words(spikes)]

# %%
# The network in Brian 2
# ----------------------
#
# All presentations follow each other in one simulation; membranes are cleared in between. The
# network is an ordinary ``brian2.Network``, to which any monitor may be added.

stimulus = SpikeStimulus(presentations)
# Neurons that see nothing but the silence behind the sentence can be left out.
network = crop(classifier.network, len(sentence.words))
with BrianNetwork(network, stimulus, backend="numpy") as brian:
    recorder = Recorder(brian, membranes={"output": range(20)})
    rate = brian2.PopulationRateMonitor(brian.groups["conv3"])
    brian.network.add(rate)
    brian.run(seed=SEED)
    recorded = recorder.read()
    mean_rate = np.asarray(rate.rate / brian2.Hz)[:STEPS]
print(f"conv3 fires at {mean_rate.mean():.1f} Hz on average, {mean_rate.max():.1f} Hz at most")

# %%
# Votes, and what each word did for them
# --------------------------------------
#
# Ten output neurons vote for each class.

intact, *erased = network.readout.votes(recorded.counts("output"))
found = relevance(intact, np.array(erased))
names = classifier.label_names
print("votes:", dict(zip(names, intact.tolist(), strict=True)), "->", names[found.label])
for word, moved in zip(sentence.words, found.words, strict=True):
    print(f"  {word:10} {moved:+5d}")

# %%
# Is it the network that was trained?
# -----------------------------------
#
# PyTorch is given the input of the first presentation; every spike of every layer has to be the
# same.

activity = recorded.activity(0)
(differences,) = compare_with_pytorch(classifier.network, [activity])
print("differing spikes:", {name: layer.differing for name, layer in differences.items()})

# %%
# Figures
# -------
#
# A recording is an xarray tree with words and classes as coordinates, and all figures are made
# from it. One of our own, in the same style: relevance, and the membrane of the busiest neuron.

recording = make_recording(classifier, sentence, activity, seed=SEED, backend="numpy", dt_ms=1.0)
plot_raster(recording).savefig(out / "raster.png")
print("recorded:", class_counts(recording), "output spikes")

output = recording["output"]
busiest = int(output["spikes"].sum("time").values.argmax())
figure = PaperFigure(DOUBLE_COLUMN, 2.4, [sentence.text])
with figure.style():
    left, right = figure.subplots(1, 2)
    colours = [COLOURS[0] if moved > 0 else COLOURS[1] for moved in found.words]
    left.barh(range(len(found.words)), found.words, color=colours)
    left.set_yticks(range(len(found.words)), sentence.words)
    left.invert_yaxis()
    left.set_xlabel(f"Relevance for “{names[found.label]}” (output spikes)")
    right.plot(recording["time"], output["membrane"].sel(recorded=busiest), color=COLOURS[0])
    right.axhline(output.attrs["threshold"], color=COLOURS[5], linestyle="--", label="threshold")
    right.set_xlabel("Time (ms)")
    right.set_ylabel(f"Membrane of output neuron {busiest}")
    right.legend()
figure.savefig(out / "relevance.png")
print("figures are in", out)
