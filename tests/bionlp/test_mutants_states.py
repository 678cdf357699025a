"""States of trainings that were harmed in every way are refused in one line, or taken up."""

import hashlib
import io
import json
import os
import pickle

import numpy as np
import pytest
import torch

from bionlp.errors import CheckpointError
from bionlp.experiments.cells import EXPERIMENTS
from bionlp.experiments.results import Results
from bionlp.progress import Reporter
from bionlp.training.fit import FitSettings, fit
from bionlp.training.state import MAGIC, write_state
from tests.bionlp.mutating import changed, delete, harmed_bytes, mutants, put
from tests.bionlp.test_fit import SENTENCES, OneWeight

ORIGIN = {"rows": "a", "classes": ["x", "y"], "settings": {"maps": 3}}
CHOICES = FitSettings(3, 0.1, 4, 0)
OTHERS = (
    *(None, True, "x", -1, 0, 2, 10**9, 2**70, 2.5, float("nan"), [], {}, [1.0], {"a": 1}),
    *(torch.zeros(3), torch.zeros(1, 1), torch.zeros(1, 1, dtype=torch.float64).to_sparse()),
)


def go_on(folder):
    stage = OneWeight()
    history = fit(stage, SENTENCES, SENTENCES, CHOICES, folder, Reporter(quiet=True), ORIGIN)
    return stage.model.weight.item(), history.dev_accuracy


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    """Return a state after the first and after the last epoch, and what comes of them."""
    folder = tmp_path_factory.mktemp("states")
    with pytest.raises(KeyboardInterrupt):
        fit(
            *(OneWeight(stop=1), SENTENCES, SENTENCES, CHOICES, folder),
            *(Reporter(quiet=True), ORIGIN),
        )
    begun = (folder / "one.state.pt").read_bytes()
    expected = go_on(folder)
    return begun, (folder / "one.state.pt").read_bytes(), expected


def refused(what, path):
    """Tell whether a state is refused as it should be."""
    try:
        found, line = go_on(path.parent), ""
    except CheckpointError as error:
        found, line = None, str(error)
    assert "\n" not in line, what
    assert len(line) < 900, what
    assert found is not None or str(path) in line, what
    return found is None


def document_of(raw):
    return torch.load(io.BytesIO(raw.partition(b"\n")[2]), weights_only=True)


def tree_places(document, path=()):
    if path:
        yield path
    if isinstance(document, dict):
        for key in document:
            yield from tree_places(document[key], (*path, key))
    elif isinstance(document, list):
        for number in range(len(document)):
            yield from tree_places(document[number], (*path, number))


def test_mutants_of_fields(states, tmp_path):
    path = tmp_path / "one.state.pt"
    count = kept = 0
    for raw in states[:2]:
        document = document_of(raw)
        for place in tree_places(document):
            short = len(place) > 3 or raw is states[1]
            changes = [delete, *map(put, OTHERS[:5] if short else OTHERS)]
            for change in changes:
                mutant = changed(document, place, change)
                write_state(path, **mutant)
                count += 1
                kept += not refused((place, change), path)
    assert count > 500
    assert kept < count / 3


def test_states_without_a_part_are_refused(states, tmp_path):
    path = tmp_path / "one.state.pt"
    for name in ("settings", "origin", "history", "best", "model", "optimization"):
        write_state(path, **changed(document_of(states[0]), (name,), delete))
        with pytest.raises(CheckpointError, match=name):
            go_on(tmp_path)


@pytest.mark.parametrize("number", [0, 1])
def test_harmed_bytes_are_noticed(states, tmp_path, number):
    path = tmp_path / "one.state.pt"
    for what, raw in harmed_bytes(states[number], 120):
        path.write_bytes(raw)
        assert refused(what, path)
    path.write_bytes(states[number])
    assert go_on(tmp_path) == states[2]


def test_a_state_is_never_run(states, tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    stream = io.BytesIO()
    torch.save({"settings": Trap()}, stream)
    path = tmp_path / "one.state.pt"
    for raw in (stream.getvalue(), pickle.dumps(Trap(), protocol=2)):
        path.write_bytes(raw)
        assert refused("bare", path)
        path.write_bytes(MAGIC + hashlib.sha256(raw).hexdigest().encode() + b"\n" + raw)
        assert refused("signed", path)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_what_is_no_file_does_not_hang(tmp_path):
    path = tmp_path / "one.state.pt"
    os.mkfifo(path)
    assert refused("pipe", path)
    path.unlink()
    path.mkdir()
    assert refused("folder", path)
    path.rmdir()
    path.symlink_to("/dev/zero")
    assert refused("device", path)


def test_mutants_of_results(tmp_path):
    scores = {"accuracy": 0.5, "macro_f1": 0.5, "majority": 0.5, "n": 10}
    cell = {
        **{"dataset": "mr", "method": "finetuned", "recipe": "default", "embeddings": "x"},
        **{"seed": 0, "changes": {"decay": 0.5}, "dev": scores, "test": scores, "brian2": scores},
        **{"best_epoch": 1, "dev_by_epoch": [0.5], "seconds": 1.0, "command": "c"},
        **{"versions": {"bionlp": "0"}, "active_neurons": 0.5},
        "settings": {"length": 9, "decay": 0.5, "neurons_per_class": 10},
    }
    document = {"table": "fig3", "cells": [cell]}
    path = tmp_path / "fig3.json"
    found = np.zeros(2, dtype=int)
    for what, text in [("unharmed", json.dumps(document)), *mutants(document)][::3]:
        path.write_text(text)
        try:
            line, results = "", Results(tmp_path, "fig3")
        except CheckpointError as error:
            line, results = str(error), None
        assert "\n" not in line, what
        assert len(line) < 700, what
        found[results is None] += 1
    assert found[1] > 300
    assert "fig3" in EXPERIMENTS
