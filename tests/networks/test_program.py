import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import brian2
import numpy as np
import pytest
from brian2.devices.device import runtime_device

import networks
from networks.brian import (
    BackendUnavailable,
    BrianNetwork,
    PoissonStimulus,
    Recorder,
    SpikeStimulus,
)
from networks.brian.cache import cache_folder
from networks.brian.program import PROGRAM, StandaloneProject, _compiler, _hash_source
from networks.brian.schedule import beginnings, schedule
from networks.pytorch import SpikingNetwork

needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BIONLP_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def project():
    project = StandaloneProject()
    yield project
    project.close()


def programs(cache):
    return [path for path in (cache / "programs").iterdir() if path.suffix != ".lock"]


def forbid_compiling(monkeypatch):
    def compile_again(_self):
        raise AssertionError("this program is in the cache")

    monkeypatch.setattr(StandaloneProject, "_compile", compile_again)


def run(network, stimulus, **options):
    """Activities of all presentations, and the events of all synapses."""
    with BrianNetwork(network, stimulus, **options) as brian:
        recorder = Recorder(brian)
        brian.run(seed=2)
        return read(brian, recorder)


def read(brian, recorder):
    activities = [recorder.activity(number) for number in range(len(brian.stimulus.words))]
    return activities, {pair: int(syn.events[:]) for pair, syn in brian.synapses.items()}


def assert_equal_pytorch(network, presentations, activities):
    model = SpikingNetwork(network).double().eval()
    for spikes, activity in zip(presentations, activities, strict=True):
        for name, expected in model.activity(spikes).items():
            np.testing.assert_array_equal(expected.spikes, activity[name].spikes, err_msg=name)
    assert any(activity["output"].spikes.any() for activity in activities)


def assert_equal(found, expected):
    assert found[1] == expected[1]
    for one, other in zip(found[0], expected[0], strict=True):
        for name in other:
            np.testing.assert_array_equal(one[name].spikes, other[name].spikes, err_msg=name)


@pytest.mark.slow
@needs_compiler
def test_one_program_serves_all_weights_and_all_sentences(
    make_network, make_spikes, cache, monkeypatch
):
    first, second = (make_network(widths=(2,), decay=0.9, seed=seed) for seed in (0, 1))
    sentences = [make_spikes(words, seed=words, steps=10 + words) for words in (5, 7, 1)]
    others = [make_spikes(words, seed=9 - words, steps=20 - words) for words in (2, 3)]
    compiled = run(first, SpikeStimulus(sentences), backend="cpp_standalone")
    assert_equal_pytorch(first, sentences, compiled[0])
    assert len(programs(cache)) == 1

    forbid_compiling(monkeypatch)
    taken = run(second, SpikeStimulus(others), backend="cpp_standalone")
    assert_equal_pytorch(second, others, taken[0])
    expected = run(second, SpikeStimulus(others), backend="numpy")
    assert_equal(taken, expected)
    assert len(programs(cache)) == 1

    streams = [SpikeStimulus(presentations) for presentations in (others, sentences, others[:1])]
    with BrianNetwork(first, streams[0], backend="cpp_standalone") as brian:
        recorder = Recorder(brian)
        found = []
        for stream in streams:
            brian.run(seed=0, stimulus=stream)
            found.append(read(brian, recorder))
    for stream, one in zip(streams, found, strict=True):
        assert_equal(one, run(first, stream, backend="numpy"))
    assert len(programs(cache)) == 1


@pytest.mark.slow
@needs_compiler
@pytest.mark.parametrize("backend", ["cython", "cpp_standalone"])
def test_poisson_input_is_the_same_on_all_backends(make_network, backend):
    network = make_network(widths=(2,), decay=0.9)
    table = np.random.default_rng(0).random((9, 6))
    ids = [np.array([0, 4, 4]), np.arange(7), np.array([8])]
    whole = PoissonStimulus(table, ids, (12, 7, 30), (4, 0, 2))
    part = PoissonStimulus(table, ids[1:], (7, 30), (0, 2))
    with BrianNetwork(network, part, backend=backend) as brian:
        recorder = Recorder(brian)
        brian.run(seed=2)
        first = read(brian, recorder)
        brian.run(seed=2, stimulus=whole)
        second = read(brian, recorder)
    assert_equal(first, run(network, part, backend="numpy"))
    expected = run(network, whole, backend="numpy")
    assert all(activity["output"].spikes.any() for activity in expected[0][:2])
    assert_equal((second[0], {}), (expected[0], {}))


# --- without a compiler ---


def stand_in(monkeypatch, script="#!/bin/sh\nexit 0\n"):
    """Let a script take the place of the compiled program; return the list of compilations."""
    compiled = []

    def compile_script(self):
        compiled.append(self._folder)
        (self._folder / PROGRAM).write_text(script)
        (self._folder / PROGRAM).chmod(0o755)

    monkeypatch.setattr(StandaloneProject, "_compile", compile_script)
    monkeypatch.setattr("networks.brian.program._compiler", lambda: "a script")
    return compiled


def write_source(project, text="int main() {}", weights="1 2 3"):
    for name, content in {
        "main.cpp": text,
        "code_objects/a.cpp": "void a() {}",
        "static_arrays/w": weights,
        "results/v": weights,
    }.items():
        (project._folder / name).parent.mkdir(exist_ok=True)
        (project._folder / name).write_text(content)


def test_the_same_source_is_compiled_once(project, monkeypatch, cache):
    compiled = stand_in(monkeypatch)
    write_source(project)
    project._take_or_compile()
    write_source(project, weights="4 5 6")
    (project._folder / PROGRAM).unlink()
    project._take_or_compile()
    assert len(compiled) == len(programs(cache)) == 1
    assert os.access(project._folder / PROGRAM, os.X_OK)
    write_source(project, text="int main() { return 0; }")
    (project._folder / PROGRAM).unlink()
    project._take_or_compile()
    assert len(compiled) == len(programs(cache)) == 2


@needs_compiler
def test_the_hash_is_of_names_contents_and_the_compiler(project, monkeypatch):
    write_source(project)
    first = _hash_source(project._folder)
    assert _hash_source(project._folder) == first
    (project._folder / "code_objects/a.cpp").rename(project._folder / "code_objects/b.cpp")
    renamed = _hash_source(project._folder)
    monkeypatch.setattr("networks.brian.program._compiler", lambda: "another")
    assert len({first, renamed, _hash_source(project._folder)}) == 3


@needs_compiler
def test_the_compiler_is_asked_for_its_version_and_its_target(monkeypatch):
    monkeypatch.setenv("CXX", "g++")
    answer = _compiler()
    assert "Free Software Foundation" in answer or "clang" in answer
    assert "#define __cplusplus" in answer
    monkeypatch.setenv("CXX", "env g++")
    assert _compiler() == answer


def test_a_cache_that_cannot_be_written_is_done_without(project, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("BIONLP_CACHE_DIR", str(tmp_path / "file"))
    compiled = stand_in(monkeypatch)
    write_source(project)
    project._take_or_compile()
    assert len(compiled) == 1
    assert (project._folder / PROGRAM).exists()


def test_the_cache_is_where_the_variable_says(cache, monkeypatch):
    assert cache_folder() == cache
    monkeypatch.setenv("BIONLP_CACHE_DIR", "")
    assert "bionlp" in str(cache_folder())


@pytest.mark.skipif(os.name == "nt", reason="a script takes the place of the program")
def test_a_program_that_fails_is_an_error(network, make_spikes, monkeypatch, capsys):
    stand_in(monkeypatch, "#!/bin/sh\necho 0\nexit 3\n")
    stimulus = SpikeStimulus([make_spikes(3)])
    monkeypatch.setattr("networks.brian.network.choose_backend", lambda name, *_: name)
    with (
        BrianNetwork(network, stimulus, backend="cpp_standalone") as brian,
        pytest.raises(RuntimeError, match="the compiled program failed"),
    ):
        brian.run(seed=0)
    assert capsys.readouterr().out == ""
    assert brian2.get_device() is runtime_device


@pytest.fixture
def without_compiler(monkeypatch):
    """Take all steps but compiling and running; return the list of compilations."""
    monkeypatch.setattr("networks.brian.network.choose_backend", lambda name, *_: name)
    monkeypatch.setattr("networks.brian.program._run_device", lambda folder: None)
    return stand_in(monkeypatch)


def test_the_source_does_not_depend_on_weights_sentences_or_what_was_before(
    make_network, make_spikes, without_compiler, cache
):
    def present(seed, words, backend="cpp_standalone", **options):
        stimulus = SpikeStimulus([make_spikes(words, seed=seed, steps=seed + 3)] * (seed + 1))
        network = make_network(seed=seed, decay=0.9)
        with BrianNetwork(network, stimulus, backend=backend, **options) as brian:
            recorder = Recorder(brian)
            brian.run(seed=1)
            assert recorder.spikes

    present(0, words=3)
    present(2, words=2, backend="numpy")
    alive = BrianNetwork(make_network(decay=0.9), SpikeStimulus([make_spikes(3)]), backend="numpy")
    brian2.Network(brian2.NeuronGroup(1, "v : 1", name="conv2_spikes")).run(1 * brian2.ms)
    present(1, words=7)
    alive.close()
    assert len(without_compiler) == len(programs(cache)) == 1
    present(1, words=7, precision="single")
    assert len(without_compiler) == len(programs(cache)) == 2


@pytest.mark.skipif(os.name == "nt", reason="a script takes the place of the program")
def test_ctrl_c_ends_a_program(network, make_spikes, monkeypatch, ctrl_c):
    stand_in(monkeypatch, "#!/bin/sh\nkill -INT $PPID\nexec sleep 60\n")
    stimulus = SpikeStimulus([make_spikes(3)])
    monkeypatch.setattr("networks.brian.network.choose_backend", lambda name, *_: name)
    with (
        BrianNetwork(network, stimulus, backend="cpp_standalone") as brian,
        pytest.raises(KeyboardInterrupt),
    ):
        brian.run(seed=0)
    assert brian2.get_device() is runtime_device
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


PRINT_HASH = """
import numpy as np
from networks.brian import BrianNetwork, PoissonStimulus, Recorder, network, program
from networks.description import Connection, Network, Population
from networks.neurons import LIF, Input
from networks.transforms import Convolution, Dense, SumPooling

network.choose_backend = lambda name, *_: name
program._run_device = lambda folder: None
program.StandaloneProject._take_or_compile = lambda self: print(program._hash_source(self._folder))
populations = (
    Population("input", (4, 2), Input()),
    Population("conv", (3, 2), LIF(decay=0.9)),
    Population("pool", (2,), LIF(threshold=3.0)),
    Population("output", (2,), LIF()),
)
connections = (
    Connection("input", "conv", Convolution(np.ones((2, 2, 2)))),
    Connection("conv", "pool", SumPooling()),
    Connection("pool", "output", Dense(np.ones((2, 2))), delay=1),
    Connection("output", "pool", Dense(np.ones((2, 2))), delay=2),
)
description = Network(populations, connections)
stimulus = PoissonStimulus.of_rates([np.ones((3, 2))], 5)
with BrianNetwork(description, stimulus, backend="cpp_standalone") as brian:
    Recorder(brian, membranes={"conv": [0, 1]})
    brian.run(seed=0)
"""


@pytest.mark.slow
@needs_compiler
def test_the_source_does_not_depend_on_the_process():
    def hashed(seed):
        environment = {
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": str(Path(networks.__file__).parents[1]),
        }
        return subprocess.run(
            [sys.executable, "-c", PRINT_HASH],
            env={**os.environ, **environment},
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    assert len(hashed("1")) == 65
    assert hashed("1") == hashed("2")


# --- one device a process ---


def test_a_project_has_the_device_until_it_is_closed():
    project = StandaloneProject()
    try:
        assert brian2.get_device() is not runtime_device
        with pytest.raises(BackendUnavailable, match="another device"):
            StandaloneProject()
    finally:
        project.close()
    assert brian2.get_device() is runtime_device
    assert not project._folder.exists()


def test_a_network_that_cannot_be_built_gives_the_device_back(network, make_spikes, monkeypatch):
    monkeypatch.setattr("networks.brian.network.choose_backend", lambda name, *_: name)

    def fail(*_arguments):
        raise RuntimeError("no room")

    monkeypatch.setattr("networks.brian.shared.connect", fail)
    with pytest.raises(RuntimeError, match="no room"):
        BrianNetwork(network, SpikeStimulus([make_spikes(3)]), backend="cpp_standalone")
    assert brian2.get_device() is runtime_device


def test_a_written_schedule_is_the_arrays_and_their_lengths(make_spikes, tmp_path):
    stimulus = SpikeStimulus([make_spikes(3, steps=4), make_spikes(2, steps=5)])
    plan = schedule(stimulus, beginnings(stimulus, pause=2), seed=0)
    plan.write(tmp_path)
    with (tmp_path / "schedule.bin").open("rb") as stream:
        for array in (plan.begin, plan.durations, plan.keys, plan.first, plan.indices, plan.table):
            (length,) = np.fromfile(stream, np.int64, 1)
            np.testing.assert_array_equal(np.fromfile(stream, array.dtype, length), array)
        assert stream.read() == b""
    assert [plan.begin.dtype, plan.indices.dtype, plan.table.dtype] == ["i8", "i4", "f8"]
    assert plan.begin.tolist() == [0, 6, 13]
