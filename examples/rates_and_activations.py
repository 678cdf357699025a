"""Firing rates in place of activations
====================================

Conversion copies the weights of a TextCNN into a spiking network. It works since a neuron without a
leak, from which each spike takes its threshold away, fires as often as a rectified linear unit
would say: the mean current, cut off at no spike and at a spike a step. Here this is looked at in
the convolutions of the bundled model, for a short and a long presentation. As a script it is run
by::

    python examples/rates_and_activations.py runs/rates_and_activations
"""

import sys
from pathlib import Path

import numpy as np

from analysis.style import COLOURS, DOUBLE_COLUMN, GREY, PaperFigure
from bionlp.checkpoint import load_classifier
from bionlp.encoding import poisson_spikes
from networks.description import crop
from networks.pytorch import SpikingNetwork

out = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/rates_and_activations")
out.mkdir(parents=True, exist_ok=True)

# %%
# Activations
# -----------
#
# The activation of a rectified linear unit, on the rates themselves. The kernel of ``conv3`` has
# the shape (maps, words, features); a window of three words is as long as that.

classifier = load_classifier("mr")
sentence = classifier.read("a gripping , funny and moving film")
network = crop(classifier.network, len(sentence.words))
kernel = network.weights["conv3"]
windows = np.lib.stride_tricks.sliding_window_view(sentence.rates, kernel.shape[1], axis=0)
currents = np.einsum("pfw,mwf->pm", windows, kernel)
activations = np.clip(currents, 0, 1)
print(
    f"{(currents > 0).mean():.0%} of {currents.size} units are active, {(currents > 1).sum()} full"
)

# %%
# Rates
# -----

LENGTHS = (50, 1000)
model = SpikingNetwork(network).double().eval()
rates = {}
for steps in LENGTHS:
    spikes = poisson_spikes(sentence.rates, steps, seed=1)
    rates[steps] = model.activity(spikes)["conv3"].spikes[:, : len(currents)].mean(axis=0)
    error = np.abs(rates[steps] - activations).mean()
    correlation = np.corrcoef(rates[steps].ravel(), activations.ravel())[0, 1]
    print(f"{steps:5} steps: mean difference {error:.3f}, correlation {correlation:.4f}")

# %%
# A figure
# --------
#
# A unit whose mean current is just below zero still fires at times, because its input is noise.

figure = PaperFigure(DOUBLE_COLUMN, 2.9)
with figure.style():
    for axes, steps in zip(figure.subplots(1, 2, sharey=True), LENGTHS, strict=True):
        axes.plot(currents.ravel(), rates[steps].ravel(), ".", ms=2, color=COLOURS[0])
        line = np.array([currents.min(), 0, 1, max(1, currents.max())])
        axes.plot(line, np.clip(line, 0, 1), color=GREY, label="rectified linear unit")
        axes.set_title(f"{steps} steps", loc="left")
        axes.set_xlabel("Mean current (thresholds a step)")
    figure.axes[0].set_ylabel("Firing rate (spikes a step)")
    figure.axes[0].legend()
figure.savefig(out / "rates_and_activations.png", dpi=200)
