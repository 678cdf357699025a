"""Fuzz the reader of tables: ``python tests/fuzz/fuzz_tables.py --seconds 600 --seed 0``.

Tables are written in all dialects that are read, and half of them damaged. Each is read. It is a
finding, and the exit code is 1, if

- anything but a ``DatasetError`` of one line that names the file is raised,
- other rows come out of an undamaged table than went in, or it is refused,
- what comes out of a damaged one is no text, or has a label that is no class,
- reading takes longer than a bound.

Inputs that led to a finding are kept. The same seed gives the same inputs.
"""

from __future__ import annotations

import random
import sys
import unicodedata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from dialects import PIECES, Dialect, Table, draw_dialect, draw_table, is_ambiguous, write
from fuzzing import Finding, Fuzzer, fuzz

from bionlp.datasets.labels import LabelledTexts
from bionlp.datasets.tables import read_table
from bionlp.errors import DatasetError

TOKENS = [
    *(piece.encode() for piece in PIECES),
    *(b"\0", b"\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xe4\xbd", b"\x1f\x8b"),
    *(b"1" * 5000, b"-1", b"1.0", b"1e9", b"inf", b"nan", "１".encode(), "²".encode(), b"0x1"),
    *(b'"' * 3, b",,,", b"\t\t", b"[" * 3000, b'{"a":' * 3000, b"{}", b"\\ud800", b"\\u0000"),
    *(b'"label": 1, "label": 2,', b"true", b"null", b"1E400", b"\n\n\n", b"a" * 200_000),
]


def damaged(rng: random.Random, content: bytes) -> bytes:
    """Change a few places of a file."""
    for _ in range(rng.choice([1, 1, 2, 4])):
        content = _changed(rng, content)
    if rng.random() < 0.02:
        content = content.decode("utf-8", "replace").encode(rng.choice(["utf-16", "utf-16-le"]))
    return content


def _changed(rng: random.Random, content: bytes) -> bytes:
    place, other = rng.randint(0, len(content)), rng.randint(0, len(content))
    if rng.random() < 0.3:
        place = min(place, rng.randint(0, 20))
    before, after = content[:place], content[place:]
    token = rng.choice(TOKENS)
    changes = (
        before,
        before + rng.randbytes(rng.randint(1, 3)) + after,
        before + after[rng.randint(1, 4) :],
        before + token + after,
        before + token + after,
        content[: max(place, other)] + content[min(place, other) :],
        before + after.replace(b'"', b"", 1),
        before + after.replace(b"\n", token, 1),
    )
    return rng.choice(changes)


def compare(found: LabelledTexts, table: Table) -> None:
    """See that the rows that were written come out."""
    read = [(found.label_names[example.label], example.text) for example in found.examples]
    if read != table.expected:
        raise Finding(f"wrote {table.expected!r:.500}, read {read!r:.500}")
    if found.skipped != len(table.rows) - len(table.expected):
        raise Finding(f"{found.skipped} rows were counted as empty")


def check(found: LabelledTexts) -> None:
    """See that what was read is sound."""
    rows = [example.row for example in found.examples]
    if not rows or rows != sorted(set(rows)):
        raise Finding(f"rows {rows!r:.200}")
    for example in found.examples:
        if not 0 <= example.label < len(found.label_names) or not example.text.strip():
            raise Finding(f"{example!r:.300}")
        example.text.encode()
    for name in found.label_names:
        if not name or any(unicodedata.category(c) == "Cc" for c in name):
            raise Finding(f"a class is called {name!r:.200}")


def step(rng: random.Random, folder: Path, fuzzer: Fuzzer) -> None:
    """Make a table, and have it read."""
    dialect = draw_dialect(rng)
    table = draw_table(rng, dialect)
    content = write(table, dialect)
    path = folder / f"table{dialect.suffix}"
    if rng.random() < 0.4:
        path.write_bytes(content)
        fuzzer.run(path, lambda: _read_valid(path, table, dialect))
        return
    content = damaged(rng, content)
    if rng.random() < 0.05:
        path = path.with_suffix(rng.choice([".csv", ".tsv", ".jsonl"]))
    path.write_bytes(content)
    names = ("negative", "positive") if rng.random() < 0.3 else None
    fuzzer.run(path, lambda: check(read_table(path, names)))


def _read_valid(path: Path, table: Table, dialect: Dialect) -> None:
    if is_ambiguous(table, dialect):
        check(read_table(path))
        return
    try:
        found = read_table(path)
    except DatasetError as error:
        raise Finding(f"a valid table is refused: {error}") from error
    compare(found, table)


if __name__ == "__main__":
    sys.exit(fuzz(__doc__, DatasetError, step))
