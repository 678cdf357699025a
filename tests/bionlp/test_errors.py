"""Errors are also what Python itself would raise, and keep their exit codes and messages."""

import inspect

import pytest

from bionlp import errors
from bionlp.checkpoint import load_classifier
from bionlp.datasets import load_dataset
from bionlp.embeddings import load_word_vectors
from bionlp.errors import (
    BionlpError,
    CheckpointError,
    DatasetError,
    EmbeddingError,
    OutputError,
    RecordingError,
    TextError,
    UsageError,
    absent,
)
from bionlp.files import atomic_path, read_bytes
from bionlp.recording import open_recording
from bionlp.simulation import simulate
from bionlp.strict import read_file
from bionlp.text import check_text

HABITS = (ValueError, RuntimeError, OSError)
KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind is not BionlpError]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_is_one_that_python_has_and_says_its_sentence(kind):
    assert issubclass(kind, HABITS)
    assert str(kind("one sentence")) == "one sentence"
    (top,) = [cls for cls in kind.__mro__ if BionlpError in cls.__bases__]
    assert kind.exit_code == top.exit_code > 1


@pytest.mark.parametrize(
    ("kind", "code"),
    [(kind, kind.exit_code) for kind in BionlpError.__subclasses__() if kind is not OutputError],
)
def test_a_missing_file_is_of_the_class_that_was_asked_for(kind, code, tmp_path):
    for read in (read_file, read_bytes):
        with pytest.raises(kind, match="there is no file") as caught:
            read(tmp_path / "none", kind)
        assert caught.value.exit_code == code
        assert isinstance(caught.value, FileNotFoundError) == (absent(kind) is not kind)


@pytest.mark.parametrize(
    ("kind", "read", "name"),
    [
        (CheckpointError, load_classifier, "none"),
        (DatasetError, load_dataset, "none.csv"),
        (EmbeddingError, load_word_vectors, "none.bin"),
        (RecordingError, open_recording, "none.nc"),
    ],
)
def test_readers_tell_that_a_file_is_missing(kind, read, name, tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        read(tmp_path / name)
    assert isinstance(caught.value, kind)


def test_what_is_no_text_and_no_model_is_a_type_error():
    with pytest.raises(TypeError) as caught:
        check_text(3)
    assert isinstance(caught.value, TextError)
    with pytest.raises(TypeError) as caught:
        simulate("mr", "a film")
    assert isinstance(caught.value, UsageError)


@pytest.mark.parametrize("kind", [OutputError, absent(DatasetError), DatasetError])
def test_writing_a_file_does_not_take_an_error_of_its_block_for_a_full_disk(kind, tmp_path):
    with pytest.raises(kind, match=r"\Aas it was said\Z"), atomic_path(tmp_path / "out.txt"):
        raise kind("as it was said")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [3, 5])
def test_a_file_that_is_too_long_is_told_in_its_own_words(size, tmp_path):
    path = tmp_path / "long"
    path.write_bytes(b"x" * size)
    if size == 3:
        assert read_file(path, CheckpointError, most=4) == b"xxx"
        return
    with pytest.raises(CheckpointError, match="has 5 bytes, and files of its kind at most 4"):
        read_file(path, CheckpointError, most=4)
