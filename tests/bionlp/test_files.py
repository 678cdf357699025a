"""Writing and reading whole files."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from bionlp.errors import DatasetError, OutputError
from bionlp.files import atomic_path, is_file, make_folder, read_utf8


def test_a_finished_file_gets_its_name(tmp_path):
    target = tmp_path / "new" / "result.txt"
    with atomic_path(target) as temporary:
        temporary.write_text("done")
        assert temporary.suffix == ".txt"
        assert not target.exists()
    assert target.read_text() == "done"
    assert list(target.parent.iterdir()) == [target]


def test_a_failure_keeps_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "result.txt"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), atomic_path(target) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_what_the_system_refuses_is_an_output_error(tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(OutputError, match="cannot write .*file"), atomic_path(blocker / "x"):
        pass
    with pytest.raises(OutputError, match="directory"), atomic_path(tmp_path) as temporary:
        temporary.write_text("a folder cannot be replaced by a file")
    assert sorted(tmp_path.parent.glob(f".{tmp_path.stem}.*")) == []


def test_the_line_of_a_wrong_byte_is_named(tmp_path):
    path = tmp_path / "latin.txt"
    path.write_bytes("eins\nzwei\nfünf\n".encode("latin-1"))
    with pytest.raises(DatasetError, match=r"latin.txt, line 3: not UTF-8"):
        read_utf8(path, DatasetError)


def test_a_byte_order_mark_is_dropped_and_line_ends_stay(tmp_path):
    path = tmp_path / "marked.txt"
    path.write_bytes(b"\xef\xbb\xbfa\r\nb")
    assert read_utf8(path, DatasetError) == "a\r\nb"


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(DatasetError, match="there is no file"):
        read_utf8(tmp_path / "nothing", DatasetError)
    with pytest.raises(DatasetError, match="cannot read"):
        read_utf8(tmp_path, DatasetError)


def test_no_path_is_too_strange_to_be_asked_about(tmp_path):
    assert is_file(__file__)
    for path in ("x" * 5000, "a\0b", tmp_path, "\udcff", ""):
        assert not is_file(path)


def test_long_names_can_be_written(tmp_path):
    for name in ("x" * 251 + ".txt", "好" * 80 + ".txt"):
        with atomic_path(tmp_path / name) as temporary:
            temporary.write_text("done")
    with (
        pytest.raises(OutputError, match="name too long"),
        atomic_path(tmp_path / ("x" * 300)) as temporary,
    ):
        temporary.write_text("done")


def test_a_disk_that_is_found_full_at_the_end(tmp_path, monkeypatch):
    def refuse(_number):
        raise OSError(28, "No space left on device")

    (tmp_path / "result").write_text("old")
    monkeypatch.setattr(os, "fsync", refuse)
    with (
        pytest.raises(OutputError, match="no space left on device"),
        atomic_path(tmp_path / "result") as temporary,
    ):
        temporary.write_text("new")
    assert (tmp_path / "result").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


WRITERS = {
    "bytes": lambda path: path.write_bytes(bytes(10**6)),
    "torch": lambda path: torch.save({"a": torch.zeros(10**5)}, path),
    "safetensors": lambda path: save_file({"a": np.zeros(10**5)}, path),
    "figure": lambda path: _figure().savefig(path, dpi=600),
    "recording": lambda path: _recording().to_netcdf(path, engine="h5netcdf"),
}


def _figure():
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().imshow(np.random.default_rng(0).random((500, 500)))
    return figure


def _recording():
    import xarray as xr

    return xr.DataTree(xr.Dataset({"a": ("x", np.random.default_rng(0).random(10**5))}))


@pytest.fixture
def small_disk(tmp_path):
    """Return a folder on a disk of 100 KB, if this user may make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", folder]
    if (
        not shutil.which("mount")
        or subprocess.run(mount, check=False, capture_output=True).returncode
    ):
        pytest.skip("needs the right to mount a small disk")
    yield folder
    # A library that failed may not have closed its file yet.
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.parametrize("writer", WRITERS)
def test_full_disks_are_output_errors_whatever_writes(small_disk, writer):
    target = small_disk / "result.png"
    target.write_text("old")
    with (
        pytest.raises(OutputError, match="cannot write .*result.png: no space left on device"),
        atomic_path(target) as temporary,
    ):
        WRITERS[writer](temporary)
    assert target.read_text() == "old"
    assert list(small_disk.iterdir()) == [target]


LIMITED = """
import resource, sys
from pathlib import Path
import pytest
from bionlp.errors import OutputError
from bionlp.files import atomic_path

resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
target = Path(sys.argv[1])
with pytest.raises(OutputError, match="file too large"), atomic_path(target) as temporary:
    temporary.write_bytes(bytes(10**6))
print(target.read_text(), len(list(target.parent.iterdir())))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_a_limit_on_the_size_of_files(tmp_path):
    (tmp_path / "result").write_text("old")
    command = [sys.executable, "-c", LIMITED, tmp_path / "result"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "old 1\n"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_a_file_system_that_is_read_only_for_root_too(tmp_path):
    mount = ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", tmp_path]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("needs the right to mount a disk")
    try:
        with pytest.raises(OutputError, match="cannot write to .*: read-only file system"):
            make_folder(tmp_path)
    finally:
        subprocess.run(["umount", tmp_path], check=True)
