"""What lessons of a training may have besides the sentences of a table."""

import contextlib
import json
import re
import shutil
import sys
from dataclasses import fields

import numpy as np
import pytest
from safetensors.numpy import load_file
from typer.main import get_command

from bionlp.checkpoint import load_classifier
from bionlp.cli import app
from bionlp.training.settings import TrainingSettings
from bionlp.training.stages import FineTuningStage, TextCNNStage

QUICK = ("--teachers=0", "--tailored-epochs=6", "--finetuning-epochs=1", "--steps=20")


@pytest.fixture
def arguments(training_arguments):
    """Return the command that trains the small classifier without teachers, less its folder."""
    return (*training_arguments, *QUICK)


@pytest.fixture
def treebank(reviews, tmp_path, monkeypatch):
    """Return a data folder with the small reviews in the format of SST, each film a phrase."""
    folder = tmp_path / "data" / "sst"
    (folder / "trees").mkdir(parents=True)
    rows = (reviews / "reviews.csv").read_text(encoding="utf-8").splitlines()[1:]
    parts = {"train": rows[2:], "dev": rows[::5], "test": rows[1::5]}
    parts["train"] = [row for row in parts["train"] if row not in parts["dev"] + parts["test"]]
    for part, kept in parts.items():
        lines = "".join(row.replace(",", " ") + "\n" for row in kept)
        (folder / f"stsa.binary.{part}").write_text(lines, encoding="utf-8")
    trees = (row.replace(",", " ").split() for row in parts["train"])
    (folder / "trees" / "train.txt").write_text(
        "".join(
            f"({4 * int(label)} (2 {article} {thing}) (2 is (4 {word}) and {other} .))\n"
            for label, article, thing, _, word, _, other, _ in trees
        ),
        encoding="utf-8",
    )
    monkeypatch.setenv("BIONLP_DATA_DIR", str(tmp_path / "data"))
    return folder


@pytest.fixture
def interrupt(cli, monkeypatch):
    """Return a function that begins a training and stops it where a stage takes a step."""

    def stop(*_args, **_options):
        raise KeyboardInterrupt

    def begin(stage, *arguments):
        with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
            patch.setattr(stage, "loss", stop)
            cli(*arguments)

    return begin


def test_every_setting_but_the_widths_has_an_option():
    options = {option.name for option in get_command(app).commands["train"].params}
    assert {setting.name for setting in fields(TrainingSettings)} - options == {"widths"}


def assert_same_model(folder, expected):
    arrays = load_file(expected / "model.safetensors")
    for name, array in load_file(folder / "model.safetensors").items():
        np.testing.assert_array_equal(array, arrays[name], err_msg=name)


def test_a_training_with_synonyms_says_so_and_goes_on(cli, arguments, interrupt, tmp_path):
    arguments = (*arguments, "--augment=synonyms", "--augment-share=0.5")
    whole, part = tmp_path / "whole", tmp_path / "part"
    code, _, err = cli(*arguments, f"--out={whole}")
    assert code == 0, err
    settings = load_classifier(whole).training["settings"]
    assert (settings["augment"], settings["augment_share"]) == ("synonyms", 0.5)
    assert "- augment: synonyms\n" in (whole / "README.md").read_text(encoding="utf-8")

    interrupt(FineTuningStage, *arguments, f"--out={part}")
    for other in ("--augment=none", "--augment-share=0.4"):
        code, _, err = cli(*arguments, other, f"--out={part}")
        assert code == 6
        assert f"other settings ({other[2:].split('=')[0].replace('-', '_')})" in err
    assert cli(*arguments, f"--out={part}")[0] == 0
    assert_same_model(part, whole)


def test_synonyms_change_what_is_learned(cli, arguments, tmp_path):
    for name in ("none", "synonyms"):
        assert cli(*arguments, f"--augment={name}", f"--out={tmp_path / name}")[0] == 0
    with pytest.raises(AssertionError):
        assert_same_model(tmp_path / "synonyms", tmp_path / "none")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--augment=noise"], "unknown augment 'noise'; choose one of none, synonyms"),
        (["--augment=synonyms", "--augment-share=2"], "augment_share must lie in"),
        (["--augment=synonyms", "--language=zh"], "dataset is in language 'zh'; set augment to"),
    ],
)
def test_augmentations_that_cannot_be_are_refused_in_a_line(
    cli, arguments, tmp_path, options, message
):
    code, _, err = cli(*arguments, *options, f"--out={tmp_path / 'model'}")
    assert code == 2, err
    assert message in err
    assert err.count("\n") == 1
    assert not (tmp_path / "model").exists()


def test_a_training_from_before_there_was_augmentation_goes_on(cli, arguments, interrupt, tmp_path):
    out = tmp_path / "model"
    interrupt(TextCNNStage, *arguments, f"--out={out}")
    record = out / "state" / "recipe.json"
    begun = json.loads(record.read_bytes())
    for name in ("augment", "augment_share"):
        del begun["origin"]["settings"][name]
    record.write_text(json.dumps(begun), encoding="utf-8")
    assert cli(*arguments, f"--out={out}")[0] == 0


def test_a_training_with_phrases_counts_them_and_goes_on_with_the_same(
    cli, arguments, interrupt, treebank, tmp_path
):
    arguments = ("train", "--dataset=sst2", *arguments[2:], "--phrases")
    whole, part = tmp_path / "whole", tmp_path / "part"
    code, _, err = cli(*arguments, f"--out={whole}")
    assert code == 0, err
    training = load_classifier(whole).training
    assert training["settings"]["phrases"] is True
    assert training["phrases"] == {"used": 10, "held_out": 0}
    assert training["sentences"]["train"] == 120
    card = (whole / "README.md").read_text(encoding="utf-8")
    assert "It learned from 10 labelled phrases" in card

    interrupt(FineTuningStage, *arguments, f"--out={part}")
    trees = treebank / "trees" / "train.txt"
    content = trees.read_text(encoding="utf-8")
    trees.write_text(content.replace("(4 dull)", "(0 dull)"), encoding="utf-8")
    code, _, err = cli(*arguments, f"--out={part}")
    assert code == 6
    assert "interrupted training with other phrases; choose" in err
    code, _, err = cli(*arguments[:-1], f"--out={part}")
    assert code == 6
    assert "other phrases and settings (phrases); choose" in err
    trees.write_text(content, encoding="utf-8")
    assert cli(*arguments, f"--out={part}")[0] == 0
    assert_same_model(part, whole)


def test_phrases_that_are_not_there_are_asked_for_in_a_line(cli, arguments, treebank, tmp_path):
    out = f"--out={tmp_path / 'model'}"
    code, _, err = cli(*arguments, "--phrases", out)
    assert code == 2
    assert "reviews.csv has no labelled phrases, sst2 and sst5 have; leave phrases out" in err
    (treebank / "trees" / "train.txt").unlink()
    code, _, err = cli("train", "--dataset=sst2", *arguments[2:], "--phrases", out)
    assert code == 4
    assert "train.txt; put train.txt of https://" in err
    assert err.count("\n") == 1


def test_a_training_with_a_transformer_says_so_and_goes_on(
    cli, training_arguments, interrupt, small_bert, tmp_path
):
    folder = tmp_path / "bert"
    shutil.copytree(small_bert, folder)
    lessons = (f"--teacher={folder}", "--teacher-epochs=2", "--teacher-rate=0.005", "--pieces=1")
    plain = [option for option in training_arguments if not option.startswith("--teachers")]
    arguments = (*plain, *QUICK[1:], *lessons)
    whole, part = tmp_path / "whole", tmp_path / "part"
    code, _, err = cli(*arguments, f"--out={whole}")
    assert code == 0, err
    training = load_classifier(whole).training
    assert (training["settings"]["teacher"], training["settings"]["teachers"]) == (str(folder), 0)
    assert training["measured"]["teacher"]["dev_accuracy"] > 0.8
    card = (whole / "README.md").read_text(encoding="utf-8")
    assert f"- teacher: {folder}\n" in card
    assert re.search(r"took \d+ minutes, and that of its teacher \d+, which is right on \d+", card)

    interrupt(FineTuningStage, *arguments, f"--out={part}")
    code, _, err = cli(*arguments, "--teacher-rate=0.004", f"--out={part}")
    assert code == 6
    assert "other settings (teacher_rate)" in err
    answers = part / "state" / "teacher.answers.pt"
    answered = answers.stat().st_mtime_ns
    interrupt(FineTuningStage, *arguments, f"--out={part}")
    assert answers.stat().st_mtime_ns == answered
    assert cli(*arguments, f"--out={part}")[0] == 0
    assert_same_model(part, whole)


def test_phrases_are_new_sentences_only_where_somebody_is_asked_about_them(
    cli, arguments, tmp_path
):
    out = tmp_path / "model"
    code, _, err = cli(*arguments, "--phrase-pieces", f"--out={out}")
    assert code == 2
    assert "give --phrases and --teacher, too" in err
    assert err.count("error: ") == 1
    assert not out.exists()


def test_textcnns_teach_beside_a_transformer_if_they_are_asked_for(
    cli, arguments, small_bert, tmp_path
):
    out = tmp_path / "model"
    code, _, err = cli(
        *(*arguments, f"--teacher={small_bert}", "--teacher-epochs=1", "--teachers=1"),
        *("--augment=synonyms", f"--out={out}"),
    )
    assert code == 0, err
    settings = load_classifier(out).training["settings"]
    assert (settings["teacher"], settings["teachers"]) == (str(small_bert), 1)


def test_a_teacher_that_cannot_be_opened_leaves_nothing(cli, arguments, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "transformers", None)
    out = tmp_path / "model"
    code, _, err = cli(*arguments, "--teacher=bert-base-uncased", f"--out={out}")
    assert code == 12
    assert "transformers is missing; pip install 'bionlp[language-models]'" in err
    assert err.count("\n") == 1
    assert not out.exists()
