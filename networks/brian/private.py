"""The one place that uses what Brian 2 does not promise, each thing with its reason.

Templates. Brian 2 looks templates up in the ``templater`` of the code object class of a target. A
subclass whose templater searches our folder first, and Brian 2's own after it, is handed to our
objects alone (``CodeRunner.codeobj_class``): nothing changes for any other object of the process.

Runs. Brian 2 collects garbage, reacts to Ctrl-C, and continues clocks and monitors in ways that are
made for scripts; a library that runs network after network needs others.

Keys. Brian 2 remembers what it has made of a code by all variables that the code could use, and
asks of each of their attributes, over and over, what kind of thing it is.

Names. Brian 2 numbers a name that a living object of the process has, of whichever network.

Programs. The standalone device writes, compiles and runs in one step, and prints what it measures.
Each of its many files reads the same headers, which takes most of the time of a compilation, so
they are compiled as two.
"""

from __future__ import annotations

import logging
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import brian2
import numpy as np
from brian2.codegen.codeobject import CodeObject
from brian2.codegen.cpp_prefs import get_compiler_and_args
from brian2.codegen.runtime.cython_rt import CythonCodeObject
from brian2.codegen.runtime.numpy_rt import NumpyCodeObject
from brian2.core.names import Nameable, find_name
from brian2.core.tracking import InstanceTrackerSet
from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject
from brian2.devices.device import get_device
from brian2.groups.group import CodeRunner
from brian2.synapses.synapses import SynapticPathway

from networks.brian.backends import preferences

_FOLDERS = {
    NumpyCodeObject: "numpy",
    CythonCodeObject: "cython",
    CPPStandaloneCodeObject: "cpp_standalone",
}


@cache
def with_templates(target: type[CodeObject]) -> type[CodeObject]:
    """Return a target's code object class that knows our templates, too.

    Parameters
    ----------
    target : type
        Code object class of a target of Brian 2.

    Returns
    -------
    type
        A subclass of it.

    Raises
    ------
    NotImplementedError
        If there are no templates for this target.
    """
    if target not in _FOLDERS:
        raise NotImplementedError(
            f"shared weights run on the targets numpy, cython and cpp_standalone, not on "
            f"{target.__name__}; use brian2.Synapses there"
        )
    package = "networks.brian"
    templater = target.templater.derive(
        (package, package), templates_dir=(f"templates/{_FOLDERS[target]}", "templates/common")
    )
    return type(f"{target.__name__}WithTemplates", (target,), {"templater": templater})


class TemplateRunner(CodeRunner):
    """A code runner whose template is one of ours."""

    codeobj_class: type[CodeObject] | None

    def before_run(self, run_namespace: dict[str, Any]) -> None:
        """Generate the code, and see that it can run.

        Raises
        ------
        RuntimeError
            If Cython refuses the code. Brian 2 takes code that could not be compiled for code that
            has nothing to do, and the object would never run.
        """
        super().before_run(run_namespace)
        for codeobj in self.code_objects:
            if isinstance(codeobj, CythonCodeObject):
                _check_compiled(codeobj, self.name)

    def create_default_code_object(self, run_namespace: dict[str, Any]) -> CodeObject:
        """Choose the target now, since the device may have been set after the object was made."""
        # For this code alone: if the runner is a group, others generate code in its name, too.
        self.codeobj_class = with_templates(get_device().code_object_class())
        try:
            return super().create_default_code_object(run_namespace)
        finally:
            self.codeobj_class = None


def _check_compiled(codeobj: CythonCodeObject, name: str) -> None:
    for block, compiled in codeobj.compiled_code.items():
        code = getattr(codeobj.code, block, "").strip()
        if compiled is None and code and "EMPTY_CODE_BLOCK" not in code:
            raise RuntimeError(
                f"Cython cannot compile the block {block!r} of {codeobj.name}, so {name} would "
                f"never run:\n{cython_message(code)}"
            )


def cython_message(code: str) -> str:
    """Ask Cython again what it objects to: Brian 2 keeps neither the error nor what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "code.pyx")
        file.write_text(code, encoding="utf-8")
        answer = subprocess.run(
            [sys.executable, "-m", "cython", "--cplus", file.name],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    return (answer.stderr or answer.stdout).strip() or "no message; compiled alone, it is accepted"


class _NoCollector:
    """What Brian 2 takes for the garbage collector while a network of ours runs."""

    @staticmethod
    def collect() -> int:
        """Collect nothing."""
        return 0


_hashable = brian2.utils.caching._hashable
_PLAIN = frozenset({str, int, float, bool, type(None)})


def _quickly_hashable(thing: Any) -> Any:
    """Return what Brian 2's own function returns, without its questions for what is simple.

    They take a sixth of the time in which a small network is built.
    """
    kind = type(thing)
    if kind in _PLAIN:
        return thing
    if kind is tuple or kind is list:
        return tuple(map(_quickly_hashable, thing))
    if kind is dict:
        return frozenset(
            (_quickly_hashable(key), _quickly_hashable(value)) for key, value in thing.items()
        )
    return _hashable(thing)  # which comes back for what is in it


@contextmanager
def without_delay() -> Iterator[None]:
    """Let networks in the block be made and begin to run without what only takes time.

    Brian 2 calls for a collection of garbage so that objects of nobody are warned of. With PyTorch
    and xarray in memory it takes longer than all else that comes before the first step: it goes
    through each of their objects. Python's own collections come as ever. And keys of what Brian 2
    remembers are made as :func:`_quickly_hashable` does.
    """
    caching, running = brian2.utils.caching, brian2.core.network
    before = caching._hashable, running.gc
    caching._hashable, running.gc = _quickly_hashable, _NoCollector
    try:
        yield
    finally:
        caching._hashable, running.gc = before


STOP = "core.stop_on_keyboard_interrupt"
NEVER = -1e4
"""When a neuron that has not spiked did so last, in seconds, as Brian 2 has it."""


@contextmanager
def usual_interrupts() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt at once.

    Brian 2 would end the run, or its compiled program, as if it were over; 2.5 does not yet.
    """
    try:
        with preferences({STOP: False} if STOP in brian2.prefs else {}):
            yield
    except KeyboardInterrupt:
        # Brian 2 would take the run for one that still goes on, and swallow the next Ctrl-C.
        brian2.Network._globally_running = False
        raise


def _let_ignore() -> None:
    """Ignore Ctrl-C where the process was started so, as scripts do in the background.

    Brian 2's handler would call that of before, which is none then.
    """
    handler = signal.getsignal(signal.SIGINT)
    before = getattr(handler, "previous_handler", None)
    in_main_thread = threading.current_thread() is threading.main_thread()
    if before in (signal.SIG_IGN, signal.SIG_DFL) and in_main_thread:
        signal.signal(signal.SIGINT, before)


_let_ignore()


@contextmanager
def quiet_about_values(names: Collection[str]) -> Iterator[None]:
    """Have Brian 2 not warn of large values in some groups, which are looked at otherwise."""
    logger = logging.getLogger("brian2.groups.group.invalid_values")
    starts = tuple(f"{name}'s variable" for name in names)

    def of_others(record: logging.LogRecord) -> bool:
        return not record.getMessage().startswith(starts)

    logger.addFilter(of_others)
    try:
        yield
    finally:
        logger.removeFilter(of_others)


def is_free(name: str) -> bool:
    """Tell whether no living object of Brian 2 has a name."""
    return bool(find_name(f"{name}*") == name)


class NamesApart:
    """Names that depend on the objects of one network alone, whatever else lives in the process.

    Compiled code is made of names, and kept code is only taken again if it has the same ones.
    """

    def __init__(self) -> None:
        self._own = InstanceTrackerSet()

    @contextmanager
    def choosing(self) -> Iterator[None]:
        """Have names in the block be numbered as if only objects of such blocks existed."""
        sets = Nameable.__instancefollower__.instance_sets
        of_all = sets[Nameable]
        sets[Nameable] = self._own
        try:
            yield
        finally:
            sets[Nameable] = of_all
            for named in self._living():
                of_all.add(named)

    def give_up(self) -> None:
        """Let objects of a network that never ran go without a word.

        Brian 2 warns of each one, after the error that was the reason.
        """
        for named in self._living():
            if isinstance(named, brian2.BrianObject) and named._network is None:
                named._network = "given up"

    def _living(self) -> list[Nameable]:
        return [named for reference in list(self._own) if (named := reference()) is not None]


def rewind(network: brian2.Network) -> None:
    """Let a network begin at time 0 again, with monitors that have seen nothing.

    A program of the standalone device does both whenever it is run. ``Network.restore`` would also
    undo what the user has changed between two runs, and monitors cannot be emptied by any public
    means. Groups that nobody clears keep their state, but for what is of a time: when neurons and
    synapses were last active, and spikes in flight.

    Parameters
    ----------
    network : brian2.Network
        One that has run in this process.
    """
    network.t_ = 0.0
    for held in network.objects:
        for part in (held, *held.contained_objects):
            _rewind(part)


def _rewind(part: brian2.BrianObject) -> None:
    if isinstance(part, brian2.EventMonitor):
        part.variables["count"].set_value(np.zeros(len(part.source), dtype=np.int32))
    if isinstance(part, brian2.EventMonitor | brian2.PopulationRateMonitor):
        part.variables["N"].set_value(0)
    if isinstance(part, brian2.EventMonitor | brian2.PopulationRateMonitor | brian2.StateMonitor):
        part.resize(0)
    if isinstance(part, brian2.SpikeGeneratorGroup):
        part._spikes_changed = True  # it looks for its place in them again
    if isinstance(part, SynapticPathway):
        part.queue._restore_from_full_state(None)
    if isinstance(part, brian2.NeuronGroup) and "lastspike" in part.variables:
        part.variables["lastspike"].set_value(NEVER)
    if isinstance(part, brian2.Synapses) and "lastupdate" in part.variables:
        part.variables["lastupdate"].set_value(0.0)


def forget_sizes(network: brian2.Network) -> None:
    """Let monitors of a compiled program be read after another run, of another duration.

    Brian 2 finds out how much a StateMonitor has recorded when it is first read, and keeps to it.
    """
    for monitor in network.objects:
        if isinstance(monitor, brian2.StateMonitor):
            for variable in monitor.recorded_variables.values():
                variable.size = (0, monitor.n_indices)


UNITED = "united.cpp"
"""All code objects of a program, one after the other."""
FRAME = "frame.cpp"
"""All that a program is besides, of :data:`_FRAME`."""
_FRAME = ("objects", "synapses_classes", "network", "run", "main")
_INCLUDED = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<].+[">])', re.MULTILINE)
_DECLARED = re.compile(r"^void (\w+)\(\);", re.MULTILINE)


def compile_program(folder: Path) -> None:
    """Compile what the standalone device has written to a folder.

    ``Device.build`` writes, compiles and runs in one; a program that is kept is compiled apart.
    """
    compiler, _ = get_compiler_and_args()
    if compiler != "msvc":
        _unite(folder)
    brian2.device.compile_source(str(folder), compiler, False, False)


def _unite(folder: Path) -> None:
    """Have a program compiled as two files, and nothing read again to find out what is old.

    One has the code objects, each in a namespace of its own, since all of them name their helpers
    alike. What they include comes before, outside of it; their functions are called by the names
    that they had.
    """
    sources = sorted((folder / "code_objects").glob("*.cpp"))
    included: dict[str, None] = {}
    parts = []
    for number, source in enumerate(sources):
        own, namespace = source.with_suffix(".h"), f"code_object_{number}"
        included |= dict.fromkeys(_INCLUDED.findall(source.read_text(encoding="utf-8")))
        included.pop(f'"code_objects/{own.name}"', None)
        parts.append(f'namespace {namespace} {{\n#include "code_objects/{source.name}"\n}}\n')
        parts += [
            f"void {name}() {{ {namespace}::{name}(); }}\n"
            for name in _DECLARED.findall(own.read_text(encoding="utf-8"))
        ]
    above = "".join(f"#include {name}\n" for name in included)
    (folder / UNITED).write_text(above + "".join(parts), encoding="utf-8")
    frame = "".join(f'#include "{name}.cpp"\n' for name in _FRAME)
    (folder / FRAME).write_text(frame, encoding="utf-8")
    makefile = folder / "makefile"
    old = rf"code_objects/\S+\.cpp|\b(?:{'|'.join(_FRAME)})\.cpp"
    rules = re.sub(old, "", makefile.read_text(encoding="utf-8"))
    rules = re.sub(r"^SRCS =", f"SRCS = {UNITED} {FRAME}", rules, flags=re.MULTILINE)
    makefile.write_text(rules, encoding="utf-8")
    (folder / "make.deps").touch()  # nothing has been compiled, so nothing can be out of date


def program_seconds() -> float:
    """Return how long the last program was in its loop over the steps; Brian 2 only prints it."""
    return float(brian2.device._last_run_time)
