"""Small networks with attention, and sentences for them."""

import numpy as np
import torch

from networks.description import Connection, Network, Population, Votes
from networks.neurons import Input
from networks.neurons.bpsn import BPSN
from networks.neurons.unreset import UnresetLIF
from networks.snnbert import Firing, SpikingEncoder
from networks.transforms import Attention, Dense

ASKED = ("query", "key", "value")


def attending(rng, *, causal, words=9, width=8, heads=2):
    """A network with one attention, a residual current, and parameters that differ."""

    def neurons():
        thresholds = rng.uniform(0.2, 1.5, width)
        forward, backward = rng.uniform(0.2, 0.9, 2)
        return UnresetLIF(forward, thresholds) if causal else BPSN(forward, backward, thresholds)

    def dense(source):
        return Dense(rng.normal(size=(width, source)), rng.normal(0, 0.3, width))

    names = ("read", *ASKED, "found", "output")
    attention = Attention(
        rng.normal(size=width), heads, causal=causal, bias=rng.normal(0, 0.3, width)
    )
    return Network(
        (
            Population("words", (words, 1), Input()),
            *(Population(name, (width,), neurons()) for name in names),
        ),
        (
            Connection(("words",), "read", dense(words)),
            *(Connection(("read",), name, dense(width)) for name in ASKED),
            Connection(ASKED, "found", attention),
            Connection(("words",), "output", dense(words)),
            Connection(("found",), "output", dense(width)),
        ),
        Votes("output", 2),
    )


def sentence(rng, length, words=9):
    """A word a step."""
    spikes = np.zeros((length, words, 1), dtype=bool)
    spikes[np.arange(length), rng.integers(words, size=length)] = True
    return spikes


def encoder(seed, *, words=20, classes=3, width=16, hidden=24, **options):
    """A spiking encoder whose normalisation has seen words, and whose parameters differ."""
    torch.manual_seed(seed)
    shape = {"width": width, "hidden": hidden, "neurons_per_class": 2} | options
    model = SpikingEncoder(torch.randn(words + 1, 10), classes, **shape)
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, Firing):
                layer.threshold.uniform_(0.2, 1.5)
                layer.norm.weight.uniform_(0.5, 1.5)
                layer.norm.bias.normal_(0, 0.3)
                layer._forward.normal_()
        for _ in range(5):
            model(torch.randint(0, words + 1, (8, 7)))
    return model.eval()
