"""What CONTRIBUTING.md says of neurons and transforms: its examples are all that is needed."""

import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from bionlp.checkpoint import load_classifier, save_classifier
from networks import neurons, transforms
from networks.brian import SYNAPSES, BrianNetwork, Recorder, SpikeStimulus
from networks.description import Connection, Network, Population, Votes
from networks.neurons import LIF, Input
from networks.pytorch import SpikingNetwork
from networks.pytorch import transforms as pytorch_transforms
from networks.transforms import Convolution, Dense, SumPooling

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
NEURON, TRANSFORM, REGISTERED = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)


def load(package, name, code, folder, monkeypatch):
    """Import a module of a package from a file that lies elsewhere."""
    (folder / f"{name}.py").write_text(code, encoding="utf-8")
    full = f"{package.__name__}.{name}"
    spec = importlib.util.spec_from_file_location(full, folder / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, full, module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def patch():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def refractory(tmp_path_factory, patch):
    return load(neurons, "refractory", NEURON, tmp_path_factory.mktemp("neuron"), patch)


@pytest.fixture(scope="module")
def shifting(tmp_path_factory, patch):
    module = load(transforms, "shifting", TRANSFORM, tmp_path_factory.mktemp("transform"), patch)
    exec(REGISTERED, vars(pytorch_transforms) | {"Shifting": module.Shifting})
    return module


def assert_all_agree(network, spikes):
    """See that PyTorch, and Brian 2 with both kinds of synapses, do the same; return it."""
    membranes = {population.name: range(population.size) for population in network.hidden}
    expected = SpikingNetwork(network).double().eval().activity(spikes, membranes)
    for synapses in SYNAPSES:
        stimulus = SpikeStimulus([spikes, spikes])
        with BrianNetwork(network, stimulus, backend="numpy", synapses=synapses) as brian:
            recorder = Recorder(brian, membranes=membranes)
            brian.run(seed=0)
            for number in range(2):
                for name, found in recorder.activity(number).items():
                    np.testing.assert_array_equal(found.spikes, expected[name].spikes)
                    np.testing.assert_allclose(
                        found.membrane, expected[name].membrane, rtol=1e-9, atol=1e-9
                    )
    return expected


def test_a_neuron_is_one_file(refractory):
    assert neurons.neuron_models()["RefractoryLIF"] is refractory.RefractoryLIF
    rng = np.random.default_rng(0)
    neuron = refractory.RefractoryLIF(decay=0.9, strength=rng.uniform(0.2, 0.6, 4))
    network = Network(
        (Population("input", (5,), Input()), Population("hidden", (4,), neuron)),
        (Connection("input", "hidden", Dense(rng.normal(0.4, 0.3, (4, 5)))),),
    )
    spikes = rng.random((40, 5)) < 0.5
    found = assert_all_agree(network, spikes)["hidden"]
    v, r, fired = np.zeros(4), np.zeros(4), np.zeros(4, dtype=bool)
    for row, current in zip(found.spikes, spikes @ network.weights["hidden"].T, strict=True):
        v, r = 0.9 * v, 0.8 * r + neuron.strength * fired
        v = v + current - r
        fired = v > 1
        np.testing.assert_array_equal(row, fired)
    assert 0 < found.spikes.sum() < found.spikes.size


def test_a_neuron_of_a_new_model_is_stored_and_read(refractory, tmp_path):
    from dataclasses import replace

    classifier = load_classifier("mr")
    neuron = refractory.RefractoryLIF(strength=0.25)
    network = classifier.network.with_neurons({"conv3": neuron})
    save_classifier(replace(classifier, network=network), tmp_path / "model")
    assert load_classifier(tmp_path / "model").network == network


def test_a_transform_is_a_file_and_a_function(shifting):
    assert transforms.transform_kinds()["Shifting"] is shifting.Shifting
    rng = np.random.default_rng(1)
    kernel = Convolution(rng.normal(0.5, 0.5, (3, 2, 2)))
    network = Network(
        (
            Population("input", (6, 2), Input()),
            Population("conv", (5, 3), LIF()),
            Population("later", (5, 3), LIF(decay=0.8)),
            Population("pool", (3,), LIF(threshold=5.0)),
        ),
        (
            Connection("input", "conv", kernel),
            Connection("conv", "later", shifting.Shifting(2), delay=1),
            Connection("later", "pool", SumPooling()),
        ),
        Votes("pool", 3),
    )
    found = assert_all_agree(network, rng.random((30, 6, 2)) < 0.6)
    assert found["pool"].spikes.any()
    assert not found["later"].spikes[:, :2].any()


def test_no_other_file_knows_a_model_of_neurons():
    written = {"adaptive": "AdaptiveLIF", "cuba": "CubaLI", "reset_to_value": "ResetLIF"}
    for module, name in written.items():
        files = {
            path.relative_to(ROOT).as_posix()
            for package in ("networks", "analysis", "bionlp")
            for path in (ROOT / package).rglob("*.py")
            if name in path.read_text(encoding="utf-8") and path.parent.name != "nir"
        }
        assert files == {f"networks/neurons/{module}.py"}
