"""Models that were harmed in every way are refused in one line, or classify as any other."""

import hashlib
import json
import random
import struct

import numpy as np
import pytest
import torch
from safetensors.numpy import load, save

from bionlp.checkpoint import BUNDLED, load_classifier, save_classifier
from bionlp.engine import Engine
from bionlp.errors import CheckpointError
from bionlp.simulation import simulate
from networks.pytorch import SpikingNetwork
from tests.bionlp.mutating import changed, delete, harmed_bytes, mutants, places, put, repeat

ARRAYS, WORDS, SETTINGS = "model.safetensors", "vocabulary.json", "settings.json"
TEXT = "good film"
SPECIAL = (np.nan, np.inf, -np.inf, 1e300, 1e38, -1e35)


@pytest.fixture(scope="module")
def made(make_classifier, tmp_path_factory):
    """Return the folder of a model that has some of everything, what it says, and its files."""
    folder = tmp_path_factory.mktemp("models") / "odd"
    classifier = make_classifier()
    settings = {"steps": 5, "split_seed": 3}
    classifier.training.update(settings=settings, dataset="t", dataset_sha256="0" * 64)
    save_classifier(classifier, folder)
    return folder


@pytest.fixture
def model(made, tmp_path):
    """Return a copy of it that may be harmed."""
    folder = tmp_path / "in" / "odd"
    folder.mkdir(parents=True)
    for name in (ARRAYS, WORDS, SETTINGS):
        (folder / name).write_bytes((made / name).read_bytes())
    return folder


def answer(classifier):
    """Return all spikes and membranes that a sentence makes."""
    network = SpikingNetwork(classifier.network).double().eval()
    rates = classifier.read(TEXT).rates
    spikes = torch.from_numpy(np.random.default_rng(1).random((3, 1, *rates.shape)) < rates)
    with torch.no_grad():
        traces = network.traces(spikes.double()).values()
    return [part.numpy() for trace in traces for part in trace]


def outcome(folder, what):
    """Return None if a model is refused as it should be, else what it answers."""
    try:
        classifier = load_classifier(folder)
    except CheckpointError as error:
        line = str(error)
        assert "\n" not in line, what
        assert len(line) < 700, what
        assert folder.name in line, what
        return None
    parts = answer(classifier)
    assert all(np.isfinite(part).all() for part in parts), what
    assert type(classifier.steps) is int, what
    return parts


def counted(folder, name, harmed, checksum=True):
    """Put harmed content in place of a file; return how many were refused and answered."""
    found = {True: 0, False: 0}
    for what, content in harmed:
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        if checksum:
            sign(folder)
        found[outcome(folder, what) is None] += 1
    assert {path.name for path in folder.parent.iterdir()} == {folder.name}
    return found


def sign(folder):
    """Make the checksums fit."""
    settings = json.loads((folder / SETTINGS).read_bytes())
    settings["sha256"] = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (ARRAYS, WORDS)
    }
    (folder / SETTINGS).write_text(json.dumps(settings))


def test_an_unharmed_model_answers_alike(made, model):
    for part, expected in zip(outcome(model, ""), outcome(made, ""), strict=True):
        np.testing.assert_array_equal(part, expected)


def test_mutants_of_settings(model):
    document = json.loads((model / SETTINGS).read_bytes())
    every = list(mutants(document))
    chosen = random.Random(0).sample(every, 1_000)
    found = counted(model, SETTINGS, chosen, checksum=False)
    assert found[True] > 900


@pytest.mark.parametrize("part", ["name", "training", "label_names", "sha256", "version"])
def test_mutants_of_what_others_ask_for(model, part):
    document = json.loads((model / SETTINGS).read_bytes())
    paths = [path for path in places(document) if path[0] == part]
    counted(model, SETTINGS, mutants(document, paths[:4]), checksum=False)


def test_what_may_differ_changes_nothing_else(made, model):
    document = json.loads((model / SETTINGS).read_bytes())
    expected = outcome(made, "")
    for path, value in (("name",), "x"), (("label_names", 0), "other"), (("training",), {}):
        (model / SETTINGS).write_text(json.dumps(changed(document, path, put(value))))
        for part, wanted in zip(outcome(model, path), expected, strict=True):
            np.testing.assert_array_equal(part, wanted)


def test_mutants_of_settings_of_version_1(tmp_path):
    folder = tmp_path / "in" / "mr"
    folder.mkdir(parents=True)
    words, features, maps = 3, 4, 2
    document = json.loads((BUNDLED / "mr" / SETTINGS).read_bytes())
    document["training"] = {"settings": {"steps": 5, "split_seed": 0}}
    network = document["network"]
    network["input"] |= {"positions": 6, "features": features}
    for layer in network["layers"]:
        if layer["kind"] == "pooling":
            layer["window"] = 7 - int(layer["name"][-1])
    rng = np.random.default_rng(0)
    arrays = {f"network.conv{w}": rng.normal(0, 1, (maps, w, features)) for w in (3, 4, 5)}
    arrays["network.output"] = rng.normal(0, 1, (20, 3 * maps))
    arrays["levels"] = np.vstack([np.zeros(features), np.full((words, features), 99)])
    arrays = {name: value.astype(np.float32) for name, value in arrays.items()}
    arrays["levels"] = arrays["levels"].astype(np.uint8)
    (folder / ARRAYS).write_bytes(save(arrays))
    (folder / WORDS).write_text('["good", "film", "bad"]')
    (folder / SETTINGS).write_text(json.dumps(document))
    sign(folder)
    assert outcome(folder, "unharmed") is not None
    every = list(mutants(json.loads((folder / SETTINGS).read_bytes())))
    found = counted(folder, SETTINGS, random.Random(1).sample(every, 250), checksum=False)
    assert found[True] > 200


def test_mutants_of_vocabularies(model):
    words = json.loads((model / WORDS).read_bytes())
    found = counted(model, WORDS, mutants({"words": words}))
    assert not found[False]
    raw = (model / WORDS).read_bytes()
    harmed = [(what, text.encode()) for what, text in mutants({"w": words}, [("w", 0), ("w", 3)])]
    lists = [(what, json.dumps(json.loads(raw_)["w"])) for what, raw_ in harmed if b'"w"' in raw_]
    counted(model, WORDS, [pair for pair in lists if pair[1] != json.dumps(words)])
    counted(model, WORDS, harmed_bytes(raw, 60))


def test_harmed_bytes_are_noticed_by_their_checksum(made, model):
    for name in (ARRAYS, WORDS):
        raw = (model / name).read_bytes()
        assert not counted(model, name, harmed_bytes(raw, 60), checksum=False)[False]
        (model / name).write_bytes(raw)
    harmed = harmed_bytes((model / SETTINGS).read_bytes(), 300)
    counted(model, SETTINGS, harmed, checksum=False)


def header_of(raw):
    (size,) = struct.unpack("<Q", raw[:8])
    return json.loads(raw[8 : 8 + size]), raw[8 + size :]


def with_header(header, rest, size=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if size is None else size) + text + rest


def test_mutants_of_headers(model):
    header, rest = header_of((model / ARRAYS).read_bytes())
    paths = [path for path in places(header) if path[0] in ("levels", "connections.conv.weight")]
    harmed = [(what, with_header(text.encode(), rest)) for what, text in mutants(header, paths)]
    harmed += [(f"size {n}", with_header(header, rest, n)) for n in (0, 1, 7, 2**31, 2**63)]
    huge = changed(header, ("levels", "shape"), put([10**12, 12]))
    harmed += [("huge", with_header(huge, rest))]
    huge = changed(huge, ("levels", "data_offsets"), put([0, 12 * 10**12]))
    harmed += [("huger", with_header(huge, rest)), ("nothing", b""), ("short", b"\1\0\0")]
    found = counted(model, ARRAYS, harmed)
    assert found[True] > 100


def test_mutants_of_arrays(model):
    arrays = load((model / ARRAYS).read_bytes())
    harmed = []
    for name, array in arrays.items():
        others = {dtype: array.astype(dtype) for dtype in ("f2", "f4", "f8", "i8", "u1", "?")}
        others |= {
            "flat": array.ravel(),
            "more": array[None],
            "less": array[:-1],
            "none": array[:0],
        }
        for kind, other in others.items():
            if other.dtype != array.dtype or other.shape != array.shape:
                harmed.append(
                    (f"{name} {kind}", save(arrays | {name: np.ascontiguousarray(other)}))
                )
        if array.dtype.kind == "f":
            for value in SPECIAL:
                spoilt = array.copy()
                spoilt.flat[spoilt.size // 2] = value
                harmed.append((f"{name} {value}", save(arrays | {name: spoilt})))
        for change in (delete, repeat):
            mutant = dict(arrays)
            change(mutant, name) if change is delete else mutant.update({f"{name}.more": array})
            harmed.append((f"{change.__name__} {name}", save(mutant)))
    assert not counted(model, ARRAYS, harmed)[False]
    raw = (model / ARRAYS).read_bytes()
    counted(model, ARRAYS, harmed_bytes(raw, 120))


def test_what_is_left_is_simulated_in_brian(model):
    document = json.loads((model / SETTINGS).read_bytes())
    neuron = ("network", "populations", 3, "neuron")
    mutants_ = {
        (*neuron, "strength"): 1e-320,
        (*neuron, "threshold"): 2**64,
        (*neuron, "inclusive"): True,
        ("network", "connections", 0, "delay"): 7,
        ("name",): "x" * 100,
    }
    for path, value in mutants_.items():
        (model / SETTINGS).write_text(json.dumps(changed(document, path, put(value))))
        (tree,) = simulate(load_classifier(model), [TEXT], engine=Engine("numpy"), steps=3)
        assert tree.attrs["steps"] == 3
