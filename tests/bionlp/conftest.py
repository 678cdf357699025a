"""A small classifier, really trained, a small WordNet, the command line here, and a browser."""

import contextlib
import csv
import functools
import itertools
import json
import os
import shutil
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
import typer.main
from gensim.models import KeyedVectors

from bionlp.classifier import TextClassifier
from bionlp.cli import main
from bionlp.encoding import quantise
from bionlp.vocabulary import Vocabulary
from bionlp.wordnet import PARTS_OF_SPEECH
from networks.description import Connection, Network, Population, Votes
from networks.neurons import LIF, Input
from networks.neurons.adaptive import AdaptiveLIF
from networks.transforms import Chain, Convolution, Dense, Flattening, Scaling, SumPooling

GOOD = ("good", "fine", "moving", "clever", "warm")
BAD = ("bad", "dull", "boring", "stupid", "cold")
THINGS = ("film", "story", "cast", "plot", "end")
WORDS = [*GOOD, *BAD, *THINGS, "the", "a", "is", "and", "."]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SMALL_BERT = {
    **{"vocab_size": len(SPECIAL) + len(WORDS), "hidden_size": 16, "intermediate_size": 16},
    **{"num_hidden_layers": 2, "num_attention_heads": 2},
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


made_once = functools.cache(typer.main.get_command)
"""Makes commands out of functions, which takes longer than to refuse an option."""


@pytest.fixture
def cli(monkeypatch, capsys):
    """Return a function that runs ``bionlp`` and gives exit code, output and errors."""
    monkeypatch.setattr(typer.main, "get_command", made_once)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["bionlp", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture(scope="session")
def reviews(tmp_path_factory):
    """Return a table of 200 short sentences of two classes, and word vectors that part them."""
    folder = tmp_path_factory.mktemp("reviews")
    table = folder / "reviews.csv"
    with table.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["label", "text"])
        for label, words in enumerate((BAD, GOOD)):
            for word, other, thing, article in itertools.product(
                words, words[:2], THINGS, ("the", "a")
            ):
                writer.writerow([label, f"{article} {thing} is {word} and {other} ."])
    rng = np.random.default_rng(0)
    vectors = KeyedVectors(60)
    vectors.add_vectors(WORDS, rng.normal(size=(len(WORDS), 60)).astype(np.float32))
    vectors.save_word2vec_format(str(folder / "vectors.bin"), binary=True)
    return folder


@pytest.fixture(scope="session")
def small_bert(tmp_path_factory):
    """Return the folder of a transformer that knows the words of the reviews, and nothing else."""
    reason = "needs transformers: pip install 'bionlp[language-models]'"
    transformers = pytest.importorskip("transformers", reason=reason)
    folder = tmp_path_factory.mktemp("bert")
    (folder / "vocab.txt").write_text("\n".join([*SPECIAL, *WORDS]), encoding="utf-8")
    transformers.BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.BertConfig(**SMALL_BERT)
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    return folder


TRAINING = (
    "--maps=20",
    "--neurons-per-class=3",
    "--steps=50",
    "--tailored-epochs=12",
    "--tailored-rate=0.01",
    "--finetuning-epochs=3",
    "--finetuning-rate=0.001",
    "--batch-size=10",
    "--teachers=2",
)


@pytest.fixture(scope="session")
def training_arguments(reviews):
    """Return the command that trains the small classifier, less its folder."""
    files = (f"--dataset={reviews / 'reviews.csv'}", f"--embeddings={reviews / 'vectors.bin'}")
    return ("train", *files, *TRAINING, "--quiet")


@pytest.fixture(scope="session")
def small_model(tmp_path_factory, training_arguments):
    """Return the folder of a small classifier that tells good from bad."""
    folder = tmp_path_factory.mktemp("models") / "small"
    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(SystemExit):
        patch.setattr(sys, "argv", ["bionlp", *training_arguments, f"--out={folder}"])
        main()
    return folder


@pytest.fixture(scope="session")
def movies(reviews, tmp_path_factory):
    """Return a data folder with the small reviews in the format of MR."""
    folder = tmp_path_factory.mktemp("data") / "mr"
    folder.mkdir()
    lines = (reviews / "reviews.csv").read_text(encoding="utf-8").splitlines()[1:]
    for label, ending in (("0", "neg"), ("1", "pos")):
        texts = [line.split(",", 1)[1] for line in lines if line.startswith(label)]
        (folder / f"rt-polarity.{ending}").write_bytes("\n".join(texts).encode("cp1252"))
    return folder.parent


@pytest.fixture
def experiment(cli, movies, reviews, monkeypatch, tmp_path):
    """Return a function that runs ``bionlp experiment`` on them."""
    monkeypatch.setenv("BIONLP_DATA_DIR", str(movies))
    monkeypatch.setenv("BIONLP_CACHE_DIR", str(tmp_path / "cache"))

    def run(table, *options):
        vectors = ("--english", reviews / "vectors.bin") if table != "page" else ()
        return cli("experiment", table, *vectors, "--out", tmp_path / "results", *options)

    return run


@pytest.fixture
def records(tmp_path):
    """Return a function that reads the finished cells of ``experiment``."""

    def read(table):
        document = json.loads((tmp_path / "results" / f"{table}.json").read_bytes())
        assert document["table"] == table
        return document["cells"]

    return read


LENGTH, FEATURES, MAPS = 8, 12, 5


def build_classifier(hidden=7, classes=2):
    """Return a classifier of random weights that has some of everything.

    Its first convolution has padding and thresholds of its own for each neuron; pooling slides; a
    chain leads to ``hidden`` adaptive neurons, which hear themselves one step later.
    """
    rng = np.random.default_rng(2)
    own = LIF(decay=0.9, threshold=rng.uniform(0.5, 1.5, (LENGTH, MAPS)))
    kernel = Convolution(rng.normal(0.1, 0.4, (MAPS, 3, FEATURES)), padding=1)
    pooled, halves = MAPS * LENGTH // 2, SumPooling(window=2)
    into = Chain(
        (
            Scaling(rng.uniform(0.5, 1, (LENGTH // 2, MAPS))),
            Flattening(),
            Dense(rng.normal(0.3, 0.4, (hidden, pooled)), bias=rng.normal(0.1, 0.1, hidden)),
        )
    )
    network = Network(
        (
            Population("input", (LENGTH, FEATURES), Input()),
            Population("conv", (LENGTH, MAPS), own),
            Population("pool", (LENGTH // 2, MAPS), LIF(threshold=1.0)),
            Population("hidden", (hidden,), AdaptiveLIF(adaptation_decay=0.9, strength=0.3)),
            Population("output", (classes * 3,), LIF(threshold=0.5)),
        ),
        (
            Connection(("input",), "conv", kernel),
            Connection(("conv",), "pool", halves),
            Connection(("pool",), "hidden", into),
            Connection(("hidden",), "hidden", Dense(rng.normal(0, 0.2, (hidden, hidden))), delay=1),
            Connection(("hidden",), "output", Dense(rng.normal(0.3, 0.4, (classes * 3, hidden)))),
        ),
        Votes("output", classes),
    )
    words = ("a", "good", "film", "bad", "story")
    levels = quantise(np.vstack([np.zeros(FEATURES), rng.random((len(words), FEATURES))]))
    labels = tuple(f"class {number}" for number in range(classes))
    return TextClassifier("odd", "en", labels, Vocabulary(words), levels, network)


@pytest.fixture(scope="session")
def make_classifier():
    """Return the maker of classifiers that have some of everything."""
    return build_classifier


@pytest.fixture
def small_wordnet(tmp_path):
    """Return the folder of a WordNet of three nouns: film and movie are one, play is no movie."""
    folder = tmp_path / "wordnet"
    folder.mkdir()
    licence = "  licence\n"
    for part in PARTS_OF_SPEECH:
        for name in (f"index.{part}", f"data.{part}"):
            (folder / name).write_text(licence)
        (folder / f"{part}.exc").write_text("")
    film, after = len(licence), " 06 n 02 film 0 movie 0 001 ! %08d n 0201 | a story in pictures\n"
    play = film + 8 + len(after % 0)
    synsets = f"{film:08d}{after % play}{play:08d} 06 n 01 play 0 000 | no film\n"
    (folder / "data.noun").write_text(licence + synsets)
    lines = (
        f"{word} n 1 1 ! 1 0 {offset:08d}  \n"
        for word, offset in (("film", film), ("movie", film), ("play", play))
    )
    (folder / "index.noun").write_text(licence + "".join(lines))
    return folder


@pytest.fixture
def browser():
    """Return a browser without a network, or skip the test."""
    programs = [os.environ.get("BIONLP_BROWSER"), *map(shutil.which, BROWSERS)]
    program = next(filter(None, programs), None)
    if program is None:
        pytest.skip(f"needs a browser: install {BROWSERS[0]}, or set BIONLP_BROWSER to one")
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=flags)
        yield running.new_context(offline=True, viewport={"width": 1200, "height": 900})
        running.close()


@pytest.fixture
def open_page(browser):
    """Return a function that opens a page and fails at the end if anything in it did."""
    complaints = []

    def visit(path):
        page = browser.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text) if message.type in ("error", "warning") else None
            ),
        )
        page.on("requestfailed", lambda request: complaints.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_function("window.Bokeh?.documents[0]?.is_idle")
        return page

    yield visit
    assert complaints == []


@pytest.fixture(scope="session")
def least_classifier():
    """Return a classifier of random weights of one layer, the quickest to compile."""
    classifier = build_classifier()
    own, (words, features) = classifier.network, (LENGTH, FEATURES)
    weight = np.random.default_rng(4).normal(0.1, 0.2, (own["output"].size, words * features))
    network = Network(
        (own["input"], own["output"]),
        (Connection(("input",), "output", Chain((Flattening(), Dense(weight)))),),
        own.readout,
    )
    return replace(classifier, network=network, training={"settings": {"steps": 10}})
