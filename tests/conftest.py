"""Fixtures for tests that need files too large for the repository."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Return the folder of the real datasets, or skip the test."""
    return _folder("BIONLP_DATA_DIR", "the real datasets")


@pytest.fixture(scope="session")
def embeddings_dir() -> Path:
    """Return the folder of the real word vectors, or skip the test."""
    return _folder("BIONLP_EMBEDDINGS_DIR", "real word vectors")


def _folder(variable: str, content: str) -> Path:
    folder = os.environ.get(variable)
    if not folder:
        pytest.skip(f"needs {content}: set {variable} to their folder")
    return Path(folder)
