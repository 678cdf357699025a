import itertools
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from bionlp import votes
from bionlp.checkpoint import load_classifier
from bionlp.datasets import load_dataset
from bionlp.engine import Engine
from bionlp.errors import BackendError
from bionlp.evaluation import evaluate
from bionlp.simulation import run_brian, stimulus_of
from bionlp.votes import count_votes
from networks.description import Votes

TEXTS = ("the film is good .", "dull", "a warm and clever end .", "the plot is bad", "zyzzyva")
NUMPY = Engine("numpy")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Keep unfinished votes where the test can see them; two sentences a chunk."""
    monkeypatch.setenv("BIONLP_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(votes, "CHUNK", 2)
    return tmp_path / "evaluations"


@pytest.fixture(scope="module")
def shown(small_model):
    """Return the small classifier and some sentences as ids, one of them unknown."""
    classifier = load_classifier(small_model)
    return classifier, [np.array(classifier.token_ids(text)) for text in TEXTS]


def test_votes_are_the_output_spikes_of_one_simulation(shown):
    classifier, ids = shown
    counted = count_votes(classifier, ids, steps=40, seed=3, engine=NUMPY).votes
    _, activities = run_brian(
        classifier.network, stimulus_of(classifier, ids, 40, seed=3), seed=3, engine=NUMPY
    )
    expected = [activity["output"].spikes.sum(axis=0) for activity in activities]
    np.testing.assert_array_equal(counted, classifier.network.readout.votes(np.array(expected)))
    assert counted[:4].any(axis=1).all()
    assert not counted[4].any()


def test_workers_do_not_change_the_votes(shown):
    classifier, ids = shown
    options = {"steps": 30, "seed": 1, "engine": NUMPY}
    alone = count_votes(classifier, ids, **options).votes
    fractions = []
    together = count_votes(classifier, ids, workers=2, advance=fractions.append, **options).votes
    np.testing.assert_array_equal(alone, together)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


def test_an_interruption_loses_nothing(shown, cache, monkeypatch):
    classifier, ids = shown
    options = {"steps": 30, "seed": 2, "engine": NUMPY}
    expected = count_votes(classifier, ids, **options).votes
    assert not list(cache.iterdir())
    count = votes.VoteCounter.do
    calls = itertools.count(1)

    def interrupted(counter, *task):
        if next(calls) == 3:
            raise KeyboardInterrupt
        return count(counter, *task)

    monkeypatch.setattr(votes.VoteCounter, "do", interrupted)
    with pytest.raises(KeyboardInterrupt):
        count_votes(classifier, ids, **options)
    (path,) = cache.iterdir()
    kept = np.load(path)
    np.testing.assert_array_equal(kept[:4, :-1], expected[:4])
    assert (kept[:4, -1] == 30).all()
    assert (kept[4] == -1).all()

    shown_again = []
    monkeypatch.setattr(
        votes.VoteCounter,
        "do",
        lambda counter, ids, numbers, seed: (
            shown_again.extend(numbers) or count(counter, ids, numbers, seed)
        ),
    )
    np.testing.assert_array_equal(count_votes(classifier, ids, **options).votes, expected)
    assert shown_again == [4]
    assert not list(cache.iterdir())


def test_another_experiment_does_not_take_the_votes_up(shown, cache, monkeypatch):
    classifier, ids = shown
    paths = {
        votes._state_name(model, sentences, steps, seed, engine)
        for model, sentences, steps, seed, engine in (
            (classifier, ids, 30, 0, NUMPY),
            (classifier, ids, 30, 1, NUMPY),
            (classifier, ids, 31, 0, NUMPY),
            (classifier, ids[::-1], 30, 0, NUMPY),
            (classifier, ids, 30, 0, Engine("numpy", precision="single")),
            (load_classifier("mr"), ids, 30, 0, NUMPY),
        )
    }
    assert len(paths) == 6


def test_stock_synapses_count_in_chunks_too(shown):
    classifier, ids = shown
    counted = count_votes(
        classifier, ids, steps=50, seed=0, engine=Engine("numpy", synapses="stock")
    ).votes
    shared = count_votes(classifier, ids, steps=50, seed=0, engine=NUMPY).votes
    np.testing.assert_array_equal(counted.argmax(axis=1), shared.argmax(axis=1))


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="sends Ctrl-C to a group of processes")
def test_ctrl_c_ends_all_workers(small_model, reviews, cache, ctrl_c):
    command = [sys.executable, "-m", "bionlp", "evaluate", small_model, "--steps=100"]
    command += ["--dataset", reviews / "reviews.csv", "--split=all"]
    command += ["--backend=numpy", "--workers=2"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    # On a busy machine it may take minutes until the first votes are counted. A name with a dot
    # before it is that of a file that is being written.
    deadline = time.monotonic() + 600
    while not list(cache.glob("[!.]*.npy")) and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    # Ends when all processes have let go of the pipes.
    out, err = process.communicate(timeout=300)
    assert process.returncode == 130, err
    _whose_rows, *last = err.splitlines()
    assert last == ["interrupted; the same command resumes where it stopped"]
    assert out == ""
    (path,) = cache.glob("*.npy")
    assert (np.load(path)[:, 0] >= 0).any()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="kills a process without a word")
def test_workers_end_when_who_started_them_is_killed(small_model, reviews, cache):
    command = [sys.executable, "-m", "bionlp", "evaluate", small_model, "--steps=100"]
    command += ["--dataset", reviews / "reviews.csv", "--split=all"]
    command += ["--backend=numpy", "--workers=2"]
    with (cache.parent / "out").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
    deadline = time.monotonic() + 600
    while not list(cache.glob("[!.]*.npy")) and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()
    process.wait()
    with pytest.raises(ProcessLookupError):  # nobody is left in the group
        while time.monotonic() < deadline:
            os.killpg(process.pid, 0)
            time.sleep(0.1)


def test_ctrl_c_while_votes_are_written_keeps_them(shown, cache, monkeypatch):
    classifier, ids = shown
    replace_file, calls = os.replace, itertools.count(1)

    def interrupted(source, target):
        if next(calls) == 2:
            raise KeyboardInterrupt
        replace_file(source, target)

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        count_votes(classifier, ids, steps=20, seed=0, engine=NUMPY)
    (path,) = cache.iterdir()
    assert (np.load(path)[:, 0] >= 0).tolist() == [True] * 4 + [False]


def test_a_backend_that_cannot_run(shown):
    with pytest.raises(BackendError, match="choose one of"):
        count_votes(*shown, steps=5, seed=0, engine=Engine("fpga"))


def test_evaluate_agrees_with_pytorch(small_model, reviews):
    classifier = load_classifier(small_model)
    examples = load_dataset(reviews / "reviews.csv", label_names=classifier.label_names).split(
        "all"
    )[:10]
    brian = evaluate(classifier, examples, steps=50, seed=0, engine=NUMPY)
    torch = evaluate(classifier, examples, steps=50, seed=0)
    np.testing.assert_array_equal(brian.predictions, torch.predictions)


def test_unfinished_votes_are_those_of_one_network(make_classifier):
    classifier = make_classifier()
    ids = [np.array([1, 2])]

    def name(network):
        return votes._state_name(replace(classifier, network=network), ids, 20, 0, NUMPY)

    network = classifier.network
    weight = network.weights["output"].copy()
    weight[0, 0] += 1e-9
    hidden = network["hidden"].neuron
    threshold = network["conv"].neuron.threshold.copy()
    threshold[-1, -1] += 1e-9
    others = [
        network.with_weights({"output": weight}),
        network.with_neurons({"hidden": replace(hidden, strength=0.31)}),
        network.with_neurons({"conv": replace(network["conv"].neuron, threshold=threshold)}),
        replace(network, readout=Votes("output", 3)),
        replace(network, connections=network.connections[:3] + network.connections[4:]),
    ]
    names = [name(network), *map(name, others)]
    assert len(set(names)) == len(names)
    assert name(make_classifier().network) == names[0]
