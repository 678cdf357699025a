"""Fresh random networks of other libraries, read here, and a classifier of ours, read there.

snnTorch is always there; the others are if they were installed: ``pip install norse sinabs
spikingjelly``.
"""

import numpy as np
import pytest
import torch
from torch import nn

from bionlp.checkpoint import load_classifier
from bionlp.encoding import poisson_spikes
from networks.nir import CONVENTIONS, read, write
from networks.nir.proof import prove
from networks.nir.reference import Reference
from networks.pytorch import SpikingNetwork

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


def proven_against(path, like, shown, fired):
    """Compare what a library wrote and computed with PyTorch and Brian 2."""
    reference = Reference({"": shown.numpy().astype(bool)}, dict(enumerate(fired)), {})
    imported = read(path, CONVENTIONS[like])
    for backend in (None, "numpy"):
        layers = prove(imported, reference, backend=backend)
        assert [layer.differing for layer in layers] == [0] * len(fired)
        assert layers[0].spikes > 20


@pytest.mark.parametrize("seed", range(3))
def test_networks_of_norse(seed, tmp_path):
    norse = pytest.importorskip("norse.torch")
    from norse.torch.utils.export_nir import to_nir

    torch.manual_seed(seed)

    def neurons(n):
        p = norse.LIFParameters(v_th=torch.full((n,), 0.5), v_leak=torch.zeros(n))
        p = p._replace(
            tau_mem_inv=torch.empty(n).uniform_(60, 200),
            tau_syn_inv=torch.empty(n).uniform_(100, 400),
            v_reset=torch.zeros(n),
        )
        return norse.LIFCell(p).double()

    layers = [nn.Linear(15, 12).double(), neurons(12), nn.Linear(12, 6).double(), neurons(6)]
    with torch.no_grad():
        for dense in layers[::2]:
            dense.weight.mul_(4)
    shown = (torch.rand(STEPS, 15) < 0.4).double()
    nir.write(tmp_path / "n.nir", to_nir(norse.SequentialState(*layers), shown[:1]))
    state, fired = {1: None, 3: None}, {1: [], 3: []}
    with torch.no_grad():
        for step in shown:
            current = step[None]
            for n, layer in enumerate(layers):
                if n in state:
                    current, state[n] = layer(current, state[n])
                    fired[n].append(current[0].numpy().astype(bool))
                else:
                    current = layer(current)
    proven_against(tmp_path / "n.nir", "norse", shown, [np.array(s) for s in fired.values()])


@pytest.mark.parametrize("seed", range(3))
def test_networks_of_sinabs(seed, tmp_path):
    pytest.importorskip("sinabs")
    import sinabs.layers
    from sinabs.activation import SingleSpike
    from sinabs.nir import to_nir

    torch.manual_seed(seed)
    options = {"spike_fn": SingleSpike, "min_v_mem": None, "batch_size": 1}
    layers = [
        nn.Conv2d(2, 4, 3, padding=1, bias=False),
        sinabs.layers.IAFSqueeze(**options),
        sinabs.layers.SumPool2d(2),
        nn.Conv2d(4, 3, 3, stride=2),
        sinabs.layers.IAFSqueeze(**options),
        nn.Flatten(),
        nn.Linear(3, 5),
        sinabs.layers.IAFSqueeze(**options),
    ]
    shown = (torch.rand(STEPS, 2, 8, 8) < 0.4).float()
    fired, current = [], shown
    with torch.no_grad():
        for layer in layers:
            current = layer(current)
            if isinstance(layer, sinabs.layers.IAFSqueeze):
                fired.append(current.numpy().astype(bool))
        graph = to_nir(nn.Sequential(*layers), shown)
    graph.infer_types()
    nir.write(tmp_path / "n.nir", graph)
    proven_against(tmp_path / "n.nir", "sinabs", shown, fired)


@pytest.mark.parametrize("seed", range(3))
def test_networks_of_spikingjelly(seed, tmp_path):
    pytest.importorskip("spikingjelly.activation_based")
    from spikingjelly.activation_based import layer as jelly
    from spikingjelly.activation_based import neuron
    from spikingjelly.activation_based.functional import reset_net
    from spikingjelly.activation_based.nir_exchange import export_to_nir

    torch.manual_seed(seed)
    layers = [
        jelly.Conv1d(6, 8, 3, padding=1, bias=False),
        neuron.LIFNode(tau=4.0, decay_input=False),
        jelly.Flatten(),
        jelly.Linear(80, 4, bias=False),
        neuron.IFNode(),
    ]
    network = nn.Sequential(*layers).double()
    shown = (torch.rand(STEPS, 6, 10) < 0.4).double()
    fired = {1: [], 4: []}
    with torch.no_grad():
        for step in shown:
            current = step[None]
            for n, part in enumerate(layers):
                current = part(current)
                if n in fired:
                    fired[n].append(current[0].numpy().astype(bool))
        reset_net(network)
        graph = export_to_nir(network, shown[:1], dt=1e-4)
    nir.write(tmp_path / "n.nir", graph)
    proven_against(tmp_path / "n.nir", "spikingjelly", shown, [np.array(s) for s in fired.values()])


def test_an_exported_classifier_in_spikingjelly(tmp_path):
    pytest.importorskip("spikingjelly.activation_based")
    from spikingjelly.activation_based import neuron
    from spikingjelly.activation_based.nir_exchange import import_from_nir

    classifier = load_classifier("mr")
    write(classifier.network, tmp_path / "mr.nir")
    # Its reader of types refuses kernels that are not square.
    graph = nir.read(tmp_path / "mr.nir", type_check=False)
    network = import_from_nir(graph, dt=1e-3).double()
    fired = {population.name: [] for population in classifier.network.hidden}
    for name, part in network.named_modules():
        if isinstance(part, neuron.BaseNode):
            # What NIR does not say: thresholds are subtracted, and fire only what is above them.
            part.v_reset = None
            part.v_threshold = float(np.nextafter(part.v_threshold, np.inf))
        elif name in fired:
            part.register_forward_hook(
                lambda _part, _heard, out, name=name: fired[name].append(out[0].numpy().ravel())
            )
    sentence = classifier.read("a gripping , funny and moving film")
    shown = np.zeros((STEPS, *classifier.network.input.shape), dtype=bool)
    shown[:, : len(sentence.words)] = poisson_spikes(sentence.rates, STEPS, seed=1)
    state = None
    with torch.no_grad():
        for step in torch.from_numpy(shown).double():
            _, state = network(step.T[None, :, :, None], state)
    expected = SpikingNetwork(classifier.network).double().eval().activity(shown)
    for name, steps in fired.items():
        found = np.array(steps).astype(bool)
        spikes = expected[name].spikes
        if name.startswith("conv"):
            spikes = spikes.transpose(0, 2, 1)  # channels first
        np.testing.assert_array_equal(found, spikes.reshape(STEPS, -1), err_msg=name)
    assert expected["output"].spikes.sum() > 300
