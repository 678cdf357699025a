"""Sweeps of settings on a small dataset, from the command to the figure."""

import json
import shlex
from dataclasses import replace

import pytest

from bionlp.experiments.cells import FIGURES, METHODS, Cell
from bionlp.experiments.material import Material
from bionlp.experiments.methods import finetuned
from bionlp.experiments.page import make_page
from bionlp.experiments.sweeps import SWEEPS, list_points
from bionlp.progress import Reporter


def along(cells, setting, method):
    """Return the cells of a method in which nothing but one setting may be changed."""
    return {
        cell["settings"][setting]: cell
        for cell in cells
        if cell["method"] == method and cell.get("changes", {}).keys() <= {setting}
    }


def rows(text, head):
    """Return the table whose first line begins with ``head``, without its rule."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {head} |"))
    table = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return [table[0], *table[2:]]


def test_sweeps_share_trainings_and_are_put_on_a_page(cli, experiment, records, tmp_path):
    code, out, err = experiment("fig4")
    assert code == 0, err
    assert "10 cells, 10 of them to compute" in err
    assert err.count("tailored epoch") == 5
    assert err.count("finetuning epoch") == 5 * 3
    thresholds = records("fig4")
    for method in ("converted", "finetuned"):
        cells = along(thresholds, "threshold", method)
        assert sorted(cells) == [0.5, 0.75, 1.0, 1.5, 2.0]
        for threshold, cell in cells.items():
            assert cell.get("changes", {}) == ({} if threshold == 1 else {"threshold": threshold})
            assert 0 < cell["active_neurons"] < 1
            assert cell["brian2"] is None
            assert (cell["best_epoch"] is None) == (method == "converted")
        assert cells[0.5]["active_neurons"] > cells[2.0]["active_neurons"]
    assert rows(out, "Threshold")[0] == ["Threshold", "0.5", "0.75", "1", "1.5", "2"]

    # The plain cells are fine-tuned already, and time steps train nothing.
    code, out, err = experiment("fig5")
    assert code == 0, err
    assert "20 cells, 20 of them to compute" in err
    assert "tailored epoch" not in err
    assert err.count("finetuning epoch") == 1 + 2 + 5 + 8
    cells = records("fig5")
    epochs = along(cells, "finetuning_epochs", "finetuned")
    assert {n: len(cell["dev_by_epoch"]) for n, cell in epochs.items()} == {
        n: n for n in (1, 2, 3, 5, 8)
    }
    steps = along(cells, "steps", "finetuned")
    assert sorted(steps) == [2, 5, 10, 20, 30, 50, 75, 100]
    histories = [cell["dev_by_epoch"] for cell in steps.values()]
    assert histories == [epochs[3]["dev_by_epoch"]] * 8
    assert steps[2]["active_neurons"] < steps[100]["active_neurons"]
    plain = along(thresholds, "threshold", "finetuned")[1.0]
    assert steps[50]["dev"] == plain["dev"] == epochs[3]["dev"]

    for figure in ("fig4", "fig5"):
        (command,) = {cell["command"] for cell in records(figure)}
        elsewhere = ("--out", tmp_path / "results", "--json")
        code, again, err = cli(*shlex.split(command)[1:], *elsewhere)
        assert code == 0
        assert " 0 of them to compute" in err
        assert json.loads(again)["cells"] == records(figure)

    page = tmp_path / "RESULTS.md"
    code, out, _ = experiment("page", "--page", page)
    assert code == 0
    drawn = [tmp_path / "results" / "figures" / f"{figure}.png" for figure in ("fig4", "fig5")]
    assert out.split() == [str(path) for path in (*drawn, page)]
    assert all(path.stat().st_size > 10_000 for path in drawn)
    text = page.read_text(encoding="utf-8")
    assert text == make_page(tmp_path / "results", "results")
    for figure in ("fig4", "fig5"):
        assert f"(results/figures/{figure}.png)" in text
        assert f"\n    {records(figure)[0]['command']}\n" in text
    head, *lines = rows(text, "Epochs of fine-tuning")
    assert head[1:] == ["0", "1", "2", "3", "5", "8"]
    converted = along(thresholds, "threshold", "converted")[1.0]
    assert lines == [
        [
            f"MR, {METHODS['finetuned']}, accuracy on dev (%)",
            f"{100 * converted['dev']['accuracy']:.2f}",
            *(f"{100 * epochs[n]['dev']['accuracy']:.2f}" for n in (1, 2, 3, 5, 8)),
        ]
    ]
    _, *lines = rows(text, "Threshold")
    assert [line[0] for line in lines] == [
        f"MR, {METHODS[method]}, {measure} (%)"
        for measure in ("accuracy on dev", "active neurons")
        for method in ("converted", "finetuned")
    ]
    assert lines[3][3] == f"{100 * plain['active_neurons']:.2f}"


def test_the_epoch_is_selected_with_the_steps_of_the_recipe(movies, reviews, monkeypatch, tmp_path):
    monkeypatch.setenv("BIONLP_DATA_DIR", str(movies))
    plain = Cell("fig5", "mr", "finetuned", 0, "default", str(reviews / "vectors.bin"))
    short = replace(plain, changes=(("steps", 2),))
    reached = {}
    for order in ((plain, short), (short, plain)):
        material = Material(plain, tmp_path / str(order[0]), Reporter(quiet=True))
        for cell in order:
            outcome = finetuned(material, material.settings_of(cell))
            states = list(material.folder.rglob("finetuning.state.pt"))
            assert states == [material.folder / "finetuning.state.pt"]
            history = outcome.history.dev_accuracy
            labels = outcome.dev.predictions.tolist()
            assert reached.setdefault(cell, (history, labels)) == (history, labels)


def points(figure, recipe="default"):
    vectors = {"english": "vectors.bin", "chinese": None}
    return list_points(figure, ["mr", "subj"], [0, 1], [recipe], vectors)


@pytest.mark.parametrize(("figure", "number"), [("fig3", 18), ("fig4", 10), ("fig5", 20)])
def test_a_point_of_several_sweeps_is_one_cell(figure, number):
    cells = points(figure)
    assert len(cells) == len(set(cells)) == 4 * number
    materials = [cell.material for cell in cells]
    assert len(set(materials)) == 4
    assert materials == sorted(materials, key=materials.index), "cells of a training lie together"
    plain = [cell for cell in cells if not cell.changes and cell.material == materials[0]]
    assert [cell.method for cell in plain] == ["converted", "finetuned"]
    for sweep in SWEEPS[figure]:
        for cell in cells:
            if dict(cell.changes).keys() == {sweep.setting}:
                assert getattr(cell.settings, sweep.setting) in sweep.values


def test_the_own_value_is_that_of_the_recipe():
    unchanged = {recipe: 50 if recipe == "default" else 20 for recipe in ("default", "sparse")}
    for recipe, own in unchanged.items():
        steps = {dict(cell.changes).get("steps") for cell in points("fig5", recipe)}
        assert {50, 20} - steps == {own}


def test_all_values_make_settings_and_all_figures_are_known():
    assert tuple(SWEEPS) == FIGURES
    for figure in FIGURES:
        for cell in points(figure):
            assert cell.settings.seed == cell.seed


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("fig3", "--datasets=imdb"), 2, "unknown dataset 'imdb'; choose one of mr, sst2"),
        (("fig3", "--recipe=default,cake"), 2, "unknown recipe 'cake'; choose one of default"),
        (("fig4", "--seeds=1.5"), 2, "seeds are whole numbers"),
        (("fig4", "--methods=converted"), 2, "No such option"),
        (("fig5", "--datasets=chnsenti"), 2, "give --chinese a file"),
        (("fig5", "--datasets=subj"), 4, "subj"),
    ],
)
def test_wrong_input_is_one_clear_line(experiment, arguments, code, message):
    got, _, err = experiment(*arguments)
    assert got == code
    assert message in err
    assert "Traceback" not in err
