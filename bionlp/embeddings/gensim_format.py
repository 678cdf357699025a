"""From what gensim stored to a table: the words, the vectors, and the file beside it."""

from __future__ import annotations

import warnings
from io import BufferedReader
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from bionlp.embeddings.formats import GENSIM
from bionlp.embeddings.opening import Content, is_regular, opened, shown
from bionlp.embeddings.stored import Noted, check_table, noted_array, stored_state
from bionlp.embeddings.table import (
    Counts,
    WordVectors,
    check_left_out,
    first_not_finite,
    keyed_vectors,
    not_finite,
    undecodable,
)
from bionlp.errors import EmbeddingError

# The newer name first.
_VECTORS = ("vectors", "syn0")
_WORDS = ("index_to_key", "index2word", "index2entity")
_ASIDE, _IGNORED = "__numpys", "__ignoreds"
_UNREADABLE = ("__scipys", "__recursive_saveloads")


def read_stored(path: Path, content: Content, skip_undecodable: bool) -> WordVectors:
    """Read a file of gensim's own format; nothing in it is executed.

    Parameters
    ----------
    path : Path
        The file, beside which its large arrays lie.
    content : Content
        The same, opened.
    skip_undecodable : bool
        Leave out words that are not UTF-8, instead of refusing the file.

    Returns
    -------
    WordVectors
        The words and their vectors, of the type that they are stored in.

    Raises
    ------
    EmbeddingError
        If the file is damaged, holds something else, or needs more than plain arrays.
    """
    content.stream.seek(0)
    try:
        state = stored_state(content.stream, content.most)
        values = _values(path, state)
        words = _words(state, len(values))
    except EmbeddingError as error:
        message = str(error)
        raise (
            error
            if message.startswith(content.name)
            else EmbeddingError(f"{content.name}: {message}")
        ) from error
    except ValueError as error:
        raise EmbeddingError(
            f"{content.name} looks like gensim's own format but cannot be read: {error}; it may be "
            "truncated or something else: get it again"
        ) from error
    return _assemble(content.name, words, values, skip_undecodable)


def _values(path: Path, state: dict[str, Any]) -> np.ndarray:
    aside, _ = _names(state, _ASIDE), _names(state, _IGNORED)
    for attribute in _UNREADABLE:
        if names := _names(state, attribute):
            raise EmbeddingError(
                f"what lies beside it as {shown(names[0])} is no plain array, so opening it could "
                "run code and it is not opened; save the word vectors alone: "
                "KeyedVectors.save(...) after deleting that attribute"
            )
    for attribute in _VECTORS:
        if attribute in aside:
            return _read_aside(Path(f"{path}.{attribute}.npy"))
        if attribute in state:
            return noted_array(state[attribute])
    raise ValueError("it has no vectors")


def _names(state: dict[str, Any], attribute: str) -> list[str]:
    names = state.get(attribute, [])
    if not isinstance(names, list) or not all(
        isinstance(name, str) and name.isidentifier() for name in names
    ):
        raise ValueError(f"{attribute} are no names of attributes")
    return names


def _read_aside(path: Path) -> np.ndarray:
    if is_regular(path) is None:
        raise ValueError(f"it needs {shown(path)} beside it, which is not there")
    with opened(path) as content:
        try:
            return _read_npy(content.stream, content.most)
        except EmbeddingError:
            raise
        except ValueError as error:
            raise EmbeddingError(
                f"{content.name} cannot be read: {error}; it may be truncated or something else: "
                "get it again"
            ) from error


def _read_npy(stream: IO[bytes], size: int) -> np.ndarray:
    try:
        version = np.lib.format.read_magic(stream)
        read_header = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        with warnings.catch_warnings():
            # Of headers that Python 2 wrote.
            warnings.simplefilter("ignore")
            shape, fortran, dtype = read_header(stream)
    except (OSError, MemoryError):
        raise
    # The header is a dictionary in Python's words, which can be wrong in many ways.
    except Exception as error:
        raise ValueError(f"it is no .npy file of numbers ({shown(error)})") from error
    check_table(dtype, shape)
    count, rest = shape[0] * shape[1], size - stream.tell()
    if count * dtype.itemsize != rest:
        raise ValueError(f"it has {rest} bytes for an array of {shape}, not {count} numbers")
    values = np.empty(count, dtype=dtype)
    if cast(BufferedReader, stream).readinto(values.data.cast("B")) != rest:
        raise ValueError("it ends early")
    values = values.reshape(shape, order="F" if fortran else "C")
    return np.ascontiguousarray(values, dtype=dtype.newbyteorder("="))


def _words(state: dict[str, Any], count: int) -> list[str]:
    words = next((state[name] for name in _WORDS if name in state), None)
    if not isinstance(words, list):
        raise ValueError(f"its list of words is {type(words).__name__}")
    if len(words) != count:
        raise ValueError(f"it has {len(words)} words but {count} vectors")
    for number, word in enumerate(words, start=1):
        if type(word) is not str:
            raise ValueError(f"its word {number} is {type(word).__name__}, not text")
    _check_index(state, words)
    return words


def _check_index(state: dict[str, Any], words: list[str]) -> None:
    """See that words lead to their vectors."""
    index = state.get("key_to_index", state.get("vocab"))
    if not isinstance(index, dict):
        raise ValueError(f"its index of words is {type(index).__name__}")
    for word in words:
        place = index.get(word)
        if isinstance(place, Noted):
            place = place.state.get("index") if isinstance(place.state, dict) else None
        if type(place) is not int or not 0 <= place < len(words) or words[place] != word:
            raise ValueError(f"its index has another place for {shown(word)!r} than its list")


def _assemble(
    name: str, words: list[str], values: np.ndarray, skip_undecodable: bool
) -> WordVectors:
    left_out = Counts()
    index: dict[str, int] = {}
    kept = []
    for row, word in enumerate(words):
        if not _is_utf8(word):
            if not skip_undecodable:
                raise undecodable(f"{name}, word {row + 1}", word)
            left_out.undecodable += 1
        elif not word:
            left_out.unnamed += 1
        elif word in index:
            left_out.duplicates += 1
        else:
            index[word] = len(index)
            kept.append(row)
    check_left_out(name, left_out, len(words))
    if len(kept) < len(words):
        values = values[kept]
    wrong = first_not_finite(values)
    if wrong is not None:
        raise not_finite(f"{name}, word {kept[wrong] + 1}", words[kept[wrong]])
    return WordVectors(keyed_vectors(index, values, len(words)), GENSIM, left_out)


def _is_utf8(word: str) -> bool:
    try:
        word.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
