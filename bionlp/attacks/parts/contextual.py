"""Candidates that know the sentence: words that a language model would put at a place.

``masked-lm``  BERT-Attack (Li et al. 2020): the sentence goes into a masked language model as it
               is, nothing masked, and the words that its head finds likeliest at the place are
               taken. Any model that ``transformers`` loads will do, from a folder or by a name.
``minilm``     all-MiniLM-L6-v2, which has no such head: the last state at the place is compared
               with the model's own input vectors of all words, by cosine. Not BERT-Attack, but
               near it: ``funny`` gives humorous, amusing, hilarious.

Words of one piece of the model's vocabulary only are replaced and proposed. One pass through the
model serves all places of a sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from bionlp.attacks.parts.candidates import NUMBER, admissible
from bionlp.language_models import MINILM, Transformer, find_model

_SPARE = 4
"""So many times as many words are looked at as are asked for; some are not one word."""
_SENTENCES = 1 << 12


class Contextual:
    """Words that a model finds fit for a place.

    Parameters
    ----------
    transformer : Transformer
        The model.
    name : {"masked-lm", "minilm"}
        How it is asked: by its head, or by its input vectors.
    language : {"en", "zh"}
        The language.
    number : int, optional
        So many at most.
    """

    def __init__(self, transformer: Transformer, name: str, language: str, *, number: int = NUMBER):
        self.name = name
        self._transformer, self._language, self._number = transformer, language, number
        self._ranked = lru_cache(maxsize=_SENTENCES)(self._rank)

    def propose(self, words: Sequence[str], place: int) -> list[str]:
        """Propose words that fit, see :class:`~bionlp.attacks.parts.Candidates`."""
        ranked = self._ranked(tuple(words))[place]
        return admissible(ranked, words[place], self._language, self._number)

    def _rank(self, words: tuple[str, ...]) -> list[list[str]]:
        output, pieces = self._transformer.output(words)
        asked = [piece for piece in pieces if piece is not None]
        if not asked:
            return [[] for _ in words]
        # One more, since the likeliest word is mostly the one that stands there.
        most = min(_SPARE * self._number + 1, len(self._ids))
        scores = self._scores(output, asked)
        best = np.argpartition(-scores, most - 1, axis=1)[:, :most]
        best = np.take_along_axis(
            best, np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable"), 1
        )
        rows = iter(best.tolist())
        return [
            [] if piece is None else [self._vocabulary[entry] for entry in next(rows)]
            for piece in pieces
        ]

    def _scores(self, output: Any, asked: list[int]) -> np.ndarray:
        """Return how well each word of the vocabulary fits each piece that is asked about."""
        if self.name == "masked-lm":
            return output.logits[0, asked].numpy()[:, self._ids]
        states = output.last_hidden_state[0, asked].numpy()
        return states @ self._inputs.T

    @cached_property
    def _inputs(self) -> np.ndarray:
        """The input vectors of the vocabulary, of length 1."""
        vectors = self._transformer.model.get_input_embeddings().weight.detach().numpy()[self._ids]
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    @cached_property
    def _ids(self) -> np.ndarray:
        return np.array([number for _, number in self._entries])

    @cached_property
    def _vocabulary(self) -> list[str]:
        return [word for word, _ in self._entries]

    @cached_property
    def _entries(self) -> list[tuple[str, int]]:
        """Whole words of the vocabulary and their numbers, by number."""
        tokenizer = self._transformer.tokenizer
        special = set(tokenizer.all_special_ids)
        found = []
        for piece, number in tokenizer.get_vocab().items():
            word = _whole_word(piece, tokenizer)
            if number not in special and word is not None:
                found.append((word, number))
        return sorted(found, key=lambda entry: entry[1])


def _whole_word(piece: str, tokenizer: object) -> str | None:
    """Return the word that a piece of the vocabulary is, if it is a whole one."""
    begins = piece.startswith(("Ġ", "▁"))
    word = piece[1:] if begins else piece
    if piece.startswith("##") or not word.isalpha() or word != word.lower():
        return None
    return word


def open_contextual(name: str, source: str | None, language: str, number: int) -> Contextual:
    """Open a language model as candidates.

    Parameters
    ----------
    name : {"masked-lm", "minilm"}
        How it is asked.
    source : str or None
        A folder, or a name that ``transformers`` knows; all-MiniLM-L6-v2's own if ``None``, which
        ``masked-lm`` cannot do with.
    language : {"en", "zh"}
        The language.
    number : int
        So many words at most.

    Returns
    -------
    Contextual
        It.

    Raises
    ------
    PartError
        If the model cannot be opened.
    """
    model = Transformer(
        find_model(MINILM if source is None else source),
        masked=name == "masked-lm",
    )
    return Contextual(model, name, language, number=number)
