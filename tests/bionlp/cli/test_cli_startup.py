"""What a command imports before it has anything to say: seconds are lost there, unseen."""

import json
import os
import re
import subprocess
import sys

import typer.main

from bionlp.cli import app

HEAVY = {"torch", "brian2", "scipy", "matplotlib", "gensim", "nltk", "jieba", "numpy", "xarray"}


def command_lines(group=None, path=()):
    """Yield the path of each command."""
    group = group or typer.main.get_command(app)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from command_lines(command, (*path, name))
        else:
            yield (*path, name)


def imported(*arguments, code=0, **variables):
    """Run a command; return the modules it imported and what else it printed on standard error."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "bionlp", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, **variables},
    )
    lines = done.stderr.splitlines()
    timed = [line for line in lines if line.startswith("import time:")]
    said = "\n".join(line for line in lines if line not in timed)
    assert done.returncode == code, said
    modules = {line.rpartition("|")[2].strip() for line in timed}
    assert "bionlp.cli" in modules
    return modules, said


def test_there_are_commands():
    paths = list(command_lines())
    assert ("simulate",) in paths
    assert ("nir", "run") in paths


ONE_AFTER_ANOTHER = """
import contextlib, io, json, sys

for line in json.load(sys.stdin):
    before, said, code = {*sys.modules}, io.StringIO(), 0
    sys.argv = ["bionlp", *line]
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        try:
            from bionlp.cli import main
            main()
        except SystemExit as stop:
            code = stop.code
    new = [name for name in sys.modules if name not in before]
    print(json.dumps({"code": code, "said": said.getvalue(), "imported": new}))
"""
"""Runs commands in one process; what one has imported is none's behind it."""


def run_in_one_process(option):
    """Run each command with an option; yield its path, code, messages, and what it imported."""
    paths = [*command_lines(), ()]
    done = subprocess.run(
        [sys.executable, "-c", ONE_AFTER_ANOTHER],
        input=json.dumps([[*path, option] for path in paths]),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    yield from zip(paths, map(json.loads, done.stdout.splitlines()), strict=True)


def test_a_wrong_option_is_said_before_anything_heavy_is_imported():
    for path, found in run_in_one_process("--nonsense"):
        assert found["code"] == 2, path
        assert "No such option: --nonsense" in found["said"], path
        assert not HEAVY & {*found["imported"]}, path


def test_help_imports_nothing_heavy():
    all_imported = set()
    for path, found in run_in_one_process("--help"):
        assert found["code"] == 0, path
        assert not HEAVY & {*found["imported"]}, path
        all_imported |= {*found["imported"]}
    assert "bionlp.cli.simulate" in all_imported


def test_the_version_imports_nothing_heavy():
    modules, _ = imported("--version")
    assert not modules & HEAVY


def test_a_simulation_imports_what_it_needs():
    modules, _ = imported("simulate", "a good film", "--steps", 2)
    assert "brian2" in modules
    # The tokenizer comes without the rest of NLTK, Brian 2 without pyplot.
    assert "nltk.tokenize.api" in modules
    assert not modules & {
        "nltk",
        "scipy.stats",
        "torch",
        "matplotlib.pyplot",
        "gensim",
        "jieba",
        "bokeh",
    }


def test_a_replay_imports_no_statistics():
    modules, _ = imported("validate", "mr", "--limit", 1, "--steps", 2, "--backend", "numpy")
    assert {"torch", "brian2"} <= modules
    assert not modules & {"scipy.stats", "matplotlib.pyplot", "gensim"}


def test_pytorch_needs_no_brian(tmp_path):
    table = tmp_path / "reviews.csv"
    table.write_text("text,label\na good film,1\na bad film,0\n")
    modules, _ = imported("evaluate", "mr", "--dataset", table, "--engine", "torch", "--steps", 2)
    assert "torch" in modules
    assert not modules & {"brian2", "xarray", "matplotlib", "scipy.stats", "sympy", "gensim"}


def test_a_file_is_read_without_a_simulator(tmp_path):
    file = tmp_path / "mr.nir"
    for command in (
        ("export", "mr", "--nir", file),
        ("nir", "inspect", file),
        ("nir", "conventions"),
    ):
        modules, _ = imported(*command)
        assert not modules & {"brian2", "torch", "xarray", "matplotlib", "scipy.stats", "nltk"}


def test_faults_of_a_training_are_said_before_pytorch_is_imported(tmp_path):
    table = tmp_path / "reviews.csv"
    table.write_text("text,label\n" + "a good film,1\na bad film,0\n" * 20)
    out = tmp_path / "model"
    modules, said = imported(
        *("train", "--dataset", table, "--embeddings", "missing.bin", "--out", out), code=5
    )
    assert re.search("missing.bin", said)
    assert not modules & {"torch", "brian2", "matplotlib"}
