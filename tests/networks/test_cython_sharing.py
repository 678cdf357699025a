"""Pieces of Cython code that differ in names alone are compiled once."""

import shutil
from pathlib import Path

import brian2
import numpy as np
import pytest
from brian2.codegen.runtime.cython_rt import CythonCodeObject
from brian2.codegen.runtime.cython_rt.extension_manager import cython_extension_manager
from hypothesis import given
from hypothesis import strategies as st

from networks.brian import BrianNetwork, Recorder, SpikeStimulus
from networks.brian.cython_sharing import numbered, shared_pieces
from networks.description import Connection, Network, Population
from networks.neurons import LIF, Input
from networks.transforms import Dense

needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
NAMES = st.lists(
    st.from_regex(r"_(dynamic_)?array_[a-c]{1,2}(_[a-c]{1,2})?", fullmatch=True),
    unique=True,
    max_size=5,
)


@given(
    names=NAMES,
    words=st.lists(st.tuples(st.sampled_from(["", "_ptr", "_num"]), st.integers(0, 4))),
)
def test_numbers_stand_for_names_and_can_be_put_back(names, words):
    used = [(prefix, names[place]) for prefix, place in words if place < len(names)]
    code = "; ".join([*map("".join, used), "_array_of_others", "v"])
    found, meant = numbered(code, names)
    assert set(meant.values()) == {name for _, name in used}
    back = [
        next((w[: -len(n)] + name for n, name in meant.items() if w.endswith(n)), w)
        for w in found.split("; ")
    ]
    assert "; ".join(back) == code


def test_code_that_differs_in_names_becomes_the_same():
    code = "cdef double* _ptr_array_conv3_v = _array_conv3_v; _array_conv3_v_th[0] = 1"
    arrays = ["_array_conv3_v", "_array_conv3_v_th"]
    found, meant = numbered(code, arrays)
    assert found == "cdef double* _ptr_array_0 = _array_0; _array_1[0] = 1"
    assert meant == {"_array_0": "_array_conv3_v", "_array_1": "_array_conv3_v_th"}
    other = [name.replace("conv3", "pool") for name in arrays]
    assert numbered(code.replace("conv3", "pool"), other)[0] == found
    assert numbered(code, []) == (code, {})


def chain(names, size=3):
    """Return a network of populations one behind the other, with weights of their own."""
    rng = np.random.default_rng(len(names[0]))
    populations = [Population(name, (size,), LIF(decay=0.9)) for name in names]
    connections = [
        Connection((source,), target, Dense(rng.normal(0.6, 0.4, (size, size))))
        for source, target in zip(("input", *names), names, strict=False)
    ]
    return Network((Population("input", (size, 1), Input()), *populations), tuple(connections))


@needs_compiler
def test_populations_and_networks_of_other_names_share_what_is_compiled(tmp_path, monkeypatch):
    monkeypatch.setitem(brian2.prefs, "codegen.runtime.cython.cache_dir", str(tmp_path))
    # Other tests of this process may have needed the same pieces.
    monkeypatch.setattr(cython_extension_manager, "_code_cache", {})
    spikes = np.random.default_rng(0).random((25, 3, 1)) < 0.6
    compiled = []
    for names in (("first", "second"), ("one", "two"), ("zebra", "ant")):
        network, found = chain(names), {}
        for backend in ("numpy", "cython"):
            with BrianNetwork(network, SpikeStimulus([spikes]), backend=backend) as brian:
                recorder = Recorder(brian, membranes={name: range(3) for name in names})
                brian.run(seed=0)
                found[backend] = recorder.activity(0)
        for name in names:
            one, other = (found[backend][name] for backend in ("numpy", "cython"))
            assert one.spikes.any()
            np.testing.assert_array_equal(one.spikes, other.spikes)
            np.testing.assert_allclose(one.membrane, other.membrane, rtol=1e-12)
        compiled.append({path.name for path in Path(tmp_path).glob("*.so")})
    assert compiled[0] == compiled[1] == compiled[2]
    # All pieces that the run needs are in one of the modules; the others are needed before it, or
    # have code of their own.
    assert 2 <= len(compiled[0]) <= 4


def test_brian_is_as_it_was_afterwards():
    before = CythonCodeObject.compile_block
    with shared_pieces():
        ours = CythonCodeObject.compile_block
        with shared_pieces():
            assert CythonCodeObject.compile_block is ours is not before
    assert CythonCodeObject.compile_block is before
