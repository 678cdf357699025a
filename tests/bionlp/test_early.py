"""Presentations that end early: the margin that is found, and all that is done with one."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from bionlp.checkpoint import load_classifier, save_classifier
from bionlp.datasets import Example
from bionlp.early import LOOKED_AT, calibrate_margin, calibrated
from bionlp.engine import Engine
from bionlp.errors import BackendError, UsageError
from bionlp.evaluation import evaluate, pytorch_counter
from bionlp.experiments.steps import operations_until, presented
from bionlp.recording import open_corpus, open_recording, take_sentence
from bionlp.simulation import simulate
from bionlp.training.stages import INPUT_SEED
from bionlp.votes import count_votes
from networks.brian import BrianNetwork, Recorder, SpikeStimulus
from networks.description.readout import ends_of
from networks.perturbation import parse
from networks.pytorch import SpikingNetwork

TEXTS = ("the film is good .", "a dull plot", "warm and fine", "a cast is cold and bad .")
NUMPY = Engine("numpy")
VOTES = np.array(  # steps, sentences, classes
    [
        [[1, 0], [0, 0], [0, 1], [0, 0]],
        [[2, 0], [1, 0], [0, 3], [1, 1]],
        [[4, 0], [1, 2], [1, 3], [1, 1]],
        [[6, 0], [1, 4], [4, 3], [1, 1]],
    ]
)


@pytest.fixture
def small(small_model):
    """Return the small classifier."""
    return load_classifier(small_model)


@pytest.mark.parametrize(
    ("margin", "ends"), [(1, [1, 2, 1, 4]), (2, [2, 4, 2, 4]), (4, [3, 4, 4, 4]), (9, [4] * 4)]
)
def test_a_presentation_ends_when_a_class_is_far_enough_ahead(margin, ends):
    assert ends_of(VOTES, margin).tolist() == ends


@pytest.mark.parametrize(
    ("labels", "margin"),
    [
        ([0, 0, 1, 0], 1),
        ([0, 1, 1, 0], 1),  # the second is lost, and the third is won
        ([0, 1, 2, 0], 2),  # the third is wrong in any case
        ([0, 1, 0, 0], 4),  # the third is wrong until its last step
    ],
)
def test_the_margin_is_the_smallest_that_has_no_fewer_right(labels, margin):
    assert calibrated(VOTES, np.array(labels)) == margin


def test_what_is_measured_of_early_ends_is_what_brian_does(small):
    model = SpikingNetwork(small.network).double().eval()
    rates = [small.read(text).rates for text in TEXTS]
    votes = presented(model, rates, 20)
    ends = ends_of(votes, 3)
    assert 1 < ends.min() < ends.max() <= 20
    shown = [
        small.draw_spikes(each, 20, seed=INPUT_SEED, sentence=number)
        for number, each in enumerate(rates)
    ]
    network = small.with_margin(3).network
    with BrianNetwork(network, SpikeStimulus(shown), backend="numpy") as brian:
        recorder = Recorder(brian, ["output"])
        brian.run(seed=0)
        counted = brian.synaptic_events()
        assert brian.durations == tuple(ends)
        found = network.voting.votes(recorder.counts("output"))
    assert np.array_equal(found, votes[ends - 1, np.arange(len(ends))])
    expected = operations_until(model, rates, ends[None])[0] * len(rates)
    assert sum(counted.values()) == expected


def test_both_engines_end_alike(small):
    # Input that is perturbed is drawn alike for both.
    early = small.perturbed(parse(["jitter=1"], seed=2)).with_margin(4)
    ids = [np.array(early.token_ids(text)) for text in (*TEXTS, "unheard")]
    torch = pytorch_counter(early, 30, seed=1)(ids)
    brian = count_votes(early, ids, steps=30, seed=1, engine=NUMPY, workers=2)
    np.testing.assert_array_equal(torch.votes, brian.votes)
    np.testing.assert_array_equal(torch.steps, brian.steps)
    assert torch.steps[-1] == 30  # silence decides nothing
    assert (torch.steps < 30).sum() == 3


def test_steps_that_are_parted_are_counted_whole(small):
    ids = [np.array(small.token_ids(text)) for text in TEXTS]
    early = small.with_margin(4)
    counted = count_votes(early, ids, steps=20, seed=1, engine=Engine("numpy", dt_ms=0.5))
    assert counted.steps.max() < 20
    assert (counted.steps % 1 == 0.5).any()
    assert (counted.votes.max(axis=1) - counted.votes.min(axis=1) >= 4).all()


def test_an_early_end_is_no_calibrated_one(small):
    assert small.calibration is not None
    early = small.with_margin(4)
    assert (early.margin, early.calibration) == (4, None)
    assert early.pace(30) == "30 steps or a margin of 4 votes"
    assert early.with_margin(None).network == small.network


def test_a_margin_is_stored_with_a_model(small, tmp_path):
    save_classifier(small.with_margin(4), tmp_path / "early")
    assert load_classifier(tmp_path / "early").margin == 4
    save_classifier(small, tmp_path / "whole")
    settings = (tmp_path / "whole" / "settings.json").read_text()
    assert "margin" not in settings  # so that older versions read it
    odd = json.loads((tmp_path / "early" / "settings.json").read_text())
    assert odd["network"]["readout"]["margin"] == 4


@pytest.fixture
def examples(small):
    """Return sentences with labels, some of them wrong, and one that nobody knows."""
    labels = (1, 0, 1, 0)
    found = [Example(text, label) for text, label in zip(TEXTS, labels, strict=True)]
    return [*found, Example("a film is bad and fine .", 1), Example("unheard", 0)]


def test_what_margins_give_is_what_evaluate_measures(small, examples):
    found = calibrate_margin(small, examples, steps=20, seed=3)
    tried = [found.chosen, found.whole, *found.looked_at]
    assert [row.margin for row in found.looked_at] == list(LOOKED_AT[: len(found.looked_at)])
    assert len(tried) > 4
    for row in tried:
        measured = evaluate(small.with_margin(row.margin), examples, steps=20, seed=3)
        assert (row.accuracy, row.steps) == (measured.accuracy, measured.steps.mean())
    assert found.whole.steps == 20
    assert found.chosen.accuracy >= found.whole.accuracy
    assert found.chosen.steps < 20
    assert calibrate_margin(small.with_margin(2), examples, steps=20, seed=3) == found


def test_the_command_finds_one_and_others_use_it(small_model, reviews, cli, tmp_path):
    data = ("--dataset", reviews / "reviews.csv")
    code, out, err = cli("margin", small_model, *data)
    assert code == 0, err
    assert "the smallest that loses nothing" in out
    margin = re.search(r"--margin (\d+)", out)[1]
    code, text, err = cli("margin", small_model, *data, "--json")
    found = json.loads(text)
    assert (code, found["margin"], found["split"]) == (0, int(margin), "dev")
    assert found["chosen"]["accuracy"] >= found["whole"]["accuracy"]

    command = ("evaluate", small_model, *data, "--split=dev", f"--margin={margin}")
    code, out, err = cli(*command)
    assert code == 0, err
    assert f"steps or a margin of {margin} votes" in out
    assert f"a presentation lasted {found['chosen']['steps']:.1f} steps on average" in out
    measured = json.loads(cli(*command, "--json")[1])
    assert (measured["accuracy"], measured["mean_steps"]) == (
        found["chosen"]["accuracy"],
        found["chosen"]["steps"],
    )
    assert (measured["margin"], measured["calibration"]) == (int(margin), None)
    counted = json.loads(cli(*command, "--backend=numpy", "--json")[1])
    assert counted["mean_steps"] == pytest.approx(measured["mean_steps"], rel=0.3)

    energy = ("energy", small_model, *data, "--limit=5", "--backend=numpy", "--json")
    whole, early = (json.loads(cli(*energy, *more)[1]) for more in ((), ("--margin=4",)))
    share = early["mean_steps"] / whole["mean_steps"]
    assert share < 0.9
    operations = early["synaptic_operations"] / whole["synaptic_operations"]
    assert operations == pytest.approx(share, rel=0.2)
    assert early["neuron_updates"] < whole["neuron_updates"]

    code, out, err = cli("validate", small_model, "--backend=numpy", "--margin=4", "--json")
    assert (code, json.loads(out)["differing"]) == (0, 0), err
    assert json.loads(out)["margin"] == 4
    code, out, err = cli("predict", small_model, TEXTS[0], "--margin=4", "--json")
    (answer,) = json.loads(out)["answers"]
    assert 1 <= answer["steps"] < 50
    assert max(answer["votes"].values()) >= 4
    code, out, err = cli("predict", small_model, TEXTS[0], "--margin=4")
    assert f" {answer['steps']:g} " in out
    assert "ended by a margin of 4" in err


def test_recordings_end_when_presentations_do(small, small_model, cli, tmp_path):
    texts = (TEXTS[0], TEXTS[1], "a film is bad and fine .")
    whole = simulate(small, texts, steps=30, seed=2, engine=NUMPY)
    code, out, err = cli(
        *("simulate", small_model, *texts, "--steps=30", "--seed=2", "--margin=4"),
        *("--backend=numpy", "--figures=raster,traces", "--out", tmp_path),
    )
    assert code == 0, err
    assert "ended by a margin of 4" in out
    lengths = []
    for number, expected in enumerate(whole, start=1):
        found = open_recording(tmp_path / f"small-0{number}" / "recording.nc")
        assert found.attrs["margin"] == 4
        steps = found.attrs["steps"]
        lengths.append(steps)
        for layer in found.attrs["layers"]:
            shown = expected[layer]["spikes"].values[:steps]
            np.testing.assert_array_equal(found[layer]["spikes"].values, shown)
    assert min(lengths) < max(lengths) <= 30
    assert f"{min(lengths)}-{max(lengths)} steps" in out
    assert "margin" not in whole[0].attrs


def test_a_corpus_says_how_long_each_presentation_was(small_model, reviews, cli, tmp_path):
    store = tmp_path / "early.zarr"
    command = ("record", small_model, "--dataset", reviews / "reviews.csv", "--limit=6")
    options = ("--backend=numpy", "--steps=20", "--margin=4", "--out", store)
    code, _, err = cli(*command, *options)
    assert code == 0, err
    corpus = open_corpus(store)
    steps = corpus["steps"].values
    assert 1 <= steps.min() < steps.max() <= 20
    early = load_classifier(small_model).with_margin(4)
    texts = corpus["text"].values.tolist()
    for number, expected in enumerate(simulate(early, texts, steps=20, seed=0, engine=NUMPY)):
        found = take_sentence(corpus, number)
        assert found.attrs["steps"] == expected.attrs["steps"] == steps[number]
        for layer in found.attrs["layers"]:
            assert np.array_equal(found[layer]["spikes"], expected[layer]["spikes"])
    # It goes on where it was, and with this margin alone.
    code, _, err = cli(*command, *options)
    assert code == 0, err
    code, _, err = cli(*command, *options, "--margin=5")
    assert code != 0
    assert "margin is 4 there, and now 5" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("margin", "--split=test"), "a margin is chosen on dev, and judged on test; take dev"),
        (("margin", "--split=train"), "the model has learned from the train part; take dev"),
        (("margin", "--split=all"), "the model has learned from a part of"),
        (("evaluate", "--margin=0"), "--margin"),
        (("evaluate", "--margin=3", "--synapses=stock"), "margin of votes with shared weights"),
    ],
)
def test_what_a_margin_is_not_for(arguments, said, small_model, reviews, cli):
    command, *options = arguments
    code, out, err = cli(command, small_model, "--dataset", reviews / "reviews.csv", *options)
    assert (code in (UsageError.exit_code, BackendError.exit_code), out) == (True, "")
    assert said in " ".join(err.split())


def test_replays_tell_of_ends_that_differ(small):
    from bionlp.validation import compare_with_pytorch

    early = small.with_margin(4)
    spikes = small.draw_spikes(small.read(TEXTS[0]).rates, 30, seed=0)
    own = SpikingNetwork(early.network).double().eval().activity(spikes)
    (same,) = compare_with_pytorch(early.network, [own], [spikes])
    assert not any(layer.differing for layer in same.values())
    longer = SpikingNetwork(small.with_margin(6).network).double().eval().activity(spikes)
    assert len(longer["input"].spikes) > len(own["input"].spikes)
    (found,) = compare_with_pytorch(early.network, [longer], [spikes])
    assert found["input"].differing == longer["input"].spikes.sum() - own["input"].spikes.sum()


def test_a_stock_network_is_refused_in_a_line(small):
    ids = [np.array(small.token_ids(TEXTS[0]))]
    engine = replace(NUMPY, synapses="stock")
    with pytest.raises(BackendError, match="give no margin"):
        count_votes(small.with_margin(3), ids, steps=5, seed=0, engine=engine)
    with pytest.raises(UsageError, match="the margin of votes must be a whole number"):
        small.with_margin(0)
