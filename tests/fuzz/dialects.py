"""Tables of all kinds, for fuzzing and for tests: what they hold, and how it is written."""

from __future__ import annotations

import csv
import io
import json
import random
from dataclasses import dataclass, field

PIECES = (
    *("film", "good", "it's", "好吃", "naïve", "a", "0", "1", "2", '5" screen', "e\u0301"),
    *('"', '"', '""', "“”", "'", ",", ";", "\t", "\n", "\r\n", "\r", " ", "  ", "\\", "\\n", "#"),
    *("\x85", "\u2028", "\u3000", "\xa0", "\ufeff", "\x0b", "\x1b", "\U0001f600", "sep=;", "null"),
    *("0,", "1\t", "\n0\t", "\n1,", '","', '"\t"', "label", "text", "NaN", "x" * 300),
)
NAMES = ("neg", "pos", "mixed", "so so", "a,b", "c;d", "好", 'q"q', "Pos", "true", "-")
HEADERS = (
    *(("label", "text"), ("Label", "TEXT"), ("sentiment", "review"), (" label ", "sentence")),
    *(("target", "tweet"), ("class", "content")),
)


@dataclass(frozen=True)
class Dialect:
    """A way to write tables.

    Attributes
    ----------
    separator : str
        Of cells; ``json`` for JSON lines.
    quoting : str
        ``none``, ``minimal``, ``all``, or ``texts``: all cells that are no integers.
    end : str
        Of lines.
    suffix : str
        Of the file.
    mark, last, ascii_only : bool
        Whether there is a byte order mark, an end of the last line, and no other character than
        those of ASCII (JSON).
    blank : tuple of int
        Before which rows a blank one is put.
    """

    separator: str
    quoting: str = "minimal"
    end: str = "\n"
    suffix: str = ".csv"
    mark: bool = False
    last: bool = True
    ascii_only: bool = False
    blank: tuple[int, ...] = ()


@dataclass(frozen=True)
class Table:
    """What a table holds: rows of a label, a text and what else there is."""

    rows: list[tuple[str, str]]
    header: tuple[str, str] = ("label", "text")
    extra: list[str] = field(default_factory=list)
    swapped: bool = False

    @property
    def expected(self) -> list[tuple[str, str]]:
        """Labels and texts that a reader has to find."""
        return [(label.strip(), text.strip()) for label, text in self.rows if text.strip()]


def write(table: Table, dialect: Dialect) -> bytes:
    """Write a table, with the writers of the standard library where these quote."""
    if dialect.separator == "json":
        lines = _json_lines(table, dialect)
    else:
        rows = [_row(table, pair) for pair in [table.header, *table.rows]]
        lines = [_line(row, dialect) for row in rows]
    for number in sorted(dialect.blank, reverse=True):
        lines.insert(number, " " if number % 2 else "")
    content = dialect.end.join(lines) + (dialect.end if dialect.last else "")
    return (b"\xef\xbb\xbf" if dialect.mark else b"") + content.encode()


def _row(table: Table, pair: tuple[str, str]) -> list[str]:
    return [*(pair[::-1] if table.swapped else pair), *table.extra]


def _line(row: list[str], dialect: Dialect) -> str:
    if dialect.quoting == "none":
        return dialect.separator.join(row)
    quoting = {
        "minimal": csv.QUOTE_MINIMAL,
        "all": csv.QUOTE_ALL,
        "texts": csv.QUOTE_NONNUMERIC,
    }[dialect.quoting]
    cells = [_number(cell) for cell in row] if dialect.quoting == "texts" else row
    stream = io.StringIO()
    csv.writer(stream, delimiter=dialect.separator, quoting=quoting, lineterminator="").writerow(
        cells
    )
    line = stream.getvalue()
    if dialect.quoting == "minimal" and any("\n" in c or "\r" in c for c in row):
        # The writer quotes line breaks only where they are its own.
        stream = io.StringIO()
        csv.writer(stream, delimiter=dialect.separator, lineterminator="\r\n").writerow(cells)
        line = stream.getvalue()[:-2]
    return line


def _number(cell: str) -> int | str:
    """Return an integer as one, if it is written as integers are."""
    return int(cell) if cell.isdecimal() and cell.isascii() and str(int(cell)) == cell else cell


def _json_lines(table: Table, dialect: Dialect) -> list[str]:
    lines = []
    for label, text in table.rows:
        pair = (_number(label), text)
        members = dict(zip(_row(table, table.header), _row(table, pair), strict=True))
        lines.append(json.dumps(members, ensure_ascii=dialect.ascii_only))
    return lines


def is_ambiguous(table: Table, dialect: Dialect) -> bool:
    """Tell whether what is written may be read as another table that is as likely.

    Tabs without quotes, where texts look quoted; and quotes around texts with lines that look like
    rows.
    """
    texts = [text for _, text in table.rows]
    if dialect.separator == "\t" and dialect.quoting == "none":
        return any(text.startswith('"') and text.endswith('"') for text in texts)
    looks = (dialect.separator in text and ("\n" in text or "\r" in text) for text in texts)
    return dialect.quoting in ("minimal", "texts") and any(looks)


def draw_table(rng: random.Random, dialect: Dialect) -> Table:
    """Make a table that a dialect can hold."""
    classes = rng.randint(2, 4)
    names = rng.sample(NAMES, classes) if rng.random() < 0.4 else list(map(str, range(classes)))
    labels = names + [rng.choice(names) for _ in range(rng.choice([0, 1, 3, 10]))]
    rng.shuffle(labels)
    rows = [(label, draw_text(rng)) for label in labels]
    # Each class has a text, so that integers have no gap.
    seen = {label for label, text in rows if text.strip()}
    rows += [(label, "film") for label in names if label not in seen]
    extra = rng.choice([[], [], ["x"], ["7", "y z"]])
    table = Table(rows, rng.choice(HEADERS), extra, rng.random() < 0.5)
    return without_breaks(table, dialect.separator) if dialect.quoting == "none" else table


def draw_text(rng: random.Random) -> str:
    """Make a text."""
    if rng.random() < 0.002:
        return '"' + "long " * 30_000
    text = "".join(rng.choice(PIECES) for _ in range(rng.choice([0, 1, 2, 3, 5, 8])))
    if rng.random() < 0.15:
        text = '"' + text
    return text + '"' if rng.random() < 0.15 else text


def without_breaks(table: Table, separator: str) -> Table:
    """Leave out what cannot be written without quotes."""

    def cell(text: str) -> str:
        return "".join(" " if c in separator + "\r\n" else c for c in text)

    rows = [(cell(label), cell(text)) for label, text in table.rows]
    return Table(rows, table.header, table.extra, table.swapped)


def draw_dialect(rng: random.Random) -> Dialect:
    """Choose a way to write."""
    separator = rng.choice([",", ";", "\t", "\t", "json"])
    quoting = rng.choice(["minimal", "all", "texts", *(["none"] * 3 if separator == "\t" else [])])
    suffix = ".csv" if separator in ",;" else rng.choice([".tsv", ".csv"])
    if separator == "json":
        suffix = rng.choice([".jsonl", ".ndjson"])
    return Dialect(
        separator,
        quoting,
        rng.choice(["\n", "\n", "\r\n", "\r"]),
        suffix,
        rng.random() < 0.2,
        rng.random() < 0.8,
        rng.random() < 0.5,
        tuple(rng.sample(range(5), rng.choice([0, 0, 1, 2]))),
    )
