"""What engines cost: a dot for each, and curves of how the cost grows.

Costs differ by factors, not by amounts, so axes are logarithmic, and a dot's place is the number
that is printed beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from analysis.style import DOUBLE_COLUMN, GREY, INK, PALE, PaperFigure, class_styles

FAMILIES = ("stock", "shared", "snntorch", "torch", "genn", "query", "encoder", "text")
"""Parts of engine names that share a look."""

PARTS = {
    "inference": "Inference",
    "neurons": "Other neurons",
    "training": "Training step",
    "queries": "Query of an attack",
    "whole": "All sentences, all cores",
}
ROW_INCHES = 0.19
MARGIN_INCHES = 0.55

AXES = {
    "words": "Words a sentence",
    "steps": "Steps",
    "sentences": "Sentences in a run",
    "workers": "Worker processes",
}
SCALING_HEIGHT = 4.2

Row = Mapping[str, Any]


def plot_benchmark(rows: Sequence[Row]) -> PaperFigure:
    """Draw what each engine needs before its first step, for a sentence, and in memory.

    Parameters
    ----------
    rows : sequence of mapping
        As ``bionlp bench --json`` gives them: ``engine``, ``part``, ``build_s``, ``compile_s``,
        ``start_s``, ``ms_per_sentence``, ``peak_mib`` and ``skipped``. What is null is left out.

    Returns
    -------
    matplotlib.figure.Figure
        A line for each engine that was not skipped, in the order given.
    """
    rows = [row for row in rows if not row["skipped"]]
    lines = _lines(rows)
    figure = PaperFigure(DOUBLE_COLUMN, MARGIN_INCHES + ROW_INCHES * len(lines))
    panels = {
        "Build, compile and start (s)": _preparation,
        "A sentence, fastest run (ms)": lambda row: row["ms_per_sentence"],
        "Peak memory (MiB)": lambda row: row["peak_mib"],
    }
    with figure.style():
        axes = figure.subplots(1, len(panels), sharey=True, width_ratios=(3, 4, 3))
        for ax, (title, value) in zip(axes, panels.items(), strict=True):
            _draw_dots(ax, lines, value)
            ax.set_xlabel(title)
        names = [line["engine"] if isinstance(line, Mapping) else line for line in lines]
        axes[0].set_yticks(range(len(lines)), names)
        axes[0].set_ylim(len(lines) - 0.4, -0.6)
        for line, label in zip(lines, axes[0].get_yticklabels(), strict=True):
            if isinstance(line, str):
                label.set(color=GREY, fontstyle="italic")
    return figure


def plot_scaling(curves: Mapping[str, Sequence[Row]]) -> PaperFigure:
    """Draw the cost of a sentence against what was varied.

    Parameters
    ----------
    curves : mapping of str to sequence of mapping
        For ``words``, ``steps``, ``sentences`` and ``workers``, or some of them, the points that
        were measured: ``engine``, ``value``, ``ms_per_sentence`` and ``skipped``.

    Returns
    -------
    matplotlib.figure.Figure
        A panel for each curve with a line for each engine.
    """
    engines = list(dict.fromkeys(point["engine"] for points in curves.values() for point in points))
    looks = dict(zip(engines, class_styles(len(engines)), strict=True))
    figure = PaperFigure(DOUBLE_COLUMN, SCALING_HEIGHT)
    with figure.style():
        axes = figure.subplots(2, 2, sharey=True).ravel()
        for ax, (curve, points) in zip(axes, curves.items(), strict=False):
            _draw_lines(ax, [point for point in points if not point["skipped"]], looks)
            ax.set_xlabel(AXES[curve])
        for ax in axes[len(curves) :]:
            ax.remove()
        for ax in axes[::2]:
            ax.set_ylabel("A sentence, fastest run (ms)")
        handles = {line.get_label(): line for ax in axes[: len(curves)] for line in ax.get_lines()}
        figure.legend(
            [handles[engine] for engine in engines if engine in handles],
            [engine for engine in engines if engine in handles],
            loc="outside right upper",
        )
    return figure


def _lines(rows: Sequence[Row]) -> list[Row | str]:
    """List what stands below each other: rows, under the name of their part."""
    parts = groupby(rows, key=lambda row: row["part"])
    lines: list[Row | str] = []
    for part, members in parts:
        lines += [PARTS[part], *members]
    return lines


def _preparation(row: Row) -> float | None:
    parts = [row[key] for key in ("build_s", "compile_s", "start_s")]
    # Nothing prepares these that would be worth a comparison.
    unprepared = row["part"] in ("training", "queries")
    return None if None in parts or unprepared else sum(parts)


def _draw_dots(
    ax: Axes, lines: Sequence[Row | str], measured: Callable[[Row], float | None]
) -> None:
    styles = dict(zip(FAMILIES, class_styles(len(FAMILIES)), strict=True))
    for place, line in enumerate(lines):
        if isinstance(line, str):
            continue
        value = measured(line)
        if not value or value < 0:
            continue
        look = styles[_family(line["engine"])] | {"linestyle": "none", "markersize": 4}
        ax.axhline(place, color=PALE, linewidth=0.6, zorder=0)
        ax.plot([value], [place], gid=line["engine"], **look)
        ax.annotate(
            _number(value),
            (value, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=6,
            color=INK,
        )
    ax.set_xscale("log")
    ax.margins(x=0.12)
    left, right = ax.get_xlim()
    ax.set_xlim(right=right * (right / left) ** 0.15)  # room for the last number
    ax.tick_params(axis="y", length=0)
    narrow = right / left < 500
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 3) if narrow else (1,), numticks=9))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _number(x)))
    ax.xaxis.set_minor_locator(NullLocator())


def _draw_lines(ax: Axes, points: Sequence[Row], looks: Mapping[str, dict]) -> None:
    ax.set_xscale("log")
    ax.set_yscale("log")
    for engine, look in looks.items():
        mine = sorted((p["value"], p["ms_per_sentence"]) for p in points if p["engine"] == engine)
        if mine:
            ax.plot(*zip(*mine, strict=True), label=engine, gid=engine, **look)
    ax.set_xticks(sorted({point["value"] for point in points}))
    ax.xaxis.set_minor_locator(NullLocator())
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda x, _: _number(x)))


def _family(engine: str) -> str:
    return next(family for family in FAMILIES if family in engine.split("-"))


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 9.95 else f"{value:.2g}"
