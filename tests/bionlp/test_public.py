"""What ``import bionlp`` offers, and what objects look like."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import bionlp
from bionlp.vocabulary import Vocabulary
from networks.description import Connection, Network, Population, Votes
from networks.neurons import LIF, Input
from networks.transforms import Dense


def python(*arguments, cwd):
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


def test_every_public_name_is_there_and_is_listed():
    for name in bionlp.__all__:
        assert getattr(bionlp, name) is not None
    assert set(bionlp.__all__) <= set(dir(bionlp))
    with pytest.raises(AttributeError, match="has no attribute 'magic'"):
        _ = bionlp.magic
    major, minor, *_ = bionlp.__version__.split(".")
    assert (int(major), int(minor)) >= (0, 1)


def test_type_checkers_are_told_of_every_public_name():
    tree = ast.parse(Path(bionlp.__file__).read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    told = {(line.module, name.asname) for line in block.body for name in line.names}
    assert told == {(module, name) for name, module in bionlp._HOME.items()}


def test_importing_it_imports_nothing_else(tmp_path):
    heavy = ["brian2", "torch", "numpy", "xarray"]
    code = f"import sys, bionlp; print([name for name in {heavy} if name in sys.modules])"
    assert python("-c", code, cwd=tmp_path).stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["networks", "analysis"])
@pytest.mark.parametrize("place", ["{}.py", "{}/__init__.py", "{}/other.py"])
def test_a_file_that_shadows_a_package_is_named(tmp_path, name, place):
    path = tmp_path / place.format(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text("", encoding="utf-8")
    done = python("-c", "import bionlp", cwd=tmp_path)
    # A folder without __init__.py comes after packages, but not after those of an editable install.
    if path.name == "other.py" and done.returncode == 0:
        return
    if path.name == "other.py":
        path = path.parent
    assert done.returncode == 1
    assert f"is found in place of bionlp's package {name!r}: rename it" in done.stderr
    assert str(path) in done.stderr


def test_objects_show_what_they_are_and_no_weights():
    network = Network(
        (Population("input", (5,), Input()), Population("out", (2,), LIF(decay=0.5))),
        (Connection(("input",), "out", Dense(np.ones((2, 5)))),),
        Votes("out", 2),
    )
    assert repr(network.connections[0]) == (
        "Connection(sources=('input',), target='out', transform=Dense(weight=<float64 (2, 5)>))"
    )
    assert repr(network["out"]) == "Population(name='out', shape=(2,), neuron=LIF(decay=0.5))"
    assert repr(network) == (
        "<Network of input 5 Input, out 2 LIF; 1 connections; Votes(population='out', groups=2)>"
    )
    assert repr(Vocabulary("abc")) == "<Vocabulary of 3 words>"


def test_a_classifier_and_a_sentence_fit_into_a_few_lines(small_model):
    classifier = bionlp.load_classifier(small_model)
    assert len(repr(classifier)) < 700
    assert "Vocabulary of" in repr(classifier)
    assert len(repr(classifier.read("the film is good"))) < 300
