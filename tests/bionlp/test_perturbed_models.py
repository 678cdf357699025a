"""Perturbed classifiers: on the command line, in every simulator, as an experiment, on chips."""

import inspect
import json
from dataclasses import replace

import numpy as np
import pytest

from analysis.traces import plot_traces
from bionlp.checkpoint import load_classifier, save_classifier
from bionlp.chips import choose_chip, fitting, judge
from bionlp.cli import completion
from bionlp.cli.experiment_bundled import perturb
from bionlp.engine import Engine
from bionlp.errors import UsageError
from bionlp.evaluation import pytorch_counter
from bionlp.experiments.perturbation_section import TITLES, perturbation_tables, points_table
from bionlp.experiments.perturbations import (
    MODELS,
    USUAL,
    USUAL_LEVELS,
    USUAL_SENTENCES,
    PerturbedCell,
    PerturbedResults,
    list_perturbed,
)
from bionlp.recording import open_recording
from bionlp.validation import replay
from bionlp.votes import count_votes
from networks.perturbation import parse, perturbation_kinds
from networks.perturbation.chips import CHIPS

TEXT = "a gripping , funny and moving film"
NUMPY = Engine("numpy")
REFUSED = ("tau=1", "maps=conv9:1", "bits=1", "bit=4", "bits")


@pytest.fixture(scope="module")
def mr():
    """Return the bundled English model."""
    return load_classifier("mr")


@pytest.mark.parametrize("text", ["bits=8", "bits=4", "integer=4"])
def test_the_quantised_model_is_the_same_in_brian_and_pytorch(mr, text):
    found = mr.perturbed(parse([text]))
    done = replay(found, [found.read("a moving film")], steps=10, seed=1, engine=NUMPY)
    assert done.spikes > 1000
    assert done.differing == 0


def test_the_perturbed_input_is_the_same_in_brian_and_pytorch(mr):
    found = mr.perturbed(parse(["failure=0.2", "jitter=1", "noise=0.05"], seed=2))
    texts = ("a moving film", "a dull , dull plot")
    ids = [np.array(found.token_ids(text)) for text in texts]
    votes = pytorch_counter(found, 12, seed=3)(ids).votes
    assert votes.any()
    np.testing.assert_array_equal(
        votes, count_votes(found, ids, steps=12, seed=3, engine=NUMPY, workers=1).votes
    )
    sentences = [found.read(text) for text in texts]
    assert replay(found, sentences, steps=12, seed=3, engine=NUMPY).differing == 0


def test_a_perturbed_model_is_not_calibrated(mr):
    assert mr.calibration is not None
    assert mr.perturbed(parse(["bits=8"])).calibration is None


def test_evaluate_predict_and_simulate_say_what_was_done(cli, make_classifier, tmp_path):
    save_classifier(make_classifier(), tmp_path / "odd")
    (tmp_path / "table.csv").write_text("text,label\na good film,class 1\na bad story,class 0\n")
    perturbed = ("--steps=5", "--perturb=bits=4", "--perturb=dead=0.2", "--perturb-seed=3")
    done = {
        "seed": 3,
        "steps": [{"what": "bits", "level": "4"}, {"what": "dead", "level": "0.2"}],
    }
    table = ("--dataset", tmp_path / "table.csv")
    code, out, err = cli("evaluate", tmp_path / "odd", *table, *perturbed)
    assert code == 0, err
    assert "seed 0, perturbed: bits=4, dead=0.2 (seed 3))" in out
    code, out, _ = cli("evaluate", tmp_path / "odd", *table, *perturbed, "--json")
    assert json.loads(out)["perturbations"] == done
    code, out, err = cli("predict", tmp_path / "odd", "a good film", *perturbed, "--json")
    assert json.loads(out)["perturbations"] == done
    assert "perturbed: bits=4, dead=0.2 (seed 3)" in err
    run = (tmp_path / "odd", "a good film", *perturbed, "--backend=numpy", "--record=all")
    code, out, err = cli("simulate", *run, "--out", tmp_path / "runs", "--figures=none")
    assert code == 0, err
    assert "backend numpy, perturbed: bits=4, dead=0.2 (seed 3)" in out
    (path,) = (tmp_path / "runs").glob("*/recording.nc")
    assert open_recording(path).attrs["perturbations"] == "bits=4, dead=0.2 (seed 3)"
    asked = ("--model", tmp_path / "odd", "--out", tmp_path / "page.html")
    code, _, err = cli("report", path, *asked)
    assert code == 7
    assert "perturbed by bits=4, dead=0.2 (seed 3), and pages ask the model as it is" in err
    code, out, err = cli("validate", tmp_path / "odd", *table, *perturbed, "--backend=numpy")
    assert code == 0, err
    assert "5 steps, perturbed: bits=4, dead=0.2 (seed 3)" in " ".join(out.split())


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_done_is_one_line(cli, text):
    code, out, err = cli("predict", "mr", TEXT, "--perturb", text)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1


def test_independent_input_cannot_be_perturbed(cli):
    code, _, err = cli("validate", "mr", "--independent=2", "--perturb=jitter=2")
    assert code == 2
    assert "--independent has Brian 2 draw its own input, and jitter=2 changes input" in err


def test_words_that_are_spikes_have_no_jitter(mr):
    words = replace(mr, levels=None)
    with pytest.raises(UsageError, match="reads a word a step, and jitter=2 acts on spike trains"):
        words.perturbed(parse(["jitter=2"]))


def test_completion_knows_all_names():
    assert set(completion.PERTURBATIONS) == set(perturbation_kinds())
    assert set(completion.CHIPS) == set(CHIPS)
    usual = {name: p.default for name, p in inspect.signature(perturb).parameters.items()}
    assert usual["what"] == ", ".join(USUAL)
    assert usual["datasets"] == ", ".join(MODELS)
    assert usual["sentences"] == USUAL_SENTENCES
    assert completion.assigned(completion.PERTURBATIONS)("noi") == ["noise="]


# --- the experiment ---


def test_usual_levels_are_levels():
    assert set(USUAL_LEVELS) == set(TITLES) == set(perturbation_kinds())
    assert set(USUAL) <= set(USUAL_LEVELS)
    for name, levels in USUAL_LEVELS.items():
        for level in levels:
            perturbation_kinds()[name](level)


def test_cells_are_computed_once_and_put_on_a_page(cli, tmp_path, data_dir):
    options = ("--what=bits", "--levels=4,2", "--datasets=mr", "--sentences=6")
    run = ("experiment", "perturb", *options, "--out", tmp_path / "results")
    code, out, err = cli(*run)
    assert code == 0, err
    assert "3 cells, 3 of them to compute" in err
    assert "| Bits of weights: bits of a weight | unperturbed | 4 | 2 |" in out
    records = PerturbedResults(tmp_path / "results").records
    assert [(r["what"], r["level"]) for r in records] == [("none", None), ("bits", 4), ("bits", 2)]
    assert [r["brian2"] and r["brian2"]["differing"] for r in records] == [None, None, 0]
    code, again, err = cli(*run, "--json")
    assert "3 cells, 0 of them to compute" in err
    assert json.loads(again)["cells"] == records
    page = tmp_path / "RESULTS.md"
    code, out, err = cli("experiment", "page", "--out", tmp_path / "results", "--page", page)
    assert code == 0, err
    assert (tmp_path / "results" / "figures" / "perturb.png").stat().st_size > 10_000
    text = page.read_text(encoding="utf-8")
    assert "## Perturbations: what damage costs" in text
    assert "0 differ from PyTorch's" in text
    assert "bionlp experiment perturb --what bits --datasets mr --seeds 0 --sentences 6" in text


def test_a_cell_of_another_network_is_not_finished(tmp_path):
    results = PerturbedResults(tmp_path)
    cell = PerturbedCell("mr", "bits", 4.0, 0, 10)
    test = {"accuracy": 0.5, "macro_f1": 0.5, "majority": 0.5, "n": 10}
    found = {"network": "a", "test": test, "undecided": 0, "brian2": None, "seconds": 1.0}
    record = results.add(cell, found)
    again = PerturbedResults(tmp_path)
    assert again.find(cell, "a") == record
    assert again.find(cell, "b") is None
    assert again.find(replace(cell, level=3.0), "a") is None
    assert again.find(replace(cell, checked=True), "a") is None
    again.add(cell, found | {"seconds": 2.0})
    assert [r["seconds"] for r in PerturbedResults(tmp_path).records] == [2.0]


@pytest.mark.parametrize(
    ("what", "levels", "datasets", "message"),
    [
        (["nose"], [], ["mr"], "unknown perturbation 'nose'; choose one of none, threshold"),
        (["bits"], [], ["sst2"], "unknown dataset 'sst2'; choose one of mr, waimai"),
        (["bits", "dead"], [0.5], ["mr"], "--levels are of one perturbation"),
        (["dead"], [2], ["mr"], "the level of dead is a number from 0 to 1, not 2"),
    ],
)
def test_wrong_experiments_are_refused(what, levels, datasets, message):
    with pytest.raises(UsageError, match=message):
        list_perturbed(what, levels, datasets, [0])


# --- what is told of it ---


def record(what, level, accuracy, seed=0):
    test = {"accuracy": accuracy, "macro_f1": 0, "majority": 0.5, "n": 100}
    cell = {"dataset": "mr", "what": what, "level": level, "seed": seed, "sentences": 100}
    return cell | {"test": test, "brian2": None}


def test_tables_have_mean_and_deviation_over_seeds_that_all_levels_have():
    records = [
        *(record("none", None, accuracy, seed) for seed, accuracy in enumerate((0.8, 0.82, 0.9))),
        *(record("bits", 4, accuracy, seed) for seed, accuracy in enumerate((0.7, 0.72, 0.1))),
        *(record("bits", 3, accuracy, seed) for seed, accuracy in enumerate((0.6, 0.6))),
    ]
    assert "| MR | 81.00 ± 1.41 | 71.00 ± 1.41 | 60.00 ± 0.00 |" in perturbation_tables(records)


def test_points_beyond_what_was_measured_are_said():
    records = [record("none", None, 0.8), record("bits", 8, 0.78), record("bits", 4, 0.76)]
    records += [record("dead", 0.2, 0.8), record("dead", 0.4, 0.78)]
    table = points_table(records).splitlines()
    assert table[2].endswith("| > 8 | < 4 |")
    assert table[3].endswith("| 0.3 | > 0.4 |")


# --- chips ---


def test_every_limit_has_a_source():
    for chip in CHIPS.values():
        assert any(chip.limits.values())
        for limit in filter(None, chip.limits.values()):
            assert limit.most > 0
            assert len(limit.source) > 20


def test_a_network_is_made_to_fit(make_classifier):
    classifier, chip = make_classifier(), choose_chip("xylo")
    fitted = classifier.perturbed(fitting(chip))
    assert str(fitted.perturbations) == "fan-in=63, bits=8 (seed 0)"
    findings = {finding.name: finding for finding in judge(classifier, fitted, chip, [])}
    needed = findings["weight_bits"]
    assert (needed.fits(needed.needed), needed.fits(needed.fitted)) == (False, True)
    assert findings["fan_in"].fits(findings["fan_in"].fitted)
    assert findings["delay"].fits(findings["delay"].needed) is None
    assert findings["neurons"].needed == sum(p.size for p in classifier.network.hidden)


def test_needs_are_counted_by_hand(make_classifier):
    classifier = make_classifier()
    network, chip = classifier.network, choose_chip("xylo")
    matrices = [c.transform.matrix(network.source_shape(c)).toarray() for c in network.connections]
    found = {f.name: f for f in judge(classifier, classifier, chip, [])}
    assert found["synapses"].needed == sum(np.count_nonzero(m) for m in matrices)
    assert found["fan_in"].needed == max(np.count_nonzero(m, axis=1).max() for m in matrices)


def test_unknown_chips_are_refused(cli):
    code, _, err = cli("chip", "mr", "--chip=loihi")
    assert code == 2
    assert "unknown chip 'loihi'; choose one of loihi2, spinnaker2, xylo, speck" in err


def test_dead_neurons_do_not_spoil_figures(cli, make_classifier, tmp_path):
    save_classifier(make_classifier(), tmp_path / "odd")
    run = ("--steps=5", "--backend=numpy", "--record=all", "--perturb=dead=1")
    code, _, err = cli("simulate", tmp_path / "odd", "a good film", *run, "--out", tmp_path / "o")
    assert code == 0, err
    assert "no output neuron fired" in err
    (path,) = (tmp_path / "o").glob("*/recording.nc")
    lines = [
        line
        for ax in plot_traces(open_recording(path)).axes
        for line in ax.lines
        if line.get_gid() == "threshold"
    ]
    assert not lines
