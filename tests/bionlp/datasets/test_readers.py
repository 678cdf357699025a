"""Readers of the original formats and of tables."""

import pytest

from bionlp.datasets.model import Example
from bionlp.datasets.readers import read_class_files, read_labelled_lines, read_table
from bionlp.errors import DatasetError

POLARITY = ("negative", "positive")


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file and returns its path."""

    def _write(content, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return _write


def test_class_files_are_cp1252(write):
    negative = write(b"so clich\xe9d \n\nbad\x85 \n", "neg")
    positive = write(b"good\x97really\n", "pos")
    texts = read_class_files([negative, positive], POLARITY)
    assert texts.examples == (
        Example("so clichéd", 0), Example("bad…", 0), Example("good—really", 1),
    )  # fmt: skip


def test_a_byte_outside_cp1252_is_named(write):
    with pytest.raises(DatasetError, match="neg, line 2: not in the encoding cp1252"):
        read_class_files([write(b"one\ntw\x81o\n", "neg")], POLARITY)


def test_a_class_without_examples(write):
    with pytest.raises(DatasetError, match="pos has no examples"):
        read_class_files([write("bad", "neg"), write("", "pos")], POLARITY)


def test_labelled_lines(write):
    texts = read_labelled_lines(write("1 good film\n0 bad\x85film\n", "sst"), POLARITY)
    assert texts.examples == (Example("good film", 1), Example("bad\x85film", 0))


@pytest.mark.parametrize("line", ["2 good", "good film", "-1 good"])
def test_a_labelled_line_outside_the_classes(line, write):
    with pytest.raises(DatasetError, match="sst, line 2: label .* is not one of the 2 classes"):
        read_labelled_lines(write(f"0 bad\n{line}\n", "sst"), POLARITY)


def test_a_table_of_integers(write):
    texts = read_table(write('\ufefflabel,review\r\n1,"good, ""really"""\r\n0,bad\r\n'))
    assert texts.examples == (Example('good, "really"', 1), Example("bad", 0))
    assert texts.label_names == ("0", "1")


def test_a_table_of_words(write):
    texts = read_table(write("id,Text,LABEL\n7,fine,pos\n8,bad,neg\n9,so so,mixed\n"))
    assert texts.label_names == ("mixed", "neg", "pos")
    assert [example.label for example in texts.examples] == [2, 1, 0]


def test_tabs(write):
    texts = read_table(write("label\ttext\n0\tbad, bad\n1\tgood\n", "table.tsv"))
    assert [example.text for example in texts.examples] == ["bad, bad", "good"]


def test_a_text_of_several_lines(write):
    texts = read_table(write('label,text\n0,"one\ntwo"\n1,three\n'))
    assert texts.examples[0].text == "one\ntwo"


def test_empty_texts_are_skipped_and_counted(write):
    texts = read_table(write("label,text\n0,\n1,good\n\n0,  \n0\n0,bad\n"))
    assert (len(texts.examples), texts.skipped) == (2, 3)


def test_labels_that_fit_a_model(write):
    path = write("label,text\npositive,good\n0,bad\n")
    assert [example.label for example in read_table(path, POLARITY).examples] == [1, 0]


def test_the_name_of_a_class_goes_before_its_index(write):
    path = write("label,text\n1,bad\n2,good\n")
    texts = read_table(path, ("1", "2"))
    assert [example.label for example in texts.examples] == [0, 1]


@pytest.mark.parametrize("label", ["2", "-1", "mixed", "1.0"])
def test_a_label_outside_a_model(label, write):
    path = write(f"label,text\n0,bad\n{label},so so\n")
    with pytest.raises(DatasetError, match=rf"table.csv, row 3: label '{label}' is not one of"):
        read_table(path, POLARITY)


@pytest.mark.parametrize("labels", [(1, 2), (0, 2), (-1, 1)])
def test_integers_with_a_gap(labels, write):
    path = write("label,text\n" + "".join(f"{label},words\n" for label in labels))
    with pytest.raises(DatasetError, match=r"row \d: label -?\d, but labels .* renumber"):
        read_table(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty; it needs a header"),
        ("label,text\n", "has no examples"),
        ("label,text\n0,\n", "has no examples"),
        ("a,b\n1,2\n", "has the columns a, b; it needs a header with label and text or review"),
        ("label,sentence\n1,x\n", "it needs a header"),
        ("label,text\n0,bad\n,good\n", "row 3: the label is empty"),
        ("label,text\n0,bad, really\n", "row 2: 3 cells where the header has 2"),
        ('label,text\n0,bad\n1,"good\n0,bad\n', "row 3: .*double its quotes"),
        ('label,text\n0,"so" bad\n', "row 2: .*double its quotes"),
        (b"label,text\n0,b\xe4d\n", "line 2: not UTF-8"),
        ("label,text\n0,bad\n".encode("utf-16"), "line 1: not UTF-8"),
    ],
)
def test_a_malformed_table(content, message, write):
    with pytest.raises(DatasetError, match=f"table.csv.*{message}"):
        read_table(write(content))


def test_a_missing_table(tmp_path):
    with pytest.raises(DatasetError, match="there is no file"):
        read_table(tmp_path / "nothing.csv")
