"""What words do: negation in two languages
========================================

A sentence is presented intact, and again without the spikes of each of its words, all others being
the same. What then changes in the lead of the winning class is what the word did. The Chinese model
understands 不 (not); the English one feels "not", but too weakly. As a script it is run by::

    python examples/negation.py runs/negation
"""

import sys
from pathlib import Path

from analysis.style import COLOURS, DOUBLE_COLUMN, GREY, PaperFigure
from bionlp.attribution import attribute
from bionlp.checkpoint import load_classifier
from bionlp.encoding import poisson_spikes
from bionlp.engine import Engine

out = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/negation")
out.mkdir(parents=True, exist_ok=True)

# %%
# Erasing words in Brian 2
# ------------------------

TEXTS = {"waimai": "一点都不好吃", "mr": "not good at all"}
found = []
for name, text in TEXTS.items():
    classifier = load_classifier(name)
    sentence = classifier.read(text)
    spikes = poisson_spikes(sentence.rates, 50, seed=0)
    relevance, _ = attribute(classifier.network, spikes, engine=Engine("numpy"))
    label = classifier.label_names[relevance.label]
    print(f"{text}: {label} by {relevance.margin} votes")
    for word, moved in zip(sentence.words, relevance.words.tolist(), strict=True):
        print(f"    {word}: {moved:+}")
    found.append((text, label, sentence.words, relevance.words))

# %%
# A figure
# --------
#
# Words whose characters no installed font can draw are numbered.

figure = PaperFigure(DOUBLE_COLUMN, 2.2, TEXTS.values())
with figure.style():
    for axes, (text, label, words, moved) in zip(figure.subplots(1, 2), found, strict=True):
        names = figure.fonts.labels(words, "word ")
        colours = [COLOURS[0] if each > 0 else COLOURS[1] for each in moved]
        axes.barh(range(len(words)), moved, color=colours)
        axes.axvline(0, color=GREY, lw=0.7)
        axes.set_yticks(range(len(words)), names)
        axes.invert_yaxis()
        axes.set_xlabel(f"Moved towards “{label}” (votes)")
        shown = text if figure.fonts.can_draw(text) else f"{len(words)} words"
        axes.set_title(f"{shown} → {label}", loc="left")
figure.savefig(out / "negation.png", dpi=200)
