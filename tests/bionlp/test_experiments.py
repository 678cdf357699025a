"""Experiments on a small dataset in the format of a real one, from the command to the page."""

import json
import shlex

import numpy as np
import pytest

from bionlp.experiments.cells import METHODS, list_cells
from bionlp.experiments.material import Material
from bionlp.experiments.page import make_page, markdown_table
from bionlp.progress import Reporter
from bionlp.scores import Evaluation


def test_all_methods_are_run_once_and_put_on_a_page(experiment, records, tmp_path):
    code, out, err = experiment("table1", "--datasets=mr")
    assert code == 0, err
    assert "7 cells, 7 of them to compute" in err
    cells = {cell["method"]: cell for cell in records("table1")}
    assert list(cells) == list(METHODS)
    for method, cell in cells.items():
        trained = method in ("original", "tailored", "direct", "finetuned")
        assert (cell["dev_by_epoch"] is not None) == trained
        assert (cell["brian2"] is not None) == (method == "finetuned")
        assert cell["seconds"] >= 0
        assert cell["test"]["n"] == 20
        assert cell["test"]["majority"] == 0.5
        assert METHODS[method] in out
    assert len(cells["direct"]["dev_by_epoch"]) == 8
    # Not silent, nor at the accuracy of the largest class.
    assert cells["direct"]["dev"]["accuracy"] == 1
    assert cells["direct"]["test"]["accuracy"] > 0.7
    assert cells["tailored"]["test"]["accuracy"] == 1
    assert cells["original"]["test"]["accuracy"] == 1
    finetuned = cells["finetuned"]
    assert abs(finetuned["brian2"]["accuracy"] - finetuned["test"]["accuracy"]) <= 0.1

    code, again, err = experiment("table1", "--datasets=mr,mr", "--seeds=0, 0", "--json")
    assert code == 0
    assert "7 cells, 0 of them to compute" in err
    assert json.loads(again)["cells"] == list(cells.values())

    page = tmp_path / "RESULTS.md"
    code, out, _ = experiment("page", "--page", page)
    assert code == 0
    assert out.split() == [str(tmp_path / "results" / "table1.png"), str(page)]
    text = page.read_text(encoding="utf-8")
    assert text == make_page(tmp_path / "results", "results")
    for cell in cells.values():
        assert f"`{cell['command']}`" in text


def test_the_command_of_a_cell_computes_it_alone_and_alike(cli, experiment, records, tmp_path):
    assert (
        experiment("table4", "--datasets=mr", "--methods=tailored,converted", "--seeds=3")[0] == 0
    )
    tailored, converted = records("table4")
    assert tailored["settings"]["dropout"] == 0
    command = shlex.split(converted["command"])
    assert command[:3] == ["bionlp", "experiment", "table4"]
    elsewhere = ("--out", tmp_path / "alone", "--work", tmp_path / "work")
    assert cli(*command[1:], *elsewhere)[0] == 0
    (alone,) = json.loads((tmp_path / "alone" / "table4.json").read_bytes())["cells"]
    assert alone["dev"] == converted["dev"]
    assert alone["test"] == converted["test"]
    assert alone["settings"] == converted["settings"]


def test_what_was_trained_is_not_trained_again(experiment, tmp_path):
    assert experiment("table1", "--datasets=mr", "--methods=tailored")[0] == 0
    code, _, err = experiment("table1", "--datasets=mr", "--methods=converted")
    assert code == 0
    assert "tailored: taken up after epoch 5" in err
    assert "tailored epoch" not in err


def test_a_cell_of_other_settings_is_computed_anew(experiment, records, tmp_path):
    options = ("table1", "--datasets=mr", "--methods=original")
    assert experiment(*options)[0] == 0
    path = tmp_path / "results" / "table1.json"
    document = json.loads(path.read_bytes())
    document["cells"][0]["settings"]["maps"] = 99
    path.write_text(json.dumps(document), encoding="utf-8")
    code, _, err = experiment(*options)
    assert code == 0
    assert "1 cells, 1 of them to compute" in err
    (cell,) = records("table1")
    assert cell["settings"]["maps"] == 100


def test_tables_and_recipes_differ_in_what_they_say(movies, reviews, monkeypatch, tmp_path):
    monkeypatch.setenv("BIONLP_DATA_DIR", str(movies))

    vectors = {"english": str(reviews / "vectors.bin")}

    def material(table, recipe_name="default", seed=1):
        (cell,) = list_cells(table, ["mr"], ["tailored"], [seed], [recipe_name], vectors)
        return Material(cell, tmp_path, Reporter(quiet=True))

    plain, sparse, paper = material("table1"), material("table4"), material("table1", "paper")
    random, other = material("table3"), material("table3", seed=2)
    assert plain.embeddings.name == "vectors.bin"
    assert random.embeddings.name == "random"
    known, drawn = plain.embeddings.vectors, random.embeddings.vectors
    np.testing.assert_allclose(drawn.std(), known.std(), rtol=0.1)
    assert abs(np.corrcoef(drawn.ravel(), known.ravel())[0, 1]) < 0.1
    assert not np.array_equal(drawn, other.embeddings.vectors)
    assert plain.settings.dropout == random.settings.dropout == 0.5
    assert sparse.settings.dropout == 0
    assert (paper.settings.noise_steps, paper.settings.centred) == (None, False)
    assert paper.settings.finetuning_steps == paper.settings.steps == 50
    assert (paper.settings.tailored_epochs, paper.settings.annealed) == (50, False)
    assert len({m.folder for m in (plain, sparse, paper, random, other)}) == 5


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("table1", "--datasets=imdb"), 2, "unknown dataset 'imdb'; choose one of mr, sst2"),
        (("table1", "--methods=magic"), 2, "unknown method 'magic'; choose one of original"),
        (("table1", "--seeds=one"), 2, "seeds are whole numbers"),
        (("table1", "--datasets=mr", "--seeds=0,-1"), 2, "seeds are whole numbers from 0"),
        (("table1", "--datasets=mr", "--out=/dev/null/results"), 9, "/dev/null/results"),
        (("table1", "--recipe=cake"), 2, "unknown recipe 'cake'; choose one of default, paper"),
        (("table1", "--datasets=waimai"), 2, "give --chinese a file"),
        (("table1", "--datasets=sst2"), 4, "sst"),
        (("page",), 2, "holds no results"),
    ],
)
def test_wrong_input_is_one_clear_line(experiment, arguments, code, message):
    got, _, err = experiment(*arguments)
    assert got == code
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize("content", ["{", "[]", '{"cells": [{}]}', '{"cells": 1}'])
def test_a_document_of_another_kind_is_refused(experiment, tmp_path, content):
    path = tmp_path / "results" / "table1.json"
    path.parent.mkdir()
    path.write_text(content, encoding="utf-8")
    code, _, err = experiment("table1", "--datasets=mr", "--methods=original")
    assert code == 6
    assert str(path) in err
    assert path.read_text(encoding="utf-8") == content


def cell(method, seed, accuracy, dataset="mr"):
    scores = {"accuracy": accuracy, "macro_f1": accuracy / 2, "majority": 0.5, "n": 10}
    return {"dataset": dataset, "method": method, "seed": seed, "test": scores}


def test_a_table_has_means_deviations_and_gaps():
    cells = [cell("original", 0, 0.75), cell("original", 1, 0.77), cell("direct", 0, 0.5, "waimai")]
    assert markdown_table(cells).splitlines() == [
        "| Method | MR | Waimai |",
        "| --- | ---: | ---: |",
        "| Largest class | 50.00 | 50.00 |",
        "| Original TextCNN | 76.00 ± 1.41 |  |",
        "| Directly trained SNN |  | 50.00 |",
    ]
    assert "| Original TextCNN | 38.00 ± 0.71 |  |" in markdown_table(cells, "macro_f1")


def test_gaps_are_those_of_the_seeds_that_both_methods_have(tmp_path):
    reached = {
        ("mr", "finetuned"): {0: 0.70, 1: 0.80},
        ("mr", "original"): {0: 0.75, 1: 0.79, 2: 0.10},
        ("mr", "converted"): {2: 0.60},
        ("waimai", "finetuned"): {0: 0.90},
        ("waimai", "original"): {0: 0.88},
    }
    rest = {"recipe": "default", "embeddings": "vectors.bin", "best_epoch": None, "seconds": 1}
    rest |= {"settings": {"length": 9}, "versions": {"bionlp": "0"}, "command": "", "brian2": None}
    cells = [
        cell(method, seed, accuracy, dataset) | {"dev": {"accuracy": 0.5}} | rest
        for (dataset, method), seeds in reached.items()
        for seed, accuracy in seeds.items()
    ]
    plain = cells[0] | {"recipe": "paper"} | {"test": cells[0]["test"] | {"accuracy": 0.66}}
    document = {"table": "table1", "cells": [*cells, plain]}
    (tmp_path / "table1.json").write_text(json.dumps(document), encoding="utf-8")
    text = make_page(tmp_path, "results")
    assert "| PyTorch, above the original TextCNN | -2.00 | +2.00 |" in text
    assert "- On average over datasets (2) 1.45 points above Lv, Xu & Zheng (2023)." in text
    assert "conversion alone" not in text
    # The paper has 75.45 and 86.66.
    assert "| PyTorch, above Lv, Xu & Zheng (2023) | -0.45 | +3.34 |" in text
    assert "| PyTorch, above the default recipe | -4.00 |" in text


def test_macro_f1_by_hand():
    labels, predictions = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 0, 0])
    # Class 0: 2 right, 3 true, 4 given; class 1: 1 right, 2 and 2; class 2 is never given.
    expected = (2 * 2 / 7 + 2 * 1 / 4 + 0) / 3
    assert Evaluation(labels, predictions).macro_f1 == pytest.approx(expected)
    assert Evaluation(labels, labels).macro_f1 == 1
