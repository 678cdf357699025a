"""A wheel holds the three packages with all that they read, and nothing else."""

import re
import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from bionlp.checkpoint import bundled_models

ROOT = Path(__file__).parents[1]
PACKAGES = ("analysis", "bionlp", "networks")
DEVELOPMENT = {"playwright", "axe-playwright-python", "pre-commit", "pytest", "ruff", "mypy"}
BUILD = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Copy what is packed, and what must not be, to where a build may leave its traces."""
    folder = tmp_path_factory.mktemp("source")
    ignore = shutil.ignore_patterns("__pycache__")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    for stray in ("tests/test_stray.py", "bionlp/__pycache__/stray.pyc", "examples/stray.py"):
        (folder / stray).parent.mkdir(exist_ok=True)
        (folder / stray).write_bytes(b"")
    return folder


@pytest.fixture(scope="module")
def wheel(source, tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-c", BUILD, folder], cwd=source, check=True, capture_output=True
    )
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as opened:
        yield opened


def test_it_holds_each_file_of_the_packages_and_no_other(source, wheel):
    expected = {
        path.relative_to(source).as_posix()
        for name in PACKAGES
        for path in (source / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    found = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert found == expected
    needed = {f"{name}/py.typed" for name in PACKAGES}
    needed |= {f"bionlp/models/{name}/model.safetensors" for name in bundled_models()}
    needed |= {"networks/brian/shelf/adex.toml", "analysis/report/page.html"}
    assert needed <= found


def test_it_needs_nothing_that_only_developers_use(wheel):
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    metadata = Parser().parsestr(wheel.read(name).decode())
    needed = {
        re.split(r"[^\w.-]", line)[0]
        for line in metadata.get_all("Requires-Dist")
        if "extra ==" not in line
    }
    assert "brian2" in needed
    assert not needed & DEVELOPMENT


def test_the_first_page_tells_of_every_extra(wheel):
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    extras = set(Parser().parsestr(wheel.read(name).decode()).get_all("Provides-Extra"))
    page = (ROOT / "docs" / "getting_started.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([\w-]+)` \|.*\|$", page.partition("## First")[0], re.M)) == extras
