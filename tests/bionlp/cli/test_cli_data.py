"""``bionlp data``."""

import json

import pytest
from typer.testing import CliRunner

from bionlp.cli.data import app
from bionlp.datasets.registry import KNOWN
from bionlp.errors import DatasetError


def _run(*arguments):
    return CliRunner().invoke(app, arguments)


def _write(folder, name, lines):
    for file, content in zip(KNOWN[name].files, lines, strict=True):
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def test_json_says_what_is_here(tmp_path):
    _write(tmp_path, "sst2", ["1 good\n0 bad\n", "1 fine\n", "0 dull\n"])
    _write(tmp_path, "waimai", ["no table"])
    result = _run("list", "--json", "--data-dir", str(tmp_path))
    entries = {entry["name"]: entry for entry in json.loads(result.stdout)["datasets"]}
    assert list(entries) == list(KNOWN)
    assert entries["sst2"]["splits"] == {"train": 2, "dev": 1, "test": 1}
    assert entries["sst2"]["found"] == str(tmp_path / "sst")
    assert entries["sst2"]["classes"] == ["negative", "positive"]
    assert entries["mr"]["splits"] is None
    assert entries["mr"]["found"] is None
    assert "it needs a header" in entries["waimai"]["problem"]


def test_the_list_for_people(tmp_path):
    _write(tmp_path, "sst2", ["1 good\n0 bad\n", "1 fine\n", "0 dull\n"])
    lines = _run("list", "--data-dir", str(tmp_path)).stdout.splitlines()
    assert lines[0].split() == ["name", "language", "classes", "train", "dev", "test", "where"]
    assert lines[1].split() == ["mr", "en", "2", "-", "-", "-", "not", "here"]
    assert lines[2].split() == ["sst2", "en", "2", "2", "1", "1", str(tmp_path / "sst")]


def test_the_real_datasets(data_dir):
    result = _run("list", "--json", "--data-dir", str(data_dir))
    sizes = [sum(entry["splits"].values()) for entry in json.loads(result.stdout)["datasets"]]
    assert sizes[:6] == [10_662, 9_613, 11_855, 10_000, 7_765, 11_987]
    assert sizes[6:] == [9_594, 4_075, 2_767, 7_249, 706, 68_221]


def test_what_is_there_is_not_fetched(data_dir):
    result = _run("fetch", "mr", "sst5", "--data-dir", str(data_dir))
    assert [line.split(";")[0] for line in result.stdout.splitlines()] == [
        f"mr was already in {data_dir}",
        f"sst5 was already in {data_dir}",
    ]


def test_a_wrong_name_is_found_before_any_download(tmp_path):
    result = _run("fetch", "mr", "imdb", "--data-dir", str(tmp_path))
    assert isinstance(result.exception, DatasetError)
    assert "unknown dataset 'imdb'" in str(result.exception)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["list", "fetch"])
def test_help_has_an_example(command):
    assert f"Example: bionlp data {command}" in _run(command, "--help").stdout
