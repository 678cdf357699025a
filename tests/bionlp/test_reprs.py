"""What objects look like: what matters of them in a line, and no array."""

import brian2
import numpy as np
import pytest
import torch

import bionlp
from analysis import Relevance, relevance
from analysis.calibration import reliability
from analysis.comparison import Difference
from bionlp.scores import Evaluation
from bionlp.validation import Replay
from bionlp.vocabulary import Vocabulary
from networks.brian import (
    BrianNetwork,
    ConvolutionalSynapses,
    Job,
    PoissonStimulus,
    PoolingSynapses,
    Recorder,
    SpikeStimulus,
)
from networks.brief import LONGEST, Brief, brief
from networks.description import Connection, Network, Population, Votes
from networks.intervention import Intervention
from networks.neurons import LIF, Input
from networks.perturbation import parse
from networks.transforms import Chain, Dense, Flattening


@pytest.fixture(scope="module")
def network():
    return Network(
        (Population("input", (1, 5), Input()), Population("out", (2,), LIF(decay=0.5))),
        (Connection(("input",), "out", Dense(np.ones((2, 5)))),),
        Votes("out", 2),
    )


def test_a_description_shows_no_weights(network):
    assert repr(network.connections[0]) == (
        "Connection(sources=('input',), target='out', transform=Dense(weight=<float64 (2, 5)>))"
    )
    assert repr(network["out"]) == "Population(name='out', shape=(2,), neuron=LIF(decay=0.5))"
    assert repr(network) == (
        "<Network of input 1x5 Input, out 2 LIF; 1 connections; Votes(population='out', groups=2)>"
    )
    chain = Chain((Dense(np.ones((2, 5), dtype=np.float32)), Flattening()))
    assert repr(chain) == "Chain(links=(Dense(weight=<float32 (2, 5)>), Flattening()))"
    assert repr(LIF(threshold=np.ones(3))) == "LIF(threshold=<float64 (3,)>)"


def test_a_classifier_names_its_classes_and_sizes(make_classifier):
    classifier = bionlp.load_classifier("mr")
    assert repr(classifier) == (
        "<TextClassifier 'mr' (en), 2 classes ('negative', 'positive'), 20,000 words, "
        "22,820 neurons in 8 layers>"
    )
    many = repr(make_classifier(classes=7))
    assert "7 classes ('class 0', 'class 1', 'class 2', 'class 3', 'class 4', ...)" in many
    changed = classifier.perturbed(parse(["bits=4"], seed=3))
    changed = changed.intervened([Intervention("silence", "output", start=3)])
    assert repr(changed).endswith("8 layers, perturbed: bits=4 (seed 3), 1 interventions>")


def test_a_text_and_its_words_are_cut():
    classifier = bionlp.load_classifier("mr")
    assert repr(classifier.read("a good film")) == (
        "Sentence(text='a good film', words=('a', 'good', 'film'), ids=<int64 (3,)>, "
        "rates=<float64 (3, 300)>, unknown=(), cut=0)"
    )
    long = repr(classifier.read("film " * 60))
    assert "... 39 in all)" in long
    assert len(long) < 300
    assert repr(bionlp.Example("x" * 300, 1)) == f"Example(text='{'x' * LONGEST}'..., label=1)"
    assert repr(Vocabulary("abc")) == "<Vocabulary of 3 words>"
    dataset = bionlp.Dataset("d", "en", ("no", "yes"), (bionlp.Example("a", 0),), (), ())
    assert repr(dataset) == "<Dataset 'd' (en), 1 train, 0 dev, 0 test, 2 classes>"


def test_settings_show_what_is_not_as_by_default():
    assert repr(bionlp.TrainingSettings()) == "TrainingSettings()"
    assert repr(bionlp.TrainingSettings(maps=20, length=9)) == (
        "TrainingSettings(length=9, maps=20)"
    )


def test_results_show_what_they_came_to():
    labels, given = np.array([0, 1, 1]), np.array([0, -1, 0])
    assert repr(Evaluation(labels, given)) == "<Evaluation of 3 sentences: 1 right, 1 undecided>"
    differences = [{"input": Difference(1200, 0)}, {"input": Difference(30, 2)}]
    assert repr(Replay("numpy", differences, [])) == (
        "<Replay of 2 sentences on numpy: 1,230 spikes, 2 differing>"
    )
    found = relevance(np.array([3, 9]), np.array([[3, 5], [4, 4]]))
    assert isinstance(found, Relevance)
    assert repr(found) == "Relevance(label=1, rival=0, margin=6, words=<int64 (2,)>)"
    assert repr(reliability(np.array([0.5]), np.array([True]), bins=2)) == (
        "Reliability(edges=<float64 (3,)>, counts=<int64 (2,)>, confidence=<float64 (2,)>, "
        "accuracy=<float64 (2,)>)"
    )


def test_networks_in_brian_show_what_runs_and_what_is_recorded(network):
    stimulus = SpikeStimulus([np.ones((3, 1, 5), dtype=bool), np.zeros((4, 1, 5), dtype=bool)])
    assert repr(stimulus) == "<SpikeStimulus of 2 presentations in 7 steps, 15 spikes>"
    with BrianNetwork(network, stimulus, backend="numpy") as running:
        assert repr(running) == f"<BrianNetwork on numpy, for {stimulus!r}, of {network!r}>"
        recorder = Recorder(running, membranes={"out": [0, 1]})
        bare = Recorder(running, ["out"])
        running.run(seed=0)
        assert repr(recorder) == "<Recorder of spikes of input, out; membranes of 2 out>"
        assert repr(bare) == "<Recorder of spikes of out>"
        recorded = recorder.read()
    assert repr(recorded) == (
        "<Recorded 2 presentations in 7 steps: spikes of input, out; membranes of 2 out>"
    )
    assert repr(recorded.activity(0)["out"]) == (
        f"Activity(spikes=<bool (3, 2)>, membrane=<float64 (3, 2)>, "
        f"recorded=<{recorded.membranes['out'].neurons.dtype} (2,)>)"
    )
    assert repr(recorded.spikes["out"]).startswith("Events(step=<int")
    rates = PoissonStimulus.of_rates([np.full((2, 5), 0.5)], steps=10)
    assert repr(rates) == "<PoissonStimulus of 1 presentations in 10 steps, of 2 words, 5 features>"
    job = Job(network, stimulus, {"backend": "numpy"}, seed=3)
    assert repr(job) == (
        f"Job(description={network!r}, stimulus={stimulus!r}, options={{'backend': 'numpy'}}, "
        "seed=3)"
    )


def test_synapses_show_whom_they_connect():
    source = brian2.SpikeGeneratorGroup(8, [], [] * brian2.ms, name="heard")
    target = brian2.NeuronGroup(6, "v : 1", name="hears")
    kernel = ConvolutionalSynapses(source, target, np.ones((1, 3, 1)), name="kernel")
    pool = PoolingSynapses(source, target[:4], maps=1, window=2, name="pool")
    brian2.Network(source, target, kernel, pool)
    assert repr(kernel) == (
        "<ConvolutionalSynapses 'kernel' from 'heard' (8) to 'hears' (6), 3 weights>"
    )
    assert repr(pool).startswith("<PoolingSynapses 'pool' from 'heard' (8) to 'hears_subgroup")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (torch.zeros(2, 3), "<float32 (2, 3)>"),
        (np.float64(0.5), "0.5"),
        ("y" * 81, f"'{'y' * 80}'..."),
        ([np.zeros(3)], "[<float64 (3,)>]"),
        ((1,), "(1,)"),
        (tuple(range(9)), "(0, 1, 2, 3, 4, 5, ... 9 in all)"),
        ({"a": np.zeros(1)}, "{'a': <float64 (1,)>}"),
        (range(3), "range(0, 3)"),
    ],
)
def test_a_value_is_told_in_brief(value, expected):
    assert brief(value) == expected


def test_a_class_keeps_a_repr_that_it_has():
    class Own(Brief):
        def __repr__(self):
            return "own"

    class Inner(Own):
        pass

    assert repr(Inner()) == "own"
