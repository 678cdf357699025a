"""Direct training: spikes are drawn, and the rates that they are drawn with learn from them."""

import numpy as np
import pytest
import torch

from bionlp.training.batches import Encoded, batches
from bionlp.training.stages import DirectStage
from bionlp.vocabulary import PADDING
from networks import SpikingNetwork, TailoredTextCNN, convert

WORDS, FEATURES = 6, 5


@pytest.fixture
def stage():
    torch.manual_seed(0)
    rates = torch.rand(WORDS + 1, FEATURES)
    rates[PADDING] = 0
    network = convert(TailoredTextCNN(rates, 2, 7, widths=(2, 3), maps=4, gain=5.0))
    return DirectStage(
        SpikingNetwork(network, dropout=0.0),
        rates.numpy(),
        embedding_rate=0.05,
        steps=20,
        training_steps=20,
    )


@pytest.fixture
def sentences():
    ids = [np.array([1, 2, 3, 1]), np.array([2, 4, PADDING, 3])]
    return Encoded(ids, np.array([0, 1]))


def test_only_the_words_of_a_batch_move_and_stay_rates(stage, sentences):
    before = stage.rates
    (batch,) = batches(sentences, 2)
    weights, words = stage.optimizers(0.01)
    torch.manual_seed(1)
    for _ in range(30):
        stage.loss(batch).backward()
        weights.step()
        words.step()
        stage.model.zero_grad()
        stage.after_step()
    moved = np.flatnonzero(np.any(stage.rates != before, axis=1))
    assert moved.tolist() == [1, 2, 3, 4]
    assert stage.rates.min() == 0
    assert stage.rates.max() == 1


def test_a_rate_learns_what_its_spike_would(stage, sentences):
    """With rates of 0 and 1 the spikes are the rates, and so are their gradients."""
    with torch.no_grad():
        stage.model["embedding"].weight.round_()
    (batch,) = batches(sentences, 2)
    loss = stage.loss(batch)
    loss.backward()
    table = stage.model["embedding"].weight
    spikes = table.detach()[torch.from_numpy(batch.ids)].expand(20, -1, -1, -1).clone()
    spikes.requires_grad_()
    same = torch.nn.functional.cross_entropy(
        stage.spiking(spikes).mean(0), torch.from_numpy(batch.labels)
    )
    same.backward()
    assert loss.item() == same.item()
    expected = torch.zeros_like(table)
    expected.index_add_(0, torch.from_numpy(batch.ids).flatten(), spikes.grad.sum(0).flatten(0, 1))
    expected[PADDING] = 0
    assert expected.abs().sum() > 0
    torch.testing.assert_close(table.grad.to_dense(), expected)


def test_rates_are_those_that_are_stored(stage, sentences):
    levels = stage.rates * 255
    np.testing.assert_array_equal(levels, np.rint(levels))
    labels, votes = stage.predictions(sentences)
    assert labels.shape == (2,)
    assert votes.sum() > 0
