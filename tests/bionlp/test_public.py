"""What the packages offer when they are imported."""

import ast
import importlib.metadata
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import analysis
import bionlp
import networks
import networks.brian

LAZY = (bionlp, networks, analysis)
"""Packages that look names up when they are asked for."""
PACKAGES = (*LAZY, networks.brian)


def python(*arguments, cwd):
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_every_public_name_is_there_and_is_listed(package):
    for name in package.__all__:
        assert getattr(package, name) is not None
    assert list(package.__all__) == list(dict.fromkeys(package.__all__))
    assert set(package.__all__) <= set(dir(package))
    with pytest.raises(AttributeError, match="has no attribute 'magic'"):
        _ = package.magic


def test_a_misspelt_name_is_told_the_right_one(tmp_path):
    done = python("-c", "import bionlp; bionlp.simulat", cwd=tmp_path)
    assert "Did you mean: 'simulate'?" in done.stderr


def test_the_version_is_that_of_the_distribution():
    assert bionlp.__version__ == importlib.metadata.version("bionlp")
    major, minor, *_ = bionlp.__version__.split(".")
    assert (int(major), int(minor)) >= (0, 1)


@pytest.mark.parametrize("package", LAZY, ids=lambda package: package.__name__)
def test_type_checkers_are_told_of_every_public_name(package):
    tree = ast.parse(Path(package.__file__).read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    told = {(line.module, name.asname) for line in block.body for name in line.names}
    modules = package._MODULES.items()
    assert told == {(module, name) for module, names in modules for name in names}
    assert {name for _, name in told} == set(package.__all__) - {"__version__"}


@pytest.mark.parametrize("package", LAZY, ids=lambda package: package.__name__)
def test_a_name_is_that_of_its_module_and_of_no_other(package):
    for module, names in package._MODULES.items():
        for name in names:
            assert getattr(package, name) is getattr(importlib.import_module(module), name)
            # An imported module would take the place of what is offered under its name.
            assert importlib.util.find_spec(f"{package.__name__}.{name}") is None


def test_importing_them_imports_nothing_else(tmp_path):
    heavy = ["brian2", "torch", "numpy", "xarray", "matplotlib"]
    code = (
        "import sys, bionlp, networks, analysis; "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    assert python("-c", code, cwd=tmp_path).stdout.strip() == "[]"
