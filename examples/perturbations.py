"""Damage: fewer bits, lost spikes, dead neurons
=============================================

A perturbation takes the description of a network and returns another one, so whatever runs a
network runs a damaged one. Here the votes of a few sentences are compared with those of the intact
network, level by level. ``bionlp experiment perturb`` measures the same on whole test sets. As a
script it is run by::

    python examples/perturbations.py runs/perturbations
"""

import sys
from pathlib import Path

import numpy as np

from analysis.style import DOUBLE_COLUMN, GREY, PaperFigure, class_styles
from bionlp.checkpoint import load_classifier
from bionlp.encoding import poisson_spikes
from bionlp.samples import SAMPLES
from networks.perturbation import parse
from networks.pytorch import SpikingNetwork

out = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/perturbations")
out.mkdir(parents=True, exist_ok=True)

# %%
# Votes of an intact and of a damaged network
# -------------------------------------------

LEVELS = {
    "bits": ("8", "6", "4", "3", "2"),
    "failure": ("0.05", "0.1", "0.2", "0.4", "0.6"),
    "dead": ("0.05", "0.1", "0.2", "0.4", "0.6"),
}
classifier = load_classifier("mr")
names = classifier.label_names
sentences = [classifier.read(text) for text in SAMPLES["en"]]


def leads(damaged):
    """Return the lead of the second class in each sentence, in votes."""
    model = SpikingNetwork(damaged.network).double().eval()
    found = []
    for sentence in sentences:
        activity = model.activity(poisson_spikes(sentence.rates, 50, seed=1))
        spikes = activity["output"].spikes.sum(axis=0).reshape(classifier.classes, -1)
        found.append(int(np.diff(spikes.sum(axis=1))[0]))
    return found


intact = leads(classifier)
found = {
    what: [leads(classifier.perturbed(parse([f"{what}={level}"], seed=1))) for level in levels]
    for what, levels in LEVELS.items()
}
print("intact:", intact)
for what, levels in LEVELS.items():
    for level, lead in zip(levels, found[what], strict=True):
        print(f"{what}={level}:", lead)

# %%
# A figure
# --------
#
# A line for each sentence: above zero it is called positive, below negative.

figure = PaperFigure(DOUBLE_COLUMN, 2.6)
with figure.style():
    panels = figure.subplots(1, len(LEVELS), sharey=True)
    for axes, (what, levels) in zip(panels, LEVELS.items(), strict=True):
        for lead, before, style in zip(
            np.transpose(found[what]), intact, class_styles(len(intact)), strict=True
        ):
            axes.plot([before, *lead], **style, label=f"intact {before:+}")
        axes.axhline(0, color=GREY, lw=0.7)
        axes.set_xticks(range(len(levels) + 1), ["intact", *levels])
        axes.set_xlabel(f"--perturb {what}=")
    lines, labels = panels[0].get_legend_handles_labels()
    figure.legend(lines, labels, loc="outside upper center", ncols=len(lines))
    panels[0].set_ylabel(f"Lead of “{names[1]}” (votes)")
figure.savefig(out / "perturbations.png", dpi=200)
