"""Writing and reading whole files."""

import pytest

from bionlp.errors import DatasetError, OutputError
from bionlp.files import atomic_path, read_utf8


def test_a_finished_file_gets_its_name(tmp_path):
    target = tmp_path / "new" / "result.txt"
    with atomic_path(target) as temporary:
        temporary.write_text("done")
        assert temporary.suffix == ".txt"
        assert not target.exists()
    assert target.read_text() == "done"
    assert list(target.parent.iterdir()) == [target]


def test_a_failure_keeps_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "result.txt"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), atomic_path(target) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_what_the_system_refuses_is_an_output_error(tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(OutputError, match="cannot write .*file"), atomic_path(blocker / "x"):
        pass
    with pytest.raises(OutputError, match="directory"), atomic_path(tmp_path) as temporary:
        temporary.write_text("a folder cannot be replaced by a file")
    assert sorted(tmp_path.parent.glob(f".{tmp_path.stem}.*")) == []


def test_the_line_of_a_wrong_byte_is_named(tmp_path):
    path = tmp_path / "latin.txt"
    path.write_bytes("eins\nzwei\nfünf\n".encode("latin-1"))
    with pytest.raises(DatasetError, match=r"latin.txt, line 3: not UTF-8"):
        read_utf8(path, DatasetError)


def test_a_byte_order_mark_is_dropped_and_line_ends_stay(tmp_path):
    path = tmp_path / "marked.txt"
    path.write_bytes(b"\xef\xbb\xbfa\r\nb")
    assert read_utf8(path, DatasetError) == "a\r\nb"


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(DatasetError, match="there is no file"):
        read_utf8(tmp_path / "nothing", DatasetError)
    with pytest.raises(DatasetError, match="cannot read"):
        read_utf8(tmp_path, DatasetError)
