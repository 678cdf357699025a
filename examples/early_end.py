"""Each sentence lasts as long as its decision
============================================

A presentation can be over as soon as one class is far enough ahead. Brian 2 then goes on with the
next sentence, in the same run, so that a stream of sentences takes as long as its decisions do.
Here some sentences follow each other, each for 50 steps at most. As a script it is run by::

    python examples/early_end.py runs/early_end
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from analysis.style import COLOURS, DOUBLE_COLUMN, GREY, PaperFigure
from bionlp.checkpoint import load_classifier
from networks.brian import BrianNetwork, PoissonStimulus, Recorder

STEPS, MARGIN, SEED = 50, 20, 1
TEXTS = (
    "a gripping , funny and moving film",
    "a dull mess",
    "a film with some good ideas and a dull end",
    "one of the best films of the year",
    "a waste of time and of good actors",
)
out = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/early_end")
out.mkdir(parents=True, exist_ok=True)

# %%
# The margin
# ----------
#
# It is a field of the readout, so it is part of the network.

classifier = load_classifier("mr")
readout = replace(classifier.network.voting, margin=MARGIN)
network = replace(classifier.network, readout=readout)
rates = [classifier.read(text).rates for text in TEXTS]

# %%
# One run
# -------
#
# Before the run the network knows how long it could be, and afterwards how long it was.

with BrianNetwork(network, PoissonStimulus.of_rates(rates, STEPS), backend="numpy") as brian:
    planned = int(brian.begin[-1])
    recorder = Recorder(brian, ["output"])
    brian.run(seed=SEED)
    begin = brian.begin
    spikes = [recorder.activity(number)["output"].spikes for number in range(len(TEXTS))]

print(f"{begin[-1]} of {planned} steps:")
leads = []
for text, fired in zip(TEXTS, spikes, strict=True):
    votes = fired.reshape(len(fired), classifier.classes, -1).sum(axis=2).cumsum(axis=0)
    leads.append(votes[:, 1] - votes[:, 0])
    answer = classifier.label_names[int(leads[-1][-1] > 0)]
    print(f"{len(fired):3} steps, {answer}: “{text}”")

# %%
# A figure
# --------

figure = PaperFigure(DOUBLE_COLUMN, 2.7, TEXTS)
with figure.style():
    axes = figure.subplots()
    bottom = axes.get_xaxis_transform()
    for number, (start, lead) in enumerate(zip(begin, leads, strict=False), start=1):
        axes.plot(start + np.arange(len(lead) + 1), np.append(0, lead), color=COLOURS[0])
        axes.axvline(begin[number], color=GREY, lw=0.5)
        axes.text(start + 0.5, 0.03, f"sentence {number}", transform=bottom, fontsize=7, color=GREY)
    for side in (-MARGIN, MARGIN):
        axes.axhline(side, color=GREY, lw=0.7, ls="--")
    axes.axhline(0, color=GREY, lw=0.5)
    axes.set_xlim(0, begin[-1])
    axes.set_xlabel("Time (ms)")
    axes.set_ylabel(f"Lead of “{classifier.label_names[1]}” (votes)")
figure.savefig(out / "early_end.png", dpi=200)
