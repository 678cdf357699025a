"""Models as files: they come back as they were, and no wrong one passes."""

import copy
import hashlib
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file, save

from bionlp.checkpoint import BUNDLED, load_classifier, save_classifier
from bionlp.errors import CheckpointError
from bionlp.naming import name_of
from networks.description import Votes
from networks.transforms import Convolution, SumPooling


def test_what_is_saved_is_loaded(small_model, make_classifier, tmp_path):
    for classifier in (load_classifier(small_model), make_classifier(), load_classifier("mr")):
        save_classifier(classifier, tmp_path / classifier.name)
        again = load_classifier(tmp_path / classifier.name)
        assert again.vocabulary.words == classifier.vocabulary.words
        assert again.training == classifier.training
        assert again.label_names == classifier.label_names
        np.testing.assert_array_equal(again.levels, classifier.levels)
        assert again.network == classifier.network


def test_version_1_is_a_row_of_convolutions_and_sums():
    settings = json.loads((BUNDLED / "mr" / "settings.json").read_bytes())
    assert settings["version"] == 1
    network = load_classifier("mr").network
    assert network.order == (
        "input",
        "conv3",
        "conv4",
        "conv5",
        "pool3",
        "pool4",
        "pool5",
        "output",
    )
    assert network.shapes["conv4"] == (36, 100)
    assert network["pool4"].neuron.threshold == 36
    assert network.unit("pool4") == 36
    assert network.into("conv4")[0].transform == Convolution(network.weights["conv4"])
    assert network.into("pool4")[0].transform == SumPooling()
    assert network.readout == Votes("output", 2)


@pytest.mark.parametrize(
    ("text", "name"), [("mr", "mr"), ("my model", "my_model"), ("../up", "_up"), ("", "model")]
)
def test_models_are_named_so_that_folders_can_be(text, name):
    assert name_of(text) == name


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "my model"}, "name: "),
        ({"language": "fr"}, "language: "),
        ({"label_names": ("one", "two", "three")}, "readout.groups is 2"),
    ],
)
def test_what_could_not_be_read_again_is_not_written(make_classifier, tmp_path, changes, message):
    with pytest.raises(CheckpointError, match=message):
        save_classifier(replace(make_classifier(), **changes), tmp_path / "model")
    assert not (tmp_path / "model").exists()


@pytest.fixture
def copied(small_model, tmp_path):
    """Return a copy of the small model that a test may harm."""
    return shutil.copytree(small_model, tmp_path / "harmed")


def harm_json(folder, **changes):
    path = folder / "settings.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda folder: shutil.rmtree(folder), "there is no model"),
        (lambda folder: (folder / "model.safetensors").unlink(), "there is no file"),
        (
            lambda folder: (folder / "model.safetensors").write_bytes(
                (folder / "model.safetensors").read_bytes()[:-100]
            ),
            "truncated",
        ),
        (lambda folder: (folder / "vocabulary.json").write_text("[]"), "was changed"),
        (lambda folder: (folder / "settings.json").write_text('{"format": "bio'), "truncated"),
        (lambda folder: (folder / "settings.json").write_text("[1]"), "does not describe"),
        (lambda folder: harm_json(folder, format="other"), "does not describe"),
        (lambda folder: harm_json(folder, version=99), "version 99"),
        (lambda folder: harm_json(folder, version=True), "version True"),
        (lambda folder: harm_json(folder, sha256=None), "sha256: "),
        (lambda folder: harm_json(folder, network={}), r"network\.populations: is missing"),
        (lambda folder: (folder / "settings.json").write_text("[" * 100_000), "truncated"),
    ],
)
def test_harmed_models_are_refused(cli, copied, harm, message):
    harm(copied)
    with pytest.raises(CheckpointError, match=message):
        load_classifier(copied)
    code, out, err = cli("simulate", copied, "good")
    assert (code, out) == (6, "")
    assert "Traceback" not in err


def test_unknown_names_list_the_bundled_ones():
    with pytest.raises(CheckpointError, match="mr, sst2, waimai"):
        load_classifier("no-such-model")


@pytest.fixture(scope="module")
def odd_model(make_classifier, tmp_path_factory):
    """Return the folder of a model that has some of everything."""
    folder = tmp_path_factory.mktemp("models") / "odd"
    save_classifier(make_classifier(), folder)
    return folder


def put(*path, to=None):
    def harm(settings):
        *way, last = path
        for step in way:
            settings = settings[step]
        settings[last] = to

    return harm


def drop(*path):
    def harm(settings):
        *way, last = path
        for step in way:
            settings = settings[step]
        del settings[last]

    return harm


POPULATIONS, CONNECTIONS = ("network", "populations"), ("network", "connections")
NEURON = (*POPULATIONS, 2, "neuron")
KERNEL = (*CONNECTIONS, 0, "transforms", 0)


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (put("name", to="../odd"), "name: "),
        (put("name", to=".odd"), "name: "),
        (put("name", to="odd\n"), "name: "),
        (put("name", to="o" * 101), "name: "),
        (put("language", to="fr"), "language: "),
        (put("label_names", to=["one"]), "label_names"),
        (put("label_names", to=["one", "one"]), "label_names"),
        (put("label_names", to=[1, 2]), "label_names[0]: "),
        (put("unknown", to=1), "unknown: is no field"),
        (put("training", "settings", to={"steps": 0}), "training.settings.steps: "),
        (drop("training"), "training: is missing"),
        (put(*NEURON, "decay", to="0.9"), "network.populations[2].neuron.decay: "),
        (put(*NEURON, "decay", to=float("nan")), "network.populations[2].neuron.decay: "),
        (put(*NEURON, "decay", to=True), "network.populations[2].neuron.decay: "),
        (put(*NEURON, "decay", to=1.5), "decay of a LIF must lie in (0, 1]"),
        (put(*NEURON, "mood", to=1.0), "network.populations[2].neuron.mood: is no field"),
        (put(*NEURON, "type", to="Martian"), "populations[2].neuron: there is no type 'Martian'"),
        (drop(*NEURON, "type"), "populations[2].neuron: has no type"),
        (drop(*NEURON, "decay"), "network.populations[2].neuron.decay: is missing"),
        (put(*NEURON, "reset", to="never"), "reset of a LIF"),
        (put(*KERNEL, "type", to="Magic"), "transforms[0]: there is no type 'Magic'"),
        (put(*KERNEL, "stride", to=[1.5]), "connections[0].transforms[0].stride"),
        (put(*KERNEL, "stride", to=[2]), "connection input -> conv"),
        (put("network", "readout", to=None), "readout is none"),
        (put("network", "readout", "type", to="Potentials"), "readout is of type Potentials"),
        (put("network", "readout", "population", to="mars"), "unknown population 'mars'"),
        (put("network", "readout", "groups", to=3), "readout.groups is 3"),
        (put("network", "readout", "groups", to=2.0), "network.readout.groups: "),
        (put(*CONNECTIONS, 0, "delay", to=-1), "network.connections[0].delay: "),
        (put(*CONNECTIONS, 3, "delay", to=0), "without a delay"),
        (put(*CONNECTIONS, 0, "sources", to=["mars"]), "mars"),
        (put(*POPULATIONS, 0, "shape", to=[8, 3, 4]), "network: "),
        (put(*KERNEL, "weight", "array", to="elsewhere"), "lacks the array 'elsewhere'"),
        (put(*KERNEL, "weight", "dtype", to="float32"), "is of float64, not float32"),
        (
            put(*KERNEL, "weight", "shape", to=[5, 3, 13]),
            "has the shape (5, 3, 12), not (5, 3, 13)",
        ),
        (put(*KERNEL, "weight", to=1.0), "connections[0].transforms[0].weight: "),
        (put(*KERNEL, "weight", to=None), "connections[0].transforms[0].weight: "),
        (put("sha256", to={"settings.json": "0" * 64}), "sha256"),
    ],
)
def test_wrong_fields_are_named(odd_model, tmp_path, harm, message):
    folder = shutil.copytree(odd_model, tmp_path / "harmed")
    settings = json.loads((folder / "settings.json").read_text())
    harm(settings)
    (folder / "settings.json").write_text(json.dumps(settings))
    refused(folder, message)


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda arrays: arrays.pop("levels"), "lacks the array 'levels'"),
        (lambda arrays: arrays.pop("neurons.conv.threshold"), "'neurons.conv.threshold'"),
        (lambda arrays: arrays.update(more=np.zeros(3)), "nothing refers to: 'more'"),
        (lambda arrays: arrays["connections.conv.weight"].fill(np.nan), "not finite"),
        (lambda arrays: arrays["levels"].fill(1), "row 0"),
        (lambda arrays: arrays.update(levels=arrays["levels"][:-1]), "'levels' has the shape"),
        (lambda arrays: arrays.update(levels=arrays["levels"].astype(int)), "is of int64"),
    ],
)
def test_wrong_arrays_are_named(odd_model, tmp_path, harm, message):
    folder = shutil.copytree(odd_model, tmp_path / "harmed")
    arrays = copy.deepcopy(load_file(folder / "model.safetensors"))
    harm(arrays)
    replace_file(folder, "model.safetensors", save(arrays))
    refused(folder, message)


@pytest.mark.parametrize("words", ['["a", "a", "b", "c", "d"]', "[1, 2, 3, 4, 5]", "{}", "[", "[]"])
def test_wrong_vocabularies_are_refused(odd_model, tmp_path, words):
    folder = shutil.copytree(odd_model, tmp_path / "harmed")
    replace_file(folder, "vocabulary.json", words.encode())
    refused(folder, "levels" if words == "[]" else "vocabulary.json")


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (put("network", "layers", 0, "threshold", to="1"), "network.layers[0].threshold: "),
        (put("network", "layers", 0, "kind", to="magic"), "network.layers[0]: there is no type"),
        (put("network", "layers", 3, "source", to="mars"), "listens to 'mars'"),
        (put("network", "input", "features", to=3), "network: "),
        (put("network", "classes", to=3), "network: "),
        (drop("network", "layers", 3, "window"), "network.layers[3].window: is missing"),
        (put("network", "layers", 0, "name", to="conv9"), "lacks the array 'network.conv9'"),
    ],
)
def test_wrong_fields_of_version_1_are_named(tmp_path, harm, message):
    folder = shutil.copytree(BUNDLED / "mr", tmp_path / "harmed")
    settings = json.loads((folder / "settings.json").read_text())
    harm(settings)
    (folder / "settings.json").write_text(json.dumps(settings))
    refused(folder, message)


def replace_file(folder, name, content):
    """Change a file, and its checksum with it."""
    (folder / name).write_bytes(content)
    settings = json.loads((folder / "settings.json").read_text())
    settings["sha256"][name] = hashlib.sha256(content).hexdigest()
    (folder / "settings.json").write_text(json.dumps(settings))


def refused(folder, message):
    with pytest.raises(CheckpointError) as caught:
        load_classifier(folder)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
