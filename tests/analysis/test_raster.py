"""The raster shows a spike as a mark, under readable labels, and says what it leaves out."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from scipy import ndimage

from analysis.raster import plot_raster, sample
from analysis.recordings import NO_LABEL
from analysis.view import View

LONG = [f"word{number}" for number in range(39)]
WHOLE = View(neurons=200)
"""More neurons than a layer of the small recordings has."""


def marks(figure):
    """Return the ends of the marks of each layer, shape (spikes, 2, 2)."""
    found = {}
    for ax in figure.axes:
        for artist in ax.collections:
            if isinstance(artist, LineCollection):
                found.setdefault(artist.get_gid(), []).extend(artist.get_segments())
    return {layer: np.reshape(ends, (-1, 2, 2)) for layer, ends in found.items()}


def labels(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def headings(figure):
    return [ax.get_title(loc="left") for ax in figure.axes]


def shown(band, size):
    """Return the spikes of the neurons of a band that are drawn; neurons are the last axis."""
    return band[..., sample(band.shape[-1], size)]


def test_every_spike_is_drawn_once_where_there_is_room(recording):
    drawn = marks(plot_raster(recording, WHOLE))
    assert list(drawn) == recording.attrs["layers"]
    for name, ends in drawn.items():
        assert len(ends) == recording[name].attrs["spike_count"] > 0
        assert len(np.unique(ends, axis=0)) == len(ends)


def test_a_spike_is_at_its_time_in_the_row_of_its_neuron(recording):
    drawn = marks(plot_raster(recording, WHOLE))["input"].mean(axis=1)
    step, position, feature = np.nonzero(recording["input"]["spikes"].values)
    features = recording["input"].sizes["feature"]
    expected = np.column_stack([step * 2.0, position + (feature + 0.5) / features])
    np.testing.assert_allclose(np.unique(drawn, axis=0), np.unique(expected, axis=0))


def test_the_spikes_of_a_sample_are_those_of_its_neurons(recording):
    drawn = marks(plot_raster(recording, View(neurons=20)))["input"].mean(axis=1)
    spikes = recording["input"]["spikes"].values
    step, position, row = np.nonzero(shown(spikes, 4))
    expected = np.column_stack([step * 2.0, position + (row + 0.5) / 4])
    np.testing.assert_allclose(np.unique(drawn, axis=0), np.unique(expected, axis=0))


def test_a_sample_is_always_the_same_and_grows():
    assert sample(100, 10).tolist() == sample(100, 10).tolist() == sorted(set(sample(100, 10)))
    assert set(sample(100, 10)) < set(sample(100, 11))
    assert sample(5, 5).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("dpi", [150, 300])
@pytest.mark.parametrize("width", [3.5, 7.2])
def test_no_two_spikes_touch_in_print(make_sample, dpi, width):
    """In the picture, there are as many separate specks of ink as spikes are drawn."""
    figure = plot_raster(make_sample(LONG, length=40), View(width=width))
    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    for ax in figure.axes:
        for artist in (*ax.patches, *ax.lines):  # shades of bands and lines between them
            artist.set_visible(False)
    canvas.draw()
    grey = np.asarray(canvas.buffer_rgba())[..., :3].min(axis=-1)
    for ax in figure.axes:
        spikes = sum(len(artist.get_segments()) for artist in ax.collections)
        box = ax.get_window_extent()
        rows = slice(int(len(grey) - box.y1) + 1, int(len(grey) - box.y0) - 2)
        _, specks = ndimage.label(grey[rows, int(box.x0) + 2 : int(box.x1) - 2] < 150)
        assert specks == spikes > 0


def test_panels_and_bands_are_labelled(recording):
    figure = plot_raster(recording)
    assert headings(figure) == [
        "Input: 60 neurons",
        "Convolution: random 38 of 50 neurons",
        "Pooling: 10 neurons",
        "Output: 6 neurons",
    ]
    assert [labels(ax) for ax in figure.axes] == [
        ["a", "gripping", ",", "funny", "film"],
        ["width 2", "width 3"],
        ["width 2", "width 3"],
        ["negative", "positive"],
    ]
    assert figure.axes[-1].get_xlabel() == "Time (ms)"
    title = figure.get_suptitle()
    assert title == f"“a gripping , funny film” → {recording.attrs['label_name'] or NO_LABEL}"


def test_beside_each_band_is_the_number_of_spikes_of_all_its_neurons(recording):
    for view in (View(), View(neurons=2), View(start=10, end=30)):
        figure = plot_raster(recording, view)
        counts = recording["output"]["spikes"][view.steps(recording)].sum(("time", "neuron"))
        found = [text.get_text() for text in figure.axes[-1].texts]
        assert found == [f"{count:,}" for count in counts.values]
    (heading,) = {
        text.get_text()
        for text in plot_raster(recording, View(neurons=2)).axes[0].texts
        if not text.get_text().replace(",", "").isdecimal()
    }
    assert heading == "all spikes"


def test_bands_are_told_apart_by_a_line(recording):
    for ax in plot_raster(recording).axes:
        lines = [line for line in ax.lines if line.get_gid() == "boundary"]
        assert [line.get_ydata()[0] for line in lines] == list(range(1, len(labels(ax))))


def test_a_window_has_its_steps_and_no_others(recording):
    figure = plot_raster(recording, View(start=10, end=20, neurons=200))
    steps = recording["input"]["spikes"].values[5:10]
    drawn = marks(figure)["input"][:, 0, 0]
    assert len(drawn) == steps.sum()
    assert set(drawn) <= {10, 12, 14, 16, 18}
    low, high = figure.axes[0].get_xlim()
    assert 8 < low < 10
    assert high == 20


def test_chosen_layers_are_drawn_in_the_order_of_flow(recording, draw):
    figure = plot_raster(recording, View(layers=["output", "conv3"], height=3, title="Mine"))
    draw(figure)
    assert list(marks(figure)) == ["conv3", "output"]
    assert figure.get_figheight() == pytest.approx(3)
    assert figure.get_suptitle() == "Mine"


@pytest.mark.parametrize(
    ("view", "complaint"),
    [
        ({"start": 10, "end": 70}, "from 10 to 70 ms is not a part .* from 0 to 60 ms"),
        ({"start": 20, "end": 20}, "is not a part"),
        ({"start": float("nan")}, "is not a part"),
        ({"start": -1}, "is not a part"),
        ({"start": 10.5, "end": 11}, "no step lies from 10.5 to before 11 ms; a step takes 2 ms"),
        ({"layers": ["conv9"]}, "no layer 'conv9', only input, conv2"),
        ({"layers": []}, "no layer was named"),
        ({"neurons": 0}, "at least 1, not 0"),
        ({"width": 0.1}, "width of a figure must be 2 to 40 inches, not 0.1"),
        ({"height": float("inf")}, "height of a figure must be 2 to 40 inches"),
        ({"height": 2}, "labels do not fit into 2 inches of height; 3.0 are enough"),
        ({"height": 4, "neurons": 60}, "has room for .* ask for fewer neurons"),
    ],
)
def test_a_view_that_does_not_fit_is_refused(recording, view, complaint):
    with pytest.raises(ValueError, match=complaint):
        plot_raster(recording, View(**view))


def test_the_height_that_is_said_to_be_enough_is(recording, draw):
    with pytest.raises(ValueError, match="are enough") as error:
        plot_raster(recording, View(height=2))
    enough = float(str(error.value).split("; ")[1].split()[0])
    draw(plot_raster(recording, View(height=enough)))


def test_a_figure_higher_than_any_page_is_refused(make_sample):
    with pytest.raises(ValueError, match="these rows need .* inches of height"):
        plot_raster(make_sample(LONG * 12, length=500), View(neurons=10_000))


def test_few_marks_are_lines_and_many_an_image(recording, make_sample):
    for tree, view, rasterised in (
        (recording, View(), False),
        (make_sample(LONG, length=40), View(neurons=1_300), True),
    ):
        figure = plot_raster(tree, view)
        lines = [artist for ax in figure.axes for artist in ax.collections]
        assert {artist.get_rasterized() for artist in lines} == {rasterised}


@pytest.mark.parametrize("words", [["brilliant"], LONG])
def test_no_panel_is_crushed_by_another(make_sample, draw, words):
    classes = ["terrible", "bad", "neutral", "good", "excellent"]
    figure = plot_raster(make_sample(words, classes, length=40))
    draw(figure)
    for ax in figure.axes:
        height = ax.get_window_extent().height / figure.dpi * 72
        assert height / len(labels(ax)) > 6.5
    assert figure.get_figheight() < 10
    assert labels(figure.axes[0]) == words
    assert labels(figure.axes[-1]) == classes


def test_words_may_look_like_mathematics(make_sample, draw):
    words = ["$5", "or", "$6", "^", "_", "\\frac"]
    figure = plot_raster(make_sample(words))
    draw(figure)
    assert labels(figure.axes[0]) == words


@pytest.mark.parametrize("suffix", ["pdf", "svg"])
def test_vector_files_stay_small(make_sample, draw, suffix):
    figure = plot_raster(make_sample(LONG, length=40))
    assert draw(figure, suffix).stat().st_size < 800_000


def test_a_silent_network_can_be_drawn(make_sample, draw):
    silent = make_sample().copy()
    for name in silent.attrs["layers"]:
        silent[name]["spikes"] = silent[name]["spikes"] & False
    draw(plot_raster(silent))


def test_chinese_words_are_drawn_where_a_font_has_them(chinese_recording, chinese_font, draw):
    figure = plot_raster(chinese_recording)
    draw(figure)
    assert labels(figure.axes[0]) == ["菜", "很", "好吃", "！"]
    assert labels(figure.axes[-1]) == ["差评", "好评"]
    assert "“菜很好吃！” → " in figure.get_suptitle()
    assert figure.get_supxlabel() == ""


def test_chinese_words_are_numbered_where_no_font_has_them(
    chinese_recording, without_chinese_fonts, draw
):
    figure = plot_raster(chinese_recording)
    draw(figure)
    assert labels(figure.axes[0]) == ["w1", "w2", "w3", "w4"]
    assert labels(figure.axes[-1]) == ["class 1", "class 2"]
    assert figure.get_suptitle().startswith("A text of 4 words → class ")
    assert "install a font" in figure.get_supxlabel()


@pytest.mark.parametrize("hidden", [7, 8])
def test_hidden_neurons_have_a_panel_of_their_own(make_sample, draw, hidden):
    figure = plot_raster(make_sample(hidden=hidden))
    draw(figure)
    assert headings(figure)[3:] == [f"Dense: {hidden} neurons", "Output: 6 neurons"]
    assert labels(figure.axes[3]) == ["hidden"]


def test_a_kind_that_is_new_has_a_panel(make_sample, draw):
    recording = make_sample().copy()
    recording["pool2"].attrs["kind"] = "unheard"
    figure = plot_raster(recording)
    draw(figure)
    assert [heading.split(":")[0] for heading in headings(figure)] == [
        *("Input", "Convolution", "Unheard", "Pooling", "Output")
    ]


def test_layers_of_the_same_width_are_named(make_sample, draw):
    recording = make_sample().copy()
    recording["conv3"].attrs["width"] = recording["conv2"].attrs["width"]
    figure = plot_raster(recording)
    draw(figure)
    assert labels(figure.axes[1]) == ["conv2", "conv3"]


def test_many_numbered_positions_are_one_band(make_sample, draw):
    numbers = [str(number) for number in range(1, 40)]
    figure = plot_raster(make_sample(numbers, length=40))
    draw(figure)
    assert labels(figure.axes[0]) == ["1 to 39"]
    assert headings(figure)[0] == "Input: random 19 of 468 neurons"
