"""Fixtures for all tests: files too large for the repository, quick compilers, Ctrl-C."""

import os

# Tests run beside each other, one a core. Threads that share a core spin while they wait for each
# other: with two a process, small trainings took seven times as long. NumPy and PyTorch come later.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import gc
import logging
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import brian2
import pytest

from networks.brian.backends import preferences

# Brian 2 tells of each object that it makes, for a file in the temporary folder that nobody reads.
logging.getLogger("brian2").setLevel(logging.INFO)

QUICK = {"codegen.cpp.extra_compile_args_gcc": ["-w", "-O0", "-g0", "-std=c++11"]}
"""Preferences of Brian 2 with which C++ is compiled in little time."""


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Return the folder of the real datasets, or skip the test."""
    return _folder("BIONLP_DATA_DIR", "the real datasets")


@pytest.fixture(scope="session")
def embeddings_dir() -> Path:
    """Return the folder of the real word vectors, or skip the test."""
    return _folder("BIONLP_EMBEDDINGS_DIR", "real word vectors")


@pytest.fixture(scope="session")
def nir_dir() -> Path:
    """Return the folder of NIR files of other libraries, or skip the test."""
    return _folder("BIONLP_NIR_DIR", "NIR files of other libraries")


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Have Ctrl-C do what it does in a terminal; programs in the background may ignore it."""
    handler = signal.default_int_handler
    if hasattr(brian2, "_InterruptHandler"):
        handler = brian2._InterruptHandler(handler)
    before = signal.signal(signal.SIGINT, handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def cython_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for what Cython has compiled in this session, for all its processes."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own) / "cython"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(autouse=True, scope="module")
def spared_garbage_collector() -> None:
    """Keep what is alive now from the garbage collector, for good.

    It would go through all tests and all of PyTorch whenever a network takes the place of another.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def quick_compiler(request: pytest.FixtureRequest, cython_cache: Path) -> Iterator[None]:
    """Have C++ compiled in little time, and only where a test asks for it.

    What Cython makes of it is kept apart from other code. Tests marked ``optimised`` have Brian 2's
    own flags, which reorder arithmetic.
    """
    if request.node.get_closest_marker("optimised"):
        yield
        return
    options = QUICK | {
        "codegen.target": "numpy",
        "codegen.runtime.cython.cache_dir": str(cython_cache),
        "devices.cpp_standalone.extra_make_args_unix": ["-j2"],
    }
    with preferences(options):
        yield


@pytest.fixture(scope="session")
def write_quick_preferences() -> Callable[[Path], None]:
    """Return a function that lets commands which are started in a folder compile as quickly."""

    def write(folder: Path) -> None:
        lines = [f"{name} = {value!r}\n" for name, value in QUICK.items()]
        (folder / "brian_preferences").write_text("".join(lines), encoding="utf-8")

    return write


def _folder(variable: str, content: str) -> Path:
    folder = os.environ.get(variable)
    if not folder:
        pytest.skip(f"needs {content}: set {variable} to their folder")
    return Path(folder)
