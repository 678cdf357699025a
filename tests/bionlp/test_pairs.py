"""Pairs of sentences, from their files to labels and scores."""

import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bionlp.checkpoint import load_classifier
from bionlp.datasets.model import Dataset, Example
from bionlp.embeddings import positive_shift
from bionlp.errors import UnknownWordsError
from bionlp.text import SEPARATOR
from bionlp.training.corpus import Embeddings, encode_corpus
from bionlp.training.settings import TrainingSettings

GOOD = ("good", "fine", "moving", "clever", "warm")
BAD = ("bad", "dull", "boring", "stupid", "cold")
THINGS = ("film", "story", "cast", "plot", "end")
SHAPE = ("--width=16", "--heads=2", "--hidden=16", "--blocks=1", "--neurons-per-class=3")
ENCODER = ("--architecture=snnbert", *SHAPE, "--encoder-rate=0.01", "--encoder-batch-size=10")
TEXTCNN = ("--maps=10", "--neurons-per-class=3", "--steps=10", "--finetuning-epochs=1")
WORDS = ["film", "good", "bad", "."]
VECTORS = Embeddings("some", WORDS, np.random.default_rng(1).normal(size=(4, 50)))


def rows():
    """Yield two sentences, and how alike they are from 0 to 5."""
    for number, thing in enumerate(THINGS * 4):
        for word in GOOD:
            yield f"the {thing} is good", f"a {thing} is {word} .", 3.6 + number % 2
        for word in BAD:
            yield f"the {thing} is good", f"a {thing} is {word} .", 0.2 + number % 2


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """Return a data folder with small files in the formats of MRPC and STS-B."""
    folder = tmp_path_factory.mktemp("data")
    found = list(rows())
    files = {
        "MRPC": ["\ufeffQuality\t#1 ID\t#2 ID\t#1 String\t#2 String"]
        + [f"{int(score > 2)}\t1\t2\t{first}\t{second}" for first, second, score in found],
        "STS-B": [
            "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore"
        ]
        + [f"0\tg\tf\ty\t0\tn\tn\t{first}\t{second}\t{score}" for first, second, score in found],
    }
    for name, lines in files.items():
        (folder / "glue" / name).mkdir(parents=True)
        for part in ("train", "dev"):
            path = folder / "glue" / name / f"{part}.tsv"
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def run(cli, pairs, monkeypatch):
    """Return a function that runs ``bionlp`` on these data, which has to work."""
    monkeypatch.setenv("BIONLP_DATA_DIR", str(pairs))

    def _run(*arguments):
        code, out, err = cli(*arguments)
        assert code == 0, err
        return out, err

    return _run


def train(run, reviews, folder, dataset, *options):
    files = (f"--dataset={dataset}", f"--embeddings={reviews / 'vectors.bin'}")
    return run("train", *files, "--teachers=0", *options, f"--out={folder}")


def test_an_encoder_of_pairs_from_end_to_end(run, reviews, tmp_path):
    folder = tmp_path / "mrpc"
    train(run, reviews, folder, "mrpc", *ENCODER, "--encoder-epochs=6")
    assert SEPARATOR in load_classifier(folder).vocabulary.words

    out, _ = run("evaluate", folder, "--dataset", "mrpc", "--json")
    document = json.loads(out)
    assert document["metrics"].keys() == {"f1"}
    metric = document["metrics"]["f1"]
    assert metric["value"] == pytest.approx(document["classes"]["equivalent"]["f1"])
    assert metric["value"] > 0.8
    # Of a class that half of the sentences have: always to answer it finds all, half are right.
    assert document["majority"] == 0.5
    out, _ = run("evaluate", folder, "--dataset", "mrpc")
    assert "F1 of equivalent: 0." in out or "F1 of equivalent: 1.000" in out

    texts = ("the film is good [SEP] a film is fine", "the film is good")
    out, err = run("predict", folder, *texts, "--json")
    pair, single = json.loads(out)["answers"]
    assert pair["unknown"] == single["unknown"] == []
    assert pair["score"] is None
    assert err.count("1 of 2 are not read as two sentences with one [SEP] between") == 1

    options = ("--dataset=mrpc", "--split=test", "--limit=2", "--backend=numpy", "--json")
    out, _ = run("validate", folder, *options)
    document = json.loads(out)
    assert (document["sentences"], document["differing"]) == (2, 0)
    assert document["spikes"] > 0


def test_a_textcnn_of_pairs_from_end_to_end(run, reviews, tmp_path):
    folder = tmp_path / "mrpc"
    options = ("--tailored-epochs=4", "--tailored-rate=0.01", "--batch-size=10")
    train(run, reviews, folder, "mrpc", *TEXTCNN, *options)
    classifier = load_classifier(folder)
    (number,) = classifier.vocabulary.ids([SEPARATOR])
    assert classifier.levels[number].any()
    out, _ = run("evaluate", folder, "--dataset", "mrpc", "--json")
    assert 0 <= json.loads(out)["metrics"]["f1"]["value"] <= 1
    options = ("--dataset=mrpc", "--split=test", "--limit=1", "--backend=numpy", "--json")
    assert json.loads(run("validate", folder, *options)[0])["differing"] == 0


def test_scores_from_end_to_end(run, reviews, tmp_path):
    folder = tmp_path / "stsb"
    train(run, reviews, folder, "stsb", *ENCODER, "--encoder-epochs=8")
    assert load_classifier(folder).scored

    document = json.loads(run("evaluate", folder, "--dataset", "stsb", "--json")[0])
    assert document["metrics"].keys() == {"pearson", "spearman"}
    for metric in document["metrics"].values():
        assert metric["value"] > 0.5
        assert metric["majority"] == 0

    texts = ("the film is good [SEP] a film is fine .", "the film is good [SEP] a film is dull .")
    answers = json.loads(run("predict", folder, *texts, "--json")[0])["answers"]
    alike, other = (answer["score"] for answer in answers)
    assert 0 <= other < alike <= 5
    votes = np.array(list(answers[0]["votes"].values()))
    assert alike == pytest.approx(votes @ np.arange(6) / votes.sum())

    out, _ = run("predict", folder, *texts, "--csv")
    assert out.splitlines()[0].startswith("number,id,text,label,confidence,score,votes 0,")
    out, _ = run("predict", folder, *texts)
    assert f"{alike:.2f}" in out


def test_a_sentence_without_a_vote_is_scored_by_the_middle(run, reviews, pairs, tmp_path):
    folder = tmp_path / "stsb"
    train(run, reviews, folder, "stsb", *ENCODER, "--encoder-epochs=1")
    dev = pairs / "glue" / "STS-B" / "dev.tsv"
    before = dev.read_text(encoding="utf-8")
    dev.write_text(before + "0\tg\tf\ty\t0\tn\tn\tzyzzy\tqwxy\t1.0\n", encoding="utf-8")
    try:
        _, err = run("evaluate", folder, "--dataset", "stsb", "--split", "test")
    finally:
        dev.write_text(before, encoding="utf-8")
    assert "1 without a word that the model knows" in err
    assert "1 of 201 without a vote are scored by the middle of the scale" in err


def test_to_stay_at_chance_is_a_result_of_glue_and_a_fault_elsewhere(run, cli, reviews, tmp_path):
    # So slow that nothing is learnt.
    slow = (*ENCODER, "--encoder-epochs=1", "--encoder-rate=1e-9")
    _, err = train(run, reviews, tmp_path / "mrpc", "mrpc", *slow)
    assert "warning: the encoder network never left chance" in err
    files = (f"--dataset={reviews / 'reviews.csv'}", f"--embeddings={reviews / 'vectors.bin'}")
    code, _, err = cli("train", *files, "--teachers=0", *slow, f"--out={tmp_path / 'own'}")
    assert code == 10
    assert "never left chance" in err


def test_a_table_may_have_pairs_and_is_asked_about_if_only_some_are(run, reviews, tmp_path):
    lines = (reviews / "reviews.csv").read_text(encoding="utf-8").splitlines()
    lines[1::20] = [f"{line} [SEP] the film" for line in lines[1::20]]
    (tmp_path / "reviews.csv").write_text("\n".join(lines), encoding="utf-8")
    table = tmp_path / "reviews.csv"
    _, err = train(run, reviews, tmp_path / "own", table, *ENCODER, "--encoder-epochs=6")
    assert re.search(r"\b[1-9] of 162 training texts have \[SEP\], which parts the sentences", err)


def corpus(*texts):
    examples = tuple(Example(text, number % 2) for number, text in enumerate(texts))
    dataset = Dataset("some", "en", ("no", "yes"), examples, examples, ())
    return encode_corpus(dataset, WORDS, TrainingSettings())


def test_only_pairs_have_a_separator():
    assert corpus("good film", "bad film .").vocabulary.ids([SEPARATOR]) == [0]
    paired = corpus("good [SEP] film", "bad film . [SEP] bad")
    (number,) = paired.vocabulary.ids([SEPARATOR])
    assert number > 0
    assert [number in ids for ids in paired.train.ids] == [True, True]


def test_the_vector_of_the_separator_is_its_own():
    paired = corpus("good [SEP] film", "bad film . [SEP] bad")
    (number,) = paired.vocabulary.ids([SEPARATOR])
    table = paired.table(VECTORS, VECTORS.vectors)
    own = table[number]
    other = corpus("a [SEP] good", "film")
    same = other.table(VECTORS, VECTORS.vectors)[other.vocabulary.ids([SEPARATOR])[0]]
    np.testing.assert_array_equal(own, same)
    others = np.delete(table, [0, number], axis=0)
    cosines = others @ own / np.linalg.norm(others, axis=1) / np.linalg.norm(own)
    assert (np.abs(cosines) < 0.9).all()
    lengths = np.linalg.norm(others, axis=1)
    assert lengths.min() * 0.7 < np.linalg.norm(own) < lengths.max() * 1.3
    for word, row in zip(WORDS, VECTORS.vectors, strict=True):
        np.testing.assert_array_equal(table[paired.vocabulary.ids([word])[0]], np.float32(row))


@given(st.integers(0, 2**32 - 1), st.floats(-3, 1))
def test_it_is_the_same_before_and_after_the_shift_to_rates(seed, silent_below):
    vectors = np.random.default_rng(seed).normal(size=(len(WORDS), 20)).astype(np.float32)
    embeddings = Embeddings("some", WORDS, vectors)
    paired = corpus("good [SEP] film", "bad film . [SEP] bad")
    (number,) = paired.vocabulary.ids([SEPARATOR])
    rates = positive_shift(vectors, silent_below)
    own = paired.table(embeddings, vectors)[number]
    shifted = paired.table(embeddings, rates)[number]
    for value, rate, column, all_rates in zip(own, shifted, vectors.T, rates.T, strict=True):
        place = np.flatnonzero(column == value)[0]
        assert rate == all_rates[place]


def test_a_text_of_nothing_but_the_separator_has_no_known_word(run, reviews, tmp_path):
    train(run, reviews, tmp_path / "mrpc", "mrpc", *ENCODER, "--encoder-epochs=1")
    classifier = load_classifier(tmp_path / "mrpc")
    with pytest.raises(UnknownWordsError):
        classifier.read("zyzzy [SEP] qwxy")
    assert not classifier.read("the film [SEP] a film").unpaired
    for text in ("the film", "the [SEP] film [SEP] is"):
        assert 'write "first [SEP] second"' in classifier.read(text).warnings[-1]
