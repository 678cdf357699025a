"""The best spiking network of each dataset is chosen on dev, and by as many seeds as there are."""

import re

import pytest

from bionlp.experiments.best_section import best_of, best_section
from bionlp.experiments.cells import EXPERIMENTS


def cell(method, dev, test, *, seed=0, dataset="mr", **settings):
    return {
        "dataset": dataset,
        "method": method,
        "recipe": "default",
        "embeddings": "vectors.bin",
        "seed": seed,
        "dev": {"accuracy": dev},
        "test": {"accuracy": test},
        "settings": {"seed": seed, "length": 10 + seed, **settings},
    }


def documents(**cells):
    return {table: cells.get(table, []) for table in EXPERIMENTS}


@pytest.fixture
def some():
    return documents(
        table1=[
            cell("original", 0.99, 0.80),
            cell("finetuned", 0.80, 0.70),
            cell("finetuned", 0.82, 0.74, seed=1),
            cell("converted", 0.70, 0.90),
            cell("converted", 0.70, 0.90, seed=1),
        ],
        encoder=[
            cell("encoder", 0.84, 0.76),
            cell("encoder", 0.80, 0.78, seed=1),
            cell("causal", 0.95, 0.79, causal=True),
            cell("twin", 0.97, 0.95),
            cell("twin", 0.97, 0.95, seed=1),
        ],
        table3=[cell("finetuned", 0.99, 0.99)],
        table5=[cell("finetuned", 0.80, 0.70)],
        fig4=[cell("finetuned", 0.60, 0.60, threshold=2.0)],
    )


def test_dev_chooses_among_spiking_networks_of_as_many_seeds(some):
    assert [(c["method"], c["seed"]) for c in best_of(some, "mr")] == [
        ("encoder", 0),
        ("encoder", 1),
    ]
    some["encoder"].append(cell("causal", 0.93, 0.1, seed=1, causal=True))
    assert {c["method"] for c in best_of(some, "mr")} == {"causal"}
    assert best_of(some, "subj") == []


def test_the_section_says_what_was_chosen_and_of_how_many(some):
    text = "\n".join(best_section(some))
    rows = dict(re.findall(r"^\| (.*?) \| (.*) \|$", text, re.MULTILINE))
    assert rows["Chosen"] == "A word a step, both ways"
    assert rows["Test"] == "77.00 ± 1.41"
    assert rows["Dev"] == "82.00"
    assert rows["Above the original TextCNN"] == "-3.00"
    assert rows["Above SpikeBERT (Lv et al. 2023)"] == "-3.69"
    # finetuned, converted, encoder, causal, another threshold, and random embeddings
    assert rows["Configurations on this page"] == "6"
    assert "Mean over 1 datasets: 77.00 %." in text


def test_nothing_is_chosen_where_there_is_one_kind(some):
    assert best_section(some | {"encoder": []}) == []
    assert best_section(documents()) == []
