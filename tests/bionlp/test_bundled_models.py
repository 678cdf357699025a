"""The models that come with the package, on real sentences."""

import json

import pytest

from bionlp.checkpoint import BUNDLED, bundled_models
from bionlp.samples import SAMPLES
from tests.cards import measured_of

LEAST = {"mr": 0.765, "sst2": 0.84, "waimai": 0.87}


@pytest.mark.parametrize("name", LEAST)
def test_small_enough_and_good_enough(name):
    assert sum(path.stat().st_size for path in (BUNDLED / name).iterdir()) <= 8_000_000
    assert measured_of(name)["test_accuracy"] >= LEAST[name]


def test_all_are_known():
    assert bundled_models() == [*LEAST]


@pytest.mark.parametrize("name", ["mr", "waimai"])
def test_rounded_embeddings_cost_nothing(name):
    measured = measured_of(name)
    # Eight bits a value cost no accuracy: less than one standard error of 1,000 sentences.
    assert abs(measured["test_accuracy"] - measured["test_accuracy_unrounded_rates"]) < 0.013


def test_opposite_sentences_get_opposite_labels(cli):
    code, out, _ = cli(
        *("simulate", "mr", "a gripping , funny and moving film"), *("--seed=1", "--json")
    )
    assert code == 0
    (good,) = json.loads(out)
    _, out, _ = cli(
        *("simulate", "mr", "the worst , most boring film of the year"),
        *("--seed=1", "--json"),
    )
    (bad,) = json.loads(out)
    assert (good["label"], bad["label"]) == ("positive", "negative")


def test_demo_proves_every_sentence(cli, tmp_path):
    code, out, _ = cli("demo", "--out", tmp_path, "--figures=raster")
    assert code == 0
    for texts in SAMPLES.values():
        for text in texts:
            assert text[:8] in out
    assert len(list(tmp_path.glob("*/recording.nc"))) == 12
    assert len(list(tmp_path.glob("*/raster.png"))) == 12
    pages = sorted(path.parent.name for path in tmp_path.glob("*/report.html"))
    assert pages == ["mr-01", "sst2-01", "waimai-01"]


@pytest.mark.parametrize("name", LEAST)
def test_evaluate_prints_the_accuracy_of_the_card(cli, name, data_dir):
    expected = measured_of(name)["test_accuracy"]
    code, out, _ = cli("evaluate", name, "--dataset", name, "--limit=100000", "--json")
    assert code == 0
    document = json.loads(out)
    # Single precision: on another processor a tie may fall the other way.
    assert abs(document["accuracy"] - expected) <= 2 / document["n"]


def test_real_sentences_equal_pytorch(cli, data_dir):
    code, out, _ = cli(
        *("validate", "mr", "--dataset=mr", "--split=test", "--limit=4"),
        *("--backend=numpy", "--decay=0.9", "--json"),
    )
    assert code == 0
    assert json.loads(out)["differing"] == 0
