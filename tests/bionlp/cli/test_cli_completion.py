"""What a shell is offered, by the protocol that shells ask with."""

import os
import shlex
import shutil
import subprocess
import sys

import pytest

from bionlp.checkpoint import bundled_models
from bionlp.cli import completion
from bionlp.datasets.registry import KNOWN
from bionlp.figures import KINDS
from bionlp.language_models import MINILM
from bionlp.training.settings import RECIPES
from networks.brian import BACKENDS, PRECISIONS, SYNAPSES
from networks.nir import CONVENTIONS

HEAVY = ("torch", "brian2", "numpy", "scipy", "matplotlib", "xarray", "gensim", "nltk")


def offered(*words, shell="bash", **variables):
    """Return what is offered for the last of some words."""
    line = ["bionlp", *words]
    asked = {
        "bash": {"COMP_WORDS": " ".join(line), "COMP_CWORD": str(len(words))},
        "zsh": {"_TYPER_COMPLETE_ARGS": " ".join(line)},
    }
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "bionlp"],
        env={**os.environ, "_BIONLP_COMPLETE": f"complete_{shell}", **asked[shell], **variables},
        capture_output=True,
        encoding="utf-8",
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not imported & set(HEAVY)
    return done.stdout.split()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in a folder with two models, tables, a recording and a NIR file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    for name in ("models/mine", "models/other"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "settings.json").touch()
    (tmp_path / "models/empty").mkdir()
    (tmp_path / "runs/mr-01").mkdir(parents=True)
    for name in ("runs/mr-01/recording.nc", "runs/mr-01/raster.png", "reviews.CSV", "net.nir"):
        (tmp_path / name).touch()
    (tmp_path / ".hidden.csv").touch()
    return tmp_path


def test_the_names_are_those_of_the_packages():
    assert ("auto", *BACKENDS) == completion.BACKENDS
    assert ("auto", *SYNAPSES) == completion.SYNAPSES
    assert tuple(PRECISIONS) == completion.PRECISIONS
    assert ("all", *KINDS) == completion.KINDS
    assert ("file", *CONVENTIONS) == completion.CONVENTIONS
    assert (MINILM,) == completion.TEACHERS


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("simulate", "--backend", ""), completion.BACKENDS),
        (("validate", "mr", "--backend", "g"), ("genn", "genn-cpu")),
        (("plot", "runs", "--kind", "r"), ("raster", "ratemap")),
        (("train", "--recipe", ""), tuple(RECIPES)),
        (("train", "--augment", "s"), ("synonyms",)),
        (("train", "--teacher", "mini"), ("minilm",)),
        (("nir", "run", "net.nir", "--like", "snn"), tuple(CONVENTIONS)[1:4]),
        (("data", "fetch", ""), tuple(KNOWN)),
        (("experiment", "table1", "--datasets", "mr,sst2,s"), ("mr,sst2,sst5", "mr,sst2,subj")),
        (("simulate", ""), (*bundled_models(), "models/", "runs/")),
        (("simulate", "mod"), ("models/empty/", "models/mine", "models/other")),
        (("evaluate", "models/m"), ("models/mine",)),
        (("evaluate", "mr", "--dataset", "re"), ("reviews.CSV",)),
        (("evaluate", "mr", "--dataset", "s"), ("sst2", "sst5", "subj", "stsb")),
        (("experiment", "table1", "--datasets", "c"), ("chnsenti",)),
        (("plot", "ru"), ("runs/mr-01/recording.nc",)),
        (("nir", "inspect", "n"), ("net.nir",)),
        (("report", "m"), ("mr", "models/")),
        (("simulate", "--model", "nowhere/x"), ()),
        (("sim",), ("simulate",)),
    ],
)
def test_offers(folder, words, expected):
    assert offered(*words) == list(expected)


@pytest.mark.parametrize("command", ["plot", "report"])
def test_a_corpus_is_offered_as_a_recording_and_not_as_a_folder(folder, command):
    (folder / "corpus.zarr").mkdir()
    assert offered(command, "c") == ["corpus.zarr"]


def test_zsh_asks_in_its_own_way(folder):
    assert any("genn-cpu" in line for line in offered("simulate", "--backend", "g", shell="zsh"))


def test_word_vectors_are_found_by_name(folder):
    (folder / "vectors").mkdir()
    (folder / "vectors" / "glove.bin").touch()
    words = ("train", "--embeddings", "gl")
    assert offered(*words, BIONLP_EMBEDDINGS_DIR=str(folder / "vectors")) == ["glove.bin"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_script_for_a_shell_asks_for_it(folder):
    # The shell is that which started the command; the second one keeps bash from giving way to it.
    command = shlex.join([sys.executable, "-m", "bionlp", "--show-completion"])
    done = subprocess.run(
        ["bash", "-c", f"{command} && true"], capture_output=True, text=True, check=True
    )
    assert "_BIONLP_COMPLETE=complete_bash" in done.stdout
