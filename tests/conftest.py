"""Fixtures for all tests: files too large for the repository, and a terminal's Ctrl-C."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import brian2
import pytest


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


def _folder(variable: str, content: str) -> Path:
    folder = os.environ.get(variable)
    if not folder:
        pytest.skip(f"needs {content}: set {variable} to their folder")
    return Path(folder)
