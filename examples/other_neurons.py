"""AdEx neurons in a trained network
=================================

A classifier of sentences was trained with leaky integrate-and-fire neurons whose membrane is a
number without a unit. Here the neurons of its convolutions become adaptive exponential
integrate-and-fire neurons (Brette & Gerstner 2005), with a membrane in millivolts; all weights,
and all other neurons, stay what they are. Both networks read the very same input spikes. As a
script it is run by::

    python examples/other_neurons.py runs/other_neurons
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from brian2 import ms

from analysis.style import DOUBLE_COLUMN, GREY, INK, PaperFigure, class_styles
from bionlp.checkpoint import load_classifier
from bionlp.encoding import poisson_spikes
from networks.brian import BrianNetwork, Recorder, SpikeStimulus, refined
from networks.brian.neuron_files import shelf_model
from networks.description import crop, refine

out = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/other_neurons")
out.mkdir(parents=True, exist_ok=True)

# %%
# The trained network
# -------------------
#
# The sentence becomes Poisson spikes, 50 steps of 1 ms of them, and Brian 2 simulates the network.

classifier = load_classifier("mr")
sentence = classifier.read("a gripping , funny and moving film")
network = crop(classifier.network, len(sentence.words))
stimulus = SpikeStimulus([poisson_spikes(sentence.rates, 50, seed=1)])


def simulate(network, stimulus, **options):
    """Return what each population did, and the membranes of one convolution."""
    with BrianNetwork(network, stimulus, backend="numpy", **options) as brian:
        recorder = Recorder(brian, membranes={"conv3": range(network["conv3"].size)})
        brian.run(seed=0)
        return recorder.activity(0)


trained = simulate(network, stimulus)

# %%
# The same with AdEx
# ------------------
#
# The model comes from the shelf. Its ``scale`` says what the current of the trained network is
# worth: what took the trained neuron from rest to its threshold takes this one there, too. That is
# a guess from the equations alone; what it costs the classifier is a matter of measuring. The
# adaptation is made a little faster here, to be seen within 50 ms.
#
# The exponential is steep, so each step is parted into ten: ``refine`` does that to the network,
# ``refined`` to the model, and the input spikes come at the beginning of what was their step.

PARTS = 10
adex = shelf_model("adex")
adex = replace(adex, parameters={**adex.parameters, "tau_w": "40*ms"})
neurons = dict.fromkeys(["conv3", "conv4", "conv5"], refined(adex, PARTS))
other = simulate(
    refine(network, PARTS), stimulus.refined(PARTS), dt=1 * ms / PARTS, neurons=neurons
)

votes = {}
for name, activity in (("LIF", trained), ("AdEx", other)):
    counts = activity["output"].spikes.sum(axis=0).reshape(classifier.classes, -1).sum(axis=1)
    votes[name] = dict(zip(classifier.label_names, counts.tolist(), strict=True))
    print(f"{name}: {activity['conv3'].spikes.sum()} spikes in conv3, votes {votes[name]}")

# %%
# A figure
# --------
#
# Left the trained network, right the one with AdEx neurons in its convolutions. Of conv3 a random
# sample is shown, sorted by how much these neurons fired in the trained network. Below, the
# membrane of one of them: on the left in units of the weights, reset by subtraction; on the right
# in mV, a spike above -40.4 mV and a reset to -70.6 mV.

SHOWN = 60
counted = trained["conv3"].spikes.sum(axis=0).ravel()
active = np.random.default_rng(0).permutation(np.flatnonzero(counted))[:SHOWN]
active = active[np.argsort(-counted[active], kind="stable")]
neuron = active[np.abs(counted[active] - 15).argmin()]
sides = (
    ("LIF, as trained", trained, 1.0, 1.0, "Membrane\n(units of the weights)", 1.0),
    ("AdEx in the convolutions", other, 1 / PARTS, 1e3, "Membrane (mV)", -40.4),
)


def draw_spikes(axes, fired, dt, colours):
    """Draw a mark for each spike, a row for each neuron."""
    step, row = np.nonzero(fired)
    axes.scatter(
        step * dt,
        row,
        marker="|",
        s=9,
        linewidths=0.7,
        color=np.asarray(colours)[row],
        gid="spikes",
    )
    axes.set_ylim(fired.shape[1], -1)


figure = PaperFigure(DOUBLE_COLUMN, 5.2)
with figure.style():
    grid = figure.subplots(4, 2, sharex=True, height_ratios=(3, 2, 1.3, 1.6))
    for column, (title, activity, dt, unit, label, threshold) in zip(grid.T, sides, strict=True):
        conv, pool, output, membrane = column
        fired = activity["conv3"].spikes.reshape(len(activity["conv3"].spikes), -1)[:, active]
        draw_spikes(conv, fired, dt, [INK] * SHOWN)
        draw_spikes(pool, activity["pool3"].spikes, dt, [INK] * 100)
        each = activity["output"].spikes.shape[1] // classifier.classes
        colours = np.repeat([style["color"] for style in class_styles(classifier.classes)], each)
        draw_spikes(output, activity["output"].spikes, dt, colours)
        conv.set_title(title, loc="left", pad=8)
        trace = activity["conv3"].membrane[:, neuron] * unit
        time = np.arange(len(trace)) * dt
        membrane.plot(time, trace, color=INK)
        membrane.axhline(threshold, color=GREY, linestyle=(0, (4, 2)), linewidth=0.7)
        steps = activity["conv3"].spikes.reshape(len(trace), -1)[:, neuron]
        membrane.plot(
            time[steps],
            np.full(steps.sum(), 1.06),
            transform=membrane.get_xaxis_transform(),
            linestyle="none",
            marker="|",
            markersize=4,
            color=INK,
            clip_on=False,
        )
        membrane.set_ylabel(label)
        membrane.set_xlabel("Time (ms)")
        membrane.set_xlim(0, 50)
    for axes, name in zip(grid[:, 0], (f"{SHOWN} of conv3", "pool3", "output"), strict=False):
        axes.set_ylabel(name)
    for axes in grid[:3].flat:
        axes.set_yticks([])
    for axes, counts in zip(grid[2], votes.values(), strict=True):
        said = ", ".join(f"{name} {count}" for name, count in counts.items())
        axes.set_title(f"votes: {said}", loc="right", fontsize=6.5)
    figure.suptitle(f"“{sentence.text}”", fontsize=8, x=0.01, ha="left")
    figure.align_ylabels(grid)
    figure.savefig(out / "other_neurons.png", dpi=200)
print(f"figure written to {out / 'other_neurons.png'}")
