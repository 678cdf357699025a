"""What the README and the pages of the documentation show is run."""

import contextlib
import io
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from gensim.models import KeyedVectors

from bionlp.attribution import attribute
from bionlp.checkpoint import bundled_models, load_classifier
from bionlp.cli.evaluate import INTERRUPTED
from bionlp.encoding import poisson_spikes
from bionlp.engine import Engine
from bionlp.errors import BionlpError
from networks.brian import NeuronModel
from networks.brian.neuron_files import parse_neurons, shelf
from tests.cards import measured_of

ROOT = Path(__file__).parents[1]
ZARR = pytest.mark.skipif(find_spec("zarr") is None, reason="pip install 'bionlp[zarr]'")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def examples_of(page):
    """Return the Python examples of a page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)


def run_code(code, *arguments, folder=None):
    """Run Python as a script of its own would be, in a folder; return what it prints."""
    printed = io.StringIO()
    arguments_before, folder_before = sys.argv, os.getcwd()
    sys.argv = ["example.py", *map(str, arguments)]
    os.chdir(folder or folder_before)
    try:
        with contextlib.redirect_stdout(printed):
            exec(code, {"__name__": "__main__"})
    finally:
        sys.argv = arguments_before
        os.chdir(folder_before)
        plt.close("all")
    return printed.getvalue()


def run_script(name, folder):
    """Run a script of the examples, which draws into a folder; return what it prints."""
    script = ROOT / "examples" / f"{name}.py"
    return run_code(compile(script.read_text(encoding="utf-8"), script, "exec"), folder)


@pytest.mark.parametrize(
    ("page", "number", "printed"),
    [
        ("README.md", 0, r"positive \[ *\d+ +[1-9]\d*\]"),
        ("docs/getting_started.md", 0, r"'positive': [1-9]"),
        ("docs/getting_started.md", 1, r"positive \[ *\d+ +[1-9]\d*\]\nTrue\n0 variables"),
        ("docs/howto/shared_weights.md", 0, r"[1-9]\d* spikes after [1-9]\d* "),
        ("docs/howto/shared_weights.md", 1, r"\(28, 28\) windows, [1-9]\d* synaptic events"),
        (
            "docs/concepts/description.md",
            0,
            r"edges: [1-9]\d* spikes, 0 differ\nmemory: [1-9]\d* spikes, 0 differ",
        ),
        ("docs/perturbations.md", 0, r"(positive|negative) "),
    ],
)
def test_the_python_examples_run(page, number, printed, tmp_path):
    assert re.search(printed, run_code(examples_of(page)[number], folder=tmp_path))


@ZARR
def test_a_corpus_is_recorded_and_read(tmp_path):
    recorded, read = examples_of("docs/howto/corpora.md")
    printed = run_code(recorded + read, folder=tmp_path)
    assert re.match(r"a dull mess (negative|positive)?\n", printed)
    assert re.search(r"population: 8, true_label: 2", printed)
    assert re.search(r"\(position: \d+\)", printed)


TREC = {
    "ABBR:exp": ("abbreviation", "acronym", "initials"),
    "DESC:def": ("meaning", "reason", "origin"),
    "ENTY:animal": ("animal", "bird", "sport"),
    "HUM:ind": ("king", "actor", "author"),
    "LOC:city": ("city", "river", "country"),
    "NUM:date": ("year", "month", "date"),
}


def test_questions_of_six_classes_are_learned(tmp_path):
    pytest.importorskip("sklearn")
    rng = np.random.default_rng(0)
    things = [thing for some in TREC.values() for thing in some]
    lines = [
        f"{label} What {thing} is of the {other} ?"
        for label, some in TREC.items()
        for thing in some
        for other in things
    ]
    (tmp_path / "train_5500.label").write_text(
        "\n".join(rng.permutation(lines)), encoding="latin-1"
    )
    words = [*things, "what", "is", "of", "the", "capital", "france", "?"]
    vectors = KeyedVectors(40)
    vectors.add_vectors(words, rng.normal(size=(len(words), 40)).astype(np.float32))
    vectors.save_word2vec_format(str(tmp_path / "vectors.bin"), binary=True)
    (code,) = examples_of("docs/howto/predict.md")
    assert len(code.strip().splitlines()) <= 11
    # So few questions are gone through more often, by a network of fewer maps.
    few = "'maps': 20, 'tailored_epochs': 15, 'tailored_rate': 0.01, 'batch_size': 10"
    code = code.replace('{"teachers": 0}', f'{{"teachers": 0, {few}}}')
    assert few in code
    found = re.fullmatch(r"accuracy (\S+)\n\['(\w+)'\]\n", run_code(code, folder=tmp_path))
    accuracy, label = found.groups()
    assert float(accuracy) > 0.5
    assert label == "LOC"
    assert load_classifier(tmp_path / "models" / "trec").classes == 6


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
    printed = run_script("sentence_to_figure", tmp_path / "out")
    assert re.search(r"votes: .* -> positive", printed)
    (differing,) = re.findall(r"differing spikes: \{(.*)\}", printed)
    assert set(re.findall(r": (\d+)", differing)) == {"0"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"raster.png", "relevance.png"}


def test_the_guide_to_a_word_a_step_runs_and_draws(tmp_path):
    printed = run_script("word_a_step", tmp_path / "out")
    spikes, differing = re.findall(r"(\d+) spikes, (\d+) differ", printed)[0]
    assert int(spikes) > 300
    assert int(differing) == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"sweeps.png"}


def test_the_guide_to_other_neurons_runs_and_draws(tmp_path):
    printed = run_script("other_neurons", tmp_path / "out")
    counts = re.findall(r"(LIF|AdEx): (\d+) spikes in conv3", printed)
    assert [name for name, _ in counts] == ["LIF", "AdEx"]
    assert all(int(count) > 1000 for _, count in counts)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"other_neurons.png"}


def test_the_two_commands_stand_at_the_top():
    above = README.partition("## A first example")[0]
    assert re.findall(r"^    make (\w+)", above, flags=re.MULTILINE) == ["run", "test"]


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("encoding", r"1000 steps: off by 0\.01"),
        ("rates_and_activations", r"1000 steps: .*correlation 0\.99"),
        ("votes_over_time", r"moving film”: 40 of 40 positive"),
        ("early_end", r"of 250 steps:\n +\d+ steps, positive: “a gripping"),
        pytest.param("corpus", r"8 sentences, .*\n.*'sentence': 8.*\n.*: positive", marks=ZARR),
        ("negation", r"一点都不好吃: negative"),
        ("neuron_models", r"(?s)(: [1-9]\d* spikes, 0 differ.*){5}"),
        ("recurrent_network", r"memory: [1-9]\d* spikes, 0 differ"),
        ("orientations", r"vertical: [1-9]\d* spikes"),
        ("perturbations", r"bits=8: "),
        ("synaptic_operations", r"waimai: \d+ words"),
        ("nir_round_trip", r"output: [1-9]\d* spikes, 0 differ"),
    ],
)
def test_an_example_of_the_gallery_runs_and_draws(name, printed, tmp_path):
    assert re.search(printed, run_script(name, tmp_path))
    assert (tmp_path / f"{name}.png").stat().st_size > 10_000


def test_the_python_of_the_page_on_neurons_runs(tmp_path):
    page = (ROOT / "docs" / "neurons.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    assert re.search(r"\d+\.\d+ mV; \{'conv3': 'V'\}", run_code(code, folder=tmp_path))
    (toml,) = re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL)
    assert set(parse_neurons(toml)) == {"all", "conv3"}
    named = re.findall(r"^\| `(\w+)` \|", page.partition("## Models")[2], flags=re.MULTILINE)
    assert sorted(named) == shelf()
    fields = re.findall(
        r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", page.partition("## What")[0], re.M))
    )
    assert {*fields} == {"model", *NeuronModel.__dataclass_fields__}


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(((?!https?:)[^)]+)\)", README):
        assert (ROOT / target).exists(), target


def test_every_exit_code_is_documented():
    codes = {cls.exit_code for cls in BionlpError.__subclasses__()}
    page = (ROOT / "docs" / "reference" / "exit_codes.md").read_text(encoding="utf-8")
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", page, flags=re.MULTILINE)}
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


@pytest.mark.parametrize("name", bundled_models())
def test_bundled_models_and_their_accuracy(name):
    page = (ROOT / "docs" / "reference" / "models.md").read_text(encoding="utf-8")
    (row,) = re.findall(rf"^\| {name} \|.*$", page, flags=re.MULTILINE)
    accuracy = measured_of(name)["test_accuracy"]
    assert f"| {accuracy:.1%} |" in row
