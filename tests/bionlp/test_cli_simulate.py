import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from importlib import metadata

import pytest

from bionlp.checkpoint import load_classifier, save_classifier
from bionlp.engine import Engine
from bionlp.errors import BionlpError
from bionlp.recording import open_recording
from bionlp.simulation import simulate


def test_json_is_one_document_and_the_seed_decides(cli, small_model):
    arguments = ("simulate", small_model, "the film is good .", "a dull plot", "--json")
    code, out, _ = cli(*arguments, "--seed=3")
    assert code == 0
    good, bad = json.loads(out)
    assert (good["label"], bad["label"]) == ("1", "0")
    assert good["text"] == "the film is good ."
    assert good["counts"]["1"] > good["counts"]["0"]
    assert list(good["layers"]) == [
        *("input", "conv3", "conv4", "conv5", "pool3", "pool4", "pool5", "output")
    ]
    assert good["layers"]["output"]["spikes"] == sum(good["counts"].values())
    assert good["layers"]["conv3"]["synaptic_events"] > 0
    assert cli(*arguments, "--seed=3")[1] == out
    assert json.loads(cli(*arguments, "--seed=4")[1])[0]["layers"] != good["layers"]


def test_out_holds_recordings_and_figures(cli, small_model, tmp_path):
    code, out, _ = cli(
        *("simulate", small_model, "the film is good ."),
        *("--out", tmp_path, "--record=conv3:0-4", "--record=output"),
    )
    assert code == 0
    assert "the film is good ." in out
    folder = tmp_path / "small-01"
    names = {path.name for path in folder.iterdir()}
    assert names == {"recording.nc", "raster.png", "ratemap.png", "traces.png", "counts.png"}
    recording = open_recording(folder / "recording.nc")
    assert recording["conv3"]["index"].values.tolist() == [0, 1, 2, 3, 4]
    assert recording["conv4"].sizes["recorded"] == 0
    assert recording["output"].sizes == {"time": 50, "class": 2, "neuron": 3, "recorded": 6}


def test_a_presentation_lasts_as_long_as_in_training(cli, small_model, tmp_path):
    classifier = load_classifier(small_model)
    settings = classifier.training["settings"] | {"steps": 7}
    short = replace(classifier, training=classifier.training | {"settings": settings})
    assert (classifier.steps, short.steps, replace(short, training={}).steps) == (50, 7, 50)
    save_classifier(short, tmp_path / "short")
    arguments = ("simulate", tmp_path / "short", "a good film", "--json")
    for given, steps in (((), 7), (("--steps=9",), 9)):
        (entry,) = json.loads(cli(*arguments, *given)[1])
        assert entry["steps"] == steps


def test_a_file_of_sentences(cli, small_model, tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("a good film\n\na bad film\n", encoding="utf-8")
    code, out, _ = cli("simulate", small_model, "--file", path, "--json")
    assert code == 0
    assert [entry["text"] for entry in json.loads(out)] == ["a good film", "a bad film"]


def test_long_texts_are_cut_and_unknown_words_named(cli, small_model):
    text = "the film is good . " * 4 + "zyzzyva"
    code, out, err = cli("simulate", small_model, text, "--json")
    assert code == 0
    json.loads(out)
    assert "cut to" in err
    code, _, err = cli("simulate", small_model, "good zyzzyva")
    assert code == 0
    assert "unknown words stay silent: zyzzyva" in err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("",), 3, "empty"),
        (("zyzzyva qux",), 3, "knows none"),
        ((), 2, "at least one sentence"),
        (("good", "--backend=fpga"), 8, "choose one of auto"),
        (("good", "--record=conv9"), 2, "no layer 'conv9'"),
        (("good", "--record=conv3:x"), 2, "cannot read"),
        (("good", "--record=output:99"), 2, "neurons 0 to 5"),
        (("good", "--decay=1.5"), 2, r"in \(0, 1\]"),
        (("good", "--file=missing.txt"), 3, "there is no file missing.txt"),
        (("good", "--out=/dev/null/here"), 9, "cannot write"),
    ],
)
def test_bad_input_is_one_line_and_a_code(cli, small_model, arguments, code, message):
    got, out, err = cli("simulate", small_model, *arguments)
    assert got == code
    assert "Traceback" not in err
    (line,) = [line for line in err.splitlines() if line.startswith("error: ")]
    assert re.search(message, line)
    assert out == ""
    assert "WARNING" not in err


def test_invalid_utf8(cli, small_model, tmp_path):
    path = tmp_path / "texts.txt"
    path.write_bytes(b"good\n\xff\xfe\n")
    code, _, err = cli("simulate", small_model, "--file", path)
    assert code == 3
    assert "line 2: not UTF-8" in err


def test_the_installed_command_answers(small_model):
    command = [sys.executable, "-m", "bionlp", "simulate", str(small_model)]
    done = subprocess.run(
        [*command, "the film is good .", "--json"], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)[0]["label"] == "1"


@pytest.mark.parametrize(
    "command",
    [
        *("simulate", "validate", "evaluate", "train", "plot", "report", "demo"),
        *("data list", "data fetch", "embeddings train", "embeddings info", "doctor", "bench"),
        *("experiment table1", "experiment table3", "experiment table4", "experiment table5"),
        *("experiment fig3", "experiment fig4", "experiment fig5", "experiment page", "energy"),
    ],
)
def test_every_help_has_an_example(cli, command):
    code, out, _ = cli(*command.split(), "--help")
    assert code == 0
    assert f"Example: bionlp {command}" in " ".join(out.split())


def test_the_version_is_that_of_the_package(cli):
    code, out, _ = cli("--version")
    assert code == 0
    assert out == f"bionlp {metadata.version('bionlp')}\n"


def recorded_text(folder):
    return open_recording(folder / "recording.nc").attrs["text"]


def test_a_recording_is_not_replaced_unless_that_is_asked_for(cli, least_classifier, tmp_path):
    least = tmp_path / "least"
    save_classifier(least_classifier, least)
    folder = tmp_path / "runs"
    options = ("--steps=2", "--backend=numpy", "--out", folder, "--figures=none")
    assert cli("simulate", least, "a good film", "a bad film", *options)[0] == 0
    before = {path: path.read_bytes() for path in folder.rglob("*.*")}
    code, out, err = cli("simulate", least, "a good story", *options, "--json")
    assert (code, out) == (9, "")
    assert err == (
        f"error: {folder / 'odd-01'} has a recording already; choose another --out, or replace "
        "it with --overwrite\n"
    )
    shutil.rmtree(folder / "odd-01")
    code, _, err = cli("simulate", least, "a good story", "a bad story", *options)
    assert code == 9
    assert "odd-02 has a recording" in err
    assert not (folder / "odd-01").exists()
    assert all(path.read_bytes() == raw for path, raw in before.items() if path.exists())
    assert cli("simulate", least, "a good story", *options)[0] == 0
    assert cli("simulate", least, "bad film", "a bad story", *options, "--overwrite")[0] == 0
    texts = [recorded_text(folder / f"odd-0{number}") for number in (1, 2)]
    assert texts == ["bad film", "a bad story"]


@pytest.mark.parametrize("option", ["--overwrite", "--figures=raster"])
def test_without_a_folder_nothing_is_replaced_or_drawn(cli, option):
    code, _, err = cli("simulate", "mr", "a good film", option)
    assert code == 2
    assert f"{option.partition('=')[0]} is of --out; name a folder, too" in err


@pytest.mark.parametrize(
    ("asked", "drawn"),
    [("counts", {"counts.png"}), ("ratemap,counts", {"ratemap.png", "counts.png"}), ("none", ())],
)
def test_figures_can_be_chosen(cli, least_classifier, tmp_path, asked, drawn):
    save_classifier(least_classifier, tmp_path / "least")
    options = ("--backend=numpy", "--out", tmp_path / "runs", "--figures", asked)
    code, _, err = cli("simulate", tmp_path / "least", "a good film", *options)
    assert code == 0, err
    found = {path.name for path in (tmp_path / "runs" / "odd-01").iterdir()}
    assert found == {"recording.nc", *drawn}
    assert ("recordings and figures are in" in err) == bool(drawn)


@pytest.mark.parametrize("asked", ["rasters", "none,raster", "", "raster,"])
def test_figures_that_do_not_exist_are_refused_before_anything_is_done(cli, tmp_path, asked):
    options = ("--out", tmp_path / "runs", "--figures", asked)
    code, _, err = cli("simulate", "mr", "a good film", *options)
    assert code == 2
    assert "choose of raster, ratemap, traces, counts, or none" in err
    assert not (tmp_path / "runs").exists()


def test_the_demo_replaces_its_own_recordings_only(cli, monkeypatch, tmp_path):
    own = {"en": ("good",), "zh": ("好吃",)}
    monkeypatch.setattr("bionlp.samples.SAMPLES", own)
    monkeypatch.setattr("bionlp.checkpoint.bundled_models", lambda: ["mr"])
    command = ("demo", "--out", tmp_path, "--steps=2", "--backend=numpy")
    assert cli(*command)[0] == 0
    assert cli(*command, "--figures=none")[0] == 0
    options = ("--steps=2", "--backend=numpy", "--out", tmp_path, "--overwrite", "--figures=none")
    assert cli("simulate", "my own film", *options)[0] == 0
    code, out, err = cli(*command)
    assert (code, out) == (9, "")
    assert "mr-01 has a recording of another sentence; choose another --out" in err
    assert recorded_text(tmp_path / "mr-01") == "my own film"


@pytest.mark.parametrize(
    ("arguments", "note"),
    [
        (("a good film", "--model", "{}"), "the model comes first now"),
        (("a good film", "a dull plot", "--model={}"), "the model comes first now"),
        (("a gripping film",), "no model is named, mr is asked"),
        (("a gripping film", "a dull plot"), "no model is named, mr is asked"),
    ],
)
def test_old_spellings_work_with_a_note(cli, small_model, arguments, note):
    arguments = [argument.format(small_model) for argument in arguments]
    code, out, err = cli("simulate", *arguments, "--steps=2", "--backend=numpy", "--json")
    assert code == 0, err
    assert err.startswith("note: ")
    assert note in err
    asked = "mr" if "mr is" in note else "small"
    assert {entry["model"] for entry in json.loads(out)} == {asked}


def test_a_model_that_is_missing_is_no_text(cli, tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("a good film")
    for arguments in (("typo", "a good film"), ("typo", "--file", path)):
        code, _, err = cli("simulate", *arguments)
        assert code == 6
        assert "there is no model 'typo'" in err


def test_python_takes_one_text_or_several(small_model):
    classifier = load_classifier(small_model)
    options = {"steps": 2, "engine": Engine("numpy"), "record": ["none"]}
    (alone,) = simulate(classifier, "a good film", **options)
    (first, _) = simulate(classifier, ["a good film", "a dull plot"], **options)
    assert alone["output"]["spikes"].equals(first["output"]["spikes"])
    for model, texts, said in (
        ("mr", "a film", "as load_classifier returns it, not str"),
        (classifier, 3, "texts are a string or several, not int"),
        (classifier, [], "give at least one"),
        (classifier, [3], "a text is a string, not int"),
    ):
        with pytest.raises(BionlpError, match=said):
            simulate(model, texts, **options)
