"""The report: one file with everything in it, in which no text can do harm."""

import re

import numpy as np
import pytest
from bokeh.models import CustomJS, Select

from analysis.attribution import Relevance
from analysis.energy import Work
from analysis.report import make_report
from analysis.report.colours import (
    DARK,
    LIGHT,
    MARKS,
    NO_CLASS,
    STRONGEST,
    TEXT,
    class_colours,
    contrast,
)
from analysis.report.membranes import membranes_panel
from analysis.report.raster import neuron_names, raster_panel
from analysis.report.tables import MOMENTS, membrane_rows, vote_rows, word_rows
from analysis.style import COLOURS
from bionlp.energy import energy_document

RELEVANCE = Relevance(1, 0, 12, np.array([3, 14, 0, -7, 1]))


def heading(text):
    """Return what a row of a table begins with."""
    return f'<th scope="row">{text}</th>'


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
        r'<span class="word([^"]*)" style="--strength: ([\d.]+)">'
        r'<span lang="en">([^<]+)</span><small>([^<]+)<',
        page,
    )
    assert [word for *_, word, _ in words] == ["a", "gripping", ",", "funny", "film"]
    assert [number for *_, number in words] == ["+3", "+14", "0", "−7", "+1"]
    assert [kind.strip() for kind, *_ in words] == ["for", "for", "", "against", "for"]
    strength = [float(strength) for _, strength, *_ in words]
    assert strength == pytest.approx([x / 14 for x in (3, 14, 0, 7, 1)], abs=1e-3)
    assert "lead of positive over negative" in " ".join(page.split())


def test_the_text_is_in_its_language_and_the_page_in_english(chinese_recording, energy):
    relevance = Relevance(1, 0, 12, np.array([3, 0, 9, 0]))
    page = make_report(chinese_recording, relevance, energy(chinese_recording))
    assert '<html lang="en">' in page
    assert '<span lang="en">好吃</span>' in page
    chinese = chinese_recording.copy(deep=True)
    chinese.attrs["language"] = "zh"
    page = make_report(chinese, relevance, energy(chinese))
    assert '<html lang="en">' in page
    assert '<h1>“<span lang="zh">菜很好吃！</span>”' in page
    assert '<span lang="zh">好吃</span>' in page
    assert '<th scope="row" lang="zh">好吃</th>' in page


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
        assert f"{heading(name)}<td>{recording[name].attrs['spike_count']:,}</td>" in page
    for row in document["energy"]:
        assert heading(row["cost_model"]) in page
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
    assert f"{heading('hidden')}<td>{recording['hidden'].attrs['spike_count']:,}</td>" in page


def test_membranes_come_with_threshold_and_spikes_of_each_neuron(make_sample):
    recording = make_sample(hidden=3)
    pick = next(iter(membranes_panel(recording).select({"type": CustomJS})))
    thresholds, steps = pick.args["thresholds"]["conv2"], pick.args["steps"]["conv2"]
    spikes = recording["conv2"]["spikes"].values.reshape(30, -1)
    for index in recording["conv2"]["index"].values:
        assert thresholds[str(index)] == recording["conv2"]["threshold"].values.ravel()[index]
        assert steps[str(index)] == np.flatnonzero(spikes[:, index]).tolist()


def opened(recording):
    """Return the neuron that is picked when the page opens, and the colour it is drawn in."""
    panel = membranes_panel(recording)
    picked = {choice.title: choice for choice in panel.select({"type": Select})}
    trace = panel.select_one({"name": "membrane"}).renderers[0].glyph
    layer, neuron = picked["Layer"].value, picked["Neuron"]
    return layer, dict(neuron.options)[neuron.value], trace.line_color


@pytest.mark.parametrize(
    ("hidden", "labels", "winner", "neuron"),
    [
        # The output spikes of each class's neurons:
        (2, ("bad", "good"), 1, 0),  # 18 18 1, 30 30 30
        (5, ("bad", "good"), 0, 0),  # 30 30 30, 30 25 30
        (2, ("bad", "fair", "good"), 1, 2),  # 18 17 2, 29 29 30, 0 29 29
    ],
)
def test_the_page_opens_on_a_membrane_of_the_class_that_won(
    make_sample, hidden, labels, winner, neuron
):
    recording = make_sample(labels=labels, hidden=hidden)
    assert recording.attrs["label"] == winner
    counts = recording["output"]["spikes"].sum("time").values[winner]
    assert counts.argmax() == neuron
    colour = class_colours(len(labels))[winner]
    assert opened(recording) == ("output", f"{labels[winner]}, neuron {neuron}", colour)


def test_the_page_opens_on_what_was_recorded(make_sample):
    colour = class_colours(2)[0]
    recording = make_sample(hidden=2, membranes={"output": [1]})
    assert recording.attrs["label_name"] == "positive"
    assert opened(recording) == ("output", "negative, neuron 1", colour)
    assert opened(make_sample(membranes={"pool2": [3]})) == ("pool2", "map 3", NO_CLASS)


def test_a_tie_opens_on_the_first_membrane(recording):
    assert recording.attrs["label"] == -1
    assert opened(recording)[:2] == ("output", "negative, neuron 0")


def test_every_colour_can_be_seen_on_light_and_on_dark_paper():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    for paper in (LIGHT, DARK):
        for name in ("ink", "note"):
            assert contrast(paper[name], paper["paper"]) >= TEXT
        for colour in (*class_colours(7), NO_CLASS, *map(paper.get, ("for", "against", "edge"))):
            assert contrast(colour, paper["paper"]) >= MARKS
        for shade in ("for", "against"):
            deepest = blend(paper[shade], paper["paper"], STRONGEST)
            assert contrast(paper["ink"], deepest) >= TEXT


def test_a_colour_means_one_thing():
    classes = [*class_colours(7), *COLOURS, NO_CLASS]
    for paper in (LIGHT, DARK):
        assert distance(paper["for"], paper["against"]) > 0.2
        for shade in ("for", "against"):
            assert min(distance(paper[shade], colour) for colour in classes) > 0.1


def test_classes_keep_their_hue():
    for drawn, printed in zip(class_colours(7), COLOURS, strict=True):
        lightness, *hue = oklab(printed) - oklab(drawn)
        assert np.linalg.norm(hue) < 0.05
        assert abs(lightness) < 0.5


def blend(colour, paper, opacity):
    """Return a colour laid over another as browsers do it."""
    over, under = (np.array(list(bytes.fromhex(code[1:]))) for code in (colour, paper))
    mixed = np.rint(opacity * over + (1 - opacity) * under).astype(np.uint8)
    return "#" + bytes(mixed.tolist()).hex()


def oklab(colour):
    """Return lightness and two axes of colour, equally spaced to the eye (Ottosson 2020)."""
    encoded = np.array(list(bytes.fromhex(colour[1:]))) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    axes = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return axes @ np.cbrt(cones @ linear)


def distance(one, other):
    return np.linalg.norm(oklab(one) - oklab(other))


def test_pictures_have_their_numbers_in_tables(recording, energy):
    words = word_rows(recording, RELEVANCE.words.tolist())
    assert words[3][:3] == ["funny", "w4", "−7"]
    spikes = recording["input"]["spikes"].values
    assert words[3][3] == f"{spikes[:, 3].sum():,}"
    columns, votes = vote_rows(recording)
    assert columns == ["time (ms)", "negative", "positive"]
    counts = recording["output"]["spikes"].values.sum(axis=2).cumsum(axis=0)
    times = recording["time"].values
    assert len(votes) == MOMENTS
    for time, *now in votes:
        (step,) = np.flatnonzero(times == float(time))
        assert now == [str(count) for count in counts[step]]
    assert float(votes[-1][0]) == times[-1]
    layer, recorded, fired, lowest, highest = membrane_rows(recording)[0]
    assert (layer, recorded) == ("conv2", "8")
    membranes = recording["conv2"]["membrane"].values
    assert int(fired) == recording["conv2"]["spikes"].values.reshape(30, -1)[:, :8].any(0).sum()
    ends = [float(end.replace("−", "-")) for end in (lowest, highest)]
    assert ends == pytest.approx([membranes.min(), membranes.max()], abs=1e-3)
    page = make_report(recording, RELEVANCE, energy(recording))
    for row in (words[3], votes[-1], membrane_rows(recording)[0]):
        assert "".join(f"<td>{cell}</td>" for cell in row[1:]) in page


def test_long_words_leave_room_for_the_raster(make_sample):
    long = "pneumonoultramicroscopicsilicovolcanoconiosis"
    recording = make_sample(("a", long, "非常非常非常好吃", "film"))
    plot = raster_panel(recording).select_one({"name": "raster input"})
    assert list(plot.yaxis[0].major_label_overrides.values()) == [
        *("a", "pneumonoultr…", "非常非常非常…", "film")
    ]
    assert neuron_names(recording, "input")[1] == f"w2 “{long}”, feature "
