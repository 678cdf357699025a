"""The table of encoders on a small dataset: from the command to the page."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import torch

from bionlp.classifier import TextClassifier
from bionlp.datasets import Example
from bionlp.devices import choose_device, describe_device
from bionlp.energy import count_work
from bionlp.engine import Engine
from bionlp.experiments.cells import CONTENDERS
from bionlp.experiments.encoder_section import encoder_section
from bionlp.experiments.footprint import encoder_work, kept_bytes
from bionlp.experiments.page import make_page
from bionlp.training.batches import Batch
from bionlp.training.distillation import Labels
from bionlp.training.encoder import EncoderStage
from bionlp.training.fit import take_step
from bionlp.vocabulary import Vocabulary
from networks.folding import fold
from networks.repeated import RepeatedEncoder
from networks.snnbert import SpikingEncoder

SHAPE = {"width": 8, "blocks": 1, "heads": 2, "hidden": 12, "neurons_per_class": 3}


@pytest.fixture
def encoders(experiment):
    return lambda *options: experiment("encoder", "--datasets=mr", "--teacher=none", *options)


def made(kind, seed=0):
    torch.manual_seed(seed)
    return kind(torch.randn(21, 5), 2, **SHAPE).eval()


def test_all_are_trained_once_and_put_on_a_page(cli, encoders, records, tmp_path):
    code, out, err = encoders()
    assert code == 0, err
    assert "5 cells, 5 of them to compute" in err
    cells = {cell["method"]: cell for cell in records("encoder")}
    where = describe_device(choose_device("auto"))
    assert list(cells) == list(CONTENDERS)
    for method, cell in cells.items():
        assert CONTENDERS[method] in out
        assert cell["test"]["accuracy"] > 0.8
        assert cell["settings"]["causal"] == (method == "causal")
        assert bool(cell["settings"]["vector_rate"]) == (method == "vectors")
        assert (cell["energy"] is None) == (method == "twin")
        assert cell["teacher"] is None
        assert cell["device"] == where
    one, four = (cells[name]["energy"] for name in ("encoder", "repeated"))
    assert four["neuron_updates"] == 2 * one["neuron_updates"]
    assert one["macs"] == four["macs"]
    assert cells["repeated"]["kept_mib"] > 2 * cells["encoder"]["kept_mib"]

    code, again, err = encoders("--json")
    assert code == 0
    assert "5 cells, 0 of them to compute" in err
    assert json.loads(again)["cells"] == list(cells.values())

    text = make_page(tmp_path / "results", "results")
    assert "## A spiking transformer that reads a word a step" in text
    assert "repeat coding needs" in text
    assert f"Trained on: {where}." in text
    command = shlex.split(cells["encoder"]["command"])
    assert command[:3] == ["bionlp", "experiment", "encoder"]
    elsewhere = ("--out", tmp_path / "alone", "--work", tmp_path / "apart")
    assert cli(*command[1:], *elsewhere)[0] == 0
    (alone,) = json.loads((tmp_path / "alone" / "encoder.json").read_bytes())["cells"]
    assert alone["test"] == cells["encoder"]["test"]
    assert alone["energy"] == cells["encoder"]["energy"]


def test_a_table_of_some_networks_compares_none(encoders, records):
    assert encoders("--methods=twin")[0] == 0
    section = encoder_section(records("encoder"), [], [])
    assert not any("repeat coding needs" in part for part in section)


def test_what_trained_vectors_change_is_told_of_the_seeds_that_both_have(encoders, records):
    assert encoders("--methods=encoder,vectors")[0] == 0
    cells = records("encoder")
    for cell, dev, test in zip(cells, (0.8, 0.81), (0.7, 0.68), strict=True):
        cell["dev"]["accuracy"], cell["test"]["accuracy"] = dev, test
    other = json.loads(json.dumps(cells[1])) | {"seed": 1}
    text = " ".join("\n".join(encoder_section([*cells, other], [], [])).split())
    assert "changes accuracy by +1.00 points on dev and by -2.00 on test (mean over MR; " in text
    assert not any("points on dev" in part for part in encoder_section(cells[:1], [], []))


def test_what_is_counted_is_what_brian_does():
    model = made(SpikingEncoder).double()
    words = Vocabulary(tuple("abcdefghijklmnopqrst"))
    classifier = TextClassifier("small", "en", ("no", "yes"), words, None, fold(model))
    texts = [Example(text, 0) for text in ("c a t", "b e e f", "h")]
    ids = [np.array(classifier.token_ids(text.text)) for text in texts]
    ours = encoder_work(model, classifier.network, ids)
    brian = count_work(classifier, texts, steps=1, seed=0, engine=Engine(backend="numpy"))
    assert ours.events == brian.events
    assert ours.spikes == brian.spikes
    assert ours.neuron_updates == brian.neuron_updates
    assert sum(ours.events.values()) > 0


def test_a_repeated_network_of_one_step_has_the_updates_of_its_neurons():
    model, same = made(RepeatedEncoder), made(SpikingEncoder)
    ids = [np.array([3, 0, 7]), np.array([5])]
    work = encoder_work(model, fold(same), ids)
    neurons = 6 * 8 + 12 + 8 + 2 * 3
    assert work.neuron_updates == neurons * 3 * model.repeats
    assert work.spikes["words"] == 3 * model.repeats


def test_what_a_step_keeps_is_counted_once_and_without_weights():
    batch = Batch(np.arange(4), np.tile(np.arange(1, 11), (4, 1)), np.zeros(4, dtype=int))
    stages = [EncoderStage(made(kind), Labels()) for kind in (SpikingEncoder, RepeatedEncoder)]
    one, four = (kept_bytes(stage, batch) for stage in stages)
    assert one == kept_bytes(stages[0], batch)
    # Each layer keeps its currents before and after the normalisation, and its spikes.
    currents = 4 * 10 * 4 * (7 * 8 + 12 + 8 + 6)
    assert 2 * currents < one < 5 * currents
    assert 2.5 < four / one < 5


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--methods=original",), 2, "unknown method 'original'; choose one of encoder, vectors"),
        (("--seeds=x",), 2, "seeds are whole numbers"),
    ],
)
def test_wrong_input_is_one_clear_line(encoders, options, code, message):
    got, _, err = encoders(*options)
    assert got == code
    assert message in err
    assert "Traceback" not in err


def test_a_document_that_lacks_what_the_page_says_is_refused(encoders, tmp_path):
    folder = tmp_path / "results"
    folder.mkdir()
    (folder / "encoder.json").write_text('{"table": "encoder", "cells": [{"dataset": "mr"}]}')
    code, _, err = encoders()
    assert code != 0
    assert "encoder.json holds no results of encoder" in err


def test_a_teacher_that_is_not_there_is_one_clear_line(encoders):
    pytest.importorskip("transformers", reason="needs transformers")
    code, _, err = encoders("--teacher=/nowhere")
    assert code == 12
    assert "/nowhere" in err


def test_tasks_at_their_largest_class_are_named():
    cells = json.loads((Path(__file__).parents[2] / "results/encoder.json").read_bytes())["cells"]
    cells = [cell for cell in cells if cell["dataset"] in ("cola", "mrpc", "wnli", "mr")]

    def said():
        text = " ".join("\n".join(encoder_section(cells, [], [])).split())
        return re.findall(r"On (\S[^.:]*), no network is right more often than the largest", text)

    assert said() == ["CoLA, MRPC and WNLI"]
    learnt = {"accuracy": 0.75, "majority": 0.68, "n": 400}  # three standard errors above
    for cell in cells:
        if cell["dataset"] == "mrpc" and cell["method"] == "encoder":
            cell["test"] |= learnt
    assert said() == ["CoLA and WNLI"]
    cells = [cell for cell in cells if cell["dataset"] == "wnli"]
    assert said() == ["WNLI"]
    cells[0]["test"] |= learnt
    assert said() == []


@pytest.mark.parametrize("rate", [0.0, 1e-3])
def test_vectors_of_words_that_were_read_are_trained_if_asked_for(rate):
    stage = EncoderStage(made(SpikingEncoder), Labels(), vector_rate=rate)
    before = stage.model.vectors.detach().clone()
    batch = Batch(np.arange(2), np.array([[3, 0, 7], [5, 5, 0]]), np.array([0, 1]))
    optimizers = stage.optimizers(1e-3)
    assert len(optimizers) == 1 + bool(rate)
    for _ in range(3):
        take_step(stage, batch, optimizers)
    changed = (stage.model.vectors != before).any(dim=1)
    assert changed.nonzero().ravel().tolist() == ([3, 5, 7] if rate else [])
    # What Brian 2 is given is made of the vectors as they are now.
    currents = stage.model.eval().currents()
    assert torch.equal(currents, stage.model.projection(stage.model.vectors))
