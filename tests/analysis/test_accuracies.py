"""Every accuracy is where it belongs, with a bar that is named."""

import pytest

from analysis.accuracies import bars_label, deviation, plot_accuracies

ACCURACIES = {
    "MR": {"Converted": [0.6], "Fine-tuned": [0.70, 0.74]},
    "Waimai": {"Converted": [0.9]},
}
CHANCE = {"MR": 0.5, "Waimai": 0.66}
SENTENCES = {"MR": 1066, "Waimai": 1199}


def dots(ax):
    """Return the dot of each method and the ends of its bar."""
    found = {}
    for container in ax.containers:
        line, _, (bar,) = container.lines
        if line.get_gid():
            ((low, row), (high, _)) = bar.get_segments()[0]
            found[line.get_gid()] = (line.get_xdata()[0], row, low, high)
    return found


def test_dots_are_means_with_the_bars_of_seeds_or_of_sentences(draw):
    figure = plot_accuracies(ACCURACIES, CHANCE, SENTENCES)
    draw(figure)
    mr, waimai = figure.axes
    error = 100 * (0.6 * 0.4 / 1066) ** 0.5
    assert dots(mr)["Converted"] == pytest.approx((60, 0, 60 - error, 60 + error))
    assert dots(mr)["Fine-tuned"] == pytest.approx((72, 1, 72 - 8**0.5, 72 + 8**0.5))
    assert list(dots(waimai)) == ["Converted"]
    assert [text.get_text() for text in mr.texts] == ["60.0 ± 1.5", "72.0 ± 2.8"]


def test_datasets_share_their_axes(draw):
    figure = plot_accuracies(ACCURACIES, CHANCE, SENTENCES)
    draw(figure)
    mr, waimai = figure.axes
    assert mr.get_xlim() == waimai.get_xlim()
    assert max(mr.get_xticks()) <= 100
    names = [label.get_text() for label in mr.get_yticklabels()]
    assert names == ["Converted", "Fine-tuned"]


def test_the_legend_names_every_line(draw):
    figure = plot_accuracies(ACCURACIES, CHANCE, SENTENCES)
    draw(figure)
    (legend,) = figure.legends
    chance, bars = [text.get_text() for text in legend.get_texts()]
    assert chance == "largest class"
    assert bars == (
        "standard deviation over 2 seeds; of one seed binomial standard error of 1,066 to 1,199 "
        "sentences"
    )


def test_numbers_are_inside_the_figure(draw):
    figure = plot_accuracies(ACCURACIES, CHANCE, SENTENCES)
    draw(figure)
    figure.draw_without_rendering()
    for ax in figure.axes:
        for text in ax.texts:
            assert text.get_window_extent().x1 <= ax.bbox.x1


def test_what_bars_are():
    assert bars_label([1], [960]) == "binomial standard error of 960 sentences (one seed)"
    assert bars_label([3, 2], [960]) == "standard deviation over 2 or 3 seeds"
    assert deviation([0.5], 100) == 0.05
    assert deviation([0.4, 0.6], 100) == pytest.approx(0.02**0.5)
