"""Recordings: what is in them, that files give it back, and that wrong files are refused."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from PIL import Image

from analysis.comparison import compare
from analysis.recordings import parameter, windows
from bionlp.checkpoint import load_classifier, save_classifier
from bionlp.engine import Engine
from bionlp.errors import RecordingError
from bionlp.figures import write_figures
from bionlp.recording import class_counts, open_recording, save_recording
from bionlp.recording.places import word_spans
from bionlp.simulation import simulate
from networks.description import Connection, crop
from networks.transforms import AveragePooling, Chain, Dense

VERSION_1 = Path(__file__).parent / "data" / "recording-v1.nc"
NUMPY = Engine("numpy")


@pytest.fixture(scope="module")
def recording(small_model):
    """Return a recording of a simulation in Brian 2."""
    return simulate(load_classifier(small_model), ["the film is good ."], seed=5)[0]


def test_words_and_circumstances_are_labelled(recording):
    assert recording["input"]["spikes"].dims == ("time", "position", "feature")
    assert recording["input"]["word"].values.tolist() == ["the", "film", "is", "good", "."]
    assert recording["conv3"]["spikes"].dims == ("time", "position", "feature")
    assert recording["pool3"]["spikes"].dims == ("time", "feature")
    assert recording["output"]["spikes"].dims == ("time", "class", "neuron")
    assert recording["time"].attrs["units"] == "ms"
    np.testing.assert_allclose(recording["time"], np.arange(50))
    attrs = recording.attrs
    assert (attrs["seed"], attrs["backend"], attrs["steps"]) == (5, "numpy", 50)
    assert (attrs["sentence"], attrs["precision"], attrs["synapses"]) == (0, "double", "shared")
    assert attrs["brian2_version"]
    assert attrs["readout"] == "output"


def test_neurons_and_connections_are_described(recording):
    attrs = recording["pool3"].attrs
    assert (attrs["kind"], attrs["sources"], attrs["delay"]) == ("pooling", "conv3", "0")
    # A threshold of a sum is that of an average times the positions that are averaged over.
    assert attrs["neuron"] == "LIF"
    assert attrs["threshold"] == attrs["unit"] * recording["conv3"].attrs["threshold"]
    assert attrs["unit"] > 1
    assert recording["output"].attrs["delay"] == "0 0 0"
    for name in recording.attrs["layers"][1:]:
        named = recording[name].attrs["parameters"].split()
        assert named == ["decay", "threshold", "inclusive", "reset", "integration"]
        assert set(named) <= recording[name].attrs.keys()


def test_label_is_the_class_with_most_spikes(recording):
    counts = class_counts(recording)
    assert recording.attrs["label_name"] == max(counts, key=counts.get) == "1"
    assert recording["output"].attrs["spike_count"] == sum(counts.values())


def test_membranes_exceed_the_threshold_where_neurons_fire(recording):
    for name in ("conv3", "pool3", "output"):
        layer = recording[name]
        flat = layer["spikes"].values.reshape(50, -1)[:, layer["index"].values]
        np.testing.assert_array_equal(flat, layer["membrane"] > layer.attrs["threshold"])


def test_a_file_gives_the_same_back(recording, tmp_path):
    path = tmp_path / "recording.nc"
    save_recording(recording, path)
    assert open_recording(path).identical(recording)


def test_foreign_files_are_refused(cli, recording, tmp_path):
    truncated = tmp_path / "truncated.nc"
    save_recording(recording, truncated)
    truncated.write_bytes(truncated.read_bytes()[:2000])
    foreign = tmp_path / "foreign.nc"
    xr.Dataset({"x": ("t", [1.0])}).to_netcdf(foreign, engine="h5netcdf")
    newer = tmp_path / "newer.nc"
    tree = recording.copy()
    tree.attrs = recording.attrs | {"version": 99}
    save_recording(tree, newer)
    text = tmp_path / "text.nc"
    text.write_text("no recording")
    for path, message in [
        (tmp_path / "missing.nc", "there is no recording"),
        (truncated, "truncated"),
        (text, "truncated"),
        (foreign, "no recording of this program"),
        (newer, "version 99, this program reads versions 1 and 2"),
    ]:
        with pytest.raises(RecordingError, match=message):
            open_recording(path)
        code, _, err = cli("plot", path)
        assert code == 7
        assert "Traceback" not in err


def test_plot_writes_what_is_asked_for(cli, recording, tmp_path):
    path = tmp_path / "recording.nc"
    save_recording(recording, path)
    for suffix in ("png", "pdf", "svg"):
        target = tmp_path / f"figure.{suffix}"
        assert cli("plot", path, "--kind=counts", "--out", target)[0] == 0
        assert target.stat().st_size > 1000
    assert cli("plot", path, "--kind=counts", "--out", tmp_path / "x.bmp")[0] == 2
    assert cli("plot", path, "--kind=pie")[0] == 2
    code, out, _ = cli("plot", path)
    assert code == 0
    assert [Path(name).name for name in out.split()] == [
        *("raster.png", "ratemap.png", "traces.png", "counts.png")
    ]


def test_plot_draws_the_chosen_part(cli, recording, tmp_path):
    path = tmp_path / "recording.nc"
    save_recording(recording, path)
    options = ("--window=5:20", "--layers=input,output", "--neurons=3", "--title=", "--dpi=100")
    size = ("--width=single", "--height=4")
    for kind in ("raster", "ratemap"):
        target = tmp_path / f"{kind}.png"
        code, _, err = cli("plot", path, f"--kind={kind}", "--out", target, *options, *size)
        assert code == 0, err
        with Image.open(target) as image:
            assert image.size == (350, 400)
    assert cli("plot", path, "--out", tmp_path / "all", *options, "--width=double")[0] == 0
    assert (tmp_path / "all" / "counts.png").exists()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ("--window=40:900", "is not a part of the recording"),
        ("--window=5", "--window must be two times"),
        ("--window=1:2:3", "--window must be two times"),
        ("--window=x:", "--window must be two times"),
        ("--window=nan:nan", "is not a part of the recording"),
        ("--layers=conv9", "no layer 'conv9'"),
        ("--layers=", "no layer ''"),
        ("--width=broad", "--width must be inches, single or double"),
        ("--width=1e9", "2 to 40 inches"),
        ("--width=nan", "2 to 40 inches"),
        ("--dpi=1200 --width=40 --height=40", "has 2,304 million pixels, more than 100"),
        ("--kind=counts --layers=output", "no others can be chosen"),
        ("--kind=traces --neurons=999 --window=:10", "one figure shows 1 to 30 neurons"),
    ],
)
def test_what_cannot_be_plotted_is_one_line(cli, recording, tmp_path, options, complaint):
    path = tmp_path / "recording.nc"
    save_recording(recording, path)
    code, out, err = cli("plot", path, "--kind=raster", *options.split())
    assert code == 2, err
    assert out == ""
    assert len(err.splitlines()) == 1
    assert complaint in err
    assert [file.name for file in tmp_path.iterdir()] == ["recording.nc"]


def test_no_membranes_no_traces(cli, small_model, tmp_path):
    (tree,) = simulate(load_classifier(small_model), ["good"], record=["none"])
    save_recording(tree, tmp_path / "recording.nc")
    code, _, err = cli("plot", tmp_path / "recording.nc", "--kind=traces")
    assert code == 7
    assert "--record" in err


@pytest.mark.parametrize("hidden", [7, 8])
def test_hidden_neurons_have_no_class(make_classifier, hidden, tmp_path):
    (tree,) = simulate(make_classifier(hidden), ["good film"], record=["all"], engine=NUMPY)
    assert tree["hidden"]["spikes"].dims == ("time", "neuron")
    assert tree["hidden"].sizes["neuron"] == hidden
    assert "class" not in tree["hidden"].coords
    assert tree["output"]["spikes"].dims == ("time", "class", "neuron")
    assert len(write_figures(tree, tmp_path)) == 4


def test_a_recording_of_all_kinds_comes_back_and_can_be_reported(cli, make_classifier, tmp_path):
    classifier = make_classifier()
    (tree,) = simulate(classifier, ["good film"], record=["all"], engine=NUMPY)
    save_recording(tree, tmp_path / "recording.nc")
    copy = open_recording(tmp_path / "recording.nc")
    assert copy.identical(tree)
    assert copy["hidden"].attrs["neuron"] == "AdaptiveLIF"
    assert copy["hidden"].attrs["sources"] == "pool hidden"
    assert copy["hidden"].attrs["delay"] == "0 1"
    expected = classifier.network["conv"].neuron.threshold
    found = parameter(copy, "conv", "threshold")
    np.testing.assert_array_equal(found, expected.ravel()[: found.size])
    save_classifier(classifier, tmp_path / "model")
    arguments = ("--model", tmp_path / "model", "--out", tmp_path / "page.html")
    code, _, err = cli("report", tmp_path / "recording.nc", *arguments)
    assert code == 0, err


def test_a_network_that_cannot_be_cropped_is_recorded_with_its_words(
    cli, make_classifier, tmp_path
):
    classifier = make_classifier()
    network = classifier.network
    # The mean over a sentence counts the silence behind it.
    mean = Chain((AveragePooling(), Dense(np.ones((7, 5)))))
    connections = [c for c in network.connections if c.target != "hidden"]
    network = replace(network, connections=(*connections, Connection(("conv",), "hidden", mean)))
    classifier = replace(classifier, network=network)
    (tree,) = simulate(classifier, ["good film"], engine=NUMPY)
    assert tree["input"].sizes["position"] == 2
    assert tree["conv"].sizes["position"] == 8
    assert windows(tree, "conv")[:4] == [slice(0, 2), slice(0, 2), slice(1, 2), slice(2, 2)]
    save_recording(tree, tmp_path / "recording.nc")
    save_classifier(classifier, tmp_path / "model")
    assert cli("plot", tmp_path / "recording.nc")[0] == 0
    arguments = ("--model", tmp_path / "model", "--out", tmp_path / "page.html")
    code, _, err = cli("report", tmp_path / "recording.nc", *arguments)
    assert code == 0, err


def test_words_under_a_window(make_classifier):
    (tree,) = simulate(make_classifier(), ["a good film"], engine=NUMPY)
    # Padding by one: the first window begins before the first word, the last after the last.
    assert windows(tree, "conv") == [slice(0, 2), slice(0, 3), slice(1, 3), slice(2, 3)]
    assert windows(tree, "pool") == [slice(0, 3), slice(1, 3)]
    assert windows(tree, "hidden") is None
    spans = word_spans(crop(make_classifier().network, 8))
    assert spans["conv"][1].tolist() == [1, 2, 3, 4, 5, 6, 7, 7]


def change(name, **attrs):
    def harm(tree):
        node = tree[name] if name else tree
        node.attrs = {k: v for k, v in (node.attrs | attrs).items() if v is not None}

    return harm


def spoil(name, change):
    def harm(tree):
        tree[name] = xr.DataTree(change(tree[name].to_dataset(inherit=False)))

    return harm


def full(variable, value):
    return lambda node: node.assign_coords(
        {variable: (node[variable].dims, np.full(node[variable].shape, value))}
    ).reset_coords(variable if variable in node.data_vars else [])


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (change("", seed=None), "/: attribute seed: is missing"),
        (change("", seed="one"), "attribute seed: input should be a valid integer"),
        (change("", steps=7), "has 50 steps, not 7"),
        (change("", dt_ms=2.0), "time is not that of"),
        (change("", layers=["input", "conv3", "nowhere", "output"]), "no node 'nowhere'"),
        (change("", readout="nowhere"), "attribute readout"),
        (change("", label=7), "attribute label"),
        (change("", precision="half"), "attribute precision"),
        (change("conv3", kind=None), "/conv3: attribute kind: is missing"),
        (change("conv3", decay=None), "/conv3: parameter decay is missing"),
        (change("conv3", delay="0 0"), "/conv3: attribute delay"),
        (change("conv3", delay="soon"), "/conv3: attribute delay"),
        (change("conv3", spike_count=-1), "/conv3: attribute spike_count"),
        (spoil("pool3", full("membrane", np.nan)), "/pool3: membrane has values that are no"),
        (spoil("pool3", full("spikes", 2)), "/pool3: spikes are 0 or 1"),
        (spoil("pool3", full("index", 10_000)), "/pool3: index names neurons"),
        (spoil("conv3", full("last_word", 99)), "/conv3: last_word numbers words"),
        (
            spoil("pool3", lambda node: node.drop_vars("membrane")),
            "/pool3: variable membrane is missing",
        ),
        (
            spoil("pool3", lambda node: node.rename({"feature": "thing"})),
            "/pool3: spikes have the dimensions",
        ),
    ],
)
def test_what_is_wrong_in_a_file_is_named(cli, recording, tmp_path, harm, message):
    tree = recording.copy(deep=True)
    harm(tree)
    path = tmp_path / "recording.nc"
    save_recording(tree, path)
    with pytest.raises(RecordingError) as caught:
        open_recording(path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    code, _, err = cli("plot", path)
    assert code == 7
    assert "Traceback" not in err


def test_recordings_of_version_1_are_read(cli, tmp_path):
    old = open_recording(VERSION_1)
    assert old.attrs["readout"] == "output"
    assert parameter(old, "pool3", "threshold").tolist() == [37.0] * 100
    assert windows(old, "conv5")[-1] == slice(6, 7)
    text = "a gripping , funny and moving film"
    (new,) = simulate(
        load_classifier("mr"), [text], steps=8, seed=1, record=["output"], engine=NUMPY
    )
    for name, difference in compare(old, new).items():
        assert difference.differing == 0, name
    assert compare(old, new)["output"].membrane < 1e-9
    copied = shutil.copy(VERSION_1, tmp_path / "recording.nc")
    assert cli("plot", copied)[0] == 0
    code, _, err = cli("report", copied, "--out", tmp_path / "page.html")
    assert code == 0, err


def test_hidden_neurons_of_version_1_have_no_class_either(tmp_path):
    tree = open_recording(VERSION_1)
    output = tree["output"].to_dataset(inherit=False)
    tree["hidden"] = xr.DataTree(output)
    *before, last = tree.attrs["layers"]
    tree.attrs["layers"] = [*before, "hidden", last]
    save_recording(tree, tmp_path / "recording.nc")
    copy = open_recording(tmp_path / "recording.nc")
    assert copy["hidden"]["spikes"].dims == ("time", "neuron")
    assert write_figures(copy, tmp_path)


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (change("pool3", threshold=-1.0), "/pool3: attribute threshold"),
        (change("conv3", kind="magic"), "/conv3: attribute kind"),
        (change("", text=3), "attribute text"),
    ],
)
def test_what_is_wrong_in_a_file_of_version_1_is_named(tmp_path, harm, message):
    tree = open_recording(VERSION_1)
    harm(tree)
    save_recording(tree, tmp_path / "recording.nc")
    with pytest.raises(RecordingError, match=message):
        open_recording(tmp_path / "recording.nc")
