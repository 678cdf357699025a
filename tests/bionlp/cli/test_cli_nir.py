"""``bionlp nir`` and ``bionlp export``: networks of other libraries at the command line."""

import json

import numpy as np
import pytest

from bionlp.recording import open_recording
from networks.nir import Graph, write_graph
from networks.nir.reference import read_reference
from tests.networks.nir.building import chain, convolution, flatten, lif, node, spikes


@pytest.fixture
def network(tmp_path):
    """A convolution, pooling by a stride, and three output neurons; and spikes for it."""
    rng = np.random.default_rng(0)
    graph = chain(
        node("Input", shape=[2, 6, 5]),
        convolution(rng.normal(0.2, 0.5, (3, 2, 2, 2)), stride=[2, 1]),
        lif((3, 3, 4)),
        flatten(),
        node("Linear", weight=rng.normal(0.2, 0.5, (3, 36))),
        lif(3),
        node("Output", shape=[3]),
        names=["input", "0", "1", "2", "3", "4", "output"],
    )
    write_graph(graph, tmp_path / "network.nir")
    np.savez(tmp_path / "shown.npz", input=spikes((2, 6, 5)))
    return tmp_path / "network.nir"


@pytest.fixture
def computed(cli, network, tmp_path):
    """What the network does, as a library would say it."""
    options = ("--out", tmp_path / "out", "--figures=none")
    cli("nir", "run", network, "--input", tmp_path / "shown.npz", *options)
    recording = open_recording(tmp_path / "out" / "network-01" / "recording.nc")
    first = np.moveaxis(recording["lif_1"]["spikes"].values, -1, 1)
    second = recording["lif_4"]["spikes"].values.reshape(len(first), -1)
    path = tmp_path / "computed.npz"
    np.savez(path, input=np.load(tmp_path / "shown.npz")["input"], s_0=first, s_1=second)
    assert second.any()
    return path


def test_what_is_in_a_file(cli, network):
    code, out, err = cli("nir", "inspect", network)
    assert (code, err) == (0, "")
    assert "conventions nir, time step 0.001" in out
    assert "3 x 3 x 4" in out
    assert "1: by convention (step of the file; input times R dt / tau; reset to v_reset" in out
    code, out, _ = cli("nir", "inspect", network, "--like", "snntorch", "--json")
    document = json.loads(out)
    assert document["dt"] == 1e-4
    assert document["populations"] == {"lif_1": "1", "lif_4": "4"}
    assert [entry["status"] for entry in document["nodes"]].count("by convention") == 2
    assert document["nodes"][1]["parameters"]["stride"] == "2, 1"


def test_what_cannot_be_simulated_is_said_node_by_node(cli, tmp_path):
    graph = chain(
        node("Input", shape=[2]), lif(2, tau=1e-4), node("Sigmoid", x=1.0), node("Linear"), lif(2)
    )
    write_graph(graph, tmp_path / "odd.nir")
    code, out, _ = cli("nir", "inspect", tmp_path / "odd.nir", "--json")
    document = json.loads(out)
    assert code == 1
    found = {entry["name"]: (entry["status"], entry["remark"]) for entry in document["nodes"]}
    assert found["n0"][0] == "exact"
    assert found["n2"][0] == "not supported"
    assert "'Sigmoid'" in found["n2"][1]
    assert found["n3"] == ("not supported", "weight is missing")
    assert "is of type 'Sigmoid'" in document["not_supported"]
    code, out, _ = cli("nir", "inspect", tmp_path / "odd.nir")
    assert code == 1
    assert "cannot be simulated: node 'n2'" in out


def test_a_run_is_recorded_and_drawn(cli, network, tmp_path):
    out = tmp_path / "out"
    shown = ("--input", tmp_path / "shown.npz", "--backend", "numpy")
    code, text, err = cli("nir", "run", network, *shown, "--out", out, "--record", "all")
    assert code == 0, err
    assert "lif_4" in text
    assert {path.name for path in (out / "network-01").iterdir()} == {
        "recording.nc",
        "raster.png",
        "ratemap.png",
        "traces.png",
        "counts.png",
    }
    recording = open_recording(out / "network-01" / "recording.nc")
    assert recording.attrs["text"] == "input of shown.npz"
    assert recording["lif_1"]["spikes"].dims == ("time", "row", "column", "feature")
    assert recording["lif_1"].sizes["recorded"] == 36
    assert list(recording["lif_4"]["class"].values) == ["0", "1", "2"]
    found = recording["input"]["spikes"].values.reshape(40, 6, 5, 2)
    np.testing.assert_array_equal(np.moveaxis(found, -1, 1), spikes((2, 6, 5)))
    code, text, err = cli("nir", "run", network, *shown, "--out", out)
    assert (code, text) == (9, "")
    assert "network-01 has a recording already" in err
    anew = ("--out", out, "--overwrite", "--figures=counts")
    assert cli("nir", "run", network, *shown, *anew)[0] == 0
    # The input of a recording can be shown again.
    again = ("--input", out / "network-01" / "recording.nc", "--json")
    first, second = (
        json.loads(cli("nir", "run", network, *more)[1])["layers"]
        for more in ((*shown, "--json"), again)
    )
    assert first == second


def test_poisson_input_is_of_its_seed_and_rates(cli, network, tmp_path):
    def layers(rates, seed=0):
        arguments = ("--poisson", rates, "--steps", 30, "--seed", seed, "--backend", "numpy")
        code, out, err = cli("nir", "run", network, *arguments, "--json")
        assert code == 0, err
        return json.loads(out)["layers"]

    assert layers("0.3") == layers("0.3") != layers("0.3", seed=1)
    np.savez(tmp_path / "rates.npz", input=np.full((2, 6, 5), 0.3))
    assert layers(tmp_path / "rates.npz") == layers("0.3")
    np.savez(tmp_path / "rates.npz", input=np.zeros((2, 6, 5)))
    assert layers(tmp_path / "rates.npz")["input"]["spikes"] == 0


@pytest.mark.parametrize("synapses", ["shared", "stock"])
def test_a_proof(cli, network, computed, synapses):
    options = ("--reference", computed, "--backend", "numpy", "--synapses", synapses)
    code, out, err = cli("nir", "prove", network, *options, "--json")
    assert code == 0, err
    document = json.loads(out)
    assert document["differing"] == 0
    assert [layer["population"] for layer in document["layers"]] == ["lif_1", "lif_4"]
    assert all(layer["spikes"] == layer["expected"] > 0 for layer in document["layers"])
    code, out, _ = cli("nir", "prove", network, *options, "--like", "snntorch", "--dt", "1e-3")
    assert code == 1
    assert "in the reference" in out


def test_conventions_are_found_and_listed(cli, network, computed):
    code, out, _ = cli("nir", "conventions", network, "--reference", computed, "--json")
    attempts = json.loads(out)
    assert code == 0
    assert attempts[0] == {**attempts[0], "conventions": "nir", "dt": 1e-3, "reproduces": True}
    assert not attempts[-1]["reproduces"]
    code, out, _ = cli("nir", "conventions", network, "--reference", computed)
    assert "reproduces it" in out
    arrays = dict(np.load(computed))
    np.savez(computed, **arrays | {"s_1": 1 - arrays["s_1"].astype(int)})
    assert cli("nir", "conventions", network, "--reference", computed)[0] == 1
    code, out, _ = cli("nir", "conventions", "--json")
    assert {"nir", "snntorch", "norse", "sinabs", "spikingjelly"} <= {
        record["name"] for record in json.loads(out)
    }
    assert cli("nir", "conventions")[0] == 0


def test_shared_weights_are_measured_beside_stock_synapses(cli, network):
    code, out, err = cli("nir", "bench", network, "--poisson", 0.3, "--steps", 20, "--json")
    assert code == 0, err
    shared, stock = json.loads(out)
    assert (shared["weights"], stock["weights"]) == (132, 396)
    assert shared["spikes"] == stock["spikes"] > 0
    assert "ms/step" in cli("nir", "bench", network, "--steps", 5)[1]


@pytest.mark.parametrize("model", ["mr", "waimai"])
def test_a_classifier_goes_out_and_fires_the_same_spikes(cli, model, tmp_path):
    text = {"mr": "a gripping , funny and moving film", "waimai": "送餐超级慢，味道很好"}[model]
    simulated = ("simulate", model, text, "--seed", 1, "--backend", "numpy")
    code, out, err = cli(*simulated, "--out", tmp_path / "out", "--json", "--figures=none")
    assert code == 0, err
    (expected,) = json.loads(out)
    code, out, err = cli("export", model, "--nir", tmp_path / "net.nir", "--json")
    assert (code, json.loads(out)["model"]) == (0, model), err
    given = ("--input", tmp_path / "out" / f"{model}-01" / "recording.nc", "--backend", "numpy")
    given += ("--out", tmp_path, "--json", "--figures=none")
    code, out, err = cli("nir", "run", tmp_path / "net.nir", *given)
    assert code == 0, err
    assert json.loads(out)["layers"] == expected["layers"]
    one, other = (
        open_recording(tmp_path / folder / "recording.nc")
        for folder in (f"out/{model}-01", "net-01")
    )
    for name in one.attrs["layers"][1:]:
        first, second = (tree[name]["spikes"].values for tree in (one, other))
        # Windows that only silence reaches are left out of a sentence.
        steps = len(first)
        first = first.reshape(steps, -1)
        np.testing.assert_array_equal(first, second.reshape(steps, -1)[:, : first.shape[1]])
        assert first.sum() == second.sum() > 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ("nir inspect missing.nir", 11, "there is no file missing.nir"),
        ("nir inspect text.txt", 11, "is no NIR file"),
        ("nir inspect {network} --like torch", 2, "unknown conventions 'torch'"),
        ("nir inspect {network} --dt 0", 2, "--dt must be a positive number"),
        ("nir run {network}", 2, "either --input or --poisson"),
        ("nir run {network} --poisson 0.1 --input shown.npz", 2, "either --input or --poisson"),
        ("nir run {network} --poisson 1.5", 2, "probabilities"),
        ("nir run {network} --poisson nan", 2, "probabilities"),
        ("nir run {network} --poisson shown", 11, "there is no file shown"),
        ("nir run {network} --input text.txt", 11, "is no .npz file"),
        ("nir run {network} --input wrong.npz", 11, "takes (2, 6, 5)"),
        ("nir run {network} --input missing.nc", 7, "there is no recording"),
        ("nir run {network} --poisson 0.1 --backend fpga", 8, "fpga"),
        ("nir run {network} --poisson 0.1 --record conv9", 2, "conv9"),
        ("nir prove {network} --reference shown", 11, "there is no file shown"),
        ("nir prove {network} --reference wrong.npz", 11, "takes (2, 6, 5)"),
        ("nir conventions {network}", 2, "--reference"),
        ("nir bench {network} --backend genn", 2, "--backend is numpy or cython here"),
        ("nir bench {network} --poisson 3", 2, "probabilities"),
        ("nir conventions --reference shown.npz", 2, "name it, too"),
        ("export mr --nir nowhere/net.nir", 9, "cannot write nowhere/net.nir"),
        ("export nobody --nir net.nir", 6, "nobody"),
    ],
)
def test_wrong_input_is_one_line(cli, network, tmp_path, monkeypatch, arguments, code, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text("text")
    np.savez(tmp_path / "wrong.npz", input=spikes((3,)))
    found, out, err = cli(*arguments.format(network=network).split())
    assert (found, out) == (code, ""), err
    assert said in err
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_a_graph_of_integrators_alone_has_no_label(cli, tmp_path):
    graph = chain(node("Input", shape=[4]), node("LI", tau=5e-3, r=5.0, v_leak=0.0))
    write_graph(Graph(graph.nodes, graph.edges, graph.metadata), tmp_path / "li.nir")
    arguments = ("--poisson", 0.5, "--backend", "numpy", "--out", tmp_path, "--json")
    code, out, err = cli("nir", "run", tmp_path / "li.nir", *arguments)
    assert code == 0, err
    assert set(json.loads(out)["counts"].values()) == {0}
    assert open_recording(tmp_path / "li-01" / "recording.nc").attrs["label"] == -1


def test_a_reference_that_was_written_is_one(computed):
    assert list(read_reference(computed).spikes) == [0, 1]
