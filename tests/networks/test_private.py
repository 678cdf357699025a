"""What Brian 2 is taught, and that it forgets nothing else over it."""

import os
import re
import shutil

import brian2
import numpy as np
import pytest
from brian2 import ms
from brian2.codegen.runtime.cython_rt import CythonCodeObject
from brian2.codegen.runtime.numpy_rt import NumpyCodeObject
from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject
from brian2.devices.device import reset_device
from jinja2 import DictLoader

from networks.brian.private import (
    FRAME,
    UNITED,
    TemplateRunner,
    compile_program,
    with_templates,
    without_delay,
)
from networks.brian.program import PROGRAM
from networks.brian.shared_weights import ConvolutionalSynapses

CLASSES = NumpyCodeObject, CythonCodeObject, CPPStandaloneCodeObject


@pytest.fixture(autouse=True)
def numpy_target():
    before = brian2.prefs.codegen.target
    brian2.prefs.codegen.target = "numpy"
    yield
    brian2.prefs.codegen.target = before


def test_other_targets_have_no_templates():
    class GeNNCodeObject(NumpyCodeObject):
        pass

    with pytest.raises(NotImplementedError, match="not on GeNNCodeObject; use brian2.Synapses"):
        with_templates(GeNNCodeObject)


def test_keys_of_what_is_remembered_are_those_of_brian():
    group = brian2.NeuronGroup(
        2, "dv/dt = -v / tau : 1", method="exact", namespace={"tau": 10 * ms}
    )
    brian2.Network(group).run(0 * ms)
    things = (
        *("v", 3, 0.5, True, None, 10 * ms, np.float32, ("v", [1, {"a": (2, "b")}])),
        *({"v": group.variables["v"], "of": {"t", "dt"}}, group.equations, group.variables),
    )
    brians = brian2.utils.caching._hashable
    expected = [brians(thing) for thing in things]
    with without_delay():
        assert brian2.utils.caching._hashable is not brians
        keys = [brian2.utils.caching._hashable(thing) for thing in things]
        with pytest.raises(TypeError, match="type"):
            brian2.utils.caching._hashable(np.zeros(3))
    assert keys == expected
    assert [*map(hash, keys)] == [*map(hash, expected)]
    assert brian2.utils.caching._hashable is brians


# --- nothing leaks ---


def run_stock():
    source = brian2.SpikeGeneratorGroup(6, [0, 3, 5], [0, 0.1, 0.2] * ms)
    target = brian2.NeuronGroup(3, "dv/dt = -v / (10*ms) : 1", method="exact")
    synapses = brian2.Synapses(source, target, "w : 1", on_pre="v += w")
    synapses.connect()
    synapses.w = "0.1 * i + j"
    monitor = brian2.StateMonitor(target, "v", record=True)
    brian2.Network(source, target, synapses, monitor).run(1 * ms)
    return np.array(monitor.v)


def test_other_simulations_of_the_process_stay_as_they_were():
    before = run_stock()
    templaters = [target.templater for target in CLASSES]
    preferences = brian2.prefs.as_file
    source = brian2.SpikeGeneratorGroup(6, [0, 3, 5], [0, 0.1, 0.2] * ms)
    target = brian2.NeuronGroup(2, "v : 1")
    synapses = ConvolutionalSynapses(source, target, np.ones((1, 2, 2)), stride=2, delay=0.1 * ms)
    network = brian2.Network(source, target, synapses)
    for _ in range(2):
        network.run(1 * ms)
        np.testing.assert_array_equal(run_stock(), before)
    assert target.v[:].tolist() == [2, 1]
    assert brian2.prefs.as_file == preferences
    for target, templater in zip(CLASSES, templaters, strict=True):
        with_templates(target)
        assert target.templater is templater
        for name in ("shared_weights", "pending", "presentations"):
            with pytest.raises((AttributeError, KeyError)):  # the first from Brian 2 2.10 on
                getattr(target.templater, name)
            assert getattr(with_templates(target).templater, name)


def test_other_code_of_the_object_is_generated_as_ever():
    source = brian2.SpikeGeneratorGroup(2, [0], [0] * ms)
    target = brian2.NeuronGroup(1, "v : 1")
    synapses = ConvolutionalSynapses(source, target, [[[1, 2]]])

    @brian2.check_units(x=1, result=1)
    def double(x):  # a function that only the target numpy itself can take over
        return 2 * x

    network = brian2.Network(source, target, synapses)
    network.run(0.1 * ms)
    network.add(synapses.run_regularly("w = double(w)"))
    network.run(0.1 * ms)
    assert synapses.w[:].tolist() == [2, 4]
    assert synapses.codeobj_class is None


# --- code that cannot be compiled ---

BROKEN = """
{% extends 'common_group.pyx' %}
{% block maincode %}
    cdef no_such_type nothing = 0
{% endblock %}
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
def test_a_template_that_does_not_compile_ends_the_run(monkeypatch):
    templater = with_templates(CythonCodeObject).templater
    loaders = [DictLoader({"broken.pyx": BROKEN}), *templater.env.loader.loaders]
    monkeypatch.setattr(templater.env.loader, "loaders", loaders)
    monkeypatch.setattr(templater.templates, "_templates", {})
    brian2.prefs.codegen.target = "cython"
    group = brian2.NeuronGroup(1, "v : 1")
    runner = TemplateRunner(group, "broken", name="sum_of_nothing", when="end")
    with pytest.raises(brian2.BrianObjectException) as caught:
        brian2.Network(group, runner).run(0.1 * ms)
    error = caught.value.__cause__
    assert isinstance(error, RuntimeError)
    for part in "sum_of_nothing would never run", "'run'", "no_such_type", "code.pyx:":
        assert part in str(error)


# --- programs ---

COMPILER = """#!/bin/sh
echo "$@" >> "$(dirname "$0")/compiled"
exec g++ "$@"
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="a script takes the place of the compiler")
@pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
def test_a_program_is_compiled_as_two_files(tmp_path, monkeypatch):
    compiler, folder = tmp_path / "compiler", tmp_path / "program"
    compiler.write_text(COMPILER)
    compiler.chmod(0o755)
    (tmp_path / "by.h").write_text("static double by(double x) { return 7 * x; }")
    monkeypatch.setenv("CXX", str(compiler))

    @brian2.implementation(
        *("cpp", "double grown(double x) { return by(x); }"),
        **{"headers": ['"by.h"'], "include_dirs": [str(tmp_path)]},
    )
    @brian2.check_units(x=1, result=1)
    def grown(x):
        raise NotImplementedError

    brian2.set_device("cpp_standalone", build_on_run=False)
    try:
        namespace = {"grown": grown}
        groups = [
            brian2.NeuronGroup(2, "v : 1", name=name, namespace=namespace) for name in ("a", "b")
        ]
        for start, group in enumerate(groups, start=1):
            group.v = start
            group.run_regularly("v = grown(v) % 4")
        brian2.Network(groups).run(0.2 * ms, namespace={})
        brian2.device.build(directory=str(folder), compile=False, run=False)
        compile_program(folder)
        brian2.device.run(directory=str(folder), with_output=False, run_args=[])
        assert [group.v[:].tolist() for group in groups] == [[1, 1], [2, 2]]
    finally:
        brian2.device.reinit()
        reset_device()
    assert (folder / PROGRAM).exists()
    assert len(list((folder / "code_objects").glob("*.cpp"))) > 1
    compiled = re.findall(r" (\w+\.cpp)", (tmp_path / "compiled").read_text())
    assert sorted(compiled) == [FRAME, UNITED]
