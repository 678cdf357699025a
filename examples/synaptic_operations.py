"""Where the synaptic operations go
================================

Energy on neuromorphic hardware is mostly that of synaptic operations: a spike that arrives at a
synapse. Recordings count them. Here are those of the bundled sentences in both languages, layer by
layer; ``bionlp energy`` turns such counts into joules under several cost models. As a script it is
run by::

    python examples/synaptic_operations.py runs/synaptic_operations
"""

import sys
from pathlib import Path

import numpy as np

from analysis.style import COLOURS, DOUBLE_COLUMN, PaperFigure
from bionlp.checkpoint import load_classifier
from bionlp.engine import Engine
from bionlp.samples import SAMPLES
from bionlp.simulation import simulate

out = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/synaptic_operations")
out.mkdir(parents=True, exist_ok=True)

# %%
# Simulate, and read the counts
# -----------------------------
#
# An input spike arrives at all feature maps of each window that its word lies in, so almost all
# operations are those of the convolutions.

PARTS = ("conv", "pool", "output")
found = {}
for model, language in (("mr", "en"), ("waimai", "zh")):
    recordings = simulate(
        load_classifier(model), SAMPLES[language], seed=1, engine=Engine("numpy"), record=["none"]
    )
    for number, recording in enumerate(recordings, 1):
        layers = recording.attrs["layers"]
        counts = [
            sum(
                recording[name].attrs["synaptic_events"] for name in layers if name.startswith(part)
            )
            for part in PARTS
        ]
        words = recording["input"].sizes["position"]
        found[f"{model} {number}, {words} words"] = counts
        print(f"{model}: {words} words,", dict(zip(PARTS, counts, strict=True)))

# %%
# A figure
# --------

figure = PaperFigure(DOUBLE_COLUMN, 2.6)
with figure.style():
    axes = figure.subplots()
    width = 0.25
    for number, part in enumerate(PARTS):
        heights = [counts[number] for counts in found.values()]
        axes.bar(
            np.arange(len(found)) + (number - 1) * width,
            heights,
            width,
            color=COLOURS[number],
            label=part,
        )
    axes.set_yscale("log")
    ticks = [10**power for power in range(3, 9)]
    axes.set_yticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.set_xticks(range(len(found)), [name.replace(", ", "\n") for name in found])
    axes.set_ylabel("Synaptic operations in 50 ms")
    axes.legend(ncols=3, loc="upper center", bbox_to_anchor=(0.5, 1.15))
figure.savefig(out / "synaptic_operations.png", dpi=200)
