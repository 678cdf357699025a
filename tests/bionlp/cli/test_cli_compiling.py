"""That a long compilation is announced on standard error, where results are not disturbed."""

import json
import logging
import os
import shutil
import subprocess
import sys
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest

import bionlp
from bionlp.checkpoint import save_classifier
from bionlp.messages import Lines, messages_shown

needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
ANNOUNCED = "compiling a C++ program, once for this machine and kind of network: less than a minute"


@pytest.fixture
def least(least_classifier, tmp_path):
    """Return the folder of a model that is quick to compile."""
    save_classifier(least_classifier, tmp_path / "least")
    return tmp_path / "least"


@pytest.mark.slow
@needs_compiler
def test_a_program_is_announced_when_it_is_compiled_and_only_then(
    cli, least, monkeypatch, tmp_path
):
    monkeypatch.setenv("BIONLP_CACHE_DIR", str(tmp_path / "cache"))
    command = ("simulate", least, "a good film", "--steps", "3", "--json")
    for backend, times in (("numpy", 0), ("cpp_standalone", 1), ("cpp_standalone", 0)):
        code, out, err = cli(*command, "--backend", backend)
        assert (code, err.splitlines().count(ANNOUNCED)) == (0, times)
        assert json.loads(out)[0]["backend"] == backend
        assert "compiling" not in out


WORKERS = """
import logging
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from bionlp.workers import _say_once


def work(number):
    logger = logging.getLogger("networks.brian.compiling")
    logger.info("compiling")
    logger.warning("the cache is full")
    return number


if __name__ == "__main__":
    context = get_context("spawn")
    for level in (logging.INFO, logging.WARNING):
        options = {"initializer": _say_once, "initargs": (level, context.Semaphore(1))}
        with ProcessPoolExecutor(2, mp_context=context, **options) as pool:
            list(pool.map(work, range(4)))
"""


def test_of_many_workers_one_announces_it_and_each_warns(tmp_path):
    (tmp_path / "workers.py").write_text(WORKERS)
    environment = {**os.environ, "PYTHONPATH": str(Path(bionlp.__file__).parents[1])}
    command = [sys.executable, tmp_path / "workers.py"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    said = Counter(done.stderr.splitlines())
    assert said == {"compiling": 1, "warning: the cache is full": 8}


def test_messages_stand_as_they_are_and_warnings_are_called_so(capsys):
    logger = logging.getLogger("networks.brian.compiling")
    before = logging.getLogger("networks").level
    with messages_shown():
        logger.info("compiling %s", "it")
        logger.warning("take care")
        logger.debug("nobody reads this")
    logger.info("nor this")
    assert capsys.readouterr().err == "compiling it\nwarning: take care\n"
    assert logging.getLogger("networks").level == before


def test_lines_go_where_standard_error_is_then(capsys, monkeypatch):
    handler, elsewhere = Lines(), StringIO()
    monkeypatch.setattr(sys, "stderr", elsewhere)
    handler.handle(logging.makeLogRecord({"msg": "here", "levelno": logging.INFO}))
    assert elsewhere.getvalue() == "here\n"
    assert capsys.readouterr().err == ""
