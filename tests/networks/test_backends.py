"""What backends say that they lack, on machines made up of folders and scripts."""

import importlib.util
from importlib import metadata

import pytest

from networks.brian import BACKENDS, BackendUnavailable, choose_backend, choose_synapses, missing


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with a compiler, make, Brian2GeNN and GeNN; ``install`` puts more on its PATH."""
    programs = tmp_path / "bin"
    programs.mkdir()

    def install(name, script="exit 0"):
        path = programs / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    install("g++")
    install("make")
    (tmp_path / "genn/bin").mkdir(parents=True)
    (tmp_path / "genn/bin/genn-buildmodel.sh").touch()
    (tmp_path / "cuda/bin").mkdir(parents=True)
    (tmp_path / "cuda/bin/nvcc").touch()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("GENN_PATH", str(tmp_path / "genn"))
    monkeypatch.delenv("CUDA_PATH", raising=False)
    has = {"brian2genn": True, "brian2cuda": True, "Cython": True}
    version = {"brian2": "2.5.4"}
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec",
        lambda name: (object() if has[name] else None) if name in has else find_spec(name),
    )
    read_version = metadata.version
    monkeypatch.setattr(
        "importlib.metadata.version", lambda name: version.get(name) or read_version(name)
    )

    class Machine:
        folder, packages, versions = tmp_path, has, version
        put = staticmethod(install)

        @staticmethod
        def remove(name):
            (programs / name).unlink()

    return Machine()


def test_a_machine_with_genn_and_no_gpu(machine, monkeypatch):
    assert [name for name in BACKENDS if missing(name) is None] == [
        *("numpy", "cython", "cpp_standalone", "genn-cpu")
    ]
    assert "CUDA_PATH is not set" in missing("genn")
    assert choose_backend("genn-cpu", 1) == "genn-cpu"
    with pytest.raises(BackendUnavailable, match="'genn' cannot run here: CUDA_PATH is not set"):
        choose_backend("genn", 1)


def test_a_machine_with_nvcc_and_no_driver(machine, monkeypatch):
    monkeypatch.setenv("CUDA_PATH", str(machine.folder / "cuda"))
    assert "driver is missing" in missing("genn")
    machine.put("nvidia-smi", "echo NVIDIA-SMI has failed: no driver; exit 9")
    assert "nvidia-smi says: NVIDIA-SMI has failed: no driver" in missing("genn")
    machine.put("nvidia-smi", "echo No devices were found")
    assert "says: No devices were found" in missing("genn")
    machine.put("nvidia-smi", "echo 'GPU 0: NVIDIA A100 (UUID: x)'")
    assert missing("genn") is None
    assert missing("cuda") is None


def test_what_cuda_lacks(machine, monkeypatch):
    assert "there is no nvcc" in missing("cuda")
    machine.put("nvcc")
    assert "driver is missing" in missing("cuda")
    monkeypatch.setenv("CUDA_PATH", str(machine.folder / "genn"))
    assert "holds no CUDA toolkit" in missing("cuda")
    machine.packages["brian2cuda"] = False
    assert "pip install 'bionlp[cuda]'" in missing("cuda")
    machine.remove("g++")
    assert "no C++ compiler" in missing("cuda")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda m: m.packages.update(brian2genn=False), "the package brian2genn is missing"),
        (lambda m: m.versions.update(brian2="2.9.0"), "needs brian2 below 2.6, and this is 2.9.0"),
        (lambda m: (m.folder / "genn/bin/genn-buildmodel.sh").unlink(), "holds no GeNN 4"),
        (lambda m: m.remove("make"), "GeNN needs make"),
        (lambda m: m.remove("g++"), "no C++ compiler was found"),
    ],
)
def test_what_genn_lacks(machine, spoil, message):
    spoil(machine)
    for backend in ("genn", "genn-cpu"):
        assert message in missing(backend)


def test_a_path_that_is_not_set_or_wrong(machine, monkeypatch):
    monkeypatch.setenv("CUDA_PATH", str(machine.folder))
    assert "holds no CUDA toolkit" in missing("genn")
    monkeypatch.delenv("GENN_PATH")
    assert "GENN_PATH is not set" in missing("genn-cpu")


def test_a_machine_without_a_compiler_or_cython(machine):
    machine.packages["Cython"] = False
    assert "package cython is missing" in missing("cython")
    machine.remove("g++")
    assert missing("numpy") is None
    for backend in ("cython", "cpp_standalone"):
        assert "no C++ compiler was found" in missing(backend)


def test_genn_and_cuda_have_stock_synapses_only(machine):
    assert {choose_synapses(name) for name in ("genn-cpu", "genn", "cuda")} == {"stock"}
    assert choose_synapses("numpy") == "shared"
    assert choose_backend("genn-cpu", 1, "stock") == "genn-cpu"
    with pytest.raises(BackendUnavailable, match="choose stock synapses"):
        choose_backend("genn-cpu", 1, "shared")
