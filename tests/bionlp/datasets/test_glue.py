"""Tasks of GLUE: their own files, and files that are not what they should be."""

from collections import Counter

import pytest

from bionlp.datasets import load_dataset
from bionlp.datasets.fetch import fetch_dataset
from bionlp.datasets.glue import GLUE
from bionlp.datasets.known import TabbedColumns
from bionlp.datasets.model import Example
from bionlp.datasets.registry import KNOWN
from bionlp.datasets.tabbed import read_tabbed
from bionlp.errors import DatasetError
from bionlp.metrics import METRICS

NAMES = [known.name for known in GLUE]
PAIR = TabbedColumns(("index", "first", "second", "label"), "label", ("first", "second"))
SINGLE = TabbedColumns(("label", "sentence"), "label", ("sentence",), header=False)
CLASSES = ("no", "yes")
SCORES = ("0", "1", "2", "3", "4", "5")


@pytest.fixture
def write(tmp_path):
    """Return a function that writes lines and returns the file."""

    def _write(*lines):
        path = tmp_path / "file.tsv"
        path.write_bytes("\n".join(lines).encode())
        return path

    return _write


@pytest.mark.parametrize(
    ("name", "sizes", "classes"),
    [
        ("cola", (7_696, 855, 1_043), (322, 721)),
        ("mrpc", (3_301, 366, 408), (129, 279)),
        ("rte", (2_241, 249, 277), (146, 131)),
        ("stsb", (5_174, 575, 1_500), (236, 241, 266, 353, 276, 128)),
        ("wnli", (572, 63, 71), (40, 31)),
        ("glue-sst2", (60_614, 6_735, 872), (428, 444)),
    ],
)
def test_the_real_files(name, sizes, classes, data_dir):
    dataset = load_dataset(name, data_dir=data_dir)
    assert tuple(len(dataset.split(part)) for part in ("train", "dev", "test")) == sizes
    assert dataset.skipped == 0
    counts = Counter(example.label for example in dataset.test)
    assert tuple(counts[label] for label in range(len(classes))) == classes
    pairs = Counter(example.text.count("[SEP]") for example in dataset.split("all"))
    assert pairs == {int(len(KNOWN[name].columns.texts) > 1): sum(sizes)}


def test_the_first_examples(data_dir):
    def first(name):
        return min(load_dataset(name, data_dir=data_dir).test, key=lambda example: example.row)

    assert first("cola") == Example("The sailors rode the breeze clear of the rocks.", 1)
    assert first("cola").row == 1
    assert first("mrpc") == Example(
        "He said the foodservice pie business doesn 't fit the company 's long-term growth "
        'strategy . [SEP] " The foodservice pie business does not fit our long-term growth '
        "strategy .",
        1,
    )
    assert first("rte").text.endswith(". [SEP] Christopher Reeve had an accident.")
    assert first("rte").label == 1
    assert first("stsb") == Example(
        "A man with a hard hat is dancing. [SEP] A man wearing a hard hat is dancing.", 5, score=5.0
    )
    assert first("stsb").row == 2


def test_what_is_reported_is_the_same_for_every_seed(data_dir):
    one, two = (load_dataset("rte", data_dir=data_dir, seed=seed) for seed in (0, 1))
    assert one.test == two.test
    assert set(one.train + one.dev) == set(two.train + two.dev)
    assert one.dev != two.dev
    assert one.digest == two.digest


def test_scores_are_rounded_to_classes(data_dir):
    dataset = load_dataset("stsb", data_dir=data_dir)
    assert dataset.scored
    for example in dataset.split("all"):
        assert 0 <= example.score <= 5
        assert abs(example.score - example.label) <= 0.5
    assert not load_dataset("rte", data_dir=data_dir).scored


@pytest.mark.parametrize("known", GLUE, ids=NAMES)
def test_an_entry_names_what_there_is(known):
    assert set(known.metrics) <= METRICS.keys()
    assert {known.columns.label, *known.columns.texts} < {*known.columns.names, ""}
    assert "Wang et al. (2019)" in known.citation
    assert known.scored == any(METRICS[name].of_scores for name in known.metrics)
    assert bool(known.by_hand) == any(file.url is None for file in known.files)


def test_pairs_and_quotation_marks(write):
    path = write("index\tfirst\tsecond\tlabel", '0\t"So\tit is\tyes', '1\tno" \t"\tno', "")
    assert read_tabbed(path, PAIR, CLASSES).examples == (
        Example('"So [SEP] it is', 1),
        Example('no" [SEP] "', 0),
    )


def test_a_file_without_a_header(write):
    found = read_tabbed(write("1\ta film", "0\tfilm a"), SINGLE, CLASSES).examples
    assert found == (Example("a film", 1), Example("film a", 0))
    assert [example.row for example in found] == [1, 2]


@pytest.mark.parametrize(
    ("score", "label"),
    [("0", 0), ("0.499", 0), ("0.5", 1), ("2.5", 3), ("4.500", 5), ("5.000", 5), ("3.", 3)],
)
def test_halves_are_rounded_up(write, score, label):
    found = read_tabbed(write(f"{score}\ta film"), SINGLE, SCORES, scored=True)
    assert found.examples == (Example("a film", label, score=float(score)),)


@pytest.mark.parametrize("score", ["", "-1", "5.001", "6", "nan", "inf", "1e0", "high", "٣", "1,5"])
def test_a_score_that_is_none(write, score):
    path = write("2.0\ta film", f"{score}\tthe film")
    with pytest.raises(DatasetError, match=r"file.tsv, line 2: score '.*' is no number from 0 to"):
        read_tabbed(path, SINGLE, SCORES, scored=True)


HEADER = "index\tfirst\tsecond\tlabel"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([""], "line 1: the header has to name .*lacks index, first, second, label"),
        (["index\tfirst\tlabel", "0\ta\tyes"], "line 1: .*and lacks second"),
        (["index\tsecond\tfirst\tlabel"], "line 1: .*has them in another order"),
        ([HEADER + "\tmore"], "line 1: .*has them in another order, or others too"),
        ([HEADER], "has no examples"),
        ([HEADER, "0\ta\tyes"], "line 2: 3 cells where there are 4 columns"),
        ([HEADER, "0\ta\tb\tc\tyes"], "line 2: 5 cells where there are 4 columns"),
        ([HEADER, "0\ta\tb\tyes", "yes"], "line 3: 1 cell where there are 4 columns"),
        ([HEADER, "0\ta\t \tyes"], "line 2: second is empty"),
        ([HEADER, "0\ta\tb\tmaybe"], "line 2: label 'maybe' is not one of the 2 classes"),
        ([HEADER, "0\ta\tb\t2"], "line 2: label '2' is not one of the 2 classes"),
        ([HEADER, "0\ta\tb\t"], "line 2: the label is empty"),
        ([HEADER, "0\ta [SEP] b\tc\tyes"], r"line 2: first has \[SEP\] in it"),
    ],
)
def test_hostile_rows(write, lines, message):
    with pytest.raises(DatasetError, match=f"file.tsv.*{message}") as caught:
        read_tabbed(write(*lines), PAIR, CLASSES)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_utf8(tmp_path):
    (tmp_path / "file.tsv").write_bytes(b"1\ta film\n0\tfilm \xff\n")
    with pytest.raises(DatasetError, match="file.tsv, line 2, byte 16: not UTF-8"):
        read_tabbed(tmp_path / "file.tsv", SINGLE, CLASSES)


def test_what_cannot_be_downloaded_says_how_it_is_made(tmp_path):
    with pytest.raises(DatasetError, match=r"mrpc cannot be downloaded.*train\.tsv and .*script"):
        fetch_dataset("mrpc", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_downloaded_may_be_there(data_dir):
    assert fetch_dataset("mrpc", data_dir) == []
