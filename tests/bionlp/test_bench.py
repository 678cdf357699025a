import json
import os
import sys
from dataclasses import replace

import numpy as np
import pytest

from bionlp.attacks.victims import SpikingVictim
from bionlp.bench import memory, scaling, timing
from bionlp.bench.document import add_ratios
from bionlp.bench.engines import ENGINES, Conditions, choose_engines
from bionlp.bench.queries import WAYS
from bionlp.bench.scaling import points
from bionlp.bench.session import Task, comparison, run_tasks
from bionlp.bench.timing import Run
from bionlp.bench.workload import Workload, count_events
from bionlp.checkpoint import load_classifier
from bionlp.encoding import poisson_spikes
from bionlp.errors import UsageError
from bionlp.progress import Reporter
from networks.brian import BrianNetwork, SpikeStimulus

UNCOMPILED = (
    "shared-numpy",
    "snntorch-b64",
    "finetune-torch",
    "encoder-words",
    "query-whole",
    "query-word",
)
KEYS = {"engine", "build_s", "compile_s", "ms_per_sentence", "events_per_s", "peak_mib"}


@pytest.fixture(scope="module")
def workload(small_model):
    """Return six sentences for the small classifier."""
    classifier = load_classifier(small_model)
    texts = ("the film is good .", "a dull plot", "warm", "a cast is cold and bad .", "the", "end")
    ids = tuple(np.array(classifier.token_ids(text)) for text in texts)
    return Workload(classifier, ids, steps=20, seed=0)


@pytest.fixture
def small_bench(cli, small_model, reviews):
    """Return a function that benchmarks the small classifier."""

    def run(*arguments):
        model = (small_model, f"--dataset={reviews / 'reviews.csv'}")
        return cli("bench", *model, "--sentences=3", "--repeats=2", *arguments)

    return run


def test_json_is_one_document_and_is_written(small_bench, tmp_path):
    engines = ",".join(UNCOMPILED)
    code, out, err = small_bench(f"--engines={engines}", "--json", "--out", tmp_path)
    assert code == 0
    document = json.loads(out)
    rows = {row["engine"]: row for row in document["rows"]}
    assert tuple(rows) == UNCOMPILED
    for name, row in rows.items():
        assert set(row) >= KEYS
        assert row["skipped"] is None
        assert row["ms_per_sentence"] > 0
        assert row["build_s"] > 0
        assert row["threads"] == 1
        assert f"{name}: " in err
    assert rows["finetune-torch"]["events_per_s"] is None
    for name in UNCOMPILED[:2]:
        assert rows[name]["output_spikes_per_sentence"] > 0
        speed = rows[name]["events_per_sentence"] / rows[name]["ms_per_sentence"] * 1000
        assert rows[name]["events_per_s"] == pytest.approx(speed)
    assert [rows[name]["sentences"] for name in UNCOMPILED] == [3, 64, 32, 64, 48, 48]
    assert rows["query-word"]["reference"] == "query-whole"
    assert document["sentences"] == 3
    assert document["words"] == pytest.approx(7)
    assert document["machine"]["versions"]["brian2"]
    assert json.loads((tmp_path / "bench.json").read_text(encoding="utf-8")) == document
    assert (tmp_path / "bench.png").read_bytes().startswith(b"\x89PNG")
    assert {path.name for path in tmp_path.iterdir()} == {"bench.json", "bench.png"}


def test_an_engine_without_a_compiler_is_skipped_with_the_reason(
    small_bench, monkeypatch, tmp_path
):
    monkeypatch.setenv("PATH", str(tmp_path))
    code, out, _ = small_bench("--engines=shared-cpp,snntorch-b1")
    assert code == 0
    (line,) = [line for line in out.splitlines() if line.startswith("shared-cpp")]
    assert "no C++ compiler was found; install g++" in line
    assert "snntorch-b1" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--engines=stock-cuda",), "unknown engine 'stock-cuda'; choose among stock-cython"),
        (("--engines=,",), "at least one engine"),
        (("--whole",), "--whole needs a dataset"),
    ],
)
def test_senseless_options_are_one_line(cli, small_model, arguments, message):
    code, out, err = cli("bench", small_model, *arguments)
    assert code == 2
    assert out == ""
    (line,) = [line for line in err.splitlines() if line.startswith("error: ")]
    assert message in line


def test_help_has_an_example_and_names_all_engines(cli):
    code, out, _ = cli("bench", "--help")
    assert code == 0
    assert "Example: bionlp bench" in " ".join(out.split())
    assert all(name in out for name in ENGINES)


def test_engines_are_in_order_and_once():
    names = [spec.name for spec in choose_engines(" torch,shared-cpp, torch")]
    assert names == ["shared-cpp", "torch"]
    assert [spec.name for spec in choose_engines(None)] == list(ENGINES)
    assert {spec.reference for spec in ENGINES.values()} - {None} <= set(ENGINES)
    with pytest.raises(UsageError):
        choose_engines("Torch")


def test_sentences_are_repeated_in_order(workload):
    ids = workload.repeated(8).ids
    assert [len(sentence) for sentence in ids[6:]] == [len(sentence) for sentence in ids[:2]]
    assert len(workload.repeated(2)) == 2
    assert len(workload.at_least(4)) == 6
    cut = workload.of_length(4)
    assert [len(sentence) for sentence in cut.ids] == [4] * 6
    text = np.concatenate(workload.ids)
    np.testing.assert_array_equal(np.concatenate(cut.ids), np.resize(text, 24))


def test_events_are_those_of_brian(workload):
    spikes = [
        poisson_spikes(rates, workload.steps, seed=workload.seed, sentence=number)
        for number, rates in enumerate(workload.rates)
    ]
    with BrianNetwork(workload.classifier.network, SpikeStimulus(spikes), backend="numpy") as brian:
        brian.run(seed=0)
        events = sum(brian.synaptic_events().values())
    # In PyTorch it is single precision, so a spike may be another.
    assert count_events(workload).sum() == pytest.approx(events, rel=1e-3)


def test_batches_are_full_and_all_engines_share_the_conditions(workload):
    conditions = Conditions(threads=2)
    tasks = comparison(choose_engines(None), workload, conditions)
    assert {task.spec.name: len(task.workload) for task in tasks} == {
        **dict.fromkeys(ENGINES, 6),
        "snntorch-b64": 64,
        "torch": 32,
        "finetune-snntorch": 32,
        "finetune-torch": 32,
        **dict.fromkeys(("encoder-repeated", "encoder-twin", "encoder-words"), 64),
    }
    assert {task.conditions for task in tasks} == {conditions}


def test_curves_vary_one_thing(workload):
    curves = points(
        choose_engines("shared-cpp,torch,finetune-torch"), workload, workload, Conditions()
    )
    values = {}
    for point in curves:
        values.setdefault(point.curve, {}).setdefault(point.task.spec.name, []).append(point.value)
    length = workload.classifier.length
    assert values["words"]["torch"] == [*(n for n in (5, 10, 20) if n < length), length]
    assert list(values["steps"]) == ["shared-cpp", "torch"]
    assert values["steps"]["torch"] == [10, 25, 50, 100]
    assert values["sentences"]["shared-cpp"] == [1, 10, 50, 200]
    assert list(values["workers"]) == ["shared-cpp"]
    assert values["workers"]["shared-cpp"][0] == 1
    for point in curves:
        shown, batch = point.task.workload, point.task.spec.batch
        if point.curve == "words":
            assert {len(sentence) for sentence in shown.ids} == {point.value}
        if point.curve == "sentences":
            assert len(shown) == point.value
        else:
            assert len(shown) >= batch
        assert shown.steps == (point.value if point.curve == "steps" else workload.steps)


def test_a_failing_engine_does_not_end_the_others(workload):
    broken = Task(replace(ENGINES["torch"], options={}), workload, Conditions())
    rows = run_tasks([broken, broken], "engines", Reporter(quiet=True))
    assert [row["skipped"] for row in rows] == ["KeyError: 'model'"] * 2
    assert rows[0]["ms_per_sentence"] is None


def test_the_fastest_run_counts_and_slow_engines_are_not_repeated(monkeypatch):
    walls = iter((3.0, 1.0, 2.0))
    runs = timing.repeat(lambda: Run(next(walls), 0.5, np.ones((4, 2))), 3)
    row = timing.costs(runs, 4, build=0.1, compiling=None, start=0.0)
    assert row["ms_per_sentence"] == 250
    assert row["output_spikes_per_sentence"] == 2
    assert row["runs"] == 3
    monkeypatch.setattr(timing, "PATIENCE", 1.0)
    assert len(timing.repeat(lambda: Run(2.0, 2.0), 3)) == 1


def test_ratios_are_those_of_the_references_that_ran():
    rows = [
        {"engine": "stock-cpp", "ms_per_sentence": 900.0},
        {"engine": "shared-cpp", "ms_per_sentence": 20.0},
        {"engine": "torch", "ms_per_sentence": 30.0},
        {"engine": "snntorch-b1", "ms_per_sentence": None},
    ]
    add_ratios(rows)
    assert rows[1]["times_as_fast"] == 45
    assert rows[1]["reference"] == "stock-cpp"
    assert not any("reference" in row for row in (rows[0], *rows[2:]))


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs Linux")
def test_the_memory_of_a_program_is_its_own(tmp_path):
    ballast = b"x" * (200 << 20)
    program = "import time; held = b'x' * (50 << 20); time.sleep(0.2); raise SystemExit(3)"
    code, peak = memory.watch([sys.executable, "-c", program])
    assert code == 3
    assert 50 << 20 < peak < 100 << 20
    assert memory.peak_bytes() > len(ballast)
    assert memory.peak_bytes("0") is None


@pytest.mark.slow
def test_a_compiled_engine_and_the_whole_split(
    small_bench, monkeypatch, tmp_path, write_quick_preferences
):
    write_quick_preferences(tmp_path)
    monkeypatch.chdir(tmp_path)
    code, out, _ = small_bench("--engines=shared-cpp,torch", "--whole", "--json")
    assert code == 0
    rows = {row["engine"]: row for row in json.loads(out)["rows"]}
    assert list(rows) == ["shared-cpp", "torch", "shared-cpp-all", "snntorch-b64-all"]
    assert not any(row["skipped"] for row in rows.values())
    compiled = rows["shared-cpp"]
    assert compiled["compile_s"] > 0
    assert compiled["program_mib"] > 0
    assert compiled["output_spikes_per_sentence"] == pytest.approx(
        rows["torch"]["output_spikes_per_sentence"], rel=0.5
    )
    assert rows["shared-cpp-all"]["sentences"] == 20  # the test part of the table
    assert rows["shared-cpp-all"]["output_spikes_per_sentence"] == pytest.approx(
        rows["snntorch-b64-all"]["output_spikes_per_sentence"], rel=0.1
    )


@pytest.mark.slow
def test_scaling_is_measured_and_drawn(small_bench, monkeypatch, tmp_path):
    for curve, values in (("WORDS", (5,)), ("STEPS", (10, 25)), ("SENTENCES", (1, 4))):
        monkeypatch.setattr(scaling, curve, values)
    code, out, _ = small_bench(
        *("--engines=torch", "--scaling", "--steps=10", "--repeats=1", "--out", tmp_path)
    )
    assert code == 0
    assert "ms a sentence by words" in out
    found = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))["scaling"]
    assert list(found) == ["words", "steps", "sentences"]
    assert [point["value"] for point in found["steps"]] == [10, 25]
    assert all(point["ms_per_sentence"] > 0 for curve in found.values() for point in curve)
    assert (tmp_path / "scaling.png").exists()


def test_queries_are_answered_alike_in_each_way(workload):
    victim = SpikingVictim(workload.classifier, seed=3, steps=workload.steps)
    names = ("", *workload.classifier.vocabulary.words)
    for number, ids in enumerate(workload.ids):
        words = [names[i] for i in ids]
        changes = [(k % len(words), name) for k, name in enumerate(names[1:9])]
        whole, batch, word = (ask(victim, number, words, changes) for ask in WAYS.values())
        assert whole.shape == (8, 2)
        np.testing.assert_array_equal(batch, whole)
        np.testing.assert_array_equal(word, whole)
