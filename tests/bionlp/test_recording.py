import numpy as np
import pytest
import xarray as xr

from bionlp.checkpoint import load_classifier
from bionlp.errors import RecordingError
from bionlp.recording import class_counts, load_recording, save_recording
from bionlp.simulation import simulate


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
    assert attrs["brian2_version"]
    assert recording["output"].attrs["latency"] == 3


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
    assert load_recording(path).identical(recording)


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
        (newer, "version 99"),
    ]:
        with pytest.raises(RecordingError, match=message):
            load_recording(path)
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
    assert len(out.split()) == 3


def test_no_membranes_no_traces(cli, small_model, tmp_path):
    (tree,) = simulate(load_classifier(small_model), ["good"], record=["none"])
    save_recording(tree, tmp_path / "recording.nc")
    code, _, err = cli("plot", tmp_path / "recording.nc", "--kind=traces")
    assert code == 7
    assert "--record" in err
