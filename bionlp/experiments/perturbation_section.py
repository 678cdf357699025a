"""What perturbations cost: figure, tables and degradation points, made of finished cells."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from analysis.degradation import Damage, DamagePanel, plot_damage
from bionlp.experiments.cells import DATASETS
from bionlp.experiments.layout import datasets_of, markdown, summary
from bionlp.experiments.perturbations import NONE, PERTURB, USUAL_LEVELS, Record
from bionlp.files import atomic_path
from networks.perturbation import perturbation_kinds

LOST = (1.0, 5.0)
"""Points of accuracy whose loss has a level in the table."""
LOGARITHMIC = ("fan-in", "range", "leak")
"""Perturbations whose levels differ by factors."""

TITLES = {
    "threshold": "Heterogeneous thresholds",
    "tau": "Heterogeneous time constants",
    "leak": "Leaks",
    "mismatch": "Weight mismatch",
    "bits": "Bits of weights",
    "bits-per-map": "Bits of weights, scaled per map",
    "integer": "Integer arithmetic",
    "range": "Limited range of weights",
    "fan-in": "Limited fan-in",
    "dead": "Dead neurons",
    "maps": "Silenced feature maps",
    "noise": "Membrane noise",
    "failure": "Lost spikes",
    "jitter": "Jitter of the input",
    "delay": "Delays",
}

EXPLANATION = """\
The bundled models, perturbed as `--perturb` does it, on the first {sentences} sentences of test,
in PyTorch; nothing is trained or calibrated again. A seed is that of the input spikes and of what
is random in the perturbation. {bars}Silence and ties are not right, so a silent network is below
chance. What each perturbation is says `docs/perturbations.md`."""
BARS = """Bars are 95 %
confidence intervals of the mean over the seeds (Student's t), and may leave the axis. """

POINTS = """\
The level at which accuracy has lost one and five points, interpolated between the levels above.
Losses are means over the seeds of differences from the unperturbed network with the same input
spikes; one point is {one:g} sentences of {sentences}."""


def perturbation_section(records: Sequence[Record], folder: Path, link: str) -> list[str]:
    """Lay out all finished cells.

    Parameters
    ----------
    records : sequence of dict
        The cells.
    folder : Path
        Where their document is.
    link : str
        How the page refers to that folder.

    Returns
    -------
    list of str
        Paragraphs of Markdown; none without cells.
    """
    if not _panels(records):
        return []
    sentences = sorted({record["sentences"] for record in records})
    several = len({record["seed"] for record in records}) > 1
    said = " or ".join(map(str, sentences))
    path = figure_path(folder).relative_to(folder).as_posix()
    return [
        "## Perturbations: what damage costs",
        f"![Accuracy against the level of each perturbation]({link}/{path})",
        f"{EXPLANATION.format(sentences=said, bars=BARS if several else '')}",
        perturbation_tables(records),
        POINTS.format(one=sentences[-1] / 100, sentences=sentences[-1]),
        points_table(records),
        *_checks(records),
        "All cells:",
        f"    {_command(records)}",
    ]


def figure_path(folder: Path) -> Path:
    """Return where the figure is, or will be."""
    return folder / "figures" / f"{PERTURB}.png"


def draw_perturbations(records: Sequence[Record], folder: Path) -> list[Path]:
    """Draw the figure, if there is anything to draw; return its path."""
    panels = _panels(records)
    if not panels:
        return []
    datasets = [DATASETS[name] for name in datasets_of(records)]
    with atomic_path(figure_path(folder)) as temporary:
        plot_damage(panels, datasets).savefig(temporary)
    return [figure_path(folder)]


def perturbation_tables(records: Sequence[Record]) -> str:
    """Lay out accuracies: a table for each perturbation, a column for each level."""
    tables = []
    for what, panel in _of_each(records).items():
        levels = next(iter(panel.lines.values())).levels
        rows = []
        for name, damage in panel.lines.items():
            found = dict(zip(damage.levels, damage.accuracies.tolist(), strict=True))
            cells = [summary(found.get(level, ())) for level in levels]
            rows.append([name, summary(damage.intact.tolist()), *cells])
        head = [f"{TITLES[what]}: {panel.axis}", "unperturbed", *(f"{level:g}" for level in levels)]
        tables.append(markdown(head, rows))
    return "\n\n".join(tables)


def points_table(records: Sequence[Record]) -> str:
    """Lay out degradation points: a row for each perturbation."""
    datasets = [DATASETS[name] for name in datasets_of(records)]
    head = [
        "Perturbation (level)",
        *(f"{name}, {lost:g} points" for name in datasets for lost in LOST),
    ]
    rows = []
    for what, panel in _of_each(records).items():
        cells = [_point(panel.lines.get(name), lost) for name in datasets for lost in LOST]
        rows.append([f"{TITLES[what]} ({panel.axis})", *cells])
    return markdown(head, rows)


def _point(damage: Damage | None, lost: float) -> str:
    """Return the level at which points are lost, or that it lies beyond those measured."""
    if damage is None:
        return ""
    grows = damage.levels[-1] > damage.levels[0] or len(damage.levels) == 1
    level = damage.point(lost)
    if level is None:
        return f"{'>' if grows else '<'} {damage.levels[-1]:g}"
    if damage.neutral is None and damage.losses[0] >= lost:
        return f"{'<' if grows else '>'} {damage.levels[0]:g}"
    return f"{level:.2g}" if level < 10 else f"{level:.0f}"


def _of_each(records: Sequence[Record]) -> dict[str, DamagePanel]:
    """Return a panel for each perturbation that was measured."""
    panels = {}
    for what in USUAL_LEVELS:
        lines = {
            DATASETS[dataset]: damage
            for dataset in datasets_of(records)
            if (damage := _damage(records, dataset, what)) is not None
        }
        if lines:
            panels[what] = DamagePanel(TITLES[what], perturbation_kinds()[what].axis, lines)
    return panels


def _panels(records: Sequence[Record]) -> list[DamagePanel]:
    return list(_of_each(records).values())


def _damage(records: Sequence[Record], dataset: str, what: str) -> Damage | None:
    """Return the accuracies of a perturbation on a dataset, with the seeds that all levels have."""
    own = [record for record in records if record["dataset"] == dataset]
    intact = {r["seed"]: r["test"]["accuracy"] for r in own if r["what"] == NONE}
    levels: dict[float, dict[int, float]] = {}
    for record in own:
        if record["what"] == what:
            levels.setdefault(record["level"], {})[record["seed"]] = record["test"]["accuracy"]
    seeds = sorted(set(intact).intersection(*levels.values())) if levels else []
    if not seeds:
        return None
    usual = USUAL_LEVELS[what]
    ordered = sorted(levels, reverse=usual[0] > usual[-1])
    kind = perturbation_kinds()[what]
    return Damage(
        tuple(ordered),
        np.array([[levels[level][seed] for seed in seeds] for level in ordered]),
        np.array([intact[seed] for seed in seeds]),
        neutral=0.0 if kind.least == 0 else None,
        logarithmic=what in LOGARITHMIC,
    )


def _checks(records: Sequence[Record]) -> list[str]:
    """Say what Brian 2 made of the cells that it was shown."""
    checked = [record["brian2"] for record in records if record["brian2"]]
    if not checked:
        return []
    spikes, differing = (sum(check[name] for check in checked) for name in ("spikes", "differing"))
    sentences = sum(check["sentences"] for check in checked)
    return [
        f"Of {len(checked)} cells, {sentences} sentences in all were shown to Brian 2 as well: of "
        f"{spikes:,} spikes, {differing:,} differ from PyTorch's."
    ]


def _command(records: Sequence[Record]) -> str:
    """Return the command that computes all these cells."""
    what = [name for name in USUAL_LEVELS if any(r["what"] == name for r in records)]
    options = {
        "--what": what,
        "--datasets": datasets_of(records),
        "--seeds": map(str, sorted({record["seed"] for record in records})),
        "--sentences": [str(max(record["sentences"] for record in records))],
    }
    words = [word for name, values in options.items() for word in (name, ",".join(values))]
    return shlex.join(["bionlp", "experiment", PERTURB, *words])
