"""What carries a decision: networks without each of their feature maps, and without each word."""

import csv
import json

import numpy as np
import pytest

from bionlp.ablation import ablate_maps, ablate_words, layers_with_maps
from bionlp.checkpoint import load_classifier
from bionlp.datasets import Example
from bionlp.errors import UsageError
from bionlp.evaluation import evaluate
from networks.perturbation import parse

TEXTS = ("the film is good .", "a dull plot", "a cast is cold and bad .", "good and warm")
EXAMPLES = [Example(text, number % 2) for number, text in enumerate(TEXTS)]
HOW = {"steps": 20, "seed": 3}


@pytest.fixture(scope="module")
def classifier(small_model):
    return load_classifier(small_model)


def margins(votes):
    return votes - (votes.sum(axis=1, keepdims=True) - votes) / (votes.shape[1] - 1)


def test_a_map_that_is_taken_away_is_a_map_that_never_fires(classifier):
    layer = next(iter(layers_with_maps(classifier.network)))
    found = ablate_maps(classifier, EXAMPLES, [layer], **HOW)
    assert len(found) == layers_with_maps(classifier.network)[layer]
    before = evaluate(classifier, EXAMPLES, **HOW)
    for number in (0, 3, len(found) - 1):
        silent = classifier.perturbed(parse([f"maps={layer}:{number}"], seed=0))
        after = evaluate(silent, EXAMPLES, **HOW)
        part = found[number]
        assert part.name == f"{layer}:{number}"
        assert part.sentences == len(EXAMPLES)
        assert part.lost == (before.right & ~after.right).sum()
        assert part.gained == (~before.right & after.right).sum()
        assert part.flips == (before.predictions != after.predictions).sum()
        expected = (margins(before.votes) - margins(after.votes)).mean(axis=0)
        assert part.worth == pytest.approx(expected)


def test_what_a_word_is_worth_goes_with_it(classifier):
    found = {part.name: part for part in ablate_words(classifier, EXAMPLES, **HOW)}
    assert found["good"].sentences == 2
    assert found["the"].sentences == 1
    good, bad = (np.array(found[word].worth) for word in ("good", "bad"))
    # It was trained on reviews in which these two words tell.
    assert good[1] > 0 > good[0]
    assert bad[0] > 0 > bad[1]
    assert found["good"].weight > found["the"].weight
    assert good.sum() == pytest.approx(0)


def test_a_part_without_effect_is_worth_nothing(classifier):
    (the,) = [p for p in ablate_words(classifier, [Example("zzz the", 0)], **HOW)]
    assert the.sentences == 1
    with pytest.raises(UsageError, match="'output' has no feature maps; choose of"):
        ablate_maps(classifier, EXAMPLES, ["output"], **HOW)


def test_the_command_prints_writes_and_is_json(cli, small_model, reviews, tmp_path):
    out = tmp_path / "maps.csv"
    command = ("ablate", small_model, "--dataset", reviews / "reviews.csv", "--limit=6")
    code, text, err = cli(*command, "--top=3", "--out", out)
    assert code == 0, err
    assert "votes for" in text
    rows = list(csv.reader(out.open(encoding="utf-8")))
    maps = sum(layers_with_maps(load_classifier(small_model).network).values())
    assert len(rows) == 1 + maps
    code, text, _ = cli(*command, "--of=words", "--at-least=2", "--json")
    document = json.loads(text)
    assert all(part["sentences"] >= 2 for part in document["parts"])
    weights = [max(map(abs, part["worth"].values())) for part in document["parts"]]
    assert weights == sorted(weights, reverse=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--of=neurons",), "--of is maps or words, not 'neurons'"),
        (("--of=words", "--layers=conv3"), "--layers are of maps"),
        (("--layers=conv9",), "layer 'conv9' has no feature maps; choose of conv3"),
    ],
)
def test_wrong_input_is_one_clear_line(cli, small_model, reviews, options, message):
    code, _, err = cli("ablate", small_model, "--dataset", reviews / "reviews.csv", *options)
    assert code == 2
    assert message in " ".join(err.split())
    assert "Traceback" not in err
