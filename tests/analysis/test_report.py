"""The report: one file with everything in it, in which no text can do harm."""

import re

import numpy as np
import pytest
from bokeh.models import CustomJS

from analysis.attribution import Relevance
from analysis.energy import Work
from analysis.report import make_report
from analysis.report.membranes import membranes_panel
from analysis.report.raster import neuron_names, raster_panel
from bionlp.energy import energy_document

RELEVANCE = Relevance(1, 0, 12, np.array([3, 14, 0, -7, 1]))


@pytest.fixture
def energy(make_network):
    """Return a function that says what a recorded sentence cost."""

    def measure(recording, hidden=0):
        names = recording.attrs["layers"]
        work = Work(
            make_network(recording["output"].sizes["class"], 8, hidden),
            np.array([recording["input"].sizes["position"]]),
            recording.attrs["steps"],
            {name: recording[name].attrs["spike_count"] for name in names},
            {name: recording[name].attrs["synaptic_events"] for name in names[1:]},
        )
        return energy_document(work)

    return measure


def test_words_are_shaded_by_relevance(recording, energy):
    page = make_report(recording, RELEVANCE, energy(recording))
    words = re.findall(
        r'background: rgba\((\d+), \d+, \d+, ([\d.]+)\)"\s+title="[^"]*">([^<]+)<small>([^<]+)<',
        page,
    )
    assert [word for *_, word, _ in words] == ["a", "gripping", ",", "funny", "film"]
    assert [number for *_, number in words] == ["+3", "+14", "0", "-7", "+1"]
    opacity = [float(strength) for _, strength, *_ in words]
    assert opacity == pytest.approx([0.75 * x / 14 for x in (3, 14, 0, 7, 1)], abs=1e-3)
    colours = [red for red, *_ in words]
    assert colours[0] == colours[1] == colours[4] != colours[3]
    assert "lead of positive over negative" in " ".join(page.split())


def test_the_page_is_one_file_of_a_few_megabytes(recording, energy):
    page = make_report(recording, RELEVANCE, energy(recording))
    assert len(page.encode()) < 5_000_000
    head = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r'(src|href)="', head)
    assert not re.search(r"<script[^>]+src=", page)


def test_text_is_text(make_sample, energy):
    text = "</script><script>window.harm = 1</script>"
    words = ("<b>bold</b>", "</script>", "&amp;", '"quoted"', "'")
    recording = make_sample(words, ("<i>bad</i>", "good"), text=text)
    page = make_report(recording, RELEVANCE, energy(recording))
    assert "window.harm" in page
    assert "<script>window.harm" not in page
    for word in ("<b>bold</b>", "<i>bad</i>"):
        assert word not in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page


def test_without_membranes_the_page_says_so(make_sample, energy):
    recording = make_sample(membranes={})
    page = make_report(recording, RELEVANCE, energy(recording))
    assert "simulate with --record some" in page
    assert 'id="None"' not in page


def test_energy_of_every_layer_and_cost_model(recording, energy):
    document = energy(recording)
    page = make_report(recording, RELEVANCE, document)
    for name in recording.attrs["layers"]:
        assert f"<td>{name}</td><td>{recording[name].attrs['spike_count']:,}</td>" in page
    for row in document["energy"]:
        assert f"<td>{row['cost_model']}</td>" in page
        assert f"<td>{row['ratio']:.2f}</td>" in page


def test_every_spike_is_a_mark_at_its_time_and_row(recording):
    panel = raster_panel(recording)
    first = {"conv3": recording["conv2"]["spikes"][0].size, "pool3": 5}
    for name in recording.attrs["layers"]:
        marks = panel.select_one({"name": name}).data_source.data
        spikes = recording[name]["spikes"].values.reshape(recording.sizes["time"], -1)
        step, row = np.nonzero(spikes)
        np.testing.assert_allclose(marks["time"], step * 2.0)
        np.testing.assert_allclose(marks["row"], row + first.get(name, 0) + 0.5)


def test_neurons_are_named_by_words_windows_and_classes(recording):
    assert neuron_names(recording, "input")[1] == "w2 “gripping”, feature "
    assert neuron_names(recording, "conv3")[0] == "w1 “a gripping ,”, map "
    # The last windows reach into the padding.
    assert neuron_names(recording, "conv3")[-1] == "w5 “film”, map "
    assert neuron_names(recording, "pool2") == ["map "]
    assert neuron_names(recording, "output") == ["negative, neuron ", "positive, neuron "]


@pytest.mark.parametrize(
    ("count", "pixels", "labelled"), [(5, 300, 5), (39, 507, 39), (99, 600, 33)]
)
def test_words_beside_the_raster_have_room(make_sample, count, pixels, labelled):
    recording = make_sample([f"word{n}" for n in range(count)], length=100)
    plot = raster_panel(recording).select_one({"name": "raster input"})
    assert plot.height == pixels
    assert len(plot.yaxis[0].ticker.ticks) == labelled
    assert plot.height / labelled >= 13


@pytest.mark.parametrize("hidden", [7, 8])
def test_hidden_neurons_are_shown(make_sample, energy, hidden):
    recording = make_sample(hidden=hidden)
    assert neuron_names(recording, "hidden") == ["neuron "]
    page = make_report(recording, RELEVANCE, energy(recording, hidden))
    assert f"<td>hidden</td><td>{recording['hidden'].attrs['spike_count']:,}</td>" in page


def test_membranes_come_with_threshold_and_spikes_of_each_neuron(make_sample):
    recording = make_sample(hidden=3)
    pick = next(iter(membranes_panel(recording).select({"type": CustomJS})))
    thresholds, steps = pick.args["thresholds"]["conv2"], pick.args["steps"]["conv2"]
    spikes = recording["conv2"]["spikes"].values.reshape(30, -1)
    for index in recording["conv2"]["index"].values:
        assert thresholds[str(index)] == recording["conv2"]["threshold"].values.ravel()[index]
        assert steps[str(index)] == np.flatnonzero(spikes[:, index]).tolist()
