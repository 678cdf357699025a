"""Disks that are read-only, full or not there, and folders of somebody else."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import bionlp
from bionlp.checkpoint import save_classifier

pytestmark = pytest.mark.skipif(os.name == "nt", reason="file systems of POSIX")
needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")


@pytest.fixture(scope="module")
def odd(make_classifier, least_classifier, tmp_path_factory, write_quick_preferences):
    """Return a folder with two small models, the least one quick to compile, and a table."""
    folder = tmp_path_factory.mktemp("odd")
    write_quick_preferences(folder)
    save_classifier(
        replace(make_classifier(), training={"settings": {"steps": 10}}), folder / "odd"
    )
    save_classifier(least_classifier, folder / "least")
    rows = ["0,a bad film", "1,a good story"] * 20
    (folder / "table.csv").write_text("\n".join(["label,text", *rows]))
    return folder


@pytest.fixture
def disk(tmp_path):
    """Return a function that puts a disk of some size over a new folder, if this user may."""
    mounted = []

    def mount(*options):
        folder = tmp_path / f"disk{len(mounted)}"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", folder]
        if (
            shutil.which("mount") is None
            or subprocess.run(command, check=False, capture_output=True).returncode
        ):
            pytest.skip("needs the right to mount a disk")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", folder], check=True)


def run(*arguments, cwd, **environment):
    """Run ``bionlp`` in a process of its own; return code, output and lines of errors."""
    done = subprocess.run(
        [sys.executable, "-m", "bionlp", *map(str, arguments)],
        cwd=cwd,
        env={
            **os.environ,
            "PYTHONPATH": str(Path(bionlp.__file__).parents[1]),
            **{name: str(value) for name, value in environment.items()},
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr.splitlines()


def cache_warnings(errors):
    return [line for line in errors if line.startswith("warning: cannot write to the cache")]


@pytest.fixture
def evaluate(cli, odd, monkeypatch):
    """Return a function that evaluates the model with a cache folder, in this process."""
    expected = []

    def run_with(cache, *options):
        monkeypatch.setenv("BIONLP_CACHE_DIR", str(cache))
        arguments = (odd / "odd", "--dataset", odd / "table.csv", "--backend=numpy", "--workers=1")
        code, out, err = cli("evaluate", *arguments, "--json", *options)
        assert code == 0, err
        accuracy = json.loads(out)["accuracy"]
        expected.append(accuracy)
        assert expected == [accuracy] * len(expected)
        return err.splitlines()

    return run_with


def test_a_cache_that_takes_no_files_is_said_once(evaluate, disk, tmp_path):
    (tmp_path / "file").touch()
    assert cache_warnings(evaluate(tmp_path / "cache")) == []
    assert cache_warnings(evaluate("")) == []
    for cache in ("/dev/null/x", tmp_path / "file", disk("ro"), disk("size=4k")):
        (line,) = cache_warnings(evaluate(cache))
        assert str(cache) in line
        assert "set BIONLP_CACHE_DIR" in line


def test_a_cache_that_fills_up_is_done_without(evaluate, disk):
    folder = disk("size=16k")
    (folder / "evaluations").mkdir()
    (folder / "evaluations" / "fill").write_bytes(bytes(4096))
    evaluate(folder)


@pytest.mark.slow
@needs_compiler
def test_workers_share_a_cache_where_there_is_none(odd, disk, tmp_path):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    command = (
        "evaluate",
        "least",
        "--dataset=table.csv",
        "--workers=2",
        "--backend=cpp_standalone",
    )
    code, out, errors = run(*command, cwd=odd, BIONLP_CACHE_DIR=disk("ro"), TMPDIR=temporary)
    assert code == 0, errors
    assert "of 40 right" in out
    assert len(cache_warnings(errors)) == 1
    assert not list(temporary.glob("bionlp*"))


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_a_folder_for_results_that_is_read_only(cli, odd, disk, as_json):
    folder = disk("ro")
    arguments = ("simulate", odd / "odd", "a good film", "--out", folder)
    code, out, err = cli(*arguments, *as_json)
    assert (code, out) == (9, "")
    assert err == f"error: cannot write to {folder}: read-only file system; choose another folder\n"


@pytest.mark.parametrize("size", ["4k", "40k", "100k"])
def test_a_disk_that_fills_up_with_results(cli, odd, disk, size):
    folder = disk(f"size={size}")
    code, out, err = cli("simulate", odd / "odd", "a good film", "--out", folder)
    assert (code, out) == (9, "")
    assert "no space left on device" in err.splitlines()[-1]
    assert not list(folder.rglob(".*"))
    code, _, err = cli("report", odd / "odd", "--text=a good film", "--out", folder / "page.html")
    assert code == 9, err


def test_a_training_on_a_disk_that_fills_up(cli, training_arguments, disk):
    folder = disk("size=20k")
    code, _, err = cli(*training_arguments, "--out", folder / "model")
    assert code == 9
    assert "no space left on device" in err.splitlines()[-1]
    assert not list(folder.rglob(".*"))
    subprocess.run(["mount", "-o", "remount,size=20m", folder], check=True)
    assert cli(*training_arguments, "--out", folder / "model")[0] == 0


@pytest.mark.slow
@needs_compiler
def test_compilations_on_small_disks(odd, disk, tmp_path):
    shared = ("simulate", odd / "least", "a good film", "--backend")
    small = disk("size=200k")
    for backend in ("cpp_standalone", "cython"):
        cache = tmp_path / f"cache-{backend}"
        code, out, errors = run(
            *shared, backend, cwd=odd, TMPDIR=small, BIONLP_CACHE_DIR=cache, CYTHON_CACHE_DIR=small
        )
        if code:
            assert (code, out) == (8, ""), errors
            assert len([line for line in errors if line.startswith("error: ")]) == 1
            assert "TMPDIR" in errors[-1]


@pytest.mark.slow
@needs_compiler
def test_a_program_without_and_with_a_cache_is_the_same(odd, disk, tmp_path):
    command = ("simulate", "least", "a good film", "--backend=cpp_standalone", "--json")
    answers = set()
    for cache, said in ((disk("ro"), 1), (tmp_path / "cache", 0), (tmp_path / "cache", 0)):
        code, out, errors = run(*command, cwd=odd, BIONLP_CACHE_DIR=cache)
        assert code == 0, errors
        assert len(cache_warnings(errors)) == said
        answers.add(out)
    (program,) = [
        path for path in (tmp_path / "cache" / "programs").iterdir() if path.suffix != ".lock"
    ]
    program.write_bytes(program.read_bytes()[: program.stat().st_size // 2])
    code, out, errors = run(*command, cwd=odd, BIONLP_CACHE_DIR=tmp_path / "cache")
    assert code == 0, errors
    assert answers == {out}
