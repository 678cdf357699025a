"""Accuracy and operations after some steps: measured on a small dataset, and laid out by hand."""

import json
import re

import numpy as np
import pytest

from analysis.sweeps import plot_sweeps as draw_panels
from bionlp.checkpoint import load_classifier
from bionlp.encoding import dequantise, poisson_spikes
from bionlp.errors import CheckpointError
from bionlp.evaluation import predict_spiking
from bionlp.experiments.cells import CONTENDERS, METHODS
from bionlp.experiments.results import Results
from bionlp.experiments.steps import AFTER, operations_until, presented
from bionlp.experiments.steps_section import (
    ACCURACY,
    draw_steps,
    early_table,
    steps_section,
    steps_table,
)
from bionlp.training.stages import INPUT_SEED
from networks.activity import synaptic_events
from networks.pytorch import SpikingNetwork


def test_networks_are_presented_once_and_put_on_a_page(experiment, records, tmp_path):
    assert experiment("table5", "--datasets=mr", "--methods=finetuned")[0] == 0
    trained = {cell["recipe"]: cell for cell in records("table5")}
    code, out, err = experiment("steps", "--datasets=mr", "--recipe=default,sparse")
    assert code == 0, err
    # All trainings are those of table 5.
    assert err.count("finetuning epoch") == 0
    cells = {cell["recipe"]: cell for cell in records("steps")}
    assert list(cells) == ["default", "sparse"]
    for recipe, cell in cells.items():
        points = {point["steps"]: point for point in cell["by_steps"]}
        assert tuple(points) == AFTER
        own = points[cell["settings"]["steps"]]
        assert own["accuracy"] == cell["test"]["accuracy"] == trained[recipe]["test"]["accuracy"]
        counted = trained[recipe]["energy"]["synaptic_operations"]
        # Brian 2 draws other spikes of the same rates.
        assert own["operations"] == pytest.approx(counted, rel=0.02)
        short, long = cell["early"]
        assert (short["longest"], long["longest"]) == (cell["settings"]["steps"], AFTER[-1])
        assert 1 <= short["steps"] <= short["longest"]
        assert short["operations"] <= own["operations"]
        assert long["operations"] <= points[AFTER[-1]]["operations"]
        assert short["dev_accuracy"] >= cell["dev"]["accuracy"]
        assert sorted(p["operations"] for p in points.values()) == [
            p["operations"] for p in points.values()
        ]
    assert "| MR, recipe `sparse`, accuracy (%) |" in out
    code, again, err = experiment("steps", "--datasets=mr", "--recipe=default,sparse", "--json")
    assert "2 cells, 0 of them to compute" in err
    assert json.loads(again)["cells"] == records("steps")

    page = tmp_path / "RESULTS.md"
    assert experiment("page", "--page", page)[0] == 0
    text = page.read_text(encoding="utf-8")
    assert "## Accuracy against time steps and operations" in text
    assert steps_table(records("steps")) in text
    assert early_table(records("steps")) in text
    assert "bionlp experiment steps --datasets mr --seeds 0 --recipe default,sparse" in text
    assert (tmp_path / "results" / "figures" / "steps.png").is_file()


def test_a_long_presentation_holds_all_shorter_ones(small_model):
    classifier = load_classifier(small_model)
    model = SpikingNetwork(classifier.network).eval()
    texts = ("the film is good .", "a dull plot", "warm", "a cast is cold and bad .")
    rates = [dequantise(classifier.levels[classifier.token_ids(text)]) for text in texts]
    votes = presented(model, rates, 20)
    ends = np.array([[1] * 4, [4] * 4, [20] * 4, [1, 20, 4, 4]])
    operations = operations_until(model, rates, ends)
    by_sentence = []
    for steps, counted in zip((1, 4, 20), operations, strict=False):
        expected = predict_spiking(model, rates, steps, seed=INPUT_SEED)[1]
        assert np.array_equal(votes[steps - 1], expected)
        events = [
            sum(synaptic_events(model.describe(), model.activity(spikes)).values())
            for spikes in (
                poisson_spikes(each, steps, seed=INPUT_SEED, sentence=number)
                for number, each in enumerate(rates)
            )
        ]
        assert counted == np.mean(events)
        by_sentence.append(dict(enumerate(events)))
    one, four, twenty = by_sentence
    assert operations[3] == np.mean([one[0], twenty[1], four[2], four[3]])


def cell(recipe, seed, *points, dataset="mr"):
    record = {"dataset": dataset, "method": "finetuned", "recipe": recipe, "seed": seed}
    keys = ("steps", "accuracy", "operations")
    return record | {
        "embeddings": "vectors.bin",
        "test": {"accuracy": points[-1][1], "n": 400},
        "settings": {"steps": points[-1][0]},
        "by_steps": [dict(zip(keys, point, strict=True)) for point in points],
        "early": [
            {"longest": longest, "margin": 3 + seed, "dev_accuracy": 0.8}
            | {"accuracy": points[-1][1] - 0.01, "steps": longest / 4}
            | {"operations": points[-1][2] * longest / 200}
            for longest in (50, 100)
        ],
    }


CELLS = [
    cell("default", 0, (1, 0.5, 0.0), (10, 0.70, 2e6), (50, 0.79, 9e6)),
    cell("default", 1, (1, 0.5, 0.0), (10, 0.72, 4e6), (50, 0.81, 11e6)),
    cell("sparse", 0, (1, 0.5, 1e3), (10, 0.78, 1e6), (50, 0.78, 5e6)),
]
EVERYTHING = {
    "table1": [
        {"dataset": "mr", "method": "original", "recipe": "default", "test": {"accuracy": 0.80}}
    ],
    "table5": [
        {"dataset": "mr", "method": "finetuned", "recipe": "default", "energy": {"macs": 5e6}},
        {"dataset": "mr", "method": "original", "recipe": "default"},
    ],
    "encoder": [
        {
            "dataset": "mr",
            "method": method,
            "recipe": "default",
            "test": {"accuracy": 0.8},
            "energy": energy,
        }
        for method, energy in (("encoder", {"synaptic_operations": 2e6}), ("twin", None))
    ],
}


def test_a_table_has_means_over_seeds():
    assert steps_table(CELLS).splitlines() == [
        "| Time steps | 1 | 10 | 50 |",
        "| --- | ---: | ---: | ---: |",
        "| MR, recipe `default`, accuracy (%) | 50.00 ± 0.00 | 71.00 ± 1.41 | 80.00 ± 1.41 |",
        "| MR, recipe `default`, million operations | 0.00 | 3.00 | 10.00 |",
        "| MR, recipe `sparse`, accuracy (%) | 50.00 | 78.00 | 78.00 |",
        "| MR, recipe `sparse`, million operations | 0.00 | 1.00 | 5.00 |",
    ]


def test_presentations_that_end_early_stand_beside_whole_ones():
    assert early_table(CELLS).splitlines() == [
        "| Presentations | Margin | Accuracy (%) | Steps | Million operations |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| MR, recipe `default`, whole |  | 80.00 ± 1.41 | 50 | 10.00 |",
        "| MR, recipe `default`, ended early, 50 steps at most | 3 to 4 | 79.00 ± 1.41 | 12.5 "
        "| 2.50 |",
        "| MR, recipe `default`, ended early, 100 steps at most | 3 to 4 | 79.00 ± 1.41 | 25.0 "
        "| 5.00 |",
        "| MR, recipe `sparse`, whole |  | 78.00 | 50 | 5.00 |",
        "| MR, recipe `sparse`, ended early, 50 steps at most | 3 | 77.00 | 12.5 | 1.25 |",
        "| MR, recipe `sparse`, ended early, 100 steps at most | 3 | 77.00 | 25.0 | 2.50 |",
    ]


def test_the_section_says_what_comes_near_the_textcnn():
    text = "\n".join(steps_section(CELLS, EVERYTHING, "results"))
    assert (
        "- MR, recipe `default`: within a point of the original TextCNN after 50 steps, with 2.00 "
        "times as many operations as it has multiply-accumulates.\n"
        "- MR, recipe `sparse`: never within a point of the original TextCNN."
    ) in text
    assert "presented for 50 steps" in text
    nothing = {name: [] for name in EVERYTHING}
    assert "TextCNN after" not in "\n".join(steps_section(CELLS, nothing, "results"))
    assert steps_section([], EVERYTHING, "results") == []


def test_the_figure_has_a_line_for_each_recipe_and_a_mark_for_the_others(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        "bionlp.experiments.steps_section.plot_sweeps",
        lambda rows, names, draw=draw_panels: drawn.extend(rows) or draw(rows, names),
    )
    (path,) = draw_steps(CELLS, EVERYTHING, tmp_path)
    assert path.read_bytes().startswith(b"\x89PNG")
    ((time, work),) = drawn
    assert time.measure == work.measure == ACCURACY
    assert time.lines["Recipe default"] == {
        1: [0.5, 0.5],
        10: [0.70, 0.72],
        50: [0.79, 0.81],
    }
    assert work.lines["Recipe default"] == {3: [0.70, 0.72], 10: [0.79, 0.81]}
    ended = work.lines["Recipe default, ended early"]
    assert {value: len(seeds) for value, seeds in ended.items()} == {2.5: 2, 5: 2}
    assert (time.chosen, work.chosen) == (True, False)
    assert work.lines[CONTENDERS["encoder"]] == {2: [0.8]}
    assert work.lines[METHODS["original"]] == {5: [0.80]}
    assert CONTENDERS["twin"] not in work.lines
    assert draw_steps([], EVERYTHING, tmp_path) == []


HARMED = (
    (lambda cell: cell.pop("by_steps"), "by_steps: is missing"),
    (lambda cell: cell.update(by_steps=[]), "at least 1 item"),
    (lambda cell: cell.pop("early"), "early: is missing"),
    (lambda cell: cell["early"][0].update(margin=0), "cells[0].early[0].margin"),
    (
        lambda cell: cell["by_steps"][0].pop("operations"),
        "by_steps[0].operations: is missing",
    ),
    (lambda cell: cell["by_steps"][0].update(accuracy=1.5), "cells[0].by_steps[0].accuracy"),
    (lambda cell: cell["by_steps"][0].update(steps=0), "cells[0].by_steps[0].steps"),
)
"""What is done to a cell, and what is said of it."""


def test_documents_that_lack_what_is_shown_are_refused(experiment, tmp_path):
    assert experiment("steps", "--datasets=mr", "--recipe=sparse")[0] == 0
    path = tmp_path / "results" / "steps.json"
    whole = path.read_bytes()
    for harm, said in HARMED:
        document = json.loads(whole)
        harm(document["cells"][0])
        path.write_text(json.dumps(document))
        with pytest.raises(CheckpointError, match=re.escape(said)):
            Results(tmp_path / "results", "steps")
