"""What the README shows is run."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bionlp.attribution import attribute
from bionlp.checkpoint import bundled_models, load_classifier
from bionlp.cli.evaluate import INTERRUPTED
from bionlp.encoding import poisson_spikes
from bionlp.errors import BionlpError
from bionlp.simulation import Engine

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("number", "printed"),
    [
        (0, r"'positive': [1-9]"),
        (1, r"positive \[ *\d+ +[1-9]\d*\]\nTrue\n0 variables"),
        (2, r"[1-9]\d* spikes after [1-9]\d* "),
        (3, r"\(28, 28\) windows, [1-9]\d* synaptic events"),
        (4, r"edges: [1-9]\d* spikes, 0 differ\nmemory: [1-9]\d* spikes, 0 differ"),
    ],
)
def test_the_python_examples_run(number, printed, tmp_path):
    code = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)[number]
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.search(printed, done.stdout)


GUIDE = (ROOT / "docs" / "bring_your_network.md").read_text(encoding="utf-8")


def test_a_network_is_brought_from_training_to_a_raster(tmp_path):
    pytest.importorskip("nirtorch")
    training, simulation = re.findall(r"```python\n(.*?)```", GUIDE, flags=re.DOTALL)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def run(*command):
        return subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    assert len([line for line in training.splitlines() if line]) <= 15
    run("-c", training)
    commands = re.findall(r"^    bionlp (nir \w+ network.*)$", GUIDE, flags=re.MULTILINE)
    assert [command.split()[1] for command in commands] == [
        "inspect",
        "conventions",
        "prove",
        "run",
    ]
    for command in commands:
        out = run("-m", "bionlp", *command.split())
        assert "error" not in out
    assert (tmp_path / "runs" / "network-01" / "raster.png").exists()
    counted = re.findall(r"lif_\d: (\d+) spikes", run("-c", simulation))
    assert len(counted) == 2
    assert all(int(count) > 20 for count in counted)


def test_the_guide_runs_and_draws(tmp_path):
    guide = ROOT / "examples" / "sentence_to_figure.py"
    done = subprocess.run(
        [sys.executable, guide, tmp_path / "out"], capture_output=True, text=True, check=True
    )
    assert re.search(r"votes: .* -> positive", done.stdout)
    (differing,) = re.findall(r"differing spikes: \{(.*)\}", done.stdout)
    assert set(re.findall(r": (\d+)", differing)) == {"0"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"raster.png", "relevance.png"}


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(((?!https?:)[^)]+)\)", README):
        assert (ROOT / target).exists(), target


def test_every_exit_code_is_documented():
    codes = {cls.exit_code for cls in BionlpError.__subclasses__()}
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", README, flags=re.MULTILINE)}
    assert codes | {0, 1, INTERRUPTED} == documented


def test_what_it_says_of_negations():
    texts = {"mr": "not good at all", "waimai": "一点都不好吃"}
    found = {}
    for model, text in texts.items():
        classifier = load_classifier(model)
        sentence = classifier.read(text)
        spikes = poisson_spikes(sentence.rates, 50, seed=0)
        relevance, _ = attribute(classifier.network, spikes, engine=Engine("numpy"))
        words = dict(zip(sentence.words, relevance.words.tolist(), strict=True))
        found[model] = classifier.label_names[relevance.label], relevance.margin, words
    label, margin, words = found["mr"]
    assert (label, words["not"] < 0, words["all"] < 0) == ("positive", True, True)
    assert 1 <= margin <= 3
    label, margin, words = found["waimai"]
    assert label == "negative"
    assert 280 <= margin <= 300
    assert words["不"] == max(words.values()) > margin / 2


@pytest.mark.parametrize("name", ["mr", "waimai"])
def test_bundled_models_and_their_accuracy(name):
    assert name in bundled_models()
    (row,) = re.findall(rf"^\| {name} \|.*$", README, flags=re.MULTILINE)
    accuracy = load_classifier(name).training["measured"]["finetuned"]["test_accuracy"]
    assert f"| {accuracy:.1%} |" in row
