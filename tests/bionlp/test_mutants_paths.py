"""No text of a file becomes a path: nothing is written but in the folder that was asked for."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from bionlp.checkpoint import BUNDLED, load_classifier, save_classifier
from bionlp.naming import name_of
from tests.bionlp.mutating import LONG

NAMES = (
    *("../../x", "/abs/x", "a\0b", LONG, "..", ".", "", "C:\\x", "..\\..\\x", "\\\\host\\x"),
    *("a/b", "x:y", "CON", "aux.", "影" * 100, "x\n", "\ud800", "~", "$HOME", "a b"),
)


@pytest.fixture
def inside(tmp_path, monkeypatch):
    """Return a folder to work in, and what tells all files outside of its ``out``."""
    folder = tmp_path / "deep" / "deeper" / "work"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)

    def outside():
        found = [path for path in tmp_path.rglob("*") if path.is_file()]
        return {path for path in found if folder / "out" not in path.parents}

    return folder, outside


def named(folder, source, name):
    """Return a copy of a model that is called anything."""
    copied = shutil.copytree(source, folder / "model")
    settings = json.loads((copied / "settings.json").read_text())
    settings["name"] = name
    (copied / "settings.json").write_text(json.dumps(settings))
    return copied


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_names_of_models_lead_nowhere(cli, make_classifier, inside, name):
    folder, outside = inside
    save_classifier(make_classifier(), folder / "made")
    model = named(folder, folder / "made", name)
    before = outside()
    arguments = ("--out", folder / "out", "--backend=numpy", "--steps=2", "--figures=counts")
    code, _, err = cli("simulate", model, "good", *arguments)
    assert code in (0, 6), err
    assert "Traceback" not in err
    assert (code == 0) == (name == name_of(name))
    assert outside() == before


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_names_of_version_1_are_replaced(tmp_path, name):
    settings = json.loads((BUNDLED / "mr" / "settings.json").read_text()) | {"name": name}
    folder = shutil.copytree(BUNDLED / "mr", tmp_path / "model", symlinks=True)
    (folder / "settings.json").write_text(json.dumps(settings))
    if name == "\ud800":
        return  # no text at all
    made = load_classifier(folder).name
    assert made == name_of(name)
    assert os.sep not in made
    assert len(f"{made}-01".encode()) < 255
    assert made not in ("", ".", "..")
    (tmp_path / "out" / f"{made}-01").mkdir(parents=True)


TEXTS = ("../../x C:\\x good /../../..", f"{LONG} good")


def test_sentences_are_no_paths(cli, make_classifier, inside):
    folder, outside = inside
    save_classifier(make_classifier(), folder / "made")
    before = outside()
    arguments = ("--out", folder / "out", "--backend=numpy")
    code, _, err = cli("simulate", folder / "made", *TEXTS, *arguments, "--steps=2")
    assert code == 0, err
    assert outside() == before
    assert {path.name for path in (folder / "out").iterdir()} == {
        f"odd-{number:02d}" for number in (1, 2)
    }


@pytest.mark.parametrize("name", ["../../x", "/abs/x", "a\0b", LONG, "C:\\x", "a/b", "time", ""])
def test_names_of_populations_lead_nowhere(cli, make_classifier, inside, name):
    folder, outside = inside
    save_classifier(make_classifier(), folder / "model")
    path = folder / "model" / "settings.json"
    text = path.read_text()
    path.write_text(text.replace('"hidden"', json.dumps(name)))
    before = outside()
    code, _, err = cli("simulate", folder / "model", "good", "--out", folder / "out")
    assert code == 6, err
    assert "Traceback" not in err
    assert outside() == before


@pytest.mark.parametrize("name", [LONG, "no/such", "a" * 300])
def test_paths_that_cannot_be_are_no_models(cli, name):
    code, _, err = cli("simulate", name, "good")
    assert code == 6
    assert "there is no model" in err
    assert len(err) < 500


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
@pytest.mark.parametrize("name", ["settings.json", "model.safetensors", "vocabulary.json"])
@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
def test_what_is_no_file_does_not_hang(cli, make_classifier, tmp_path, name, kind):
    save_classifier(make_classifier(), tmp_path / "model")
    path = tmp_path / "model" / name
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")
    code, _, err = cli("simulate", tmp_path / "model", "good")
    assert code == 6
    assert f"{name} is no file but" in err


def test_nothing_but_states_and_children_is_unpickled():
    """Pickles are read where this program has just written them, or who runs it told it to."""
    root = Path(__file__).parents[2]
    # A worker of a cluster trusts its scheduler; docs/reference/safety.md says so.
    allowed = {"bionlp/bench/worker.py", "bionlp/cluster.py", "networks/brian/child.py"}
    for path in [*root.glob("bionlp/**/*.py"), *root.glob("networks/**/*.py")]:
        text = path.read_text(encoding="utf-8")
        place = path.relative_to(root).as_posix()
        if "pickle.load" in text:
            assert place in allowed, place
        for line in text.splitlines():
            assert "torch.load(" not in line or "weights_only=True" in line, place
            assert "np.load(" not in line or "allow_pickle=True" not in line, place
            assert "yaml" not in line or "yml" in line, place


def test_the_checksums_of_a_model_are_those_of_its_files(make_classifier, tmp_path):
    save_classifier(make_classifier(), tmp_path / "model")
    settings = json.loads((tmp_path / "model" / "settings.json").read_bytes())
    for name, given in settings["sha256"].items():
        raw = (tmp_path / "model" / name).read_bytes()
        assert hashlib.sha256(raw).hexdigest() == given
