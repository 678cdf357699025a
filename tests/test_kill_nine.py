"""A short form of ``tests/kill_nine.py``."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="kills groups of processes")
def test_killed_work_is_taken_up_and_ends_the_same():
    command = [sys.executable, Path(__file__).with_name("kill_nine.py")]
    command += ["--kills=1", "--backend=numpy", "--steps=10"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    commands = 2 if find_spec("zarr") is None else 3
    assert done.stdout.count(" 0 of them different or failed; 0 processes left behind") == commands
