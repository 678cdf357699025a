"""What docstrings say: every example is run, and every public name is told in full.

A name is public if a package lists it in ``__all__``.
"""

import ast
import dataclasses
import doctest
import importlib
import inspect
import re
import textwrap
from pathlib import Path

import pytest

import analysis
import bionlp
import networks
import networks.brian

ROOT = Path(__file__).parents[1]
PACKAGES = (bionlp, networks, networks.brian, analysis)
PUBLIC = [(package, name) for package in PACKAGES for name in package.__all__]
CONSTANTS = {"__version__", "BACKENDS", "EXTERNAL", "GENN", "PRECISIONS", "SYNAPSES", "Stimulus"}
"""Names that have no docstring of their own."""
NEEDED = {
    "bionlp.estimator": "sklearn",
    **dict.fromkeys(
        ("analysis.rates", "bionlp.corpora", "bionlp.recording.corpus.reading"), "zarr"
    ),
}
"""What examples of a module need, and not every installation has."""
FLAGS = doctest.ELLIPSIS


def modules_with_examples():
    """Yield the names of modules in which there is an example, without importing them."""
    for package in ("networks", "analysis", "bionlp"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if re.search(r"^ *>>> ", path.read_text(encoding="utf-8"), re.MULTILINE):
                parts = path.relative_to(ROOT).with_suffix("").parts
                yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("name", list(modules_with_examples()))
def test_examples_come_to_what_they_say(name, tmp_path, monkeypatch):
    if name in NEEDED:
        pytest.importorskip(NEEDED[name])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BIONLP_CACHE_DIR", str(tmp_path / "cache"))
    said = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    # Without the names of the module: a reader has none but those that an example imports.
    for test in doctest.DocTestFinder().find(importlib.import_module(name), globs={}):
        assert not any(doctest.SKIP in example.options for example in test.examples)
        runner.run(test, out=said.append)
    assert runner.tries > 0
    assert runner.failures == 0, "".join(said)


def sections(thing):
    """Return the sections of a docstring by their titles, which are underlined."""
    parts = re.split(r"^(\w[\w ]*)\n-{3,}$", inspect.getdoc(thing), flags=re.MULTILINE)
    titles = parts[1::2]
    assert len(titles) == len(set(titles))
    return dict(zip(titles, parts[2::2], strict=True))


def listed(section):
    """Return the names that a section of parameters or attributes tells of."""
    heads = re.findall(r"^(\S.*?)(?: : .*)?$", section, re.MULTILINE)
    return {name.strip(" *") for head in heads for name in head.split(",")}


def arguments(thing):
    """Return the names of what a class or function is called with, but for its own options."""
    if dataclasses.is_dataclass(thing):
        return {field.name for field in dataclasses.fields(thing) if field.init}
    called = vars(thing).get("__init__") if inspect.isclass(thing) else thing
    if called is None:
        return set()
    parameters = inspect.signature(called).parameters.values()
    named = [each for each in parameters if each.kind is not each.VAR_KEYWORD]
    return {each.name for each in named} - {"self"}


def raises(thing):
    """Tell whether a function, or the making of an object, itself raises errors."""
    made = ("__init__", "__post_init__") if inspect.isclass(thing) else ()
    bodies = [vars(thing).get(name) for name in made] if made else [inspect.unwrap(thing)]
    trees = [
        ast.parse(textwrap.dedent(inspect.getsource(body)))
        for body in bodies
        if inspect.isfunction(body) and body.__code__.co_filename.endswith(".py")
    ]
    return any(
        isinstance(node, ast.Raise) and node.exc for tree in trees for node in ast.walk(tree)
    )


@pytest.mark.parametrize(
    ("package", "name"),
    [
        pytest.param(package, name, id=f"{package.__name__}.{name}")
        for package, name in PUBLIC
        if name not in CONSTANTS
    ],
)
def test_a_public_name_is_told_in_full(package, name):
    thing = getattr(package, name)
    found = sections(thing)
    assert found["Examples"].count("\n>>> ") > 0
    assert list(found)[-1] == "Examples"
    # The example is of this name, and the name is had from the package that offers it.
    assert re.search(rf"\b{name}\b", found["Examples"])
    assert f"from {package.__name__} import" in found["Examples"]
    told = listed(found.get("Parameters", "")) | listed(found.get("Attributes", ""))
    assert arguments(thing) <= told, arguments(thing) - told
    if not raises(thing):
        return
    assert found["Raises"].strip()


@pytest.mark.parametrize(
    ("package", "name"),
    [
        pytest.param(package, name, id=f"{package.__name__}.{name}")
        for package, name in PUBLIC
        if inspect.isfunction(getattr(package, name))
    ],
)
def test_a_public_function_says_what_it_returns(package, name):
    function = getattr(package, name)
    returned = inspect.signature(function).return_annotation
    assert returned is not inspect.Signature.empty
    found = sections(function)
    assert bool(found.keys() & {"Returns", "Yields"}) == (returned not in (None, "None"))


def test_constants_are_in_examples_of_what_takes_them():
    examples = "".join(
        inspect.getdoc(getattr(package, name)) or ""
        for package, name in PUBLIC
        if name not in CONSTANTS
    )
    for name in CONSTANTS - {"__version__", "Stimulus"}:
        assert re.search(rf">>> .*\b{name}\b", examples), name
