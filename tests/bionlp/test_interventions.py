"""Interventions on classifiers: on the command line, in recordings, figures and pages."""

import json

import matplotlib.pyplot as plt
import numpy as np
import pytest

from analysis.interventions import interventions_on
from analysis.raster import plot_raster
from analysis.traces import plot_traces
from bionlp.checkpoint import load_classifier, save_classifier
from bionlp.cli import completion
from bionlp.engine import Engine
from bionlp.errors import CheckpointError, RecordingError, UsageError
from bionlp.evaluation import pytorch_counter
from bionlp.recording import open_recording, save_recording
from bionlp.simulation import simulate
from bionlp.validation import replay
from bionlp.votes import count_votes
from networks.intervention import KINDS, parse
from networks.perturbation import parse as parse_perturbations

TEXT = "a gripping , funny and moving film"
NUMPY = Engine("numpy")
SOME = (
    *("silence:conv3:maps=3,7:from=4", "stimulate:output:neurons=0-9:current=0.5:from=6:until=10"),
    *("clamp:pool4:value=0:from=5", "stimulate:conv5:maps=0-20:current=0.3:until=7"),
)


@pytest.fixture(scope="module")
def mr():
    """Return the bundled English model."""
    return load_classifier("mr")


@pytest.fixture(scope="module")
def odd(make_classifier):
    """Return a small classifier that has some of everything."""
    return make_classifier()


@pytest.fixture(scope="module")
def folder(odd, tmp_path_factory):
    """Return the folder of it."""
    folder = tmp_path_factory.mktemp("models") / "odd"
    save_classifier(odd, folder)
    return folder


# --- the model ---


def test_a_real_model_is_the_same_in_brian_and_pytorch(mr):
    found = mr.intervened(parse(SOME))
    sentences = [found.read(text) for text in (TEXT, "a dull , dull plot")]
    done = replay(found, sentences, steps=12, seed=1, engine=NUMPY)
    assert done.spikes > 20_000
    assert done.differing == 0
    assert max(np.nan_to_num(layer.membrane) for layer in done.layers.values()) == 0


def test_votes_are_those_of_pytorch(mr):
    # Perturbed input is drawn once for both.
    found = mr.perturbed(parse_perturbations(["jitter=1"])).intervened(parse(SOME))
    ids = [np.array(found.token_ids(text)) for text in (TEXT, "a dull , dull plot")]
    votes = pytorch_counter(found, 20, seed=3)(ids).votes
    assert votes.any()
    counted = count_votes(found, ids, steps=20, seed=3, engine=NUMPY, workers=1).votes
    np.testing.assert_array_equal(votes, counted)
    assert (votes != pytorch_counter(mr, 20, seed=3)(ids).votes).any()


def test_a_held_class_has_no_votes_while_it_is_held(mr):
    found = mr.intervened(parse(["clamp:output:neurons=10-19:value=0:from=14:until=20"]))
    (recording,) = simulate(found, TEXT, steps=24, engine=NUMPY)
    (before,) = simulate(mr, TEXT, steps=24, engine=NUMPY)
    fired, expected = (
        r["output"]["spikes"].sum("neuron").sel({"class": "positive"}).values
        for r in (recording, before)
    )
    np.testing.assert_array_equal(fired[:14], expected[:14])
    assert expected[14:20].all()
    assert not fired[14:20].any()
    assert fired[20:].any()


def test_smaller_steps_keep_the_times(odd):
    found = odd.intervened(parse(["silence:output:from=5:until=9"]))
    (recording,) = simulate(found, "a good film", steps=12, engine=Engine("numpy", dt_ms=0.5))
    fired = recording["output"]["spikes"].sum(("class", "neuron")).values
    assert not fired[10:18].any()
    assert fired[:10].any()
    assert fired[18:].any()


def test_what_was_measured_before_does_not_count(mr):
    found = mr.intervened(parse(["silence:output"]))
    assert mr.calibration is not None
    assert found.calibration is None
    assert found.intervened(parse(["silence:pool3"])).interventions == parse(
        ["silence:output", "silence:pool3"]
    )


def test_it_is_perturbed_first_and_not_saved(mr, tmp_path):
    found = mr.intervened(parse(["silence:output"]))
    with pytest.raises(UsageError, match="perturb the network before there are interventions"):
        found.perturbed(parse_perturbations(["bits=4"]))
    with pytest.raises(CheckpointError, match="silence:output is done while it reads; save it"):
        save_classifier(found, tmp_path / "no")


# --- the command line ---


def test_commands_say_what_was_done(cli, folder, tmp_path):
    (tmp_path / "table.csv").write_text("text,label\na good film,class 1\na bad story,class 0\n")
    typed = "silence:conv:maps=0,2:from=2 clamp:hidden:neurons=1-3:value=1.5:from=1:until=4"
    done = ("--steps=5", *(f"--intervene={text}" for text in typed.split()))
    table, said = ("--dataset", tmp_path / "table.csv"), f"intervened: {typed}"
    code, out, err = cli("evaluate", folder, *table, *done, "--perturb=bits=8")
    assert code == 0, err
    assert f"seed 0, perturbed: bits=8 (seed 0), {said})" in out
    code, out, err = cli("predict", folder, "a good film", *done, "--json")
    assert said in err
    document = json.loads(out)
    assert document["perturbations"] is None
    assert document["interventions"] == [each.document for each in parse(typed.split())]
    code, out, err = cli("validate", folder, *table, *done, "--backend=numpy", "--synapses=both")
    assert code == 0, err
    assert said in " ".join(out.split())
    code, out, err = cli("simulate", folder, "a good film", *done, "--backend=numpy")
    assert code == 0, err
    assert said in " ".join(out.split())
    code, out, _ = cli("predict", folder, "a good film", "--steps=5", "--json")
    assert json.loads(out)["interventions"] is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["quiet:conv3"], "unknown intervention 'quiet'; choose one of clamp, stimulate, silence"),
        (["silence:conv9"], "no population 'conv9'; choose one of conv3, conv4, conv5, pool3"),
        (["silence:conv3:maps=100"], "silence:conv3 has maps 0 to 99, and no 100"),
        (["silence:conv3:neurons=3700"], "silence:conv3 has neurons 0 to 3699, and no 3700"),
        (["stimulate:output"], "stimulate:output needs a current, in thresholds"),
        (["silence:conv3:from=9:until=3"], "is from step 9 until step 3; the end comes after"),
        (["silence:conv3", "--neurons=lif"], "neurons of layer 'conv3', interventions: are of"),
        (["silence:conv3", "--backend=genn-cpu"], "error: "),
    ],
)
def test_what_cannot_be_done_is_one_line(cli, options, message):
    code, out, err = cli("predict", "mr", TEXT, "--intervene", *options)
    assert code != 0
    assert not out
    line = err.splitlines()[-1]
    assert line.startswith("error: ")
    assert message in line


def test_completion_knows_all_kinds():
    assert set(completion.INTERVENTIONS) == set(KINDS)
    assert completion.prefixed(completion.INTERVENTIONS)("si") == ["silence:"]


# --- recordings, figures, pages ---


@pytest.fixture(scope="module")
def recorded(odd):
    """Return a recording in which something was done."""
    done = ["silence:conv:maps=0:from=2", "stimulate:output:neurons=3-5:current=1:from=4:until=7"]
    found = odd.intervened(parse(done))
    (recording,) = simulate(found, "a good film", steps=9, engine=NUMPY, record=["all"])
    return recording


def test_a_recording_tells_and_keeps_it(recorded, tmp_path):
    said = "silence:conv:maps=0:from=2 stimulate:output:neurons=3-5:current=1:from=4:until=7"
    assert recorded.attrs["interventions"] == said
    assert recorded["conv"].attrs["neuron"] == "LIF"
    save_recording(recorded, tmp_path / "r.nc")
    kept = open_recording(tmp_path / "r.nc")
    assert kept.attrs["interventions"] == said
    assert not kept["conv"]["spikes"].values[2:, :, 0].any()
    broken = recorded.copy()
    broken.attrs = recorded.attrs | {"interventions": "silence:conv:maps=x"}
    with pytest.raises(RecordingError, match="attribute interventions: 'x' is no number of maps"):
        save_recording(broken, tmp_path / "b.nc")
        open_recording(tmp_path / "b.nc")


def framed(ax):
    """Return the spans of time that are shaded in a panel."""
    spans = [patch for patch in ax.patches if patch.get_gid() == "intervention"]
    return [(span.get_x(), span.get_x() + span.get_width(), span.get_height()) for span in spans]


def test_figures_frame_what_was_done(recorded):
    raster = plot_raster(recorded)
    spans = {ax.get_title(loc="left").split(":")[0]: framed(ax) for ax in raster.axes}
    assert spans["Input"] == spans["Pooling"] == []
    assert spans["Convolution"] == [(1.5, 8.5, 1.0)]
    assert spans["Output"] == [(3.5, 6.5, 0.5)]
    said = [text.get_text() for ax in raster.axes for text in ax.texts]
    assert "framed: silence:conv:maps=0:from=2" in said
    traces = plot_traces(recorded, {"conv": [0, 1], "output": [0, 3]})
    assert [len(framed(ax)) for ax in traces.axes] == [1, 0, 0, 1]
    assert interventions_on(recorded, "conv", np.array([1, 6])) == []
    plt.close("all")


def test_figures_of_other_recordings_have_no_frames(odd):
    (recording,) = simulate(odd, "a good film", steps=5, engine=NUMPY)
    assert "interventions" not in recording.attrs
    assert not any(framed(ax) for ax in plot_raster(recording).axes)


def test_a_page_asks_the_model_with_what_was_done(cli, folder, recorded, tmp_path):
    save_recording(recorded, tmp_path / "r.nc")
    page = tmp_path / "page.html"
    run = ("report", tmp_path / "r.nc", "--model", folder, "--out", page, "--backend=numpy")
    code, _, err = cli(*run)
    assert code == 0, err
    read = page.read_text(encoding="utf-8")
    assert f"<dd>{recorded.attrs['interventions']}</dd>" in read
    assert '"name":"silence:conv:maps=0:from=2"' in read
    code, _, err = cli(*run, "--intervene=silence:conv")
    assert code == 2
    assert "a recording has its own intervene; leave out --intervene" in err


def test_a_page_of_a_model_has_interventions(cli, folder, tmp_path):
    page, done = tmp_path / "page.html", "--intervene=clamp:hidden:value=1.5:from=3"
    options = (done, "--out", page, "--backend=numpy", "--steps=6")
    code, _, err = cli("report", folder, "--text", "a good film", *options)
    assert code == 0, err
    assert "clamp:hidden:value=1.5:from=3" in page.read_text(encoding="utf-8")
    code, _, err = cli("report", folder, "--compare", "a good film", "a bad film", *options)
    assert code == 0, err
