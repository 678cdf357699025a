"""Models that read a word a step: training, files, commands, and what they are not for."""

import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file

from analysis.traces import plot_traces
from bionlp.checkpoint import load_classifier, save_classifier
from bionlp.engine import Engine
from bionlp.errors import CheckpointError, UsageError
from bionlp.evaluation import pytorch_counter
from bionlp.recording import open_recording
from bionlp.simulation import simulate
from bionlp.votes import count_votes

SHAPE = ("--width=16", "--heads=2", "--hidden=16", "--blocks=1", "--neurons-per-class=3")
LESSONS = ("--teachers=0", "--encoder-epochs=6", "--encoder-rate=0.01", "--encoder-batch-size=10")
TEXTS = ["the film is good and clever .", "a plot is dull and boring", "the cast"]
both_ways = pytest.mark.parametrize("encoder", ["both ways", "causal"], indirect=True)


@pytest.fixture(scope="session")
def encoder_arguments(reviews):
    """Return the command that trains a small encoder, less its folder."""
    files = (f"--dataset={reviews / 'reviews.csv'}", f"--embeddings={reviews / 'vectors.bin'}")
    return ("train", *files, "--architecture=snnbert", *SHAPE, *LESSONS, "--quiet")


@pytest.fixture(scope="session")
def encoders(tmp_path_factory, encoder_arguments):
    """Return a function that gives the folder of an encoder, trained when it is first asked for."""
    made = {}

    def make(kind, run):
        if kind not in made:
            folder = tmp_path_factory.mktemp("encoders") / kind.replace(" ", "-")
            causal = ("--causal",) if kind == "causal" else ()
            code, out, err = run(*encoder_arguments, *causal, f"--out={folder}")
            assert code == 0, err
            assert "encoder   dev " in out
            made[kind] = folder
        return made[kind]

    return make


@pytest.fixture
def encoder(request, encoders, cli):
    """Return the folder of a trained encoder, one that looks both ways if nothing is said."""
    return encoders(getattr(request, "param", "both ways"), cli)


@pytest.fixture
def of_reviews(reviews):
    return ("--dataset", reviews / "reviews.csv", "--split", "all")


def test_it_learns_and_says_so(encoder):
    record = json.loads((encoder / "settings.json").read_text())["training"]
    assert record["measured"]["encoder"]["dev_accuracy"] >= 0.9
    assert record["settings"]["architecture"] == "snnbert"
    card = (encoder / "README.md").read_text()
    assert "A spiking transformer for text (en)" in card
    assert "| spiking encoder, this model |" in card
    assert not (encoder / "state").exists()


def test_the_card_has_what_evaluate_prints_of_texts_longer_than_those_it_learnt_from(
    encoder_arguments, reviews, tmp_path, cli
):
    folder = tmp_path / "short"
    # Hardly trained, so that the last words of a sentence still change answers.
    command = (*encoder_arguments, "--length=5", "--encoder-epochs=2", f"--out={folder}")
    code, _, err = cli(*command)
    assert code == 0, err
    measured = json.loads((folder / "settings.json").read_text())["training"]["measured"]["encoder"]
    for part in ("dev", "test"):
        command = ("--dataset", reviews / "reviews.csv", "--split", part, "--json")
        code, out, err = cli("evaluate", folder, *command)
        assert code == 0, err
        assert json.loads(out)["accuracy"] == measured[f"{part}_accuracy"]


@both_ways
def test_brian_votes_as_pytorch_does(encoder, cli, of_reviews):
    answers = []
    for engine in (("torch",), ("brian", "--backend", "numpy", "--workers", "2")):
        command = ("evaluate", encoder, *of_reviews, "--limit", "40", "--json", "--engine")
        code, out, err = cli(*command, *engine)
        assert code == 0, err
        answers.append(json.loads(out))
    same = ("accuracy", "n", "classes")
    assert all(answers[0][key] == answers[1][key] for key in same)
    assert answers[0]["accuracy"] > 0.7


def test_each_vote_is_the_same(encoder):
    classifier = load_classifier(encoder)
    ids = [np.array(classifier.token_ids(text)) for text in TEXTS]
    torch = pytorch_counter(classifier, 1, seed=0)(ids)
    brian = count_votes(classifier, ids, steps=1, seed=0, engine=Engine("numpy"))
    assert np.array_equal(torch.votes, brian.votes)
    assert torch.steps.tolist() == brian.steps.tolist() == [len(sentence) for sentence in ids]


@pytest.mark.parametrize("encoder", ["causal"], indirect=True)
def test_a_causal_one_reads_no_further_than_its_decision_asks_for(encoder):
    early = load_classifier(encoder).with_margin(2)
    ids = [np.array(early.token_ids(text)) for text in TEXTS]
    torch = pytorch_counter(early, 1, seed=0)(ids)
    brian = count_votes(early, ids, steps=1, seed=0, engine=Engine("numpy"))
    assert np.array_equal(torch.votes, brian.votes)
    assert np.array_equal(torch.steps, brian.steps)
    lengths = np.array(list(map(len, ids)))
    assert (torch.steps <= lengths).all()
    assert (torch.steps < lengths).any()


def test_one_that_looks_both_ways_has_no_margin(encoder):
    with pytest.raises(UsageError, match="votes when all has been read"):
        load_classifier(encoder).with_margin(2)


@both_ways
def test_every_spike_is_that_of_pytorch(encoder, cli, of_reviews):
    code, out, err = cli(
        "validate", encoder, *of_reviews, "--limit", "6", "--backend", "numpy", "--json"
    )
    assert code == 0, err
    document = json.loads(out)
    assert document["differing"] == 0
    assert document["spikes"] > 100


def test_validate_says_how_words_are_read(encoder, cli):
    code, out, _ = cli("validate", encoder, "--limit", "2", "--backend", "numpy")
    assert code == 0
    assert "a step a word" in " ".join(out.split())


def test_recordings_have_a_step_and_an_input_neuron_for_each_word(encoder, tmp_path, cli):
    text = "a film is good and a unheardof cast is good"
    folder = tmp_path / "run"
    options = ("--backend", "numpy", "--out", folder, "--figures=none")
    code, _, err = cli("simulate", encoder, text, *options)
    assert code == 0, err
    assert "unknown words are left out: unheardof" in err
    (path,) = folder.glob("**/*.nc")
    recording = open_recording(path)
    spikes = recording["words"]["spikes"]
    assert recording.attrs["steps"] == 9
    assert spikes.shape == (9, 6, 1)
    told = [str(spikes["word"].values[step.argmax()]) for step in spikes.values[..., 0]]
    assert told == ["a", "film", "is", "good", "and", "a", "cast", "is", "good"]
    page = ("report", path, "--model", encoder, "--out", tmp_path / "page.html")
    for command in (page, ("plot", path, "--out", tmp_path / "figures")):
        code, _, err = cli(*command)
        assert code == 0, err


def test_energy_is_held_against_the_twin(encoder, cli, of_reviews):
    command = ("energy", encoder, *of_reviews, "--limit", "5", "--backend", "numpy")
    code, out, err = cli(*command, "--json")
    assert code == 0, err
    document = json.loads(out)
    assert document["reference"] == "twin"
    layers = {row["layer"]: row for row in document["layers"]}
    words = 7  # of each review
    # Width 16, heads of 8; the table of words is looked up.
    assert layers["block1_read"]["macs"] == 0
    assert layers["block1_query"]["macs"] == words * 16 * 16
    assert layers["block1_found"]["macs"] == words * 2 * 16 * 8
    # What the attention writes is charged to the first reader behind it, and to no other.
    assert layers["block1_again"]["macs"] == layers["last"]["macs"] == words * 16 * 16
    assert layers["block1_read"]["counted"] == words * 16
    assert document["neuron_updates"] == words * 2 * (7 * 16 + 16 + 2 * 3)
    for row in document["energy"]:
        assert row["ratio"] == pytest.approx(row["spiking_joules"] / row["twin_joules"])
    code, out, _ = cli(*command)
    assert code == 0
    assert "twin, MACs" in out
    assert "a step a word" in " ".join(out.split())


def test_traces_show_no_reset_where_there_is_none(encoder):
    recording = simulate(load_classifier(encoder), TEXTS[0], engine=Engine("numpy"))[0]
    figure = plot_traces(recording, {"output": [0, 3]})
    for axes in figure.axes:
        (membrane,) = [line for line in axes.lines if line.get_gid() == "membrane"]
        assert len(membrane.get_xdata()) == recording.attrs["steps"]


def test_several_sentences_have_their_own_words(encoder):
    recordings = simulate(load_classifier(encoder), TEXTS, engine=Engine("numpy"))
    words = [recording["words"]["spikes"]["word"].values.tolist() for recording in recordings]
    assert words == [list(dict.fromkeys(text.split())) for text in TEXTS]
    alone = simulate(load_classifier(encoder), TEXTS[1], engine=Engine("numpy"))[0]
    for name in recordings[1].attrs["layers"]:
        assert np.array_equal(recordings[1][name]["spikes"], alone[name]["spikes"]), name


def test_lines_are_labelled(encoder, cli):
    code, out, err = cli("predict", encoder, *TEXTS, "nothing known", "--jsonl")
    assert code == 0, err
    answers = [json.loads(line) for line in out.splitlines()]
    assert answers[3]["reason"] == "unknown_words"
    assert [answer["label"] for answer in answers[:2]] == ["1", "0"]
    for answer in answers[:3]:
        assert (answer["reason"] == "silent") == (not sum(answer["votes"].values()))


def test_a_file_keeps_the_table_of_words_once(encoder, tmp_path):
    arrays = load_file(encoder / "model.safetensors")
    assert "levels" not in arrays
    classifier = load_classifier(encoder)
    words = (16, len(classifier.vocabulary))
    assert sum(array.shape == words for array in arrays.values()) == 1
    save_classifier(classifier, tmp_path / "again")
    again = load_classifier(tmp_path / "again")
    assert again.network == classifier.network
    assert again.word_a_step
    tables = [c.links[0] for c in again.network.connections if c.sources == ("words",)]
    assert all(table is tables[0] for table in tables)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"coding": "letters"}, "coding"),
        ({"coding": "rates"}, "lacks the array 'levels'"),
    ],
)
def test_a_coding_that_does_not_fit_is_named(encoder, tmp_path, change, message):
    folder = tmp_path / "changed"
    shutil.copytree(encoder, folder)
    settings = json.loads((folder / "settings.json").read_text())
    (folder / "settings.json").write_text(json.dumps(settings | change))
    with pytest.raises(CheckpointError, match=message):
        load_classifier(folder)


def test_a_model_of_rates_cannot_be_read_by_words(small_model, tmp_path):
    folder = tmp_path / "changed"
    shutil.copytree(small_model, folder)
    settings = json.loads((folder / "settings.json").read_text())
    (folder / "settings.json").write_text(json.dumps(settings | {"coding": "words"}))
    with pytest.raises(CheckpointError, match="not a neuron for each of"):
        load_classifier(folder)


def test_words_have_one_step(encoder):
    classifier = load_classifier(encoder)
    with pytest.raises(UsageError, match="reads each word in a step of its own, not in 3"):
        simulate(classifier, TEXTS, steps=3)
    with pytest.raises(UsageError, match="reads each word in a step of its own, not in 3"):
        pytorch_counter(classifier, 3, seed=0)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("attack", "{}", *("--dataset", "{reviews}", "--attack", "textfooler")), "attacks are"),
        (("bench", "{}"), "benchmarks are"),
        (("validate", "{}", "--independent", "2"), "--independent is"),
        (("validate", "{}", "--synapses", "stock", "--backend", "numpy"), "with shared weights"),
        (("simulate", "{}", "the film", "--steps", "4"), "in a step of its own, not in 4"),
        (("export", "{}", "--nir", "{tmp}/x.nir"), "no node for|BPSN|Attention"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_it_is_not_for_says_so_in_one_line(encoder, reviews, tmp_path, cli, command, message):
    filled = [
        part.replace("{reviews}", str(reviews / "reviews.csv"))
        .replace("{tmp}", str(tmp_path))
        .replace("{}", str(encoder))
        for part in command
    ]
    code, out, err = cli(*filled)
    assert code not in (0, 1), out
    assert any(part in err for part in message.split("|")), err
    assert "Traceback" not in err
    assert not (tmp_path / "x.nir").exists()


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--architecture=bert", "unknown architecture 'bert'; choose one of textcnn, snnbert"),
        ("--heads=3", "width of 16 cannot be divided among 3 heads"),
        ("--rate-penalty=-1", "rate_penalty must lie in"),
        (
            "--finetuning-steps=5",
            "--finetuning-steps is of the architecture textcnn, not of snnbert",
        ),
        ("--architecture=textcnn", "--width is of the architecture snnbert, not of textcnn"),
    ],
)
def test_wrong_options_are_refused(encoder_arguments, tmp_path, cli, option, message):
    code, _, err = cli(*encoder_arguments, option, f"--out={tmp_path / 'model'}")
    assert code == 2
    assert message in " ".join(err.split()).replace(" │ │ ", " ")
    assert not (tmp_path / "model").exists()


def test_an_interrupted_training_goes_on_to_the_same_model(
    encoder, encoder_arguments, tmp_path, cli, monkeypatch
):
    from bionlp.training.encoder import EncoderStage

    loss, steps = EncoderStage.loss, []

    def stop(self, batch):
        steps.append(1)
        if len(steps) == 40:
            raise KeyboardInterrupt
        return loss(self, batch)

    folder = tmp_path / "model"
    monkeypatch.setattr(EncoderStage, "loss", stop)
    code, _, _ = cli(*encoder_arguments, f"--out={folder}")
    assert code == 130
    monkeypatch.setattr(EncoderStage, "loss", loss)
    code, _, err = cli(*encoder_arguments, "--rate-penalty=1", f"--out={folder}")
    assert code != 0
    assert "settings (rate_penalty)" in err
    code, _, err = cli(*encoder_arguments, f"--out={folder}")
    assert code == 0, err
    first, second = (load_file(path / "model.safetensors") for path in (encoder, folder))
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_a_rate_penalty_saves_spikes(encoder, encoder_arguments, tmp_path, cli):
    folder = tmp_path / "quiet"
    code, _, err = cli(*encoder_arguments, "--rate-penalty=5", f"--out={folder}")
    assert code == 0, err
    spikes = []
    for model in (encoder, folder):
        recordings = simulate(load_classifier(model), TEXTS, engine=Engine("numpy"))
        layers = [r[name] for r in recordings for name in r.attrs["layers"][1:]]
        spikes.append(sum(int(layer.attrs["spike_count"]) for layer in layers))
    assert spikes[1] < 0.8 * spikes[0]


@pytest.mark.parametrize("encoder", ["causal"], indirect=True)
def test_a_causal_network_tells_its_votes_as_it_reads(encoder, cli):
    text = TEXTS[1]
    code, out, err = cli("simulate", encoder, text, "--backend", "numpy", "--json")
    assert code == 0, err
    (whole,) = json.loads(out)
    assert [step["word"] for step in whole["words"]] == text.split()
    assert whole["words"][-1]["counts"] == whole["counts"]
    assert whole["words"][-1]["label"] == whole["label"]
    for number, step in enumerate(whole["words"], start=1):
        beginning = " ".join(text.split()[:number])
        code, out, _ = cli("simulate", encoder, beginning, "--backend", "numpy", "--json")
        assert json.loads(out)[0]["counts"] == step["counts"]
    code, out, _ = cli("simulate", encoder, text, "--backend", "numpy")
    assert code == 0
    assert "label so far" in out


def test_one_that_looks_both_ways_has_no_answer_before_the_end(encoder, cli):
    code, out, _ = cli("simulate", encoder, TEXTS[1], "--backend", "numpy", "--json")
    assert code == 0
    assert json.loads(out)[0]["words"] == []
