"""Readers of the original formats and of tables."""

import pytest

from bionlp.datasets.columns import Wanted
from bionlp.datasets.model import Example
from bionlp.datasets.readers import read_class_files, read_labelled_lines
from bionlp.datasets.tables import read_table
from bionlp.errors import DatasetError, UsageError

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
    texts = read_table(write("label,text\n0,\n1,good\n\n0,  \n0,bad\n"))
    assert (len(texts.examples), texts.skipped) == (2, 2)


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
        ("a,b\n1,2\n", "has the columns a, b, none of which is usual for labels"),
        ("label,words\n1,x\n", "none of which is usual for texts .*--text-column"),
        ("label,text\n0,bad\n,good\n", "row 3: the label is empty"),
        ("label,text\n0,bad, really\n", "row 2: 3 cells where the header has 2"),
        ('label,text\n0,bad\n1,"good\n0,bad\n', "row 3: .*double its quotes"),
        ('label,text\n0,"so" bad\n', "row 2: .*double its quotes"),
        ("label,text\n0,bad\n1\n", "row 3: 1 cell where the header has 2"),
        ("text\nbad\n", "has the columns text, none of which is usual for labels"),
        ("\n \n", "is empty; it needs a header"),
        ("label,text,text\n0,a,b\n", "has 2 columns 'text'; give each a name"),
        ("label,text,Review\n0,a,b\n", "columns that may hold the texts, text, Review; name one"),
        (b"label,text\n0,b\xe4d\n", "line 2, byte 14: not UTF-8"),
        (b"\xef\xbb\xbflabel,text\n0,b\xe4d\n", "line 2, byte 17: not UTF-8"),
        ("label,text\n0,bad\n".encode("utf-16"), "byte 0: not UTF-8, but text in UTF-16"),
        ("label,text\n0,bad\n".encode("utf-16-le"), "line 1, byte 1: a zero byte"),
        ("label,text\n0,b\0ad\n", "line 2, byte 14: a zero byte"),
        (b"PK\x03\x04...", "byte 0: not UTF-8, but a workbook"),
        (b"\x1f\x8b...", "byte 0: not UTF-8, but compressed"),
        (f"label,text\n{'1' * 5000},a\n0,b\n", "row 2: label 1+..., but labels that are integers"),
        ("label,text\n0,a\n1.0,b\n", "row 3: label '1.0' is a number but no integer"),
        ("label,text\n0,a\npos,b\n", "row 3: label 'pos', but row 2 has the number '0'"),
        ("label,text\n0,a\n0,b\n", "all 2 rows have the label '0'"),
        ('label,text\n"a\nb",x\nc,y\n', "row 2: label .* has line breaks or control characters"),
        (f"label,text\n{'a' * 101},x\nc,y\n", "row 2: label .* has 101 characters"),
    ],
)
def test_a_malformed_table(content, message, write):
    with pytest.raises(DatasetError, match=f"table.csv.*{message}"):
        read_table(write(content))


def test_a_missing_table(tmp_path):
    with pytest.raises(DatasetError, match="there is no file"):
        read_table(tmp_path / "nothing.csv")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty; it needs an object"),
        ("[1, 2]\n", "row 1: no object but .* write one object a line"),
        ("[" * 100_000, "row 1: no JSON"),
        ('{"label": 0, "text": "a"}\n{"label": 1, "tex', "row 2: no JSON"),
        ('{"label": 0, "text": "a"}\n{"label": 1}\n', "row 2: there is no 'text'"),
        ('{"label": 0, "text": 5}\n', "row 1: 'text' is '5', no text"),
        ('{"label": null, "text": "a"}\n', "row 1: the label is empty"),
        ('{"label": true, "text": "a"}\n', "row 1: 'label' is 'True'; a label is a name"),
        ('{"label": 1, "label": 0, "text": "a"}\n', "row 1: 'label' occurs twice"),
        ('{"label": 1, "text": "\\ud800"}\n', r"row 1: the character U\+D800 is no text"),
        ('{"label": 1, "text": "\\u0000"}\n', r"row 1: the character U\+0000 is no text"),
        ('{"id": 1, "text": "a"}\n', "has the columns id, text, none of which"),
        (f'{{"label": {"1" * 5000}, "text": "a"}}\n', "row 1: label .* is not one of the 2"),
    ],
)
def test_malformed_json_lines(content, message, write):
    with pytest.raises(DatasetError, match=f"table.jsonl.*{message}") as caught:
        read_table(write(content, "table.jsonl"), POLARITY)
    assert "\n" not in str(caught.value)


def test_json_lines(write):
    lines = '{"text": "good\\nfilm", "label": 1}\r\n\r\n{"label": "0", "text": "bad", "x": [1]}\r\n'
    texts = read_table(write(lines, "table.ndjson"))
    assert texts.examples == (Example("good\nfilm", 1), Example("bad", 0))
    assert [example.row for example in texts.examples] == [1, 3]


SWALLOWED = '1\t"good film\n0\tdull\n1\tfine\n0\tbad\n1\tso they say"\n'


def test_a_quotation_mark_swallows_no_rows(write):
    for more in ("", "0\tcold\n", '1\t"warm" and clever\n'):
        texts = read_table(write(f"label\ttext\n{SWALLOWED}{more}", "table.tsv"))
        assert [e.label for e in texts.examples][:5] == [1, 0, 1, 0, 1]
        assert [e.text for e in texts.examples][:5] == [
            *('"good film', "dull", "fine", "bad", 'so they say"')
        ]
        assert [e.row for e in texts.examples][:5] == [2, 3, 4, 5, 6]


def test_a_quotation_mark_swallows_no_rows_between_commas_either(write):
    with pytest.raises(DatasetError, match="row 2: the text in quotation marks holds 4 lines that"):
        read_table(write("label,text\n" + SWALLOWED.replace("\t", ",") + "0,cold\n"))


def test_a_broken_row_among_the_swallowed_is_named(write):
    table = "label\ttext\n0\tx\n1\ty\n" + SWALLOWED.replace("0\tbad", "0\tbad\tfilm")
    with pytest.raises(DatasetError, match="row 7: 3 cells where the header has 2"):
        read_table(write(table, "table.tsv"))


def test_tabs_with_quotes(write):
    for quoted in ('0\t"bad\tfilm"\n1\tgood\n', '"0"\t"bad\tfilm"\n"1"\t"good"\n'):
        texts = read_table(write(f"label\ttext\n{quoted}", "table.tsv"))
        assert texts.examples == (Example("bad\tfilm", 0), Example("good", 1))


@pytest.mark.parametrize("name", ["table.csv", "table.tsv"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_header_tells_what_parts_cells(separator, name, write):
    rows = [("Label", "Sentence"), ("1", "good film"), ("0", '"bad; , \t film"')]
    content = "\n".join(separator.join(row) for row in rows)
    texts = read_table(write(content, name))
    assert texts.examples == (Example("good film", 1), Example("bad; , \t film", 0))


def test_a_text_longer_than_the_csv_module_takes(write):
    long = "so it goes , " * 15_000
    texts = read_table(write(f'label,text\n0,"{long}"\n1,good\n'))
    assert texts.examples[0].text == long.strip()


def test_columns_by_name(write):
    path = write("stars,text,title\n1,a,b\n0,c,d\n")
    texts = read_table(path, wanted=Wanted(text="Title", label="stars"))
    assert [example.text for example in texts.examples] == ["b", "d"]
    with pytest.raises(DatasetError, match="no column 'words'; name one of them with --text-colu"):
        read_table(path, wanted=Wanted(text="words", label="stars"))
    with pytest.raises(UsageError, match="cannot both be in the column 'stars'"):
        Wanted(text="stars", label="stars")


def test_spreadsheets_leave_out_empty_cells_at_the_end(write):
    texts = read_table(write("label,text,note\n1,good\n0,bad,x\n"))
    assert len(texts.examples) == 2
