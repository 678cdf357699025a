"""Stores that were harmed in every way are refused in one line, or say what they said."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from bionlp.corpora import record_corpus
from bionlp.engine import Engine
from bionlp.errors import RecordingError
from bionlp.recording import open_corpus, take_sentence
from bionlp.recording.corpus import layout
from bionlp.recording.corpus.store import Array, read_store
from tests.bionlp.mutating import harmed_bytes, mutants

zarr = pytest.importorskip("zarr", reason="needs zarr: pip install 'bionlp[zarr]'")

TEXTS = ["good film", "a", "bad story"]


@pytest.fixture(scope="module")
def whole(make_classifier, tmp_path_factory):
    """Return the path of a corpus of two blocks that nobody harms."""
    path = tmp_path_factory.mktemp("corpora") / "corpus.zarr"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layout, "MOST_BLOCK", 2)
        record_corpus(make_classifier(), TEXTS, path, steps=4, engine=Engine("numpy"))
    return path


@pytest.fixture
def path(whole, tmp_path):
    """Return the path of a copy."""
    return Path(shutil.copytree(whole, tmp_path / "corpus.zarr"))


@pytest.fixture(scope="module")
def recordings(whole):
    """Return what is in it."""
    corpus = open_corpus(whole)
    return [take_sentence(corpus, number) for number in range(len(TEXTS))]


def refused(path):
    """Return the message with which a corpus, or its first sentence, is refused, None if not."""
    try:
        return None, take_sentence(open_corpus(path), 0)
    except RecordingError as error:
        message = str(error)
        assert "\n" not in message
        assert str(path) in message
        return message, None


DOCUMENTS = ("zarr.json", "conv/zarr.json", "conv/spikes/zarr.json", "text/zarr.json")


@pytest.mark.slow
@pytest.mark.parametrize("document", DOCUMENTS)
def test_metadata_harmed_in_every_way(path, recordings, document):
    file = path / document
    before = json.loads(file.read_bytes())
    kept = {key: value for key, value in before.items() if key != "attributes"}
    tried = outcomes = 0
    for what, text in mutants(kept):
        changed = (
            text
            if "twice" in what
            else json.dumps(json.loads(text) | {"attributes": before["attributes"]})
        )
        file.write_text(changed, encoding="utf-8")
        message, found = refused(path)
        tried += 1
        if message is None:
            xr.testing.assert_identical(found, recordings[0])
        else:
            outcomes += 1
    assert outcomes > 0.8 * tried


@pytest.mark.slow
@pytest.mark.parametrize("document", ["zarr.json", "conv/zarr.json"])
def test_attributes_harmed_in_every_way(path, recordings, document):
    file = path / document
    before = json.loads(file.read_bytes())
    for key in before["attributes"]:
        for value in (None, "x", -1, [], {"a": 1}):
            changed = before["attributes"] | {key: value}
            if value is None:
                del changed[key]
            file.write_text(json.dumps(before | {"attributes": changed}), encoding="utf-8")
            message, found = refused(path)
            if message is None:
                xr.testing.assert_identical(found, recordings[0])


@pytest.mark.slow
@pytest.mark.parametrize(
    "chunk",
    ["conv/spikes/c/0/0/0/0", "hidden/membrane/c/0/0/0", "label/c/0", "steps/c/0", "text/c/0/0"],
)
def test_chunks_harmed_in_every_way(path, recordings, chunk):
    file = path / chunk
    raw = file.read_bytes()
    harms = 0
    for _, changed in harmed_bytes(raw, 15):
        file.write_bytes(changed)
        message, found = refused(path)
        if message is None:
            xr.testing.assert_identical(found, recordings[0])
        else:
            harms += 1
    assert harms > 3


def test_another_number_in_a_chunk_is_found_and_the_sentence_named(path, recordings):
    spikes = zarr.open_group(path, mode="r+")["conv/spikes"]
    spikes[1, 0, 0, 0] = not spikes[1, 0, 0, 0]
    corpus = open_corpus(path)
    xr.testing.assert_identical(take_sentence(corpus, 0), recordings[0])
    with pytest.raises(RecordingError, match=r"corpus.zarr, sentence 2: .*spike"):
        take_sentence(corpus, 1)
    membrane = zarr.open_group(path, mode="r+")["hidden/membrane"]
    membrane[2, 0, 0] += 1
    with pytest.raises(RecordingError, match=r"sentence 3: .*sha256 is of other content"):
        take_sentence(corpus, 2)


def remove(name):
    return lambda path: shutil.rmtree(path / name)


def in_metadata(name, **changes):
    def harm(path):
        file = path / name / "zarr.json"
        file.write_text(json.dumps(json.loads(file.read_bytes()) | changes), encoding="utf-8")

    return harm


def in_attributes(**changes):
    def harm(path):
        file = path / "zarr.json"
        document = json.loads(file.read_bytes())
        document["attributes"] |= changes
        file.write_text(json.dumps(document), encoding="utf-8")

    return harm


def link(name, target):
    def harm(path):
        place = path / name
        elsewhere = path.parent / "elsewhere"
        shutil.move(place, elsewhere) if target is None else None
        os.symlink(target or elsewhere, place)

    return harm


def array(name, dtype, **options):
    def harm(path):
        shutil.rmtree(path / name)
        zarr.open_group(path, mode="r+").create_array(
            name, shape=(3,), dtype=dtype, dimension_names=("sentence",), **options
        )

    return harm


def pipe(path):
    os.mkfifo(path / "conv" / "pipe")


PICKLED = [{"name": "bytes"}, {"name": "numcodecs.pickle", "configuration": {}}]
ZSTD = [{"name": "bytes"}, {"name": "zstd", "configuration": {"level": 0, "checksum": False}}]


@pytest.mark.parametrize(
    ("harm", "complaint"),
    [
        (remove("conv/spikes"), "/conv/spikes: this array is missing"),
        (remove("conv"), "/conv: a group for each of layers, and no others"),
        (remove("text"), "/text: this array is missing"),
        (remove("text/c"), "/text: a text is missing"),
        (remove("sha256/c"), "sentence 1: /: attribute sha256 is of other content"),
        (in_attributes(version=2), "corpus of version 2, this program reads version 1"),
        (in_attributes(version=True), "corpus of version True"),
        (in_attributes(format="other"), "a Zarr store, but no corpus of this program"),
        (in_attributes(recording_version=99), "attribute recording_version"),
        (in_attributes(layers=["input", "conv"]), "the readout is missing"),
        (in_attributes(label_names=["one"]), "/output/spikes: class has the size 2, not 1"),
        (in_metadata("conv/spikes", codecs=PICKLED), "codecs[1]"),
        (in_metadata("conv/spikes", codecs=ZSTD), "codecs[1]"),
        (in_metadata("conv/spikes", storage_transformers=[{"name": "x"}]), "storage_transformers"),
        (in_metadata("conv/spikes", data_type="float64"), "its numbers are float64, not bool"),
        (in_metadata("conv/spikes", dimension_names=["a", "b", "c", "d"]), "the dimensions"),
        (in_metadata("conv/spikes", shape=[10**9, 4, 3, 5]), "it has chunks of the shape"),
        (in_metadata("conv/spikes", shape=[3, 4, 10**6, 5]), "it has chunks of the shape"),
        (in_metadata("conv/index", shape=[10**9]), "it has chunks of the shape"),
        (in_metadata("conv", zarr_format=2), "zarr_format"),
        (array("label", "float64"), "codecs"),
        (link("conv/spikes/c/0/0/0/0", None), "is a link, a pipe or a device"),
        (link("conv/other", "/etc/hostname"), "is a link, a pipe or a device"),
        (link("other", "/etc"), "is a link, a pipe or a device"),
        (pipe, "is a link, a pipe or a device"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="has links and pipes")
def test_what_is_wrong_in_a_store_is_named(cli, path, harm, complaint):
    harm(path)
    message, _ = refused(path)
    assert message is not None
    assert complaint in message
    code, out, err = cli("plot", path, "--sentence=1")
    assert (code, out) == (7, "")
    assert len(err.splitlines()) == 1


def test_more_than_memory_is_not_read(path, monkeypatch):
    corpus = open_corpus(path)
    monkeypatch.setattr("bionlp.recording.corpus.reading.free_memory", lambda: 100)
    with pytest.raises(RecordingError, match=r"sentence 1: it needs .* of memory"):
        take_sentence(corpus, 0)
    with pytest.raises(RecordingError, match=r"corpus.zarr, it needs .* of memory"):
        open_corpus(path)


def test_arrays_that_are_read_together_need_memory_together(path, monkeypatch):
    corpus = open_corpus(path)
    arrays = [each for each in read_store(path).values() if isinstance(each, Array)]
    rows = [each.chunk[0] if each.dimension_names[0] == "sentence" else 1 for each in arrays]
    total = sum(each.chunk_bytes // row for each, row in zip(arrays, rows, strict=True))
    one_by_one = total + max(each.chunk_bytes for each in arrays)
    monkeypatch.setattr("bionlp.recording.corpus.reading.free_memory", lambda: one_by_one)
    with pytest.raises(RecordingError, match=r"sentence 1: it needs .* of memory"):
        take_sentence(corpus, 0)


def test_a_chunk_that_is_larger_than_it_should_be_is_not_unpacked(path):
    file = path / "conv" / "spikes" / "c" / "0" / "0" / "0" / "0"
    raw = bytearray(file.read_bytes())
    raw[4:8] = np.array([2**31 - 1], dtype="<u4").tobytes()
    file.write_bytes(raw)
    with pytest.raises(RecordingError, match="truncated, or is no chunk of"):
        take_sentence(open_corpus(path), 0)
