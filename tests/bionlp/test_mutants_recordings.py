"""Recordings that were harmed in every way are refused in one line, or say what they said."""

import json
import os
import random
import re
import shutil
from functools import partial
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr

from analysis.recordings import kernel_width, layer_names, parameter, place_names, windows, words
from bionlp.engine import Engine
from bionlp.errors import RecordingError
from bionlp.figures import write_figures
from bionlp.recording import class_counts, files, open_recording, save_recording
from bionlp.recording.digest import ATTRIBUTE, digest
from bionlp.recording.files import checked_recording
from bionlp.recording.schema import plain
from bionlp.simulation import simulate
from tests.bionlp.mutating import VALUES, harmed_bytes

VERSION_1 = Path(__file__).parent / "data" / "recording-v1.nc"
ATTRS = [value for value in VALUES if value is not None and not isinstance(value, dict)]


@pytest.fixture(scope="module")
def recording(make_classifier):
    """Return a recording that has some of everything."""
    (tree,) = simulate(make_classifier(), ["good film"], steps=4, engine=Engine("numpy"))
    return tree


@pytest.fixture(scope="module")
def file(recording, tmp_path_factory):
    """Return it as a file."""
    path = tmp_path_factory.mktemp("recordings") / "recording.nc"
    save_recording(recording, path)
    return path


def use(tree):
    """Ask a recording all that figures and tables do."""
    assert class_counts(tree)
    assert words(tree)
    for name in layer_names(tree):
        node = tree[name]
        place_names(node["spikes"], None)
        kernel_width(tree, name)
        spans = windows(tree, name)
        assert spans is None or all(span.start >= 0 for span in spans)
        for given in node.attrs.get("parameters", "").split():
            if given not in ("reset", "integration"):
                parameter(tree, name, given)


def refused(what, call):
    """Tell whether a recording is refused as it should be; if it is not, it can be used."""
    try:
        tree, line = call(), ""
    except RecordingError as error:
        tree, line = None, str(error)
    assert "\n" not in line, what
    assert len(line) < 700, what
    if tree is not None:
        use(tree)
    return tree is None


@pytest.fixture
def signed(monkeypatch):
    """Have the digest fit whatever a recording says; it takes longer than all other checks."""
    monkeypatch.setattr(files, "digest", lambda tree: "fitting")


def checked(tree, version=2):
    if version == 2:
        tree.attrs[ATTRIBUTE] = "fitting"
    return checked_recording(tree, version)


def of_attributes(tree):
    """Yield what makes recordings in which an attribute is missing, or other."""
    for path in [node.path for node in tree.subtree]:
        attrs = tree[path].attrs
        for name in attrs:
            rest = {key: value for key, value in attrs.items() if key != name}
            yield f"{path} without {name}", partial(with_attrs, tree, path, rest)
            for value in (*ATTRS, np.array([1, 2]), np.float32(1), np.int8(-1)):
                what = f"{path} {name} = {str(value)[:20]}"
                yield what, partial(with_attrs, tree, path, attrs | {name: value})


def with_attrs(tree, path, attrs):
    mutant = tree.copy()
    mutant[path].attrs = attrs
    return mutant


def with_node(tree, path, dataset):
    mutant = tree.copy()
    mutant[path] = xr.DataTree(dataset)
    return mutant


def of_variables(tree):
    """Yield copies of a recording in which a variable is missing, of other values or dimensions."""
    for path in tree.children:
        node = tree[path].to_dataset(inherit=False)
        yield (
            f"{path} is missing",
            xr.DataTree.from_dict(
                {"/": tree.to_dataset()}
                | {n: tree[n].to_dataset() for n in tree.children if n != path}
            ),
        )
        for name, variable in node.variables.items():
            if not variable.size:
                continue
            yield f"{path} without {name}", with_node(tree, path, node.drop_vars(name))
            values = variable.values
            for kind, other in others(values):
                changed = node.drop_vars(name).assign({name: (variable.dims, other)})
                yield f"{path} {name} {kind}", with_node(tree, path, changed)
            for dim in variable.dims:
                if dim != "time":
                    yield f"{path} {dim}", with_node(tree, path, node.rename({dim: f"{dim}_"}))
                    yield f"{path} {dim} 0", with_node(tree, path, node.isel({dim: slice(0)}))
                    yield f"{path} {dim} 1", with_node(tree, path, node.isel({dim: slice(1)}))
            if len(variable.dims) > 1:
                turned = node.drop_vars(name).assign({name: variable.transpose()})
                yield f"{path} {name} turned", with_node(tree, path, turned)


def others(values):
    yield "texts", np.full(values.shape, "x", dtype=object)
    yield "complex", np.zeros(values.shape, dtype=complex)
    yield "times", np.zeros(values.shape, dtype="M8[ns]")
    if values.dtype.kind in "OUT":
        yield "numbers", np.zeros(values.shape)
        return
    for dtype in ("f8", "f4", "i8", "i1", "u1", "?"):
        yield dtype, values.astype(dtype)
    for value in (np.nan, np.inf, -1, 2, 10**9, 2.5):
        spoilt = values.astype("f8")
        spoilt[(-1,) * spoilt.ndim] = value
        yield str(value), spoilt
        if value == int(value if np.isfinite(value) else 0) and abs(value) < 2**31:
            yield f"whole {value}", spoilt.astype("i8")


def test_an_unharmed_recording_is_accepted(recording, file):
    assert open_recording(file).identical(recording)


def test_an_unharmed_recording_is_accepted_where_all_digests_fit(recording, signed):
    assert not refused("", lambda: checked(recording.copy()))


def test_mutants_of_attributes(recording, signed):
    every = list(of_attributes(recording))
    chosen = random.Random(0).sample(every, 900)
    assert sum(refused(what, lambda m=make: checked(m())) for what, make in chosen) > 600


def test_mutants_of_variables(recording, signed, tmp_path):
    every = list(of_variables(recording))
    assert len(every) > 300
    kept = [tree for what, tree in every if not refused(what, lambda t=tree: checked(t))]
    for number, tree in enumerate(random.Random(0).sample(kept, 2)):
        write_figures(tree, tmp_path / str(number))


def test_mutants_of_version_1():
    with xr.open_datatree(VERSION_1, engine="h5netcdf") as opened:
        tree = opened.load()
    assert not refused("unharmed", lambda: checked(tree.copy(), 1))
    for what, make in random.Random(0).sample(list(of_attributes(tree)), 200):
        refused(what, lambda m=make: checked(m(), 1))
    for what, mutant in random.Random(0).sample(list(of_variables(tree)), 60):
        refused(what, lambda t=mutant: checked(t, 1))


@pytest.mark.parametrize("seed", range(2))
def test_harmed_bytes_change_nothing_unnoticed(recording, file, tmp_path, seed):
    path = tmp_path / "recording.nc"
    for what, raw in harmed_bytes(file.read_bytes(), 30, seed):
        path.write_bytes(raw)
        if not refused(what, lambda: open_recording(path)):
            assert open_recording(path).identical(recording), what


def test_harmed_bytes_of_version_1(tmp_path):
    path = tmp_path / "recording.nc"
    for what, raw in harmed_bytes(VERSION_1.read_bytes(), 20):
        path.write_bytes(raw)
        refused(what, lambda: open_recording(path))


def declare(shape, **options):
    def harm(file):
        del file["conv/spikes"]
        file.create_dataset("conv/spikes", shape, "i1", chunks=(1, 1, 1), **options)

    return harm


def refer(link):
    def harm(file):
        del file["conv/spikes"]
        file["conv/spikes"] = link

    return harm


def elsewhere(file):
    del file["conv/spikes"]
    layout = h5py.VirtualLayout((4, 2, 5), "i1")
    layout[:] = h5py.VirtualSource("other.nc", "input/spikes", (4, 2, 5))
    file.create_virtual_dataset("conv/spikes", layout)


def outside(file):
    del file["conv/spikes"]
    file.create_dataset("conv/spikes", (4, 2, 5), "i1", external=[("/etc/passwd", 0, 40)])


def many(file):
    for number in range(11_000):
        file.create_group(f"more{number}")


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (declare((10**4, 10**4, 10**4)), "declares"),
        (declare((4, 2, 10**9), fillvalue=1), "declares"),
        (refer(h5py.SoftLink("/input/spikes")), "refers to somewhere else"),
        (refer(h5py.ExternalLink("/etc/passwd", "/x")), "refers to somewhere else"),
        (elsewhere, "other files"),
        (outside, "other files"),
        (declare((4, 2, 5), compression="lzf"), "packed in an unknown way"),
        (many, "more than 10,000 parts"),
    ],
)
def test_what_a_file_declares_is_looked_at_first(file, tmp_path, harm, message):
    path = Path(shutil.copy(file, tmp_path / "recording.nc"))
    with h5py.File(path, "r+") as opened:
        harm(opened)
    with pytest.raises(RecordingError, match=message):
        open_recording(path)


def test_a_changed_attribute_is_noticed(file, tmp_path):
    path = Path(shutil.copy(file, tmp_path / "recording.nc"))
    with h5py.File(path, "r+") as opened:
        opened.attrs["seed"] = 7
    with pytest.raises(RecordingError, match="attribute sha256 is of other content"):
        open_recording(path)
    with h5py.File(path, "r+") as opened:
        del opened.attrs["sha256"]
    with pytest.raises(RecordingError, match="attribute sha256 is missing"):
        open_recording(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_what_is_no_file_does_not_hang(cli, tmp_path):
    os.mkfifo(tmp_path / "pipe.nc")
    (tmp_path / "folder.nc").mkdir()
    for path in (tmp_path / "pipe.nc", tmp_path / "folder.nc", Path("/dev/zero")):
        with pytest.raises(RecordingError, match="no file but"):
            open_recording(path)
        assert cli("plot", path)[0] == 7
    assert cli("plot", tmp_path / ("x" * 5_000))[0] == 7


def test_the_digest_is_that_of_what_is_said(recording):
    assert re.fullmatch("[0-9a-f]{64}", digest(recording))
    assert digest(recording) == digest(recording.copy(deep=True))
    assert json.dumps(plain(recording.attrs))
    other = recording.copy(deep=True)
    other["pool"]["membrane"].values[0, 0] += 1e-9
    assert digest(other) != digest(recording)
