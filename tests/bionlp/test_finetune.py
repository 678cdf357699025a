"""``bionlp finetune``: weights are tuned to other neurons, which run in Brian 2."""

import json
from dataclasses import replace

import numpy as np
import pytest

from bionlp.checkpoint import load_classifier
from bionlp.datasets import Example
from bionlp.engine import Engine
from bionlp.progress import Reporter
from bionlp.training.in_the_loop import USUAL, some_of, tune_in_the_loop
from networks.brian.neuron_files import parse_neurons

LAZY = """
[all]
model = "lif"
[output]
equations = "dv/dt = -v / (5*ms) : 1"
threshold = "v > threshold"
reset = "v = 0"
method = "exact"
scale = "0.05"
"""
"""Output neurons that forget, and hear so little that most sentences leave them silent."""


@pytest.fixture
def lazy(tmp_path):
    """Return the file of these neurons."""
    path = tmp_path / "lazy.toml"
    path.write_text(LAZY, encoding="utf-8")
    return path


@pytest.fixture
def finetune(cli, small_model, reviews, lazy, tmp_path):
    """Return a function that tunes the small classifier to them."""

    def run(*options, out="tuned", model=small_model, neurons=lazy):
        files = ("--neurons", neurons, f"--dataset={reviews / 'reviews.csv'}")
        few = ("--sentences=32", "--dev-sentences=16", "--epochs=2", "--batch-size=8")
        rest = (*few, "--rate=0.01", "--backend=numpy", *options)
        return cli("finetune", model, *files, "--out", tmp_path / out, *rest)

    return run


def test_weights_learn_to_live_with_other_neurons(finetune, cli, reviews, lazy, tmp_path):
    code, out, err = finetune("--json")
    assert code == 0, err
    record = json.loads(out)
    accuracies, best = record["dev_accuracy"], record["best_epoch"]
    assert len(accuracies) == 3
    assert accuracies[best] == max(accuracies)
    assert best > 0, accuracies
    assert not (tmp_path / "tuned" / "state").exists()
    tuned = load_classifier(str(tmp_path / "tuned"))
    assert tuned.training["in_the_loop"]["best_epoch"] == best
    code, out, err = cli(
        *("evaluate", tmp_path / "tuned", "--dataset", reviews / "reviews.csv", "--split=dev"),
        *("--engine=brian", "--backend=numpy", "--neurons", lazy, "--json"),
    )
    assert code == 0, err
    assert json.loads(out)["accuracy"] > accuracies[0]


def test_the_same_seed_gives_the_same_weights_and_the_message_says_what_to_do(finetune, tmp_path):
    for name in ("one", "two"):
        code, out, err = finetune("--epochs=1", out=name)
        assert code == 0, err
    assert "before" in out
    assert "try: bionlp evaluate" in out
    one, two = (load_classifier(str(tmp_path / name)).network.weights for name in ("one", "two"))
    for name, weight in one.items():
        np.testing.assert_array_equal(weight, two[name])
    code, _, err = finetune(out="one")
    assert code == 9
    assert "already holds a trained model; choose another folder" in err


def test_weights_stay_where_no_epoch_is_better(small_model, tmp_path):
    classifier = load_classifier(str(small_model))
    examples = [Example("a good film .", 1), Example("a bad film .", 0)] * 4
    tuned = tune_in_the_loop(
        classifier,
        examples,
        # Nothing is better than all, which the trained neuron gets right.
        examples,
        replace(USUAL, epochs=1, learning_rate=1e-12),
        engine=Engine("numpy", neurons=parse_neurons('[all]\nmodel = "lif"')),
        folder=tmp_path / "state",
        report=Reporter(),
        name="tuned",
    )
    assert tuned.training["in_the_loop"]["dev_accuracy"] == [1.0, 1.0]
    assert tuned.network is classifier.network
    assert tuned.name == "tuned"
    assert tuned.calibration is None


def test_some_of_a_sorted_split_are_from_all_over_it():
    examples = [Example(str(number), number // 500) for number in range(1000)]
    chosen = some_of(examples, 700, seed=0)
    assert len(chosen) == len({example.text for example in chosen}) == 700
    assert 300 < sum(example.label for example in chosen) < 400
    assert [int(e.text) for e in chosen] == sorted(int(e.text) for e in chosen)
    assert some_of(examples, 5000, seed=1) == examples


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ({"neurons": "nothing"}, 2, "there are no neurons 'nothing'"),
        ({"neurons": "hodgkin_huxley"}, 2, "choose --dt 0.1"),
        ({"model": "nowhere"}, 6, "there is no model 'nowhere'"),
    ],
)
def test_wrong_input_is_one_clear_line(finetune, tmp_path, options, code, said):
    got, _, err = finetune(**options)
    assert got == code, err
    assert said in err
    assert "Traceback" not in err
    assert not (tmp_path / "tuned" / "settings.json").exists()
