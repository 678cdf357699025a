"""The spiking encoder, and the description that it folds into."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from networks.description import choose_inputs
from networks.folding import fold
from networks.pytorch import SpikingNetwork
from networks.snnbert import Firing
from tests.networks.encoders import encoder


def shown(ids, words):
    spikes = np.zeros((len(ids), words, 1), dtype=bool)
    spikes[np.arange(len(ids)), np.asarray(ids) - 1] = True
    return spikes


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 1000),
    causal=st.booleans(),
    blocks=st.integers(1, 2),
    heads=st.sampled_from([1, 4]),
    length=st.integers(1, 9),
)
def test_the_description_fires_as_the_model_does(seed, causal, blocks, heads, length):
    model = encoder(seed, causal=causal, blocks=blocks, heads=heads)
    network = fold(model)
    ids = np.random.default_rng(seed).integers(1, 21, size=length)
    _, fired = model.double().spikes(torch.tensor(ids)[None])
    activity = SpikingNetwork(network).double().eval().activity(shown(ids, 20))
    names = [population.name for population in network.populations[1:]]
    for name, spikes in zip(names, fired, strict=True):
        # Weights are folded and kept in single precision: a membrane at its threshold may cross it.
        differing = (activity[name].spikes != spikes[0].bool().numpy()).sum()
        assert differing <= 1e-3 * spikes.numel(), name
    votes = model.votes(torch.tensor(ids)[None])[0]
    assert votes.tolist() == pytest.approx(
        network.readout.votes(activity["output"].spikes.sum(axis=0)[None])[0], abs=1
    )


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), causal=st.booleans())
def test_padding_and_the_place_of_a_sentence_in_a_batch_change_nothing(seed, causal):
    model = encoder(seed, causal=causal).double()
    rng = np.random.default_rng(seed)
    sentences = [rng.integers(1, 21, size=n) for n in (3, 7, 1)]
    padded = torch.zeros(3, 9, dtype=torch.int64)
    for row, ids in zip(padded, sentences, strict=True):
        row[: len(ids)] = torch.tensor(ids)
    alone = torch.cat([model.votes(torch.tensor(ids)[None]) for ids in sentences])
    assert torch.equal(model.votes(padded), alone)


def test_what_is_no_word_has_no_step():
    model = encoder(0)
    with_gaps = torch.tensor([[3, 0, 0, 5, 0, 9]])
    assert torch.equal(model.votes(with_gaps), model.votes(torch.tensor([[3, 5, 9]])))


def test_a_causal_model_answers_for_each_beginning_as_if_it_were_all():
    model = encoder(1, causal=True).double()
    ids = torch.tensor([[4, 8, 15, 16, 2]])
    _, whole = model.spikes(ids)
    _, beginning = model.spikes(ids[:, :3])
    for all_steps, some in zip(whole, beginning, strict=True):
        assert torch.equal(all_steps[:, :3], some)


def test_one_that_looks_both_ways_does_not():
    model = encoder(1).double()
    ids = torch.tensor([[4, 8, 15, 16, 2]])
    whole, beginning = model.spikes(ids)[1], model.spikes(ids[:, :3])[1]
    assert any(not torch.equal(a[:, :3], b) for a, b in zip(whole, beginning, strict=True))


def test_the_table_of_words_is_one_for_all_readers():
    network = fold(encoder(2))
    tables = [c.links[0] for c in network.connections if c.sources == ("words",)]
    assert len(tables) == 5
    assert all(table is tables[0] for table in tables)
    chosen = choose_inputs(network, np.array([7, 3]))
    kept = [c.links[0] for c in chosen.connections if c.sources == ("words",)]
    assert all(table is kept[0] for table in kept)
    assert np.array_equal(kept[0].weight, tables[0].weight[:, [7, 3]])


def test_fewer_words_give_the_same_spikes():
    network, ids = fold(encoder(3)), np.array([5, 2, 5, 9])
    used = np.unique(ids)
    whole = SpikingNetwork(network).double().eval().activity(shown(ids, 20))
    own = shown(1 + np.searchsorted(used, ids), len(used))
    part = SpikingNetwork(choose_inputs(network, used - 1)).double().eval().activity(own)
    for name in whole.keys() - {"words"}:
        assert np.array_equal(whole[name].spikes, part[name].spikes)


def test_inputs_that_are_not_heard_through_a_table_cannot_be_chosen(tmp_path):
    from tests.networks.graphs import GRAPHS

    network = next(iter(GRAPHS.values()))
    network = network() if callable(network) else network
    with pytest.raises(ValueError, match="not one neuron a position|dense"):
        choose_inputs(network, np.array([0]))


def test_training_learns_and_keeps_thresholds_positive():
    model = encoder(4, classes=2).train()
    with torch.no_grad():
        model.last.threshold.fill_(0.011)
    ids = torch.tensor([[1, 2, 3], [4, 5, 6]]).repeat(8, 1)
    labels = torch.tensor([0, 1]).repeat(8)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(ids), labels)
        loss.backward()
        optimizer.step()
        model.constrain()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
    layers = [layer for layer in model.modules() if isinstance(layer, Firing)]
    assert all((layer.threshold > 0).all() for layer in layers)


@pytest.mark.parametrize("ids", [[[3]], [[0, 0]]])
def test_a_batch_of_one_word_or_none_can_be_learnt_from(ids):
    model = encoder(7).train()
    loss = model(torch.tensor(ids)).sum()
    loss.backward()
    assert loss.isfinite()
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


def test_the_twin_has_the_same_weights_and_no_spikes():
    model, twin = encoder(5), encoder(5, spiking=False)
    assert model.state_dict().keys() == twin.state_dict().keys()
    _, answers = twin.spikes(torch.tensor([[1, 2, 3]]))
    assert not all(((layer == 0) | (layer == 1)).all() for layer in answers)
    assert all((layer >= 0).all() for layer in answers)


def test_heads_divide_the_width():
    with pytest.raises(ValueError, match="cannot be divided among 3 heads"):
        encoder(0, heads=3)
