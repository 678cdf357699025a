"""The command that counts operations."""

import json

import pytest

from bionlp.checkpoint import load_classifier


def test_a_small_model_is_counted(cli, small_model, reviews):
    data = (f"--dataset={reviews / 'reviews.csv'}", "--limit=10", "--steps=20")
    code, out, err = cli("energy", small_model, *data, "--json")
    assert code == 0, err
    document = json.loads(out)
    layers = {row["layer"]: row for row in document["layers"]}
    network = load_classifier(small_model).network
    assert list(layers) == [population.name for population in network.hidden]
    assert document["sentences"] == 10
    for total, part in (("macs", "macs"), ("synaptic_operations", "counted")):
        assert document[total] == pytest.approx(sum(row[part] for row in layers.values()))
    for row in document["energy"]:
        assert row["ratio"] == pytest.approx(row["spiking_joules"] / row["textcnn_joules"])
    paper = document["energy"][0]
    assert paper["textcnn_joules"] == pytest.approx(document["macs"] * 12.5e-12)
    assert paper["spiking_joules"] == pytest.approx(document["synaptic_operations"] * 77e-15)

    code, out, _ = cli("energy", small_model, *data)
    assert code == 0
    for row in document["energy"]:
        assert f"{row['cost_model']}: {row['source']}." in out


@pytest.mark.parametrize(
    ("option", "code", "message"),
    [
        ("--backend=abacus", 8, "unknown backend 'abacus'"),
        ("--dataset=missing.csv", 4, "missing.csv"),
        ("--decay=2", 2, "decay"),
    ],
)
def test_wrong_input_is_one_line(cli, small_model, reviews, option, code, message):
    data = () if option.startswith("--dataset") else (f"--dataset={reviews / 'reviews.csv'}",)
    got, _, err = cli("energy", small_model, *data, option)
    assert got == code
    assert message in err
    assert "Traceback" not in err


def test_sentences_without_a_known_word_are_refused(cli, small_model, tmp_path):
    table = tmp_path / "unknown.csv"
    table.write_text("label,text\n0,xyzzy\n1,plugh\n", encoding="utf-8")
    code, _, err = cli("energy", small_model, f"--dataset={table}")
    assert code == 4
    assert "no sentence has a word that the model knows" in err


def test_sentences_that_are_left_out_are_counted(cli, small_model, tmp_path):
    table = tmp_path / "some.csv"
    table.write_text("label,text\n0,xyzzy\n1,a good film\n", encoding="utf-8")
    code, out, err = cli("energy", small_model, f"--dataset={table}", "--json")
    assert code == 0
    assert json.loads(out)["sentences"] == 1
    assert "left out 1 sentences without a word that the model knows" in err


@pytest.mark.slow
def test_the_estimate_is_near_the_count_on_real_sentences(cli, data_dir):
    code, out, err = cli("energy", "mr", "--dataset=mr", "--limit=100", "--json")
    assert code == 0, err
    document = json.loads(out)
    assert document["sentences"] == 100
    for row in document["layers"]:
        assert abs(row["difference"]) < 0.02, row["layer"]
