"""Reading word vectors in any of the usual formats.

The format is told from the content (``formats``), then one reader reads it: ``word2vec`` text and
binary, ``gensim_format`` what gensim itself stores. None of them runs anything that a file holds.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bionlp.embeddings.formats import GENSIM, detect_layout
from bionlp.embeddings.gensim_format import read_stored
from bionlp.embeddings.opening import is_regular, opened, refuse_irregular, shown
from bionlp.embeddings.table import WordVectors
from bionlp.embeddings.word2vec import read_rows
from bionlp.errors import AbsentEmbeddingError

if TYPE_CHECKING:
    from gensim.models import KeyedVectors

EMBEDDINGS_VARIABLE = "BIONLP_EMBEDDINGS_DIR"

# The families of vectors that gensim.downloader offers; its other names are corpora. Asking only
# for these keeps a misspelt file name from reaching for the network.
_DOWNLOADABLE = ("conceptnet-", "fasttext-", "glove-", "word2vec-")


def load_word_vectors(source: str | Path, *, skip_undecodable: bool = False) -> KeyedVectors:
    """Load word vectors from a file or, by a name that gensim knows, from the network.

    Parameters
    ----------
    source : str or Path
        A file: word2vec binary or text, GloVe text (each also gzipped), or gensim's own format. A
        bare name is also looked up in the folder that the environment variable
        ``BIONLP_EMBEDDINGS_DIR`` names. Else a name of ``gensim.downloader``, such as
        ``glove-wiki-gigaword-300``.
    skip_undecodable : bool, optional
        Leave out words that are not UTF-8, instead of refusing the file.

    Returns
    -------
    gensim.models.KeyedVectors
        The words and their vectors; of a word that occurs more than once, the first vector.

    Raises
    ------
    EmbeddingError
        If there is no such file or name, or the file is truncated or of another kind.

    Examples
    --------
    >>> from bionlp import load_word_vectors
    >>> with open("vectors.txt", "w") as file:
    ...     print("good 0.5 1.0", file=file)
    ...     print("bad -0.5 -1.0", file=file)
    >>> load_word_vectors("vectors.txt")["good"].tolist()
    [0.5, 1.0]
    """
    return read_word_vectors(source, skip_undecodable=skip_undecodable).vectors


def read_word_vectors(source: str | Path, *, skip_undecodable: bool = False) -> WordVectors:
    """Load word vectors and tell their format and what was left out.

    Parameters
    ----------
    source : str or Path
        As for :func:`load_word_vectors`.
    skip_undecodable : bool, optional
        As for :func:`load_word_vectors`.

    Returns
    -------
    WordVectors
        The vectors, the format, and the numbers of rows that were left out.

    Raises
    ------
    EmbeddingError
        As for :func:`load_word_vectors`.
    """
    path = find_word_vectors(source) or _download(str(source))
    with opened(path) as content:
        layout = detect_layout(content)
        if layout.kind == GENSIM:
            return read_stored(path, content, skip_undecodable)
        return read_rows(content, layout, skip_undecodable)


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
    regular = [is_regular(candidate) for candidate in candidates]
    if True in regular:
        return candidates[regular.index(True)]
    if str(source).startswith(_DOWNLOADABLE) and not path.suffix:
        return None
    if False in regular:
        refuse_irregular(candidates[regular.index(False)])
    raise AbsentEmbeddingError(
        f"there are no word vectors {shown(path)}; give a file, or a name of gensim's such as "
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
    with opened(path) as content:
        return detect_layout(content).kind


def _download(name: str) -> Path:
    import gensim.downloader

    try:
        # It reports its progress on standard output, which belongs to results. Only the path is
        # asked for: else it would run a program that it downloaded with the vectors.
        with contextlib.redirect_stdout(sys.stderr):
            return Path(gensim.downloader.load(name, return_path=True))
    except (OSError, ValueError) as error:
        raise AbsentEmbeddingError(
            f"there is no file {name}, and gensim cannot download it: {shown(error)}"
        ) from error
