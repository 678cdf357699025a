"""Every number that can be typed has bounds, and memory is counted before it is taken."""

import inspect
import math
from dataclasses import fields
from typing import Annotated, get_args, get_origin, get_type_hints

import pytest
import typer

from bionlp import limits
from bionlp.cli import app
from bionlp.errors import UsageError
from bionlp.training.settings import TrainingSettings, recipe

NEEDED = {
    ("simulate",): ["good"],
    ("validate",): ["mr"],
    ("evaluate",): ["mr", "--dataset=mr"],
    ("record",): ["mr", "--file=none", "--out=none.zarr"],
    ("plot",): ["none.nc"],
    ("energy",): ["mr", "--dataset=mr"],
    ("report",): ["mr"],
    ("train",): ["--dataset=none", "--embeddings=none", "--out=none"],
    ("nir", "inspect"): ["none.nir"],
    ("nir", "run"): ["none.nir", "--poisson=0.1"],
    ("nir", "prove"): ["none.nir", "--reference=none.npz"],
    ("nir", "conventions"): ["none.nir", "--reference=none.npz"],
    ("nir", "bench"): ["none.nir"],
    ("embeddings", "train"): ["none.txt", "--out=none.bin"],
}
"""What commands cannot do without."""


def commands(group, path=()):
    for command in group.registered_commands:
        function = command.callback
        yield (*path, command.name or function.__name__.replace("_", "-")), function
    for inner in group.registered_groups:
        yield from commands(inner.typer_instance, (*path, inner.name))


def numeric(function):
    """Yield the options of a command that are numbers: name, type, and what typer is told."""
    for name, hint in get_type_hints(function, include_extras=True).items():
        if get_origin(hint) is not Annotated:
            continue
        kinds = {hint.__origin__, *get_args(hint.__origin__)} & {int, float}
        if kinds:
            (kind,) = kinds
            (option,) = (part for part in hint.__metadata__ if hasattr(part, "param_decls"))
            yield name, kind, option


OPTIONS = [
    pytest.param(path, name, kind, option, id=f"{'-'.join(path)}-{name}")
    for path, function in commands(app)
    for name, kind, option in numeric(function)
]


def test_options_were_found():
    assert len(OPTIONS) > 50
    assert {path[0] for path, *_ in (param.values for param in OPTIONS)} >= {"train", "bench"}
    assert inspect.isfunction(dict(commands(app))["train",])


@pytest.mark.parametrize(("path", "name", "kind", "option"), OPTIONS)
def test_every_number_has_bounds(cli, path, name, kind, option, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    typed = next((text for text in option.param_decls or () if text.startswith("--")), None)
    typed = typed or f"--{name.replace('_', '-')}"
    bounded = option.min is not None and option.max is not None
    assert bounded or option.callback, f"{typed} has no bounds"
    values = ["nan", "inf", "-inf", "1e400", "-1e400", "x", "", "0x10"]
    values += ["18446744073709551616", "1" + "0" * 5_000, "-1", "1e-320"] if kind is int else []
    if bounded:
        assert math.isfinite(option.max)
        values += [str(option.max * 2 + 1), str(option.min - 1)]
    for value in values:
        code, _, err = cli(*path, *NEEDED.get(path, ()), f"{typed}={value}")
        assert code == 2, (value[:30], err[-500:])
        assert "Traceback" not in err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["18446744073709551616", "1" * 5_000, "1e3", "-1", "²", ""])
def test_seeds_of_experiments_have_bounds(cli, text, tmp_path):
    code, _, err = cli("experiment", "table1", f"--seeds={text}", "--out", tmp_path / "results")
    assert code == 2
    assert "seeds are whole numbers" in err
    assert len(err) < 500


NO_NUMBER = (
    *("widths", "annealed", "centred", "select_converted", "causal", "phrases"),
    *("phrase_pieces", "architecture", "augment", "teacher"),
)


BOUNDS = {
    setting.name: setting.metadata["bounds"]
    for setting in fields(TrainingSettings)
    if setting.metadata["bounds"]
}


def test_every_number_of_the_settings_has_bounds():
    names = {name for name in vars(TrainingSettings()) if name not in NO_NUMBER}
    assert names == BOUNDS.keys()


@pytest.mark.parametrize("name", BOUNDS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1e9, 2**64])
def test_settings_out_of_range_are_refused(name, value):
    with pytest.raises(UsageError, match=f"{name} must lie in"):
        recipe("default", **{name: value})


@pytest.mark.parametrize("name", BOUNDS)
def test_ends_of_a_range_lie_in_it(name):
    for value in BOUNDS[name]:
        assert getattr(recipe("default", **{name: value}), name) == value


def test_a_training_that_would_not_fit_is_not_begun(cli, training_arguments, tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "free_memory", lambda: 2**30)
    for options in (
        ("--maps=100000", "--neurons-per-class=100000"),
        ("--steps=100000", "--maps=10000"),
        ("--pieces=1000", "--batch-size=100000", "--maps=10000"),
    ):
        code, _, err = cli(*training_arguments, f"--out={tmp_path / 'model'}", *options)
        assert code == 2
        assert "this training needs about" in err
        assert "1.0 GiB are free; lower --batch-size" in err
        assert not list(tmp_path.rglob("*.pt"))


def test_a_presentation_that_would_not_fit_is_not_begun(cli, monkeypatch):
    monkeypatch.setattr(limits, "free_memory", lambda: 2**28)
    for command in ("simulate", "a moving film"), ("validate", "mr", "--limit=2"):
        code, _, err = cli(*command, "--steps=100000", "--backend=numpy")
        assert code == 2
        assert "100,000 steps needs about" in err or "steps needs about" in err
        assert "lower --steps" in err


def test_memory_is_said_in_fitting_units(monkeypatch):
    assert limits.said(2**20) == "1.0 MiB"
    assert limits.said(3 * 2**30) == "3.0 GiB"
    assert limits.said(2**50) == "1,024.0 TiB"
    free = limits.free_memory()
    assert free is None or free > 2**20
    monkeypatch.setattr(limits, "free_memory", lambda: None)
    limits.check_memory(1e30, "this", "that")


def test_typer_is_told_of_bounds_in_a_way_this_test_knows():
    assert typer.Option(min=1, max=2).max == 2
