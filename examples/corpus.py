"""A corpus that is read lazily
============================

The spikes of a whole test set do not fit into memory, and need not: sentences are recorded in
blocks into one store, and what is asked of all of them is read piece by piece. Here are eight
sentences, and how fast the populations of the bundled model fire while it reads of films that were
liked and of films that were not. As a script it is run by::

    python examples/corpus.py runs/corpus

The same for a data set is ``bionlp record mr --dataset mr --split test --out corpus.zarr``.
"""

import shutil
import sys
from pathlib import Path

from analysis.rates import rates_over_time
from analysis.style import COLOURS, DOUBLE_COLUMN, LINES, MARKERS, PaperFigure
from bionlp.checkpoint import load_classifier
from bionlp.corpora import record_corpus
from bionlp.recording import open_corpus, take_sentence

NEGATIVE = (
    "a dull and lifeless mess that is too long by half",
    "the plot is thin , the jokes are stale and the cast looks bored",
    "an unfunny comedy without a single original idea",
    "boring , predictable and badly acted",
)
POSITIVE = (
    "a gripping , funny and moving film",
    "a warm and beautifully acted portrait of a family",
    "the cast is wonderful and the story never loses its way",
    "clever , tender and full of surprises",
)
out = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/corpus")
out.mkdir(parents=True, exist_ok=True)

# %%
# Recording
# ---------
#
# Each sentence has its number, its text and its true label. Were this interrupted, the same call
# would record the sentences that are missing.

classifier = load_classifier("mr")
store = out / "corpus.zarr"
shutil.rmtree(store, ignore_errors=True)
labels = [0] * len(NEGATIVE) + [1] * len(POSITIVE)
done = record_corpus(classifier, [*NEGATIVE, *POSITIVE], store, labels=labels, seed=1)
size = sum(file.stat().st_size for file in store.rglob("*") if file.is_file())
print(f"{done.sentences} sentences, {size / 1e3 / done.sentences:.0f} kB each")

# %%
# Reading
# -------
#
# Opening reads no spikes. Shorter sentences have silence behind them, and their true sizes beside
# them. One sentence is an ordinary recording again.

corpus = open_corpus(store)
spikes = corpus["conv3"]["spikes"]
print(f"{type(spikes.data).__module__}: {dict(spikes.sizes)}")
recording = take_sentence(corpus, 4)
print(f"“{recording.attrs['text']}”: {recording.attrs['label_name']}")

# %%
# Rates by population and class
# -----------------------------
#
# Mean rates of all neurons that a sentence has, in each step; xarray parts the sentences by their
# true label.

rates = rates_over_time(corpus)
classes = rates.groupby("true_label").mean("sentence").compute()
for label, name in enumerate(classifier.label_names):
    output = classes.sel(true_label=label, population="output")
    print(f"{name}: an output neuron fires at {float(output.mean('time')):.1f} Hz")

# %%
# A figure
# --------
#
# Below, each mark is a sentence. A pooling neuron counts the spikes of all positions, so it fires
# faster the longer the sentence is. Half of the output neurons belong to each class: at 500 Hz
# those of one class fire in every step, and the others never.

GROUPS = (("conv3", "Convolution, three words"), ("pool3", "Pooling"), ("output", "Output"))
by_sentence = rates.mean("time").compute()
figure = PaperFigure(DOUBLE_COLUMN, 4.2)
with figure.style():
    above, below = figure.subplots(2, 3)
    for column, (population, title) in enumerate(GROUPS):
        for label, name in enumerate(classifier.label_names):
            look = {"color": COLOURS[label], "label": name}
            course = classes.sel(true_label=label, population=population)
            above[column].plot(corpus["time"], course, ls=LINES[label], **look)
            own = by_sentence.sel(population=population)[corpus["true_label"].values == label]
            look |= {"ls": "none", "marker": MARKERS[label], "mfc": "none"}
            below[column].plot(own["word_count"], own, **look)
        above[column].set_title(title, loc="left")
        above[column].set_xlabel("Time (ms)")
        below[column].set_xlabel("Words of the sentence")
        above[column].set_ylim(bottom=0)
        below[column].set_ylim(bottom=0)
    for row in (above, below):
        row[0].set_ylabel("Mean rate (Hz)")
    above[0].legend(loc="lower right")
figure.savefig(out / "corpus.png", dpi=200)
