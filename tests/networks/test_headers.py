"""The C++ headers of the compiled targets against the NumPy kernels."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from brian2.codegen.cpp_prefs import get_compiler_and_args

import networks.brian
from networks.brian import PoissonStimulus
from networks.brian.numpy_kernels import convolve, poisson, pool
from networks.brian.schedule import beginnings, schedule

HEADERS = Path(networks.brian.__file__).parent / "templates/common"


CONVOLVE = """
#include "convolve.h"
#include <cstdio>
#include <vector>

template <class T> std::vector<T> read(int64_t size)
{
    std::vector<T> values(size);
    if (fread(values.data(), sizeof(T), size, stdin) != (size_t)size)
        throw "truncated";
    return values;
}

template <class T> void run(const std::vector<int64_t>& n)
{
    const std::vector<int32_t> spikes = read<int32_t>(n[0]);
    const std::vector<T> w = read<T>(n[1]);
    std::vector<T> v = read<T>(n[2]);
    const int64_t events = n[3]
        ? shared_weights::convolve(
            spikes.data(), n[0], n[4], n[5], w.data(), n[6], n[7], n[8], n[9], n[10], v.data(),
            n[11])
        : shared_weights::pool(spikes.data(), n[0], n[4], n[5], w[0], n[6], n[7], v.data(), n[2]);
    fwrite(&events, sizeof(events), 1, stdout);
    fwrite(v.data(), sizeof(T), v.size(), stdout);
}

int main()
{
    for (int64_t cases = read<int64_t>(1)[0]; cases > 0; cases--) {
        const std::vector<int64_t> n = read<int64_t>(13);
        n[12] == 8 ? run<double>(n) : run<float>(n);
    }
}
"""


def compile_driver(folder, source):
    compiler = next(filter(shutil.which, ("g++", "clang++", "c++")), None)
    if compiler is None:
        pytest.skip("needs a C++ compiler")
    (folder / "driver.cpp").write_text(source)
    _, options = get_compiler_and_args()
    subprocess.run(
        [compiler, *options, f"-I{HEADERS}", "driver.cpp", "-o", "driver"], cwd=folder, check=True
    )
    return folder / "driver"


def random_convolution(rng, dtype):
    features, width = rng.integers(1, 200), rng.integers(1, 6)
    maps = rng.choice([rng.integers(1, 41), rng.integers(41, 200)])
    positions, windows = rng.integers(1, 9), rng.integers(1, 12)
    stride, padding, before, after = rng.integers([1, 0, 0, 0], [4, 4, 9, 9])
    spikes = np.flatnonzero(
        rng.random(before + positions * features + after) < rng.choice([0, 0.05, 0.5, 1])
    )
    if rng.random() < 0.5:
        rng.shuffle(spikes)
    return (
        convolve,
        spikes.astype(np.int32),
        rng.normal(size=width * features * maps).astype(dtype),
        rng.normal(size=windows * maps).astype(dtype),
        (before, positions, features, width, maps, stride, padding, windows),
    )


def random_pooling(rng, dtype):
    maps, positions, targets = rng.integers(1, 50), rng.integers(1, 9), rng.integers(1, 5)
    before, after = rng.integers(0, 9, 2)
    spikes = np.flatnonzero(rng.random(before + positions * maps + after) < rng.random())
    rng.shuffle(spikes)
    return (
        pool,
        spikes.astype(np.int32),
        rng.normal(size=1).astype(dtype),
        rng.normal(size=targets * maps).astype(dtype),
        (before, before + positions * maps, rng.integers(1, 10), maps, 0, 0, 0, 0),
    )


def test_convolve_adds_the_same_as_the_numpy_kernels(tmp_path):
    driver = compile_driver(tmp_path, CONVOLVE)
    rng = np.random.default_rng(0)
    cases = [
        make(rng, dtype)
        for make in (random_convolution, random_pooling)
        for dtype in (np.float64, np.float32)
        for _ in range(150)
    ]
    blocks = [np.int64(len(cases)).tobytes()]
    for kernel, spikes, w, v, numbers in cases:
        sizes = len(spikes), len(w), len(v), kernel is convolve, *numbers, v.itemsize
        blocks += [np.array(sizes, dtype=np.int64), spikes, w, v]
    answer = subprocess.run(
        [driver], input=b"".join(map(bytes, blocks)), capture_output=True, check=True
    ).stdout
    place = 0
    for kernel, spikes, w, v, numbers in cases:
        if kernel is convolve:
            start, positions, features, width, maps, stride, padding, _ = numbers
            events = convolve(
                spikes, start, positions, w, features, width, maps, stride, padding, v
            )
            message = f"convolution {numbers}, {len(spikes)} spikes, {v.dtype}"
        else:
            events = pool(spikes, *numbers[:2], w[0], *numbers[2:4], v)
            message = f"pooling {numbers[:4]}, {len(spikes)} spikes, {v.dtype}"
        (counted,) = np.frombuffer(answer, np.int64, 1, place)
        found = np.frombuffer(answer, v.dtype, len(v), place + 8)
        place += 8 + v.nbytes
        assert counted == events, message
        tolerance = 1e-11 if v.dtype == np.float64 else 1e-3
        np.testing.assert_allclose(found, v, rtol=tolerance, atol=tolerance, err_msg=message)
    assert place == len(answer)


PRESENT = """
#include "present.h"
#include <cinttypes>
#include <cstdio>
#include <vector>

int main()
{
    using namespace presentations;
    for (uint64_t k = 1; k <= 3; k++)
        printf("%" PRIu64 " ", mix(1234567 + k * GAMMA));
    int64_t key, features, words;
    while (scanf("%" SCNd64 "%" SCNd64 "%" SCNd64, &key, &features, &words) == 3) {
        const int64_t first[2] = {0, words};
        std::vector<int32_t> indices(words), spikes(words * features + 1);
        std::vector<double> table(words * features);
        for (int64_t word = 0; word < words; word++)
            indices[word] = words - 1 - word;
        for (double& rate : table)
            scanf("%lf", &rate);
        const Schedule schedule = {1, nullptr, nullptr, &key, first, indices.data(), table.data()};
        for (int64_t step = 0; step < 50; step++) {
            const int64_t count = poisson(schedule, 0, step, features, spikes.data());
            for (int64_t s = 0; s < count; s++)
                printf("%d ", spikes[s]);
        }
    }
}
"""


def test_present_draws_the_spikes_of_the_numpy_kernel(tmp_path):
    driver = compile_driver(tmp_path, PRESENT)
    rng = np.random.default_rng(0)
    text, expected = "", [6457827717110365317, 3203168211198807973, 9817491932198370423]
    for seed in range(20):
        features, words = rng.integers(1, 20, 2)
        table = rng.random((words, features))
        stimulus = PoissonStimulus.of_words(table, [np.arange(words)[::-1]], 50)
        plan = schedule(stimulus, beginnings(stimulus, start=0, latency=1), seed=seed)
        rates = " ".join(rate.hex() for rate in table.ravel().tolist())
        text += f"{plan.keys[0]} {features} {words} {rates}\n"
        for step in range(50):
            expected += poisson(plan, 0, step, features).tolist()
    answer = subprocess.run([driver], input=text, capture_output=True, text=True, check=True)
    assert [int(number) for number in answer.stdout.split()] == expected
