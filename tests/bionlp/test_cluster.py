"""A real scheduler of Dask on this machine, with three real workers."""

import json
import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import bionlp
from bionlp import cluster as cluster_module
from bionlp import votes
from bionlp.checkpoint import save_classifier
from bionlp.cluster import Cluster
from bionlp.engine import Engine
from bionlp.errors import BackendError
from bionlp.votes import count_votes

pytest.importorskip("distributed", reason="needs Dask: pip install 'bionlp[cluster]'")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="kills a process without a word")

NUMPY = Engine("numpy")
WORDS = ("a", "good", "film", "bad", "story")
LONGEST_START = 120
"""Seconds that programs have to start in, on a busy machine."""


@contextmanager
def started(program, *arguments, folder, said, **environment):
    """Run a program of Dask in the block; yield it, and what it said of itself at the start."""
    log = folder / "log.txt"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{program}", *arguments, "--no-dashboard"],
            stdout=stream,
            stderr=stream,
            cwd=folder,
            env={**os.environ, "BIONLP_CACHE_DIR": str(folder / "cache"), **environment},
        )
    try:
        deadline = time.monotonic() + LONGEST_START
        while not (found := re.search(said, log.read_text(encoding="utf-8"))):
            assert process.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield process, found[1]
    finally:
        process.kill()
        process.wait()


def scheduler(folder):
    options = ("--host=127.0.0.1", "--port=0")
    return started("dask_scheduler", *options, folder=folder, said=r"Scheduler at: +(\S+)")


def worker(address, folder, *options, path=(), **environment):
    """Run a worker, which finds packages in some folders first."""
    folder.mkdir()
    here = (*path, Path(bionlp.__file__).parents[1], os.environ.get("PYTHONPATH", ""))
    environment["PYTHONPATH"] = os.pathsep.join(map(str, here))
    options = (address, "--no-nanny", "--nthreads=1", *options)
    said = r"(?s)Start worker at: +(\S+).*Registered to"
    return started("dask_worker", *options, folder=folder, said=said, **environment)


@pytest.fixture(scope="module")
def three(tmp_path_factory, movies):
    """Return the address of a scheduler, and the process of each of its workers by address."""
    folder, data = tmp_path_factory.mktemp("cluster"), {"BIONLP_DATA_DIR": str(movies)}
    with (
        scheduler(folder) as (_process, address),
        worker(address, folder / "one", **data) as (one, first),
        worker(address, folder / "two", **data) as (two, second),
        worker(address, folder / "three", **data) as (three, third),
    ):
        yield address, {first: one, second: two, third: three}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Keep unfinished votes where no other test finds them; two sentences a chunk."""
    monkeypatch.setenv("BIONLP_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(votes, "CHUNK", 2)


@pytest.fixture(scope="module")
def odd(make_classifier):
    """Return a classifier, and sentences of one to six words."""
    rng = np.random.default_rng(0)
    ids = [rng.integers(0, 6, size=1 + number % 6) for number in range(60)]
    return make_classifier(), ids


def test_commands_have_the_results_of_this_machine(odd, cli, three, tmp_path):
    address, _processes = three
    classifier = replace(odd[0], training={"settings": {"steps": 30}})
    save_classifier(classifier, tmp_path / "odd")
    texts = [" ".join(WORDS[n:m]) for n in range(5) for m in range(n + 1, 6)] * 3
    table = tmp_path / "table.csv"
    table.write_text("label,text\n" + "".join(f"{n % 2},{text}\n" for n, text in enumerate(texts)))
    lines = tmp_path / "lines.txt"
    lines.write_text("\n".join([*texts, "zyzzyva", "", *texts]))
    for command in (
        ("evaluate", "--dataset", table),
        ("predict", "--file", lines),
        ("validate", "--dataset", table, "--limit=45"),
    ):
        name, *options = command
        found = []
        for where in (("--backend=numpy",), ("--backend=numpy", "--scheduler", address)):
            code, out, err = cli(name, tmp_path / "odd", *options, *where, "--json")
            assert code == 0, err
            assert "Traceback" not in err
            found.append(json.loads(out))
        here, there = found
        if name == "evaluate":
            assert (there["brian"].pop("scheduler"), there["brian"].pop("workers")) == (address, 3)
            assert here["brian"].pop("scheduler") is None
            here["brian"].pop("workers")
            assert min(here.pop("seconds"), there.pop("seconds")) > 0
        assert here == there


def timeless(document):
    """Leave out of a document how long things took."""
    if isinstance(document, dict):
        took = ("seconds", "sentences_per_s")
        return {name: timeless(value) for name, value in document.items() if name not in took}
    return [timeless(entry) for entry in document] if isinstance(document, list) else document


def test_attacks_have_the_outcomes_of_this_machine(cli, three, tmp_path):
    pytest.importorskip("denckring", reason="needs denckring: pip install 'bionlp[attacks]'")
    table = tmp_path / "table.csv"
    texts = ("a good film", "a dull story , badly told", "the plot is clever and warm", "boring")
    table.write_text("label,text\n" + "".join(f'{1 - n % 2},"{t}"\n' for n, t in enumerate(texts)))
    options = ("--attack=textfooler", "--words=0.5", "--similarity=-1", "--draws=3")
    options += ("--tagger=denckring", "--steps=20", "--dataset", table, "--json")
    code, here, err = cli("attack", "mr", *options)
    assert code == 0, err
    code, there, err = cli("attack", "mr", *options, "--scheduler", three[0])
    assert code == 0, err
    assert timeless(json.loads(here)) == timeless(json.loads(there))
    assert json.loads(here)["words"]["0.5"]["right"] > 0


def test_perturbed_cells_are_those_of_this_machine(cli, three, tmp_path, movies, monkeypatch):
    monkeypatch.setenv("BIONLP_DATA_DIR", str(movies))
    options = ("--what=bits", "--levels=4,2", "--datasets=mr", "--sentences=6", "--json")
    found = []
    for where in ((), ("--scheduler", three[0])):
        out = tmp_path / f"results{len(found)}"
        code, text, err = cli("experiment", "perturb", *options, "--out", out, *where)
        assert code == 0, err
        assert [line for line in err.splitlines() if re.match("[123]/3: ", line)]
        found.append(timeless(json.loads(text)))
        assert timeless(json.loads((out / "perturb.json").read_bytes())) == found[-1]
    assert found[0] == found[1]
    assert [cell["level"] for cell in found[0]["cells"]] == [None, 4, 2]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "chosen", "cells", "trainings"),
    [
        ("table1", ("--methods=tailored,converted", "--seeds=0,1"), 4, 2),
        ("table2", ("--methods=original", "--attacks=textbugger-words", "--sentences=4"), 1, 1),
        ("encoder", ("--methods=twin", "--teacher=none"), 1, 1),
    ],
)
def test_trained_cells_are_the_same(
    cli, three, tmp_path, movies, reviews, monkeypatch, table, chosen, cells, trainings
):
    monkeypatch.setenv("BIONLP_DATA_DIR", str(movies))
    options = ("--datasets=mr", *chosen, "--english", reviews / "vectors.bin", "--json")
    found = []
    for where in ((), ("--scheduler", three[0])):
        own = tmp_path / f"of{len(found)}"
        folders = ("--out", own / "results", "--work", own / "work")
        code, text, err = cli("experiment", table, *options, *folders, *where)
        assert code == 0, err
        assert f"{cells} cells, {cells} of them to compute" in err
        assert len(list((own / "work").iterdir())) == trainings  # a folder for each seed
        found.append(timeless(json.loads(text)))
    assert found[0] == found[1]


def test_a_worker_that_is_killed_midway_changes_no_vote(odd, three):
    address, processes = three
    options = {"steps": 40, "seed": 3, "engine": NUMPY}
    expected = count_votes(*odd, **options).votes
    assert len(np.unique(expected, axis=0)) > 10
    fractions, killed = [], []

    def advance(fraction):
        fractions.append(fraction)
        busy = [name for name, tasks in found._client.processing().items() if tasks]
        if fraction > 0.2 and busy and not killed:
            processes[busy[0]].kill()
            killed.append(busy[0])

    with Cluster(address) as found:
        assert found.count == 3
        counted = count_votes(*odd, workers=found, advance=advance, **options).votes
        np.testing.assert_array_equal(counted, expected)
        assert len(killed) == 1
        assert found.count == 2
        # The two that are left have the network, also for another seed.
        again = {**options, "seed": 4}
        counted = count_votes(*odd, workers=found, **again).votes
        np.testing.assert_array_equal(counted, count_votes(*odd, **again).votes)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Return the address of a scheduler without workers."""
    with scheduler(tmp_path_factory.mktemp("scheduler")) as (_process, found):
        yield found


def test_a_scheduler_without_workers(address, monkeypatch):
    monkeypatch.setattr(cluster_module, "PATIENCE", 0.5)
    with pytest.raises(BackendError, match="has no workers; start some with dask worker"):
        Cluster(address)


def test_a_worker_of_several_threads(address, tmp_path):
    with worker(address, tmp_path / "two", "--nthreads=2") as (_process, name):
        said = f"{name} does 2 tasks at once .* start it with --nthreads 1 --nworkers 2"
        with pytest.raises(BackendError, match=said):
            Cluster(address)


def test_a_worker_of_another_version(odd, address, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster_module, "PATIENCE", 0.5)
    old = tmp_path / "old"
    (old / "bionlp-0.0.1.dist-info").mkdir(parents=True)
    (old / "bionlp-0.0.1.dist-info" / "METADATA").write_text("Name: bionlp\nVersion: 0.0.1\n")
    said = f"has bionlp 0.0.1, and here it is {bionlp.__version__}; install the same there"
    with worker(address, tmp_path / "good") as (good, _name), Cluster(address) as found:
        with worker(address, tmp_path / "old worker", path=[old]):
            with pytest.raises(BackendError, match=said):
                Cluster(address)
            good.kill()  # so the one that came later has to do it
            with pytest.raises(BackendError, match=said):
                count_votes(*odd, steps=5, seed=0, engine=NUMPY, workers=found)
        with pytest.raises(BackendError, match="has no workers"):
            count_votes(*odd, steps=5, seed=0, engine=NUMPY, workers=found)


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--scheduler=tcp://127.0.0.1:1",), 8, "no scheduler answers at tcp://127.0.0.1:1"),
        (("--scheduler=nonsense",), 2, "'nonsense' is no address of a scheduler"),
        (("--scheduler=http://a:1",), 2, "'http://a:1' is no address of a scheduler"),
        (("--scheduler=",), 2, "'' is no address of a scheduler"),
        (("--scheduler=tcp://a:1", "--workers=2"), 2, "leave out one"),
        (("--scheduler=tcp://a:1", "--engine=torch"), 2, "--scheduler is for --engine brian"),
    ],
)
def test_what_is_refused(cli, tmp_path, monkeypatch, options, code, said):
    monkeypatch.setattr(cluster_module, "CONNECTING", 0.5)
    (tmp_path / "table.csv").write_text("label,text\n0,bad\n1,good\n")
    dataset = ("--dataset", tmp_path / "table.csv")
    found, out, err = cli("evaluate", "mr", *dataset, *options)
    assert (found, out) == (code, ""), err
    assert said in err.splitlines()[-1]
    assert "Traceback" not in err


def test_what_is_not_cut_into_tasks_is_refused(cli):
    code, _, err = cli("validate", "mr", "--independent=2", "--scheduler=tcp://a:1")
    assert (code, "on this machine; leave --scheduler out" in err) == (2, True)


def test_without_dask_it_says_how_to_have_it(cli, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    code, _, err = cli("predict", "mr", "good", "--scheduler=tcp://127.0.0.1:1")
    assert (code, err.count("\n")) == (8, 1)
    assert "pip install 'bionlp[cluster]'" in err
