"""What the README shows is run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bionlp.checkpoint import bundled_models, load_classifier
from bionlp.cli.evaluate import INTERRUPTED
from bionlp.errors import BionlpError

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("number", "printed"), [(0, r"'positive': [1-9]"), (1, r"[1-9]\d* spikes after [1-9]\d* ")]
)
def test_the_python_examples_run(number, printed):
    code = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)[number]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert re.search(printed, done.stdout)


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(((?!https?:)[^)]+)\)", README):
        assert (Path(__file__).parents[1] / target).exists(), target


def test_every_exit_code_is_documented():
    codes = {cls.exit_code for cls in BionlpError.__subclasses__()}
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", README, flags=re.MULTILINE)}
    assert codes | {0, 1, INTERRUPTED} == documented


@pytest.mark.parametrize("name", ["mr", "waimai"])
def test_bundled_models_and_their_accuracy(name):
    assert name in bundled_models()
    (row,) = re.findall(rf"^\| {name} \|.*$", README, flags=re.MULTILINE)
    accuracy = load_classifier(name).training["measured"]["finetuned"]["test_accuracy"]
    assert f"| {accuracy:.1%} |" in row
