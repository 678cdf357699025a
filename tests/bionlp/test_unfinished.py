"""Unfinished votes: taken up only if the file is whole and fits."""

import io
import os
import pickle
import zipfile

import numpy as np
import pytest

from bionlp.unfinished import UnfinishedVotes

SHAPE = (6, 2)
VOTES = np.array([[3, 1], [0, 0], [-1, -1], [5, 9], [-1, -1], [2, 7]])


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BIONLP_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr("networks.brian.cache._substitute", None)
    return tmp_path / "evaluations"


def saved(array, **options):
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def zipped():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("votes.npy", saved(VOTES))
    return stream.getvalue()


def test_what_was_written_is_read_and_can_be_changed(cache):
    unfinished = UnfinishedVotes("name")
    assert (unfinished.read(SHAPE) == -1).all()
    unfinished.write(VOTES)
    read = UnfinishedVotes("name").read(SHAPE)
    np.testing.assert_array_equal(read, VOTES)
    read[0] = 0
    np.testing.assert_array_equal(np.load(cache / "name.npy"), VOTES)
    for shape in ((6, 3), (5, 2), (12, 1), (600, 2)):
        assert (unfinished.read(shape) == -1).all()
    unfinished.remove()
    unfinished.remove()
    assert list(cache.iterdir()) == []


def files():
    """Return files that hold no votes that could be believed."""
    unfinished = UnfinishedVotes("whole")
    unfinished.write(VOTES)
    whole = unfinished._path.read_bytes()
    huge = saved(VOTES).replace(b"(6, 2)", b"(9999999999, 2)", 1)
    return {
        "nothing": b"",
        "cut off": whole[:-1],
        "longer": whole + b"\0",
        "without digest": saved(VOTES),
        "header alone": whole[:80],
        "bool": saved(VOTES > 0),
        "complex": saved(VOTES + 0j),
        "float": saved(VOTES / 1),
        "big endian": saved(VOTES.astype(">i8")),
        "fortran": saved(np.asfortranarray(VOTES)),
        "another shape": saved(VOTES.T),
        "objects": saved(VOTES.astype(object), allow_pickle=True),
        "pickle": pickle.dumps(VOTES),
        "zip": zipped(),
        "huge shape": huge,
        "text": b"\x93NUMPY half a file",
        **{
            f"bit {bit}": bytes(
                byte ^ (1 << bit % 8 if place == bit // 8 else 0)
                for place, byte in enumerate(whole)
            )
            for bit in (0, 100, 1025, 8 * (len(whole) - 40), 8 * len(whole) - 1)
        },
    }


def test_files_that_are_not_whole_are_ignored(cache):
    unfinished = UnfinishedVotes("name")
    for name, content in files().items():
        (cache / "name.npy").write_bytes(content)
        assert (unfinished.read(SHAPE) == -1).all(), name
        unfinished.write(VOTES)
        np.testing.assert_array_equal(unfinished.read(SHAPE), VOTES)


def test_what_is_no_file_is_ignored(cache, caplog):
    unfinished = UnfinishedVotes("name")
    path = cache / "name.npy"
    if hasattr(os, "mkfifo"):
        os.mkfifo(path)
        assert (unfinished.read(SHAPE) == -1).all()
        path.unlink()
    path.mkdir()
    assert (unfinished.read(SHAPE) == -1).all()
    unfinished.write(VOTES)
    unfinished.write(VOTES)
    assert "is a directory" in caplog.text or "denied" in caplog.text
    unfinished.remove()


def test_a_cache_that_takes_no_files(monkeypatch, tmp_path, caplog):
    (tmp_path / "file").touch()
    monkeypatch.setenv("BIONLP_CACHE_DIR", str(tmp_path / "file"))
    unfinished = UnfinishedVotes("name")
    assert "not a directory" in caplog.text
    unfinished.write(VOTES)
    np.testing.assert_array_equal(unfinished.read(SHAPE), VOTES)
