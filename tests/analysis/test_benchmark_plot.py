"""Every number of a benchmark is where it belongs."""

import pytest

from analysis.benchmark import plot_benchmark, plot_scaling


def row(engine, part="inference", ms=10.0, **values):
    times = {"build_s": 0.5, "compile_s": 20.0, "start_s": 0.25}
    measured = {"ms_per_sentence": ms, "peak_mib": 40.0, "skipped": None}
    return {"engine": engine, "part": part} | times | measured | values


ROWS = [
    row("stock-cpp", ms=1200.0, peak_mib=2000.0),
    row("shared-cpp", ms=12.5),
    row("snntorch-b1", ms=150.0, compile_s=0.0),
    row("stock-cython", skipped="no compiler", ms=None, peak_mib=None),
    row("finetune-torch", "training", ms=9.0),
    row("shared-cpp-all", "whole", ms=6.0, build_s=None, compile_s=None, peak_mib=None),
]


def dots(ax):
    return {line.get_gid(): line for line in ax.lines if line.get_marker() != "None"}


def test_every_measured_engine_has_its_dots(draw):
    figure = plot_benchmark(ROWS)
    draw(figure)
    preparation, time, memory = figure.axes
    assert {name: line.get_xdata()[0] for name, line in dots(time).items()} == {
        "stock-cpp": 1200,
        "shared-cpp": 12.5,
        "snntorch-b1": 150,
        "finetune-torch": 9,
        "shared-cpp-all": 6,
    }
    assert {name: line.get_xdata()[0] for name, line in dots(preparation).items()} == {
        "stock-cpp": 20.75,
        "shared-cpp": 20.75,
        "snntorch-b1": 0.75,
    }
    assert dots(memory)["stock-cpp"].get_xdata()[0] == 2000
    assert "shared-cpp-all" not in dots(memory)


def test_a_dot_is_on_the_line_of_its_name(draw):
    figure = plot_benchmark(ROWS)
    draw(figure)
    ax = figure.axes[0]
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == [
        *("Inference", "stock-cpp", "shared-cpp", "snntorch-b1"),
        *("Training step", "finetune-torch", "All sentences, all cores", "shared-cpp-all"),
    ]
    for ax in figure.axes:
        for name, line in dots(ax).items():
            assert names[int(line.get_ydata()[0])] == name


def test_engines_of_a_family_look_the_same(draw):
    figure = plot_benchmark(ROWS)
    draw(figure)
    looks = {
        name: (line.get_color(), line.get_marker()) for name, line in dots(figure.axes[1]).items()
    }
    assert looks["shared-cpp"] == looks["shared-cpp-all"]
    assert len(set(looks.values())) == 4


def test_numbers_are_inside_the_figure(draw):
    figure = plot_benchmark(ROWS)
    draw(figure)
    figure.draw_without_rendering()
    for ax in figure.axes:
        for text in ax.texts:
            assert text.get_window_extent().x1 <= ax.bbox.x1


@pytest.mark.parametrize("rows", [[], [ROWS[3]]])
def test_nothing_measured_is_an_empty_figure(rows, draw):
    draw(plot_benchmark(rows))


def curve(values, engines):
    points = [
        {"engine": engine, "value": value, "ms_per_sentence": factor * value, "skipped": None}
        for engine, factor in engines.items()
        for value in values
    ]
    return points[::-1]


ENGINES = {"stock-cpp": 30.0, "torch": 2.0}


def test_curves_are_drawn_in_order_of_their_values(draw):
    curves = {
        "words": curve([5, 10, 39], ENGINES),
        "steps": curve([10, 100], ENGINES),
        "sentences": curve([1, 200], ENGINES),
        "workers": curve([1, 2], {"shared-cpp": 7.0}),
    }
    curves["words"][0] |= {"skipped": "killed", "ms_per_sentence": None}
    figure = plot_scaling(curves)
    draw(figure)
    words, *_, workers = figure.axes
    lines = {line.get_label(): line for line in words.lines}
    assert list(lines["stock-cpp"].get_xdata()) == [5, 10, 39]
    assert list(lines["torch"].get_xdata()) == [5, 10]
    assert list(lines["stock-cpp"].get_ydata()) == [150, 300, 1170]
    assert [tick.get_text() for tick in words.get_xticklabels()] == ["5", "10", "39"]
    assert workers.get_xlabel() == "Worker processes"
    (legend,) = figure.legends
    assert {text.get_text() for text in legend.get_texts()} == {*ENGINES, "shared-cpp"}


def test_an_engine_looks_the_same_in_all_panels(draw):
    figure = plot_scaling({name: curve([1, 10], ENGINES) for name in ("words", "steps")})
    draw(figure)
    assert len(figure.axes) == 2
    looks = [
        {(line.get_label(), line.get_color(), line.get_marker()) for line in ax.lines}
        for ax in figure.axes
    ]
    assert looks[0] == looks[1]
