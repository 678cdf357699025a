"""Fresh random networks of other libraries, written by them and read here."""

import numpy as np
import pytest
import torch
from torch import nn

from networks.nir import CONVENTIONS, read
from networks.nir.proof import prove
from networks.nir.reference import Reference

nir = pytest.importorskip("nir")
pytest.importorskip("nirtorch")
snntorch = pytest.importorskip("snntorch")

STEPS = 60


def snntorch_network(seed, **options):
    """A sequence of layers, two of which fire."""
    generator = torch.Generator().manual_seed(seed)
    beta = 0.5 + 0.45 * torch.rand(2, generator=generator)
    threshold = 0.5 + torch.rand(2, generator=generator)
    shapes = [((20,), (6,)), ((4, 4, 4), (5,))][seed % 2]
    # It writes parameters as they are, and NIR wants one for each neuron.
    neurons = [
        snntorch.Leaky(beta=b.expand(shape), threshold=t.expand(shape), init_hidden=True, **options)
        for b, t, shape in zip(beta, threshold, shapes, strict=True)
    ]
    torch.manual_seed(seed)
    kinds = {
        0: ((12,), [nn.Linear(12, 20), neurons[0], nn.Linear(20, 6, bias=False), neurons[1]]),
        1: (
            (2, 7, 7),
            [
                nn.Conv2d(2, 4, 3, stride=2, padding=1, bias=False),
                neurons[0],
                nn.AvgPool2d(2),
                nn.Flatten(),
                nn.Linear(16, 5),
                neurons[1],
            ],
        ),
    }
    return kinds[seed % 2]


def compute(layers, shown):
    """Spikes of the layers that fire, step by step."""
    fired = {n: [] for n, layer in enumerate(layers) if hasattr(layer, "beta")}
    with torch.no_grad():
        for step in shown:
            current = step[None]
            for n, layer in enumerate(layers):
                current = layer(current)
                if n in fired:
                    fired[n].append(current[0].numpy())
    return {number: np.array(fired[n]).astype(bool) for number, n in enumerate(fired)}


@pytest.mark.parametrize(
    ("like", "options"),
    [
        ("snntorch", {}),
        ("snntorch-zero", {"reset_mechanism": "zero"}),
        ("snntorch-zero-now", {"reset_mechanism": "zero", "reset_delay": False}),
    ],
)
@pytest.mark.parametrize("seed", range(6))
def test_networks_of_snntorch(like, options, seed, tmp_path):
    from snntorch.export_nir import export_to_nir

    shape, layers = snntorch_network(seed, **options)
    shown = (torch.rand(STEPS, *shape, generator=torch.Generator().manual_seed(seed)) < 0.4).float()
    expected = compute(layers, shown)
    path = tmp_path / "network.nir"
    nir.write(path, export_to_nir(nn.Sequential(*layers), shown[:1], ignore_dims=[0]))
    reference = Reference({"": shown.numpy().astype(bool)}, expected, {})
    imported = read(path, CONVENTIONS[like])
    for backend in (None, "numpy"):
        proven = prove(imported, reference, backend=backend)
        # snnTorch adds up in single precision; a membrane that near the threshold is rare.
        assert [layer.differing for layer in proven] == [0, 0]
        assert proven[0].spikes > 20
