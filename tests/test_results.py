"""The page of results says what the documents of its tables say."""

import json
from pathlib import Path

import pytest

from bionlp.experiments.cells import DATASETS, METHODS, TABLES
from bionlp.experiments.page import make_page

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted((ROOT / "results").glob("*.json"))


def test_the_page_is_made_of_the_documents():
    page = (ROOT / "RESULTS.md").read_text(encoding="utf-8")
    assert page == make_page(ROOT / "results", "results")
    for document in DOCUMENTS:
        assert f"![Accuracy of each method on each dataset](results/{document.stem}.png)" in page
        assert document.with_suffix(".png").exists()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_every_cell_says_how_it_was_computed(path):
    cells = json.loads(path.read_bytes())["cells"]
    assert path.stem in TABLES
    assert cells
    for cell in cells:
        assert cell["dataset"] in DATASETS
        assert cell["method"] in METHODS
        assert cell["command"].startswith(f"bionlp experiment {path.stem} ")
        assert f"--seeds {cell['seed']} " in cell["command"] + " "
        assert cell["seconds"] > 0
        assert {"bionlp", "brian2", "torch"} <= cell["versions"].keys()
        assert cell["settings"]["steps"] == 50
        assert 0 <= cell["test"]["accuracy"] <= 1
        assert (cell["brian2"] is not None) == (cell["method"] == "finetuned")


def test_brian_2_has_the_accuracy_of_pytorch_within_noise():
    cells = [cell for path in DOCUMENTS for cell in json.loads(path.read_bytes())["cells"]]
    for cell in cells:
        if cell["brian2"]:
            test, n = cell["test"]["accuracy"], cell["test"]["n"]
            # Both draw spikes of their own: at most the standard error of either, three times.
            noise = (2 * test * (1 - test) / n) ** 0.5
            assert abs(cell["brian2"]["accuracy"] - test) < 3 * noise, cell["command"]
