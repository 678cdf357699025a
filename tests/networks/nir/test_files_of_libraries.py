"""Files that other libraries wrote: their spikes, in every simulator, without a difference."""

import shutil

import numpy as np
import pytest

from networks.nir import CONVENTIONS, GraphError, read, read_graph
from networks.nir.proof import prove, try_conventions
from networks.nir.reference import read_reference

# Conventions, and how many spikes of each layer there are.
FILES = {
    "snntorch_dense_lif_subtract": ("snntorch", [376, 56]),
    "snntorch_dense_lif_zero": ("snntorch-zero", [273, 41]),
    "snntorch_recurrent_lif": ("snntorch-zero", [88, 13]),
    "snntorch_conv2d_avgpool_lif": ("snntorch", [1871, 17]),
    "norse_cubalif": ("norse", [132, 111]),
    "spikingjelly_conv1d_lif_if": ("spikingjelly", [602, 31]),
    "sinabs_conv2d_sumpool_if_single": ("sinabs", [2953, 94, 22]),
    "hand_delays_recurrent_li": ("nir", [162, 0]),
    "subtract_in_nir": ("nir", [376, 56]),
}
STEP = {"subtract_in_nir": 1e-4}
"""Of the file that says it nowhere."""
SHARED = {"subtract_in_nir": "snntorch_dense_lif_subtract"}
"""The reference of another file."""
IN_SINGLE_PRECISION = 1e-6
"""How far membranes of snnTorch are from those in double precision, with tau in single."""

each_file = pytest.mark.parametrize("name", FILES)


@pytest.fixture
def pair(nir_dir, name):
    reference = read_reference(nir_dir / f"{SHARED.get(name, name)}.npz")
    return nir_dir / f"{name}.nir", reference


def assert_proven(name, layers):
    _, counts = FILES[name]
    assert [layer.spikes for layer in layers] == counts
    assert [layer.expected for layer in layers if layer.expected is not None] == [
        count for count in counts if count
    ]
    assert all(layer.differing in (0, None) for layer in layers)
    exact = name.startswith(("hand", "snntorch_recurrent"))
    largest = max((layer.membrane or 0.0 for layer in layers), default=0.0)
    assert largest <= (1e-12 if exact else IN_SINGLE_PRECISION)


@each_file
@pytest.mark.parametrize("synapses", ["shared", "stock", None])
def test_no_spike_differs(pair, name, synapses):
    path, reference = pair
    imported = read(path, CONVENTIONS[FILES[name][0]], dt=STEP.get(name))
    backend = None if synapses is None else "numpy"
    assert_proven(name, prove(imported, reference, backend=backend, synapses=synapses))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
@pytest.mark.parametrize("backend", ["cython", "cpp_standalone"])
@pytest.mark.parametrize("name", ["hand_delays_recurrent_li"])
def test_no_spike_differs_in_compiled_code(pair, name, backend):
    path, reference = pair
    imported = read(path, CONVENTIONS[FILES[name][0]], dt=STEP.get(name))
    assert_proven(name, prove(imported, reference, backend=backend))


@each_file
def test_the_conventions_are_found(pair, name):
    path, reference = pair
    attempts = try_conventions(read_graph(path), reference)
    found = {(a.conventions.name, a.dt) for a in attempts if a.differing == 0}
    conventions = FILES[name][0]
    assert (conventions, STEP.get(name) or attempts[0].dt) in found
    assert attempts == sorted(attempts, key=lambda a: np.inf if not a.layers else a.differing)
    # Those that do otherwise are not among them.
    other = {"subtract": "zero", "value": "snntorch"}[CONVENTIONS[conventions].reset]
    if name != "subtract_in_nir":
        assert not any(found_name == other for found_name, _ in found)


@pytest.mark.parametrize("name", ["snntorch_dense_lif_subtract"])
def test_other_conventions_differ(pair, name):
    path, reference = pair
    layers = prove(read(path, dt=1e-4), reference)
    assert sum(layer.differing for layer in layers) == 210


@pytest.mark.parametrize("name", ["snntorch_dense_lif_subtract"])
def test_a_reference_of_another_network_is_refused(pair, name, nir_dir):
    path, _ = pair
    imported = read(path, dt=1e-4)
    with pytest.raises(GraphError, match=r"takes \(20,\)"):
        prove(imported, read_reference(nir_dir / "norse_cubalif.npz"))
