"""Help as it is seen in a terminal of 80 columns."""

import functools
import re

import pytest
import typer.main
from typer.testing import CliRunner

from bionlp.cli import app


def paths(group=None, path=()):
    """Yield the path of each command and of each group of commands."""
    group = group or typer.main.get_command(app)
    yield path, group
    for name, command in getattr(group, "commands", {}).items():
        yield from paths(command, (*path, name))


ALL = list(paths())
each = pytest.mark.parametrize(
    ("path", "command"), ALL, ids=[" ".join(path) or "bionlp" for path, _ in ALL]
)


@functools.cache
def shown(path):
    done = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "80", "TERM": "dumb"})
    assert done.exit_code == 0
    return done.output


@each
def test_nothing_is_cut_at_80_columns(path, command):
    lines = shown(path).splitlines()
    assert max(map(len, lines)) <= 80
    assert not [line for line in lines if "…" in line]


@each
def test_every_option_and_its_default_is_there_in_full(path, command):
    # Words that a narrow column breaks are put together again.
    text = re.sub(r"[\s│]+", "", shown(path))
    for parameter in command.params:
        if getattr(parameter, "hidden", False):  # an old spelling
            continue
        for name in (*parameter.opts, *parameter.secondary_opts):
            if name.startswith("--"):
                assert name in text
        if type(parameter.default) in (int, float):
            assert f"[default:{parameter.default}]" in text


@each
def test_there_is_an_example_of_the_command_itself(path, command):
    example = " ".join(shown(path).partition("Example:")[2].split())
    assert example.startswith(" ".join(("bionlp", *path)))
