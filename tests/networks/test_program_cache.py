"""Kept programs and compiled code: believed only if whole, and never needed."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import brian2
import numpy as np
import pytest
from brian2.codegen.runtime.cython_rt.extension_manager import cython_extension_manager
from brian2.devices.device import reset_device

import networks
from networks.brian import BackendUnavailable, BrianNetwork, SpikeStimulus
from networks.brian.cache import (
    cache_folder,
    cache_variables,
    usable_cache_folder,
)
from networks.brian.cython_cache import cython_folder, is_whole, whole_modules
from networks.brian.private import compile_program
from networks.brian.program import PROGRAM, StandaloneProject, _hash, _keep, _take

needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
POSIX = pytest.mark.skipif(os.name == "nt", reason="a script takes the place of the program")
SCRIPT = "#!/bin/sh\nexit 0\n"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BIONLP_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr("networks.brian.cache._substitute", None)
    return tmp_path / "cache"


@pytest.fixture
def project():
    project = StandaloneProject()
    (project._folder / "main.cpp").write_text("int main() {}")
    yield project
    project.close()


@pytest.fixture
def compiled(monkeypatch):
    """Let a script take the place of the compiled program; return the list of compilations."""
    done = []

    def compile_script(self):
        done.append(self._folder)
        (self._folder / PROGRAM).write_text(SCRIPT)
        (self._folder / PROGRAM).chmod(0o755)

    monkeypatch.setattr(StandaloneProject, "_compile", compile_script)
    monkeypatch.setattr("networks.brian.program._compiler", lambda: "a script")
    return done


def kept_programs(cache):
    return [path for path in (cache / "programs").iterdir() if path.suffix != ".lock"]


def cut(path):
    path.write_bytes(path.read_bytes()[:5])


def make_folder_of(path):
    path.unlink()
    path.mkdir()


DAMAGES = {
    "cut off": cut,
    "empty": lambda path: path.write_bytes(b""),
    "foreign": lambda path: path.write_bytes(b"\x7fELF of somebody else"),
    "one bit": lambda path: path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + b"!/bin/sh\n"),
    "a folder": make_folder_of,
    "dead link": lambda path: (path.unlink(), path.symlink_to("nowhere")),
}
if os.name != "nt":
    DAMAGES["a fifo"] = lambda path: (path.unlink(), os.mkfifo(path))


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_program_is_compiled_anew(project, compiled, cache, damage):
    project._take_or_compile()
    (kept,) = kept_programs(cache)
    DAMAGES[damage](kept)
    (project._folder / PROGRAM).unlink()
    project._take_or_compile()
    assert len(compiled) == 2
    assert (project._folder / PROGRAM).read_text() == SCRIPT
    if damage != "a folder":
        (kept,) = kept_programs(cache)
        assert kept.suffix == f".{_hash(kept)}"
        (project._folder / PROGRAM).unlink()
        project._take_or_compile()
        assert len(compiled) == 2


@POSIX
def test_a_kept_program_need_not_be_executable(project, compiled, cache):
    project._take_or_compile()
    kept_programs(cache)[0].chmod(0o644)
    (project._folder / PROGRAM).unlink()
    project._take_or_compile()
    assert len(compiled) == 1
    assert os.access(project._folder / PROGRAM, os.X_OK)


def test_a_program_is_compiled_once_where_the_cache_is_a_file(project, compiled, cache, caplog):
    cache.write_text("")
    project._take_or_compile()
    assert re.search("cannot write to the cache, .*cache: not a directory", caplog.text)
    (project._folder / PROGRAM).unlink()
    project._take_or_compile()
    assert len(compiled) == 1


@pytest.mark.parametrize("place", ["/dev/null/x", "\0" if os.name == "nt" else "/proc/1/x"])
def test_places_that_take_no_files(monkeypatch, place, caplog):
    monkeypatch.setenv("BIONLP_CACHE_DIR", place)
    monkeypatch.setattr("networks.brian.cache._told", set())
    folders = [usable_cache_folder(part) for part in ("a", "b", "a")]
    (record,) = caplog.records
    assert "set BIONLP_CACHE_DIR" in record.getMessage()
    assert folders[0] == folders[2]
    assert all(folder.is_dir() for folder in folders)
    assert cache_variables("a") == {"BIONLP_CACHE_DIR": str(folders[0].parent)}


def test_a_usual_cache_needs_no_variable(cache, monkeypatch):
    assert usable_cache_folder("a") == cache / "a"
    assert cache_variables("a") == {}
    monkeypatch.setenv("BIONLP_CACHE_DIR", "")
    assert cache_folder() != Path("")


def test_no_room_in_the_cache_is_said(project, cache, monkeypatch, caplog):
    program, place = project._folder / PROGRAM, usable_cache_folder("programs") / "name"
    program.write_text(SCRIPT)

    def refuse(*_arguments):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refuse)
        _keep(program, place)
    assert "no space left" in caplog.text
    assert kept_programs(cache) == []
    _keep(program, place)
    assert _take(place, program)


@POSIX
@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("", "the compiled program failed|cannot write or start a program"),
        ("#!/nowhere/sh\n", "cannot write or start a program"),
        ("#!/bin/sh\nexit 3\n", "the compiled program failed"),
    ],
)
def test_a_program_that_cannot_be_run_is_a_backend_that_cannot(
    network, make_spikes, monkeypatch, script, said
):
    def compile_script(self):
        (self._folder / PROGRAM).write_text(script)
        (self._folder / PROGRAM).chmod(0o755 if script else 0o644)

    monkeypatch.setattr(StandaloneProject, "_compile", compile_script)
    monkeypatch.setattr("networks.brian.network.choose_backend", lambda name, *_: name)
    stimulus = SpikeStimulus([make_spikes(3)])
    with (
        BrianNetwork(network, stimulus, backend="cpp_standalone") as brian,
        pytest.raises(BackendUnavailable, match=said),
    ):
        brian.run(seed=0)


def test_a_compiler_that_fails_is_a_backend_that_cannot_run(project, monkeypatch):
    def fail(_folder):
        raise RuntimeError("Project compilation failed (error code: 512).")

    monkeypatch.setattr("networks.brian.program.compile_program", fail)
    assert compile_program is not fail
    with pytest.raises(BackendUnavailable, match=r"cannot be compiled \(Project .* 512\).*numpy"):
        project._compile()


def test_a_full_disk_is_noticed_behind_a_program_that_does_not_look(
    network, make_spikes, compiled, monkeypatch
):
    full = shutil.disk_usage(tempfile.gettempdir())._replace(free=100)
    monkeypatch.setattr("networks.brian.network.choose_backend", lambda name, *_: name)
    monkeypatch.setattr("networks.brian.program.brian2.device.run", lambda **_: None, raising=False)
    stimulus = SpikeStimulus([make_spikes(3)])
    with BrianNetwork(network, stimulus, backend="cpp_standalone") as brian:
        monkeypatch.setattr(shutil, "disk_usage", lambda _folder: full)
        with pytest.raises(BackendUnavailable, match="no space left on device; set TMPDIR"):
            brian.run(seed=0)


def test_no_temporary_folder_at_all(monkeypatch):
    def refuse(**_options):
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", refuse)
    with pytest.raises(BackendUnavailable, match="no usable temporary directory"):
        StandaloneProject()


# --- a device that somebody else has set ---


@pytest.fixture
def other_device():
    brian2.set_device("cpp_standalone", build_on_run=False)
    yield
    brian2.device.reinit()
    reset_device()


@pytest.mark.parametrize("backend", ["numpy", "cython", "cpp_standalone"])
def test_the_device_of_a_user_is_left_alone(
    network, make_spikes, other_device, monkeypatch, backend
):
    monkeypatch.setattr("networks.brian.network.choose_backend", lambda name, *_: name)
    with pytest.raises(BackendUnavailable, match="another device of Brian 2 is in use"):
        BrianNetwork(network, SpikeStimulus([make_spikes(3)]), backend=backend)


@pytest.mark.parametrize(
    "backend", ["numpy", pytest.param("cython", marks=needs_compiler), "cpp_standalone"]
)
def test_a_network_that_runs_without_sentences_says_so(
    make_network, make_spikes, monkeypatch, compiled, backend
):
    network = make_network(widths=(2,), decay=0.9)
    monkeypatch.setattr("networks.brian.network.choose_backend", lambda name, *_: name)
    monkeypatch.setattr("networks.brian.program._run_device", lambda _folder: None)
    with BrianNetwork(network, SpikeStimulus([make_spikes(3)]), backend=backend) as brian:
        with pytest.raises(brian2.BrianObjectException) as error:
            brian.network.run(3 * brian2.ms)
        said = str(error.value.__cause__)
        brian.run(seed=0)
    assert "has no sentences to present yet; call run() of" in said


IGNORING = """
import os, signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
import networks.brian
os.kill(os.getpid(), signal.SIGINT)
print("goes on")
"""


@POSIX
def test_ctrl_c_is_ignored_where_it_was_before():
    environment = {**os.environ, "PYTHONPATH": str(Path(networks.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", IGNORING],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "goes on\n", "")


# --- Cython ---


@pytest.fixture
def library(tmp_path):
    """Return a shared library that this process does not use."""
    source = next(Path(np.__file__).parent.rglob("_umath_tests*.so"), None)
    if source is None:
        pytest.skip("this NumPy has no such library")
    return Path(shutil.copy(source, tmp_path / "x.so"))


@pytest.mark.skipif(sys.platform != "linux", reason="libraries of Linux")
def test_a_library_that_is_cut_off_anywhere_is_noticed(library):
    whole = library.read_bytes()
    assert is_whole(library)
    for length in (0, 1, 10, 63, 64, 100, len(whole) // 2, len(whole) - 1):
        library.write_bytes(whole[:length])
        assert not is_whole(library), length
    library.write_bytes(bytes(1000))
    assert not is_whole(library)


def test_a_module_that_does_not_load_is_compiled_again(tmp_path, monkeypatch):
    path, loaded = tmp_path / "m.so", []

    def load(module_path, **_options):
        loaded.append(Path(module_path).exists())
        if loaded[-1]:
            raise ImportError("invalid")
        return "module"

    monkeypatch.setattr(type(cython_extension_manager), "_load_module", staticmethod(load))
    for content, expected in ((b"MZ" + b"x" * 100, [True, False]), (b"", [False])):
        path.write_bytes(content)
        loaded.clear()
        with whole_modules(), whole_modules():
            assert cython_extension_manager._load_module(module_path=str(path)) == "module"
        assert loaded == expected
    assert "_load_module" not in vars(cython_extension_manager)


def test_without_a_home_code_is_compiled_elsewhere(cache, monkeypatch, tmp_path):
    monkeypatch.setitem(
        brian2.prefs, "codegen.runtime.cython.cache_dir", str(tmp_path / "home" / "cython")
    )
    assert cython_folder() == str(tmp_path / "home" / "cython")
    (tmp_path / "file").touch()
    monkeypatch.setitem(brian2.prefs, "codegen.runtime.cython.cache_dir", "/dev/null/x")
    assert cython_folder() == str(cache / "cython")


RUN = """
import numpy as np
from networks.brian import BrianNetwork, Recorder, SpikeStimulus
from networks.description import Connection, Network, Population
from networks.neurons import LIF, Input
from networks.transforms import Dense

network = Network(
    (Population("input", (2, 2), Input()), Population("output", (2,), LIF())),
    (Connection("input", "output", Dense(np.ones((2, 4)))),),
)
stimulus = SpikeStimulus([np.ones((5, 2, 2), dtype=bool)])
with BrianNetwork(network, stimulus, backend="cython") as brian:
    recorder = Recorder(brian)
    brian.run(seed=0)
    print(recorder.activity(0)["output"].spikes.sum())
"""


@pytest.mark.slow
@needs_compiler
@POSIX
def test_cython_without_a_home_and_with_damaged_code(tmp_path, write_quick_preferences):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    write_quick_preferences(tmp_path)
    environment = {
        **os.environ,
        "HOME": "/dev/null",
        "TMPDIR": str(temporary),
        "PYTHONPATH": str(Path(networks.__file__).parents[1]),
    }
    environment.pop("CYTHON_CACHE_DIR", None)

    def run():
        command = [sys.executable, "-c", RUN]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    first = run()
    libraries = sorted((tmp_path / "cache" / "cython").glob("*.so"))
    assert len(libraries) > 3
    for number, library in enumerate(libraries[:3]):
        library.write_bytes(library.read_bytes()[: library.stat().st_size * number // 3])
        assert not is_whole(library)
    assert run() == first != ""
    assert all(is_whole(library) for library in libraries)
