"""Networks on GeNN's CPU-only mode and on CUDA against NumPy; skipped where they are missing."""

import brian2
import numpy as np
import pytest

from networks.brian import (
    BrianNetwork,
    Job,
    PoissonStimulus,
    Recorder,
    SpikeStimulus,
    external,
    missing,
    run_in_child,
)
from networks.brian.numpy_kernels import all_spikes
from networks.brian.schedule import beginnings, schedule


def needs(backend):
    lacking = missing(backend)
    return pytest.mark.skipif(lacking is not None, reason=f"{backend} cannot run here: {lacking}")


each_backend = pytest.mark.parametrize(
    "backend", [pytest.param(name, marks=needs(name)) for name in ("genn-cpu", "cuda")]
)

MEMBRANES = {"conv2": range(0, 16, 3), "pool3": range(4), "output": range(6)}


def run_on(backend, network, stimulus, seed=0, **options):
    job = Job(network, stimulus, {"backend": backend, **options}, seed, None, MEMBRANES)
    return run_in_child(job).activities()


def on_numpy(network, stimulus, seed=0):
    with BrianNetwork(network, stimulus, backend="numpy") as brian:
        recorder = Recorder(brian, membranes=MEMBRANES)
        brian.run(seed=seed)
        return recorder.read().activities()


def assert_same(found, expected, tolerance):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        for name, layer in other.items():
            np.testing.assert_array_equal(one[name].spikes, layer.spikes, err_msg=name)
            np.testing.assert_array_equal(one[name].recorded, layer.recorded)
            np.testing.assert_allclose(one[name].membrane, layer.membrane, atol=tolerance)


@each_backend
@pytest.mark.slow
@pytest.mark.parametrize("decay", [1.0, 0.9])
def test_it_has_the_spikes_and_membranes_of_numpy(backend, make_network, make_spikes, decay):
    network = make_network(decay=decay)
    # Neurons far above their threshold would go on firing, and into the next sentence.
    stimulus = SpikeStimulus([make_spikes(w, seed=w, rate=0.9) for w in (7, 3, 5, 7, 4)])
    assert_same(run_on(backend, network, stimulus), on_numpy(network, stimulus), 1e-12)


@each_backend
@pytest.mark.slow
def test_it_draws_the_input_of_every_other_backend(backend, network):
    table = np.random.default_rng(1).random((9, 6))
    stimulus = PoissonStimulus.of_words(table, [np.arange(5), np.arange(2, 9)], 20, (3, 8))
    found = run_on(backend, network, stimulus, seed=4)
    assert_same(found, on_numpy(network, stimulus, seed=4), 1e-12)


@each_backend
@pytest.mark.slow
def test_single_precision_is_single(backend, network, make_spikes):
    stimulus = SpikeStimulus([make_spikes(7)])
    found = run_on(backend, network, stimulus, precision="single")
    exact = on_numpy(network, stimulus)
    difference = np.abs(found[0]["conv2"].membrane - exact[0]["conv2"].membrane).max()
    assert 0 < difference < 1e-4


@each_backend
def test_a_child_that_fails_says_what_happened(backend, network, make_spikes):
    job = Job(network, SpikeStimulus([make_spikes(3)]), {"backend": backend}, 0, ["nowhere"])
    with pytest.raises(RuntimeError, match="nowhere"):
        run_in_child(job)


def test_a_job_can_be_done_in_another_process(network, make_spikes):
    stimulus = SpikeStimulus([make_spikes(3), make_spikes(5, seed=1)])
    recorded = run_in_child(Job(network, stimulus, {"backend": "numpy"}, 0, None, MEMBRANES))
    assert_same(recorded.activities(), on_numpy(network, stimulus), 0)


@pytest.mark.parametrize("kind", ["given", "drawn"])
def test_a_spike_generator_is_given_what_the_schedule_says(make_spikes, kind):
    if kind == "given":
        spikes = [make_spikes(2, steps=4), make_spikes(3, steps=4, seed=1)]
        stimulus = SpikeStimulus(spikes)
    else:
        stimulus = PoissonStimulus.of_rates([np.full((2, 6), 1.0), np.full((3, 6), 1.0)], 4)
        spikes = [np.ones((4, 2, 6)), np.ones((4, 3, 6))]
    begin = beginnings(stimulus, pause=3)
    neurons, steps = all_spikes(schedule(stimulus, begin, seed=0), 6)
    group = brian2.SpikeGeneratorGroup(18, [], [] * brian2.ms)
    group.set_spikes(neurons, steps * brian2.ms)
    expected = {
        (int(step + start), int(neuron))
        for start, sentence in zip((0, 7), spikes, strict=True)
        for step, neuron in zip(*np.nonzero(sentence.reshape(4, -1)), strict=True)
    }
    steps = np.rint(group._spike_time / 0.001).astype(int)
    assert set(zip(steps.tolist(), group._neuron_index.tolist(), strict=True)) == expected


@each_backend
@pytest.mark.slow
def test_a_stream_has_the_spikes_of_separate_runs(backend, network):
    table = np.random.default_rng(2).random((12, 6))
    ids = [np.arange(7), np.arange(3, 6), np.arange(2, 9)]

    def sentences(chosen):
        return PoissonStimulus.of_words(table, [ids[n] for n in chosen], 25, tuple(chosen))

    stream = run_on(backend, network, sentences([0, 1, 2]))
    for number, together in enumerate(stream):
        (alone,) = run_on(backend, network, sentences([number]))
        assert_same([together], [alone], 1e-12)


def test_membranes_after_the_reset_need_the_spikes(network, make_spikes, monkeypatch):
    monkeypatch.setattr(BrianNetwork, "records_after_reset", True)
    with BrianNetwork(network, SpikeStimulus([make_spikes(7)]), backend="numpy") as brian:
        with pytest.raises(ValueError, match="spikes of conv2 have to be recorded too"):
            Recorder(brian, layers=["output"], membranes={"conv2": [0]})
        Recorder(brian, layers=["conv2"], membranes={"conv2": [0]})


def test_brian2cuda_is_given_code_without_approximations(
    network, make_spikes, monkeypatch, tmp_path
):
    pytest.importorskip("brian2cuda", reason="the package brian2cuda is missing")
    # Code is generated for a GPU that nobody looks for.
    package, device, _ = external.DEVICES["cuda"]
    monkeypatch.setitem(external.DEVICES, "cuda", (package, device, {"build_on_run": False}))
    monkeypatch.setattr("networks.brian.backends.missing", lambda _: None)
    cuda = brian2.prefs.devices.cuda_standalone.cuda_backend
    machine = {"detect_gpus": False, "gpu_id": 0, "compute_capability": 9.0}
    machine |= {"detect_cuda": False, "cuda_runtime_version": 13.0}
    before = {name: cuda[name] for name in machine}
    flags = brian2.prefs.codegen.cpp.extra_compile_args_gcc
    try:
        for name, value in machine.items():
            cuda[name] = value
        stimulus = SpikeStimulus([make_spikes(7), make_spikes(5, seed=1)])
        with BrianNetwork(network, stimulus, backend="cuda") as brian:
            Recorder(brian, membranes=MEMBRANES)
            brian.run(seed=0)
            brian2.device.build(directory=str(tmp_path), compile=False, run=False)
    finally:
        for name, value in before.items():
            cuda[name] = value
    assert brian2.prefs.codegen.cpp.extra_compile_args_gcc == flags
    makefile = (tmp_path / "makefile").read_text()
    assert "fast" not in makefile
    for group in ("conv2", "pool3", "output"):
        assert f"code_objects/{group}_spike_thresholder_codeobject.cu" in makefile
