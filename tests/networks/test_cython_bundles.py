"""Pieces of Cython code become one module when the first of them is run."""

import copy
import shutil
import weakref

import brian2
import pytest
from brian2.codegen.runtime.cython_rt import CythonCodeObject
from brian2.codegen.runtime.cython_rt.extension_manager import (
    cython_extension_manager,
    get_cython_extensions,
)

from networks.brian.backends import codegen_target, preferences
from networks.brian.cython_bundles import EMPTY, HEAD, Bundle, can_be_joined, joined

needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
PREAMBLE = "#cython: language_level=3\nimport numpy\n\n# support code\n"


def piece_of(body, own=""):
    return f"{PREAMBLE}{own}\n{HEAD}\n    {body}\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder of modules, as a new process finds it."""
    monkeypatch.setattr(cython_extension_manager, "_code_cache", {})
    with preferences({"codegen.runtime.cython.cache_dir": str(tmp_path / "modules")}):
        yield tmp_path / "modules"


@pytest.fixture
def bundle(folder):
    folder.mkdir()
    return Bundle(CythonCodeObject.compile_block)


def leaking():
    """Return a group that has run."""
    with codegen_target("cython"):
        group = brian2.NeuronGroup(2, "dv/dt = -v / (5*ms) : 1", method="exact", name="leaking*")
        brian2.Network(group).run(0.1 * brian2.ms, namespace={})
    return group


@pytest.fixture(scope="module")
def codeobj():
    """A code object of Brian 2."""
    group = leaking()
    yield group.state_updater.codeobj
    del group


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (piece_of("return 1"), True),
        (piece_of("return 1", "# a comment\n"), True),
        (piece_of("return 1", "cdef int kept = 0\n"), False),
        (piece_of("global kept\n    kept = 1"), False),
        (piece_of("return 1\ncdef int kept = 0"), False),
        (piece_of(f"# {EMPTY}"), False),
        (HEAD + "\n    return 1\n", False),
        (PREAMBLE, False),
    ],
)
def test_only_what_keeps_nothing_of_its_own_is_joined(code, expected):
    assert can_be_joined(code) == expected


def test_the_preamble_is_there_once_and_each_piece_has_its_name():
    source = joined({"a": piece_of("return 1"), "b": piece_of("return 2")})
    assert source.count("import numpy") == 1
    assert HEAD not in source
    before, first, second = source.split("def ")
    assert before == PREAMBLE.rstrip() + "\n\n"
    assert first.split() == ["piece_a(_namespace):", "return", "1"]
    assert second.split() == ["piece_b(_namespace):", "return", "2"]


@needs_compiler
def test_what_waits_is_compiled_together_and_found_in_other_company(folder, bundle, codeobj):
    codes = [piece_of(f"return _namespace['x'] + {number}") for number in range(3)]
    parts = [bundle.add(codeobj, "run", code) for code in (*codes, codes[0])]
    assert not list(folder.iterdir())
    assert [part.main({"x": 10}) for part in parts] == [10, 11, 12, 10]
    (module,) = folder.glob("*.so")
    assert [part.main({"x": 20}) for part in parts] == [20, 21, 22, 20]
    later = Bundle(CythonCodeObject.compile_block)
    known, new = (later.add(codeobj, "run", code) for code in (codes[2], piece_of("return 7")))
    assert known.main({"x": 1}) == 3
    assert list(folder.glob("*.so")) == [module]
    assert new.main({}) == 7
    assert len(list(folder.glob("*.so"))) == 2


@needs_compiler
@pytest.mark.parametrize("harm", [b"", b"\xff", b"def piece_of_others(_namespace): pass"])
def test_a_damaged_source_is_compiled_again(folder, bundle, codeobj, harm):
    code = piece_of("return 5")
    assert bundle.add(codeobj, "run", code).main({}) == 5
    for file in folder.glob("piece_*.pyx"):
        file.write_bytes(harm)
    assert Bundle(CythonCodeObject.compile_block).add(codeobj, "run", code).main({}) == 5
    assert all(b"return 5" in file.read_bytes() for file in folder.glob("piece_*.pyx"))


@needs_compiler
def test_brian_knows_the_files_as_its_own_and_so_would_remove_them(bundle, codeobj, folder):
    assert bundle.add(codeobj, "run", piece_of("return 5")).main({}) == 5
    suffixes = {file.suffix for file in folder.rglob("*") if file.is_file()}
    assert ".pyx" in suffixes <= get_cython_extensions()


@needs_compiler
def test_code_that_cython_refuses_names_its_owners(bundle, codeobj, capfd):
    bundle.add(codeobj, "run", piece_of("return 5"))
    part = bundle.add(codeobj, "run", piece_of("return ] 5"))
    for _ in range(2):
        with pytest.raises(RuntimeError, match=r"compile code of leaking:[\s\S]*return \] 5"):
            part.main({})


@needs_compiler
def test_what_nobody_can_run_any_more_is_not_compiled(bundle, codeobj, folder):
    orphan = copy.copy(codeobj)
    orphan.owner = weakref.proxy(brian2.Clock(1 * brian2.ms))  # which is gone now
    bundle.add(orphan, "run", piece_of("return 6"))
    bundle.compile()
    assert not list(folder.glob("*.so"))


def test_code_of_our_templates_is_not_joined(bundle, codeobj):
    class OfOurs(CythonCodeObject):
        pass

    codeobj.__class__ = OfOurs
    try:
        assert bundle.add(codeobj, "run", piece_of("return 5")) is None
    finally:
        codeobj.__class__ = CythonCodeObject
