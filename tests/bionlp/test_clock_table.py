"""The table of time steps, on a bundled model and a small dataset."""

import json

import numpy as np
import pytest

from bionlp.experiments.clock import ClockCell, list_clock
from bionlp.experiments.clock_section import clock_section, clock_table
from bionlp.experiments.neurons import TRAINED
from bionlp.experiments.page import make_page


@pytest.fixture
def table(cli, movies, monkeypatch, tmp_path):
    """Return a function that runs the experiment, and one that reads its cells."""
    monkeypatch.setenv("BIONLP_DATA_DIR", str(movies))
    monkeypatch.setenv("BIONLP_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "results"

    def run(*options):
        return cli("experiment", "clock", "--sentences=4", "--out", folder, *options)

    return run, lambda: json.loads((folder / "clock.json").read_bytes())["cells"]


def test_steps_are_measured_once_and_put_on_a_page(table, cli, tmp_path):
    run, cells = table
    code, out, err = run(f"--models={TRAINED},lif", "--dt=1,0.5")
    assert code == 0, err
    assert "4 cells, 4 of them to compute" in err
    assert "Same answer" in out
    by_cell = {(cell["neurons"], cell["dt_ms"]): cell for cell in cells()}
    for dt_ms in (1, 0.5):
        trained, lif = by_cell[TRAINED, dt_ms], by_cell["lif", dt_ms]
        # The trained neuron as text is the trained one, in smaller steps, too.
        for part in ("answers", "right", "scores"):
            assert trained[part] == lif[part]
        assert trained["work"]["spikes"] == lif["work"]["spikes"]
        assert trained["right"].count("1") / 4 == trained["scores"]["accuracy"]
        assert len(trained["answers"]) == 4
    assert trained["layers"] == {}
    assert {fit["gain"] for fit in lif["layers"].values()} == {1}
    whole, half = by_cell[TRAINED, 1], by_cell[TRAINED, 0.5]
    assert half["work"]["spikes"] > whole["work"]["spikes"]

    code, again, err = run(f"--models={TRAINED},lif", "--dt=1,0.5", "--json")
    assert code == 0
    assert "4 cells, 0 of them to compute" in err
    assert json.loads(again)["cells"] == cells()
    text = make_page(tmp_path / "results", "results")
    assert "## Smaller time steps" in text
    for cell in cells():
        assert f"    {cell['command']}\n" in text + "\n"
    # What is told is what the other commands measure.
    code, out, _ = cli(
        *("evaluate", "mr", "--dataset", "mr", "--engine", "brian", "--limit", "4"),
        *("--dt", "0.5", "--json"),
    )
    assert code == 0
    assert json.loads(out)["accuracy"] == half["scores"]["accuracy"]


def test_only_what_is_missing_is_computed(table):
    run, cells = table
    assert run(f"--models={TRAINED}", "--dt=1")[0] == 0
    first = cells()
    assert "2 cells, 1 of them to compute" in run(f"--models={TRAINED}", "--dt=1,0.5")[2]
    assert cells()[:1] == first


def record(dt_ms, right, answers=None, **changed):
    n = len(right)
    cell = ClockCell("mr", TRAINED, changed.pop("seed", 0), n, dt_ms)
    return {
        "dataset": "mr",
        "neurons": TRAINED,
        "title": "As trained",
        "dt_ms": dt_ms,
        "seed": cell.seed,
        "sentences": n,
        "scores": {"accuracy": right.count("1") / n, "n": n},
        "answers": answers or right,
        "right": right,
        "work": {"spikes": 100.0 / dt_ms},
        "command": cell.command,
    } | changed


def said(*records):
    return " ".join(" ".join(clock_section(records)).split())


def test_the_conclusion_follows_from_the_sentences():
    all_right = "1" * 40
    worse, slightly = "1" * 20 + "0" * 20, "1" * 39 + "0"
    text = said(record(1, all_right), record(0.5, slightly), record(0.1, worse))
    assert "from 1 ms to 0.1 ms accuracy goes from 100.0 to 50.0 %" in text
    assert "with 10.00 times as many spikes. So 50.0 points of it are the clock's" in text
    text = said(record(1, all_right), record(0.1, slightly))
    assert "No part of it is shown to be the clock's (McNemar's exact p = 1; points lost" in text
    text = said(record(1, worse), record(0.1, all_right))
    assert "So the clock costs 50.0 points" in text


def test_answers_are_compared_sentence_by_sentence():
    whole, fine = record(1, "1010", "01-0"), record(0.5, "1010", "0100")
    row = clock_table([fine, whole]).splitlines()[-1].split(" | ")
    assert row[3] == "0.5"
    assert row[-2].startswith("75.0 (")
    other = record(1, "1010", "0010", seed=1)
    assert "input of seed 1 instead of 0 leaves 50.0 (15.0 to 85.0) % of the" in said(whole, other)
    # Cells of other sentences are not compared.
    fewer = record(0.5, "10", "01")
    assert "accuracy goes" not in said(whole, fewer)
    assert clock_section([]) == []


def test_cells_are_those_of_all_steps():
    cells = list_clock([TRAINED, "adex"], [1, 0.1], ["mr"], [0], 7)
    assert [(cell.neurons, cell.dt_ms) for cell in cells] == [
        (TRAINED, 1.0),
        (TRAINED, 0.1),
        ("adex", 1.0),
        ("adex", 0.1),
    ]
    assert cells[1].command == (
        "bionlp experiment clock --models trained --dt 0.1 --datasets mr --seeds 0 --sentences 7"
    )
    assert np.all([cell.sentences == 7 for cell in cells])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--models=magic",), "unknown model 'magic'; choose one of trained, adex"),
        (("--models=hodgkin_huxley",), "hodgkin_huxley needs steps of 0.1 ms or less"),
        (("--datasets=subj",), "unknown dataset 'subj'; choose one of mr, waimai"),
        (("--dt=0.3",), "a step lasts 1 ms divided by a whole number"),
        (("--dt=short",), "steps are milliseconds, such as 1,0.5,0.1, not 'short'"),
        (("--dt=nan",), "a step lasts 1 ms divided by a whole number"),
    ],
)
def test_wrong_input_is_one_clear_line(table, options, message):
    code, _, err = table[0](*options)
    assert code == 2
    assert message in err
    assert "Traceback" not in err
