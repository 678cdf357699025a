"""``bionlp predict``: an answer for each line, whatever stands in it, by PyTorch and by Brian 2."""

import csv
import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bionlp
from bionlp.checkpoint import load_classifier, save_classifier
from bionlp.datasets import Example
from bionlp.engine import Engine
from bionlp.errors import DatasetError
from bionlp.evaluation import evaluate
from bionlp.prediction import predict
from bionlp.questions import LONGEST_LINE, given_texts, open_questions
from bionlp.simulation import simulate

TEXTS = ("the film is good and fine .", "a plot is dull", "the cast is warm and moving")


@pytest.fixture
def ask(small_model, monkeypatch, capsys):
    """Return a function that gives standard input to ``predict`` and returns its JSON lines."""

    def run(cli, raw, *options):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        code, out, err = cli("predict", small_model, "-", *options, "--jsonl")
        assert code == 0, err
        return [json.loads(line) for line in out.splitlines()], err

    return run


def test_arguments(cli, small_model):
    code, out, err = cli("predict", small_model, *TEXTS, "--json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert (document["model"], document["engine"], document["steps"]) == ("small", "torch", 50)
    classifier = load_classifier(small_model)
    for number, (text, answer) in enumerate(zip(TEXTS, document["answers"], strict=True), start=1):
        assert (answer["number"], answer["text"], answer["reason"]) == (number, text, None)
        assert answer["label_index"] == (0 if "dull" in text else 1)
        assert answer["label"] == classifier.label_names[answer["label_index"]]
        votes = np.array(list(answer["votes"].values()))
        expected = classifier.calibration.probabilities(votes)
        np.testing.assert_allclose(list(answer["probabilities"].values()), expected)
        assert answer["confidence"] == expected.max()
    code, out, _ = cli("predict", small_model, *TEXTS)
    assert code == 0
    assert [line.split()[0] for line in out.splitlines() if "good" in line or "dull" in line] == [
        "1",
        "2",
    ]


def test_votes_are_those_of_a_simulation(small_model):
    classifier = load_classifier(small_model)
    recordings = simulate(classifier, TEXTS, seed=3, engine=Engine("numpy"), record=["none"])
    expected = [
        tuple(recording["output"]["spikes"].sum(("time", "neuron")).values.tolist())
        for recording in recordings
    ]
    for chunk in (1, 2, 256):
        answers = predict(
            classifier, given_texts(TEXTS), seed=3, engine=Engine("numpy"), chunk=chunk
        )
        assert [answer.votes for answer in answers] == expected, chunk


def test_votes_are_those_of_an_evaluation(small_model):
    classifier = load_classifier(small_model)
    examples = [Example(text, 0) for text in TEXTS]
    expected = evaluate(classifier, examples, steps=50, seed=3).votes
    for chunk in (1, 2, 256):
        answers = predict(classifier, given_texts(TEXTS), seed=3, chunk=chunk)
        np.testing.assert_array_equal([answer.votes for answer in answers], expected)


def test_what_has_no_label_says_why(ask, cli):
    raw = b"a good film\r\n\nzyzzyva\nbad \xff film\n\0\na bad film\n" + b"x" * (LONGEST_LINE + 5)
    answers, err = ask(cli, raw + b"\nthe end")
    assert [answer["number"] for answer in answers] == list(range(1, 9))
    reasons = [None, "empty", "unknown_words", "unreadable", "unreadable", None, "unreadable"]
    assert [answer["reason"] for answer in answers][:-1] == reasons
    assert "byte 5" in answers[3]["message"]
    assert answers[3]["text"] == r"bad \xff film"
    assert "U+0000" in answers[4]["message"]
    assert "1,048,576 bytes" in answers[6]["message"]
    assert all(answer["label"] is None for answer in answers if answer["reason"])
    assert "warning: 3 of 8 without a label: it could not be read" in err
    assert answers[0]["unknown"] == []
    assert "the model knows none of its words" in answers[2]["message"]


def test_a_silent_network_is_not_class_0(cli, make_classifier, tmp_path):
    from networks.description import with_all_neurons

    classifier = make_classifier()
    silent = replace(classifier, network=with_all_neurons(classifier.network, threshold=1e6))
    save_classifier(silent, tmp_path / "silent")
    code, out, _ = cli("predict", tmp_path / "silent", "a good film", "--json", "--steps=5")
    (answer,) = json.loads(out)["answers"]
    assert (code, answer["label"], answer["reason"]) == (0, None, "silent")


def test_tables_keep_their_ids(cli, small_model, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text('id,review\nx1,"a ""good"" film, fine"\nx2,the plot is dull\nx3,a,b\n')
    code, out, err = cli("predict", small_model, "--file", table, "--csv")
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["id"] for row in rows] == ["x1", "x2", ""]
    assert [row["number"] for row in rows] == ["2", "3", "4"]
    assert rows[0]["text"] == 'a "good" film, fine'
    assert rows[2]["reason"] == "unreadable"
    assert "3 cells where the header has 2" in rows[2]["message"]
    assert "1 of 3 without a label" in err


def test_json_lines_are_read_as_they_come(cli, ask, tmp_path):
    rows = [{"text": "a good film", "id": 7}, {"text": 3}, {"id": 8}, {"id": 9, "text": "bad plot"}]
    lines = [*map(json.dumps, rows), "[1]", "{"]
    answers, _ = ask(cli, "\n".join(lines).encode(), "--input=jsonl")
    assert [answer["id"] for answer in answers] == ["7", None, "8", "9", None, None]
    assert [answer["reason"] for answer in answers] == [None, *["unreadable"] * 2, None] + [
        "unreadable"
    ] * 2
    answers, _ = ask(
        cli, b'{"a": "good film", "b": 1}', "--input=jsonl", "--text-column=a", "--id-column=b"
    )
    assert (answers[0]["id"], answers[0]["text"]) == ("1", "good film")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "at least one text"),
        (("a", "--file=x"), 2, "not both"),
        (("--file=missing.txt",), 3, "there is no file missing.txt"),
        (("--file=.",), 3, "cannot read"),
        (("--file=t.csv", "--text-column=nope"), 4, "no column 'nope'"),
        (("--file=t.csv", "--input=xml"), 2, "unknown kind"),
        (("--file=t.txt", "--id-column=x"), 2, "no columns"),
        (("--file=t.csv", "--text-column=text", "--id-column=text"), 2, "name two"),
        (("a", "--input=lines"), 2, "--input"),
        (("a", "--json", "--csv"), 2, "one of --jsonl"),
        (("a", "--engine=nonsense"), 2, "unknown engine"),
        (("a", "--engine=torch", "--backend=numpy"), 2, "--backend is for --engine brian"),
        (("a", "--engine=brian", "--device=cpu"), 2, "--device is for --engine torch"),
        (("a", "--device=tpu"), 2, "unknown device"),
        (("a", "--backend=fpga"), 8, "fpga"),
    ],
)
def test_what_is_refused(cli, small_model, tmp_path, monkeypatch, arguments, code, said):
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("text,label\ngood,1\n")
    Path("t.txt").write_text("good\n")
    found, out, err = cli("predict", small_model, *arguments)
    assert (found, out) == (code, ""), err
    assert said in err.splitlines()[-1]


def test_a_gpu_that_is_not_there(cli, small_model):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is one")
    code, _, err = cli("predict", small_model, "good", "--device=cuda")
    assert (code, "device 'cuda' cannot be used here" in err) == (8, True)


def test_confidence_is_for_the_steps_it_was_measured_with(cli, small_model):
    for options, said in (
        (("--steps=20",), "calibrated for 50 steps, not 20"),
        (("--threshold=0.9",), "not calibrated"),
    ):
        code, out, err = cli("predict", small_model, "a good film", "--json", *options)
        assert code == 0
        assert said in err
        assert json.loads(out)["answers"][0]["confidence"] is None


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=200), kind=st.sampled_from(["lines", "jsonl"]))
def test_any_bytes_have_answers(raw, kind, tmp_path, make_classifier):
    path = tmp_path / "any"
    path.write_bytes(raw)
    with open_questions(str(path), kind, text_column="text" if kind == "jsonl" else None) as found:
        try:
            answers = list(predict(make_classifier(), found, steps=2))
        except DatasetError:  # the first object has no text
            assert kind == "jsonl"
            return
    assert all(answer.label is not None or answer.reason for answer in answers)
    if kind == "lines":
        assert len(answers) == raw.count(b"\n") + (not raw.endswith(b"\n") and raw != b"")


@pytest.mark.slow
def test_memory_does_not_grow_with_the_lines(small_model):
    resource = pytest.importorskip("resource")
    code = (
        "import resource, sys; sys.argv = ['bionlp', 'predict', sys.argv[1], '-', '--jsonl']\n"
        "from bionlp.cli import main\n"
        "try: main()\n"
        "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    assert resource
    peaks = []
    for count in (600, 6000):
        done = subprocess.run(
            [sys.executable, "-c", code, small_model],
            input=b"a good film\n" * count,
            env={**os.environ, "PYTHONPATH": str(Path(bionlp.__file__).parents[1])},
            capture_output=True,
            check=True,
        )
        assert done.stdout.count(b"\n") == count
        peaks.append(int(done.stderr.split()[-1]))
    assert peaks[1] < peaks[0] * 1.1


def test_a_reader_that_goes_away_ends_it(small_model):
    if os.name == "nt":
        pytest.skip("pipes of POSIX")
    command = f"yes 'a good film' | {sys.executable} -m bionlp predict {small_model} - --jsonl | "
    done = subprocess.run(
        ["bash", "-c", command + "head -2; echo ${PIPESTATUS[1]}"],
        env={**os.environ, "PYTHONPATH": str(Path(bionlp.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    first, second, code = done.stdout.splitlines()
    assert json.loads(first)["number"], json.loads(second)["number"] == (1, 2)
    assert code == "9"
    assert "Traceback" not in done.stderr
