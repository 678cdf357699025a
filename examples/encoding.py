"""From words to Poisson spikes
============================

Each word has an embedding, all of whose values lie in [0, 1]. Each value is the probability of a
spike in a step of 1 ms: so a word drives as many input neurons as its embedding is long, each
independently. Here are the rates of a sentence, the spikes of one presentation, and how fast counts
of spikes come near the rates. As a script it is run by::

    python examples/encoding.py runs/encoding
"""

import sys
from pathlib import Path

import numpy as np

from analysis.style import COLOURS, DOUBLE_COLUMN, GREY, INK, PaperFigure
from bionlp.checkpoint import load_classifier
from bionlp.encoding import poisson_spikes

out = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/encoding")
out.mkdir(parents=True, exist_ok=True)

# %%
# Rates and spikes
# ----------------

classifier = load_classifier("mr")
sentence = classifier.read("a gripping , funny and moving film")
spikes = poisson_spikes(sentence.rates, 50, seed=1)
words, features = sentence.rates.shape
print(f"{words} words of {features} features, rates {sentence.rates.mean():.3f} on average")
print(f"{spikes.sum()} spikes in 50 steps, {spikes.mean():.3f} a neuron and step")

# %%
# How near are counts to rates?
# -----------------------------
#
# A count of n steps, divided by n, is off by sqrt(r (1 - r) / n) on average: noise that the network
# has to live with, and that longer presentations buy off slowly.

lengths = np.array([5, 10, 20, 50, 100, 200, 500, 1000])
drawn = poisson_spikes(sentence.rates, int(lengths[-1]), seed=1)
counted = np.cumsum(drawn, axis=0)[lengths - 1] / lengths[:, None, None]
found = np.sqrt(((counted - sentence.rates) ** 2).mean(axis=(1, 2)))
expected = np.sqrt((sentence.rates * (1 - sentence.rates)).mean() / lengths)
for steps, error, theory in zip(lengths, found, expected, strict=True):
    print(f"{steps:5} steps: off by {error:.4f}, in theory {theory:.4f}")

# %%
# A figure
# --------
#
# Left the rates, in the middle the spikes of 60 features of "moving", right the error.

SHOWN = 60
number = sentence.words.index("moving")
figure = PaperFigure(DOUBLE_COLUMN, 2.6, sentence.words)
with figure.style():
    left, middle, right = figure.subplots(1, 3, width_ratios=(1.3, 1.3, 1))
    image = left.imshow(
        sentence.rates, aspect="auto", cmap="viridis", vmin=0, vmax=1, interpolation="nearest"
    )
    left.set_yticks(range(words), sentence.words)
    left.set_xlabel("Feature")
    left.set_title("Rates (spikes a step)", loc="left")
    figure.colorbar(image, ax=left)
    step, row = np.nonzero(spikes[:, number, :SHOWN])
    middle.scatter(step, row, marker="|", s=6, linewidths=0.6, color=INK)
    middle.set_ylim(SHOWN, -1)
    middle.set_xlabel("Time (ms)")
    middle.set_ylabel(f"Feature of “{sentence.words[number]}”")
    middle.set_title("One presentation", loc="left")
    right.loglog(lengths, found, marker="o", linestyle="none", color=COLOURS[0], label="counted")
    right.loglog(lengths, expected, color=GREY, label="√(r (1 − r) / n)")
    for axis, ticks in ((right.xaxis, (10, 100, 1000)), (right.yaxis, (0.02, 0.05, 0.1, 0.2))):
        axis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
        axis.set_ticks([], minor=True)
    right.set_xlabel("Steps n")
    right.set_ylabel("Error of the rate")
    right.legend()
figure.savefig(out / "encoding.png", dpi=200)
