"""``bionlp calibrate``: from other neurons to a file in which they fire as trained ones."""

import json

import pytest


@pytest.fixture
def calibrate(cli, small_model, reviews, tmp_path):
    """Return a function that calibrates neurons for the small classifier."""

    def run(neurons, *options, out="fitted.toml"):
        files = (f"--dataset={reviews / 'reviews.csv'}", "--out", tmp_path / out)
        few = ("--limit=4", "--neurons-compared=40", "--backend=numpy")
        return cli("calibrate", small_model, "--neurons", neurons, *files, *few, *options)

    return run


def test_the_trained_neuron_as_text_needs_nothing(calibrate):
    code, out, err = calibrate("lif", "--json")
    assert code == 0, err
    layers = json.loads(out)["layers"]
    assert {"conv3", "output"} <= layers.keys()
    for fit in layers.values():
        assert (fit["gain"], fit["bias"], fit["error_before"], fit["error_after"]) == (1, 0, 0, 0)


def test_other_neurons_come_nearer_and_the_file_is_taken(
    calibrate, cli, small_model, reviews, tmp_path
):
    code, out, err = calibrate("lif_adaptive", "--json")
    assert code == 0, err
    layers = json.loads(out)["layers"]
    for fit in layers.values():
        assert fit["error_after"] <= fit["error_before"]
    assert layers["conv3"]["error_after"] < layers["conv3"]["error_before"]
    code, out, err = cli(
        *("evaluate", small_model, "--dataset", reviews / "reviews.csv", "--limit=10", "--json"),
        *("--engine=brian", "--backend=numpy", "--neurons", tmp_path / "fitted.toml"),
    )
    assert code == 0, err
    assert json.loads(out)["accuracy"] > 0.5
    code, out, err = calibrate("lif")
    assert code == 9
    assert "is there already; choose another file, or --overwrite it" in err
    code, out, err = calibrate("lif", "--overwrite")
    assert code == 0
    assert "gain" in out
    assert "try: bionlp evaluate" in out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("nothing",), 2, "there are no neurons 'nothing'"),
        (("lif", "--split=test"), 2, "neurons are fitted on train or dev, and judged on test"),
        (("hodgkin_huxley",), 2, "choose --dt 0.1"),
        (("lif", "--dt=0.3"), 2, "a step lasts 1 ms divided by a whole number"),
    ],
)
def test_wrong_input_is_one_clear_line(calibrate, tmp_path, arguments, code, message):
    got, _, err = calibrate(*arguments)
    assert got == code
    assert message in err
    assert "Traceback" not in err
    assert not (tmp_path / "fitted.toml").exists()
