import json
from dataclasses import replace

import numpy as np
import pytest

from bionlp.checkpoint import load_classifier
from bionlp.engine import Engine
from bionlp.independent import compare_independent
from bionlp.simulation import run_brian
from bionlp.validation import compare_with_pytorch, replay
from networks.brian import PoissonStimulus
from networks.description import with_all_neurons


@pytest.fixture(scope="module")
def sentences(small_model):
    """Return the network of the small classifier and three sentences."""
    classifier = load_classifier(small_model)
    texts = ("the film is good .", "dull", "a warm and clever end .")
    return classifier.network, [classifier.read(text) for text in texts]


@pytest.mark.parametrize("decay", [1.0, 0.9])
def test_no_spike_differs_in_replay(small_model, sentences, decay):
    network, read = sentences
    classifier = replace(
        load_classifier(small_model), network=with_all_neurons(network, decay=decay)
    )
    result = replay(classifier, read, steps=50, seed=0, engine=Engine("numpy"))
    assert result.differing == 0
    assert result.spikes > 1000
    assert list(result.layers) == list(result.sentences[0])
    assert all(layer.spikes for layer in result.layers.values())
    assert all(layer.membrane < 1e-9 for n, layer in result.layers.items() if n != "input")


def test_a_wrong_weight_is_found(sentences):
    network, read = sentences
    stimulus = PoissonStimulus.of_rates([sentence.rates for sentence in read], 50)
    _, activities = run_brian(network, stimulus, seed=0, engine=Engine("numpy"))
    assert not any(
        layer.differing for layer in compare_with_pytorch(network, activities)[0].values()
    )
    weight = network.weights["conv3"].copy()
    weight[0] *= 1.5
    found = compare_with_pytorch(network.with_weights({"conv3": weight}), activities)[0]
    assert found["conv3"].differing > 0
    assert found["input"].differing == 0


def test_independent_input_agrees_in_distribution(sentences):
    network, read = sentences
    result = compare_independent(network, read, steps=50, seed=0, seeds=10, engine=Engine("numpy"))
    assert result.presentations == 30
    assert result.agreement.low <= 1 <= result.agreement.high + 1e-12
    for name in ("input", "conv3", "conv4"):
        layer = result.layers[name]
        assert abs(layer.difference.estimate) < 0.05, name
        assert np.isfinite([layer.difference.low, layer.difference.high]).all()


def test_validate_command(cli, small_model, reviews):
    code, out, _ = cli(
        *("validate", small_model, "--dataset", reviews / "reviews.csv", "--limit=3"),
        *("--backend=numpy", "--independent=2", "--json"),
    )
    assert code == 0
    document = json.loads(out)
    assert document["differing"] == 0
    assert document["spikes"] == sum(layer["spikes"] for layer in document["layers"].values())
    assert {"spikes", "differing", "membrane"} == set(document["layers"]["conv3"])
    assert document["layers"]["input"]["membrane"] is None  # NaN is no JSON
    assert document["independent"]["presentations"] == 6
    code, out, _ = cli(
        *("validate", small_model, "--dataset", reviews / "reviews.csv", "--limit=2"),
        "--decay=0.9",
    )
    assert code == 0
    assert "differing" in out


def test_one_sentence_is_too_few_for_an_interval(cli, small_model, reviews):
    code, _, err = cli(
        *("validate", small_model, "--dataset", reviews / "reviews.csv", "--limit=1"),
        "--independent=2",
    )
    assert code == 2
    assert "at least two" in err


def test_unknown_sentences_of_a_dataset_are_left_out(cli, small_model, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("label,text\n0,zyzzyva\n1,good film\n", encoding="utf-8")
    code, _, err = cli("validate", small_model, "--dataset", table)
    assert code == 0
    assert "left out 1" in err
    table.write_text("label,text\n0,zyzzyva\n1,qux\n", encoding="utf-8")
    assert cli("validate", small_model, "--dataset", table)[0] == 3


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("evaluate", "--dataset=table.csv", "--engine=abacus"), 2, "torch, brian"),
        (
            ("evaluate", "--dataset=table.csv", "--engine=torch", "--workers=1"),
            2,
            "--workers is for --engine brian",
        ),
        (("validate", "--split=dev"), 2, "--split is of a dataset"),
        (("evaluate", "--dataset=no-such"), 4, "unknown dataset"),
        (("evaluate", "--dataset=sst5"), 4, "5 classes"),
        (("evaluate", "--dataset=waimai"), 4, "is in language 'zh', model 'small' in 'en'"),
        (("evaluate", "--dataset={labels}"), 4, "row"),
        (("evaluate", "--dataset={columns}"), 4, "label"),
    ],
)
def test_datasets_that_do_not_fit(cli, small_model, tmp_path, arguments, code, message):
    files = {name: tmp_path / f"{name}.csv" for name in ("labels", "columns")}
    files["labels"].write_text("label,text\n0,good film\n7,bad film\n", encoding="utf-8")
    files["columns"].write_text("stars,text\n0,good film\n", encoding="utf-8")
    command, *options = (argument.format(**files) for argument in arguments)
    got, out, err = cli(command, small_model, *options)
    assert got == code, err
    assert message in err
    assert "Traceback" not in err
    assert out == ""
