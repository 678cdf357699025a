"""What is said before code is compiled, and that nothing is said of code that was kept."""

import logging
from pathlib import Path

import pytest
from brian2.codegen.runtime.cython_rt.extension_manager import cython_extension_manager

from networks.brian import EXTERNAL, Job, SpikeStimulus, Unsupported, child, compiling, run_in_child
from networks.brian.cython_cache import whole_modules
from networks.brian.program import PROGRAM, StandaloneProject


@pytest.fixture
def said(caplog, monkeypatch, tmp_path):
    """Return a function that gives what was said of compilation since it was last called."""
    monkeypatch.setenv("BIONLP_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(compiling, "_told", set())
    caplog.set_level(logging.INFO, "networks")

    def take():
        told = [r.getMessage() for r in caplog.records if r.name == compiling.__name__]
        caplog.clear()
        return told

    return take


@pytest.fixture
def project(monkeypatch):
    """Return a program under construction; a script takes the place of what is compiled."""
    project = StandaloneProject()
    (project._folder / "main.cpp").write_text("int main() {}")
    monkeypatch.setattr(
        StandaloneProject,
        "_compile",
        lambda self: (self._folder / PROGRAM).write_text("#!/bin/sh\n"),
    )
    monkeypatch.setattr("networks.brian.program._compiler", lambda: "a script")
    yield project
    project.close()


def test_a_program_is_announced_when_it_is_compiled(project, said):
    project._take_or_compile()
    assert said() == [
        "compiling a C++ program, once for this machine and kind of network: less than a minute"
    ]
    (project._folder / PROGRAM).unlink()
    project._take_or_compile()
    assert said() == []


def test_a_program_without_a_place_is_not_kept(project, said, monkeypatch):
    def refuse(_part):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("networks.brian.program.usable_cache_folder", refuse)
    project._take_or_compile()
    assert said() == ["compiling a C++ program; it is not kept: less than a minute"]


def test_cython_is_announced_once_and_only_for_code_that_is_missing(said, tmp_path, monkeypatch):
    kept, missing = tmp_path / "kept.so", (tmp_path / "a.so", tmp_path / "b.so")
    kept.write_bytes(b"MZ" + b"x" * 100)

    def load(module_path, **_options):
        Path(module_path).touch()
        return "module"

    monkeypatch.setattr(type(cython_extension_manager), "_load_module", staticmethod(load))
    with whole_modules():
        cython_extension_manager._load_module(module_path=str(kept))
        assert said() == []
        for path in missing:
            cython_extension_manager._load_module(module_path=str(path))
    (line,) = said()
    assert line.startswith("compiling for this machine with Cython, once")


def test_each_device_says_how_long_it_compiles():
    assert compiling.TIMES.keys() == set(EXTERNAL)


def test_a_device_is_announced_before_it_runs(said, network, make_spikes, monkeypatch):
    monkeypatch.setattr(child.subprocess, "run", lambda *_, **__: pytest.fail("it is too late"))
    job = Job(network, SpikeStimulus([make_spikes(3)]), {"backend": "genn-cpu"}, 0)
    with pytest.raises(pytest.fail.Exception):
        run_in_child(job)
    (line,) = said()
    assert line.startswith("compiling for genn-cpu, as before each run: about half a minute")


def test_a_device_that_cannot_carry_a_network_says_nothing(said, monkeypatch):
    def refuse(*_arguments):
        raise Unsupported("no")

    monkeypatch.setattr(child, "latencies", refuse)
    with pytest.raises(Unsupported):
        run_in_child(Job(None, None, {"backend": "cuda"}, 0))
    assert said() == []
