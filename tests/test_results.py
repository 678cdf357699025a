"""The page of results says what the documents of its tables say."""

import json
from pathlib import Path

import pytest

from bionlp.experiments.attacks import AttackedCell
from bionlp.experiments.cells import (
    ATTACKED,
    CONTENDERS,
    DATASETS,
    ENCODERS,
    ENERGY,
    EXPERIMENTS,
    FIGURES,
    METHODS,
    READ,
    STEPS,
    TABLES,
    Cell,
)
from bionlp.experiments.clock import CLOCK, ClockResults, list_clock
from bionlp.experiments.encoders import OWN_TEACHERS, EncoderCell
from bionlp.experiments.neurons import TABLE as NEURONS
from bionlp.experiments.neurons import TRAINED, NeuronsResults, list_neurons
from bionlp.experiments.page import make_page
from bionlp.experiments.perturbations import PERTURB, PerturbedResults
from bionlp.experiments.results import IDENTITY, Results
from bionlp.training.settings import recipe

ROOT = Path(__file__).parents[1]
OWN = (PERTURB, NEURONS, CLOCK)
"""Documents of models that nothing is trained for."""
DOCUMENTS = [path for path in sorted((ROOT / "results").glob("*.json")) if path.stem not in OWN]
UNDRAWN = (ENERGY, ATTACKED, ENCODERS)


def test_the_page_is_made_of_the_documents():
    page = (ROOT / "RESULTS.md").read_text(encoding="utf-8")
    assert page == make_page(ROOT / "results", "results")
    assert "](results/figures/perturb.png)" in page
    for document in DOCUMENTS:
        if document.stem not in UNDRAWN:
            swept = (*FIGURES, STEPS)
            folder = "results/figures" if document.stem in swept else "results"
            assert f"]({folder}/{document.stem}.png)" in page
            assert (ROOT / folder / f"{document.stem}.png").exists()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_every_cell_says_how_it_was_computed(path):
    cells = json.loads(path.read_bytes())["cells"]
    assert path.stem in EXPERIMENTS
    assert cells
    for cell in cells:
        assert cell["dataset"] in (READ if path.stem == ENCODERS else DATASETS)
        assert cell["method"] in (CONTENDERS if path.stem == ENCODERS else METHODS)
        assert cell["command"].startswith(f"bionlp experiment {path.stem} ")
        assert f"--seeds {cell['seed']} " in cell["command"] + " "
        assert cell["seconds"] > 0
        assert {"bionlp", "brian2", "torch"} <= cell["versions"].keys()
        steps = cell.get("changes", {}).get("steps", recipe(cell["recipe"]).steps)
        assert cell["settings"]["steps"] == steps
        if path.stem == ATTACKED:
            assert f"--attacks {cell['attack']} " in cell["command"]
            continue
        assert 0 <= cell["test"]["accuracy"] <= 1
        if path.stem == ENCODERS:
            assert (cell["energy"] is None) == (cell["method"] == "twin")
            continue
        finetuned = cell["method"] == "finetuned"
        assert (cell["brian2"] is not None) == (finetuned and path.stem not in (*FIGURES, STEPS))
        assert ("energy" in cell) == (finetuned and path.stem == ENERGY)
        assert ("active_neurons" in cell) == (path.stem in FIGURES)
        assert ("by_steps" in cell) == ("early" in cell) == (path.stem == STEPS)


def teacher_of(settings):
    """Return what --teacher was."""
    for name, own in OWN_TEACHERS.items():
        if own.items() <= settings.items():
            return name
    return settings["teacher"]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_every_cell_counts_as_finished(path):
    results = Results(path.parent, path.stem)
    for record in results.records:
        changes = tuple(record.get("changes", {}).items())
        known = {key: record[key] for key in IDENTITY} | {"changes": changes}
        cell = Cell(path.stem, **known)
        if path.stem == ATTACKED:
            cell = AttackedCell(
                path.stem,
                **known,
                attack=record["attack"],
                noise=record["noise"],
                sentences=record["plan"]["sentences"],
            )
        if path.stem == ENCODERS:
            cell = EncoderCell(path.stem, **known, teacher=teacher_of(record["settings"]))
        assert results.find(cell) is record, cell
        if path.stem in TABLES:
            assert not changes


def test_attacks_are_of_the_same_sentences_and_add_up():
    path = ROOT / "results" / f"{ATTACKED}.json"
    sentences = {}
    for cell in json.loads(path.read_bytes())["cells"]:
        for share, found in cell["words"].items():
            n = sentences.setdefault((cell["dataset"], share), found["n"])
            assert n == found["n"] == cell["plan"]["sentences"]
            for definition, flags in found["flags"].items():
                assert len(flags) == n
                robust = found["clean"]["accuracy"]
                if definition != "right":
                    robust = found[definition]["robust"]
                assert flags.count("1") / n == robust
            wider = cell["words"]["0.2"]["flags"]["once"]
            assert all(a >= b for a, b in zip(found["flags"]["once"], wider, strict=True))


def test_brian_2_has_the_accuracy_of_pytorch_within_noise():
    cells = [cell for path in DOCUMENTS for cell in json.loads(path.read_bytes())["cells"]]
    for cell in cells:
        if cell.get("brian2"):
            test, n = cell["test"]["accuracy"], cell["test"]["n"]
            # Both draw spikes of their own: at most the standard error of either, three times.
            noise = (2 * test * (1 - test) / n) ** 0.5
            assert abs(cell["brian2"]["accuracy"] - test) < 3 * noise, cell["command"]


def test_cells_of_neuron_models_count_as_finished():
    results = NeuronsResults(ROOT / "results")
    assert results.records
    for record in results.records:
        chosen = [record["neurons"]], [record["dataset"]], [record["seed"]]
        (cell,) = list_neurons(*chosen, record["sentences"])
        assert results.find(cell) is record
        tuned = record.get("tuned")
        told = f"{cell.command} --finetune {tuned['asked']}" if tuned else cell.command
        assert record["command"] == told
        assert record["dt_ms"] == cell.dt_ms


def test_cells_of_time_steps_count_as_finished_and_add_up():
    results = ClockResults(ROOT / "results")
    assert {record["dt_ms"] for record in results.records} == {1, 0.5, 0.1}
    for record in results.records:
        chosen = [record["neurons"]], [record["dt_ms"]], [record["dataset"]], [record["seed"]]
        (cell,) = list_clock(*chosen, record["sentences"])
        assert results.find(cell) is record
        assert record["command"] == cell.command
        n = record["sentences"]
        assert len(record["answers"]) == len(record["right"]) == record["scores"]["n"] == n
        assert record["right"].count("1") / n == record["scores"]["accuracy"]
    # In whole steps it is the network of the other table.
    others = {
        (record["dataset"], record["seed"], record["sentences"]): record["before"]
        for record in NeuronsResults(ROOT / "results").records
        if record["neurons"] == TRAINED
    }
    whole = [r for r in results.records if r["neurons"] == TRAINED and r["dt_ms"] == 1]
    for record in whole:
        which = record["dataset"], record["seed"], record["sentences"]
        assert record["scores"] == others.get(which, record["scores"])


def test_cells_of_perturbations_say_how_they_were_computed():
    records = PerturbedResults(ROOT / "results").records
    assert {record["dataset"] for record in records} == {"mr", "waimai"}
    for record in records:
        assert record["command"].startswith("bionlp experiment perturb --what ")
        assert record["brian2"] is None or record["brian2"]["differing"] == 0
