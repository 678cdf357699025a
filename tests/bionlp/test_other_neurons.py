"""Other neurons in trained classifiers: on the command line, in recordings, figures and pages."""

import json
import shutil

import numpy as np
import pytest
from brian2 import ms

from analysis.recordings import firing_levels, membrane_unit, membranes
from analysis.traces import plot_traces
from bionlp.checkpoint import load_classifier, save_classifier
from bionlp.cli import completion
from bionlp.engine import Engine
from bionlp.errors import UsageError
from bionlp.independent import compare_independent
from bionlp.neurons import find_neurons
from bionlp.recording import open_recording, save_recording
from bionlp.simulation import run_brian, simulate, stimulus_of
from bionlp.validation import replay
from networks.brian import BrianNetwork, PoissonStimulus, Recorder
from networks.brian.neuron_files import shelf, shelf_model

TEXTS = ("a gripping , funny and moving film", "not a dull moment")
needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
ADEX = {"conv": shelf_model("adex")}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BIONLP_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def model(make_classifier, tmp_path):
    """Return a folder with a small model."""
    save_classifier(make_classifier(), tmp_path / "odd")
    return tmp_path / "odd"


def activities(neurons, backend):
    classifier = load_classifier("mr")
    stimulus = stimulus_of(classifier, [classifier.read(text).ids for text in TEXTS], 50, seed=0)
    engine = Engine(backend, neurons=neurons)
    return run_brian(classifier.network, stimulus, seed=1, engine=engine, record=["all"])[1]


# Cython compiles for minutes here; tests/networks/test_neuron_model.py has it on a small network.
@pytest.mark.parametrize(
    "backend",
    ["numpy", pytest.param("cpp_standalone", marks=[pytest.mark.slow, needs_compiler])],
)
def test_the_bundled_model_with_its_neurons_as_text_fires_as_it_did(backend):
    found = activities(find_neurons("lif"), backend)
    spikes = 0
    for one, other in zip(found, activities(None, "numpy"), strict=True):
        for name, layer in other.items():
            np.testing.assert_array_equal(one[name].spikes, layer.spikes, err_msg=name)
            np.testing.assert_array_equal(one[name].membrane, layer.membrane, err_msg=name)
            spikes += layer.spikes.sum()
    assert spikes > 100_000


def test_a_recording_says_which_neurons_it_is_of(make_classifier, tmp_path):
    engine = Engine("numpy", neurons=ADEX)
    (made,) = simulate(make_classifier(), ["good film"], steps=20, engine=engine)
    save_recording(made, tmp_path / "recording.nc")
    recording = open_recording(tmp_path / "recording.nc")
    conv = recording["conv"]
    assert conv["membrane"].attrs["units"] == "V"
    assert "units" not in recording["pool"]["membrane"].attrs
    assert json.loads(conv.attrs["neuron_model"]) == ADEX["conv"].document
    assert "neuron_model" not in recording["pool"].attrs
    assert membrane_unit(recording, "conv") == "mV"
    np.testing.assert_allclose(firing_levels(recording, "conv"), -40.4)
    shown = membranes(recording, "conv")
    np.testing.assert_allclose(shown, conv["membrane"].values * 1e3)
    assert -200 < shown.min() < -60


def test_traces_are_drawn_in_millivolts(make_classifier):
    engine = Engine("numpy", neurons=ADEX)
    (recording,) = simulate(make_classifier(), ["good film"], steps=20, engine=engine)
    figure = plot_traces(recording, {"conv": [0, 1]})
    assert figure.get_supylabel().split("(")[1] == "mV)"
    assert [text.get_text() for text in figure.axes[0].texts] == ["θ = −40.4"]
    figure = plot_traces(recording, {"conv": [0], "pool": [0]})
    assert [ax.get_ylabel() for ax in figure.axes] == ["mV", "weights"]


def test_smaller_steps_keep_rates_and_are_recorded(make_classifier):
    classifier = make_classifier()
    fine = Engine("numpy", dt_ms=0.1)
    (coarse,) = simulate(classifier, ["good film"], steps=200, engine=Engine("numpy"))
    (recording,) = simulate(classifier, ["good film"], steps=200, engine=fine)
    assert recording.attrs["steps"] == 2000
    assert recording["time"].values[-1] == pytest.approx(199.9)
    counts = [tree["input"].attrs["spike_count"] for tree in (coarse, recording)]
    assert counts[1] == pytest.approx(counts[0], rel=0.1)


def test_a_step_is_a_whole_part_of_a_millisecond():
    for wrong in (0.3, 2.0, 0.0, -1.0, 1e-5, float("nan"), float("inf")):
        with pytest.raises(UsageError, match="a step lasts 1 ms divided by a whole number"):
            Engine(dt_ms=wrong)
    assert [Engine(dt_ms=dt).parts for dt in (1.0, 0.5, 0.1, 1 / 3)] == [1, 2, 10, 3]


def test_too_many_steps_are_refused(make_classifier):
    engine = Engine("numpy", dt_ms=0.001)
    with pytest.raises(UsageError, match="200,000, and at most 100,000"):
        simulate(make_classifier(), ["good film"], steps=200, engine=engine)


def test_what_compares_with_pytorch_refuses_other_neurons(make_classifier, cli):
    classifier = make_classifier()
    read = [classifier.read("good film")] * 2
    for engine in (Engine("numpy", neurons=ADEX), Engine("numpy", dt_ms=0.5)):
        with pytest.raises(UsageError, match="PyTorch, which has the trained neurons"):
            replay(classifier, read, steps=5, seed=0, engine=engine)
        with pytest.raises(UsageError, match="PyTorch, which has the trained neurons"):
            compare_independent(classifier.network, read, steps=5, seed=0, seeds=1, engine=engine)
    code, _, err = cli("validate", "mr", "--neurons=adex")
    assert code == 2
    assert "validate compares with PyTorch" in err


def test_commands_take_a_file_for_some_layers(cli, model, tmp_path):
    (tmp_path / "mine.toml").write_text('[conv]\nmodel = "adex"\nscale = "2*nA"\n')
    options = ("--neurons", tmp_path / "mine.toml", "--backend=numpy", "--steps=20")
    code, out, err = cli("simulate", model, "good film", *options, "--json")
    assert code == 0, err
    (entry,) = json.loads(out)
    assert entry["neurons"] == {"conv": shelf_model("adex").title}
    (tmp_path / "reviews.csv").write_text("text,label\ngood film,class 1\nbad plot,class 0\n")
    code, out, err = cli(
        *("evaluate", model, "--dataset", tmp_path / "reviews.csv", *options, "--workers=2"),
        "--json",
    )
    assert code == 0, err
    document = json.loads(out)
    assert document["engine"] == "brian"
    assert document["calibration"] is None


def test_a_page_of_other_neurons_replays_them(cli, model, tmp_path):
    (tmp_path / "mine.toml").write_text('[conv]\nmodel = "lif_refractory"\n')
    neurons = ("--neurons", tmp_path / "mine.toml")
    options = (*neurons, "--steps=10", "--backend=numpy", "--dt=0.5")
    code, _, err = cli(
        *("simulate", model, "good film", "--out", tmp_path / "runs", *options),
        "--figures=traces, raster",
    )
    assert code == 0, err
    recording = tmp_path / "runs" / "odd-01" / "recording.nc"
    drawn = {path.name for path in recording.parent.iterdir()}
    assert drawn == {"recording.nc", "traces.png", "raster.png"}
    page = tmp_path / "page.html"
    code, _, err = cli("report", recording, "--model", model, "--backend=numpy", "--out", page)
    assert code == 0, err
    assert "neurons of conv" in page.read_text(encoding="utf-8")
    assert "(mV)" in page.read_text(encoding="utf-8")
    code, _, err = cli(
        *("report", model, "--compare", "good film", "bad film", *options, "--out", page),
    )
    assert code == 0, err
    assert "Leaky integrate-and-fire with a refractory period" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[conv9]\nmodel = 'adex'", "'conv9': there is no such layer, only conv, pool"),
        ("[conv]\nmodel = 'adex'\nthreshhold = 'v > 1'", "there is no field 'threshhold'"),
        ("[conv]\nmodel = 'adex'\nthreshold = 'v > 1'", "layer 'conv', threshold 'v > 1': "),
        ("[conv]\nmodel = 'hodgkin_huxley'", "choose --dt 0.1"),
        (
            "[conv]\nmodel = 'adex'\nscale = '1e300*nA'",
            "layer 'conv', equations: 'v' left all bounds",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(cli, model, tmp_path, text, said):
    file = tmp_path / "mine.toml"
    file.write_text(text)
    code, out, err = cli("simulate", model, "good film", "--neurons", file, "--steps=9")
    assert (code, out) == (2, "")
    (line,) = [line for line in err.splitlines() if line.startswith("error:")]
    assert said in line
    assert "Traceback" not in err


def test_neurons_that_there_are_none_of(cli, model, tmp_path):
    code, _, err = cli("simulate", model, "good film", "--neurons=adx")
    assert code == 2
    assert "there are no neurons 'adx': name a TOML file, or one of adex, " in err
    (tmp_path / "odd.toml").write_bytes(b"\xff")
    code, _, err = cli("simulate", model, "good film", "--neurons", tmp_path / "odd.toml")
    assert code == 2
    assert "not UTF-8" in err


def test_the_shelf_is_shown_and_written(cli, model, tmp_path):
    code, out, _ = cli("neurons")
    assert code == 0
    assert all(f"{name}: {shelf_model(name).title}" in out for name in shelf())
    code, out, _ = cli("neurons", "adex")
    assert "Brette & Gerstner (2005)" in out
    assert "tau_w = 144*ms" in out
    code, out, _ = cli("neurons", "adex", "--toml")
    (tmp_path / "mine.toml").write_text(out, encoding="utf-8")
    assert find_neurons(str(tmp_path / "mine.toml")) == find_neurons("adex")
    for wrong in (
        ("neurons", "adx"),
        ("neurons", "--toml"),
        ("neurons", "lif", "--toml", "--json"),
    ):
        assert cli(*wrong)[0] == 2
    assert tuple(shelf()) == completion.NEURONS
    assert completion.neurons("lif_a") == ["lif_adaptive"]


def test_neurons_of_a_network_in_python():
    classifier = load_classifier("mr")
    stimulus = PoissonStimulus.of_rates([classifier.read(TEXTS[0]).rates], steps=20)
    neurons = {"conv3": shelf_model("adex")}
    with BrianNetwork(
        classifier.network, stimulus, backend="numpy", neurons=neurons, dt=1 * ms
    ) as brian:
        recorder = Recorder(brian, membranes={"conv3": range(5)})
        brian.run(seed=1)
        assert recorder.activity(0)["conv3"].membrane.min() < -0.06
        assert brian.units == {"conv3": "V"}


@needs_compiler
def test_a_sentence_in_ten_times_the_steps_is_worth_compiling_as_ten_are():
    assert Engine().chosen(30).backend == "numpy"
    assert Engine().chosen(300).backend == "cpp_standalone"
    assert Engine(dt_ms=0.1).chosen(30).backend == "cpp_standalone"
    assert Engine(dt_ms=0.1).chosen(20).backend == "numpy"
    assert Engine("numpy", dt_ms=0.1).chosen(300).backend == "numpy"
