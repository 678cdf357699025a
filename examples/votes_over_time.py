"""A decision takes time, and has noise
====================================

Ten output neurons vote for each class, and the input is Poisson noise. So the answer to a sentence
builds up step by step, and differs a little from draw to draw. Here is the lead of one class over
the other for a clear sentence and for one that is not, 40 draws each. As a script it is run by::

    python examples/votes_over_time.py runs/votes_over_time
"""

import sys
from pathlib import Path

import numpy as np

from analysis.style import COLOURS, DOUBLE_COLUMN, GREY, PaperFigure
from bionlp.checkpoint import load_classifier
from bionlp.encoding import poisson_spikes
from networks.description import crop
from networks.pytorch import SpikingNetwork

STEPS, DRAWS = 50, 40
TEXTS = ("a gripping , funny and moving film", "a film with some good ideas and a dull end")
out = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/votes_over_time")
out.mkdir(parents=True, exist_ok=True)

# %%
# Many presentations
# ------------------
#
# PyTorch computes the very spikes that Brian 2 does, and quicker for many draws.

classifier = load_classifier("mr")
negative, positive = classifier.label_names


def leads(text):
    """Return how many votes "positive" is ahead after each step, a row for each draw."""
    sentence = classifier.read(text)
    model = SpikingNetwork(crop(classifier.network, len(sentence.words))).double().eval()
    found = []
    for seed in range(DRAWS):
        output = model.activity(poisson_spikes(sentence.rates, STEPS, seed=seed))["output"].spikes
        votes = output.reshape(STEPS, classifier.classes, -1).sum(axis=2).cumsum(axis=0)
        found.append(votes[:, 1] - votes[:, 0])
    return np.array(found)


found = {text: leads(text) for text in TEXTS}
for text, lead in found.items():
    final = lead[:, -1]
    print(f"“{text}”: {(final > 0).sum()} of {DRAWS} {positive}, lead {final.mean():.1f} votes")

# %%
# A figure
# --------

figure = PaperFigure(DOUBLE_COLUMN, 2.7, TEXTS)
with figure.style():
    for axes, (text, lead) in zip(figure.subplots(1, 2), found.items(), strict=True):
        axes.plot(np.arange(1, STEPS + 1), lead.T, color=COLOURS[6], lw=0.4)
        axes.plot(np.arange(1, STEPS + 1), lead.mean(axis=0), color=COLOURS[0], label="mean")
        axes.axhline(0, color=GREY, lw=0.7)
        axes.set_title(f"“{text}”", loc="left", fontsize=7)
        axes.set_xlabel("Time (ms)")
        axes.set_ylabel(f"Lead of “{positive}” (votes)")
        axes.legend()
figure.savefig(out / "votes_over_time.png", dpi=200)
