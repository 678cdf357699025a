"""The C++ headers of the compiled targets against the NumPy kernels."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from brian2.codegen.cpp_prefs import get_compiler_and_args

import networks.brian.private
from networks.brian.numpy_kernels import convolve, due, keep, poisson, pool
from networks.brian.schedule import beginnings, schedule
from networks.brian.shared_weights.geometry import Geometry
from networks.brian.stimulus import PoissonStimulus

HEADERS = Path(networks.brian.private.__file__).parent / "templates/common"


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
    const std::vector<int64_t> geometry = read<int64_t>(16);
    const std::vector<int32_t> spikes = read<int32_t>(n[0]);
    const std::vector<T> w = read<T>(n[1]);
    std::vector<T> v = read<T>(n[2]);
    const std::vector<char> receives = read<char>(n[3]);
    const int64_t events = (n[4] ? shared_weights::convolve<T> : shared_weights::pool<T>)(
        spikes.data(), n[0], geometry.data(), w.data(), v.data(), n[3] ? receives.data() : nullptr);
    fwrite(&events, sizeof(events), 1, stdout);
    fwrite(v.data(), sizeof(T), v.size(), stdout);
}

int main()
{
    for (int64_t cases = read<int64_t>(1)[0]; cases > 0; cases--) {
        const std::vector<int64_t> n = read<int64_t>(6);
        n[5] == 8 ? run<double>(n) : run<float>(n);
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


def random_geometry(rng, one_row, pooling):
    """Of a kernel in one or two dimensions; windows of pooling lie within the source."""
    groups = rng.integers(1, 4) if rng.random() < 0.5 else 1
    features, maps = rng.integers(1, 100), rng.choice([rng.integers(1, 41), rng.integers(41, 200)])
    positions, width, stride, windows = rng.integers(1, [[7], [5], [4], [7]], (4, 2))
    padding, dilation = rng.integers([[0], [1]], [[4], [3]], (2, 2))
    if pooling:
        groups, features, padding[:], dilation[:] = 1, maps, 0, 1
        width = np.minimum(width, positions)
        windows = (positions - width) // stride + 1
    if one_row:
        for numbers in positions, width, stride, windows, dilation:
            numbers[0] = 1
        padding[0] = 0
    numbers = rng.integers(9), *positions, features * groups, *width, maps * groups, groups
    return Geometry(*map(int, (*numbers, *stride, *padding, *dilation, *windows)))


def random_case(rng, function, dtype):
    g = random_geometry(rng, one_row=rng.random() < 0.5, pooling=function is pool)
    sources = g.rows * g.columns * g.features
    spikes = np.flatnonzero(
        rng.random(g.source_start + sources + rng.integers(9)) < rng.choice([0, 0.05, 0.5, 1])
    )
    if rng.random() < 0.5:
        rng.shuffle(spikes)
    weights = g.height * g.width * g.features // g.groups * g.maps if function is convolve else 1
    targets = g.window_rows * g.window_columns * g.maps
    return (
        function,
        g,
        spikes.astype(np.int32),
        rng.normal(size=weights).astype(dtype),
        rng.normal(size=targets).astype(dtype),
        rng.random(targets) < 0.7 if rng.random() < 0.3 else None,
    )


def by_definition(function, g, spikes, w, v, receives):
    """What a window is, spike by spike; return the number of events."""
    events, w = 0, w.reshape(-1, g.maps) if function is convolve else w
    features, maps = g.features // g.groups, g.maps // g.groups
    added = np.zeros((g.window_rows, g.window_columns, g.maps))
    fired = np.zeros(g.source_start + g.rows * g.columns * g.features, dtype=bool)
    fired[spikes[spikes < len(fired)]] = True
    fired = fired[g.source_start :].reshape(g.rows, g.columns, g.groups, features)
    for p, q, i, j in np.ndindex(g.window_rows, g.window_columns, g.height, g.width):
        row = p * g.row_stride - g.row_padding + i * g.row_dilation
        column = q * g.column_stride - g.column_padding + j * g.column_dilation
        if not (0 <= row < g.rows and 0 <= column < g.columns):
            continue
        for group, feature in zip(*np.nonzero(fired[row, column]), strict=True):
            if function is pool:
                added[p, q, feature] += w[0]
                events += 1
            else:
                part = slice(group * maps, (group + 1) * maps)
                added[p, q, part] += w[(i * g.width + j) * features + feature, part]
                events += maps
    v += (added.ravel() if receives is None else np.where(receives, added.ravel(), 0)).astype(
        v.dtype
    )
    return events


def test_convolve_and_pool_add_the_same_as_the_numpy_kernels(tmp_path):
    driver = compile_driver(tmp_path, CONVOLVE)
    rng = np.random.default_rng(0)
    cases = [
        random_case(rng, function, dtype)
        for function in (convolve, pool)
        for dtype in (np.float64, np.float32)
        for _ in range(150)
    ]
    blocks = [np.int64(len(cases)).tobytes()]
    for function, geometry, spikes, w, v, receives in cases:
        masked = 0 if receives is None else len(receives)
        sizes = len(spikes), len(w), len(v), masked, function is convolve, v.itemsize
        blocks += [np.array([*sizes, *geometry], dtype=np.int64), spikes, w, v]
        blocks += [] if receives is None else [receives]
    answer = subprocess.run(
        [driver], input=b"".join(map(bytes, blocks)), capture_output=True, check=True
    ).stdout
    place = 0
    for number, (function, geometry, spikes, w, v, receives) in enumerate(cases):
        before = v.copy()
        events = function(spikes, np.array(geometry), w, v, receives)
        message = f"{function.__name__}, {geometry}, {len(spikes)} spikes, {v.dtype}"
        tolerance = 1e-11 if v.dtype == np.float64 else 1e-3
        if number % 10 == 0:  # the definition is slow
            assert by_definition(function, geometry, spikes, w, before, receives) == events, message
            np.testing.assert_allclose(before, v, rtol=tolerance, atol=tolerance, err_msg=message)
        (counted,) = np.frombuffer(answer, np.int64, 1, place)
        found = np.frombuffer(answer, v.dtype, len(v), place + 8)
        place += 8 + v.nbytes
        assert counted == events, message
        np.testing.assert_allclose(found, v, rtol=tolerance, atol=tolerance, err_msg=message)
    assert place == len(answer)


PENDING = """
#include "pending.h"
#include <cstdio>
#include <vector>

int main()
{
    long long sources, delay, steps, start, count, spike;
    while (scanf("%lld%lld%lld%lld", &sources, &delay, &start, &steps) == 4) {
        std::vector<int32_t> pending((sources + 1) * (delay + 1));
        std::vector<int64_t> of(delay + 1);
        for (int64_t now = 0; now < steps; now++) {
            std::vector<int32_t> spikes;
            for (scanf("%lld", &count); count > 0 && scanf("%lld", &spike) == 1; count--)
                spikes.push_back(spike);
            shared_weights::keep(
                spikes.data(), spikes.size(), start, start + sources, delay, now, pending.data(),
                of.data());
            const int32_t* row =
                shared_weights::due(pending.data(), of.data(), sources, delay, now);
            for (int32_t s = 0; s <= row[0]; s++)
                printf("%d ", row[s]);
        }
    }
}
"""


def test_spikes_are_kept_until_they_are_due(tmp_path):
    driver = compile_driver(tmp_path, PENDING)
    rng = np.random.default_rng(0)
    text, expected = "", []
    for _ in range(30):
        sources, delay, steps, start = map(int, rng.integers(1, 8, 4))
        text += f"{sources} {delay} {start} {steps}\n"
        pending, of = np.zeros((sources + 1) * (delay + 1), np.int32), np.zeros(delay + 1, np.int64)
        sent = []
        for now in range(steps):
            spikes = rng.permutation(start + sources + 2)[: rng.integers(5)].astype(np.int32)
            text += f"{len(spikes)} {' '.join(map(str, spikes))}\n"
            sent.append([spike for spike in spikes if start <= spike < start + sources])
            keep(spikes, start, start + sources, delay, now, pending, of)
            found = due(pending, of, delay, now).tolist()
            assert found == (sent[now - delay] if now >= delay else [])
            expected += [len(found), *found]
    answer = subprocess.run([driver], input=text, capture_output=True, text=True, check=True)
    assert [int(number) for number in answer.stdout.split()] == expected


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
        plan = schedule(stimulus, beginnings(stimulus, pause=1), seed=seed)
        rates = " ".join(rate.hex() for rate in table.ravel().tolist())
        text += f"{plan.keys[0]} {features} {words} {rates}\n"
        for step in range(50):
            expected += poisson(plan, 0, step, features).tolist()
    answer = subprocess.run([driver], input=text, capture_output=True, text=True, check=True)
    assert [int(number) for number in answer.stdout.split()] == expected
