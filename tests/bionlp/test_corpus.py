"""Corpora: each sentence is what simulate makes of it, work goes on, and reading is lazy."""

import gc
import json
import shutil
import weakref
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import xarray as xr

from bionlp.checkpoint import load_classifier, save_classifier
from bionlp.classifier import TextClassifier
from bionlp.corpora import record_corpus
from bionlp.engine import Engine
from bionlp.errors import OutputError, RecordingError, UnknownWordsError, UsageError
from bionlp.neurons import find_neurons
from bionlp.recording import open_corpus, open_recording, take_sentence
from bionlp.recording.corpus import layout, writing
from bionlp.simulation import present, simulate
from bionlp.vocabulary import Vocabulary
from networks.folding import fold
from networks.intervention import parse as parse_interventions
from networks.perturbation import parse as parse_perturbations
from networks.snnbert import SpikingEncoder

pytest.importorskip("zarr", reason="needs zarr: pip install 'bionlp[zarr]'")

NUMPY = Engine("numpy")
TEXTS = ["a good film", "story", "bad xyzzy film", "a good film a bad story", "film film"]
STEPS = 6
BEGUN = {"steps": STEPS, "seed": 4, "engine": NUMPY}


@pytest.fixture(scope="module", autouse=True)
def short_blocks():
    """Write two sentences at a time, so that a few are several blocks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layout, "MOST_BLOCK", 2)
        yield


@pytest.fixture(scope="module")
def odd(make_classifier):
    """Return a classifier that has some of everything."""
    return make_classifier()


@pytest.fixture(scope="module")
def recorded(odd, tmp_path_factory):
    """Return the path of a corpus that nobody changes."""
    path = tmp_path_factory.mktemp("recorded") / "corpus.zarr"
    record_corpus(odd, TEXTS, path, labels=[1, 0, 0, 1, None], **BEGUN)
    return path


@pytest.fixture
def corpus(recorded, tmp_path):
    """Return the path of a copy."""
    return Path(shutil.copytree(recorded, tmp_path / "corpus.zarr"))


def encoder(causal):
    """Return a small encoder that reads a word a step."""
    torch.manual_seed(3)
    words = ("a", "good", "film", "bad", "story", "the")
    shape = {"width": 8, "heads": 2, "hidden": 8, "blocks": 1, "neurons_per_class": 2}
    model = SpikingEncoder(torch.randn(len(words) + 1, 10), 2, causal=causal, **shape).eval()
    labels = ("no", "yes")
    return TextClassifier("encoder", "en", labels, Vocabulary(words), None, fold(model))


def perturbed(classifier):
    return classifier.perturbed(parse_perturbations(["noise=0.2", "failure=0.1"], 2))


def intervened(classifier):
    return classifier.intervened(parse_interventions(["silence:conv:maps=1:from=2"]))


MODELS = {
    "odd": (lambda odd: odd, {}, {}),
    "all membranes": (lambda odd: odd, {"record": ["all"]}, {}),
    "no membranes": (lambda odd: odd, {"record": ["none"]}, {}),
    "perturbed": (lambda odd: perturbed(load_classifier("mr")), {}, {}),
    "intervened": (intervened, {}, {}),
    "smaller steps": (lambda odd: load_classifier("mr"), {}, {"dt_ms": 0.5}),
    "other neurons": (lambda odd: load_classifier("mr"), {}, {"neurons": find_neurons("adex")}),
    "single": (lambda odd: load_classifier("mr"), {}, {"precision": "single"}),
    "encoder": (lambda odd: encoder(False), {"steps": 1}, {}),
    "causal encoder": (lambda odd: encoder(True), {"steps": 1, "record": ["all"]}, {}),
}


@pytest.mark.parametrize("kind", MODELS)
def test_each_sentence_is_what_simulate_makes_of_it(kind, odd, tmp_path):
    make, options, of_engine = MODELS[kind]
    classifier, engine = make(odd), Engine("numpy", **of_engine)
    options = {"steps": STEPS, "seed": 4, "engine": engine} | options
    done = record_corpus(classifier, TEXTS, tmp_path / "corpus.zarr", **options)
    assert (done.sentences, done.recorded, done.left_out) == (5, 5, ())
    corpus = open_corpus(tmp_path / "corpus.zarr")
    for number, expected in enumerate(simulate(classifier, TEXTS, **options)):
        xr.testing.assert_identical(take_sentence(corpus, number), expected)


def test_texts_of_no_known_word_are_left_out_and_others_keep_their_numbers(odd, tmp_path):
    texts = ["xyzzy", TEXTS[0], "xyzzy", TEXTS[1], "xyzzy"]
    done = record_corpus(odd, texts, tmp_path / "corpus.zarr", steps=STEPS, seed=1, engine=NUMPY)
    assert (done.sentences, done.left_out) == (2, (0, 2, 4))
    corpus = open_corpus(tmp_path / "corpus.zarr")
    assert corpus["sentence"].values.tolist() == [1, 3]
    read = [odd.read(text) for text in TEXTS[:2]]
    recordings, _ = present(odd, read, steps=STEPS, seed=1, engine=NUMPY, numbers=[1, 3])
    for recording in recordings:
        number = recording.attrs["sentence"]
        xr.testing.assert_identical(take_sentence(corpus, number), recording)
    with pytest.raises(UsageError, match="has no sentence 3, in which the model knows no word"):
        take_sentence(corpus, 2)
    with pytest.raises(UnknownWordsError, match="knows no word of these"):
        record_corpus(odd, ["xyzzy"], tmp_path / "none.zarr")
    assert not (tmp_path / "none.zarr").exists()


def test_what_is_known_of_each_sentence_is_beside_it(corpus):
    tree = open_corpus(corpus)
    assert tree["text"].values.tolist() == TEXTS
    assert tree["true_label"].values.tolist() == [1, 0, 0, 1, -1]
    assert tree["word_count"].values.tolist() == [3, 1, 3, 6, 2]
    assert tree["steps"].values.tolist() == [STEPS] * 5
    assert tree["written"].values.all()
    assert list(tree.children) == tree.attrs["layers"] == tree["population"].values.tolist()
    spikes = tree["conv"]["spikes"]
    assert spikes.dims == ("sentence", "time", "position", "feature")
    assert spikes.sel(sentence=3).shape == (STEPS, *tree["conv"]["spikes"].shape[2:])
    counted = [int(tree[name]["spikes"].sum()) for name in tree.children]
    assert counted == tree["spike_count"].sum("sentence").values.tolist()
    assert min(counted) > 0
    assert tree["output"]["class"].values.tolist() == ["class 0", "class 1"]
    sizes = tree["input"]["position_size"].values
    for place, size in enumerate(sizes):
        assert not tree["input"]["spikes"][place, :, size:].values.any()


def test_arrays_are_read_when_they_are_asked_for_and_not_before(corpus):
    dask = pytest.importorskip("dask.array")
    for chunk in [*corpus.glob("*/spikes/c"), *corpus.glob("*/membrane/c")]:
        chunk.rename(chunk.with_name("elsewhere"))
    tree = open_corpus(corpus)
    for name in tree.attrs["layers"]:
        for array in (tree[name]["spikes"], tree[name]["membrane"]):
            assert isinstance(array.data, dask.Array)
            assert array.data.numblocks[0] == 3 or not array.size
    assert not tree["conv"]["spikes"].values.any()
    with pytest.raises(RecordingError, match="sentence 1: .*spike_count"):
        take_sentence(tree, 0)


class Stopped(Exception):
    """In place of somebody who ends the program."""


def stop_after(path, blocks, odd, **options):
    """Begin a corpus, and stop when some blocks are written."""
    calls = []

    def advance(_fraction):
        calls.append(1)
        if len(calls) == blocks:
            raise Stopped

    with pytest.raises(Stopped):
        record_corpus(odd, TEXTS, path, advance=advance, **options)


def contents(folder):
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_what_was_cut_off_is_continued(odd, begun, tmp_path):
    path = Path(shutil.copytree(begun, tmp_path / "corpus.zarr"))
    tree = open_corpus(path)
    assert tree["written"].values.tolist() == [True, True, False, False, False]
    assert take_sentence(tree, 1).attrs["text"] == TEXTS[1]
    with pytest.raises(RecordingError, match="sentence 3: it is not recorded yet"):
        take_sentence(tree, 2)
    assert record_corpus(odd, TEXTS, path, **BEGUN).recorded == 3
    assert record_corpus(odd, TEXTS, path, **BEGUN).recorded == 0
    record_corpus(odd, TEXTS, tmp_path / "whole.zarr", **BEGUN)
    assert contents(path) == contents(tmp_path / "whole.zarr")


def test_a_block_that_was_cut_off_while_it_was_written_is_written_again(odd, tmp_path, monkeypatch):
    path = tmp_path / "corpus.zarr"
    whole = writing.CorpusWriter.write

    def half(self, number, block):
        if number == 1:
            # All but the last thing that is written.
            whole(self, number, {name: each for name, each in block.items() if name != "written"})
            raise Stopped
        whole(self, number, block)

    monkeypatch.setattr(writing.CorpusWriter, "write", half)
    with pytest.raises(Stopped):
        record_corpus(odd, TEXTS, path, **BEGUN)
    monkeypatch.undo()
    assert open_corpus(path)["written"].values.tolist() == [True, True, False, False, False]
    assert record_corpus(odd, TEXTS, path, **BEGUN).recorded == 3
    record_corpus(odd, TEXTS, tmp_path / "whole.zarr", **BEGUN)
    assert contents(path) == contents(tmp_path / "whole.zarr")


def weaker(odd):
    network = odd.network
    (first, *others) = network.connections
    kernel = replace(first.transform, weight=first.transform.weight * 0.9)
    connections = (replace(first, transform=kernel), *others)
    return replace(odd, network=replace(network, connections=connections))


@pytest.fixture(scope="module")
def begun(odd, tmp_path_factory):
    """Return the path of a corpus that was begun, and that nobody changes."""
    path = tmp_path_factory.mktemp("begun") / "corpus.zarr"
    stop_after(path, 1, odd, **BEGUN)
    return path


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"seed": 5}, "seed is 4 there, and now 5"),
        ({"steps": 7}, "steps of its 1. sentence is 6 there, and now 7"),
        ({"record": ["output"]}, r"record is \['some'\] there, and now \['output'\]"),
        ({"engine": Engine("numpy", synapses="stock")}, "synapses is 'shared' there, and now"),
        ({"engine": Engine("numpy", precision="single")}, "precision is 'double' there"),
        ({"texts": TEXTS[:4]}, "is of 5 sentences, and these are 4"),
        ({"texts": [*TEXTS[:4], "good"]}, "text of its 5. sentence is 'film film' there, and now"),
        ({"labels": [0] * 5}, "true_label of its 1. sentence is -1 there, and now 0"),
        ({"classifier": weaker}, "model_sha256 is"),
        ({"classifier": intervened}, "interventions is not said there, and now 'silence:conv"),
    ],
)
def test_other_settings_and_other_sentences_are_refused(odd, begun, tmp_path, changed, message):
    path = Path(shutil.copytree(begun, tmp_path / "corpus.zarr"))
    options = BEGUN | {"texts": TEXTS} | changed
    classifier = options.pop("classifier", lambda odd: odd)(odd)
    texts = options.pop("texts")
    with pytest.raises(OutputError, match=message) as caught:
        record_corpus(classifier, texts, path, **options)
    assert "--overwrite" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert contents(path) == contents(begun)
    done = record_corpus(classifier, texts, path, overwrite=True, **options)
    assert done.recorded == len(texts)
    assert take_sentence(open_corpus(path), 0).attrs["text"] == texts[0]
    assert [file.name for file in tmp_path.iterdir()] == ["corpus.zarr"]


def test_what_is_no_corpus_is_never_replaced(odd, tmp_path):
    folder, file = tmp_path / "folder.zarr", tmp_path / "file.zarr"
    folder.mkdir()
    (folder / "precious").write_text("gold")
    file.write_text("gold")
    for path in (folder, file):
        with pytest.raises(OutputError, match="is there already, and is no corpus"):
            record_corpus(odd, TEXTS, path, engine=NUMPY, overwrite=True)
    assert (folder / "precious").read_text() == file.read_text() == "gold"


def test_a_damaged_corpus_is_replaced_if_that_is_asked_for(odd, corpus, tmp_path):
    (corpus / "conv" / "zarr.json").write_text("{")
    link = tmp_path / "link.zarr"
    link.symlink_to(corpus)
    options = {"steps": STEPS, "engine": NUMPY}
    for path in (corpus, link):
        with pytest.raises(OutputError, match="is no JSON.*--overwrite"):
            record_corpus(odd, TEXTS, corpus, **options)
        record_corpus(odd, TEXTS, path, overwrite=True, **options)
        assert open_corpus(path)["written"].values.all()
        (corpus / "conv" / "zarr.json").write_text("{")
    assert {file.name for file in tmp_path.iterdir()} == {"corpus.zarr", "link.zarr"}
    assert link.is_symlink()


def test_a_simulation_that_fails_leaves_nothing_behind(tmp_path):
    with pytest.raises(UsageError, match="attention has no smaller steps"):
        record_corpus(encoder(False), TEXTS, tmp_path / "x.zarr", engine=Engine("numpy", dt_ms=0.5))
    assert [*tmp_path.iterdir()] == []


def test_a_corpus_has_no_room_for_a_population_of_the_name_of_its_arrays(odd, tmp_path):
    def named(name):
        return "text" if name == "hidden" else name

    network = replace(
        odd.network,
        populations=tuple(replace(p, name=named(p.name)) for p in odd.network.populations),
        connections=tuple(
            replace(c, sources=tuple(map(named, c.sources)), target=named(c.target))
            for c in odd.network.connections
        ),
    )
    with pytest.raises(UsageError, match="has no population of that name"):
        record_corpus(replace(odd, network=network), TEXTS, tmp_path / "x.zarr", engine=NUMPY)


def test_memory_holds_a_block_and_not_the_corpus(odd, tmp_path, monkeypatch):
    blocks, alive = [], []
    write = writing.CorpusWriter.write

    def counted(self, number, block):
        blocks.append(weakref.ref(block["conv/spikes"]))
        write(self, number, block)
        gc.collect()
        alive.append(sum(block() is not None for block in blocks))

    monkeypatch.setattr(writing.CorpusWriter, "write", counted)
    record_corpus(odd, TEXTS * 4, tmp_path / "corpus.zarr", steps=STEPS, engine=NUMPY)
    assert len(alive) == 10
    assert max(alive) <= 2


def test_blocks_are_small_where_recordings_are_large(odd, monkeypatch, tmp_path):
    monkeypatch.setattr(layout, "CHUNK_BYTES", 1)
    record_corpus(odd, TEXTS[:3], tmp_path / "corpus.zarr", steps=STEPS, engine=NUMPY)
    tree = open_corpus(tmp_path / "corpus.zarr")
    assert tree["conv"]["spikes"].encoding["chunks"][0] == 1
    assert take_sentence(tree, 2).attrs["text"] == TEXTS[2]


@pytest.mark.slow
def test_workers_change_nothing(odd, corpus, tmp_path):
    path = tmp_path / "two.zarr"
    labels = [1, 0, 0, 1, None]
    record_corpus(odd, TEXTS, path, labels=labels, steps=STEPS, seed=4, engine=NUMPY, workers=2)
    assert contents(path) == contents(corpus)


@pytest.fixture
def material(odd, tmp_path):
    """Return a folder with a model, a table and a file of sentences."""
    save_classifier(odd, tmp_path / "odd")
    table = ["text,label", "a good film,class 1", "xyzzy,class 1", "a bad story,class 0"]
    (tmp_path / "table.csv").write_text("\n".join(table) + "\n", encoding="utf-8")
    (tmp_path / "more.txt").write_text("film\n\nstory\n", encoding="utf-8")
    return tmp_path


def test_the_command_records_tables_and_files(cli, material, recwarn):
    out = material / "corpus.zarr"
    command = ("record", material / "odd", "--dataset", material / "table.csv", "--out", out)
    command += ("--file", material / "more.txt", "--backend=numpy", "--steps=5", "--seed=2")
    code, printed, err = cli(*command, "--json")
    assert code == 0, err
    document = json.loads(printed)
    assert (document["sentences"], document["recorded"]) == (4, 4)
    assert (document["labelled"], document["steps"]) == (2, 5)
    assert "left out 1 sentences without a word" in err
    assert "Warning" not in err
    assert not [warning for warning in recwarn if "zarr" in str(warning.message).lower()]
    tree = open_corpus(out)
    texts, labels = tree["text"].values.tolist(), tree["true_label"].values.tolist()
    known = {"a good film": 1, "a bad story": 0, "film": -1, "story": -1}
    assert dict(zip(texts, labels, strict=True)) == known
    # One of the table is left out, and the numbers of the others are those of evaluate.
    numbers = {1, 2, 3} - {*document["left_out"]} | {4, 5}
    assert {1 + number for number in tree["sentence"].values.tolist()} == numbers
    code, printed, err = cli(*command)
    assert code == 0, err
    assert "4 sentences, 0 of them recorded now" in printed
    code, printed, err = cli(*command[:-1], "--seed=3")
    assert (code, printed) == (9, "")
    assert "seed is 2 there, and now 3" in err.splitlines()[-1]


def test_plot_and_report_take_a_sentence(cli, material):
    out, page = material / "corpus.zarr", material / "page.html"
    command = ("record", material / "odd", "--file", material / "more.txt", "--out", out)
    assert cli(*command, "--backend=numpy", "--steps=5")[0] == 0
    code, printed, err = cli("plot", out, "--sentence=2", "--kind=counts")
    assert code == 0, err
    assert printed.split() == [str(material / "counts.png")]
    code, _, err = cli("report", out, "--sentence=2", "--model", material / "odd", "--out", page)
    assert code == 0, err
    assert "story" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        ("plot corpus.zarr", 2, "is a corpus; choose a sentence of it, as in: --sentence 1"),
        ("plot corpus.zarr --sentence=9", 2, "has no sentence 9; it has 5, numbered from 1 to 5"),
        ("plot recording.nc --sentence=1", 2, "--sentence is of a corpus (.zarr)"),
        ("plot nowhere.zarr --sentence=1", 7, "there is no corpus nowhere.zarr"),
        ("report corpus.zarr", 2, "is a corpus; choose a sentence of it"),
        ("report mr --sentence=1", 2, "--sentence is of a corpus (.zarr); 'mr' is a model"),
        ("report mr --compare corpus.zarr film", 2, "--compare takes recordings of single"),
        ("report mr --compare a b --sentence=1", 2, "leave out one"),
        ("record mr --out x.zarr", 2, "name sentences: --dataset, or --file, or both"),
        ("record mr --out x.nc --file texts.txt", 2, "the name of a store ends in .zarr"),
        ("record mr --out x.zarr --file texts.txt --limit=3", 2, "--limit is of --dataset"),
        ("record mr --out x.zarr --file nowhere.txt", 3, "there is no file nowhere.txt"),
        ("record mr --out x.zarr --dataset nowhere", 4, "unknown dataset"),
        ("record mr --out x.zarr --file unknown.txt", 3, "knows no word of these sentences"),
        ("record mr --out texts.txt/x.zarr --file texts.txt", 9, "cannot write to texts.txt"),
        ("record mr --out x.zarr --file texts.txt --record=conv9", 2, "no layer 'conv9'"),
        ("record mr --out x.zarr --file texts.txt --backend=abacus", 8, "abacus"),
        (
            "record mr --out x.zarr --file texts.txt --workers=2 --scheduler=tcp://x:1",
            2,
            "leave out one",
        ),
    ],
)
def test_what_cannot_be_done_is_one_line(
    cli, corpus, monkeypatch, arguments, code, complaint, tmp_path
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "texts.txt").write_text("a good film\n", encoding="utf-8")
    (tmp_path / "unknown.txt").write_text("xyzzy\n", encoding="utf-8")
    found, out, err = cli(*arguments.split())
    assert (found, out) == (code, ""), err
    assert len(err.splitlines()) == 1
    assert complaint in err
    assert not (tmp_path / "x.zarr").exists()


def test_a_corpus_is_no_recording(corpus):
    with pytest.raises(RecordingError, match="is a corpus; open it with open_corpus"):
        open_recording(corpus)
