"""Every row of the table of exit codes, and every command with options that are wrong."""

import itertools
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors

from bionlp.checkpoint import save_classifier
from bionlp.classifier import TextClassifier
from bionlp.vocabulary import Vocabulary
from networks.description import Connection, Network, Population, Votes
from networks.neurons import LIF, Input
from networks.transforms import Chain, Convolution, Dense, Flattening

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "reference" / "exit_codes.md").read_text(encoding="utf-8")
ROWS = {
    int(code): meaning
    for code, meaning in re.findall(r"^\| (\d+) \| (.*?) \|$", PAGE, flags=re.MULTILINE)
}
POSIX = pytest.mark.skipif(os.name == "nt", reason="needs /dev/full, pipes and Ctrl-C of POSIX")

COMMANDS = {
    0: "--version",
    1: "validate rounded --dataset words.csv --precision single --backend numpy",
    2: "simulate rounded",
    3: "simulate rounded zyzzyva",
    4: "evaluate rounded --dataset missing.csv",
    5: "embeddings info missing.bin",
    6: "simulate missing good",
    7: "plot missing.nc",
    8: "simulate rounded good --backend fpga",
    9: "simulate rounded good --out /dev/full/x",
    10: "train --dataset train.csv --embeddings vectors.bin --out trained --maps 2 --teachers 0 "
    "--neurons-per-class 1 --steps 5 --tailored-epochs 1 --finetuning-epochs 1 --threshold 1000",
    11: "nir inspect missing.nir",
    12: "embeddings counterfit vectors.bin --out fitted.bin --wordnet .",
    130: "simulate rounded --file fifo",
}


def rounded():
    """Return a classifier whose sums are above a threshold in double precision alone.

    0.1 + 0.1 + 0.1 > 0.3 there, and not in single precision.
    """
    network = Network(
        (
            Population("input", (4, 3), Input()),
            Population("conv", (4, 1), LIF(threshold=0.3)),
            Population("output", (2,), LIF(threshold=0.5)),
        ),
        (
            Connection("input", "conv", Convolution(np.full((1, 1, 3), 0.1))),
            Connection("conv", "output", Chain((Flattening(), Dense(np.ones((2, 4)))))),
        ),
        Votes("output", 2),
    )
    levels = np.array([[0, 0, 0], [255, 255, 255], [255, 0, 255]], dtype=np.uint8)
    words = Vocabulary(("good", "film"))
    training = {"settings": {"steps": 8}}
    return TextClassifier("rounded", "en", ("no", "yes"), words, levels, network, training)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with what the commands ask for."""
    folder = tmp_path_factory.mktemp("codes")
    save_classifier(rounded(), folder / "rounded")
    (folder / "words.csv").write_text("label,text\nno,good film\nyes,good good film\n")
    words = ("good", "fine", "bad", "dull", "film", "story", "a", "the", "is")
    vectors = KeyedVectors(8)
    vectors.add_vectors(words, np.random.default_rng(0).normal(size=(9, 8)).astype(np.float32))
    vectors.save_word2vec_format(str(folder / "vectors.bin"), binary=True)
    rows = [
        f"{int(word in ('bad', 'dull'))},{article} {thing} is {word} {'a ' * more}"
        for article, thing, word, more in itertools.product(
            ("the", "a"), ("film", "story"), words[:4], range(5)
        )
    ]
    (folder / "train.csv").write_text("\n".join(["label,text", *rows]))
    if os.name != "nt":
        os.mkfifo(folder / "fifo")
    return folder


def heed_ctrl_c():
    # A test that runs in the background may have been told not to.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def check_output(code, out, err):
    """See that there is a result or one line that says why there is none."""
    assert "Traceback" not in out + err
    if code == 130:
        assert err == "interrupted\n"
    elif code > 1:
        lines = [line for line in err.splitlines() if line.startswith("error: ")]
        assert len(lines) == 1, err
        assert err.splitlines()[-1] == lines[0]
    assert bool(out) == (code < 2)


@pytest.mark.parametrize("code", [code for code in ROWS if code != 130])
def test_every_row_of_the_table(cli, folder, monkeypatch, code):
    monkeypatch.chdir(folder)
    found, out, err = cli(*shlex.split(COMMANDS[code]))
    assert found == code, err
    check_output(code, out, err)


PROCESSES = (0, pytest.param(1, marks=pytest.mark.slow), 5, 9, 11, 130)
"""Codes of results, of errors before and after the imports, of writing, and of Ctrl-C."""


@POSIX
@pytest.mark.parametrize("code", PROCESSES)
def test_rows_of_the_table_happen_in_processes_of_their_own(folder, code):
    command = [sys.executable, "-m", "bionlp", *shlex.split(COMMANDS[code])]
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_ctrl_c,
    )
    if code == 130:
        with (folder / "fifo").open("w"):  # opens when the command does
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=300)
    else:
        out, err = process.communicate(timeout=300)
    assert process.returncode == code, err
    check_output(code, out, err)


def test_the_table_has_all_codes():
    assert set(ROWS) == set(COMMANDS)


COMMAND_NAMES = {
    "simulate": ("good",),
    "validate": ("mr",),
    "evaluate": ("mr", "--dataset=mr"),
    "train": ("--dataset=t.csv", "--embeddings=v.bin", "--out=x"),
    "plot": ("r.nc",),
    "report": ("mr",),
    "bench": (),
    "energy": ("mr", "--dataset=mr"),
    "doctor": (),
    "demo": (),
    "data list": (),
    "data fetch": ("mr",),
    "embeddings train": ("t.txt", "--out=v.bin"),
    "embeddings info": ("v.bin",),
    "experiment table1": (),
    "experiment fig3": (),
    "experiment page": (),
    "export": ("mr", "--nir=x.nir"),
    "nir inspect": ("x.nir",),
    "nir run": ("x.nir", "--out=x", "--poisson=0.1"),
    "nir prove": ("x.nir", "--reference=x.npz"),
    "nir conventions": ("x.nir", "--reference=x.npz"),
    "nir bench": ("x.nir", "--poisson=0.1"),
}
NUMBERS = {
    "--steps": (
        *("simulate", "validate", "evaluate", "report", "bench", "energy", "demo", "train"),
        *("nir run", "nir bench"),
    ),
    "--limit": ("validate", "evaluate", "energy"),
    "--neurons": ("plot",),
    "--workers": ("evaluate",),
    "--sentences": ("bench",),
    "--threads": ("bench",),
    "--dimension": ("train", "embeddings train"),
    "--maps": ("train",),
    "--epochs": ("embeddings train",),
    "--window": ("embeddings train",),
}
SENSELESS = ("0", "-1", "1.5", "x", "", "[/red]", "nan", "1e3")


@pytest.mark.parametrize("command", COMMAND_NAMES)
def test_misspelt_and_missing_options(cli, command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = COMMAND_NAMES[command]
    wrong = [
        ("--nonsense",),
        ("--nonsense=[/red]",),
        ("-q",),
        ("--seed",) if command in ("simulate", "demo") else ("--\udcff",),
        *(() if command in ("simulate", "data fetch") else (("surplus", "surplus"),)),
    ]
    for options in wrong:
        code, out, err = cli(*command.split(), *arguments, *options)
        assert (code, out) == (2, ""), options
        assert "Traceback" not in err
        assert err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", NUMBERS)
def test_senseless_numbers(cli, option, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for command, value in itertools.product(NUMBERS[option], SENSELESS):
        code, out, err = cli(*command.split(), *COMMAND_NAMES[command], f"{option}={value}")
        assert (code, out) == (2, ""), (command, value)
        assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("data",),
        ("data", "nonsense"),
        ("experiment", "table9"),
        ("experiment", "table1", "--seeds=x"),
        ("experiment", "table1", "--datasets=nonsense"),
        ("experiment", "table1", "--methods=nonsense"),
        ("evaluate", "mr", "--dataset=t.csv", "--engine=nonsense"),
        ("evaluate", "mr", "--dataset=t.csv", "--engine=torch", "--workers=2"),
        ("simulate", "good", "--synapses=nonsense"),
        ("simulate", "good", "--precision=half"),
        ("simulate", "good", "--decay=0"),
        ("simulate", "good", "--threshold=nan"),
        ("simulate", "good", "--record=nonsense"),
        ("train", "--dataset=t.csv", "--embeddings=v.bin", "--out=x", "--recipe=nonsense"),
        ("plot", "r.nc", "--kind=nonsense"),
        ("bench", "--engines=nonsense"),
        ("report", "mr", "--model=mr"),
        ("nir", "inspect"),
        ("nir", "run", "x.nir", "--like=nonsense", "--poisson=0.1", "--out=x"),
        ("nir", "prove", "x.nir", "--reference=x.npz", "--dt=-1"),
        ("validate", "mr", "--split=test"),
    ],
)
def test_choices_that_do_not_exist(cli, arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, err = cli(*arguments)
    assert code == 2, err
    assert "Traceback" not in err


LONG = "x" * 5000


@pytest.mark.parametrize(
    ("arguments", "codes"),
    [
        (("simulate", "good", "--model"), {6}),
        (("simulate", "--file"), {3}),
        (("simulate", "good", "--out"), {9}),
        (("evaluate", "mr", "--dataset"), {4}),
        (("validate", "mr", "--dataset"), {4}),
        (("energy", "mr", "--dataset"), {4}),
        (("plot",), {7}),
        (("report",), {6, 7}),
        (("report", "mr", "--out"), {9}),
        (("embeddings", "info"), {5}),
        (("nir", "inspect"), {11}),
        (("nir", "prove", "--reference=x.npz"), {11}),
        (("export", "mr", "--nir"), {9}),
        (("embeddings", "train"), {3}),
        (("train", "--embeddings=v.bin", "--out=x", "--dataset"), {4}),
    ],
)
def test_paths_that_cannot_be(cli, arguments, codes, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in (LONG, "[/red]", "\udcff", "a\nb", "x/" * 200, ""):
        if {"--out", "--nir"} & set(arguments) and path != LONG:
            continue
        code, _, err = cli(*arguments, path)
        assert code in codes | {2}, (path[:20], err)
        assert "Traceback" not in err
        assert len([line for line in err.splitlines() if line.startswith("error: ")]) <= 1
