"""The command reference, made from the program's own commands, arguments and options.

Nothing is written by hand: a page a command, with what ``--help`` says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

PROGRAM = "bionlp"

Command = TyperCommand | TyperGroup


def commands() -> dict[tuple[str, ...], Command]:
    """Return all commands by their words, ``("bionlp", "nir", "run")``, groups among them."""
    from bionlp.cli import app

    return dict(_walk((PROGRAM,), get_command(app)))


def _walk(words: tuple[str, ...], command: Command) -> Iterator[tuple[tuple[str, ...], Command]]:
    yield words, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from _walk((*words, name), inner)


def pages() -> dict[str, str]:
    """Return the text of each page, in reStructuredText, by its name: ``bionlp-nir-run``."""
    return {"-".join(words): "\n".join(_page(words, each)) for words, each in commands().items()}


def _page(words: tuple[str, ...], command: Command) -> Iterator[str]:
    title = " ".join(words)
    yield from (f".. _command-{'-'.join(words)}:", "", title, "=" * len(title), "")
    yield from (escaped(_one_line(part)) + "\n" for part in (command.help or "").split("\n\n"))
    context = command.context_class(command, info_name=title)
    pieces = " ".join(command.collect_usage_pieces(context))
    yield from (".. code-block:: text", "", f"   {title} {pieces}", "")
    if command.epilog:
        example = command.epilog.partition(":")[2].strip()
        yield from ("Example:", "", ".. code-block:: bash", "", f"   {_one_line(example)}", "")
    yield from (f".. program:: {title}", "")
    for heading, kind in (("Arguments", "argument"), ("Options", "option")):
        parameters = command.get_params(context)
        shown = [each for each in parameters if each.param_type_name == kind]
        records = [record for each in shown if (record := each.get_help_record(context))]
        if records:
            yield from (heading, "-" * len(heading), "")
        for record in records:
            yield from _entry(record)
    inner = getattr(command, "commands", {})
    if inner:
        yield from ("Commands", "--------", "", ".. list-table::", "   :widths: 30 70", "")
        for name, each in inner.items():
            page = "-".join((*words, name))
            yield f"   * - :doc:`{title} {name} <{page}>`"
            yield f"     - {escaped(_one_line((each.help or '').partition(chr(10) * 2)[0]))}"
        yield from ("", ".. toctree::", "   :hidden:", "")
        yield from (f"   {'-'.join((*words, name))}" for name in inner)
        yield ""


def _entry(record: tuple[str, str]) -> Iterator[str]:
    """Yield an argument or option, with the range and default that its help ends with."""
    declaration, text = record
    text, bracket, facts = text.partition("  [")
    yield from (f".. option:: {_one_line(declaration)}", "", f"   {escaped(_one_line(text))}", "")
    if bracket:
        yield from (f"   *{escaped(facts.rstrip(']'))}*", "")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def escaped(text: str) -> str:
    """Return a text in which nothing is markup of reStructuredText."""
    return re.sub(r"([\\*`|_<>])", r"\\\1", text)
