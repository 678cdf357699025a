import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from gensim.models import KeyedVectors
from safetensors.numpy import load_file

from bionlp.checkpoint import load_classifier
from bionlp.datasets import load_dataset
from bionlp.training.stages import TextCNNStage


def test_a_model_is_complete_and_learned(small_model):
    classifier = load_classifier(small_model)
    measured = classifier.training["measured"]
    assert measured["finetuned"]["test_accuracy"] == 1
    assert measured["tailored"]["best_epoch"] >= 1
    assert len(measured["finetuned"]["history"]["loss"]) == 3
    assert classifier.levels.dtype == np.uint8
    assert not classifier.levels[0].any()
    assert {path.name for path in small_model.iterdir()} == {
        *("calibration.json", "settings.json", "model.safetensors", "vocabulary.json", "README.md")
    }
    card = (small_model / "README.md").read_text(encoding="utf-8")
    assert "bionlp train --dataset=" in card
    assert "100.00%" in card


def test_evaluate_prints_the_accuracy_of_the_card(cli, small_model, reviews):
    test_accuracy = load_classifier(small_model).training["measured"]["finetuned"]["test_accuracy"]
    for engine in ("torch", "brian"):
        code, out, _ = cli(
            *("evaluate", small_model, "--dataset", reviews / "reviews.csv"),
            *("--engine", engine, "--limit=20", "--json"),
        )
        assert code == 0
        document = json.loads(out)
        assert document["accuracy"] == test_accuracy
        assert document["n"] == 20
        assert document["seconds"] > 0


def test_a_killed_training_ends_as_an_uninterrupted_one(
    cli, small_model, training_arguments, tmp_path
):
    out = tmp_path / "small"
    command = [sys.executable, "-m", "bionlp", *training_arguments, f"--out={out}"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    state = out / "state" / "tailored.state.pt"
    deadline = time.monotonic() + 120
    while not state.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert state.exists()
    assert not (out / "settings.json").exists()

    code, _, err = cli(*training_arguments, f"--out={out}", "--decay=0.9")
    assert code == 6
    assert "interrupted training with other settings" in err

    assert cli(*training_arguments, f"--out={out}")[0] == 0
    expected = load_file(small_model / "model.safetensors")
    for name, array in load_file(out / "model.safetensors").items():
        np.testing.assert_array_equal(array, expected[name], err_msg=name)
    assert not (out / "state").exists()


def test_a_finished_model_is_not_overwritten(cli, small_model, training_arguments):
    code, _, err = cli(*training_arguments, f"--out={small_model}")
    assert code == 9
    assert "already holds a trained model" in err


@pytest.mark.parametrize(
    ("option", "code", "message"),
    [
        ("--threshold=1e9", 10, "silent"),
        ("--tailored-rate=1e-12 --embedding-rate=1e-12", 10, "never left chance"),
        ("--dimension=300", 5, "dimension 60, not 300"),
        ("--decay=0", 2, "decay must lie in"),
        ("--embeddings=missing.bin", 5, "missing.bin"),
        ("--dataset=missing.csv", 4, "missing.csv"),
        ("--out=/dev/null/model", 9, "cannot write"),
    ],
)
def test_trainings_that_fail_say_why(cli, training_arguments, tmp_path, option, code, message):
    out = () if option.startswith("--out") else (f"--out={tmp_path / 'model'}",)
    got, _, err = cli(*training_arguments, *out, *option.split())
    assert got == code, err
    assert message in err
    assert "Traceback" not in err
    assert not (tmp_path / "model" / "settings.json").exists()


def test_a_tiny_table_is_refused(cli, reviews, tmp_path):
    table = tmp_path / "tiny.csv"
    table.write_text("label,text\n0,bad film\n1,good film\n", encoding="utf-8")
    code, _, err = cli(
        *("train", "--dataset", table, "--embeddings", reviews / "vectors.bin"),
        *("--out", tmp_path / "model"),
    )
    assert code == 4
    assert "too small" in err


@pytest.fixture
def begun(cli, reviews, training_arguments, tmp_path, monkeypatch):
    """Return the arguments of a training that was begun, its table and its folder."""
    table = tmp_path / "reviews.csv"
    vectors = tmp_path / "vectors.bin"
    table.write_bytes((reviews / "reviews.csv").read_bytes())
    vectors.write_bytes((reviews / "vectors.bin").read_bytes())
    files = (f"--dataset={table}", f"--embeddings={vectors}", f"--out={tmp_path / 'model'}")
    arguments = (*training_arguments[:1], *files, *training_arguments[3:], "--teachers=0")

    def stop(*_args, **_options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(TextCNNStage, "loss", stop)
        with contextlib.suppress(KeyboardInterrupt):
            cli(*arguments)
    assert (tmp_path / "model" / "state" / "recipe.json").is_file()
    return arguments, table, vectors


def other_labels(text):
    return text.replace("0,the film is bad and", "1,the film is bad and", 1)


def other_words(text):
    return text.replace("the film is bad and", "the plot is bad and", 1)


def longer(text):
    return text.replace("the film is bad", f"the film is {'very ' * 30}bad", 1)


def three_classes(text):
    return f"{text.rstrip()}\n" + "2,the film is .\n" * 40


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (other_labels, "other labels or texts"),
        (other_words, "other labels or texts"),
        (longer, "other labels or texts"),
        (three_classes, "other classes and labels or texts"),
    ],
)
def test_a_training_goes_on_with_its_own_table_alone(cli, begun, change, message):
    arguments, table, _ = begun
    table.write_text(change(table.read_text(encoding="utf-8")), encoding="utf-8")
    code, _, err = cli(*arguments)
    assert code == 6, err
    assert f"holds an interrupted training with {message}; choose another folder" in err


def test_a_training_goes_on_with_its_own_vectors_alone(cli, begun):
    arguments, _, path = begun
    vectors = KeyedVectors.load_word2vec_format(str(path), binary=True)
    values = vectors.vectors.copy()
    values[3, 4] += 0.5
    other = KeyedVectors(60)
    other.add_vectors(vectors.index_to_key, values)
    other.save_word2vec_format(str(path), binary=True)
    code, _, err = cli(*arguments)
    assert code == 6, err
    assert "other values of word vectors" in err
    named = KeyedVectors(60)
    named.add_vectors([*vectors.index_to_key[:-1], "plums"], vectors.vectors)
    named.save_word2vec_format(str(path), binary=True)
    code, _, err = cli(*arguments)
    assert code == 6, err
    assert "other words with a vector" in err


@pytest.mark.parametrize("content", ["[]", "{}", "{", "null", "1", '{"dataset": 1}', "[[" * 9_999])
def test_a_record_of_another_kind_is_refused(cli, begun, tmp_path, content):
    path = tmp_path / "model" / "state" / "recipe.json"
    path.write_text(content)
    code, _, err = cli(*begun[0])
    assert code == 6, err
    assert "recipe.json: " in err
    assert "to start again" in err
    path.unlink()
    path.mkdir()
    code, _, err = cli(*begun[0])
    assert code == 6, err
    assert "recipe.json is no file but" in err


def test_a_model_says_which_table_it_was_trained_on(small_model, reviews):
    dataset = load_dataset(reviews / "reviews.csv")
    training = load_classifier(small_model).training
    assert training["dataset_sha256"] == dataset.digest
    assert training["settings"]["split_seed"] == 0
