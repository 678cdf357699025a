"""Sentences of different lengths, without their padding.

    packed[i] = padded[step(i), sentence(i)]    for each word i, sentence after sentence

Whatever treats each word by itself, such as weights, normalisation and dropout, costs as many rows
as there are words. Only what passes from word to word needs steps that all sentences have.
"""

from __future__ import annotations

import torch
from torch import Tensor


class Packing:
    """Which steps of the sentences of a batch have a word.

    Parameters
    ----------
    words : Tensor of bool, shape (batch, steps)
        Which.
    """

    def __init__(self, words: Tensor):
        self.words = words
        sentences, steps = torch.nonzero(words, as_tuple=True)
        self._rows = steps * len(words) + sentences

    def pack(self, padded: Tensor) -> Tensor:
        """Leave the padding out, shape (steps, batch, ...) to (words, ...)."""
        return padded.flatten(0, 1).index_select(0, self._rows)

    def pad(self, packed: Tensor) -> Tensor:
        """Put zeros where there is no word, shape (words, ...) to (steps, batch, ...)."""
        padded = packed.new_zeros(self.words.numel(), *packed.shape[1:])
        padded.index_copy_(0, self._rows, packed)
        return padded.view(self.words.shape[1], len(self.words), *packed.shape[1:])
