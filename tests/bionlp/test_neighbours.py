"""Files of a user's own that are called as packages of ours, in the folder where work is done."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import bionlp

ROOT = Path(bionlp.__file__).parents[1]
NAMES = ("networks", "analysis")
USED = "import bionlp, networks.described, analysis.fonts; print(networks.__file__)"
OWN = str(ROOT / "networks" / "__init__.py")


def python(*arguments, cwd, **variables):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def put(folder, place, text=""):
    path = folder / place
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def gave(done, printed, *, warned=""):
    """Tell whether a program printed something, and warned of one file or of none."""
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == printed
    assert ("UserWarning" in done.stderr) == bool(warned), done.stderr
    return warned in done.stderr


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("place", ["{}.py", "{}/__init__.py"])
def test_a_file_beside_the_program_is_hidden_and_that_is_said(name, place, tmp_path):
    path = put(tmp_path, place.format(name), "raise SystemExit('not ours')")
    done = python("-c", USED, cwd=tmp_path)
    assert gave(done, OWN, warned=f"bionlp's package {name!r} hides {path}: rename that file")
    assert "<string>:1: UserWarning" in done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_without_code_hides_nothing(name, tmp_path):
    put(tmp_path, f"{name}/notes.txt")
    assert gave(python("-c", USED, cwd=tmp_path), OWN)


@pytest.mark.parametrize("name", NAMES)
def test_a_script_may_be_called_as_a_package(name, tmp_path):
    script = put(tmp_path, f"{name}.py", USED)
    assert gave(python(script, cwd=tmp_path), OWN)


def test_processes_of_such_a_script_find_the_packages_too(tmp_path):
    text = (
        "import bionlp, multiprocessing, networks.ranges\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "        print(pool.apply(networks.ranges.parse_ranges, ('0-2', 'neurons')))\n"
    )
    done = python(put(tmp_path, "networks.py", text), cwd=tmp_path)
    assert gave(done, "[range(0, 3)]")


@pytest.mark.parametrize("name", NAMES)
def test_commands_do_not_mind(name, tmp_path):
    put(tmp_path, f"{name}.py", "raise SystemExit('not ours')")
    printed = f"bionlp {bionlp.__version__}"
    assert gave(python("-m", "bionlp", "--version", cwd=tmp_path), printed)
    command = put(tmp_path, "bin/bionlp", "from bionlp.cli import main\nmain()")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    assert gave(python(command, "--version", cwd=tmp_path, PYTHONPATH=path), printed)


@pytest.mark.parametrize("name", NAMES)
def test_what_was_imported_before_is_named(name, tmp_path):
    path = put(tmp_path, f"{name}.py")
    done = python("-c", f"import {name}, bionlp", cwd=tmp_path)
    assert done.returncode == 1
    assert f"{path} was imported in place of bionlp's package {name!r}: rename it" in done.stderr


@pytest.mark.parametrize(
    ("path", "named"), [(["/some/networks"], "/some/networks"), ([], "a module without a file")]
)
def test_what_has_no_file_is_named_too(path, named, tmp_path):
    code = (
        "import sys, types; made = types.ModuleType('networks'); "
        f"made.__path__ = {path}; sys.modules['networks'] = made; import bionlp"
    )
    done = python("-c", code, cwd=tmp_path)
    assert f"{named} was imported in place of bionlp's package 'networks'" in done.stderr


def test_a_simulation_in_a_process_of_its_own_finds_the_packages(tmp_path):
    put(tmp_path, "networks.py", "raise SystemExit('not ours')")
    code = (
        "import warnings; warnings.simplefilter('ignore')\n"
        "import bionlp, numpy as np\n"
        "from networks import LIF, Connection, Dense, Input, Network, Population, Votes\n"
        "from networks.brian import Job, SpikeStimulus, run_in_child\n"
        "network = Network(\n"
        "    (Population('input', (1, 2), Input()), Population('output', (1,), LIF())),\n"
        "    (Connection('input', 'output', Dense(np.ones((1, 2)))),),\n"
        "    Votes('output', 1),\n"
        ")\n"
        "stimulus = SpikeStimulus([np.ones((3, 1, 2), dtype=bool)])\n"
        "job = Job(network, stimulus, {'backend': 'numpy'}, seed=0)\n"
        "print(run_in_child(job).counts('output').tolist())\n"
    )
    done = python("-c", code, cwd=tmp_path)
    assert gave(done, "[[3]]")
