"""``bionlp embeddings``."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from bionlp.cli.embeddings import app
from bionlp.errors import EmbeddingError, OutputError, TextError

SMALL = ("--dimension", "6", "--min-count", "2", "--epochs", "2")


def _run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def text_file(tmp_path):
    """Return a file of sixty sentences."""
    path = tmp_path / "reviews.txt"
    path.write_text("A good film.\nA bad film.\nNo good end.\n" * 20)
    return path


def test_train_and_info(text_file, tmp_path):
    out = tmp_path / "mine.bin"
    result = _run("train", text_file, "--out", out, *SMALL)
    assert result.stdout == f"{out}: 7 words of dimension 6\n"
    facts = json.loads(_run("info", out, "--json").stdout)
    assert (facts["format"], facts["words"], facts["dimension"]) == ("word2vec binary", 7, 6)
    assert facts["sigma"] > 0
    assert "word2vec binary" in _run("info", out).stdout


def test_chinese_is_recognised(tmp_path):
    text_file, out = tmp_path / "reviews.txt", tmp_path / "mine.txt"
    text_file.write_text("味道很不错\n味道不好\n" * 10, encoding="utf-8")
    _run("train", text_file, "--out", out, *SMALL)
    assert "味道" in out.read_text(encoding="utf-8")


def test_training_twice_writes_the_same_file(text_file, tmp_path):
    outs = [tmp_path / "first.bin", tmp_path / "second.bin"]
    for out in outs:
        _run("train", text_file, "--out", out, "--seed", "7", *SMALL)
    assert outs[0].read_bytes() == outs[1].read_bytes()


def test_errors(text_file, tmp_path):
    out = tmp_path / "mine.bin"
    assert isinstance(_run("train", tmp_path / "no", "--out", out).exception, TextError)
    assert isinstance(_run("train", text_file, "--out", tmp_path / "x.y").exception, OutputError)
    unknown = _run("train", text_file, "--out", out, "--language", "fr")
    assert isinstance(unknown.exception, TextError)
    assert isinstance(_run("info", tmp_path / "no.bin").exception, EmbeddingError)
    assert not out.exists()


def test_info_says_what_is_left_out(tmp_path):
    path = tmp_path / "odd.txt"
    path.write_bytes(b"5 2\nthe 1 2\nfilm 3 4\nthe 5 6\n 7 8\nna\xefve 9 0\n")
    refused = _run("info", path).exception
    assert isinstance(refused, EmbeddingError)
    assert "line 6" in str(refused)
    assert "--skip-undecodable" in str(refused)
    facts = json.loads(_run("info", path, "--skip-undecodable", "--json").stdout)
    counts = {"words": 2, "duplicates": 1, "undecodable": 1, "unnamed": 1}
    assert {name: facts[name] for name in counts} == counts
    assert facts["mu"] == 2.5
    assert "duplicates  1\n" in _run("info", path, "--skip-undecodable").stdout


def test_info_in_a_process_of_its_own(tmp_path):
    path = tmp_path / "huge.txt"
    path.write_text("9999999999999999999999 8\nthe 1 2 3 4 5 6 7 8\n")
    command = [sys.executable, "-m", "bionlp", "embeddings", "info", str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 5
    assert result.stdout == ""
    assert result.stderr.startswith(f"error: {path} is too short for ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["train", "info"])
def test_help_has_an_example(command):
    assert f"Example: bionlp embeddings {command}" in _run(command, "--help").stdout
