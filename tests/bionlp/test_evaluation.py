"""Which rows of a table ``bionlp evaluate`` measures, and what it says of unreadable tables."""

import csv
import json
import shutil

import pytest

from bionlp.checkpoint import load_classifier, save_classifier
from bionlp.datasets import load_dataset
from bionlp.datasets.selection import select
from bionlp.errors import UsageError


@pytest.fixture
def evaluate(cli, small_model):
    """Return a function that evaluates the small model on a table, as JSON."""

    def run(table, *options):
        code, out, err = cli("evaluate", small_model, "--dataset", table, *options, "--json")
        return code, json.loads(out) if out else None, err

    return run


@pytest.fixture
def rows(reviews):
    """Return the rows of the table that the small model was trained on, less the header."""
    with (reviews / "reviews.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))[1:]


@pytest.fixture
def foreign(rows, tmp_path):
    """Return a table with one row less."""
    path = tmp_path / "foreign.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("label", "text"), *rows[:-1]])
    return path


def test_its_own_table_is_measured_on_its_test_part(evaluate, cli, small_model, reviews):
    table = reviews / "reviews.csv"
    code, document, err = evaluate(table)
    assert code == 0
    assert (document["split"], document["table"], document["total"]) == ("test", "own", 200)
    assert document["n"] == len(document["rows"]) == 20
    test = load_dataset(table, seed=0).test
    assert document["rows"] == [example.row for example in test]
    assert "was trained on" in err
    assert "20 of its 200 rows are taken, of the test part" in err
    measured = load_classifier(small_model).training["measured"]["finetuned"]["test_accuracy"]
    assert document["accuracy"] == measured
    _, out, _ = cli("evaluate", small_model, "--dataset", table)
    assert "reviews.csv test (torch, 50 steps, seed 0): 100.00% of 20 right" in out


@pytest.mark.parametrize(("split", "n"), [("train", 162), ("dev", 18), ("test", 20), ("all", 200)])
def test_all_parts_of_its_own_table(split, n, small_model, reviews):
    selection = select(load_classifier(small_model), str(reviews / "reviews.csv"), split)
    assert (selection.split, len(selection.examples)) == (split, n)
    (note,) = selection.notes("reviews.csv", "small")
    assert ("learned from" in note) == (split in ("train", "all"))


def test_the_numbers_of_rows_are_those_of_the_file(small_model, reviews, rows):
    selection = select(load_classifier(small_model), str(reviews / "reviews.csv"), "all")
    for example in selection.examples:
        assert rows[example.row - 2] == [str(example.label), example.text]


def test_its_own_table_is_known_in_another_format(evaluate, rows, tmp_path):
    path = tmp_path / "again.jsonl"
    lines = [json.dumps({"sentence": text, "stars": int(label)}) for label, text in rows]
    path.write_text("\n".join(lines), encoding="utf-8")
    code, document, _ = evaluate(path, "--label-column=stars", "--limit=2")
    assert (code, document["table"], document["n"], document["split"]) == (0, "own", 2, "test")


def test_a_foreign_table_is_taken_as_a_whole(evaluate, foreign):
    code, document, err = evaluate(foreign)
    assert code == 0
    assert (document["split"], document["table"], document["n"]) == ("all", "foreign", 199)
    assert "was not trained on" in err
    assert "all its 199 rows are taken" in err
    assert evaluate(foreign, "--split=all")[0] == 0


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_a_foreign_table_has_no_parts(evaluate, foreign, split):
    code, document, err = evaluate(foreign, f"--split={split}")
    assert (code, document) == (2, None)
    assert f"has no {split} part: small was not trained on it as it is now; leave out --spl" in err


def test_a_part_that_there_is_not(evaluate, foreign):
    code, _, err = evaluate(foreign, "--split=valid")
    assert code == 2
    assert "unknown split 'valid'; choose one of train, dev, test, all" in err


def test_a_model_of_before_does_not_know_its_table(small_model, reviews, tmp_path):
    classifier = load_classifier(small_model)
    del classifier.training["dataset_sha256"]
    save_classifier(classifier, tmp_path / "old")
    old = load_classifier(tmp_path / "old")
    assert select(old, str(reviews / "reviews.csv")).table == "foreign"
    with pytest.raises(UsageError, match="does not say which table it was trained on"):
        select(old, str(reviews / "reviews.csv"), "test")


def test_a_known_dataset_has_its_parts(cli, small_model, movies, monkeypatch):
    monkeypatch.setenv("BIONLP_DATA_DIR", str(movies))
    _, out, err = cli("evaluate", small_model, "--dataset=mr", "--limit=3", "--json")
    document = json.loads(out)
    assert (document["split"], document["table"], document["rows"]) == ("test", None, None)
    assert "rows" not in err
    code, _, err = cli("evaluate", small_model, "--dataset=mr", "--text-column=words")
    assert code == 2
    assert "columns are those of a table of your own" in err


def test_other_commands_take_the_same_rows(cli, small_model, reviews, foreign):
    options = ("--limit=2", "--steps=5", "--backend=numpy", "--json")
    for command in ("validate", "energy"):
        for table, message in (
            (reviews / "reviews.csv", "of the test part"),
            (foreign, "2 of its 199 rows"),
        ):
            code, out, err = cli(command, small_model, "--dataset", table, *options)
            assert code == 0
            assert message in err
            assert json.loads(out)["sentences"] == 2
    code, _, err = cli("validate", small_model, "--text-column=words", "--limit=1")
    assert code == 2
    assert "--text-column is of a dataset" in err


def test_rows_without_a_text_are_counted(evaluate, tmp_path):
    path = tmp_path / "gaps.csv"
    path.write_text("label,text\n1,a good film\n0,\n0, \n0,a bad film\n", encoding="utf-8")
    _, document, err = evaluate(path)
    assert (document["n"], document["skipped"], sorted(document["rows"])) == (2, 2, [2, 5])
    assert "left out 2 rows of" in err


FAULTS = {
    "empty": (b"", "is empty"),
    "header only": (b"label,text\n", "has no examples"),
    "one column": (b"text\ngood\n", "none of which is usual for labels"),
    "two texts": (b"label,text,review\n1,a,b\n", "name one with --text-column"),
    "same name": (b"label,text,text\n1,a,b\n", "give each a name of its own"),
    "label of 5,000 digits": (b"label,text\n" + b"1" * 5000 + b",good\n", "row 2: label"),
    "class of no model": (b"label,text\n1,good\n2,bad\n", "row 3: label '2' is not one of the 2"),
    "negative": (b"label,text\n-1,good\n", "row 2: label '-1'"),
    "fraction": (b"label,text\n0.5,good\n", "row 2: label '0.5'"),
    "name": (b"label,text\ngood,good\n", "row 2: label 'good'"),
    "no label": (b"label,text\n,good\n", "row 2: the label is empty"),
    "too many cells": (b"label,text\n1,good,bad\n", "row 2: 3 cells where the header has 2"),
    "too few cells": (b"label,text\n1,good\n\n1\n", "row 4: 1 cell where the header has 2"),
    "open quote": (b'label,text\n1,"good\n0,bad\n', "row 2: the quotation mark before"),
    "swallowed rows": (b'label,text\n0,a\n1,"good\n0,bad"\n', "row 3: the text in quotation marks"),
    "UTF-16": ("label,text\n1,good\n".encode("utf-16"), "byte 0: not UTF-8, but text in UTF-16"),
    "Latin-1": (b"label,text\n1,caf\xe9\n", "line 2, byte 16: not UTF-8"),
    "zero byte": (b"label,text\n1,go\0od\n", "line 2, byte 15: a zero byte"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_unreadable_table_is_one_line_and_code_4(evaluate, fault, tmp_path):
    content, message = FAULTS[fault]
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    code, document, err = evaluate(path)
    assert (code, document) == (4, None)
    assert err.count("\n") == 1
    assert err.startswith(f"error: {path}")
    assert message in err
    assert len(err) < 500


def test_training_is_told_the_columns(cli, training_arguments, reviews, tmp_path):
    table = tmp_path / "table.csv"
    shutil.copy(reviews / "reviews.csv", table)
    code, _, err = cli(
        *("train", "--dataset", table, "--embeddings", reviews / "vectors.bin"),
        *("--out", tmp_path / "model", "--text-column=words"),
    )
    assert code == 4
    assert "no column 'words'; name one of them with --text-column" in err
