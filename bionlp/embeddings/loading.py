"""Reading word vectors in any of the usual formats.

The format is told from the content, since suffixes lie: gensim's own files begin with the byte of
a pickle; word2vec files with a line of two integers, the words and the dimension, after which
comes text or binary; GloVe files have no such line.

gensim's own format can carry code. A file whose pickle names anything but word vectors and arrays
is refused before gensim opens it.
"""

import contextlib
import gzip
import os
import pickle
import sys
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from bionlp.errors import EmbeddingError

if TYPE_CHECKING:
    from gensim.models import KeyedVectors

EMBEDDINGS_VARIABLE = "BIONLP_EMBEDDINGS_DIR"
GENSIM, BINARY, TEXT, GLOVE = "gensim", "word2vec binary", "word2vec text", "GloVe text"

# The families of vectors that gensim.downloader offers; its other names are corpora. Asking only
# for these keeps a misspelt file name from reaching for the network.
_DOWNLOADABLE = ("conceptnet-", "fasttext-", "glove-", "word2vec-")

_HEAD_BYTES = 1 << 16
_PICKLE_START = b"\x80"
_FLOAT_BYTES = 4
# The least that one value takes: a digit and a blank.
_TEXT_BYTES = 2

_HARMLESS = {
    *(
        ("gensim.models.keyedvectors", name)
        for name in ("KeyedVectors", "Word2VecKeyedVectors", "EuclideanKeyedVectors", "Vocab")
    ),
    *(
        (f"numpy.{core}.{module}", name)
        for core in ("core", "_core")
        for module, name in (
            ("multiarray", "_reconstruct"),
            ("multiarray", "scalar"),
            ("numeric", "_frombuffer"),
        )
    ),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),
}


def load_word_vectors(source: str | Path) -> "KeyedVectors":
    """Load word vectors from a file or, by a name that gensim knows, from the network.

    Parameters
    ----------
    source : str or Path
        A file: word2vec binary or text, GloVe text (each also gzipped, ending in ``.gz``), or
        gensim's own format. A bare name is also looked up in the folder that the environment
        variable ``BIONLP_EMBEDDINGS_DIR`` names. Else a name of ``gensim.downloader``, such
        as ``glove-wiki-gigaword-300``.

    Returns
    -------
    gensim.models.KeyedVectors
        The words and their vectors.

    Raises
    ------
    EmbeddingError
        If there is no such file or name, or the file is truncated or of another kind.
    """
    path = find_word_vectors(source)
    if path is None:
        return _download(str(source))
    kind = detect_format(path)
    try:
        vectors = _read(path, kind)
    except _UNREADABLE as error:
        raise EmbeddingError(
            f"{path} looks like {kind} but cannot be read ({error}); it may be truncated: "
            "get it again"
        ) from error
    if not len(vectors):
        raise EmbeddingError(f"{path} has no words; get it again")
    return vectors


def find_word_vectors(source: str | Path) -> Path | None:
    """Find the file that a source means.

    Parameters
    ----------
    source : str or Path
        As for :func:`load_word_vectors`.

    Returns
    -------
    Path or None
        The file, or ``None`` if there is none but gensim may know the name.

    Raises
    ------
    EmbeddingError
        If there is neither.
    """
    path = Path(source)
    folder = os.environ.get(EMBEDDINGS_VARIABLE)
    candidates = [path]
    if folder and path.name == str(source):
        candidates.append(Path(folder) / path)
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    if str(source).startswith(_DOWNLOADABLE) and not path.suffix:
        return None
    raise EmbeddingError(
        f"there are no word vectors {source}; give a file, or a name of gensim's such as "
        "glove-wiki-gigaword-300"
    )


def detect_format(path: Path) -> str:
    """Tell the format of a file of word vectors from its content.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    {"gensim", "word2vec binary", "word2vec text", "GloVe text"}
        The format.

    Raises
    ------
    EmbeddingError
        If the file cannot be read, is none of these, or is shorter than it says.
    """
    try:
        with _open(path) as stream:
            head = stream.read(_HEAD_BYTES)
    except _UNREADABLE as error:
        raise EmbeddingError(f"cannot read {path}: {error}") from error
    if head.startswith(_PICKLE_START):
        return GENSIM
    first, _, rest = head.partition(b"\n")
    shape = _header(first)
    if shape is None:
        if _is_text_row(first):
            return GLOVE
        raise EmbeddingError(
            f"{path} is no file of word vectors; give word2vec binary or text, GloVe text, or "
            "gensim's own format"
        )
    kind = TEXT if _is_text_row(rest.partition(b"\n")[0], shape[1]) else BINARY
    _check_length(path, kind, *shape)
    return kind


def _read(path: Path, kind: str) -> "KeyedVectors":
    from gensim.models import KeyedVectors

    if kind == GENSIM:
        _refuse_code(path)
        return KeyedVectors.load(str(path))
    return KeyedVectors.load_word2vec_format(
        str(path), binary=kind == BINARY, no_header=kind == GLOVE
    )


class _VectorUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _HARMLESS:
            return super().find_class(module, name)
        raise EmbeddingError(
            f"a pickle with {module}.{name} in it is more than word vectors and not opened; "
            "of a gensim model save only its word vectors: model.wv.save(...)"
        )


def _refuse_code(path: Path) -> None:
    """Read the pickle once with nothing but word vectors allowed."""
    with path.open("rb") as stream:
        try:
            _VectorUnpickler(stream).load()
        except EmbeddingError as error:
            raise EmbeddingError(f"{path}: {error}") from error


def _download(name: str) -> "KeyedVectors":
    import gensim.downloader

    try:
        # It reports its progress on standard output, which belongs to results.
        with contextlib.redirect_stdout(sys.stderr):
            return gensim.downloader.load(name)
    except (OSError, ValueError) as error:
        raise EmbeddingError(
            f"there is no file {name}, and gensim cannot download it: {error}"
        ) from error


def _header(line: bytes) -> tuple[int, int] | None:
    fields = line.split()
    if len(fields) == 2 and all(field.isdigit() for field in fields):
        return int(fields[0]), int(fields[1])
    return None


def _is_text_row(line: bytes, dimension: int | None = None) -> bool:
    """Tell whether a line is a word and its values, of a given dimension if one is known."""
    try:
        fields = line.decode("utf-8").rstrip().split(" ")
        values = [float(field) for field in fields[1:]]
    except ValueError:
        return False
    return bool(values) and (dimension is None or len(values) == dimension)


def _check_length(path: Path, kind: str, words: int, dimension: int) -> None:
    # A header can ask for any amount of memory, so it must agree with the file first.
    if path.suffix == ".gz":
        return
    value_bytes = _FLOAT_BYTES if kind == BINARY else _TEXT_BYTES
    if words * dimension * value_bytes > path.stat().st_size:
        raise EmbeddingError(
            f"{path} is too short for the {words} words of dimension {dimension} that it "
            "announces; it is truncated or no file of word vectors: get it again"
        )


def _open(path: Path) -> IO[bytes]:
    return (gzip.open if path.suffix == ".gz" else open)(path, "rb")


_UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    MemoryError,
    AttributeError,
    IndexError,
    KeyError,
    TypeError,
    ImportError,
    pickle.UnpicklingError,
    zlib.error,
)
"""What gensim and pickle raise on files that are damaged or of another kind."""
