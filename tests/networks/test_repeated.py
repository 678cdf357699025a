"""Repeat coding: leaky integrate-and-fire neurons for each word, all words in every step."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from networks.neurons import LIF
from networks.pytorch.neurons import scan
from networks.pytorch.packing import Packing
from networks.repeated import RepeatedEncoder, RepeatedFiring
from networks.snnbert import DECAY, THRESHOLD


def repeated(seed, repeats=4, classes=2):
    torch.manual_seed(seed)
    shape = {"width": 8, "blocks": 2, "heads": 2, "hidden": 12, "neurons_per_class": 3}
    model = RepeatedEncoder(torch.randn(21, 5), classes, repeats=repeats, **shape)
    for layer in model.modules():
        if isinstance(layer, torch.nn.BatchNorm1d):
            torch.nn.init.uniform_(layer.running_mean, -0.3, 0.3)
            torch.nn.init.uniform_(layer.running_var, 0.5, 1.5)
    return model.double().eval()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), repeats=st.integers(1, 5), words=st.integers(1, 6))
def test_a_layer_is_leaky_integrate_and_fire_neurons_over_the_steps(seed, repeats, words):
    torch.manual_seed(seed)
    layer = RepeatedFiring(7, repeats).double().eval()
    current = 2 * torch.randn(repeats, 3 * words, 7, dtype=torch.float64)
    there = torch.ones(repeats * 3, words, dtype=torch.bool)
    fired = layer(current.flatten(0, 1), Packing(there)).unflatten(0, (repeats, -1))
    spikes, _ = scan(LIF(DECAY, THRESHOLD), current / np.sqrt(1 + layer.norm.eps))
    assert torch.equal(fired, spikes)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000))
def test_padding_and_the_place_of_a_sentence_in_a_batch_change_nothing(seed):
    model = repeated(seed)
    rng = np.random.default_rng(seed)
    sentences = [rng.integers(1, 21, size=n) for n in (3, 6, 1)]
    padded = torch.zeros(3, 9, dtype=torch.int64)
    for row, ids in zip(padded, sentences, strict=True):
        row[: len(ids)] = torch.tensor(ids)
    alone = torch.cat([model.votes(torch.tensor(ids)[None]) for ids in sentences])
    assert torch.equal(model.votes(padded), alone)


def test_order_of_words_does_not_matter_to_votes():
    # Words have no step of their own, and no place: nothing tells the first from the last.
    model = repeated(3)
    ids = torch.tensor([[4, 8, 15, 16, 2]])
    assert torch.equal(model.votes(ids), model.votes(ids.flip(1)))


@pytest.mark.parametrize("repeats", [1, 4])
def test_each_step_has_all_words(repeats):
    words, fired = repeated(0, repeats).spikes(torch.tensor([[3, 0, 5]]))
    assert words.shape == (1, 2 * repeats)
    assert words.all()
    assert {spikes.shape[1] for spikes in fired} == {2 * repeats}
    assert {int(spikes.max()) for spikes in fired} <= {0, 1}


def test_training_learns():
    model = repeated(4).float().train()
    ids = torch.tensor([[1, 2, 3], [4, 5, 6]]).repeat(8, 1)
    labels = torch.tensor([0, 1]).repeat(8)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(ids), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
