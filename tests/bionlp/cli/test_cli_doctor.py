"""What the doctor says of this machine, and what commands do about it."""

import json

import pytest
import torch

from networks.brian import BACKENDS, missing


def test_it_says_of_each_backend_whether_it_can_run(cli):
    code, out, _ = cli("doctor")
    assert code == 0
    lines = out.splitlines()
    for backend, line in zip(BACKENDS, lines, strict=False):
        name, told = line.split(maxsplit=1)
        lack = missing(backend)
        assert name == backend
        assert told == (f"cannot run here: {lack}" if lack else "can run here")
    assert lines[len(BACKENDS)].split(maxsplit=2) == ["PyTorch", "cpu", "can run here"]
    works = torch.cuda.is_available()
    assert lines[len(BACKENDS) + 1].startswith("PyTorch cuda")
    assert lines[len(BACKENDS) + 1].endswith("can run here") == works
    assert "brian2" in lines[-1]


def test_json_is_one_document(cli, monkeypatch, tmp_path):
    monkeypatch.setenv("GENN_PATH", str(tmp_path))
    monkeypatch.delenv("CUDA_PATH", raising=False)
    code, out, _ = cli("doctor", "--json")
    assert code == 0
    document = json.loads(out)
    assert document["environment"] == {"GENN_PATH": str(tmp_path), "CUDA_PATH": None}
    backends = {entry["backend"]: entry for entry in document["backends"]}
    assert list(backends) == list(BACKENDS)
    assert backends["numpy"] == {"backend": "numpy", "works": True, "missing": None}
    assert not backends["genn"]["works"]


@pytest.mark.parametrize("command", ["simulate", "evaluate", "validate"])
def test_a_backend_that_cannot_run_is_one_clear_line(
    cli, small_model, reviews, monkeypatch, command
):
    monkeypatch.delenv("GENN_PATH", raising=False)
    arguments = {
        "simulate": (small_model, "a good film"),
        "evaluate": (small_model, f"--dataset={reviews / 'reviews.csv'}"),
        "validate": (small_model, f"--dataset={reviews / 'reviews.csv'}"),
    }
    code, _, err = cli(command, *arguments[command], "--backend=genn")
    assert code == 8
    assert "error: backend 'genn' cannot run here: " in err
    assert "Traceback" not in err


@pytest.mark.slow
@pytest.mark.skipif(
    missing("genn-cpu") is not None, reason=f"GeNN cannot run here: {missing('genn-cpu')}"
)
def test_sentences_are_labelled_on_genn(cli, small_model, reviews):
    data = (f"--dataset={reviews / 'reviews.csv'}", "--limit=6", "--json")
    code, out, err = cli("validate", small_model, *data, "--backend=genn-cpu")
    assert code == 0, err
    assert json.loads(out)["differing"] == 0
    code, out, err = cli("evaluate", small_model, *data, "--backend=genn-cpu")
    assert code == 0, err
    assert json.loads(out)["accuracy"] == 1
    code, _, err = cli(
        "simulate",
        small_model,
        "a good film",
        "--backend=genn-cpu",
        "--synapses=shared",
    )
    assert code == 8
    assert "choose stock synapses" in err
