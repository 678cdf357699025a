"""The table of neuron models, on a bundled model and a small dataset."""

import json

import pytest

from bionlp.experiments import tuning
from bionlp.experiments.neurons import TRAINED, NeuronsCell, list_neurons
from bionlp.experiments.neurons_section import neurons_section
from bionlp.experiments.page import make_page


@pytest.fixture
def table(cli, movies, monkeypatch, tmp_path):
    """Return a function that runs the experiment, and that reads its cells."""
    monkeypatch.setenv("BIONLP_DATA_DIR", str(movies))
    monkeypatch.setenv("BIONLP_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "results"

    def run(*options):
        return cli("experiment", "neurons", "--sentences=4", "--out", folder, *options)

    return run, lambda: json.loads((folder / "neurons.json").read_bytes())["cells"]


def test_models_are_measured_once_and_put_on_a_page(table, tmp_path):
    run, cells = table
    code, out, err = run(f"--models={TRAINED},lif")
    assert code == 0, err
    assert "2 cells, 2 of them to compute" in err
    assert "Fitted" in out
    trained, lif = cells()
    assert trained["after"] is None
    assert trained["layers"] == {}
    # The trained neuron as text is the trained one, and a fit finds nothing to mend.
    assert lif["before"] == lif["after"] == trained["before"]
    assert {fit["gain"] for fit in lif["layers"].values()} == {1}
    assert {fit["error_after"] for fit in lif["layers"].values()} == {0}
    work = [{k: v for k, v in cell["work"].items() if k != "seconds"} for cell in (trained, lif)]
    assert work[0] == work[1]

    code, again, err = run(f"--models={TRAINED},lif", "--json")
    assert code == 0
    assert "2 cells, 0 of them to compute" in err
    assert json.loads(again)["cells"] == cells()
    text = make_page(tmp_path / "results", "results")
    assert "## Other neurons with the trained weights" in text
    for cell in cells():
        assert f"    {cell['command']}\n" in text + "\n"
    assert neurons_section([]) == []


def test_weights_are_tuned_to_fitted_neurons_once(table, tmp_path, monkeypatch):
    monkeypatch.setattr(tuning, "DEV_SENTENCES", 4)
    run, cells = table
    options = ("--models=lif", "--finetune=2", "--work", tmp_path / "work")
    code, out, err = run(*options)
    assert code == 0, err
    (cell,) = cells()
    tuned = cell["tuned"]
    assert tuned["asked"] == tuned["sentences"] == 2
    assert len(tuned["dev_accuracy"]) == 1 + tuned["epochs"]
    assert tuned["dev_accuracy"][tuned["best_epoch"]] == max(tuned["dev_accuracy"])
    assert tuned["test"]["n"] == 4
    assert "Tuned" in out
    assert not list((tmp_path / "work" / "tuning").iterdir())
    code, again, err = run(*options)
    assert code == 0
    assert "tuned on" not in err
    assert again == out
    text = make_page(tmp_path / "results", "results")
    assert "3 epochs of 2 training sentences in Brian 2" in " ".join(text.split())
    # The trained neurons need no tuning, and have no such column.
    assert run(f"--models={TRAINED}", "--finetune=2")[0] == 0
    assert cells()[1].get("tuned") is None


def test_a_cell_of_another_network_is_computed_anew(table, tmp_path):
    run, _ = table
    assert run(f"--models={TRAINED}")[0] == 0
    path = tmp_path / "results" / "neurons.json"
    document = json.loads(path.read_bytes())
    document["cells"][0]["digest"] = "0" * 64
    path.write_text(json.dumps(document), encoding="utf-8")
    assert "1 cells, 1 of them to compute" in run(f"--models={TRAINED}")[2]


def test_steps_are_as_short_as_the_equations_need_them():
    cells = list_neurons([TRAINED, "adex", "hodgkin_huxley"], ["mr"], [0])
    steps = {cell.neurons: cell.dt_ms for cell in cells}
    assert steps[TRAINED] == 1
    assert steps["hodgkin_huxley"] == pytest.approx(0.1)
    assert NeuronsCell("mr", TRAINED, 0, 5).model is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--models=magic",), "unknown model 'magic'; choose one of trained, adex"),
        (("--datasets=subj",), "unknown dataset 'subj'; choose one of mr, waimai"),
        (("--seeds=x",), "seeds are whole numbers"),
    ],
)
def test_wrong_input_is_one_clear_line(table, options, message):
    code, _, err = table[0](*options)
    assert code == 2
    assert message in err
    assert "Traceback" not in err
