"""The table of energy on a small dataset, and its sentences by hand."""

import json

import pytest

from analysis import energy
from analysis.energy import CostModel
from bionlp.experiments.cells import METHODS
from bionlp.experiments.energy_section import energy_section, energy_table


def test_energy_is_counted_once_and_put_on_a_page(experiment, records, tmp_path):
    assert experiment("table1", "--datasets=mr", "--methods=tailored,finetuned")[0] == 0
    code, out, err = experiment("table5", "--datasets=mr", "--methods=original,finetuned")
    assert code == 0, err
    assert "4 cells, 4 of them to compute" in err
    # Those of the default recipe are table 1's, those of the sparse one are trained.
    assert err.count("tailored epoch") == 5
    assert err.count("finetuning epoch") == 3
    cells = {(cell["method"], cell["recipe"]): cell for cell in records("table5")}
    (finetuned,) = [cell for cell in records("table1") if cell["method"] == "finetuned"]
    assert cells["finetuned", "default"]["test"] == finetuned["test"]
    for (method, recipe), cell in cells.items():
        assert ("energy" in cell) == (method == "finetuned")
        if method == "finetuned":
            found = cell["energy"]
            assert found["steps"] == cell["settings"]["steps"] == (20 if recipe == "sparse" else 50)
            assert (found["dataset"], found["split"], found["sentences"]) == ("mr", "test", 20)
            assert found["spikes"]["input"] > 0
            counted = sum(layer["counted"] for layer in found["layers"])
            assert counted > 0
            assert found["synaptic_operations"] == pytest.approx(counted)
            assert cell["brian2"]["n"] == 20
    default, sparse = (cells["finetuned", recipe]["energy"] for recipe in ("default", "sparse"))
    assert default["macs"] == sparse["macs"]
    assert sparse["synaptic_operations"] < default["synaptic_operations"]
    assert f"| MR, {METHODS['original']} |" in out

    code, again, err = experiment(
        "table5", "--datasets=mr", "--methods=original,finetuned", "--json"
    )
    assert code == 0
    assert "4 cells, 0 of them to compute" in err
    assert json.loads(again)["cells"] == records("table5")

    page = tmp_path / "RESULTS.md"
    assert experiment("page", "--page", page)[0] == 0
    text = page.read_text(encoding="utf-8")
    assert "## Table 5: Energy" in text
    assert energy_table(records("table5")) in text
    for cost in default["energy"]:
        assert f"- `{cost['cost_model']}`: {cost['source']}." in text


MODELS = (
    CostModel("cheap", "book of cheap", mac=10.0, synaptic_operation=1.0),
    CostModel("dear", "book of dear", mac=4.0, synaptic_operation=1.0, neuron_update=5.0),
)


@pytest.fixture
def models(monkeypatch):
    """Two made-up cost models, whichever were in force when cells were computed."""
    monkeypatch.setattr(energy, "COST_MODELS", MODELS)


def cell(method, recipe, seed, accuracy, counted=None, dataset="mr"):
    """Return a record; ``counted`` has millions of operations and of updates."""
    record = {"dataset": dataset, "method": method, "recipe": recipe, "seed": seed}
    record |= {"embeddings": "vectors.bin", "test": {"accuracy": accuracy}}
    if counted:
        operations, updates = counted
        record["energy"] = {
            **{"sentences": 100, "steps": 50, "macs": 1e6},
            **{"synaptic_operations": 1e6 * operations, "neuron_updates": 1e6 * updates},
            "spikes": {"input": 1000.0, "output": 100.0 + seed},
            "energy": [{"cost_model": "one of old", "ratio": 99.0}],
        }
    return record


CELLS = [
    cell("original", "default", 0, 0.80),
    cell("original", "default", 1, 0.82),
    cell("tailored", "default", 0, 0.79),
    cell("original", "sparse", 0, 0.10),
    cell("finetuned", "default", 0, 0.78, (1.0, 1.0)),
    cell("finetuned", "default", 1, 0.81, (2.0, 0.8)),
    cell("finetuned", "sparse", 0, 0.81, (0.5, 0.5)),
    cell("original", "default", 0, 0.9, dataset="subj"),
]


def test_a_table_has_means_ratios_and_the_first_recipe_of_a_textcnn(models):
    assert energy_table(CELLS).splitlines() == [
        "| Network | Accuracy (%) | Steps | Spikes | Operations | µJ, cheap | µJ, dear |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        "| MR, Original TextCNN | 81.00 ± 1.41 |  |  | 1,000,000 | 10.00 | 4.00 |",
        "| MR, Tailored TextCNN | 79.00 |  |  | 1,000,000 | 10.00 | 4.00 |",
        "| MR, Converted and fine-tuned SNN, recipe `default` | 79.50 ± 2.12 | 50 | 1,100 "
        "| 1,500,000 | 1.50 (0.15) | 6.00 (1.50) |",
        "| MR, Converted and fine-tuned SNN, recipe `sparse` | 81.00 | 50 | 1,100 "
        "| 500,000 | 0.50 (0.05) | 3.00 (0.75) |",
        "| Subj, Original TextCNN | 90.00 |  |  |  |  |  |",
    ]


def test_the_section_says_who_needs_less_and_who_is_more_often_right(models):
    text = "\n".join(energy_section(CELLS))
    # Seeds 0 and 1 beside the original, seed 0 alone beside the tailored TextCNN.
    assert (
        "- MR, recipe `default`: needs less under `cheap`, more under `dear` than its TextCNN; "
        "1.50 points below the original TextCNN; 1.00 points below the tailored TextCNN.\n"
        "- MR, recipe `sparse`: needs less under `cheap` and `dear` than its TextCNN; "
        "1.00 points above the original TextCNN; 2.00 points above the tailored TextCNN."
    ) in text
    assert "- `dear`: book of dear." in text
    assert "mean over 100\nsentences of test" in text
    assert (
        "    bionlp experiment table5 --datasets mr,subj --seeds 0,1 --recipe default,sparse "
        "--english vectors.bin"
    ) in text
    assert energy_section([]) == []
    begun = "\n\n".join(energy_section(CELLS[:2]))
    assert "| MR, Original TextCNN | 81.00 ± 1.41 |  |  |  |" in begun
    assert "Cost models" not in begun


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("table5", "--datasets=imdb"), 2, "unknown dataset 'imdb'; choose one of mr, sst2"),
        (("table5", "--datasets=mr", "--recipe=sparse,cake"), 2, "unknown recipe 'cake'"),
        (("table5",), 2, "give --chinese a file"),
        (("table5", "--datasets=sst2"), 4, "sst"),
    ],
)
def test_wrong_input_is_one_clear_line(experiment, arguments, code, message):
    got, _, err = experiment(*arguments)
    assert got == code
    assert message in err
    assert "Traceback" not in err
