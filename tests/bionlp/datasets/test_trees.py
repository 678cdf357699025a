"""Labelled phrases of trees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bionlp.datasets import Dataset, Example, load_dataset
from bionlp.datasets.trees import read_phrases, read_trees
from bionlp.errors import DatasetError, UsageError
from bionlp.training.corpus import encode_corpus
from bionlp.training.settings import TrainingSettings

SENTENCE = "(3 (2 (2 A) (4 charming)) (3 (2 little) (2 film)))"
POLARITY = (0, 0, None, 1, 1)

# A space that does not break is part of a word.
words = st.text("ab2'-é好\u00a0", min_size=1)
labels = st.integers(0, 4)
trees = st.recursive(
    st.tuples(labels, words), lambda inner: st.tuples(labels, st.lists(inner, min_size=1))
)


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a treebank."""

    def to_file(*lines):
        path = tmp_path / "train.txt"
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path

    return to_file


def sentences(train=(), dev=("another film",), test=()):
    parts = (tuple(Example(text, 1) for text in part) for part in (train, dev, test))
    return Dataset("sst2", "en", ("negative", "positive"), *parts)


def line_of(tree):
    label, inside = tree
    inner = inside if isinstance(inside, str) else " ".join(map(line_of, inside))
    return f"({label} {inner})"


def text_of(tree):
    return tree[1] if isinstance(tree[1], str) else " ".join(map(text_of, tree[1]))


def phrases_of(tree):
    inner = [] if isinstance(tree[1], str) else [p for below in tree[1] for p in phrases_of(below)]
    return [*inner, (text_of(tree), str(tree[0]))]


@given(st.lists(trees, min_size=1, max_size=4))
def test_every_node_is_a_phrase(tmp_path_factory, given_trees):
    path = tmp_path_factory.getbasetemp() / "trees.txt"
    path.write_text("".join(f"{line_of(tree)}\n" for tree in given_trees), encoding="utf-8")
    assert [list(tree) for tree in read_trees(path, 5)] == [
        phrases_of(tree) for tree in given_trees
    ]


def test_phrases_are_those_with_a_class_once_each(write):
    found = read_phrases(write(SENTENCE, SENTENCE), POLARITY, sentences())
    assert [(example.text, example.label) for example in found.examples] == [
        ("charming", 1),
        ("little film", 1),
        ("a charming little film", 1),
    ]
    assert found.held_out == 0


def test_training_sentences_are_examples_already(write):
    found = read_phrases(write(SENTENCE), POLARITY, sentences(train=["a charming little film"]))
    assert [example.text for example in found.examples] == ["charming", "little film"]


@pytest.mark.parametrize("part", ["dev", "test"])
def test_nothing_of_dev_and_test_is_seen(write, part):
    path = write(SENTENCE, "(1 (1 dull) (2 plot))")
    found = read_phrases(path, POLARITY, sentences(**{part: ["a charming little film"]}))
    assert [example.text for example in found.examples] == ["dull", "dull plot"]
    assert found.held_out == 3
    found = read_phrases(path, POLARITY, sentences(**{part: ["little film"]}))
    assert "little film" not in [example.text for example in found.examples]
    assert found.held_out == 1
    with pytest.raises(DatasetError, match="no phrase of a training sentence of sst2; give the"):
        read_phrases(write(SENTENCE), POLARITY, sentences(**{part: ["a charming little film"]}))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("(3 (2 a) (4 film)", "a bracket is not closed"),
        ("(3 (2 a) (4 film)))", "'\\)' follows its end"),
        ("(3 a) film", "'film' follows its end"),
        ("film", "'film' stands outside of brackets"),
        ("(5 film)", "label '5' is not one of 0 to 4"),
        ("(film)", "label 'film' is not one of 0 to 4"),
        ("(3 (2 ) film)", "a phrase has no words"),
        ("(", "label '' is not one of 0 to 4"),
    ],
)
def test_a_line_that_is_no_tree(write, line, why):
    with pytest.raises(DatasetError, match=f"train.txt, line 2: no tree \\({why}\\); get the file"):
        list(read_trees(write(SENTENCE, line), 5))


def test_deep_trees_are_read(write):
    ((*_, whole),) = read_trees(write("(2 " * 20_000 + "deep" + ")" * 20_000), 5)
    assert whole == ("deep", "2")


def test_length_and_pieces_are_those_of_sentences(write):
    dataset = sentences(train=["one two three four five six seven"] * 3)
    path = write("(3 (3 one two) (3 three four five six seven))", "(3 one two three)")
    found = read_phrases(path, POLARITY, dataset)
    dataset = Dataset("sst2", "en", dataset.label_names, dataset.train, dataset.dev, (),
                      phrases=found.examples)  # fmt: skip
    corpus = encode_corpus(dataset, ["one", "two", "film"], TrainingSettings(phrases=True))
    assert corpus.length == 7
    assert (len(corpus.train), len(corpus.sentences), len(corpus.dev)) == (6, 3, 1)
    assert [len(ids) for ids in corpus.train.ids[3:]] == [2, 5, 3]
    without = encode_corpus(dataset, ["one", "two", "film"], TrainingSettings())
    assert len(without.train) == 3


def test_phrases_that_are_wanted_and_not_there():
    with pytest.raises(UsageError, match="sst2 has no labelled phrases, sst2 and sst5 have"):
        encode_corpus(sentences(train=["a film"]), ["film"], TrainingSettings(phrases=True))
    with pytest.raises(UsageError, match="mr has no labelled phrases"):
        load_dataset("mr", phrases=True)


@pytest.mark.parametrize(
    ("name", "number", "held_out"), [("sst2", 70_290, 1), ("sst5", 148_862, 5)]
)
def test_the_phrases_of_sst(name, number, held_out, data_dir):
    if not (data_dir / "sst" / "trees" / "train.txt").is_file():
        pytest.skip("needs the trees of SST: put train.txt into sst/trees of the data folder")
    plain = load_dataset(name, data_dir=data_dir)
    dataset = load_dataset(name, data_dir=data_dir, phrases=True)
    # Some copies of the trees lack those of four training sentences, which are in dev and test.
    assert len(dataset.phrases) == pytest.approx(number, abs=20)
    assert dataset.held_out == pytest.approx(held_out, abs=20)
    assert not {p.text for p in dataset.phrases} & {e.text for e in dataset.dev + dataset.test}
    assert plain.phrases == ()
    assert (plain.split("all"), plain.digest) == (dataset.split("all"), dataset.digest)
