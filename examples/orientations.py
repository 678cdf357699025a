"""A convolution in a Brian 2 network of your own
==============================================

``ConvolutionalSynapses`` are a Brian 2 object like any other. They hold a kernel once, in place of
a synapse for each use of a weight, and need nothing else of this project. Here are two orientations
over a noisy image of a cross, as simple cells see it. As a script it is run by::

    python examples/orientations.py runs/orientations
"""

import sys
from pathlib import Path

import brian2 as b2
import numpy as np

from analysis.style import DOUBLE_COLUMN, PaperFigure
from networks.brian import ConvolutionalSynapses

SIZE = 28
out = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/orientations")
out.mkdir(parents=True, exist_ok=True)

# %%
# A retina, two kernels, and integrate-and-fire neurons
# -----------------------------------------------------

b2.prefs.codegen.target = "numpy"
b2.seed(0)
bars = np.array([[[-1, -1, -1], [2, 2, 2], [-1, -1, -1]], [[-1, 2, -1]] * 3]) / 3
cross = np.full((SIZE, SIZE), 5.0)
cross[14, 4:24] = cross[4:24, 14] = 200  # Hz
retina = b2.PoissonGroup(cross.size, rates=cross.ravel() * b2.Hz)
cortex = b2.NeuronGroup(
    SIZE * SIZE * 2, "dv/dt = -v / (10*ms) : 1", threshold="v > 1", reset="v = 0", method="exact"
)
synapses = ConvolutionalSynapses(retina, cortex, bars[..., None], shape=(SIZE, SIZE), padding=1)
seen, fired = b2.SpikeMonitor(retina), b2.SpikeMonitor(cortex)
b2.Network(retina, cortex, synapses, seen, fired).run(200 * b2.ms)
print(synapses.windows, "windows,", synapses.events[:], "synaptic events")
unrolled = synapses.windows[0] ** 2 * bars.size
print(f"{bars.size} weights; Brian 2's own synapses would be up to {unrolled}")

# %%
# A figure
# --------
#
# The horizontal bar is found by the first kernel, the vertical one by the second.

counts = np.asarray(fired.count).reshape(SIZE, SIZE, 2)
images = {
    "retina": np.asarray(seen.count).reshape(SIZE, SIZE),
    "horizontal": counts[..., 0],
    "vertical": counts[..., 1],
}
for name, image in images.items():
    print(f"{name}: {image.sum()} spikes")
figure = PaperFigure(DOUBLE_COLUMN, 2.4)
with figure.style():
    for axes, (name, image) in zip(figure.subplots(1, 3), images.items(), strict=True):
        shown = axes.imshow(image, cmap="viridis", interpolation="nearest")
        axes.set_title(name, loc="left")
        axes.set_xticks([])
        axes.set_yticks([])
        figure.colorbar(shown, ax=axes, label="Spikes in 200 ms")
figure.savefig(out / "orientations.png", dpi=200)
