"""Sentences without their padding."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from networks.pytorch.packing import Packing


@given(arrays(bool, array_shapes(min_dims=2, max_dims=2)), st.integers(1, 3))
def test_what_is_packed_is_words_sentence_after_sentence_and_padding_is_zero(words, neurons):
    batch, steps = words.shape
    padded = 1.0 + np.arange(steps * batch * neurons).reshape(steps, batch, neurons)
    packing = Packing(torch.tensor(words))
    packed = packing.pack(torch.tensor(padded))
    expected = [padded[t, b] for b in range(batch) for t in range(steps) if words[b, t]]
    assert np.array_equal(packed, np.array(expected).reshape(-1, neurons))
    assert np.array_equal(packing.pad(packed), np.where(words.T[..., None], padded, 0))


def test_gradients_reach_words_alone():
    packing = Packing(torch.tensor([[True, False], [True, True]]))
    packed = torch.ones(3, 2, requires_grad=True)
    (packing.pad(packed) * torch.arange(8.0).reshape(2, 2, 2)).sum().backward()
    assert packed.grad.tolist() == [[0, 1], [2, 3], [6, 7]]
    padded = torch.ones(2, 2, 1, requires_grad=True)
    packing.pack(padded).sum().backward()
    assert padded.grad[..., 0].tolist() == [[1, 1], [0, 1]]
