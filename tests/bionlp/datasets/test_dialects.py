"""Tables written in every dialect come out as they went in."""

import dataclasses
import sys
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bionlp.datasets.model import digest_of
from bionlp.datasets.tables import read_table
from bionlp.errors import DatasetError

FUZZ = Path(__file__).parents[2] / "fuzz"
sys.path.insert(0, str(FUZZ))

import fuzz_tables  # noqa: E402
from dialects import (  # noqa: E402
    HEADERS,
    NAMES,
    PIECES,
    Dialect,
    Table,
    is_ambiguous,
    without_breaks,
    write,
)
from fuzzing import fuzz  # noqa: E402

words = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
texts = words | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
flags = st.booleans()


@st.composite
def tables(draw):
    names = draw(st.sampled_from([NAMES[:3], NAMES[3:7], ("0", "1"), ("0", "1", "2")]))
    labels = [*names, *draw(st.lists(st.sampled_from(names), max_size=4))]
    rows = [(label, draw(texts)) for label in labels]
    # Each class has a text, or integers would have a gap.
    rows += [(name, "film") for name in names]
    extra = draw(st.sampled_from([[], ["x"], ["7", "y z"]]))
    return Table(rows, draw(st.sampled_from(HEADERS)), extra, draw(flags))


def dialects(separators, quotings, suffixes):
    return st.builds(
        Dialect,
        separator=st.sampled_from(separators),
        quoting=st.sampled_from(quotings),
        end=st.sampled_from(["\n", "\r\n", "\r"]),
        suffix=st.sampled_from(suffixes),
        mark=flags,
        last=flags,
        ascii_only=flags,
        blank=st.lists(st.integers(0, 4), max_size=2, unique=True).map(tuple),
    )


def read(table, dialect, folder):
    path = folder / f"table{dialect.suffix}"
    path.write_bytes(write(table, dialect))
    found = read_table(path)
    rows = [(found.label_names[example.label], example.text) for example in found.examples]
    return rows, found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tables")


KINDS = {
    "quoted": dialects(",;\t", ["all", "texts"], [".csv", ".tsv"]),
    "quoted where needed": dialects(",;\t", ["minimal"], [".csv", ".tsv"]),
    "tabs without quotes": dialects("\t", ["none"], [".tsv", ".csv"]),
    "JSON lines": dialects(["json"], ["all"], [".jsonl", ".ndjson"]),
}


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data(), table=tables())
def test_rows_come_out_as_they_went_in(kind, data, table, folder):
    dialect = data.draw(KINDS[kind])
    if dialect.quoting == "none":
        table = without_breaks(table, dialect.separator)
    assume(not is_ambiguous(table, dialect))
    rows, found = read(table, dialect, folder)
    assert rows == table.expected
    assert found.skipped == len(table.rows) - len(table.expected)


@given(table=tables())
def test_the_digest_is_that_of_the_rows(table, folder):
    quoted, lines = Dialect(",", "all"), Dialect("json", suffix=".jsonl")
    digests = {digest_of(read(table, dialect, folder)[1].examples) for dialect in (quoted, lines)}
    changed = dataclasses.replace(table, rows=[*table.rows, table.rows[-1]])
    digests.add(digest_of(read(changed, quoted, folder)[1].examples))
    assert len(digests) == 2


@given(table=tables(), dialect=KINDS["quoted where needed"], place=st.floats(0, 1))
def test_a_table_that_is_cut_off_is_read_or_refused(table, dialect, place, folder):
    content = write(table, dialect)
    path = folder / f"cut{dialect.suffix}"
    path.write_bytes(content[: int(place * len(content))])
    try:
        assert len(read_table(path).examples) <= len(table.expected) + 1
    except DatasetError as error:
        message = str(error)
        assert (str(path) in message, message.isprintable()) == (True, True)


def test_fuzzing_finds_nothing_in_two_seconds(tmp_path):
    arguments = ["--seconds=2", f"--keep={tmp_path}"]
    assert fuzz(fuzz_tables.__doc__, DatasetError, fuzz_tables.step, arguments) == 0
