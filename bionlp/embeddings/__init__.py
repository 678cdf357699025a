"""Word vectors: reading those of others, training one's own, and turning them into rates.

``loading`` reads the usual file formats, ``shift`` maps a table of vectors into [0, 1], and
``training`` makes vectors from text where none can be had.
"""

from bionlp.embeddings.loading import (
    detect_format,
    find_word_vectors,
    load_word_vectors,
    read_word_vectors,
)
from bionlp.embeddings.shift import positive_shift, table_moments
from bionlp.embeddings.table import Counts, WordVectors
from bionlp.embeddings.training import save_word_vectors, train_word_vectors

__all__ = [
    "Counts",
    "WordVectors",
    "detect_format",
    "find_word_vectors",
    "load_word_vectors",
    "positive_shift",
    "read_word_vectors",
    "save_word_vectors",
    "table_moments",
    "train_word_vectors",
]
